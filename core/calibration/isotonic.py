"""Isotonic regression of the outcomes on the probabilities: the blocks of the CORP curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.base.arrays import FloatArray, IntArray, read_only
from core.calibration.pooled import PooledForecast


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


def isotonic_blocks(cells: PooledForecast) -> Blocks:
    """Fit a nondecreasing function of the probability to the outcomes, by least squares.

    The same fit minimises every proper score (Dimitriadis, Gneiting & Jordan 2021, theorem 1).
    Cells without weight take the fitted value of the cell before them, the first ones that of the
    first cell with weight.

    Returns
    -------
    Blocks
        The longest possible; none where no cell has weight.

    Examples
    --------
    >>> from core.calibration.pooled import pool_forecast
    >>> isotonic_blocks(pool_forecast([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4])).frequency
    array([0. , 0.5, 1. ])
    """
    from scipy.optimize import isotonic_regression

    positive, weight, weighing = cells.positive, cells.weight, None
    if not weight.all():  # scipy refuses a weight of 0
        weighing = np.flatnonzero(weight)
        positive, weight = positive[weighing], weight[weighing]
    if not len(weight):
        return Blocks(np.empty(0, dtype=np.int64), read_only(np.empty(0)), read_only(np.empty(0)))
    starts = isotonic_regression(positive / weight, weights=weight).blocks[:-1]
    starts, positive, weight = _longest(starts, positive, weight)
    if weighing is not None:
        starts = weighing[starts]
        starts[0] = 0
    return Blocks(starts, read_only(positive), read_only(weight))


def _longest(
    starts: IntArray, positive: FloatArray, weight: FloatArray
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return (k,) starts, positive weight and weight of blocks whose frequencies differ.

    scipy compares running means, in which rounding can part blocks of equal frequency, or leave
    neighbours that fall by an ulp.
    """
    positive, weight = np.add.reduceat(positive, starts), np.add.reduceat(weight, starts)
    while True:
        frequency = positive / weight
        rises = np.append(True, frequency[1:] > frequency[:-1])
        if rises.all():
            return starts, positive, weight
        heads = np.flatnonzero(rises)
        starts = starts[heads]
        positive, weight = np.add.reduceat(positive, heads), np.add.reduceat(weight, heads)
