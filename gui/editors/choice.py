"""A list of choices from a registry, and a switch."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QSizePolicy, QWidget

from core.base.knobs import ChoiceKnob
from gui.editors.binding import Binding


class QuietComboBox(QComboBox):
    """A combo box that is deaf to the wheel and no wider than its place."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        self.setMaxVisibleItems(24)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to what can be scrolled."""
        event.ignore()


class ChoiceEditor(QuietComboBox):
    """One name out of a registry, shown by its label."""

    def __init__(self, binding: Binding, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.binding = binding
        self.setAccessibleName(binding.knob.label)
        if isinstance(binding.knob, ChoiceKnob):
            for name, record in binding.knob.choices().items():
                self.addItem(str(getattr(record, "label", name)), name)
                described = getattr(record, "description", "") or getattr(record, "help", "")
                self.setItemData(self.count() - 1, described, Qt.ItemDataRole.ToolTipRole)
        self.activated.connect(self._on_activated)
        self.show_value(binding.value)

    def show_value(self, value: str) -> None:
        """Show the choice in place."""
        with QSignalBlocker(self):
            self.setCurrentIndex(self.findData(value))
        self.setToolTip(self.currentText())

    def _on_activated(self, index: int) -> None:
        if not self.binding.put(self.itemData(index)):
            self.show_value(self.binding.value)


class SwitchEditor(QCheckBox):
    """On or off."""

    def __init__(self, binding: Binding, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.binding = binding
        self.setAccessibleName(binding.knob.label)
        self.toggled.connect(self._on_toggled)
        self.show_value(binding.value)

    def show_value(self, value: bool) -> None:
        """Show whether it is on."""
        with QSignalBlocker(self):
            self.setChecked(value)

    def _on_toggled(self, checked: bool) -> None:
        if not self.binding.put(checked):
            self.show_value(self.binding.value)
