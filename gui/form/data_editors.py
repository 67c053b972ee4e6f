"""Editors of the knobs that depend on the loaded table: source, file, target and features."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAction, QHideEvent
from PySide6.QtWidgets import (
    QFrame,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.data.gallery import PAINTED
from core.data.painted import can_be_learnt
from gui.form.binding import Binding
from gui.form.knob_editors import ChoiceEditor
from gui.session.session import Session
from gui.widgets.controls import ComboBox

if TYPE_CHECKING:
    from core.data.painted import Points


class ColumnChoices(QObject):
    """The column names of the current file, collected as they become known.

    Signals
    -------
    changed : ()
    """

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._path = ""
        self._known: dict[str, None] = {}
        session.run_changed.connect(self._collect)
        self._collect()

    @property
    def names(self) -> tuple[str, ...]:
        """All known columns, in the order of the file as far as it is known."""
        return tuple(self._known)

    @property
    def features(self) -> tuple[str, ...]:
        """All columns but the target."""
        target = self._session.run.dataset.target
        return tuple(name for name in self._known if name != target)

    def _collect(self) -> None:
        dataset, path = self._session.run.dataset, self._session.experiment.data.path
        if path != self._path:
            self._path, self._known = path, {}
        names = (*(feature.name for feature in dataset.features), dataset.target)
        self._known.update(dict.fromkeys(filter(None, names)))
        self.changed.emit()


def trigger(widget: QWidget, name: str) -> None:
    """Trigger an action of the widget's window."""
    action = widget.window().findChild(QAction, f"action.{name}")
    if isinstance(action, QAction):
        action.trigger()


class SourceEditor(ChoiceEditor):
    """The list of data sets; one's own file is asked for, and a blank sheet opened to paint on.

    Signals
    -------
    file_wanted : ()
    """

    file_wanted = Signal()

    def _on_activated(self, index: int) -> None:
        if self.itemData(index) == "file":
            self.show_value(self.binding.value)
            self.file_wanted.emit()
        elif self.itemData(index) == PAINTED.name and not can_be_learnt(self._painted()):
            self.show_value(self.binding.value)
            trigger(self, "paint_blank")
        else:
            super()._on_activated(index)

    def _painted(self) -> Points:
        return self.binding.session.experiment.data.painted


class PathEditor(QToolButton):
    """The name of the user's file; a click asks for another.

    Signals
    -------
    file_wanted : ()
    """

    file_wanted = Signal()

    def __init__(self, binding: Binding, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("field", True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(binding.knob.label)
        self.clicked.connect(self.file_wanted)
        self.show_value(binding.value)

    def show_value(self, value: str) -> None:
        """Show the file's name; the tool tip has its whole path."""
        self.setText(Path(value).name or self.tr("choose a file"))
        self.setToolTip(value)


class ReadingEditor(QToolButton):
    """How the file is read; a click opens the import dialog."""

    def __init__(self, binding: Binding, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("field", True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(binding.knob.label)
        self.clicked.connect(lambda: trigger(self, "reading"))
        self.show_value(binding.value)

    def show_value(self, value: str) -> None:
        """Show whether the user has changed any guess; the tool tip says which."""
        self.setText(self.tr("changed by you…") if value else self.tr("as found…"))
        self.setToolTip(value)


class PointsEditor(QToolButton):
    """The number of painted points; a click continues painting."""

    def __init__(self, binding: Binding, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(binding.knob.label)
        self.setToolTip(self.tr("Go on painting"))
        self.clicked.connect(lambda: trigger(self, "paint"))
        self.show_value(binding.value)

    def show_value(self, value: tuple[object, ...]) -> None:
        """Show the number of points."""
        self.setText(self.tr("{0} points…").format(len(value)))


class TargetEditor(ComboBox):
    """The column that the model learns to predict, out of the file's columns."""

    def __init__(
        self, binding: Binding, columns: ColumnChoices, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.binding = binding
        self._columns = columns
        self.setAccessibleName(binding.knob.label)
        self.activated.connect(self._on_activated)
        columns.changed.connect(lambda: self.show_value(binding.value))
        self.show_value(binding.value)

    def show_value(self, value: object) -> None:
        """Show the columns and which of them is the target."""
        target = str(value or self.binding.session.run.dataset.target)
        with QSignalBlocker(self):
            self.clear()
            self.addItems(list(self._columns.names))
            self.setCurrentIndex(self.findText(target))

    def _on_activated(self, index: int) -> None:
        session, target = self.binding.session, self.itemText(index)
        if target != session.experiment.data.target:
            data = replace(session.experiment.data, target=target, target_bins=0)
            session.open_experiment(replace(session.experiment, data=data))
        self.show_value(self.binding.value)


class FeaturesEditor(QToolButton):
    """The columns that the model sees; a click opens a list to tick."""

    def __init__(
        self, binding: Binding, columns: ColumnChoices, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.binding = binding
        self.columns = columns
        self.setProperty("field", True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(binding.knob.label)
        self.clicked.connect(self.open_list)
        columns.changed.connect(lambda: self.show_value(binding.value))
        self.show_value(binding.value)

    def show_value(self, value: tuple[str, ...]) -> None:
        """Show the number of columns that the model sees."""
        total = len(self.columns.features)
        if value:
            self.setText(self.tr("{0} of {1} columns").format(len(value), total))
        else:
            self.setText(self.tr("all {0} columns").format(total))
        self.setToolTip(", ".join(value or self.columns.features))

    def open_list(self) -> FeaturesList:
        """Show the list of columns below the button."""
        chosen = self.binding.value or self.columns.features
        popup = FeaturesList(self.columns.features, chosen, self)
        popup.chosen.connect(self._use)
        popup.move(self.mapToGlobal(QPoint(0, self.height())))
        popup.show()
        return popup

    def _use(self, names: tuple[str, ...]) -> None:
        self.binding.put(() if len(names) == len(self.columns.features) else names)


class FeaturesList(QFrame):
    """A small list of columns to tick; closing it uses what is ticked.

    Signals
    -------
    chosen : (tuple of str)
    """

    chosen = Signal(object)

    def __init__(self, names: tuple[str, ...], chosen: tuple[str, ...], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._before = self._after = tuple(name for name in names if name in chosen)
        self.list = QListWidget(self)
        self.list.setAccessibleName(self.tr("Feature columns"))
        for name in names:
            item = QListWidgetItem(name, self.list)
            item.setFlags(Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEnabled)
            is_chosen = name in chosen
            item.setCheckState(Qt.CheckState.Checked if is_chosen else Qt.CheckState.Unchecked)
        every = QPushButton(self.tr("Use all"), self)
        every.clicked.connect(self._tick_all)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self.list)
        layout.addWidget(every)
        self.list.itemChanged.connect(self._on_ticked)

    def hideEvent(self, event: QHideEvent) -> None:
        """Use what is ticked."""
        super().hideEvent(event)
        if self._after and self._after != self._before:
            self._before = self._after
            self.chosen.emit(self._after)

    def _on_ticked(self) -> None:
        items = [self.list.item(i) for i in range(self.list.count())]
        self._after = tuple(
            item.text() for item in items if item.checkState() is Qt.CheckState.Checked
        )

    def _tick_all(self) -> None:
        for i in range(self.list.count()):
            self.list.item(i).setCheckState(Qt.CheckState.Checked)
        self.close()
