"""What is predicted: the target, its classes, and what is doubtful about them."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from core.experiment.experiment import KNOBS
from core.scenes.import_scene import ImportScene, Warned
from gui.importing.bars import ClassBars
from gui.importing.words import shortened
from gui.widgets.controls import QuietComboBox

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

    def _box(self, name: str, label: str) -> QuietComboBox:
        made = QuietComboBox(self)
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
