"""Consistency and confidence bands: each kind of reliability curve has its own.

- CORP and smooth curves: outcomes are drawn again and again, the curve is fitted to each draw, and
  the band holds the middle part of the fits, point by point (Dimitriadis, Gneiting & Jordan 2021,
  section 3). Rows enter as cells of equal probability: one a distinct probability up to 512 of
  them, beyond that neighbours are pooled. Such a cell is far narrower than the blocks of the
  isotonic fit, or than the kernel.
- Bins: how often it happens in a bin is a sum of independent rows (Poisson binomial). The band
  holds the quantiles of the binomial distribution with the same mean and variance, which is that
  very distribution where a bin's probabilities are equal; nothing is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from core.base.arrays import FloatArray, IntArray, read_only
from core.base.errors import UserError
from core.calibration.intervals import frequency_interval
from core.calibration.isotonic import isotonic_blocks
from core.calibration.pooled import PooledForecast, coarsened, pool_forecast, squared_weight
from core.calibration.reliability import ReliabilityCurve, drawn_points
from core.predictions.forecasts import ForecastKind

Kind = Literal["consistency", "confidence"]
MAX_CELLS = 512
MAX_POINTS = 128
SMOOTH_POINTS = 48  # a smooth band needs fewer


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """A pointwise band on a reliability diagram.

    Parameters
    ----------
    probability : (k,) float64 array
        Where it is known, ascending; draw straight lines between.
    lower, upper : (k,) float64 arrays
        The band, within [0, 1].
    level : float
        The share of curves it holds at each point.
    kind : {"consistency", "confidence"}
        Around the diagonal (what a perfectly calibrated model would show at this n) or around the
        curve (where else the curve could have been).
    binning : str
        The kind of curve that it is for; a name in `core.calibration.reliability.BINNINGS`.
    """

    probability: FloatArray
    lower: FloatArray
    upper: FloatArray
    level: float
    kind: str
    binning: str = "corp"


def consistency_band(
    labels: ArrayLike,
    probabilities: ArrayLike,
    *,
    level: float = 0.9,
    kind: Kind = "consistency",
    draws: int = 300,
    seed: int = 0,
    weights: ArrayLike | None = None,
    view: ForecastKind = None,
) -> Band:
    """Return the band in which a perfectly calibrated model's CORP curve would lie at this n.

    Parameters
    ----------
    labels : (n,) int array
        Classes 0..K-1. The consistency band does not depend on them (but a confidence view does).
    probabilities : (n,) or (n, K) array
        The probability of class 1, or of every class; held fixed while outcomes are drawn.
    level : float
        The share of curves within, at each point; between 0 and 1.
    kind : {"consistency", "confidence"}
        Draw outcomes from the probabilities themselves, or from the fitted CORP curve.
    draws : int
        How many sets of outcomes.
    seed : int
        Of the draws; the same seed gives the same band.
    weights : (n,) array, optional
        How much each row counts.
    view : int or "confidence", optional
        See `one_forecast`.

    Raises
    ------
    UserError
        If the level, the kind or the number of draws is impossible.
    InputError
        If labels, probabilities or weights are impossible.

    Examples
    --------
    >>> band = consistency_band([0, 1, 1], [0.0, 0.5, 1.0])
    >>> band.lower, band.upper
    (array([0., 0., 1.]), array([0., 1., 1.]))
    """
    cells = pool_forecast(labels, probabilities, weights, view)
    return band_of(cells, level=level, kind=kind, draws=draws, seed=seed)


def band_of(
    cells: PooledForecast,
    *,
    level: float = 0.9,
    kind: Kind = "consistency",
    draws: int = 300,
    seed: int = 0,
) -> Band:
    """Return the consistency or confidence band of a pooled forecast; see `consistency_band`."""
    if not 0.0 < level < 1.0 or draws < 1 or kind not in ("consistency", "confidence"):
        raise UserError(
            "The band was not drawn.",
            f"Level {level}, {draws} draws and kind {kind!r} were asked for.",
            "Choose a level between 0 and 1, at least 1 draw, and consistency or confidence.",
        )
    few = coarsened(cells, MAX_CELLS)
    m = len(few.values)
    if not m:
        return Band(few.values, few.values, few.values, level, kind)
    chance = few.values if kind == "consistency" else isotonic_blocks(few).spread(m)
    points = min(m, MAX_POINTS)
    columns = np.arange(points) * (m - 1) // max(points - 1, 1)
    fits = refit(few, draw_outcomes(few, chance, draws, seed), columns)
    lower, upper = np.quantile(fits, [(1.0 - level) / 2.0, (1.0 + level) / 2.0], axis=0)
    return Band(read_only(few.values[columns]), read_only(lower), read_only(upper), level, kind)


def draw_outcomes(cells: PooledForecast, chance: FloatArray, draws: int, seed: int) -> FloatArray:
    """Draw the positive weight of every cell, (draws, m), where each row happens with ``chance``.

    A cell of t effective rows has binomial outcomes of t trials, times its weight over t.
    """
    trials = np.maximum(np.rint(cells.trials), 1.0).astype(np.int64)
    happened = np.random.default_rng(seed).binomial(trials, chance, (draws, len(chance)))
    return happened * (cells.weight / trials)


def refit(cells: PooledForecast, positive: FloatArray, columns: IntArray) -> FloatArray:
    """Fit each row of (r, m) outcomes isotonically; return the fits at some cells, (r, k)."""
    from scipy.optimize import isotonic_regression

    fits = np.empty((len(positive), len(columns)))
    for fit, frequency in zip(fits, positive / cells.weight, strict=True):
        fit[:] = isotonic_regression(frequency, weights=cells.weight).x[columns]
    return fits


def curve_band(
    cells: PooledForecast,
    curve: ReliabilityCurve,
    *,
    level: float = 0.9,
    kind: Kind = "consistency",
    draws: int = 300,
    seed: int = 0,
) -> Band:
    """Return the band of a curve of these cells, whatever its kind.

    Parameters
    ----------
    cells : PooledForecast
    curve : ReliabilityCurve
        Made from the cells.
    level, kind, draws, seed
        As `consistency_band` takes them; bins need no draws.

    Examples
    --------
    >>> from core.calibration.reliability import width_curve
    >>> cells = pool_forecast([0, 1] * 10, [0.5] * 20)
    >>> band = curve_band(cells, width_curve(cells, 5))
    >>> band.probability, band.lower, band.upper
    (array([0.5]), array([0.3]), array([0.7]))
    """
    if curve.binning == "corp" or not len(cells.values):
        return band_of(cells, level=level, kind=kind, draws=draws, seed=seed)
    if curve.binning == "smooth":
        return _smooth_band(cells, curve, level, kind, draws, seed)
    return _binned_band(cells, curve, level, kind)


def _binned_band(cells: PooledForecast, curve: ReliabilityCurve, level: float, kind: Kind) -> Band:
    full = curve.counts > 0.0
    p, trials = curve.probability[full], curve.trials[full]
    if kind == "confidence":
        lower, upper = frequency_interval(curve.frequency[full] * trials, trials, level)
    else:
        ends = np.searchsorted(cells.values, curve.high[full], side="right")
        starts = np.append(0, ends[:-1])
        spread = squared_weight(cells) * cells.values * (1.0 - cells.values)
        variance = np.add.reduceat(spread, starts) / curve.counts[full] ** 2
        tails = (1.0 - level) / 2.0, (1.0 + level) / 2.0
        lower, upper = (share_quantile(p, variance, trials, tail) for tail in tails)
    return Band(read_only(p), read_only(lower), read_only(upper), level, kind, curve.binning)


def share_quantile(
    mean: FloatArray, variance: FloatArray, trials: FloatArray, tail: float
) -> FloatArray:
    """Return the least share of independent trials that is reached with probability ``tail``.

    The number of trials in which it happened is taken as binomial with this mean and variance,
    whose number of trials need then not be whole.

    Parameters
    ----------
    mean, variance : (b,) arrays
        Of the share.
    trials : (b,) array
        The share is a whole number divided by this.
    tail : float
        Between 0 and 1.

    Returns
    -------
    (b,) float64 array

    Examples
    --------
    >>> p, n = np.array([0.5]), np.array([4.0])
    >>> share_quantile(p, p * (1.0 - p) / n, n, 0.05), share_quantile(p, p * (1.0 - p) / n, n, 0.07)
    (array([0.]), array([0.25]))
    """
    from scipy.special import betainc

    found = np.array(mean, dtype=np.float64)
    some = variance > 0.0  # else it is certain
    m, v, t = mean[some], variance[some], trials[some]
    q = np.clip(1.0 - t * v / m, 1e-12, 1.0 - 1e-12)
    n = t * m / q
    low, high = np.full(len(m), -1.0), np.ceil(n)
    while (high - low > 1.0).any():
        middle = np.floor(0.5 * (low + high))
        left = np.maximum(n - middle, 0.0)
        below = np.where(left > 0.0, betainc(np.maximum(left, 1e-300), middle + 1.0, 1.0 - q), 1.0)
        # Where a probability equals the tail, it counts as reached whatever the rounding.
        reached = below >= tail * (1.0 - 1e-12)
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    found[some] = np.minimum(high / t, 1.0)
    return found


def _smooth_band(
    cells: PooledForecast,
    curve: ReliabilityCurve,
    level: float,
    kind: Kind,
    draws: int,
    seed: int,
) -> Band:
    few = coarsened(cells, MAX_CELLS)
    shown = drawn_points(curve)
    points = min(len(shown), SMOOTH_POINTS)
    at = shown[np.arange(points) * (len(shown) - 1) // max(points - 1, 1)]
    chance = few.values
    if kind == "confidence":
        chance = np.interp(few.values, curve.probability[shown], curve.frequency[shown])
    kernel = reflected_kernel(curve.probability[at], few.values, curve.sigma)
    fits = draw_outcomes(few, chance, draws, seed) @ kernel.T / (kernel @ few.weight)
    tails = [(1.0 - level) / 2.0, (1.0 + level) / 2.0]
    lower, upper = np.clip(np.quantile(fits, tails, axis=0), 0.0, 1.0)
    return Band(
        read_only(curve.probability[at]), read_only(lower), read_only(upper), level, kind, "smooth"
    )


def reflected_kernel(at: FloatArray, points: FloatArray, sigma: float) -> FloatArray:
    """Return the Gaussian kernel reflected at 0 and 1, unscaled, (k, m); see `smoothing`."""
    total = np.zeros((len(at), len(points)))
    reach = 7.0 * sigma
    turns = int(np.ceil(0.5 * (1.0 + reach)))
    for turn in range(-turns, turns + 1):
        for points_there in (points + 2.0 * turn, 2.0 * turn - points):
            nearest = max(points_there.min() - 1.0, -points_there.max(), 0.0)
            if nearest <= reach:
                away = (at[:, None] - points_there) / sigma
                total += np.exp(-0.5 * np.square(away))
    return total
