"""What a perfectly calibrated model would show: its calibration error at this many rows."""

from __future__ import annotations

import math

import numpy as np

from core.calibration.cells import Cells
from core.calibration.reliability import ReliabilityCurve

MOST_EXACT = 256  # rows of a bin; beyond that the normal distribution is as good


def chance_error(cells: Cells, bars: ReliabilityCurve) -> float:
    """Return the mean calibration error (l1) in these bins if every probability were right.

    A bin's gap is then |S - E S| / n, where S counts the bin's rows in which it happened: a sum of
    independent rows (Poisson binomial), convolved row by row; of many rows nearly normal, with
    E |S - E S| = sqrt(2 / pi) times the standard deviation.

    Parameters
    ----------
    cells : Cells
        Rows pooled by probability, of weight 1 each.
    bars : ReliabilityCurve
        In bins (low, high].

    Examples
    --------
    >>> from core.calibration.cells import cells_of
    >>> from core.calibration.reliability import width_curve
    >>> cells = cells_of([0, 1], [0.5, 0.5])
    >>> chance_error(cells, width_curve(cells, 10))
    0.25
    """
    if not len(cells.values):
        return float("nan")
    at = np.clip(np.searchsorted(bars.high, cells.values, side="left"), 0, len(bars.high) - 1)
    counts = np.bincount(at, cells.weight, minlength=len(bars.high)).astype(np.int64)
    variance = np.bincount(
        at, cells.weight * cells.values * (1.0 - cells.values), minlength=len(bars.high)
    )
    deviation = np.sqrt(2.0 / math.pi * variance)
    few = (counts > 0) & (counts <= MOST_EXACT)
    if few.any():
        rows = np.repeat(cells.values, np.rint(cells.weight).astype(np.int64))
        deviation[few] = _exact_deviations(rows, counts, few)
    return float(deviation.sum() / cells.total)


def _exact_deviations(rows: np.ndarray, counts: np.ndarray, few: np.ndarray) -> np.ndarray:
    """Return E |S - E S| of the bins marked, given all rows in the bins' order."""
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])[few]
    sizes = counts[few]
    longest = int(sizes.max())
    p = np.zeros((len(sizes), longest))  # a row of probability 0 changes no sum
    for bin_rows, start, size in zip(p, starts, sizes, strict=True):
        bin_rows[:size] = rows[start : start + size]
    chance = np.zeros((len(sizes), longest + 1))
    chance[:, 0] = 1.0
    for k in range(longest):
        happens = p[:, k, None] * chance[:, : k + 1]
        chance[:, : k + 1] -= happens
        chance[:, 1 : k + 2] += happens
    gaps = np.abs(np.arange(longest + 1) - p.sum(axis=1, keepdims=True))
    return np.asarray((chance * gaps).sum(axis=1))
