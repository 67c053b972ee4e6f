"""What a perfectly calibrated model would show: its calibration error at this many rows."""

from __future__ import annotations

import functools
import math

import numpy as np

from core.base.arrays import FloatArray, IntArray
from core.base.compiled import lazy_njit, read_only
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
    if mean_deviations.compiled is None:
        return _deviations_by_numpy(p, counts)
    deviations = np.empty(len(p))
    mean_deviations(np.concatenate(p), counts, np.empty(counts.max() + 1), deviations)
    return deviations


@lazy_njit(
    lambda nb: nb.void(
        read_only(nb, nb.float64), read_only(nb, nb.int64), nb.float64[::1], nb.float64[::1]
    )
)
def mean_deviations(
    p: FloatArray, counts: IntArray, chance: FloatArray, deviations: FloatArray
) -> None:
    """Fill ``deviations`` (b,) with E |S - E S| of groups of independent rows.

    S counts the rows of a group that happen. ``p`` holds the probabilities, group after group;
    ``counts`` (b,) the rows of each; ``chance`` is working space for one row more than the largest
    group has.
    """
    first = 0
    for b in range(len(counts)):
        n = counts[b]
        expected = 0.0
        chance[0] = 1.0
        for k in range(n):
            happens = p[first + k]
            expected += happens
            chance[k + 1] = 0.0
            for j in range(k + 1, 0, -1):
                chance[j] += happens * (chance[j - 1] - chance[j])
            chance[0] -= happens * chance[0]
        first += n
        total = 0.0
        for j in range(n + 1):
            total += chance[j] * abs(j - expected)
        deviations[b] = total


def _deviations_by_numpy(p: list[np.ndarray], counts: np.ndarray) -> np.ndarray:
    """Return E |S - E S| of groups of rows, a row of every group at a time."""
    happens = np.zeros((len(p), counts.max()))  # a row that never happens changes nothing
    for group, rows in zip(happens, p, strict=True):
        group[: len(rows)] = rows
    chance = np.zeros((len(p), counts.max() + 1))
    chance[:, 0] = 1.0
    for k, row in enumerate(happens.T):
        with_row = row[:, None] * chance[:, : k + 1]
        chance[:, : k + 1] -= with_row
        chance[:, 1 : k + 2] += with_row
    away = np.abs(np.arange(counts.max() + 1) - happens.sum(axis=1, keepdims=True))
    return np.asarray((chance * away).sum(axis=1))
