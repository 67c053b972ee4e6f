"""Bins of probability: (low, high], the first includes 0 (Guo et al. 2017; scikit-learn).

The edges are ``np.linspace(0, 1, bins + 1)`` and a probability is compared with those very floats,
so that 0.3 lies in (0.2, 0.3] of ten bins although 0.3 / 0.1 is a little less than 3 in floats.
Equal-mass bins end at observed values, and a group of ties is never split.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.calibration.cells import Cells
from core.calibration.inputs import FloatArray, IntArray, frozen
from core.errors import UserError


@dataclass(frozen=True, slots=True, eq=False)
class Bins:
    """What lies in each of b bins.

    Parameters
    ----------
    edges : (b + 1,) float64 array
        Ascending, from 0 to 1; bin i is (edges[i], edges[i + 1]], the first includes 0.
    counts : (b,) float64 array
        Weight of the rows in each; their number where no weights were given.
    trials : (b,) float64 array
        Effective number of rows in each; see `Cells`.
    positives : (b,) float64 array
        Weight of the rows in which it happened.
    probability : (b,) float64 array
        Mean predicted probability; nan in an empty bin.
    frequency : (b,) float64 array
        Observed frequency; nan in an empty bin.
    """

    edges: FloatArray
    counts: FloatArray
    trials: FloatArray
    positives: FloatArray
    probability: FloatArray
    frequency: FloatArray


def width_edges(bins: int) -> FloatArray:
    """Return the (bins + 1,) edges of bins of equal width.

    Raises
    ------
    UserError
        If there is not at least one bin.
    """
    return np.linspace(0.0, 1.0, _at_least_one(bins) + 1)


def mass_edges(cells: Cells, bins: int) -> FloatArray:
    """Return the edges of at most ``bins`` bins of equal weight that split no ties.

    Inner edge k is the smallest observed probability at or below which lies a share k / bins of the
    weight (the inverse of the empirical distribution). Edges that coincide are one edge, so that
    many ties give fewer bins.

    Raises
    ------
    UserError
        If there is not at least one bin.

    Examples
    --------
    >>> from core.calibration.cells import cells_of
    >>> mass_edges(cells_of([0, 0, 1, 1], [0.1, 0.2, 0.2, 0.4]), 2)
    array([0. , 0.2, 1. ])
    """
    _at_least_one(bins)
    if not len(cells.values):
        return np.array([0.0, 1.0])
    cumulative = np.cumsum(cells.weight)
    goals = np.arange(1, bins) * cumulative[-1] / bins
    # A share that is met up to rounding of the weights is met.
    at = np.searchsorted(cumulative, goals * (1.0 - 1e-12), side="left")
    inner = np.unique(cells.values[at])
    return np.concatenate(([0.0], inner[inner < cells.values[-1]], [1.0]))


def fill(cells: Cells, edges: FloatArray) -> Bins:
    """Return what lies between the edges: one binary search an edge, whatever the number of rows.

    Examples
    --------
    >>> from core.calibration.cells import cells_of
    >>> fill(cells_of([0, 1, 1], [0.0, 0.3, 0.6]), width_edges(10)).counts
    array([1., 0., 1., 0., 0., 1., 0., 0., 0., 0.])
    """
    inner = np.searchsorted(cells.values, edges[1:-1], side="right")
    bounds = np.concatenate(([0], inner, [len(cells.values)]))
    filled = bounds[1:] > bounds[:-1]
    counts = _sums(cells.weight, bounds, filled)
    positives = _sums(cells.positive, bounds, filled)
    probability = np.full(len(filled), np.nan)
    frequency = np.full(len(filled), np.nan)
    first, last = cells.values[bounds[:-1][filled]], cells.values[bounds[1:][filled] - 1]
    mean = _sums(cells.values * cells.weight, bounds, filled)[filled] / counts[filled]
    probability[filled] = np.clip(mean, first, last)  # rounding must not leave the bin
    frequency[filled] = np.minimum(positives[filled] / counts[filled], 1.0)
    return Bins(
        frozen(edges),
        frozen(counts),
        frozen(_sums(cells.trials, bounds, filled)),
        frozen(positives),
        frozen(probability),
        frozen(frequency),
    )


def _sums(array: FloatArray, bounds: IntArray, filled: np.ndarray) -> FloatArray:
    """Return the sum over each bin, 0 in an empty one."""
    sums = np.zeros(len(filled))
    if filled.any():
        sums[filled] = np.add.reduceat(array, bounds[:-1][filled])
    return sums


def _at_least_one(bins: int) -> int:
    """Return the number of bins, if it is one."""
    if bins < 1:
        raise UserError(
            "The probabilities were not binned.",
            f"{bins} bins were asked for.",
            "Choose 1 or more.",
        )
    return int(bins)
