"""Tests of calibration that need no bins: Spiegelhalter's z, Kolmogorov-Smirnov and Kuiper."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.base.arrays import FloatArray
from core.calibration.pooled import PooledForecast, pool_forecast, squared_weight
from core.predictions.forecasts import ForecastKind


@dataclass(frozen=True, slots=True)
class CalibrationTest:
    """A statistic and how often chance alone would exceed it.

    Parameters
    ----------
    value : float
        The statistic as it is reported.
    scaled : float
        In standard deviations of a calibrated model.
    p_value : float
        Probability that a calibrated model shows as much or more, for large n.
    """

    value: float
    scaled: float
    p_value: float


def spiegelhalter(
    labels: ArrayLike,
    probabilities: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    view: ForecastKind = None,
) -> CalibrationTest:
    """Return Spiegelhalter's z: how far the Brier score lies from what its forecasts expect.

    z = sum (y - p)(1 - 2p) / sqrt(sum (1 - 2p)^2 p (1 - p)) is standard normal if calibrated
    (Spiegelhalter 1986, section 5); the p-value is two-sided. It is nan where every forecast is 0,
    1/2 or 1. With weights each term is weighted, and its variance by the square.

    Parameters
    ----------
    labels, probabilities, weights, view
        (n,), (n,) or (n, K), (n,) and one forecast, as `pool_forecast` takes them.

    Raises
    ------
    UserError
        As `pool_forecast`.
    """
    cells = pool_forecast(labels, probabilities, weights, view)
    p, lean = cells.values, 1.0 - 2.0 * cells.values
    variance = float(squared_weight(cells) @ (lean**2 * p * (1.0 - p)))
    if variance <= 0.0:
        return CalibrationTest(float("nan"), float("nan"), float("nan"))
    z = float((cells.positive - cells.weight * p) @ lean) / math.sqrt(variance)
    return CalibrationTest(z, z, math.erfc(abs(z) / math.sqrt(2.0)))


def kolmogorov_smirnov(
    labels: ArrayLike,
    probabilities: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    view: ForecastKind = None,
) -> CalibrationTest:
    """Return the largest cumulative excess of outcomes over probabilities, up or down.

    Rows are cumulated in the order of their probability, and looked at only where a group of ties
    ends (ECCE-MAD of Arrieta-Ibarra et al. 2022, equation 6). Scaled, it is the largest distance of
    a Brownian motion from 0. Parameters and errors are those of `spiegelhalter`.

    Examples
    --------
    >>> kolmogorov_smirnov([1, 0], [0.5, 0.5]).value
    0.0
    """
    cells = pool_forecast(labels, probabilities, weights, view)
    return _cumulative(cells, excess(cells), kuiper=False)


def kuiper(
    labels: ArrayLike,
    probabilities: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    view: ForecastKind = None,
) -> CalibrationTest:
    """Return the range of the cumulative excess of outcomes over probabilities.

    That is its highest minus its lowest value, both at least on either side of 0 (ECCE-R of
    Arrieta-Ibarra et al. 2022, equation 7); ties as in `kolmogorov_smirnov`, whose parameters and
    errors it shares. Scaled, it is the range of a Brownian motion.
    """
    cells = pool_forecast(labels, probabilities, weights, view)
    return _cumulative(cells, excess(cells), kuiper=True)


def excess(cells: PooledForecast) -> FloatArray:
    """Return the cumulative sum of (y - p) / n at the end of every tie group, from 0, (m + 1,)."""
    steps = (cells.positive - cells.weight * cells.values) / max(cells.total, 1e-300)
    return np.concatenate(([0.0], np.cumsum(steps)))


def _cumulative(cells: PooledForecast, path: FloatArray, kuiper: bool) -> CalibrationTest:
    """Return the statistic of a path, scaled by the spread of its end if calibrated."""
    nan = float("nan")
    if not cells.total > 0.0:
        return CalibrationTest(nan, nan, nan)
    value = float(path.max() - path.min()) if kuiper else float(np.abs(path).max())
    variance = float(squared_weight(cells) @ (cells.values * (1.0 - cells.values)))
    if variance <= 0.0:
        return CalibrationTest(value, nan, nan)
    scaled = value * cells.total / math.sqrt(variance)
    return CalibrationTest(value, scaled, range_tail(scaled) if kuiper else distance_tail(scaled))


def distance_tail(x: float) -> float:
    """Return P(max |B| > x) for Brownian motion B on [0, 1].

    1 - (4 / pi) sum_k (-1)^k / (2k + 1) exp(-(2k + 1)^2 pi^2 / (8 x^2)) for small x (Feller 1971,
    X.5), and by reflection 4 sum_k (-1)^k Q((2k + 1) x) for large x, where that would cancel.
    """
    if x <= 0.0:
        return 1.0
    k = np.arange(50)
    odd, sign = 2 * k + 1, (-1.0) ** k
    if x < 1.5:
        terms = sign / odd * np.exp(-((odd * math.pi) ** 2) / (8.0 * x * x))
        return float(1.0 - 4.0 / math.pi * terms.sum())
    return float(4.0 * sum(s * _normal_tail(j * x) for s, j in zip(sign, odd, strict=True)))


def range_tail(x: float) -> float:
    """Return P(max B - min B > x) for Brownian motion B on [0, 1].

    8 sum_k (-1)^(k - 1) k Q(k x), integrated from the density of the range (Feller 1951,
    equation 3.6). Below x = 1/2 it is 1 to within 1e-7, and 1 is returned.
    """
    if x < 0.5:
        return 1.0
    k = np.arange(1, 30)
    tails = np.array([_normal_tail(j * x) for j in k])
    return float(min(8.0 * (((-1.0) ** (k - 1)) * k * tails).sum(), 1.0))


def _normal_tail(x: float) -> float:
    """Return P(Z > x) for a standard normal Z."""
    return 0.5 * math.erfc(x / math.sqrt(2.0))
