"""The sigmoid, its derivatives and its inverse, softplus, and the binary loss made of them.

All are written with e = exp(-|z|), which lies between 0 and 1 and cannot overflow.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def sigmoid(z: ArrayLike) -> Array:
    """Probability σ(z) = 1 / (1 + exp(-z)) of the positive class at logit z.

    Parameters
    ----------
    z : array_like, any shape
        Logits.

    Returns
    -------
    ndarray or float64, the shape of z
        Probabilities, right to 4 ulp; subnormal rather than 0 down to z = -745.

    Examples
    --------
    >>> sigmoid([-np.inf, 0.0, np.inf])
    array([0. , 0.5, 1. ])
    """
    z = np.asarray(z, dtype=np.float64)
    e = np.exp(-np.abs(z))
    result: Array = np.where(z >= 0.0, 1.0, e) / (1.0 + e)
    return result


def sigmoid_slope(z: ArrayLike) -> Array:
    """First derivative of the sigmoid, σ'(z) = σ(z) σ(-z) = e / (1 + e)².

    Returns
    -------
    ndarray or float64, the shape of z
        Slopes in [0, 1/4], right to 8 ulp; s (1 - s) would be 0 from z = 37 on.

    Examples
    --------
    >>> float(sigmoid_slope(0.0)), bool(sigmoid_slope(100.0) > 0)
    (0.25, True)
    """
    e = np.exp(-np.abs(np.asarray(z, dtype=np.float64)))
    result: Array = e / np.square(1.0 + e)
    return result


def sigmoid_curvature(z: ArrayLike) -> Array:
    """Second derivative of the sigmoid, σ''(z) = σ'(z) (1 - 2 σ(z)) = -σ'(z) tanh(z / 2).

    Returns
    -------
    ndarray or float64, the shape of z
        Curvatures of the sign of -z, right to 8 ulp.

    Examples
    --------
    >>> sigmoid_curvature([-1.0, 1.0]).round(4)
    array([ 0.0909, -0.0909])
    """
    z = np.asarray(z, dtype=np.float64)
    return -sigmoid_slope(z) * np.tanh(0.5 * z)


def logit(p: ArrayLike) -> Array:
    """Log odds log(p / (1 - p)), the inverse of the sigmoid.

    Parameters
    ----------
    p : array_like, any shape
        Probabilities; 0 and 1 give -inf and inf, a number outside [0, 1] gives NaN.

    Returns
    -------
    ndarray or float64, the shape of p
        Logits, right to 4 ulp.

    Examples
    --------
    >>> logit([0.0, 0.5, 1.0])
    array([-inf,   0.,  inf])
    """
    p = np.asarray(p, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        small = np.log(p) - np.log1p(-p)
        # 2p - 1 is exact from 1/4 on, so nothing cancels where the logit passes through 0.
        large = np.log1p((2.0 * p - 1.0) / (1.0 - p))
    result: Array = np.where(p < 0.25, small, large)[()]
    return result


def softplus(z: ArrayLike) -> Array:
    """Smooth ramp log(1 + exp(z)) = max(z, 0) + log(1 + e): the loss of a wrong answer at logit z.

    Returns
    -------
    ndarray or float64, the shape of z
        Nats, at least 0, right to 4 ulp: exp(z) far to the left, z far to the right.

    Examples
    --------
    >>> float(softplus(1000.0)), bool(softplus(-700.0) > 0)
    (1000.0, True)
    """
    z = np.asarray(z, dtype=np.float64)
    result: Array = np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z)))
    return result


def log_sigmoid(z: ArrayLike) -> Array:
    """Log probability log σ(z) = -softplus(-z) of the positive class at logit z.

    Returns
    -------
    ndarray or float64, the shape of z
        Nats, at most 0, right to 4 ulp.

    Examples
    --------
    >>> float(log_sigmoid(-1000.0)), float(log_sigmoid(0.0).round(6))
    (-1000.0, -0.693147)
    """
    return -softplus(-np.asarray(z, dtype=np.float64))


def binary_cross_entropy(logits: ArrayLike, targets: ArrayLike) -> Array:
    """Loss -y log σ(z) - (1 - y) log σ(-z) of each sample, from its logit z and target y.

    It equals max(z, 0) (1 - y) + max(-z, 0) y + log(1 + e), a sum of terms of one sign.

    Parameters
    ----------
    logits : array_like, any shape
        Logits of the positive class.
    targets : array_like, broadcastable with logits
        Probability of the positive class: 0 or 1 for a hard label, between for a soft one.

    Returns
    -------
    ndarray or float64
        Nats, one value a sample, right to 4 ulp; at an infinite logit 0 if the target is as sure,
        inf if not.

    Examples
    --------
    >>> binary_cross_entropy([50.0, 50.0], [1, 0])
    array([1.92874985e-22, 5.00000000e+01])
    """
    z, y = np.asarray(logits, dtype=np.float64), np.asarray(targets, dtype=np.float64)
    size = np.abs(z)
    missed = np.where(z > 0.0, 1.0 - y, y)  # the target's share of the class that z speaks against
    # The choice keeps an infinite logit that nothing speaks against from giving ∞ * 0.
    result: Array = np.where(missed == 0.0, 0.0, size) * missed + np.log1p(np.exp(-size))
    return result
