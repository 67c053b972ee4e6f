"""What a perfectly calibrated model would show with as many rows: the null distribution.

Outcomes are drawn from the probabilities themselves and the statistic is computed again: an error
of 0.03 means nothing where 0.028 is expected of a calibrated model. `STATISTICS` holds each number
for one set of outcomes and, where that is faster, for many at once; `expected_null_error` gives the
mean calibration error in bins without drawing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.base.arrays import FloatArray, IntArray
from core.base.compiled import lazy_njit, read_only_type
from core.base.errors import UserError
from core.base.registry import Registry
from core.calibration.bands import MAX_CELLS, draw_outcomes
from core.calibration.calibration_error import (
    Norm,
    binned_error,
    bins_of,
    debiased_error,
    distances,
    integrated_error,
    monotonic_sweep,
)
from core.calibration.pooled import (
    PooledForecast,
    coarsened,
    pool_forecast,
    squared_weight,
)
from core.calibration.reliability import ReliabilityCurve
from core.calibration.scores import SCORES, decompose
from core.calibration.significance import excess
from core.calibration.smoothing import smooth_error_of, smooth_errors
from core.predictions.forecasts import ForecastKind


@dataclass(frozen=True, slots=True)
class NullDistribution:
    """A number beside what chance alone would show.

    Parameters
    ----------
    statistic : str
        Which number; a name in `STATISTICS`.
    value : float
        The number itself.
    mean : float
        What a calibrated model would show on average.
    median : float
        What it would show half the time.
    low, high : float
        Between which it would stay with probability ``level``.
    level : float
        In (0, 1).
    p_value : float
        How often it would show as much or more, (1 + hits) / (1 + draws).
    """

    statistic: str
    value: float
    mean: float
    median: float
    low: float
    high: float
    level: float
    p_value: float


def simulate_null(
    labels: ArrayLike,
    probabilities: ArrayLike,
    statistic: str = "ece",
    *,
    bins: int = 15,
    level: float = 0.9,
    draws: int = 500,
    seed: int = 0,
    weights: ArrayLike | None = None,
    view: ForecastKind = None,
) -> NullDistribution:
    """Return a number, and its distribution if the probabilities were right.

    Parameters
    ----------
    labels : (n,) int array
        Classes 0..K-1.
    probabilities : (n,) or (n, K) array
        The probability of class 1, or of every class.
    statistic : str
        A name in `STATISTICS`: "ece", "brier", "mcb", "smece", ...
    bins : int
        How many bins, where the number has any.
    level : float
        Of the interval.
    draws : int
        How many sets of outcomes.
    seed : int
        Of the draws; the same seed gives the same answer.
    weights : (n,) array, optional
        How much each row counts.
    view : int or "confidence", optional
        See `forecasts`; of a confidence, the outcome drawn is whether the prediction is right.

    Raises
    ------
    UserError
        If there is no such statistic or view, or level or draws are impossible.
    InputError
        If labels, probabilities or weights are impossible.

    Examples
    --------
    >>> found = simulate_null([0, 0, 0, 0, 0, 0, 0, 0], [0.5] * 8)
    >>> found.value, found.median, found.p_value < 0.05
    (0.5, 0.125, True)
    """
    cells = pool_forecast(labels, probabilities, weights, view)
    return chance_of(cells, statistic, bins=bins, level=level, draws=draws, seed=seed)


def chance_of(
    cells: PooledForecast,
    statistic: str = "ece",
    *,
    bins: int = 15,
    level: float = 0.9,
    draws: int = 500,
    seed: int = 0,
) -> NullDistribution:
    """Return a number of a pooled forecast beside what chance would show; see `simulate_null`."""
    record = STATISTICS[statistic]
    if not 0.0 < level < 1.0 or draws < 1:
        raise UserError(
            "Chance was not simulated.",
            f"Level {level:g} and {draws} draws were asked for.",
            "Choose a level between 0 and 1, and at least 1 draw.",
        )
    value = record.of(cells, bins) if len(cells.values) else float("nan")
    if np.isnan(value):
        return NullDistribution(statistic, *(float("nan"),) * 5, level, float("nan"))
    shown = null_distribution(cells, record, bins, draws, seed)
    low, median, high = np.quantile(shown, [(1.0 - level) / 2.0, 0.5, (1.0 + level) / 2.0])
    # What equals the value up to rounding counts as much.
    hits = int((shown >= value - 1e-12 * abs(value)).sum()) if np.isfinite(value) else 0
    p_value = (1 + hits) / (1 + draws)
    return NullDistribution(
        statistic,
        value,
        float(shown.mean()),
        float(median),
        float(low),
        float(high),
        level,
        p_value,
    )


def null_distribution(
    cells: PooledForecast, record: Statistic, bins: int, draws: int, seed: int
) -> FloatArray:
    """Return the number in each of (draws,) sets of outcomes drawn from the probabilities.

    Beyond 512 distinct probabilities neighbours are pooled; a mean score is then shifted by what
    pooling takes from its expectation, which is known exactly.
    """
    few = coarsened(cells, MAX_CELLS)
    outcomes = draw_outcomes(few, few.values, draws, seed)
    shown = record.of_many(few, outcomes, bins)
    if record.score is not None and few is not cells:
        shown = shown + expected_score(cells, record.score) - expected_score(few, record.score)
    return shown


def expected_score(cells: PooledForecast, score: str) -> float:
    """Return the mean score that calibrated forecasts expect of themselves."""
    return SCORES[score].mean(cells.values, cells.values * cells.weight, cells.weight)


One = Callable[[PooledForecast, int], float]
Many = Callable[[PooledForecast, FloatArray, int], FloatArray]


@dataclass(frozen=True, slots=True)
class Statistic:
    """A number that measures calibration; larger is worse.

    Parameters
    ----------
    name, label : str
        Its key, and what the user reads.
    help : str
        One sentence on what it says.
    of : callable
        ``of(cells, bins)`` gives the number.
    many : callable or None
        ``many(cells, outcomes, bins)`` gives it for each row of (r, m) positive weights at once;
        None means one by one.
    score : str or None
        Which of `SCORES` it is the mean of, if it is one.
    """

    name: str
    label: str
    help: str
    of: One
    many: Many | None = None
    score: str | None = None

    def of_many(self, cells: PooledForecast, outcomes: FloatArray, bins: int) -> FloatArray:
        """Return the number for each row of (r, m) positive weights, (r,)."""
        if self.many is not None:
            return self.many(cells, outcomes, bins)
        return np.array([self.of(cells.with_positive(row), bins) for row in outcomes])


def _binned(binning: str, norm: Norm) -> tuple[One, Many]:
    """Return a binned error for one set of outcomes and for many."""

    def one(cells: PooledForecast, bins: int) -> float:
        return binned_error(cells, bins, binning, norm)

    def many(cells: PooledForecast, outcomes: FloatArray, bins: int) -> FloatArray:
        parts = bins_of(cells, bins, binning)
        full = parts.counts > 0.0
        at = np.searchsorted(parts.edges[1:-1], cells.values, side="left")
        starts = np.searchsorted(at, np.flatnonzero(full), side="left")
        counts = parts.counts[full]
        happened = np.add.reduceat(outcomes, starts, axis=1)
        gaps = np.abs(happened / counts - parts.probability[full])
        if norm == "max":
            return np.asarray(gaps.max(axis=1))
        share = counts / counts.sum()
        return np.asarray(gaps @ share if norm == "l1" else np.sqrt(gaps**2 @ share))

    return one, many


def _mean_score(name: str) -> tuple[One, Many]:
    """Return a mean score for one set of outcomes and for many: it is linear in them."""
    score = SCORES[name]

    def one(cells: PooledForecast, bins: int) -> float:
        return score.mean(cells.values, cells.positive, cells.weight)

    def many(cells: PooledForecast, outcomes: FloatArray, bins: int) -> FloatArray:
        # A certain forecast comes true in every draw, so that its cost must be 0, not 0 times inf.
        with np.errstate(divide="ignore"):
            yes = np.where(cells.values > 0.0, score.happened(cells.values), 0.0)
            no = np.where(cells.values < 1.0, score.failed(cells.values), 0.0)
        return (outcomes @ yes + (cells.weight - outcomes) @ no) / cells.total

    return one, many


def _path_statistic(kuiper: bool) -> tuple[One, Many]:
    """Return Kolmogorov-Smirnov's or Kuiper's number for one set of outcomes and for many."""

    def one(cells: PooledForecast, bins: int) -> float:
        return float(_measure(excess(cells)[None, :], kuiper)[0])

    def many(cells: PooledForecast, outcomes: FloatArray, bins: int) -> FloatArray:
        paths = np.cumsum(outcomes - cells.weight * cells.values, axis=1) / cells.total
        return _measure(np.pad(paths, ((0, 0), (1, 0))), kuiper)

    return one, many


def _measure(paths: FloatArray, kuiper: bool) -> FloatArray:
    """Return the range of each path, or its largest distance from 0."""
    if kuiper:
        return np.asarray(paths.max(axis=1) - paths.min(axis=1))
    return np.asarray(np.abs(paths).max(axis=1))


STATISTICS: Registry[Statistic] = Registry(
    "calibration statistic",
    [
        Statistic("ece", "ECE", "Mean gap over bins of equal width.", *_binned("width", "l1")),
        Statistic("ece_l2", "ECE, L2", "Root mean square gap.", *_binned("width", "l2")),
        Statistic("mce", "MCE", "Largest gap of any bin.", *_binned("width", "max")),
        Statistic(
            "ece_mass", "ECE, equal mass", "Mean gap over equal masses.", *_binned("mass", "l1")
        ),
        Statistic(
            "ece_debiased",
            "debiased L2",
            "Root mean square gap, less what chance adds on average.",
            debiased_error,
        ),
        Statistic(
            "ece_sweep",
            "ECE, sweep",
            "Mean gap over as many bins as stay monotone.",
            lambda cells, bins: monotonic_sweep(cells)[0],
        ),
        Statistic(
            "smece",
            "smECE",
            "Mean gap after smoothing as widely as the gap is large.",
            lambda cells, bins: smooth_error_of(cells).value,
            lambda cells, outcomes, bins: smooth_errors(cells, outcomes),
        ),
        Statistic("brier", "Brier", "Mean squared error.", *_mean_score("brier"), score="brier"),
        Statistic(
            "log_loss",
            "log loss",
            "Mean surprise, in nats.",
            *_mean_score("log_loss"),
            score="log_loss",
        ),
        Statistic(
            "mcb",
            "MCB (Brier)",
            "What isotonic recalibration would save of the Brier score.",
            lambda cells, bins: decompose(cells, SCORES["brier"]).miscalibration,
        ),
        Statistic(
            "mcb_log_loss",
            "MCB (log loss)",
            "What isotonic recalibration would save of the log loss.",
            lambda cells, bins: decompose(cells, SCORES["log_loss"]).miscalibration,
        ),
        Statistic(
            "ici",
            "ICI",
            "Mean gap to a local regression.",
            lambda cells, bins: integrated_error(cells).ici,
            lambda cells, outcomes, bins: distances(cells, outcomes)[0],
        ),
        Statistic(
            "e50",
            "E50",
            "Median gap to a local regression.",
            lambda cells, bins: integrated_error(cells).e50,
            lambda cells, outcomes, bins: distances(cells, outcomes)[1],
        ),
        Statistic(
            "e90",
            "E90",
            "The gap to a local regression that nine rows in ten stay below.",
            lambda cells, bins: integrated_error(cells).e90,
            lambda cells, outcomes, bins: distances(cells, outcomes)[2],
        ),
        Statistic("ks", "KS", "Largest cumulative excess.", *_path_statistic(kuiper=False)),
        Statistic("kuiper", "Kuiper", "Range of the cumulative excess.", *_path_statistic(True)),
    ],
)


MOST_EXACT = 256  # rows of a bin; beyond that the normal distribution is as good


def expected_null_error(
    cells: PooledForecast,
    bars: ReliabilityCurve,
    cumulated: tuple[FloatArray, FloatArray] | None = None,
) -> float:
    """Return the mean calibration error (l1) in these bins if every probability were right.

    A bin's gap is then |S - E S| / n, where S counts the bin's rows in which it happened: a sum of
    independent rows (Poisson binomial), convolved row by row; of many rows nearly normal, with
    E |S - E S| = sqrt(2 / pi) times the standard deviation. Rows of unequal weight are taken as
    nearly normal also where a bin has few of them.

    Parameters
    ----------
    cells : PooledForecast
        Rows pooled by probability.
    bars : ReliabilityCurve
        In bins (low, high].
    cumulated : pair of arrays, optional
        `cumulative_variance` of the cells, where it is kept for many numbers of bins.

    Examples
    --------
    >>> from core.calibration.pooled import pool_forecast
    >>> from core.calibration.reliability import width_curve
    >>> cells = pool_forecast([0, 1], [0.5, 0.5])
    >>> expected_null_error(cells, width_curve(cells, 10))
    0.25
    """
    if not len(cells.values):
        return float("nan")
    rows, variance = cumulative_variance(cells) if cumulated is None else cumulated
    ends = np.searchsorted(cells.values, bars.high, side="right")
    ends[-1] = len(cells.values)
    counts = np.rint(np.diff(rows[ends], prepend=0.0)).astype(np.int64)
    spread = np.maximum(np.diff(variance[ends], prepend=0.0), 0.0)
    deviation = np.sqrt(2.0 / math.pi * spread)
    few = (counts > 0) & (counts <= MOST_EXACT)
    each = cells.weight / cells.trials  # of one row
    if few.any() and np.ptp(each) <= 1e-9 * each[0]:
        starts = np.concatenate([[0], ends[:-1]])
        deviation[few] = each[0] * _exact_deviations(cells, starts[few], ends[few])
    return float(deviation.sum() / cells.total)


def cumulative_variance(cells: PooledForecast) -> tuple[FloatArray, FloatArray]:
    """Return the rows up to each cell, and the variance of the weight in which it happens.

    Both are (m + 1,), and all that any bins need.
    """
    variance = squared_weight(cells) * cells.values * (1.0 - cells.values)
    rows, spread = (np.concatenate([[0.0], np.cumsum(it)]) for it in (cells.trials, variance))
    return rows, spread


def _exact_deviations(cells: PooledForecast, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return E |S - E S| of bins of cells, by convolution row by row."""
    rows = np.rint(cells.trials).astype(np.int64)
    p = [np.repeat(cells.values[a:b], rows[a:b]) for a, b in zip(starts, ends, strict=True)]
    counts = np.array([len(bin_rows) for bin_rows in p], dtype=np.int64)
    if mean_deviations.compiled is None:
        return _deviations_by_numpy(p, counts)
    deviations = np.empty(len(p))
    mean_deviations(np.concatenate(p), counts, np.empty(counts.max() + 1), deviations)
    return deviations


@lazy_njit(
    lambda nb: nb.void(
        read_only_type(nb, nb.float64),
        read_only_type(nb, nb.int64),
        nb.float64[::1],
        nb.float64[::1],
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
