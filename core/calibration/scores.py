"""Proper scores, and their decomposition into miscalibration, discrimination and uncertainty.

CORP's decomposition needs no bins (Dimitriadis, Gneiting & Jordan 2021); Murphy's is the one of the
Brier score in bins, with the part that bins hide.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.base.arrays import FloatArray, IntArray, chunks
from core.base.compiled import lazy_njit, read_only_type
from core.base.errors import UserError
from core.base.registry import Registry
from core.calibration.binning import fill, mass_edges, width_edges
from core.calibration.isotonic import isotonic_blocks
from core.calibration.pooled import PooledForecast, pool_forecast, pool_ties
from core.predictions.forecasts import ForecastKind, checked, forecasts

_RUN = 256  # rows whose sums are kept apart, so that few digits are lost
_LEAST = 1e-200  # a likelihood below it might become subnormal


@dataclass(frozen=True, slots=True)
class Score:
    """A proper score of binary forecasts.

    Parameters
    ----------
    name : str
        Its key.
    happened, failed : callables
        What a probability costs where it happened, and where it did not, elementwise.
    """

    name: str
    happened: Callable[[FloatArray], FloatArray]
    failed: Callable[[FloatArray], FloatArray]

    def mean(self, probability: FloatArray, positive: FloatArray, weight: FloatArray) -> float:
        """Return the mean score of cells, (m,) each; nan without rows.

        Where nothing happened an infinite cost of its happening counts 0, and the other way round,
        so that a certain and right forecast costs 0.
        """
        total = float(weight.sum())
        if total == 0.0:
            return float("nan")
        cost = 0.0
        with np.errstate(divide="ignore"):  # certain and wrong: infinite, and shown as such
            for rows in chunks(len(weight)):
                p, yes = probability[rows], positive[rows]
                cost += _weighted(yes, self.happened(p))
                cost += _weighted(weight[rows] - yes, self.failed(p))
        return cost / total + 0.0


@dataclass(frozen=True, slots=True)
class Decomposition:
    """A mean score as miscalibration - discrimination + uncertainty.

    Parameters
    ----------
    score : float
        The mean score (log loss in nats).
    miscalibration : float
        MCB, what isotonic recalibration would save; at least 0.
    discrimination : float
        DSC, what the recalibrated forecast saves over always saying the base rate; at least 0.
    uncertainty : float
        UNC, the score of always saying the base rate.
    """

    score: float
    miscalibration: float
    discrimination: float
    uncertainty: float


def _weighted(weight: FloatArray, cost: FloatArray) -> float:
    """Return the sum of weight times cost, 0 times infinity being 0."""
    if np.isinf(cost).any():
        cost = np.where(weight > 0.0, cost, 0.0)
    return float(weight @ cost)


SCORES: Registry[Score] = Registry(
    "score",
    [
        Score("brier", lambda p: (1.0 - p) ** 2, lambda p: p**2),
        Score("log_loss", lambda p: -np.log(p), lambda p: -np.log1p(-p)),
    ],
)


def brier_score(
    labels: ArrayLike, probabilities: ArrayLike, weights: ArrayLike | None = None
) -> float:
    """Return the mean squared error of the probabilities (Brier 1950).

    Two classes, given as (n,) or (n, 2): mean (p - y)^2, between 0 and 1. K > 2 classes: the mean
    of the sum over classes, sum_k (p_k - [y = k])^2, between 0 and 2. (Some packages use the sum
    for two classes too, which doubles it.) Without rows it is nan.

    Raises
    ------
    InputError
        If labels, probabilities or weights are impossible.

    Examples
    --------
    >>> brier_score([0, 1], [0.5, 1.0])
    0.125
    """
    y, p, w = checked(labels, probabilities, weights)
    if not len(y) or (w is not None and not w.sum()):
        return float("nan")
    if p.ndim == 1:
        quick = mean_scores(y == 1, p) if w is None else None
        return quick[0] if quick else _mean(len(y), w, lambda rows: (p[rows] - y[rows]) ** 2)
    # (p_y - 1)^2 + sum of the other squares: every term is a square, so nothing cancels.
    squares = p**2
    rows = np.arange(len(y))
    squares[rows, y] = (1.0 - p[rows, y]) ** 2
    return float(np.average(squares.sum(axis=1), weights=w))


def log_loss(
    labels: ArrayLike, probabilities: ArrayLike, weights: ArrayLike | None = None
) -> float:
    """Return the mean of -ln p of what happened, in nats; infinite once a certainty is wrong.

    Nothing is clipped. Of two columns the smaller probability counts, which has more digits: 1e-20
    beside 1 is no impossibility. Where logits are at hand, the losses computed from them are more
    exact for confident forecasts. Without rows it is nan.

    Raises
    ------
    InputError
        If labels, probabilities or weights are impossible.

    Examples
    --------
    >>> round(log_loss([0, 1], [0.5, 1.0]), 6)
    0.346574
    >>> log_loss([0, 1], [0.5, 0.0])
    inf
    """
    y, p, w = checked(labels, probabilities, weights)
    columns = np.asarray(probabilities, dtype=np.float64)
    if w is not None:
        y, p, columns, w = y[w > 0.0], p[w > 0.0], columns[w > 0.0], w[w > 0.0]
    if not len(y):
        return float("nan")
    if p.ndim == 2:
        p, y = p[np.arange(len(y)), y], np.ones_like(y)
    elif columns.ndim == 2:
        p, y = _rarer(columns, y)
    quick = mean_scores(y == 1, p) if w is None else None
    if quick:
        return quick[1]

    def cost(rows: slice) -> FloatArray:
        return np.where(y[rows] == 1, -np.log(p[rows]), -np.log1p(-p[rows]))

    with np.errstate(divide="ignore"):
        return _mean(len(y), w, cost) + 0.0


def _rarer(columns: FloatArray, y: IntArray) -> tuple[FloatArray, IntArray]:
    """Return the smaller of two probabilities a row, and whether that class occurred (0 or 1)."""
    second = columns[:, 1] < columns[:, 0]
    return np.where(second, columns[:, 1], columns[:, 0]), (y == second).astype(np.int64)


def mean_scores(
    outcomes: NDArray[np.bool_], probabilities: FloatArray
) -> tuple[float, float] | None:
    """Return Brier score and log loss in one pass; None without rows, or while none is compiled."""
    if score_rows.compiled is None or not len(outcomes):
        return None
    sums = np.zeros(2)
    score_rows(np.ascontiguousarray(outcomes), np.ascontiguousarray(probabilities), sums)
    brier, loss = (sums / len(outcomes)).tolist()
    return brier, loss


def _surprise(likelihood: float, missed: float) -> float:
    """Return -ln of a likelihood that is above 0 and 1 - missed; exact also where it is near 1."""
    if likelihood < 0.5:
        return -math.log(likelihood)
    return -math.log1p(-missed)


@lazy_njit(
    lambda nb: nb.void(
        read_only_type(nb, nb.boolean), read_only_type(nb, nb.float64), nb.float64[::1]
    ),
    _surprise,
)
def score_rows(outcomes: NDArray[np.bool_], points: FloatArray, out: FloatArray) -> None:
    """Add sum (y - p)^2 to ``out[0]``, and sum -ln q to ``out[1]``, q being what y was given.

    The logarithm, which takes longest, is taken of products of q: a run's likelihood, and beside it
    1 - likelihood as sum_i (1 - q_i) prod_{j < i} q_j, whose terms are all positive, so that
    nothing cancels.
    """
    for start in range(0, len(points), _RUN):
        squares, likelihood, missed = 0.0, 1.0, 0.0
        for i in range(start, min(start + _RUN, len(points))):
            p = points[i]
            q, rest = (p, 1.0 - p) if outcomes[i] else (1.0 - p, p)
            squares += rest * rest
            product = likelihood * q
            if product < _LEAST:
                out[1] += _surprise(likelihood, missed)
                out[1] += -math.log(q) if q > 0.0 else math.inf
                likelihood, missed = 1.0, 0.0
            else:
                missed += rest * likelihood
                likelihood = product
        out[0] += squares
        out[1] += _surprise(likelihood, missed)


def _mean(n: int, w: FloatArray | None, cost: Callable[[slice], FloatArray]) -> float:
    """Return the weighted mean of a cost of n rows."""
    if w is None:
        return float(sum(cost(rows).sum() for rows in chunks(n))) / n
    return float(sum(w[rows] @ cost(rows) for rows in chunks(n))) / float(w.sum())


def score_decomposition(
    labels: ArrayLike,
    probabilities: ArrayLike,
    score: str = "brier",
    *,
    weights: ArrayLike | None = None,
    view: ForecastKind = None,
) -> Decomposition:
    """Split a mean score by isotonic recalibration: score = MCB - DSC + UNC.

    Parameters
    ----------
    labels : (n,) int array
        Classes 0..K-1.
    probabilities : (n,) or (n, K) array
        The probability of class 1, or of every class.
    score : {"brier", "log_loss"}
        Which score. With log loss a certain and wrong forecast makes score and MCB infinite.
    weights : (n,) array, optional
        How much each row counts.
    view : optional
        See `forecasts`. None means class 1 for two classes, confidence for more. "class-wise" and
        "top-label" average the parts; K times the class-wise Brier score is `brier_score`.

    Raises
    ------
    UserError
        If there is no such score or view.
    InputError
        If labels, probabilities or weights are impossible.

    References
    ----------
    Dimitriadis, Gneiting & Jordan (2021), "Stable reliability diagrams for probabilistic
    classifiers", PNAS 118(8), equation 5.

    Examples
    --------
    >>> parts = score_decomposition([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4])
    >>> parts.uncertainty, parts.discrimination
    (0.25, 0.125)
    """
    rule = SCORES[score]
    views = forecasts(labels, probabilities, weights, view)
    parts = [(f.share, decompose(pool_ties(f), rule)) for f in views]
    return Decomposition(
        sum(share * part.score for share, part in parts),
        sum(share * part.miscalibration for share, part in parts),
        sum(share * part.discrimination for share, part in parts),
        sum(share * part.uncertainty for share, part in parts),
    )


def decompose(cells: PooledForecast, score: Score) -> Decomposition:
    """Return the CORP decomposition of a pooled forecast."""
    blocks = isotonic_blocks(cells)
    positive, weight = blocks.positive, blocks.weight
    given = score.mean(cells.values, cells.positive, cells.weight)
    recalibrated = score.mean(blocks.frequency, positive, weight)
    base = _of_base_rate(cells, score)
    # Both differences are at least 0; rounding must not say otherwise.
    miscalibration = float(np.maximum(given - recalibrated, 0.0))
    return Decomposition(given, miscalibration, float(np.maximum(base - recalibrated, 0.0)), base)


def decompose_without_scipy(cells: PooledForecast, score: Score) -> Decomposition:
    """Return what is known without an isotonic fit; miscalibration and discrimination are nan."""
    given = score.mean(cells.values, cells.positive, cells.weight)
    nan = float("nan")
    return Decomposition(given, nan, nan, _of_base_rate(cells, score))


def _of_base_rate(cells: PooledForecast, score: Score) -> float:
    """Return the score of always saying how often it happened."""
    happened, total = cells.positive.sum(), cells.weight.sum()
    return score.mean(np.array([cells.frequency]), np.array([happened]), np.array([total]))


@dataclass(frozen=True, slots=True)
class MurphyDecomposition:
    """The Brier score in bins, with what the bins hide (Stephenson, Coelho & Jolliffe 2008).

    ``score = reliability - resolution + uncertainty + within_variance - within_covariance``, exact.

    Parameters
    ----------
    score : float
        The Brier score of the forecasts themselves.
    reliability, resolution, uncertainty : float
        Murphy's (1973) three terms, of forecasts replaced by the mean of their bin.
    within_variance : float
        Mean squared distance of the forecasts from the mean of their bin.
    within_covariance : float
        Twice the mean product of that distance with the outcome's.
    """

    score: float
    reliability: float
    resolution: float
    uncertainty: float
    within_variance: float
    within_covariance: float


def murphy_decomposition(
    labels: ArrayLike,
    probabilities: ArrayLike,
    bins: int = 15,
    binning: str = "width",
    *,
    weights: ArrayLike | None = None,
    view: ForecastKind = None,
) -> MurphyDecomposition:
    """Split the Brier score by bins: reliability, resolution, uncertainty and within-bin terms.

    Parameters are those of `expected_calibration_error`, but a view must have a single forecast.

    Raises
    ------
    UserError
        If there is no such binning or view, or no bin.
    InputError
        If labels, probabilities or weights are impossible.

    References
    ----------
    Stephenson, Coelho & Jolliffe (2008), "Two extra components in the Brier score decomposition",
    Weather and Forecasting 23, equation 9.
    """
    cells = pool_forecast(labels, probabilities, weights, view)
    if binning not in ("width", "mass"):
        raise UserError(f"{binning!r} has no bins.", "", "Choose 'width' or 'mass'.")
    edges = width_edges(bins) if binning == "width" else mass_edges(cells, bins)
    if not len(cells.values):
        return MurphyDecomposition(*(float("nan"),) * 6)
    parts = fill(cells, edges)
    full = parts.counts > 0.0
    share = parts.counts[full] / cells.total
    mean, seen, base = parts.probability[full], parts.frequency[full], cells.frequency
    at = np.searchsorted(edges[1:-1], cells.values, side="left")
    away = cells.values - parts.probability[at]
    happened = cells.positive - cells.weight * parts.frequency[at]
    return MurphyDecomposition(
        SCORES["brier"].mean(cells.values, cells.positive, cells.weight),
        float(share @ (mean - seen) ** 2),
        float(share @ (seen - base) ** 2),
        base * (1.0 - base),
        float(cells.weight @ away**2) / cells.total,
        2.0 * float(happened @ away) / cells.total,
    )
