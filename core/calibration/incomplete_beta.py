"""The incomplete beta function and its inverse, for arrays, without scipy."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from core.calibration.inputs import FloatArray

_LOG_GAMMA = np.vectorize(math.lgamma, otypes=[np.float64])
_FRACTION_STEPS = 400
_LARGE = 30.0  # from here on quadrature is shorter than the continued fraction
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)


def regularised_incomplete_beta(x: ArrayLike, a: ArrayLike, b: ArrayLike) -> FloatArray:
    """Return I_x(a, b), the probability that a Beta(a, b) variable is at most x.

    Parameters
    ----------
    x : array
        In [0, 1].
    a, b : arrays
        Above 0; all three broadcast.

    References
    ----------
    Abramowitz & Stegun (1964), 26.5.8 and 26.5.2: the continued fraction, and
    I_x(a, b) = 1 - I_{1-x}(b, a), which keeps it short.

    Examples
    --------
    >>> round(float(regularised_incomplete_beta(0.25, 1.0, 1.0)), 12)
    0.25
    """
    x, a, b = np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in (x, a, b)))
    result = np.where(x >= 1.0, 1.0, 0.0)
    inside = (x > 0.0) & (x < 1.0)
    x, a, b = x[inside], a[inside], b[inside]
    result[inside] = np.exp(_log_cdf(np.log(x), np.log1p(-x), a, b))
    return result


def beta_quantile(q: ArrayLike, a: ArrayLike, b: ArrayLike) -> FloatArray:
    """Return the x at which I_x(a, b) = q.

    Newton's method on ln I as a function of the logit of x, where it is concave, inside a bracket;
    above the median on the other tail.

    Parameters
    ----------
    q : array
        In (0, 1).
    a, b : arrays
        Above 0; all three broadcast.

    Examples
    --------
    >>> round(float(beta_quantile(0.25, 1.0, 1.0)), 12)
    0.25
    """
    q, a, b = np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in (q, a, b)))
    mean = a / (a + b)
    upper = q > regularised_incomplete_beta(mean, a, b)
    target = np.log(np.where(upper, 1.0 - q, q))
    first, second = np.where(upper, b, a), np.where(upper, a, b)
    u = _solve(target, first, second)
    # On the other tail the logit found is that of 1 - x.
    result: FloatArray = 1.0 / (1.0 + np.exp(np.where(upper, u, -u)))
    return result


def _solve(target: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the logit u at which ln I equals the target, at or below the mean."""
    middle = np.log(a) - np.log(b)
    low, high = np.full(a.shape, -700.0), middle.copy()
    # Far out the tail is the power x^a / (a B); near the mean it is Gaussian.
    log_beta = _log_beta(a, b)
    tail = (target + np.log(a) + log_beta) / a
    bell = middle - _normal_distance(target) * np.sqrt(1.0 / a + 1.0 / b)
    u = np.clip(np.where(a > 3.0, bell, tail), low, high)
    for _ in range(80):
        log_x, log_rest = -np.logaddexp(0.0, -u), -np.logaddexp(0.0, u)
        value = _log_cdf(log_x, log_rest, a, b)
        below = value < target
        low, high = np.where(below, u, low), np.where(below, high, u)
        slope = np.exp(a * log_x + b * log_rest - log_beta - value)
        step = u - (value - target) / np.maximum(slope, 1e-300)
        done = np.abs(step - u) <= 1e-12 * np.maximum(np.abs(u), 1.0)
        inside = (step > low) & (step < high)
        u = np.where(done, u, np.where(inside, step, 0.5 * (low + high)))
        if done.all():
            break
    return u


def _normal_distance(log_tail: FloatArray) -> FloatArray:
    """Return about how many standard deviations leave this tail (A&S 26.2.23, within 5e-4)."""
    t = np.sqrt(-2.0 * np.minimum(log_tail, -0.7))
    top = 2.515517 + t * (0.802853 + t * 0.010328)
    result: FloatArray = t - top / (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
    return result


def _log_cdf(log_x: FloatArray, log_rest: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
    """Return ln I_x(a, b) from ln x and ln(1 - x)."""
    x = np.exp(log_x)
    swap = x > a / (a + b)
    first, second = np.where(swap, b, a), np.where(swap, a, b)
    near, far = np.where(swap, log_rest, log_x), np.where(swap, log_x, log_rest)
    large = np.minimum(a, b) > _LARGE
    log_tail = np.empty(x.shape)
    for chosen, tail in ((large, _log_tail_by_quadrature), (~large, _log_tail_by_fraction)):
        if chosen.any():
            log_tail[chosen] = tail(near[chosen], far[chosen], first[chosen], second[chosen])
    rest = -np.expm1(np.minimum(log_tail, -1e-300))
    return np.where(swap, np.log(np.maximum(rest, 1e-300)), log_tail)


def _log_tail_by_fraction(
    log_x: FloatArray, log_rest: FloatArray, a: FloatArray, b: FloatArray
) -> FloatArray:
    """Return ln I_x(a, b) for x at most the mean, by Lentz's continued fraction (A&S 26.5.8)."""
    x, tiny = np.exp(log_x), 1e-300
    c, d = np.ones(x.shape), 1.0 / (1.0 - (a + b) * x / (a + 1.0))
    fraction = d.copy()
    for m in range(1, _FRACTION_STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        change = np.ones(x.shape)
        for term in (even, odd):
            d = 1.0 + term * d
            c = 1.0 + term / c
            d = 1.0 / np.where(np.abs(d) < tiny, tiny, d)
            c = np.where(np.abs(c) < tiny, tiny, c)
            change *= d * c
        fraction *= change
        if np.abs(change - 1.0).max(initial=0.0) < 1e-15:
            break
    return a * log_x + b * log_rest - np.log(a) - _log_beta(a, b) + np.log(fraction)


def _log_tail_by_quadrature(
    log_x: FloatArray, log_rest: FloatArray, a: FloatArray, b: FloatArray
) -> FloatArray:
    """Return ln I_x(a, b) for x at most the mean and large a, b, by Gauss-Legendre quadrature.

    In the logit v the density exp(a ln x + b ln(1 - x)) / B is nearly Gaussian; twelve of its
    standard deviations below x, or forty times the length it falls off with, nothing is left.
    """
    u = log_x - log_rest
    spread = np.sqrt((a + b) / (a * b))
    steepness = a * np.exp(log_rest) - b * np.exp(log_x)  # slope of the log density at x
    reach = np.minimum(12.0 * spread, 40.0 / np.maximum(steepness, 1e-300))
    v = u[..., None] - reach[..., None] * (0.5 - 0.5 * _NODES)
    log_density = -a[..., None] * np.logaddexp(0.0, -v) - b[..., None] * np.logaddexp(0.0, v)
    top = a * log_x + b * log_rest
    area = np.exp(log_density - top[..., None]) @ _WEIGHTS * 0.5 * reach
    return top - _log_beta(a, b) + np.log(area)


def _log_beta(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return ln B(a, b) = ln Gamma(a) + ln Gamma(b) - ln Gamma(a + b)."""
    result: FloatArray = _LOG_GAMMA(a) + _LOG_GAMMA(b) - _LOG_GAMMA(a + b)
    return result
