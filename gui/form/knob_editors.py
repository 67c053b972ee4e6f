"""An editor for each kind of knob: a list, a switch, a number, texts, and the layers' widths."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.base.knobs import ChoiceKnob, IntegerKnob, NamesKnob, NumberKnob, SizesKnob
from gui.form.binding import Binding
from gui.style.number_text import format_editable
from gui.style.theme import icon, themes
from gui.widgets.controls import ComboBox
from gui.widgets.number_field import NumberField, TextField
from gui.widgets.number_slider import NumberSlider


class ChoiceEditor(ComboBox):
    """A list of a registry's records, by their labels."""

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

    def show_value(self, value: object) -> None:
        """Show the choice in place."""
        super().show_value(value)
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


def number_editor(binding: Binding, parent: QWidget | None = None) -> NumberSlider:
    """Return a slider and a field for one number."""
    knob = binding.knob
    if not isinstance(knob, NumberKnob | IntegerKnob):
        raise TypeError(f"{binding.path} is no number")
    editor = NumberSlider(binding.path, knob, parent=parent)
    editor.edited.connect(binding.put)
    binding.show_refusals_in(editor)
    binding.mark_changed.connect(editor.show_mark)
    editor.show_mark(binding.mark)
    editor.show_value(binding.value)
    return editor


def text_editor(binding: Binding, parent: QWidget | None = None) -> TextField:
    """Return a field for a short text, numbers separated by spaces, or names by commas."""
    editor = _text_field(binding, parent)
    editor.setMinimumWidth(48)
    editor.show_value(binding.value)
    return editor


def _text_field(binding: Binding, parent: QWidget | None) -> TextField:
    is_names = isinstance(binding.knob, NamesKnob)
    field = TextField(binding.knob.parse, ", ".join if is_names else as_typed, parent=parent)
    field.setAccessibleName(binding.knob.label)
    field.edited.connect(binding.put)
    binding.show_refusals_in(field)
    return field


def as_typed(value: str | tuple[float, ...]) -> str:
    """Return a text, or numbers separated by spaces.

    Examples
    --------
    >>> as_typed((8, 0.5)), as_typed("id")
    ('8 0.5', 'id')
    """
    if isinstance(value, tuple):
        return " ".join(format_editable(number) for number in value)
    return str(value)


_COLUMNS = 3


class SizesEditor(QWidget):
    """The layers' widths: a field for all, buttons for more or fewer layers, a field for each."""

    def __init__(self, binding: Binding, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if not isinstance(binding.knob, SizesKnob):
            raise TypeError(f"{binding.path} is no list of sizes")
        self.binding = binding
        self._knob: SizesKnob = binding.knob
        self.field = _text_field(binding, self)
        self.field.setObjectName(f"{binding.path}.field")
        self.field.setPlaceholderText(self.tr("none"))
        self.field.setMinimumWidth(40)
        self.fewer = self._button("minus", self.tr("Remove the last layer"), self._remove_layer)
        self.more = self._button("plus", self.tr("Add a layer"), self._add_layer)
        self.steppers: list[NumberField] = []
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
        self.field.show_value(value)
        while len(self.steppers) > len(value):
            stepper = self.steppers.pop()
            self._grid.removeWidget(stepper)
            stepper.blockSignals(True)  # a half-typed width would be submitted as it loses focus
            stepper.hide()
            stepper.deleteLater()
        while len(self.steppers) < len(value):
            self._add_stepper()
        for stepper, width in zip(self.steppers, value, strict=True):
            stepper.show_value(width)
        self.fewer.setEnabled(bool(value))
        self.more.setEnabled(len(value) < self._knob.most)

    def _add_stepper(self) -> None:
        index = len(self.steppers)
        knob = IntegerKnob(
            label=self.tr("Units in layer {0}").format(index + 1),
            default=1,
            help=self.tr("Units in layer {0}").format(index + 1),
            effect=self._knob.effect,
            low=1,
            high=self._knob.widest,
        )
        stepper = NumberField(knob, has_buttons=True, parent=self)
        stepper.setObjectName(f"{self.binding.path}.{index}")
        stepper.edited.connect(partial(self._set_width, index))
        stepper.refused.connect(self.binding.refused)
        stepper.reverted.connect(self.binding.accepted)
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
        self.binding.put(tuple(widths), drag=self.steppers[index].drag)

    def _add_layer(self) -> None:
        widths = self.binding.value
        self.binding.put((*widths, widths[-1] if widths else 8))

    def _remove_layer(self) -> None:
        self.binding.put(self.binding.value[:-1])
