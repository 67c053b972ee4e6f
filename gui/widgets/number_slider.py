"""One number by slider or typed, and which number each place of the slider stands for."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from core.base.knobs import IntegerKnob, NumberKnob
from gui.style.number_text import format_editable
from gui.widgets.number_field import NumberField
from gui.widgets.slider import Slider

LABEL_WIDTH = 92
_MOST_PLACES = 1000


@dataclass(frozen=True, slots=True)
class SliderScale:
    """A slider's places 0..`places` and the numbers low..high they stand for.

    A logarithmic scale that begins at 0 goes by log(1 + x).

    Attributes
    ----------
    low, high : float
    kind : {"linear", "log"}
    is_whole : bool
        Whether only whole numbers are meant.
    steps : int
        About how many places a linear scale has; the numbers at them are round.

    Examples
    --------
    >>> scale = SliderScale(1e-3, 10.0, "log", False)
    >>> scale.places, scale.number(0), scale.number(scale.places), scale.place(0.1)
    (160, 0.001, 10.0, 80)
    """

    low: float
    high: float
    kind: Literal["linear", "log"]
    is_whole: bool
    steps: int = 100

    @property
    def places(self) -> int:
        """The last place; the first is 0."""
        if self.kind == "log":
            decades = self._to_scale(self.high) - self._to_scale(self.low)
            return max(round(40 * decades / math.log(10.0)), 1)
        step = 1.0 if self.is_whole else self._step
        return min(max(round((self.high - self.low) / step), 1), _MOST_PLACES)

    def place(self, number: float) -> int:
        """Return the place nearest to a number; the ends stand for what lies beyond."""
        number = min(max(number, self.low), self.high)
        low, high = self._to_scale(self.low), self._to_scale(self.high)
        return round(self.places * (self._to_scale(number) - low) / (high - low))

    def number(self, place: int) -> float:
        """Return the round number at a place; the ends are exact."""
        if place <= 0:
            return self.low
        if place >= self.places:
            return self.high
        low, high = self._to_scale(self.low), self._to_scale(self.high)
        exact = self._from_scale(low + (high - low) * place / self.places)
        if self.kind == "log" and exact:
            exact = float(f"{exact:.1e}")
        elif not self.is_whole:
            exact = round(exact, round(-math.log10(self._step)))
        number = round(exact) if self.is_whole else exact
        return min(max(number, self.low), self.high)

    def stepped(self, number: float, sign: int) -> float:
        """Return the number one place above (1) or below (-1), or the next whole number.

        Examples
        --------
        >>> scale = SliderScale(1e-3, 10.0, "log", False)
        >>> scale.stepped(0.1, 1), scale.stepped(10.0, 1)
        (0.11, 10.0)
        """
        if self.is_whole and self.kind == "linear":
            return min(max(number + sign, self.low), self.high)
        found = self.number(self.place(number) + sign)
        return found if (found - number) * sign > 0.0 else number  # beyond an end, stay

    def decades(self) -> list[float]:
        """Return the powers of ten on a logarithmic slider as fractions of its length."""
        if self.kind == "linear":
            return []
        low, high = self._to_scale(self.low), self._to_scale(self.high)
        first = math.ceil(math.log10(max(self.low, 1.0 if self.low <= 0 else self.low)) - 1e-9)
        last = math.floor(math.log10(self.high) + 1e-9)
        powers = [10.0**power for power in range(first, last + 1)]
        return [(self._to_scale(number) - low) / (high - low) for number in powers]

    @property
    def _step(self) -> float:
        """The power of ten nearest to the range over the number of steps."""
        return float(10.0 ** round(math.log10((self.high - self.low) / self.steps)))

    def _to_scale(self, number: float) -> float:
        if self.kind == "linear":
            return number
        return math.log1p(number) if self.low <= 0 else math.log(number)

    def _from_scale(self, value: float) -> float:
        if self.kind == "linear":
            return value
        return math.expm1(value) if self.low <= 0 else math.exp(value)


def scale_of(knob: NumberKnob | IntegerKnob) -> SliderScale:
    """Return the slider's scale for a knob."""
    return SliderScale(knob.low, knob.high, knob.scale, isinstance(knob, IntegerKnob))


class NumberSlider(QWidget):
    """A slider and a field for one number.

    Parameters
    ----------
    name : str
        Its object name; the slider's ends in ``.slider``, the field's in ``.field``.
    knob : NumberKnob or IntegerKnob
        Label, help, scale, and which numbers can be typed.
    span : (float, float), optional
        What the slider spans, by default the knob's range.
    label : str, optional
        What stands before the slider, by default nothing.
    label_width : int
        Of the label, in pixels, at the least.
    steps : int
        About how many places a linear slider has.
    is_live : bool
        Whether a typed number is handed on at every keystroke.

    Signals
    -------
    edited : (number, object)
        The number chosen; what came with the same object belongs to one undo.
    refused : (str)
        Why a typed text stands for no number.
    reverted : ()
        Escape has restored the number in place.
    """

    edited = Signal(object, object)
    refused = Signal(str)
    reverted = Signal()

    def __init__(
        self,
        name: str,
        knob: NumberKnob | IntegerKnob,
        *,
        span: tuple[float, float] | None = None,
        label: str = "",
        label_width: int = LABEL_WIDTH,
        steps: int = 100,
        is_live: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._knob, self._steps = knob, steps
        self.slider = Slider(self)
        self.slider.setObjectName(f"{name}.slider")
        self.slider.setToolTip(knob.help)
        self.slider.setAccessibleDescription(knob.help)
        self.set_span(*(span or (knob.low, knob.high)))
        self.field = NumberField(knob, self._stepped, is_live=is_live, parent=self)
        self.field.setObjectName(f"{name}.field")
        self.field.setFixedWidth(self.field.minimumWidth())
        self.setFocusProxy(self.field)
        self.label = QLabel(self)
        self.label.setBuddy(self.field)
        self.label.setMinimumWidth(label_width)
        self.label.setVisible(bool(label))
        self.name_as(label or knob.label)
        self._lay_out(bool(label))
        self.slider.valueChanged.connect(self._on_slider)
        self.field.edited.connect(self._on_field)
        self.field.refused.connect(self.refused)
        self.field.reverted.connect(self._on_reverted)

    def value(self) -> float:
        """Return the number in place."""
        return float(self.field.value())

    def setValue(self, value: float) -> None:
        """Choose a number, as a user would."""
        self.edited.emit(value, object())

    def show_value(self, value: float, keep_typed: bool = False) -> None:
        """Show the number in place, without a signal.

        Parameters
        ----------
        keep_typed : bool
            Whether a half-typed text stays: where the number is shown again and again, or moves
            by itself.
        """
        self.slider.show_value(self.scale.place(value))
        self.field.show_value(value, keep_typed)

    def show_mark(self, number: float) -> None:
        """Mark a number worth knowing on the slider; NaN, or one beyond its ends, marks none."""
        is_within = self.scale.low < number < self.scale.high
        share = self.scale.place(number) / self.scale.places if is_within else math.nan
        self.slider.show_mark(share)

    def show_refusal(self, sentence: str = "") -> None:
        """Mark the field as refused, with the reason; without a sentence, as fine."""
        self.field.show_refusal(sentence)

    def set_span(self, low: float, high: float) -> None:
        """Let the slider span other numbers, without a signal."""
        self.scale = replace(scale_of(self._knob), low=low, high=high, steps=self._steps)
        self.slider.blockSignals(True)
        self.slider.setRange(0, self.scale.places)
        self.slider.setPageStep(max(self.scale.places // 10, 1))
        self.slider.blockSignals(False)
        self.slider.ticks = tuple(self.scale.decades())

    def name_as(self, name: str) -> None:
        """Give it another name, which the label shows if there is one."""
        self.label.setText(name)
        for control in (self.slider, self.field):
            control.setAccessibleName(name)

    def _lay_out(self, is_labelled: bool) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(*((8, 2, 8, 2) if is_labelled else (0, 0, 0, 0)))
        layout.setSpacing(6 if is_labelled else 4)
        if is_labelled:
            layout.addWidget(self.label)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.field)

    def _stepped(self, number: float, sign: int) -> float:
        return self.scale.stepped(number, sign)

    def _on_slider(self, place: int) -> None:
        number = self.scale.number(place)
        self.field.setModified(False)  # the slider's number replaces a half-typed one
        self.edited.emit(number, self.slider.drag)
        if self.field.is_refused:  # show the refused number
            self.field.setText(format_editable(number))

    def _on_field(self, number: float) -> None:
        self.edited.emit(number, self.field.drag)

    def _on_reverted(self) -> None:
        self.slider.show_value(self.scale.place(self.value()))
        self.reverted.emit()
