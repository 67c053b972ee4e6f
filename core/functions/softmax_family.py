"""Softmax, its logarithm, its normaliser, its Jacobian, and the loss of many classes.

The largest logit is subtracted first, so that nothing overflows: with the gaps g = z - max(z)

    softmax(z) = exp(g) / Σ exp(g),    log Σ exp(z) = max(z) + log(1 + Σ' exp(g)),

where Σ' leaves the largest out. Its own term is exp(0) = 1, and log1p of the others keeps the
digits that log of the whole sum would lose: the loss of a sure right answer is tiny, never 0.

One logit of +inf has probability 1. Two of them, or none but -inf, have no limit: NaN. A gap that
overflows counts as infinite.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def softmax(z: ArrayLike, temperature: float = 1.0, axis: int = -1) -> Array:
    """Probabilities exp(z / T) / Σ exp(z / T) of the classes along an axis.

    Parameters
    ----------
    z : array_like, any shape
        Logits; a single number is one class.
    temperature : float, default 1.0
        T, with 0 < T <= inf. As T -> 0 the largest logits share all, at inf all finite ones share.
    axis : int, default -1
        The axis of the classes.

    Returns
    -------
    ndarray or float64, the shape of z
        Probabilities that sum to 1 along the axis, right to 2e-13 relative.

    Raises
    ------
    ValueError
        If the temperature is not above 0.

    Examples
    --------
    >>> softmax([1.0, 2.0, 3.0]).round(4)
    array([0.09  , 0.2447, 0.6652])
    >>> softmax([1.0, 2.0, np.inf], temperature=0.5)
    array([0., 0., 1.])
    """
    if not temperature > 0.0:
        raise ValueError(f"the temperature must be above 0, got {temperature}")
    _, gap = _top_and_gaps(z, axis)
    if temperature != 1.0:
        with np.errstate(over="ignore", invalid="ignore"):
            gap = np.where(np.isinf(gap), gap, gap / temperature)  # -inf stays so where T is inf
    e = np.exp(gap)
    result: Array = e / e.sum(axis=axis, keepdims=True)
    return result


def log_softmax(z: ArrayLike, axis: int = -1) -> Array:
    """Log probabilities log softmax(z), the gaps less the log of their sum.

    Parameters
    ----------
    z : array_like, any shape
        Logits; a single number is one class.
    axis : int, default -1
        The axis of the classes.

    Returns
    -------
    ndarray or float64, the shape of z
        Nats, right to 2e-13 relative.

    Examples
    --------
    >>> log_softmax([0.0, 0.0, -np.inf]).round(4)
    array([-0.6931, -0.6931,    -inf])
    """
    _, gap = _top_and_gaps(z, axis)
    return gap - _log_sum(gap, axis)


def logsumexp(z: ArrayLike, axis: int = -1) -> Array:
    """Log of the normaliser, log Σ exp(z), along an axis; its gradient is the softmax.

    Parameters
    ----------
    z : array_like, any shape
        Logits; a single number is one class.
    axis : int, default -1
        The axis summed over.

    Returns
    -------
    ndarray or float64, the shape of z without the axis
        Nats, right to 4 ulp of the larger of itself and |z|; inf where a logit is inf, -inf where
        all are -inf or there is none.

    Examples
    --------
    >>> float(logsumexp([1000.0, 1000.0]).round(4))
    1000.6931
    """
    top, gap = _top_and_gaps(z, axis)
    with np.errstate(invalid="ignore"):
        total = np.where(np.isinf(top), top, top + _log_sum(gap, axis))
    result: Array = np.squeeze(total, axis=axis)[()]
    return result


def categorical_cross_entropy(logits: ArrayLike, labels: ArrayLike) -> Array:
    """Loss -log softmax(logits)[label] of each sample.

    Parameters
    ----------
    logits : array_like, shape (..., n_classes)
        Logits.
    labels : array_like of int, shape (...)
        The true class of each sample, 0 to n_classes - 1.

    Returns
    -------
    ndarray or float64, shape (...)
        Nats, one value a sample, right to 2e-13 relative: about exp(-gap), not 0, where the true
        class leads by a wide gap.

    Raises
    ------
    IndexError
        If a label is not a class.

    Examples
    --------
    >>> categorical_cross_entropy([[0.0, 50.0], [0.0, 50.0]], [0, 1])
    array([5.00000000e+01, 1.92874985e-22])
    """
    z, y = np.asarray(logits, dtype=np.float64), np.asarray(labels)
    n_classes = z.shape[-1]
    if y.size and not (y.min() >= 0 and y.max() < n_classes):
        raise IndexError(f"labels must lie in 0 to {n_classes - 1}")
    _, gap = _top_and_gaps(z, -1)
    true = np.take_along_axis(gap, y[..., np.newaxis].astype(np.intp), axis=-1)
    result: Array = (_log_sum(gap, -1) - true)[..., 0][()]
    return result


def softmax_jacobian(z: ArrayLike) -> Array:
    """Jacobian ∂p_i / ∂z_j = p_i (δ_ij - p_j) of the softmax over the last axis.

    Parameters
    ----------
    z : array_like, shape (..., n_classes)
        Logits.

    Returns
    -------
    ndarray, shape (..., n_classes, n_classes)
        Symmetric; each row sums to 0, because the diagonal is what the others lack: p (1 - p) would
        be 0 for a confident class.

    Examples
    --------
    >>> softmax_jacobian([0.0, 0.0])
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    """
    p = softmax(np.atleast_1d(np.asarray(z, dtype=np.float64)))
    jacobian = -p[..., :, np.newaxis] * p[..., np.newaxis, :]
    diagonal = np.arange(p.shape[-1])
    jacobian[..., diagonal, diagonal] = 0.0
    jacobian[..., diagonal, diagonal] = -jacobian.sum(axis=-1)
    return jacobian


def _top_and_gaps(z: ArrayLike, axis: int) -> tuple[Array, Array]:
    """Return the largest logit, its axis kept, and each logit's gap to it, at most 0."""
    z = np.asarray(z, dtype=np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        top = z.max(axis=axis, keepdims=True, initial=-np.inf)
        gap = z - top
    if np.isposinf(top).any():  # ∞ - ∞, which is 0 for the one logit that is infinite
        infinite = np.isposinf(z)
        alone = infinite.sum(axis=axis, keepdims=True) == 1
        gap = np.where(infinite & alone, 0.0, gap)
    return top, gap


def _log_sum(gap: Array, axis: int) -> Array:
    """Return log Σ exp(gap), its axis kept: log1p of all terms but one of the largest, which is 1.

    The largest are set apart by their gap of 0, so that what is added to them loses no digit.
    """
    largest = gap == 0.0
    others = np.where(largest, 0.0, np.exp(gap)).sum(axis=axis, keepdims=True)
    ties = largest.sum(axis=axis, keepdims=True) - 1
    with np.errstate(divide="ignore"):  # the log of an empty sum is -inf
        total: Array = np.log1p(others + ties)
    return total
