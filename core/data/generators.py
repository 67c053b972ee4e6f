"""The generators: shapes in the plane whose true P(y | x) is known.

Every generator draws a class, places a point of that class on a shape, and adds isotropic Gaussian
noise: the density of a class is the shape blurred by a Gaussian, and Bayes' rule gives P(y | x).
The truth describes the generator itself: its class shares and its share of flipped labels as asked
for. The rows hold each class in that share to the nearest row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.base.arrays import FloatArray, IntArray
from core.base.errors import UserError
from core.base.registry import Registry
from core.data.dataset import Dataset, Feature, Truth
from core.data.densities import (
    legendre,
    log_curve,
    log_gaussian,
    log_half_ring,
    log_interval,
    log_ring,
)
from core.data.perturbations import check_share, flip_labels, flip_truth


def _polar(radius: FloatArray | float, angle: FloatArray) -> FloatArray:
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


_MOONS = ((-0.5, -0.25), (0.5, 0.25))


def _place_moon(k: int, u: FloatArray) -> FloatArray:
    return np.asarray(_polar(1.0, np.pi * (u[:, 0] + k)) + _MOONS[k])


def _moon_density(X: FloatArray, k: int, sigma: float) -> FloatArray:
    return log_half_ring(X, _MOONS[k], np.pi * (k + 0.5), sigma)


_RADII = (1.0, 0.5)


def _place_circle(k: int, u: FloatArray) -> FloatArray:
    return _polar(_RADII[k], 2 * np.pi * u[:, 0])


def _circle_density(X: FloatArray, k: int, sigma: float) -> FloatArray:
    return log_ring(X, _RADII[k], sigma)


def _place_xor(k: int, u: FloatArray) -> FloatArray:
    # The first uniform number chooses one of the class's two squares, then the place along it.
    side = np.where(u[:, 0] < 0.5, 1.0, -1.0)
    along = np.modf(2 * u[:, 0])[0]
    return np.stack([side * along, (1 - 2 * k) * side * u[:, 1]], axis=1)


def _xor_density(X: FloatArray, k: int, sigma: float) -> FloatArray:
    right, left = (log_interval(X[:, 0], low, low + 1.0, sigma) for low in (0.0, -1.0))
    up, down = (log_interval(X[:, 1], low, low + 1.0, sigma) for low in (0.0, -1.0))
    if k == 1:
        up, down = down, up
    return np.asarray(np.logaddexp(right + up, left + down) - np.log(2.0))


_TURNS, _INNER = 1.5, 0.1


def _spiral(t: FloatArray, start: float) -> FloatArray:
    return _polar(_INNER + (1 - _INNER) * t, 2 * np.pi * _TURNS * t + start)


def _place_spiral(arms: int) -> Callable[[int, FloatArray], FloatArray]:
    return lambda k, u: _spiral(u[:, 0], 2 * np.pi * k / arms)


def _spiral_density(arms: int) -> Callable[[FloatArray, int, float], FloatArray]:
    def density(X: FloatArray, k: int, sigma: float) -> FloatArray:
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


def _place_centre(centres: Points) -> Callable[[int, FloatArray], FloatArray]:
    return lambda k, u: np.tile(np.asarray(centres[k]), (len(u), 1))


def _centre_density(centres: Points) -> Callable[[FloatArray, int, float], FloatArray]:
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


@dataclass(frozen=True, slots=True)
class Generator:
    """A way to draw points of K classes, with the density of each class.

    Parameters
    ----------
    name, label, description : str
        The key; what the window calls it; one sentence on what it teaches.
    place : callable
        (class, uniforms of shape (n, 2)) -> noise-free points of shape (n, d).
    log_density : callable
        (X of shape (n, d), class, sigma) -> log p(x | class), shape (n,).
    spread : tuple of float
        For each of the K classes, sigma at noise 1; at noise 0 a thickness of 0.02 remains, so that
        P(y | x) exists everywhere.
    shares : tuple of float
        For each class its share before imbalance; empty means equal.
    dimension : int
        The number of features.
    """

    name: str
    label: str
    description: str
    place: Callable[[int, FloatArray], FloatArray]
    log_density: Callable[[FloatArray, int, float], FloatArray]
    spread: tuple[float, ...]
    shares: tuple[float, ...] = ()
    dimension: int = 2

    @property
    def n_classes(self) -> int:
        """The number of classes, K."""
        return len(self.spread)

    def make(
        self,
        rows: int = 500,
        noise: float = 0.2,
        imbalance: float = 0.0,
        label_flips: float = 0.0,
        seed: int = 0,
    ) -> Dataset:
        """Draw a dataset; the same arguments give the same rows.

        Moving ``noise`` alone moves each point along a straight line, and raising ``label_flips``
        keeps the labels already flipped, so that a dragged slider looks continuous.

        Parameters
        ----------
        rows : int
            At least two for each class.
        noise : float
            0 (clean shapes) to 1 (classes all but mixed).
        imbalance : float
            0 (shares as the generator has them) up to, not including, 1: beside the first
            class the last becomes ``1 - imbalance`` times as common as it was, those between in
            proportion.
        label_flips : float
            Share of labels moved to another class drawn at random, 0 to 1.
        seed : int
            0 or more.

        Raises
        ------
        UserError
            If an argument is outside its range.
        """
        self._check(rows, noise, imbalance, label_flips)
        shares = self._shares(imbalance)
        sigmas = tuple(THICKNESS + (s - THICKNESS) * noise for s in self.spread)
        y = np.repeat(np.arange(self.n_classes), apportion(rows, shares))
        X = np.empty((rows, self.dimension))
        for k, sigma in enumerate(sigmas):
            members = y == k
            count = int(members.sum())
            where = np.random.default_rng((seed, k, 0)).random((count, 2))
            blur = np.random.default_rng((seed, k, 1)).standard_normal((count, self.dimension))
            X[members] = self.place(k, where) + sigma * blur
        order = np.random.default_rng((seed, self.n_classes)).permutation(rows)
        X, y = X[order], flip_labels(y[order], label_flips, self.n_classes, seed)
        return Dataset(
            name=self.label,
            features=tuple(Feature(f"x{j + 1}") for j in range(self.dimension)),
            X=X,
            y=y,
            classes=tuple(str(k) for k in range(self.n_classes)),
            source="Drawn by Credence",
            truth=self._truth(shares, sigmas, label_flips),
        )

    def _shares(self, imbalance: float) -> FloatArray:
        rarer = (1 - imbalance) ** np.linspace(0, 1, self.n_classes)
        shares = np.asarray(self.shares or (1.0,) * self.n_classes) * rarer
        return np.asarray(shares / shares.sum())

    def _truth(self, shares: FloatArray, sigmas: tuple[float, ...], label_flips: float) -> Truth:
        def truth(X: FloatArray) -> FloatArray:
            points = np.asarray(X, dtype=np.float64)
            logs = [self.log_density(points, k, sigma) for k, sigma in enumerate(sigmas)]
            joint = np.stack(logs, axis=1) + np.log(shares)
            # softmax of log p(x | k) + log P(k) is Bayes' rule.
            likelihood = np.exp(joint - joint.max(axis=1, keepdims=True))
            return flip_truth(likelihood / likelihood.sum(axis=1, keepdims=True), label_flips)

        return truth

    def _check(self, rows: int, noise: float, imbalance: float, label_flips: float) -> None:
        if rows < 2 * self.n_classes:
            raise UserError(
                f"{self.label} was not drawn.",
                f"It has {self.n_classes} classes and {rows} rows were asked for.",
                f"Ask for {2 * self.n_classes} rows or more.",
            )
        check_share(self.label, "noise", noise, 1.0)
        check_share(self.label, "imbalance", imbalance, 0.999)
        check_share(self.label, "share of flipped labels", label_flips, 1.0)


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


THICKNESS = 0.02


def apportion(rows: int, shares: FloatArray) -> IntArray:
    """Divide rows among shares by largest remainder, with at least one row each.

    Examples
    --------
    >>> apportion(10, np.array([0.55, 0.45])).tolist()
    [6, 4]
    """
    quota = rows * shares
    counts = np.floor(quota + 1e-9).astype(np.int64)
    left_over = np.argsort(counts - quota, kind="stable")[: rows - int(counts.sum())]
    counts[left_over] += 1
    for k in np.flatnonzero(counts == 0):
        counts[counts.argmax()] -= 1
        counts[k] = 1
    return counts
