"""One parameter at a time, to be typed or dragged."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from gui.widgets.controls import CalmComboBox, note, row
from gui.widgets.number_field import ParameterField
from gui.widgets.slider import CalmSlider

PLACES = 1000  # of the slider, from its middle to either end
LEAST_SPAN = 5.0


SAME = 1e-4  # as far as the field shows decimals


class ParameterBar(QWidget):
    """A list of a unit's parameters, a slider and a field for the chosen one.

    Signals
    -------
    chosen : (int)
        Another parameter, by its place in the flat vector.
    changed : (int, float, object)
        A parameter's new value, and what is the same during one drag.
    """

    chosen = Signal(int)
    changed = Signal(int, float, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._drag: object = object()
        self._span = LEAST_SPAN
        self._offered: list[tuple[str, int]] = []
        self.title = note("network.parameter.unit", wraps=False)
        self.parameters = CalmComboBox()
        self.parameters.setObjectName("network.parameter")
        self.parameters.setAccessibleName(self.tr("Parameter"))
        self.parameters.setToolTip(self.tr("Which weight or bias to turn"))
        self.parameters.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.slider = CalmSlider()
        self.slider.setObjectName("network.value.slider")
        self.slider.setRange(-PLACES, PLACES)
        self.slider.setPageStep(PLACES // 20)
        self.slider.setMinimumWidth(48)
        self.field = ParameterField()
        self.field.setObjectName("network.value")
        self.parameters.setToolTip(self.tr("Which of the unit's parameters to change"))
        for control in (self.slider, self.field):
            control.setAccessibleName(self.tr("Value of the parameter"))
            control.setToolTip(self.tr("Type or drag another value; undo takes it back"))
            control.setToolTip(self.tr("The parameter's value; the output follows as you turn it"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.title)
        layout.addLayout(row(self.parameters, self.slider, self.field))
        self.parameters.currentIndexChanged.connect(self._on_chosen)
        self.slider.sliderPressed.connect(self.end_drag)
        self.slider.valueChanged.connect(self._on_slider)
        self.field.valueChanged.connect(self._on_field)
        self.field.editingFinished.connect(self.end_drag)
        self.field.left.connect(self.end_drag)

    @property
    def index(self) -> int:
        """The chosen parameter's place in the flat vector; -1 where there is none."""
        data = self.parameters.currentData()
        return -1 if data is None else int(data)

    def offer(self, title: str, choices: Sequence[tuple[str, int]], index: int) -> None:
        """Offer a unit's parameters and show one of them as chosen."""
        if title != self.title.text():
            self.title.setText(title)
        before = self.index
        if list(choices) != self._offered:
            self._offered = list(choices)
            self.parameters.offer(list(choices))
        self.parameters.show_value(index)
        for control in (self.parameters, self.slider, self.field):
            control.setEnabled(bool(choices))
        if self.index != before:
            self.end_drag()
            self.field.lineEdit().setModified(False)
            self._span = 0.0

    def show_value(self, value: float, is_moving: bool = False) -> None:
        """Show the chosen parameter's value, unless the user is typing it.

        Parameters
        ----------
        is_moving : bool
            Whether training changes it all the time, so that a half-typed text is left alone.
        """
        if self._span < abs(value) or self._span == 0.0:
            self._span = max(LEAST_SPAN, 2.0 * abs(value))
        if not self.slider.isSliderDown():
            self.slider.show_value(round(value / self._span * PLACES))
        is_typed = self.field.lineEdit().isModified()
        if is_typed and (is_moving or abs(value - self.field.value()) < SAME):
            return
        if value != self.field.value():
            with QSignalBlocker(self.field):
                self.field.setValue(value)

    def end_drag(self) -> None:
        """Let the next change be another undo."""
        self._drag = object()

    def _on_chosen(self) -> None:
        self.chosen.emit(self.index)

    def _on_slider(self, place: int) -> None:
        self.changed.emit(self.index, place / PLACES * self._span, self._drag)

    def _on_field(self, value: float) -> None:
        if self.index >= 0:
            self.changed.emit(self.index, value, self._drag)
