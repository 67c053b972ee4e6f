"""Consistency and confidence bands of a reliability curve, by simulation.

Outcomes are drawn again and again, the isotonic curve is refitted to each draw, and the band holds
the middle part of the fits, point by point (Dimitriadis, Gneiting & Jordan 2021, section 3). Rows
enter as cells of equal probability: one a distinct probability up to 512 of them, beyond that
neighbours are pooled. Such a cell is far narrower than the blocks of the isotonic fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from core.base.arrays import FloatArray, IntArray, frozen
from core.base.errors import UserError
from core.calibration.isotonic import isotonic_blocks
from core.calibration.pooled import PooledForecast, coarsened, pool_forecast
from core.predictions.forecasts import ForecastKind

Kind = Literal["consistency", "confidence"]
MAX_CELLS = 512
MAX_POINTS = 128


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
    """

    probability: FloatArray
    lower: FloatArray
    upper: FloatArray
    level: float
    kind: str


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
    return Band(frozen(few.values[columns]), frozen(lower), frozen(upper), level, kind)


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
