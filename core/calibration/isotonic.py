"""Isotonic regression of the outcomes on the probabilities: the blocks of the CORP curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.calibration.cells import Cells
from core.calibration.compiling import compiled
from core.calibration.inputs import FloatArray, IntArray, frozen
from core.calibration.loops import pool_violators


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Runs of cells that share one fitted frequency.

    Parameters
    ----------
    starts : (k,) int64 array
        The first cell of each block.
    positive, weight : (k,) float64 arrays
        Weight in each block, of outcomes that happened and of all.
    """

    starts: IntArray
    positive: FloatArray
    weight: FloatArray

    @property
    def frequency(self) -> FloatArray:
        """The fitted value of each block, (k,), strictly increasing."""
        return self.positive / self.weight

    def spread(self, n_cells: int) -> FloatArray:
        """Return the fitted value of every cell, (n_cells,)."""
        return np.repeat(self.frequency, np.diff(np.append(self.starts, n_cells)))


def isotonic_blocks(cells: Cells) -> Blocks:
    """Fit a nondecreasing function of the probability to the outcomes, by least squares.

    The same fit minimises every proper score (Dimitriadis, Gneiting & Jordan 2021, theorem 1).

    Examples
    --------
    >>> from core.calibration.cells import cells_of
    >>> isotonic_blocks(cells_of([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4])).frequency
    array([0. , 0.5, 1. ])
    """
    fast = compiled("pool_violators")
    m = len(cells.values)
    if fast is None:
        return _blocks_without_compiler(cells)
    starts, sums, weights = np.empty(m, dtype=np.int64), np.empty(m), np.empty(m)
    k = fast(cells.positive, cells.weight, starts, sums, weights)
    return Blocks(starts[:k].copy(), frozen(sums[:k].copy()), frozen(weights[:k].copy()))


def _blocks_without_compiler(cells: Cells) -> Blocks:
    """Pool the runs that numpy can find at once, then what is left one by one."""
    first, positive, weight = _pool_runs(cells)
    m = len(first)
    starts, sums, weights = [0] * m, [0.0] * m, [0.0] * m
    k = pool_violators(positive.tolist(), weight.tolist(), starts, sums, weights)
    return Blocks(
        first[np.array(starts[:k], dtype=np.int64)], frozen(sums[:k]), frozen(weights[:k])
    )


def _pool_runs(cells: Cells) -> tuple[IntArray, FloatArray, FloatArray]:
    """Pool every run of nonincreasing means, again and again while that shortens the list a lot.

    Such a run lies in one block of the solution. Done only where sums are exact (whole weights):
    elsewhere another order of additions could part a tie differently from the loop.
    """
    starts = np.arange(len(cells.values))
    positive, weight = cells.positive, cells.weight
    whole = bool(np.all(weight == np.floor(weight)) and np.all(positive == np.floor(positive)))
    shrinking = whole
    while shrinking and len(starts) > 64:
        rises = positive[:-1] * weight[1:] < positive[1:] * weight[:-1]
        heads = np.concatenate(([0], np.flatnonzero(rises) + 1))
        shrinking = len(heads) < 0.9 * len(starts)
        starts = starts[heads]
        positive, weight = np.add.reduceat(positive, heads), np.add.reduceat(weight, heads)
    return starts, positive, weight
