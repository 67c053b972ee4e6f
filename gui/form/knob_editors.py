"""A list of choices from a registry, and a switch.

A slider and a number field for one number.

The widths of hidden layers: typed as ``8 8``, or changed layer by layer.

Fields for lists of numbers and other short texts.
"""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QEvent, QSignalBlocker, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.base.knobs import ChoiceKnob, IntegerKnob, NamesKnob, NumberKnob, SizesKnob
from gui.form.binding import Binding
from gui.style.number_text import format_editable
from gui.style.theme import icon, themes
from gui.widgets.controls import QuietComboBox
from gui.widgets.number_field import NumberField, TypedField, asks_to_undo
from gui.widgets.slider import MarkedSlider, scale_of


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


class NumberEditor(QWidget):
    """A slider (linear or logarithmic) and a number field for one number."""

    def __init__(self, binding: Binding, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        knob = binding.knob
        if not isinstance(knob, NumberKnob | IntegerKnob):
            raise TypeError(f"{binding.path} is no number")
        self.binding = binding
        self.scale = scale_of(knob)
        self.slider = MarkedSlider(self, self.scale.decades())
        self.slider.setObjectName(f"{binding.path}.slider")
        self.slider.setAccessibleName(knob.label)
        self.slider.setRange(0, self.scale.places)
        self.slider.setPageStep(max(self.scale.places // 10, 1))
        self.field = NumberField(binding, self.slider, self)
        self.field.setObjectName(f"{binding.path}.field")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.field)
        self.setFocusProxy(self.field)
        self.slider.valueChanged.connect(self._on_slider)
        binding.session.marks_changed.connect(self.show_mark)
        self.show_mark()
        self.show_value(binding.value)

    def value(self) -> float:
        """Return the number in place."""
        return float(self.binding.value)

    def setValue(self, value: float) -> None:
        """Put a number in place, as a user would."""
        self.binding.put(value)

    def show_value(self, value: float) -> None:
        """Show the number in place."""
        if not self.slider.isSliderDown():
            with QSignalBlocker(self.slider):
                self.slider.setValue(self.scale.place(value))
        self.field.show_text(format_editable(value))

    def show_mark(self) -> None:
        """Show the value that the session marks for this knob."""
        value = self.binding.session.marks.get(self.binding.path, math.nan)
        mark = math.nan
        if self.scale.low < value < self.scale.high:
            mark = self.scale.place(value) / self.scale.places
        if mark != self.slider.mark:
            self.slider.mark = mark
            self.slider.update()

    def _on_slider(self, place: int) -> None:
        number = self.scale.number(place)
        if not self.binding.put(number, drag=self.slider.drag):
            self.field.setText(format_editable(number))


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


class TextEditor(TypedField):
    """A short text, numbers separated by spaces, or names by commas."""

    def __init__(self, binding: Binding, parent: QWidget | None = None) -> None:
        super().__init__(binding, parent)
        self.setMinimumWidth(48)
        self.show_value(binding.value)

    def shown(self) -> str:
        """Return the value in place as one would type it."""
        value = self.binding.value
        if isinstance(self.binding.knob, NamesKnob):
            return ", ".join(value)
        if isinstance(value, tuple):
            return " ".join(format_editable(number) for number in value)
        return str(value)

    def show_value(self, value: Any) -> None:
        """Show the value in place."""
        self.show_text(self.shown())
