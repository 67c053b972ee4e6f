"""Axes with few ticks at round numbers."""

from __future__ import annotations

import math
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QRectF, QSizeF
from PySide6.QtWidgets import QGraphicsItem

from gui.panels.labels import text_pixels
from gui.style.number_text import MINUS, grouped

LARGE, HUGE = 1e4, 1e12
TICK_PIXELS = {"left": 24.0, "bottom": 50.0}  # from one tick to the next, at the least


class QuietAxis(pg.AxisItem):  # type: ignore[misc]
    """An axis with few ticks, each with its number, and a true minus sign."""

    _bounds = QRectF()
    _bounds_size: QSizeF | None = None

    def __init__(self, side: str, parent: QGraphicsItem) -> None:
        super().__init__(side, parent=parent)
        self.enableAutoSIPrefix(False)  # which would lay the name out anew at each change of range

    def boundingRect(self) -> QRectF:
        """Return what it covers, which Qt asks many times a frame and seldom changes."""
        size = self.size()
        if size != self._bounds_size:
            self._bounds_size, self._bounds = size, super().boundingRect()
        return QRectF(self._bounds)

    def setStyle(self, **style: Any) -> None:
        """Take another style, and with it other bounds."""
        self._bounds_size = None
        super().setStyle(**style)

    def tickSpacing(self, low: float, high: float, size: float) -> list[tuple[float, float]]:
        """Return how far apart ticks are and where they begin, for a length in pixels."""
        if high <= low:
            return []
        apart = TICK_PIXELS[self.orientation]
        if self.orientation == "bottom":
            apart = max(apart, text_pixels(grouped(max(abs(low), abs(high)))))
        return [(nice_step((high - low) * min(apart / max(size, 1.0), 1.0)), 0.0)]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Return the ticks' texts, those of an axis of large numbers with their thousands apart."""
        most = max((abs(value * scale) for value in values), default=0.0)
        if LARGE <= most < HUGE:
            decimals = max(math.ceil(-math.log10(spacing * scale)), 0)
            return [grouped(value * scale, decimals) for value in values]
        return [text.replace("-", MINUS) for text in super().tickStrings(values, scale, spacing)]


def nice_step(least: float) -> float:
    """Return the least of 1, 2 and 5 times a power of ten that is not below a positive number.

    Examples
    --------
    >>> nice_step(0.13), nice_step(2.0), nice_step(700.0)
    (0.2, 2.0, 1000.0)
    """
    scale = 10.0 ** math.floor(math.log10(least))
    return next(times * scale for times in (1.0, 2.0, 5.0, 10.0) if times * scale >= least)
