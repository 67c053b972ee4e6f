"""Axes with few ticks at round numbers."""

from __future__ import annotations

import math

import pyqtgraph as pg

TICK_PIXELS = {"left": 24.0, "bottom": 50.0}  # from one tick to the next, at the least


class QuietAxis(pg.AxisItem):  # type: ignore[misc]
    """An axis with few ticks, each with its number, and a true minus sign."""

    def tickSpacing(self, low: float, high: float, size: float) -> list[tuple[float, float]]:
        """Return how far apart ticks are and where they begin, for a length in pixels."""
        if high <= low:
            return []
        apart = TICK_PIXELS[self.orientation]
        return [(nice_step((high - low) * min(apart / max(size, 1.0), 1.0)), 0.0)]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Return the ticks' texts."""
        return [text.replace("-", "−") for text in super().tickStrings(values, scale, spacing)]


def nice_step(least: float) -> float:
    """Return the least of 1, 2 and 5 times a power of ten that is not below a positive number.

    Examples
    --------
    >>> nice_step(0.13), nice_step(2.0), nice_step(700.0)
    (0.2, 2.0, 1000.0)
    """
    scale = 10.0 ** math.floor(math.log10(least))
    return next(times * scale for times in (1.0, 2.0, 5.0, 10.0) if times * scale >= least)
