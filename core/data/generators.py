"""The generators: shapes in the plane, each with what it teaches and its exact class densities."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.base.arrays import Floats
from core.base.registry import Registry
from core.data.densities import (
    legendre,
    log_curve,
    log_gaussian,
    log_half_ring,
    log_interval,
    log_ring,
)
from core.data.drawing import Generator


def _polar(radius: Floats | float, angle: Floats) -> Floats:
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


_MOONS = ((-0.5, -0.25), (0.5, 0.25))


def _place_moon(k: int, u: Floats) -> Floats:
    return np.asarray(_polar(1.0, np.pi * (u[:, 0] + k)) + _MOONS[k])


def _moon_density(X: Floats, k: int, sigma: float) -> Floats:
    return log_half_ring(X, _MOONS[k], np.pi * (k + 0.5), sigma)


_RADII = (1.0, 0.5)


def _place_circle(k: int, u: Floats) -> Floats:
    return _polar(_RADII[k], 2 * np.pi * u[:, 0])


def _circle_density(X: Floats, k: int, sigma: float) -> Floats:
    return log_ring(X, _RADII[k], sigma)


def _place_xor(k: int, u: Floats) -> Floats:
    # The first uniform number chooses one of the class's two squares, then the place along it.
    side = np.where(u[:, 0] < 0.5, 1.0, -1.0)
    along = np.modf(2 * u[:, 0])[0]
    return np.stack([side * along, (1 - 2 * k) * side * u[:, 1]], axis=1)


def _xor_density(X: Floats, k: int, sigma: float) -> Floats:
    right, left = (log_interval(X[:, 0], low, low + 1.0, sigma) for low in (0.0, -1.0))
    up, down = (log_interval(X[:, 1], low, low + 1.0, sigma) for low in (0.0, -1.0))
    if k == 1:
        up, down = down, up
    return np.asarray(np.logaddexp(right + up, left + down) - np.log(2.0))


_TURNS, _INNER = 1.5, 0.1


def _spiral(t: Floats, start: float) -> Floats:
    return _polar(_INNER + (1 - _INNER) * t, 2 * np.pi * _TURNS * t + start)


def _place_spiral(arms: int) -> Callable[[int, Floats], Floats]:
    return lambda k, u: _spiral(u[:, 0], 2 * np.pi * k / arms)


def _spiral_density(arms: int) -> Callable[[Floats, int, float], Floats]:
    def density(X: Floats, k: int, sigma: float) -> Floats:
        # Panels of about 3 sigma with 8 Gauss-Legendre nodes each give log p to 1e-6 and better
        # where data are. They halve towards the ends, beyond which p falls exponentially along the
        # curve.
        panels = int(np.ceil(2 * np.pi * _TURNS / (3 * sigma)))
        inner, outer = (0.5 ** np.arange(1, np.log2(reach / sigma) + 1) for reach in (1.0, 9.0))
        edges = np.concatenate([np.arange(panels + 1), inner, panels - outer])
        edges = np.sort(edges) / panels
        nodes, weights = legendre(8)
        half = 0.5 * np.diff(edges)[:, None]
        t = edges[:-1, None] + half * (1 + nodes)
        points = _spiral(t.ravel(), 2 * np.pi * k / arms).reshape(*t.shape, 2)
        return log_curve(X, points, half * weights, sigma)

    return density


Points = tuple[tuple[float, ...], ...]


def _place_centre(centres: Points) -> Callable[[int, Floats], Floats]:
    return lambda k, u: np.tile(np.asarray(centres[k]), (len(u), 1))


def _centre_density(centres: Points) -> Callable[[Floats, int, float], Floats]:
    return lambda X, k, sigma: log_gaussian(X, centres[k], sigma)


def _gaussians(
    name: str,
    label: str,
    description: str,
    *,
    centres: Points,
    spread: tuple[float, ...],
    shares: tuple[float, ...] = (),
) -> Generator:
    place, density = _place_centre(centres), _centre_density(centres)
    return Generator(name, label, description, place, density, spread, shares, len(centres[0]))


def _corners(n: int) -> Points:
    angles = np.pi / 2 + 2 * np.pi * np.arange(n) / n
    return tuple((float(np.cos(a)), float(np.sin(a))) for a in angles)


_PAIR: Points = ((-0.6, 0.0), (0.6, 0.0))

GENERATORS: Registry[Generator] = Registry(
    "generator",
    [
        Generator(
            "two_moons",
            "Two moons",
            "Two interlocking half circles: no straight line divides them, a small network does.",
            _place_moon,
            _moon_density,
            (0.6, 0.6),
        ),
        Generator(
            "circles",
            "Circles",
            "A ring inside a ring: the boundary must close on itself.",
            _place_circle,
            _circle_density,
            (0.4, 0.4),
        ),
        _gaussians(
            "blobs",
            "Three blobs",
            "Three round clusters: the simplest problem with more than two classes.",
            centres=_corners(3),
            spread=(1.5, 1.5, 1.5),
        ),
        Generator(
            "xor",
            "XOR",
            "Opposite quadrants share a class: neither feature alone says anything.",
            _place_xor,
            _xor_density,
            (0.5, 0.5),
        ),
        Generator(
            "spirals",
            "Two spirals",
            "Two arms wound round each other: a hard boundary that needs width or depth.",
            _place_spiral(2),
            _spiral_density(2),
            (0.2, 0.2),
        ),
        _gaussians(
            "unequal_gaussians",
            "Gaussians of unequal spread",
            "A narrow and a wide cloud: the best boundary is a circle, and no line is calibrated.",
            centres=((-0.5, 0.0), (0.5, 0.0)),
            spread=(0.6, 1.8),
        ),
        _gaussians(
            "imbalanced",
            "Imbalanced",
            "Nine rows of one class to one of the other: accuracy flatters, probabilities do not.",
            centres=_PAIR,
            spread=(1.5, 1.5),
            shares=(0.9, 0.1),
        ),
        _gaussians(
            "two_gaussians",
            "Two Gaussians of equal spread",
            "The true P(y | x) is a sigmoid of a line: logistic regression can be exactly right.",
            centres=_PAIR,
            spread=(1.5, 1.5),
        ),
        Generator(
            "three_spirals",
            "Three spirals",
            "Three arms wound round each other: more than two classes and a winding boundary.",
            _place_spiral(3),
            _spiral_density(3),
            (0.15, 0.15, 0.15),
        ),
        _gaussians(
            "six_blobs",
            "Six blobs",
            "Six round clusters on a hexagon: softmax with many classes.",
            centres=_corners(6),
            spread=(0.9,) * 6,
        ),
    ],
)
"""Every generator, by name."""
