"""Bins of probability: (low, high], the first includes 0 (Guo et al. 2017; scikit-learn).

The edges are ``np.linspace(0, 1, bins + 1)`` and a probability is compared with those very floats,
so that 0.3 lies in (0.2, 0.3] of ten bins although 0.3 / 0.1 is a little less than 3 in floats.
Equal-mass bins end at observed values, and a group of ties is never split.

The expected calibration error (Naeini, Cooper & Hauskrecht 2015, equation 3) leaves open which bin
an edge belongs to, and packages decide differently: `CONVENTIONS` holds six ways for comparison.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.base.arrays import FloatArray, IntArray, read_only
from core.base.compiled import lazy_njit, read_only_type
from core.base.errors import UserError
from core.base.registry import Registry
from core.calibration.pooled import PooledForecast, effective_rows, pool_ties, squared_weight
from core.predictions.forecasts import BinaryForecast

_BLOCK = 128


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
        Effective number of rows in each; see `PooledForecast`.
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


def mass_edges(cells: PooledForecast | CumulativePool, bins: int) -> FloatArray:
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
    >>> from core.calibration.pooled import pool_forecast
    >>> mass_edges(pool_forecast([0, 0, 1, 1], [0.1, 0.2, 0.2, 0.4]), 2)
    array([0. , 0.2, 1. ])
    """
    bins = _at_least_one(bins)
    index = indexed(cells)
    values, cumulative = index.cells.values, index.cumulative
    if not len(values):
        return np.array([0.0, 1.0])
    goals = np.arange(1, bins) * cumulative[-1] / bins
    # A share that is met up to rounding of the weights is met.
    inner = np.unique(values[np.searchsorted(cumulative, goals * (1.0 - 1e-12), side="left")])
    return np.concatenate(([0.0], inner[inner < values[-1]], [1.0]))


def fill(cells: PooledForecast | CumulativePool, edges: FloatArray) -> Bins:
    """Return what lies between the edges.

    Where edges move often, index the cells once: then it costs a binary search an edge and short
    sums, whatever the number of rows.

    Examples
    --------
    >>> from core.calibration.pooled import pool_forecast
    >>> fill(pool_forecast([0, 1, 1], [0.0, 0.3, 0.6]), width_edges(10)).counts
    array([1., 0., 1., 0., 0., 1., 0., 0., 0., 0.])
    """
    index = indexed(cells)
    values = index.cells.values
    inner = np.searchsorted(values, edges[1:-1], side="right")
    bounds = np.concatenate(([0], inner, [len(values)]))
    filled = bounds[1:] > bounds[:-1]
    starts, ends = bounds[:-1][filled], bounds[1:][filled]
    sums = np.zeros((4, len(filled)))
    sums[:, filled] = index.sums(starts, ends)
    return _bins(edges, sums, filled, values[starts], values[ends - 1])


def count(forecast: BinaryForecast, bins: int) -> Bins:
    """Return what lies in bins of equal width, without sorting where `count_rows` is compiled."""
    edges = width_edges(bins)
    bins = len(edges) - 1
    if count_rows.compiled is None or forecast.weights is not None:
        return fill(pool_ties(forecast), edges)
    outcomes, points = map(np.ascontiguousarray, (forecast.outcomes, forecast.probabilities))
    rows, mass = np.zeros(2 * bins, dtype=np.int64), np.zeros(2 * bins)
    count_rows(outcomes, points, edges, rows, mass)
    counts = rows.reshape(bins, 2).sum(axis=1).astype(np.float64)
    sums = np.stack((counts, counts, rows[1::2], mass.reshape(bins, 2).sum(axis=1)))
    filled = counts > 0.0
    return _bins(edges, sums, filled, edges[:-1][filled], edges[1:][filled])


@lazy_njit(
    lambda nb: nb.void(
        read_only_type(nb, nb.boolean),
        read_only_type(nb, nb.float64),
        read_only_type(nb, nb.float64),
        nb.int64[::1],
        nb.float64[::1],
    )
)
def count_rows(
    outcomes: NDArray[np.bool_],
    points: FloatArray,
    edges: FloatArray,
    rows: IntArray,
    mass: FloatArray,
) -> None:
    """Add every row to its bin (low, high] of equal width, those that did not happen apart.

    ``rows`` and ``mass`` (2 b,) hold how many rows and their probabilities' sum: of each bin first
    where it did not happen, then where it did.
    """
    bins = len(edges) - 1
    for i in range(len(points)):
        p = points[i]
        b = min(int(p * bins), bins - 1)
        # The quotient may miss by one; the edges decide.
        b += (p > edges[b + 1]) - (p <= edges[b])
        at = 2 * max(b, 0) + outcomes[i]  # no branch: it would be guessed wrong half the time
        rows[at] += 1
        mass[at] += p


def _bins(
    edges: FloatArray,
    sums: FloatArray,
    filled: NDArray[np.bool_],
    lowest: FloatArray,
    highest: FloatArray,
) -> Bins:
    """Return bins from the sums of weight, its square, positive weight and probability."""
    counts, squares, positives, mass = sums
    trials = np.zeros(len(filled))
    trials[filled] = effective_rows(counts[filled], squares[filled])
    probability, frequency = np.full((2, len(filled)), np.nan)
    # Rounding must leave neither the bin nor [0, 1].
    probability[filled] = np.clip(mass[filled] / counts[filled], lowest, highest)
    frequency[filled] = np.minimum(positives[filled] / counts[filled], 1.0)
    return Bins(*(read_only(a) for a in (edges, counts, trials, positives, probability, frequency)))


@dataclass(frozen=True, slots=True, eq=False)
class CumulativePool:
    """Cells with sums over blocks of them, so that any range is summed quickly and accurately.

    Parameters
    ----------
    cells : PooledForecast
        The cells.
    items : four (m,) float64 arrays
        Weight, squared weight, positive weight, and weight times probability of each cell.
    blocks : (4, ceil(m / 128)) float64 array
        Their sums over blocks of 128 cells.
    cumulative : (m,) float64 array
        Cumulated weight.
    """

    cells: PooledForecast
    items: tuple[FloatArray, FloatArray, FloatArray, FloatArray]
    blocks: FloatArray
    cumulative: FloatArray

    def sums(self, starts: IntArray, ends: IntArray) -> FloatArray:
        """Return the sums over ranges of cells, none empty, (4, k): whole blocks, and their edges.

        Differences of one long cumulative sum would be as fast, but lose digits in small bins.
        """
        first, last = -(-starts // _BLOCK), ends // _BLOCK
        whole = first < last
        result = np.zeros((4, len(starts)))
        if whole.any():
            bounds = np.column_stack((first[whole], last[whole])).ravel()
            # A last bound at the very end is no index; the segment before it runs there anyway.
            bounds = bounds[:-1] if bounds[-1] == self.blocks.shape[1] else bounds
            result[:, whole] = np.add.reduceat(self.blocks, bounds, axis=1)[:, ::2]
        # What lies outside whole blocks: the cells before the first one, and those after the last.
        begins = np.column_stack((starts, np.where(whole, last * _BLOCK, ends))).ravel()
        sizes = np.column_stack((np.where(whole, first * _BLOCK, ends), ends)).ravel() - begins
        ranges = np.cumsum(sizes)
        at = np.arange(ranges[-1] if len(ranges) else 0) + np.repeat(begins + sizes - ranges, sizes)
        some = sizes[::2] + sizes[1::2] > 0
        if len(at):
            heads = (ranges[1::2] - sizes[::2] - sizes[1::2])[some]
            for row, item in zip(result, self.items, strict=True):
                row[some] += np.add.reduceat(item[at], heads)
        return result


def indexed(cells: PooledForecast | CumulativePool) -> CumulativePool:
    """Return the cells with their block sums; an index comes back as it is."""
    if isinstance(cells, CumulativePool):
        return cells
    squares = read_only(squared_weight(cells))
    items = cells.weight, squares, cells.positive, read_only(cells.weight * cells.values)
    starts = np.arange(0, len(cells.values), _BLOCK)
    blocks = [np.add.reduceat(item, starts) if len(starts) else np.zeros(1) for item in items]
    return CumulativePool(
        cells, items, read_only(np.stack(blocks)), read_only(np.cumsum(cells.weight))
    )


def _at_least_one(bins: int) -> int:
    """Return the number of bins, if it is one."""
    if not 1 <= bins < np.inf or bins != int(bins):
        raise UserError(
            "The probabilities were not binned.",
            f"{bins} bins were asked for.",
            "Choose a whole number, 1 or more.",
        )
    return int(bins)


_FEW = 10_000  # cells; so many are sooner asked than searched


@dataclass(frozen=True, slots=True)
class Convention:
    """A way to put probabilities into bins of equal width.

    Parameters
    ----------
    name, label : str
        Its key, and what the user reads.
    help : str
        One sentence on what it does to whom.
    bin_of : callable
        ``bin_of(values, bins)`` gives each probability's bin, at least 0; -1 leaves it out. A
        higher probability never lies in a lower bin.
    """

    name: str
    label: str
    help: str
    bin_of: Callable[[FloatArray, int], IntArray]

    def error(self, cells: PooledForecast | CumulativePool, bins: int) -> float:
        """Return the expected calibration error in these bins; nan without rows.

        Rows left out count neither as rows nor as gaps.

        Examples
        --------
        >>> from core.calibration.pooled import pool_forecast
        >>> cells = pool_forecast([0, 1, 1], [0.1, 0.5, 0.9])
        >>> round(CONVENTIONS["right"].error(cells, 2), 3), round(
        ...     CONVENTIONS["left"].error(cells, 2), 3
        ... )
        (0.167, 0.233)
        """
        index = indexed(cells)
        starts = self._starts(index.cells.values, bins)
        ends = np.append(starts[1:], len(index.cells.values))
        filled = ends > starts
        if not filled.any():
            return float("nan")
        weight, _, positive, mass = index.sums(starts[filled], ends[filled])
        return float(np.abs(positive - mass).sum()) / float(weight.sum())

    def _starts(self, values: FloatArray, bins: int) -> IntArray:
        """Return the first cell of each bin 0..bins; of many cells few are asked, by bisection."""
        wanted = np.arange(bins + 1)
        if len(values) <= _FEW:
            return np.searchsorted(self.bin_of(values, bins), wanted)
        low, high = np.zeros(bins + 1, dtype=np.int64), np.full(bins + 1, len(values))
        while (low < high).any():
            middle = (low + high) // 2
            at = np.minimum(middle, len(values) - 1)
            reached = (self.bin_of(values[at], bins) >= wanted) | (middle >= high)
            low, high = np.where(reached, low, middle + 1), np.where(reached, middle, high)
        return low


def _edges(bins: int) -> FloatArray:
    return np.linspace(0.0, 1.0, bins + 1)


def _right(p: FloatArray, bins: int) -> IntArray:
    return np.searchsorted(_edges(bins)[1:-1], p, side="left")


def _left(p: FloatArray, bins: int) -> IntArray:
    return np.searchsorted(_edges(bins)[1:-1], p, side="right")


def _one_apart(p: FloatArray, bins: int) -> IntArray:
    return np.searchsorted(_edges(bins)[1:], p, side="right")


def _divided(p: FloatArray, bins: int) -> IntArray:
    return np.minimum((p / (1.0 / bins)).astype(np.int64), bins - 1)


def _zero_dropped(p: FloatArray, bins: int) -> IntArray:
    return np.where(p > 0.0, _right(p, bins), -1)


def _one_fewer(p: FloatArray, bins: int) -> IntArray:
    return _right(p, max(bins - 1, 1))


CONVENTIONS: Registry[Convention] = Registry(
    "convention",
    [
        Convention(
            "right",
            "scikit-learn: an edge belongs to the bin below it",
            "Bins (low, high], 0 in the first; as defined, and used here.",
            _right,
        ),
        Convention(
            "left",
            "NumPy's histogram: an edge belongs to the bin above it",
            "Bins [low, high), 1 in the last; edges such as 0.3 move up a bin.",
            _left,
        ),
        Convention(
            "one_apart",
            "TorchMetrics: an edge to the bin above, 1 to a bin of its own",
            "Bins [low, high), and one more for a certain yes.",
            _one_apart,
        ),
        Convention(
            "divided",
            "a common loop: int(p / width)",
            "0.3 / 0.1 is 2.999… in floats, so that some edges move and others do not.",
            _divided,
        ),
        Convention(
            "zero_dropped",
            "Guo et al. (2017): an edge to the bin below, 0 left out",
            "Bins (low, high]; a certain no is not counted.",
            _zero_dropped,
        ),
        Convention(
            "one_fewer",
            "a common slip: one bin fewer",
            "The number of edges is taken for that of bins.",
            _one_fewer,
        ),
    ],
)
