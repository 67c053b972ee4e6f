"""Logistic regression by Newton's method, and the calibration slope and intercepts (Cox 1958)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.base.arrays import FloatArray, chunks
from core.functions.sigmoid_family import binary_cross_entropy, logit, sigmoid, sigmoid_slope
from core.predictions.forecasts import ForecastKind, one_forecast

_STEPS = 100


@dataclass(frozen=True, slots=True, eq=False)
class LogisticFit:
    """The optimum of a logistic regression.

    Parameters
    ----------
    slopes : (d,) float64 array
        One a feature; 0 for a feature that does not vary.
    intercept : float
        Of the linear predictor, without the offset.
    loss : float
        Mean cross-entropy at the optimum, in nats.
    """

    slopes: FloatArray
    intercept: float
    loss: float


def fit_logistic(
    features: FloatArray,
    targets: FloatArray,
    weights: FloatArray | None = None,
    offset: FloatArray | float = 0.0,
) -> LogisticFit:
    """Minimise the mean cross-entropy of sigmoid(offset + features @ slopes + intercept).

    The caller sees to it that an optimum exists: no hyperplane may part targets of 0 from those
    of 1. Features are standardised while the steps are taken, so that no scale is too large.

    Parameters
    ----------
    features : (n, d) array
        d may be 0.
    targets : (n,) array
        In [0, 1].
    weights : (n,) array, optional
        How much each row counts.
    offset : (n,) array or float
        A part of the linear predictor that is given.

    References
    ----------
    Lin, Lin & Weng (2007), "A note on Platt's probabilistic outputs for support vector machines",
    section 3: Newton's method with backtracking.
    """
    w = np.full(len(targets), 1.0 / len(targets)) if weights is None else weights / weights.sum()
    # A power of two changes no digit, and keeps the squares of any features finite.
    scale = np.ldexp(1.0, np.frexp(np.abs(features).max(axis=0, initial=0.0))[1])
    features = features / scale
    centre = np.einsum("i,ij->j", w, features)
    spread = np.sqrt(np.einsum("i,ij->j", w, (features - centre) ** 2))
    # A feature that is constant up to rounding has no slope.
    spread = np.where(spread > 1e-12 * np.abs(centre), spread, np.inf)
    X = np.column_stack(((features - centre) / spread, np.ones(len(targets))))
    theta, loss = _newton(X, targets, w, np.broadcast_to(offset, len(targets)))
    slopes = theta[:-1] / spread
    return LogisticFit(slopes / scale, float(theta[-1] - slopes @ centre), loss)


def separated(scores: FloatArray, outcomes: FloatArray) -> bool:
    """Tell whether a threshold on rising scores parts the outcomes 0 from 1; ties may touch it.

    Then, and if only one class occurs, the likelihood has no finite maximum.
    """
    yes = outcomes > 0.5
    if yes.all() or not yes.any():
        return True
    return bool(scores[~yes].max() <= scores[yes].min())


def _newton(
    X: FloatArray, t: FloatArray, w: FloatArray, offset: FloatArray
) -> tuple[FloatArray, float]:
    """Return the minimiser of the mean cross-entropy, and its value."""
    theta = np.zeros(X.shape[1])
    loss, gradient, hessian = _entropy(theta, X, t, w, offset)
    for _ in range(_STEPS):
        step = np.linalg.lstsq(hessian, gradient, rcond=1e-14)[0]
        decrement = float(gradient @ step)
        if decrement <= 1e-26:
            break
        size = 1.0
        while True:
            trial = theta - size * step
            new, gradient, hessian = _entropy(trial, X, t, w, offset)
            if new <= loss - 1e-4 * size * decrement + 1e-15 * loss or size < 1e-10:
                break
            size *= 0.5
        theta, loss = trial, new
    return theta, loss


def _entropy(
    theta: FloatArray, X: FloatArray, t: FloatArray, w: FloatArray, offset: FloatArray
) -> tuple[float, FloatArray, FloatArray]:
    """Return the mean cross-entropy, its gradient (d,) and its Hessian (d, d)."""
    loss, gradient, hessian = 0.0, np.zeros(len(theta)), np.zeros((len(theta), len(theta)))
    for rows in chunks(len(t)):
        x, target, weight = X[rows], t[rows], w[rows]
        # einsum, because products with so few columns are not worth a library's threads
        z = np.einsum("ij,j->i", x, theta) + offset[rows]
        loss += float(weight @ binary_cross_entropy(z, target))
        gradient += np.einsum("ij,i->j", x, weight * (sigmoid(z) - target))
        hessian += (x * (weight * sigmoid_slope(z))[:, None]).T @ x
    return loss, gradient, hessian


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
    view: ForecastKind = None,
) -> CalibrationSlope:
    """Return slope and both intercepts of a logistic recalibration (Cox 1958).

    A forecast of exactly 0 or 1 that came true holds for every slope above 0, and is left out; one
    that did not come true makes all three nan.

    Parameters
    ----------
    labels, probabilities, weights, view
        (n,), (n,) or (n, K), (n,) and one forecast, as `pool_forecast` takes them.

    Returns
    -------
    CalibrationSlope
        Where forecasts part the classes perfectly, the slope is infinite and its intercept nan;
        where only one class occurs or all forecasts are equal, both are nan. Of one class only, the
        intercept in the large is infinite.

    Raises
    ------
    UserError
        As `pool_forecast`.

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
