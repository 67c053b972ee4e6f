"""Where a number lies on a slider, and which round number a place on it stands for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from core.base.knobs import IntegerKnob, NumberKnob

_FINEST = 1000


@dataclass(frozen=True, slots=True)
class SliderScale:
    """A slider's places 0..`places` and the numbers low..high they stand for.

    A logarithmic scale that begins at 0 goes by log(1 + x).

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

    @property
    def places(self) -> int:
        """The last place; the first is 0."""
        if self.kind == "log":
            decades = self._forth(self.high) - self._forth(self.low)
            return max(round(40 * decades / math.log(10.0)), 1)
        step = 1.0 if self.is_whole else self._step
        return min(max(round((self.high - self.low) / step), 1), _FINEST)

    def place(self, number: float) -> int:
        """Return the place nearest to a number."""
        low, high = self._forth(self.low), self._forth(self.high)
        return round(self.places * (self._forth(number) - low) / (high - low))

    def number(self, place: int) -> float:
        """Return the round number at a place; the ends are exact."""
        if place <= 0:
            return self.low
        if place >= self.places:
            return self.high
        low, high = self._forth(self.low), self._forth(self.high)
        exact = self._back(low + (high - low) * place / self.places)
        if self.kind == "log" and exact:
            exact = float(f"{exact:.1e}")
        elif not self.is_whole:
            exact = round(exact, round(-math.log10(self._step)))
        number = round(exact) if self.is_whole else exact
        return min(max(number, self.low), self.high)

    def decades(self) -> list[float]:
        """Return the powers of ten on a logarithmic slider as fractions of its length."""
        if self.kind == "linear":
            return []
        low, high = self._forth(self.low), self._forth(self.high)
        first = math.ceil(math.log10(max(self.low, 1.0 if self.low <= 0 else self.low)) - 1e-9)
        last = math.floor(math.log10(self.high) + 1e-9)
        return [(self._forth(10.0**power) - low) / (high - low) for power in range(first, last + 1)]

    @property
    def _step(self) -> float:
        """The power of ten nearest to a hundredth of the range."""
        return float(10.0 ** round(math.log10((self.high - self.low) / 100)))

    def _forth(self, number: float) -> float:
        if self.kind == "linear":
            return number
        return math.log1p(number) if self.low <= 0 else math.log(number)

    def _back(self, value: float) -> float:
        if self.kind == "linear":
            return value
        return math.expm1(value) if self.low <= 0 else math.exp(value)


def scale_of(knob: NumberKnob | IntegerKnob) -> SliderScale:
    """Return the slider's scale for a knob."""
    return SliderScale(knob.low, knob.high, knob.scale, isinstance(knob, IntegerKnob))
