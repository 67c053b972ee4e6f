"""Rows of equal probability pooled into cells: one sort that all figures share.

Every curve and every figure of a binary forecast depends on the rows only through the distinct
probabilities, the weight at each, and the weight of those rows in which it happened. A slider
therefore works on cells, never on rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.base.arrays import FloatArray, IntArray, read_only
from core.predictions.forecasts import BinaryForecast, ForecastKind, one_forecast


@dataclass(frozen=True, slots=True, eq=False)
class PooledForecast:
    """The distinct probabilities of a forecast, ascending, and what happened at each.

    Parameters
    ----------
    values : (m,) float64 array
        Distinct probabilities, ascending.
    weight : (m,) float64 array
        Weight of the rows at each; their number where no weights were given.
    positive : (m,) float64 array
        Weight of those rows in which it happened.
    trials : (m,) float64 array
        Effective number of rows, (sum w)^2 / sum w^2 (Kish 1965): the number without weights.
    """

    values: FloatArray
    weight: FloatArray
    positive: FloatArray
    trials: FloatArray

    @property
    def total(self) -> float:
        """The weight of all rows."""
        return float(self.weight.sum())

    @property
    def frequency(self) -> float:
        """The share of the weight in which it happened; nan without rows."""
        return float(self.positive.sum()) / self.total if len(self.values) else float("nan")

    def with_positive(self, positive: ArrayLike) -> PooledForecast:
        """Return the same forecast with other outcomes, of shape (m,)."""
        return PooledForecast(self.values, self.weight, read_only(positive), self.trials)


def pool_forecast(
    labels: ArrayLike,
    probabilities: ArrayLike,
    weights: ArrayLike | None = None,
    view: ForecastKind = None,
) -> PooledForecast:
    """Pool the rows of one forecast by probability.

    Parameters
    ----------
    labels : (n,) int array
        Classes 0..K-1.
    probabilities : (n,) or (n, K) array
        Of class 1, or of every class.
    weights : (n,) array, optional
        How much each row counts; rows of weight 0 are left out.
    view : int or "confidence", optional
        Which forecast is judged where there are more than two classes; see `forecasts`.

    Raises
    ------
    UserError
        If there is no such view, or it has several forecasts; if shapes disagree, a label is no
        class, a probability lies outside [0, 1], or a weight is negative or not finite. Of these,
        what is wrong with the rows is a ValueError, too.

    Examples
    --------
    >>> cells = pool_forecast([0, 1, 1], [0.2, 0.7, 0.2])
    >>> cells.values, cells.weight, cells.positive
    (array([0.2, 0.7]), array([2., 1.]), array([1., 1.]))
    """
    return pool_ties(one_forecast(labels, probabilities, weights, view))


def pool_ties(forecast: BinaryForecast) -> PooledForecast:
    """Sort a forecast's rows once and pool those of equal probability."""
    if forecast.weights is None:
        return _pool_unweighted(forecast)
    keep = forecast.weights > 0.0
    p, w, y = forecast.probabilities[keep], forecast.weights[keep], forecast.outcomes[keep]
    order = np.argsort(p, kind="stable")
    p, w, y = p[order] + 0.0, w[order], y[order]
    starts = run_starts(p)
    if not len(starts):
        return _nothing()
    weight = np.add.reduceat(w, starts)
    # Dividing by the largest weight keeps the squares of tiny or huge weights finite.
    scaled = w / w.max()
    trials = np.add.reduceat(scaled, starts) ** 2 / np.add.reduceat(scaled * scaled, starts)
    positive = np.minimum(np.add.reduceat(w * y, starts), weight)
    return PooledForecast(
        read_only(p[starts]), read_only(weight), read_only(positive), read_only(trials)
    )


def coarsened(cells: PooledForecast, limit: int) -> PooledForecast:
    """Pool neighbouring cells of about equal weight until at most ``limit`` remain.

    Each takes the mean of its probabilities. Fewer cells than that come back as they are, so that
    what is simulated from them is exact.
    """
    m = len(cells.values)
    if m <= limit:
        return cells
    cumulative = np.cumsum(cells.weight)
    goals = np.arange(1, limit) * (cumulative[-1] / limit)
    starts = np.unique(np.concatenate(([0], np.searchsorted(cumulative, goals, side="left") + 1)))
    return merged(cells, starts[starts < m])


def merged(cells: PooledForecast, starts: IntArray) -> PooledForecast:
    """Pool runs of neighbouring cells, each from one of the (k,) ascending starts to the next."""
    weight = np.add.reduceat(cells.weight, starts)
    mean = np.add.reduceat(cells.values * cells.weight, starts) / weight
    last = np.append(starts[1:], len(cells.values)) - 1
    return PooledForecast(
        # Rounding must leave no run; the mean of equal values is that value.
        read_only(np.clip(mean, cells.values[starts], cells.values[last])),
        read_only(weight),
        read_only(np.add.reduceat(cells.positive, starts)),
        read_only(effective_rows(weight, np.add.reduceat(squared_weight(cells), starts))),
    )


def squared_weight(cells: PooledForecast) -> FloatArray:
    """Return the sum of squared weights in each cell, (m,)."""
    return cells.weight * (cells.weight / cells.trials)


def effective_rows(weight: FloatArray, squares: FloatArray) -> FloatArray:
    """Return (sum w)^2 / sum w^2, how many rows of equal weight tell as much (Kish 1965)."""
    return weight * (weight / squares)


def _pool_unweighted(forecast: BinaryForecast) -> PooledForecast:
    """Pool rows of weight 1.

    A probability in [0, 1] leaves the two highest of its 64 bits unused, so that shifting them by
    one makes room for the outcome: one sort of integers orders the pairs.
    """
    if not len(forecast.probabilities):
        return _nothing()
    key = (forecast.probabilities + 0.0).view(np.int64) << 1  # + 0.0 turns -0.0 into 0.0
    key |= forecast.outcomes
    key.sort()
    happened = (key & 1).astype(np.float64)
    key >>= 1
    values = key.view(np.float64)
    starts = run_starts(values)
    if len(starts) == len(values):
        one = read_only(np.ones(len(values)))
        return PooledForecast(read_only(values), one, read_only(happened), one)
    ends = np.append(starts[1:], len(values))
    weight = read_only((ends - starts).astype(np.float64))
    positive = np.diff(np.cumsum(happened)[ends - 1], prepend=0.0)
    return PooledForecast(read_only(values[starts]), weight, read_only(positive), weight)


def run_starts(values: FloatArray) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Return where each run of equal values starts in an ascending array."""
    new = np.empty(len(values), dtype=np.bool_)
    new[:1] = True
    np.not_equal(values[1:], values[:-1], out=new[1:])
    return np.flatnonzero(new)


def _nothing() -> PooledForecast:
    """Return the cells of no rows."""
    none = read_only(np.empty(0))
    return PooledForecast(none, none, none, none)
