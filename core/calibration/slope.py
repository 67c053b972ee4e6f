"""Calibration slope and intercepts: how a logistic recalibration would bend the logits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.base.arrays import FloatArray
from core.calibration.inputs import View, one_forecast
from core.calibration.logistic import fit_logistic, separated
from core.functions.sigmoid_family import logit


@dataclass(frozen=True, slots=True)
class CalibrationSlope:
    """A logistic regression of the outcomes on the logits.

    Parameters
    ----------
    slope : float
        1 if calibrated; below 1 the forecasts are too extreme, above 1 too timid.
    intercept : float
        Of that same regression, beside the slope (the joint intercept); 0 if calibrated.
    intercept_in_the_large : float
        With the slope held at 1, the logits as an offset; above 0 the forecasts are too low.
    """

    slope: float
    intercept: float
    intercept_in_the_large: float


def calibration_slope(
    labels: ArrayLike,
    probabilities: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    view: View = None,
) -> CalibrationSlope:
    """Return slope and both intercepts of a logistic recalibration (Cox 1958).

    A forecast of exactly 0 or 1 that came true holds for every slope above 0, and is left out; one
    that did not come true makes all three nan.

    Parameters
    ----------
    labels, probabilities, weights, view
        (n,), (n,) or (n, K), (n,) and one forecast, as `cells_of` takes them.

    Returns
    -------
    CalibrationSlope
        Where forecasts part the classes perfectly, the slope is infinite and its intercept nan;
        where only one class occurs or all forecasts are equal, both are nan. Of one class only, the
        intercept in the large is infinite.

    Raises
    ------
    UserError
        As `cells_of`.

    References
    ----------
    Steyerberg (2019), "Clinical prediction models", section 15.3.

    Examples
    --------
    >>> p = [0.1, 0.1, 0.1, 0.1, 0.9, 0.9, 0.9, 0.9]
    >>> fit = calibration_slope([0, 0, 0, 1, 0, 1, 1, 1], p)  # 1/4 and 3/4 happened
    >>> round(fit.slope, 6), abs(round(fit.intercept, 6))
    (0.5, 0.0)
    """
    forecast = one_forecast(labels, probabilities, weights, view)
    y, p, w = forecast.outcomes, forecast.probabilities, forecast.weights
    if w is not None:
        y, p, w = y[w > 0.0], p[w > 0.0], w[w > 0.0]
    certain = (p == 0.0) | (p == 1.0)
    nan = float("nan")
    if np.any(y[certain] != (p[certain] == 1.0)):
        return CalibrationSlope(nan, nan, nan)
    t, s = y[~certain].astype(np.float64), logit(p[~certain])
    w = None if w is None else w[~certain]
    return CalibrationSlope(*_slope(s, t, w), _in_the_large(s, t, w))


def _slope(s: FloatArray, t: FloatArray, w: FloatArray | None) -> tuple[float, float]:
    """Return slope and joint intercept."""
    nan = float("nan")
    if not len(t) or t.min() == t.max() or s.min() == s.max():
        return nan, nan
    if separated(s, t):
        return float("inf"), nan
    if separated(-s, t):
        return -float("inf"), nan
    fit = fit_logistic(s[:, None], t, w)
    return float(fit.slopes[0]), fit.intercept


def _in_the_large(s: FloatArray, t: FloatArray, w: FloatArray | None) -> float:
    """Return the intercept with the logits as an offset."""
    if not len(t):
        return float("nan")
    if t.min() == t.max():
        return float("inf") if t[0] else -float("inf")
    return fit_logistic(np.empty((len(t), 0)), t, w, offset=s).intercept
