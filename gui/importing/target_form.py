"""The target in the import dialog: its classes, bars of their sizes, and remarks on columns."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from core.experiment.experiment import KNOBS
from core.scenes.import_scene import ImportScene, Warned
from gui.importing.import_text import shortened
from gui.style.number_text import format_count, format_percent
from gui.style.theme import (
    MARK_SIZE,
    brush,
    class_colour,
    class_mark,
    figures_font,
    theme,
    themes,
    width_of,
)
from gui.widgets.controls import ComboBox

QUANTILES = (3, 4, 5, 10)
LABEL_WIDTH = 92


class TargetForm(QWidget):
    """The column to predict and, where it is a number, how it is divided into classes.

    Signals
    -------
    target_chosen : (column's name)
    bins_chosen : (int)
    merge_chosen : (bool)
    """

    target_chosen = Signal(str)
    bins_chosen = Signal(int)
    merge_chosen = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.target = self._box("import.target", self.tr("Column to predict"))
        self.bins = self._box("import.bins", self.tr("Classes of a number"))
        self.merge = QCheckBox(self.tr("make one class of labels that look alike"), self)
        self.merge.setObjectName("import.merge")
        self.merge.setToolTip(KNOBS["data.merge_labels"].help)
        self.bars = ClassBars(self)
        self.target_label = QLabel(self.tr("target"), self)
        self.bins_label = QLabel(self.tr("classes"), self)
        self.target_label.setBuddy(self.target)
        self.bins_label.setBuddy(self.bins)
        for label, bins in self._bin_words().items():
            self.bins.addItem(label, bins)
        self._names: tuple[str, ...] = ()
        self.target.activated.connect(self._on_target)
        self.bins.activated.connect(lambda: self.bins_chosen.emit(self.bins.currentData()))
        self.merge.clicked.connect(self.merge_chosen)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(4)
        grid.setHorizontalSpacing(8)
        grid.setColumnStretch(1, 1)
        grid.setColumnMinimumWidth(0, LABEL_WIDTH)
        grid.addWidget(self.target_label, 0, 0)
        grid.addWidget(self.target, 0, 1)
        grid.addWidget(self.bins_label, 1, 0)
        grid.addWidget(self.bins, 1, 1)
        grid.addWidget(self.merge, 2, 0, 1, 2)
        grid.addWidget(self.bars, 3, 0, 1, 2)
        for widget in (self.bins, self.bins_label, self.merge, self.bars):
            widget.hide()

    def show_scene(self, scene: ImportScene) -> None:
        """Show the target of another scene and its classes."""
        if scene.table.names != self._names:
            self._names = scene.table.names
            with QSignalBlocker(self.target):
                self.target.clear()
                self.target.addItem(self.tr("choose a column"), "")
                for name in self._names:
                    self.target.addItem(shortened(name, 60), name)
        with QSignalBlocker(self.target), QSignalBlocker(self.bins):
            self.target.setCurrentIndex(self.target.findData(scene.target))
            self.bins.setCurrentIndex(max(self.bins.findData(scene.bins), 0))
        for widget in (self.bins, self.bins_label):
            widget.setVisible(scene.may_bin)
        self.merge.setVisible(scene.may_merge)
        self.merge.setChecked(scene.merge)
        self.bars.show_scene(scene)

    def _on_target(self) -> None:
        if self.target.currentData():
            self.target_chosen.emit(self.target.currentData())

    def _bin_words(self) -> dict[str, int]:
        words = {self.tr("each value is a class"): 0, self.tr("above or below the median"): 2}
        return words | {self.tr("{0} quantiles").format(bins): bins for bins in QUANTILES}

    def _box(self, name: str, label: str) -> ComboBox:
        made = ComboBox(self)
        made.setObjectName(name)
        made.setAccessibleName(label)
        return made


class Remarks(QWidget):
    """What is doubtful, each with the columns that can be left out, and what is left out.

    Signals
    -------
    leave_out : (tuple of column names)
    """

    leave_out = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("import.remarks")
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(6)
        self._shown: tuple[object, ...] = ()
        self._labels: list[QLabel] = []

    def show_scene(self, scene: ImportScene) -> None:
        """Show the warnings and notes of another scene."""
        shown = (*scene.warned, *scene.notes)
        if shown == self._shown:
            return
        self._shown = shown
        self._labels = []
        while (item := self._layout.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for warned in scene.warned:
            self._add_warning(warned)
        for note in scene.notes:
            self._layout.addWidget(self._label(note, "quiet"))

    def texts(self) -> list[str]:
        """Return everything that is said."""
        return [label.text() for label in self._labels]

    def _add_warning(self, warned: Warned) -> None:
        self._layout.addWidget(self._label(f"⚠ {warned.text}", "warning"))
        if warned.columns:
            names = shortened(", ".join(warned.columns), 32)
            button = QPushButton(self.tr("Leave out {0}").format(names), self)
            button.setObjectName(f"import.leave_out.{warned.columns[0]}")
            button.setAutoDefault(False)
            button.clicked.connect(lambda _=False: self.leave_out.emit(warned.columns))
            self._layout.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)

    def _label(self, text: str, kind: str) -> QLabel:
        label = QLabel(text, self)
        label.setWordWrap(True)
        label.setProperty(kind, True)
        self._labels.append(label)
        return label


MOST_SHOWN = 8
_ROW, _GAP = 20, 6
_NAMES = 0.4  # of the width at most
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ClassBars(QWidget):
    """A bar for each class of the chosen target, the first eight of them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("import.classes")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFont(figures_font(self.font()))
        self.names: tuple[str, ...] = ()
        self.counts: tuple[int, ...] = ()
        themes().changed.connect(self.update)

    def show_scene(self, scene: ImportScene) -> None:
        """Show the classes of another scene."""
        self.names = scene.dataset.classes if scene.dataset is not None else ()
        self.counts = tuple(int(count) for count in scene.counts)
        pairs = zip(self.names, self.counts, strict=True)
        said = [self.tr("{0}: {1} rows").format(name, format_count(count)) for name, count in pairs]
        self.setAccessibleName(self.tr("Rows of each class"))
        self.setAccessibleDescription(", ".join(said))
        self.setToolTip("\n".join(said[:40]))
        self.setVisible(bool(self.names))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Ask for a line a class."""
        lines = min(len(self.names), MOST_SHOWN) + (len(self.names) > MOST_SHOWN)
        return QSize(200, lines * _ROW)

    def minimumSizeHint(self) -> QSize:
        """Ask for the height that is needed."""
        return QSize(120, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw marker, name, bar, count and share of each class."""
        painter = QPainter(self)
        shown = min(len(self.names), MOST_SHOWN)
        widest = max((width_of(self, name) for name in self.names[:shown]), default=0)
        name_width = min(widest, round(_NAMES * self.width()))
        total, most = max(sum(self.counts), 1), max(self.counts, default=1)
        figures = [
            f"{format_count(count)}  {format_percent(count / total)}"
            for count in self.counts[:shown]
        ]
        figure_width = max((width_of(self, text) for text in figures), default=0)
        left = MARK_SIZE + _GAP + name_width + _GAP
        room = max(self.width() - left - figure_width - 2 * _GAP, 8)
        for row in range(shown):
            top = row * _ROW
            painter.drawPixmap(0, top + (_ROW - MARK_SIZE) // 2, class_mark(row, theme()))
            name = painter.fontMetrics().elidedText(
                self.names[row], Qt.TextElideMode.ElideRight, name_width + 2
            )
            painter.setPen(theme().ink)
            painter.drawText(QRect(MARK_SIZE + _GAP, top, name_width + 4, _ROW), _LEFT, name)
            length = max(round(room * self.counts[row] / most), 1)
            painter.fillRect(QRect(left, top + 6, length, _ROW - 12), brush(class_colour(row)))
            painter.setPen(theme().quiet)
            painter.drawText(QRect(0, top, self.width(), _ROW), _RIGHT, figures[row])
        if len(self.names) > shown:
            more = self.tr("and {0} more classes").format(len(self.names) - shown)
            painter.setPen(theme().quiet)
            painter.drawText(QRect(MARK_SIZE + _GAP, shown * _ROW, self.width(), _ROW), _LEFT, more)
