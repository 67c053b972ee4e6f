"""Log densities of simple shapes blurred by a Gaussian, to about ten digits at any distance.

Each integral runs from its integrand's peak to where that has fallen by e^-30 and is taken by
Gauss-Legendre quadrature, so that a tail far from the data is as exact as the middle of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from core.base.arrays import FloatArray, IntArray

_DROP = 30.0
_LOG_2PI = float(np.log(2 * np.pi))


@cache
def legendre(n: int) -> tuple[FloatArray, FloatArray]:
    """Return the n nodes and weights of Gauss-Legendre quadrature on [-1, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(n)
    return nodes, weights


def log_gaussian(X: FloatArray, centre: Sequence[float], sigma: float) -> FloatArray:
    """Log density of a round Gaussian; X of shape (n, d), one value a row."""
    squared = np.square((X - np.asarray(centre)) / sigma).sum(axis=1)
    return np.asarray(-0.5 * squared - X.shape[1] * (np.log(sigma) + 0.5 * _LOG_2PI))


def log_interval(x: FloatArray, low: float, high: float, sigma: float) -> FloatArray:
    """Log density of a uniform number in [low, high] plus Gaussian noise, at x.

    (Φ((high - x)/σ) - Φ((low - x)/σ)) / (high - low), without the cancellation of the two Φ.
    """
    # A picture's grid repeats each coordinate many times: integrate once for each.
    x, inverse = np.unique(x, return_inverse=True)
    a, b = (low - x) / sigma, (high - x) / sigma
    inside = (a <= 0) & (b >= 0)
    near, far = np.minimum(np.abs(a), np.abs(b)), np.maximum(np.abs(a), np.abs(b))
    first = _log_gaussian_mass(np.where(inside, 0.0, near), far)
    second = np.where(inside, _log_gaussian_mass(np.zeros_like(near), near), -np.inf)
    logs = np.logaddexp(first, second) - 0.5 * _LOG_2PI - np.log(high - low)
    return np.asarray(logs[inverse])


def log_ring(X: FloatArray, radius: float, sigma: float) -> FloatArray:
    """Log density of a uniform point on a circle round the origin plus Gaussian noise."""
    r = np.hypot(X[:, 0], X[:, 1])
    kappa = r * radius / sigma**2
    angles = np.log(2.0) + _log_arc(kappa, np.zeros_like(r), np.full_like(r, np.pi))
    return np.asarray(_radial(r, radius, sigma) + angles - np.log(2 * np.pi))


def log_half_ring(
    X: FloatArray, centre: Sequence[float], middle: float, sigma: float
) -> FloatArray:
    """Log density of a uniform point on a unit half circle plus Gaussian noise.

    The half circle runs a quarter turn to either side of the angle ``middle``. In polar coordinates
    the density is exp(-(r-1)²/2σ²)/(2π²σ²) times the integral of exp(-κ(1 - cos u)) over the
    arc, with κ = r/σ² and u the angle between point and arc.
    """
    dx, dy = X[:, 0] - centre[0], X[:, 1] - centre[1]
    r = np.hypot(dx, dy)
    turn = np.arctan2(dy, dx) - middle
    off = np.abs(np.arctan2(np.sin(turn), np.cos(turn)))
    facing = off <= np.pi / 2
    kappa = r / sigma**2
    quarter = np.pi / 2
    near = np.where(facing, 0.0, off - quarter)
    near_end = np.where(facing, quarter - off, np.pi)
    far = np.where(facing, 0.0, 3 * quarter - off)
    far_end = np.where(facing, quarter + off, np.pi)
    arc = np.logaddexp(_log_arc(kappa, near, near_end), _log_arc(kappa, far, far_end))
    return np.asarray(_radial(r, 1.0, sigma) + arc - np.log(np.pi))


def log_curve(X: FloatArray, points: FloatArray, weights: FloatArray, sigma: float) -> FloatArray:
    """Log density of a uniform point on a curve plus Gaussian noise, by quadrature along the curve.

    For each x only the panels that may matter are summed: those no farther than the nearest one by
    more than a factor e^-30 in density.

    Parameters
    ----------
    X : ndarray, shape (n, 2)
    points : ndarray, shape (panels, nodes, 2)
        The curve at the quadrature nodes of each panel.
    weights : ndarray, shape (panels, nodes)
        The nodes' weights, summing to 1.
    sigma : float
    """
    out = np.empty(len(X))
    x, y = np.ascontiguousarray(points[..., 0]), np.ascontiguousarray(points[..., 1])
    step = max(1, 100_000 // len(points))  # so that the pairs stay in the cache
    for start in range(0, len(X), step):
        part = X[start : start + step]
        row, panel = _panels_that_matter(part, points, sigma)
        squared = np.square(part[row, :1] - x[panel]) + np.square(part[row, 1:] - y[panel])
        first = np.searchsorted(row, np.arange(len(part)))
        nearest = np.minimum.reduceat(squared.min(axis=1), first)
        falls = np.exp((nearest[row, None] - squared) * (0.5 / sigma**2))
        sums = np.add.reduceat(np.einsum("ij,ij->i", falls, weights[panel]), first)
        out[start : start + step] = np.log(sums) - nearest / (2 * sigma**2)
    return np.asarray(out - 2 * np.log(sigma) - _LOG_2PI)


def _panels_that_matter(
    X: FloatArray, points: FloatArray, sigma: float
) -> tuple[IntArray, IntArray]:
    """Return pairs of row and panel, by row, at least one a row."""
    centres = points.mean(axis=1)
    reach = np.sqrt(np.square(points - centres[:, None]).sum(axis=2).max(axis=1))
    away = np.hypot(X[:, :1] - centres[:, 0], X[:, 1:] - centres[:, 1])
    limit = np.square((away + reach).min(axis=1)) + 2 * _DROP * sigma**2
    row, panel = np.nonzero(np.square(np.maximum(away - reach, 0.0)) <= limit[:, None])
    return row.astype(np.int64, copy=False), panel.astype(np.int64, copy=False)


def _radial(r: FloatArray, radius: float, sigma: float) -> FloatArray:
    return np.asarray(-0.5 * ((r - radius) / sigma) ** 2 - 2 * np.log(sigma) - _LOG_2PI)


def _log_arc(kappa: FloatArray, start: FloatArray, stop: FloatArray) -> FloatArray:
    """Log of the integral of exp(-κ(1 - cos v)) over 0 <= start <= v <= stop <= π."""
    nodes, weights = legendre(24)
    lowest = np.cos(start) - _DROP / np.maximum(kappa, 1e-300)
    end = np.minimum(stop, np.arccos(np.maximum(lowest, -1.0)))
    half = 0.5 * np.maximum(end - start, 0.0)
    v = start[:, None] + half[:, None] * (1 + nodes)
    # cos a - cos v = 2 sin((v+a)/2) sin((v-a)/2): exact where a and v are close.
    a = start[:, None]
    fall = 2 * np.sin(0.5 * (v + a)) * np.sin(0.5 * (v - a))
    total = np.exp(-kappa[:, None] * fall) @ weights
    return np.asarray(_log(half * total) - 2 * kappa * np.sin(0.5 * start) ** 2)


def _log_gaussian_mass(start: FloatArray, stop: FloatArray) -> FloatArray:
    """Log of the integral of exp(-s²/2), 0 <= start <= s <= stop."""
    nodes, weights = legendre(24)
    end = np.minimum(stop, np.sqrt(start**2 + 2 * _DROP))
    half = 0.5 * np.maximum(end - start, 0.0)
    step = half[:, None] * (1 + nodes)
    total = np.exp(-step * (start[:, None] + 0.5 * step)) @ weights
    return np.asarray(_log(half * total) - 0.5 * start**2)


def _log(values: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(values))
