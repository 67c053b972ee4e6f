"""A number of a panel's own: label, slider and field in one row."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from core.base.errors import UserError
from core.base.knobs import NumberKnob
from gui.widgets.number_field import ValueField
from gui.widgets.slider import Slider, SliderScale

LABEL_WIDTH = 92


class ValueSlider(QWidget):
    """One number by slider or typed; the slider is deaf to the wheel.

    Parameters
    ----------
    name : str
        The slider's object name; the field's ends in ``.field``.
    knob : NumberKnob
        Label, range and help; ``shown`` narrows what the slider spans.
    put : callable
        Takes the new number.

    Signals
    -------
    changed : (float)
    """

    changed = Signal(float)

    def __init__(
        self,
        name: str,
        knob: NumberKnob,
        put: Callable[[float], None],
        shown: tuple[float, float] | None = None,
        label: str = "",
        label_width: int = LABEL_WIDTH,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.knob = knob
        self.changed.connect(put)
        low, high = shown or (knob.low, knob.high)
        self.scale = SliderScale(low, high, knob.scale, False)
        self.label = QLabel(label or knob.label)
        self.label.setMinimumWidth(label_width)
        self.slider = Slider(self, self.scale.decades())
        self.slider.setObjectName(name)
        self.slider.setRange(0, self.scale.places)
        self.slider.setPageStep(max(self.scale.places // 10, 1))
        self.field = ValueField(self.slider, self)
        self.field.setObjectName(f"{name}.field")
        self.label.setBuddy(self.field)
        for control in (self.slider, self.field):
            control.setAccessibleDescription(knob.help)
        self.name_as(label or knob.label)
        self.slider.setToolTip(knob.help)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 2, 8, 2)
        layout.setSpacing(6)
        layout.addWidget(self.label)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.field)
        self.slider.valueChanged.connect(self._on_slider)
        self.field.editingFinished.connect(self._on_typed)

    def name_as(self, name: str) -> None:
        """Write another name beside the slider."""
        self.label.setText(name)
        for control in (self.slider, self.field):
            control.setAccessibleName(name)

    def show_value(self, value: float) -> None:
        """Show a number without telling anyone."""
        if not self.slider.isSliderDown():
            with QSignalBlocker(self.slider):
                low, high = self.scale.low, self.scale.high
                self.slider.setValue(self.scale.place(min(max(value, low), high)))
        if not self.field.isModified():
            self.field.show_number(value)

    def _on_slider(self, place: int) -> None:
        self.field.setModified(False)
        self.changed.emit(self.scale.number(place))

    def _on_typed(self) -> None:
        if not self.field.isModified():
            return
        try:
            value = self.knob.parse(self.field.text())
        except UserError as error:
            self.field.refuse(str(error))
            return
        self.field.setModified(False)
        self.changed.emit(value)
