"""From logits to the probability simplex and back: softmax, its logarithm, its normaliser.

A gap z - max(z) is rounded, and exp magnifies that rounding by the gap; a row's sum loses digits as
it grows; log of a sum near 1 loses all of them. So the gap is kept in two parts (Knuth's exact
sum), sums are split into an exact and a small part (Rump, Ogita and Oishi), and the largest term is
left out of the sum whose log1p is taken.

Conventions: a row's +inf logits share all the probability equally, whatever the others are; a row
whose logits are all -inf is a row of equal logits, hence uniform; one NaN makes its row NaN.

References
----------
D. E. Knuth, *The Art of Computer Programming*, volume 2, section 4.2.2, theorem B.
S. M. Rump, T. Ogita and S. Oishi, "Accurate floating-point summation, part I", SIAM Journal on
Scientific Computing 31 (2008), 189-224, algorithm 3.2.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

_TO_30_BITS = 1.5 * 2.0**22
"""Adding and subtracting it rounds a number of size 1 or less to a multiple of 2⁻³⁰."""

_TO_17_BITS = 1.5 * 2.0**35
"""The same, to a multiple of 2⁻¹⁷."""


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
    ndarray, the shape of z
        Probabilities that sum to 1 along the axis.

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
    if not temperature > 0:
        raise ValueError(f"the temperature must be above 0, got {temperature}")
    z = np.asarray(z, dtype=np.float64)
    if z.ndim == 0:
        single: Array = softmax(z[np.newaxis], temperature)[0]
        return single
    with np.errstate(all="ignore"):
        if temperature != 1.0:
            gap, rest = _tempered_gaps(z, temperature, axis)
        else:
            _, gap, rest = _gaps(z, axis)
        e = np.exp(gap)
        # Multiples of 2⁻³⁰ below 2²³ add without rounding; what they leave is 2⁻³¹ of the sum.
        coarse = (e + _TO_30_BITS) - _TO_30_BITS
        large = coarse.sum(axis=axis, keepdims=True)
        small = (e - coarse + e * rest).sum(axis=axis, keepdims=True)
        total = large + small
        lost = small - (total - large)
        p: Array = e / total
        p += p * (rest - lost / total)
    return p


def log_softmax(z: ArrayLike, axis: int = -1) -> Array:
    """Log probabilities log softmax(z) of the classes along an axis.

    Parameters
    ----------
    z : array_like, any shape
        Logits; a single number is one class.
    axis : int, default -1
        The axis of the classes.

    Returns
    -------
    ndarray, the shape of z
        Nats, at most 0; -exp(-gap), not 0, for a class that leads by a wide gap.

    Examples
    --------
    >>> log_softmax([0.0, 50.0])
    array([-5.00000000e+01, -1.92874985e-22])
    """
    z = np.asarray(z, dtype=np.float64)
    rows, shape = _rows(z, axis)
    with np.errstate(all="ignore"):
        _, gap, rest = _gaps(rows, -1)
        log, log_rest = _log_total(rows, gap, rest)
        result = -_difference(log[:, np.newaxis], log_rest[:, np.newaxis], gap, rest)
    return np.moveaxis(result.reshape(shape), -1, axis) if z.ndim else result.reshape(())[()]


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
        Nats; inf where a logit is inf, -inf where all are or where there is none.

    Examples
    --------
    >>> float(logsumexp([1000.0, 1000.0]).round(4))
    1000.6931
    """
    z = np.asarray(z, dtype=np.float64)
    rows, shape = _rows(z, axis)
    with np.errstate(all="ignore"):
        top, gap, rest = _gaps(rows, -1)
        log, log_rest = _log_total(rows, gap, rest)
        total = _difference(top[:, 0], 0.0, -log, -log_rest)
    return total.reshape(shape[:-1])[()]


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
        Nats, one value a sample: about exp(-gap), not 0, where the true class leads by a wide gap.

    Raises
    ------
    IndexError
        If a label is not a class.

    Examples
    --------
    >>> categorical_cross_entropy([[0.0, 50.0], [0.0, 50.0]], [0, 1])
    array([5.00000000e+01, 1.92874985e-22])
    """
    z = np.asarray(logits, dtype=np.float64)
    y = np.asarray(labels)
    rows, _ = _rows(z, -1)
    if y.size and not (y.min() >= 0 and y.max() < rows.shape[1]):
        raise IndexError(f"labels must lie in 0 to {rows.shape[1] - 1}")
    true = (np.arange(len(rows)), y.ravel().astype(np.intp, copy=False))
    with np.errstate(all="ignore"):
        _, gap, rest = _gaps(rows, -1)
        log, log_rest = _log_total(rows, gap, rest)
        loss = _difference(log, log_rest, gap[true], rest[true])
    return loss.reshape(y.shape)[()]


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
    with np.errstate(under="ignore"):
        jacobian = -p[..., :, np.newaxis] * p[..., np.newaxis, :]
    diagonal = np.arange(p.shape[-1])
    jacobian[..., diagonal, diagonal] = 0.0
    jacobian[..., diagonal, diagonal] = -jacobian.sum(axis=-1)
    return jacobian


def _gaps(z: Array, axis: int) -> tuple[Array, Array, Array]:
    """Return the largest logit, and each logit's gap to it as a number and what rounding lost."""
    top = z.max(axis=axis, keepdims=True, initial=-np.inf)
    level = top
    if np.isinf(top).any():
        infinite = np.isinf(top)
        z = np.where(infinite, np.where(z == top, 0.0, -np.inf), z)
        level = np.where(infinite, 0.0, top)
    gap, rest = _add(z, -level)
    rest[gap == -np.inf] = 0.0
    return top, gap, rest


def _tempered_gaps(z: Array, temperature: float, axis: int) -> tuple[Array, Array]:
    """Return the gaps over T, again in two parts: the rounding of z / T would be magnified too."""
    if temperature == math.inf:
        return _gaps(np.where(np.isfinite(z), 0.0, z), axis)[1:]
    # T = t 2^k with t in [1/2, 1): the power of two is exact, before or after the subtraction,
    # whichever cannot overflow.
    t, k = math.frexp(temperature)
    _, gap, rest = _gaps(np.ldexp(z, -max(k, 0)), axis)
    gap, rest = np.ldexp(gap, max(-k, 0)), np.ldexp(rest, max(-k, 0))
    hopeless = gap < -1e4  # exp is 0
    gap[hopeless], rest[hopeless] = -1e4, 0.0
    # 27 bits of the quotient times 26 of t is exact, so that the remainder is.
    coarse = (gap / t + _TO_17_BITS) - _TO_17_BITS
    t_high = round(t * 2.0**26) / 2.0**26
    fine = ((gap - coarse * t_high) - coarse * (t - t_high) + rest) / t
    quotient = coarse + fine
    return quotient, fine - (quotient - coarse)


def _log_total(rows: Array, gap: Array, rest: Array) -> tuple[Array, Array]:
    """Return log Σ exp(gap) of each row in two parts, as log1p of all terms but the largest."""
    e = np.exp(gap)
    if rows.shape[1]:
        e[np.arange(len(rows)), rows.argmax(axis=1)] = 0.0
    # As in softmax, but relative to the largest term that is left.
    shift = np.ldexp(_TO_30_BITS, np.frexp(e.max(axis=1, keepdims=True, initial=0.0))[1])
    coarse = (e + shift) - shift
    large, small = coarse.sum(axis=1), (e - coarse + e * rest).sum(axis=1)
    total = large + small
    return np.log1p(total), (small - (total - large)) / (1.0 + total)


def _add(a: Array, b: Array) -> tuple[Array, Array]:
    """Return a + b rounded, and exactly what the rounding lost."""
    total = a + b
    part = total - a
    return total, np.asarray((a - (total - part)) + (b - part))


def _difference(a: Array, a_rest: Array | float, b: Array, b_rest: Array) -> Array:
    """Return (a + a_rest) - (b + b_rest) with one rounding of the size of the result."""
    total, lost = _add(a, -b)
    return np.where(np.isinf(total), total, total + (lost + (a_rest - b_rest)))


def _rows(z: Array, axis: int) -> tuple[Array, tuple[int, ...]]:
    """Return the logits as rows of classes, and the shape they had with the classes last."""
    if z.ndim == 0:
        return z.reshape(1, 1), (1,)
    moved = np.moveaxis(z, axis, -1)
    return moved.reshape(math.prod(moved.shape[:-1]), moved.shape[-1]), moved.shape
