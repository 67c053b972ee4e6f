"""Axes with few ticks at round numbers, ticks of a logarithmic axis, and where names go."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QRectF, QSizeF
from PySide6.QtWidgets import QGraphicsItem

from gui.style.number_text import format_number

HUGE, TINY = 1e12, 1e-4  # ticks as large, or steps as small, are written with a power of ten
TICK_PIXELS = {"left": 24.0, "bottom": 50.0}  # from one tick to the next, at the least


class QuietAxis(pg.AxisItem):  # type: ignore[misc]
    """An axis with few ticks, each with its number."""

    _bounds = QRectF()
    _bounds_size: QSizeF | None = None

    def __init__(self, side: str, parent: QGraphicsItem) -> None:
        super().__init__(side, parent=parent)
        self.enableAutoSIPrefix(False)  # which would lay out the name at each change of range

    def boundingRect(self) -> QRectF:
        """Return the cached bounds, which Qt asks for many times a frame."""
        size = self.size()
        if size != self._bounds_size:
            self._bounds_size, self._bounds = size, super().boundingRect()
        return QRectF(self._bounds)

    def setStyle(self, **style: Any) -> None:
        """Set a style, and forget the cached bounds."""
        self._bounds_size = None
        super().setStyle(**style)

    def tickSpacing(self, low: float, high: float, size: float) -> list[tuple[float, float]]:
        """Return the spacing of ticks and their offset, for a length in pixels."""
        if high <= low:
            return []
        span, pixels = high - low, max(size, 1.0)
        step = nice_step(span * min(TICK_PIXELS[self.orientation] / pixels, 1.0))
        if self.orientation == "bottom":
            # Wider steps have shorter texts, so that this ends.
            while step < span and self._widest(low, high, step) > step / span * pixels:
                step = nice_step(1.5 * step)
        return [(step, 0.0)]

    def _widest(self, low: float, high: float, step: float) -> float:
        """Return how many pixels the longest text of ticks so far apart takes."""
        ends = [math.ceil(low / step) * step, math.floor(high / step) * step]
        return max(text_pixels(text) for text in self.tickStrings(ends, 1.0, step))

    def tickStrings(self, values: list[float], scale: float, spacing: float | None) -> list[str]:
        """Return the ticks' texts: as many decimals as their spacing has, and a plain 0."""
        if spacing is None or self.logMode:  # the ticks are logarithms
            return [format_number(10.0**value * scale) for value in values]
        scaled, step = [value * scale for value in values], spacing * scale
        most = max((abs(value) for value in scaled), default=0.0)
        if most >= HUGE or step < TINY:
            digits = math.ceil(math.log10(max(most / step, 1.0))) + 1
            return [format_number(value, digits) for value in scaled]
        decimals = max(math.ceil(-math.log10(step) - 1e-9), 0)
        return [format_number(value, decimals=decimals if value else 0) for value in scaled]


def nice_step(least: float) -> float:
    """Return the least of 1, 2 and 5 times a power of ten that is not below a positive number.

    Examples
    --------
    >>> nice_step(0.13), nice_step(2.0), nice_step(700.0)
    (0.2, 2.0, 1000.0)
    """
    scale = 10.0 ** math.floor(math.log10(least))
    return next(times * scale for times in (1.0, 2.0, 5.0, 10.0) if times * scale >= least)


MOST_TICKS = 10
FACTORS = (1.0, 2.0, 5.0)
CHARACTER, GAP, LINE = 6.5, 8.0, 16.0  # pixels


def short_name(label: str) -> str:
    """Return the letters that a label gives in brackets, or else the label.

    Examples
    --------
    >>> short_name("miscalibration (MCB)"), short_name("loss")
    ('MCB', 'loss')
    """
    return label[label.index("(") + 1 : -1] if label.endswith(")") else label


def log_ticks(
    low: float, high: float, pixels: float, is_upright: bool = False
) -> tuple[tuple[float, str], ...]:
    """Return ticks at round numbers between two positive ones, as many as fit on an axis.

    They are 1, 2 and 5 times the powers of ten, or these alone, or every second, third, … of them.

    Parameters
    ----------
    pixels : float
        How long the axis is.
    is_upright : bool
        Whether it is, so that the texts lie one over the other.

    Returns
    -------
    tuple of (log10 of the number, its text)

    Examples
    --------
    >>> [text for _, text in log_ticks(0.03, 40.0, 300.0)]
    ['0.1', '1', '10']
    >>> [text for _, text in log_ticks(100.0, 1200.0, 300.0)]
    ['100', '200', '500', '1\u202f000']
    >>> [text for _, text in log_ticks(0.03, 1e6, 300.0)]
    ['1', '100', '10\u202f000', '1\u202f000\u202f000']
    """
    tenfold = pixels / max(math.log10(high / low), 1e-9)
    for numbers in _round_numbers(low, high):
        ticks = tuple((math.log10(value), format_number(value)) for value in numbers)
        if len(ticks) <= MOST_TICKS and _have_room(ticks, tenfold, is_upright):
            return ticks
    return ()


def _round_numbers(low: float, high: float) -> Iterator[list[float]]:
    """Yield all round numbers between two, then fewer and fewer."""
    first, last = math.floor(math.log10(low)), math.floor(math.log10(high))
    fewer = (((1.0,), step) for step in range(1, last - first + 2))
    for factors, step in ((FACTORS, 1), *fewer):
        values = [f * 10.0**e for e in range(first, last + 1, step) for f in factors]
        yield [value for value in values if low <= value * (1.0 + 1e-9) and value <= high]


def _have_room(ticks: tuple[tuple[float, str], ...], tenfold: float, is_upright: bool) -> bool:
    """Tell whether no text touches the next, at so many pixels a decade."""
    for (before, text), (after, following) in itertools.pairwise(ticks):
        room = LINE if is_upright else (text_pixels(text) + text_pixels(following)) / 2.0
        if (after - before) * tenfold < room:
            return False
    return True


def text_pixels(text: str) -> float:
    """Return about how wide a tick's text is, the gap to the next included."""
    return CHARACTER * len(text) + GAP


def stepped(end: float) -> float:
    """Return an end for an axis just beyond a positive number, which grows in steps with it.

    A step is a sixteenth of the power of two below, so that the end is at most that much too far.

    Examples
    --------
    >>> stepped(101.0), stepped(104.0), stepped(0.3)
    (104.0, 104.0, 0.3125)
    """
    step = 2.0 ** (math.floor(math.log2(end)) - 4)
    return math.ceil(end / step) * step


def spread(places: list[float], apart: float, lowest: float) -> list[float]:
    """Return places moved up by as little as keeps them apart and above the lowest, in order.

    Examples
    --------
    >>> spread([0.0, 0.25, 3.0], 1.0, 0.5)
    [0.5, 1.5, 3.0]
    """
    moved = [max(place, lowest) for place in places]
    order = sorted(range(len(places)), key=lambda k: places[k])
    for before, after in itertools.pairwise(order):
        moved[after] = max(moved[after], moved[before] + apart)
    return moved
