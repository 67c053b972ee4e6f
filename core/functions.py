"""Sigmoid, softmax and their kin, each beside its derivative, right to a few ulp everywhere.

Every function takes float64 arrays of any shape, 0-d and empty ones too, and never changes them.
Infinite arguments give the mathematical limit and NaN stays NaN. The logistic family lives in
`core.logistic`, the maps between logits and the probability simplex in `core.simplex`, the normal
distribution in `core.gaussian`, and the rest here; all their names are had from here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.gaussian import normal_cdf, normal_density
from core.logistic import (
    binary_cross_entropy,
    log_sigmoid,
    log_sigmoid_slope,
    sigmoid,
    sigmoid_curvature,
    sigmoid_slope,
    softplus,
    softplus_slope,
)
from core.simplex import (
    categorical_cross_entropy,
    log_softmax,
    logsumexp,
    softmax,
    softmax_jacobian,
)

__all__ = [
    "binary_cross_entropy",
    "categorical_cross_entropy",
    "log_sigmoid",
    "log_sigmoid_slope",
    "log_softmax",
    "logit",
    "logit_slope",
    "logsumexp",
    "naive_sigmoid",
    "normal_cdf",
    "normal_density",
    "sigmoid",
    "sigmoid_curvature",
    "sigmoid_slope",
    "softmax",
    "softmax_jacobian",
    "softplus",
    "softplus_slope",
    "tanh",
    "tanh_slope",
]

Array = NDArray[np.float64]


def naive_sigmoid(z: ArrayLike) -> Array:
    """Compute 1 / (1 + exp(-z)) as it stands in textbooks, kept to show where it fails.

    Below z = -709 exp(-z) overflows (numpy's warning is silenced) and the result is 0, although
    σ(-740) is 4e-322.

    Parameters
    ----------
    z : array_like, any shape
        Logits.

    Returns
    -------
    ndarray or float64, the shape of z
        Probabilities, wrong in the far left tail.

    Examples
    --------
    >>> float(naive_sigmoid(-740.0)), bool(sigmoid(-740.0) > 0)
    (0.0, True)
    """
    with np.errstate(over="ignore"):
        result: Array = 1.0 / (1.0 + np.exp(-np.asarray(z, dtype=np.float64)))
    return result


def logit(p: ArrayLike) -> Array:
    """Log odds log(p / (1 - p)): the inverse of the sigmoid.

    Parameters
    ----------
    p : array_like, any shape
        Probabilities; 0 and 1 give -inf and inf, a number outside [0, 1] gives NaN.

    Returns
    -------
    ndarray or float64, the shape of p
        Logits.

    Examples
    --------
    >>> logit([0.0, 0.5, 1.0])
    array([-inf,   0.,  inf])
    """
    p = np.asarray(p, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        small = np.log(p) - np.log1p(-p)
        # 2p - 1 is exact from 1/4 on: nothing cancels where the logit passes through 0.
        middle = np.log1p((2.0 * p - 1.0) / (1.0 - p))
    result: Array = np.where(p < 0.25, small, middle)[()]
    return result


def logit_slope(p: ArrayLike) -> Array:
    """First derivative of the logit, 1 / (p (1 - p)); infinite at 0 and 1, NaN outside [0, 1]."""
    p = np.asarray(p, dtype=np.float64) + 0.0  # -0 becomes 0, whose inverse is +inf
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        slope = 1.0 / p / (1.0 - p)
    result: Array = np.where(slope > 0, slope, np.nan)[()]
    return result


def tanh(z: ArrayLike) -> Array:
    """Hyperbolic tangent, 2 σ(2z) - 1: numpy's own, right to 1.2 ulp where it is vectorised."""
    result: Array = np.tanh(np.asarray(z, dtype=np.float64))
    return result


def tanh_slope(z: ArrayLike) -> Array:
    """First derivative of tanh, 1 - tanh² = 4 σ'(2z), without the cancellation of the former."""
    # 2z must not overflow; beyond 400 the slope is 0 in any case.
    return 4.0 * sigmoid_slope(2.0 * np.minimum(np.abs(np.asarray(z, dtype=np.float64)), 400.0))
