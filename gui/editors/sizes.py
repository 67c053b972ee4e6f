"""The widths of hidden layers: typed as ``8 8``, or changed layer by layer."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSignalBlocker, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSpinBox, QToolButton, QVBoxLayout, QWidget

from core.base.knobs import SizesKnob
from gui.editors.binding import Binding
from gui.editors.number import TypedField, asks_to_undo
from gui.style.theme import icon, themes

_COLUMNS = 3


class _Width(QSpinBox):
    """The width of one layer."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to what can be scrolled."""
        event.ignore()

    def event(self, event: QEvent) -> bool:
        """Leave undo to the experiment."""
        if asks_to_undo(event):
            event.ignore()
            return False
        return super().event(event)


class _WidthsField(TypedField):
    def shown(self) -> str:
        """Return the widths separated by spaces."""
        return " ".join(str(width) for width in self.binding.value)


class SizesEditor(QWidget):
    """A field for all widths, buttons that add and remove a layer, and a stepper for each layer."""

    def __init__(self, binding: Binding, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if not isinstance(binding.knob, SizesKnob):
            raise TypeError(f"{binding.path} is no list of sizes")
        self.binding = binding
        self._knob: SizesKnob = binding.knob
        self.field = _WidthsField(binding, self)
        self.field.setObjectName(f"{binding.path}.field")
        self.field.setPlaceholderText(self.tr("none"))
        self.field.setMinimumWidth(40)
        self.fewer = self._button("minus", self.tr("Remove the last layer"), self._remove_layer)
        self.more = self._button("plus", self.tr("Add a layer"), self._add_layer)
        self.steppers: list[QSpinBox] = []
        self._grid = QGridLayout()
        self._grid.setSpacing(4)
        top = QHBoxLayout()
        top.setSpacing(4)
        for part in (self.field, self.fewer, self.more):
            top.addWidget(part)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addLayout(self._grid)
        self.setFocusProxy(self.field)
        themes().changed.connect(self._paint_icons)
        self._paint_icons()
        self.show_value(binding.value)

    def show_value(self, value: tuple[int, ...]) -> None:
        """Show the widths in place."""
        self.field.show_text(self.field.shown())
        while len(self.steppers) > len(value):
            stepper = self.steppers.pop()
            self._grid.removeWidget(stepper)
            stepper.blockSignals(True)  # a half-typed width would be told as it loses the keyboard
            stepper.hide()
            stepper.deleteLater()
        while len(self.steppers) < len(value):
            self._add_stepper()
        for stepper, width in zip(self.steppers, value, strict=True):
            with QSignalBlocker(stepper):
                stepper.setValue(width)
        self.fewer.setEnabled(bool(value))
        self.more.setEnabled(len(value) < self._knob.most)

    def _add_stepper(self) -> None:
        index = len(self.steppers)
        stepper = _Width(self)
        stepper.setRange(1, self._knob.widest)
        stepper.setKeyboardTracking(False)
        stepper.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        stepper.setObjectName(f"{self.binding.path}.{index}")
        stepper.setAccessibleName(self.tr("Units in layer {0}").format(index + 1))
        stepper.setToolTip(stepper.accessibleName())
        stepper.valueChanged.connect(lambda width: self._set_width(index, width))
        stepper.setMinimumWidth(40)
        self._grid.addWidget(stepper, index // _COLUMNS, index % _COLUMNS)
        self.steppers.append(stepper)

    def _button(self, name: str, label: str, slot: object) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(f"{self.binding.path}.{name}")
        button.setToolTip(label)
        button.setAccessibleName(label)
        button.clicked.connect(slot)
        return button

    def _paint_icons(self) -> None:
        self.fewer.setIcon(icon("minus"))
        self.more.setIcon(icon("plus"))

    def _set_width(self, index: int, width: int) -> None:
        widths = list(self.binding.value)
        widths[index] = width
        self.binding.put(tuple(widths))

    def _add_layer(self) -> None:
        widths = self.binding.value
        self.binding.put((*widths, widths[-1] if widths else 8))

    def _remove_layer(self) -> None:
        self.binding.put(self.binding.value[:-1])
