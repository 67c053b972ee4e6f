"""One parameter at a time, to be typed or dragged."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from core.base.knobs import NumberKnob
from core.run.history import MAX_PARAMETER
from gui.widgets.controls import ComboBox, note, row
from gui.widgets.number_slider import NumberSlider

LEAST_SPAN = 5.0  # that the slider goes to either side of 0
STEPS = 1000  # of the slider
FIELD_WIDTH = 80
SAME = 1e-4  # two values that differ by less are the same text to someone who types


class ParameterBar(QWidget):
    """A list of a unit's parameters, a slider and a field for the chosen one.

    Signals
    -------
    chosen : (int)
        Another parameter, by its place in the flat vector.
    changed : (int, float, object)
        A parameter's new value; those that came with the same object belong to one undo.
    """

    chosen = Signal(int)
    changed = Signal(int, float, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._span = LEAST_SPAN
        self._is_other = True  # than the parameter whose value is shown
        self._offered: list[tuple[str, int]] = []
        self.title = note("network.parameter.unit", wraps=False)
        self.parameters = ComboBox()
        self.parameters.setObjectName("network.parameter")
        self.parameters.setAccessibleName(self.tr("Parameter"))
        self.parameters.setToolTip(self.tr("Which of the unit's parameters to change"))
        knob = NumberKnob(
            label=self.tr("Value of the parameter"),
            default=0.0,
            help=self.tr("The parameter's value; the output follows as you turn it"),
            effect="live",
            low=-MAX_PARAMETER,
            high=MAX_PARAMETER,
        )
        self.value = NumberSlider(
            "network.value", knob, span=(-LEAST_SPAN, LEAST_SPAN), steps=STEPS, is_live=True
        )
        self.value.field.setFixedWidth(FIELD_WIDTH)
        self.value.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.title)
        layout.addLayout(row(self.parameters, self.value))
        self.parameters.currentIndexChanged.connect(self._on_chosen)
        self.value.edited.connect(self._on_edited)

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
        for control in (self.parameters, self.value):
            control.setEnabled(bool(choices))
        self._is_other |= self.index != before

    def show_value(self, value: float, is_moving: bool = False) -> None:
        """Show the chosen parameter's value, unless the user is typing it.

        Parameters
        ----------
        is_moving : bool
            Whether training changes it all the time, so that a half-typed text stays.
        """
        if self._is_other or self._span < abs(value):
            self._span = max(LEAST_SPAN, 2.0 * abs(value))
            self.value.set_span(-self._span, self._span)
        is_same = not self._is_other and abs(value - self.value.value()) < SAME
        self.value.show_value(value, keep_typed=not self._is_other and (is_moving or is_same))
        self._is_other = False

    def _on_chosen(self) -> None:
        self.chosen.emit(self.index)

    def _on_edited(self, value: float, drag: object) -> None:
        if self.index >= 0:
            self.changed.emit(self.index, value, drag)
