"""The tables of the import dialog: rows, columns, short texts and lines of the file.

A column's kind and role are chosen in the list of columns, or by a menu on the preview's headings.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import (
    QAbstractItemModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QSignalBlocker,
    Qt,
    QTimer,
    Signal,
    SignalInstance,
)
from PySide6.QtGui import QAction, QActionGroup, QFontDatabase, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from core.scenes.import_scene import ImportScene
from gui.importing.import_models import ColumnsModel, RowsModel, TextsModel
from gui.importing.import_text import CHOSEN_KINDS, CHOSEN_ROLES, kind_word, role_help, role_word
from gui.style.theme import pen, theme, width_of
from gui.widgets.controls import ComboBox

ROW_HEIGHT = 22
_NARROWEST, _WIDEST = 56, 260


class PlainTable(QTableView):
    """A table that scrolls by pixels, with rows of one height."""

    def __init__(self, name: str, label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(label)
        self.setWordWrap(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.verticalHeader().setDefaultAlignment(
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        )
        self.verticalHeader().setSectionsClickable(False)
        self.horizontalHeader().setHighlightSections(False)
        self.verticalHeader().setHighlightSections(False)


class RowsView(PlainTable):
    """The first rows as they will be read; a click on a heading offers kinds and roles.

    Signals
    -------
    kind_chosen, role_chosen : (column's name, kind or role)
    """

    kind_chosen = Signal(str, str)
    role_chosen = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("import.rows", "", parent)
        self.setAccessibleName(self.tr("First rows as they will be read"))
        self.rows = RowsModel(self)
        self.setModel(self.rows)
        self.horizontalHeader().setSectionsClickable(True)
        self.horizontalHeader().sectionClicked.connect(self.offer)
        self._names: tuple[str, ...] = ()

    def show_scene(self, scene: ImportScene) -> None:
        """Show other rows; columns keep their width where their names stay."""
        self.rows.show_scene(scene)
        if scene.table.names != self._names:
            self._names = scene.table.names
            self._fit_columns()

    def offer(self, section: int) -> QMenu:
        """Offer the kinds and roles of a column below its heading."""
        menu = self._menu(section)
        header = self.horizontalHeader()
        at = QPoint(header.sectionViewportPosition(section), header.height())
        menu.popup(header.viewport().mapToGlobal(at))
        return menu

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Offer the kinds and roles of the present column with Space or F2."""
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_F2, Qt.Key.Key_Menu):
            if self.currentIndex().isValid():
                self.offer(self.currentIndex().column())
            return
        super().keyPressEvent(event)

    def _menu(self, section: int) -> QMenu:
        scene = self.rows.scene
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        if scene is None:
            return menu
        column, part = scene.table.columns[section], scene.roles[section]
        roles, kinds = QActionGroup(menu), QActionGroup(menu)
        for role in CHOSEN_ROLES:
            action = _choice(menu, roles, role_word(role), role == part)
            action.setToolTip(role_help(role))
            action.triggered.connect(self._emitter(self.role_chosen, column.name, role))
        menu.addSeparator()
        for kind in CHOSEN_KINDS:
            action = _choice(menu, kinds, kind_word(kind), kind == column.kind)
            action.triggered.connect(self._emitter(self.kind_chosen, column.name, kind))
        return menu

    @staticmethod
    def _emitter(chosen: SignalInstance, name: str, value: str) -> Callable[[], None]:
        return lambda: chosen.emit(name, value)

    def _fit_columns(self) -> None:
        header, metrics = self.horizontalHeader(), QFontMetrics(self.font())
        with QSignalBlocker(header):
            for section in range(self.rows.columnCount()):
                width = metrics.horizontalAdvance(self.rows.widest(section)) + 24
                header.resizeSection(section, min(max(width, _NARROWEST), _WIDEST))
        header.reset()


class ColumnsView(PlainTable):
    """One row a column; kind and role are chosen with a click, Space or F2."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("import.columns", "", parent)
        self.setAccessibleName(self.tr("Columns, with their kinds and roles"))
        self.columns = ColumnsModel(self)
        self.setModel(self.columns)
        self.setItemDelegate(ChoiceDelegate(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.verticalHeader().hide()
        self.horizontalHeader().setStretchLastSection(True)
        for place, width in enumerate((170, 110, 120, 76)):
            self.setColumnWidth(place, width)
        self.clicked.connect(self._open)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open the choice of the present cell with Space."""
        if event.key() == Qt.Key.Key_Space:
            self._open(self.currentIndex())
            return
        super().keyPressEvent(event)

    def _open(self, index: QModelIndex) -> None:
        if index.isValid() and index.column() in CHANGEABLE:
            self.edit(index)


class TextsView(PlainTable):
    """Short texts; Enter or a double click on a row tells which.

    Signals
    -------
    picked : (row)
    """

    picked = Signal(int)

    def __init__(
        self, name: str, label: str, headings: tuple[str, ...], parent: QWidget | None = None
    ) -> None:
        super().__init__(name, label, parent)
        self.texts = TextsModel(headings, self)
        self.setModel(self.texts)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.horizontalHeader().setStretchLastSection(True)
        self.doubleClicked.connect(lambda index: self.picked.emit(index.row()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Pick the present row with Space."""
        if event.key() == Qt.Key.Key_Space and self.currentIndex().isValid():
            self.picked.emit(self.currentIndex().row())
            return
        super().keyPressEvent(event)


class LinesView(TextsView):
    """Lines of the file as they stand, by their numbers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("import.lines", "", ("",), parent)
        self.setAccessibleName(self.tr("Lines of the file"))
        self.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.horizontalHeader().hide()
        self.horizontalHeader().setStretchLastSection(False)

    def show_lines(self, lines: tuple[str, ...], first: int) -> None:
        """Show lines, counted from `first`."""
        self.texts.show_rows([(line.replace("\t", " → "),) for line in lines], first)
        longest = max(lines, key=len, default="")
        width = width_of(self, longest.replace("\t", " → ")) + 32
        self.setColumnWidth(0, max(width, self.viewport().width()))

    def show_line(self, line: int) -> bool:
        """Select a line by its number; False where it is not among those shown."""
        row = line - self.texts.first
        if not 0 <= row < self.texts.rowCount():
            return False
        self.selectRow(row)
        self.scrollTo(self.texts.index(row, 0), QAbstractItemView.ScrollHint.PositionAtCenter)
        return True


def _choice(menu: QMenu, group: QActionGroup, text: str, is_chosen: bool) -> QAction:
    action = menu.addAction(text)
    action.setCheckable(True)
    action.setChecked(is_chosen)
    group.addAction(action)
    return action


Index = QModelIndex | QPersistentModelIndex
CHANGEABLE = (ColumnsModel.KIND, ColumnsModel.ROLE)
_ARROW = 4


class ChoiceDelegate(QStyledItemDelegate):
    """Shows that kind and role can be chosen, and lets them be chosen from a list."""

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        """Return a list of kinds or roles, named after the column."""
        is_kind = index.column() == ColumnsModel.KIND
        choices = CHOSEN_KINDS if is_kind else CHOSEN_ROLES
        column = index.model().index(index.row(), ColumnsModel.NAME).data()
        editor = ComboBox(parent)
        editor.setObjectName(f"import.{'kind' if is_kind else 'role'}.{column}")
        said = self.tr("Kind of {0}") if is_kind else self.tr("Role of {0}")
        editor.setAccessibleName(said.format(column))
        for choice in choices:
            editor.addItem(kind_word(choice) if is_kind else role_word(choice), choice)
            if not is_kind:
                place = editor.count() - 1
                editor.setItemData(place, role_help(choice), Qt.ItemDataRole.ToolTipRole)
        editor.setCurrentIndex(editor.findData(index.data(Qt.ItemDataRole.EditRole)))
        editor.activated.connect(partial(self._commit, editor))
        QTimer.singleShot(0, editor, editor.showPopup)
        return editor

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """Leave the list as it was made, whatever is described meanwhile."""

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        """Tell the model what was chosen."""
        if isinstance(editor, ComboBox):
            model.setData(index, editor.currentData())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the text and a small arrow."""
        super().paint(painter, option, index)
        if index.column() not in CHANGEABLE:
            return
        rect = option.rect
        x, y = rect.right() - 14, rect.center().y()
        painter.save()
        painter.setPen(pen(theme().quiet, 1.4))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPolyline(
            [QPoint(x - _ARROW, y - 2), QPoint(x, y + 2), QPoint(x + _ARROW, y - 2)]
        )
        painter.restore()

    def _commit(self, editor: ComboBox, _: int) -> None:
        self.commitData.emit(editor)
        self.closeEditor.emit(editor, QStyledItemDelegate.EndEditHint.NoHint)
