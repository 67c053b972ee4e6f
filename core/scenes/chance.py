"""What a perfectly calibrated model would show: its calibration error at this many rows."""

from __future__ import annotations

import functools
import math

import numpy as np

from core.calibration.cells import Cells
from core.calibration.compiling import compiled
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
    weight, variance = _cumulated(cells)
    ends = np.searchsorted(cells.values, bars.high, side="right")
    ends[-1] = len(cells.values)
    counts = np.rint(np.diff(weight[ends], prepend=0.0)).astype(np.int64)
    spread = np.maximum(np.diff(variance[ends], prepend=0.0), 0.0)
    deviation = np.sqrt(2.0 / math.pi * spread)
    few = (counts > 0) & (counts <= MOST_EXACT)
    if few.any():
        starts = np.concatenate([[0], ends[:-1]])
        deviation[few] = _exact_deviations(cells, starts[few], ends[few])
    return float(deviation.sum() / cells.total)


@functools.lru_cache(maxsize=8)
def _cumulated(cells: Cells) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows and their variance up to each cell, (m + 1,) each: what any bins need."""
    variance = cells.weight * cells.values * (1.0 - cells.values)
    rows, spread = (np.concatenate([[0.0], np.cumsum(it)]) for it in (cells.weight, variance))
    return rows, spread


def _exact_deviations(cells: Cells, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return E |S - E S| of bins of cells, by convolution row by row."""
    rows = np.rint(cells.weight).astype(np.int64)
    p = [np.repeat(cells.values[a:b], rows[a:b]) for a, b in zip(starts, ends, strict=True)]
    counts = np.array([len(bin_rows) for bin_rows in p], dtype=np.int64)
    deviations = np.empty(len(p))
    fast = compiled("mean_deviations")
    if fast is not None:
        fast(np.concatenate(p), counts, np.empty(counts.max() + 1), deviations)
        return deviations
    for k, bin_rows in enumerate(p):
        chance = functools.reduce(_with_row, bin_rows.tolist(), np.ones(1))
        deviations[k] = chance @ np.abs(np.arange(len(chance)) - bin_rows.sum())
    return deviations


def _with_row(chance: np.ndarray, happens: float) -> np.ndarray:
    """Return the chances of 0 to n + 1 rows happening from those of 0 to n and of one more row."""
    more = np.zeros(len(chance) + 1)
    more[:-1] = (1.0 - happens) * chance
    more[1:] += happens * chance
    return more
