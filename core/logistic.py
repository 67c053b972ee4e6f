"""The logistic family: sigmoid, softplus, their derivatives, and the binary loss made of them.

The textbook formulas are right to about 2.4 ulp (sigmoid), 1.6 (softplus), 6.5 (the sigmoid's
curvature): the roundings of exp and of 1 + exp add up. We use Tang's table-driven scheme instead.
With z = c + r, where c is the nearest multiple of 1/8, and w = exp(r) - 1,

    1 + exp(z) = (1 + exp(c)) (1 + σ(c) w),

so that every function of the family is a value from a table plus a correction below 7 % of it.

Every function of z takes logits as an array of any shape, and returns float64 values in that shape.

References
----------
P. T. P. Tang, "Table-driven implementation of the exponential function in IEEE floating-point
arithmetic", ACM Transactions on Mathematical Software 15 (1989), 144-157.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import cache
from itertools import accumulate, repeat
from operator import mul

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

_REACH = 40
"""Beyond ±40, exp(-|z|) is below 2⁻⁵⁷ and each function equals its leading term."""


@dataclass(frozen=True, slots=True)
class _Sigmoids:
    """The sigmoid and its slope at the multiples of 1/8 from -40 to 40."""

    value: Array
    slope: Array


@dataclass(frozen=True, slots=True)
class _Softpluses:
    """Softplus there, as the nearest float64 and the rest."""

    value: Array
    rest: Array


_DIGITS = 36
"""Decimal digits in which tables are computed, once."""


@cache
def _odds() -> tuple[Decimal, ...]:
    """Return exp(c) at the multiples of 1/8 from -40 to 0."""
    with localcontext(prec=_DIGITS):
        step, first = Decimal("0.125").exp(), Decimal(-_REACH).exp()
        return tuple(accumulate(repeat(step, 8 * _REACH), mul, initial=first))


@cache
def _sigmoids() -> _Sigmoids:
    with localcontext(prec=_DIGITS):
        values = [odds / (1 + odds) for odds in _odds()]
        values += [1 - value for value in values[-2::-1]]
        slopes = [value * (1 - value) for value in values]
    return _Sigmoids(np.array(values, float), np.array(slopes, float))


@cache
def _softpluses() -> _Softpluses:
    with localcontext(prec=_DIGITS):
        values = [(1 + odds).ln() for odds in _odds()]
        values += [value + Decimal(k) / 8 for k, value in enumerate(values[-2::-1], start=1)]
        nearest = [float(value) for value in values]
        rests = [float(value - Decimal(n)) for value, n in zip(values, nearest, strict=True)]
    return _Softpluses(np.array(nearest), np.array(rests))


def _piecewise(
    z: ArrayLike, near: Callable[[Array], Array], far: Callable[[Array], Array]
) -> Array:
    """Apply `near` where |z| <= 40, and `far` elsewhere, NaN included."""
    z = np.asarray(z, dtype=np.float64)
    outside = ~(np.abs(z) <= _REACH)
    if not outside.any():
        return near(z)
    joined: Array = np.where(outside, far(z), near(np.where(outside, 0.0, z)))[()]
    return joined


def _lookup(z: Array) -> tuple[NDArray[np.intp], Array]:
    """Return the index of the nearest node c, and w = exp(z - c) - 1."""
    node = np.rint(z * 8.0)
    return node.astype(np.intp) + 8 * _REACH, np.expm1(z - node / 8.0)


def sigmoid(z: ArrayLike) -> Array:
    """Probability σ(z) = 1 / (1 + exp(-z)) of the positive class at logit z.

    Parameters
    ----------
    z : array_like, any shape
        Logits.

    Returns
    -------
    ndarray or float64
        Probabilities; subnormal rather than 0 down to z = -745.

    Examples
    --------
    >>> sigmoid([-np.inf, 0.0, np.inf])
    array([0. , 0.5, 1. ])
    """
    return _piecewise(z, _sigmoid_near, lambda z: np.exp(np.minimum(z, 0.0)))


def _sigmoid_near(z: Array) -> Array:
    """σ(z) = s + s' w / (1 + s w), with s and s' at the node."""
    index, w = _lookup(z)
    s = _sigmoids().value.take(index)
    return s + _sigmoids().slope.take(index) * w / (1.0 + s * w)


def sigmoid_slope(z: ArrayLike) -> Array:
    """First derivative of the sigmoid, σ'(z) = σ(z) σ(-z), without the cancellation of 1 - σ.

    Returns
    -------
    ndarray or float64
        Slopes in [0, 1/4]; the usual s (1 - s) is 0 beyond z = 37, this one only beyond 745.

    Examples
    --------
    >>> float(sigmoid_slope(0.0)), bool(sigmoid_slope(100.0) > 0)
    (0.25, True)
    """
    return _piecewise(z, _slope_near, lambda z: np.exp(-np.abs(z)))


def _slope_near(z: Array) -> Array:
    """σ'(z) = s' (1 + w) / (1 + s w)², written as s' plus a small correction."""
    index, w = _lookup(z)
    s, slope = _sigmoids().value.take(index), _sigmoids().slope.take(index)
    q = 1.0 + s * w
    return slope + slope * w * (1.0 - 2.0 * s - s * s * w) / (q * q)


def sigmoid_curvature(z: ArrayLike) -> Array:
    """Second derivative of the sigmoid, σ''(z) = σ'(z) (1 - 2 σ(z)) = -σ'(z) tanh(z / 2).

    Returns
    -------
    ndarray or float64
        Curvatures, of the sign of -z.

    Examples
    --------
    >>> sigmoid_curvature([-1.0, 1.0]).round(4)
    array([ 0.0909, -0.0909])
    """
    z = np.asarray(z, dtype=np.float64)
    return -sigmoid_slope(z) * np.tanh(0.5 * z)


def softplus(z: ArrayLike) -> Array:
    """Smooth ramp log(1 + exp(z)): the loss of a wrong answer at logit z.

    Returns
    -------
    ndarray or float64
        Nats, at least 0: exp(z) far to the left, z far to the right.

    Examples
    --------
    >>> float(softplus(1000.0)), bool(softplus(-700.0) > 0)
    (1000.0, True)
    """
    return _piecewise(z, _softplus_near, lambda z: np.where(z > 0, z, np.exp(np.minimum(z, 0.0))))


def softplus_slope(z: ArrayLike) -> Array:
    """First derivative of softplus: the sigmoid itself."""
    return sigmoid(z)


def _softplus_near(z: Array) -> Array:
    """softplus(z) = p + log1p(s w), with p in two parts at the node."""
    index, w = _lookup(z)
    rest = _softpluses().rest.take(index) + np.log1p(_sigmoids().value.take(index) * w)
    return _softpluses().value.take(index) + rest


def log_sigmoid(z: ArrayLike) -> Array:
    """Log probability log σ(z) = -softplus(-z) of the positive class at logit z.

    Returns
    -------
    ndarray or float64
        Nats, at most 0.

    Examples
    --------
    >>> float(log_sigmoid(-1000.0)), float(log_sigmoid(0.0).round(6))
    (-1000.0, -0.693147)
    """
    return -softplus(-np.asarray(z, dtype=np.float64))


def log_sigmoid_slope(z: ArrayLike) -> Array:
    """First derivative of log σ(z): σ(-z)."""
    return sigmoid(-np.asarray(z, dtype=np.float64))


def binary_cross_entropy(logits: ArrayLike, targets: ArrayLike) -> Array:
    """Loss -t log σ(z) - (1 - t) log σ(-z) of each sample, from its logit z and target t.

    Parameters
    ----------
    logits : array_like, any shape
        Logits of the positive class.
    targets : array_like, broadcastable with logits
        Probability of the positive class: 0 or 1 for a hard label, between for a soft one.

    Returns
    -------
    ndarray or float64
        Nats, one value a sample; a wrong answer at an infinite logit costs inf.

    Examples
    --------
    >>> binary_cross_entropy([50.0, 50.0], [1, 0])
    array([1.92874985e-22, 5.00000000e+01])
    """
    z = np.asarray(logits, dtype=np.float64)
    t = np.asarray(targets, dtype=np.float64)
    hard = (t == 0.0) | (t == 1.0)
    cost = softplus(np.where(t == 1.0, -z, z))
    if hard.all():
        return cost
    mixed: Array = np.where(hard, cost, _soft_cross_entropy(z, t))[()]
    return mixed


def _soft_cross_entropy(z: Array, t: Array) -> Array:
    """softplus(-|z|) + |z| times the weight of the less likely class: two terms of one sign."""
    other = 1.0 - t
    lost = np.where(z > 0, (1.0 - other) - t, 0.0)
    weight = np.where(z > 0, other, t)
    distance = np.abs(z)
    with np.errstate(invalid="ignore"):  # ∞ times a weight of 0: a hard label, answered elsewhere
        linear = weight * distance + lost * np.minimum(distance, 1e300)
    result: Array = softplus(-distance) + linear
    return result
