"""Choosing a column's kind and role: in the list of columns, and by a menu on the preview."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import (
    QAbstractItemModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    Qt,
    QTimer,
)
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from gui.importing.models import ColumnsModel
from gui.importing.words import CHOSEN_KINDS, CHOSEN_ROLES, kind_word, role_help, role_word
from gui.style.theme import pen, theme
from gui.widgets.controls import QuietComboBox

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
        editor = QuietComboBox(parent)
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
        if isinstance(editor, QuietComboBox):
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

    def _commit(self, editor: QuietComboBox, _: int) -> None:
        self.commitData.emit(editor)
        self.closeEditor.emit(editor, QStyledItemDelegate.EndEditHint.NoHint)
