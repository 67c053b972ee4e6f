"""How data are drawn so that their true P(y | x) is known.

Every generator draws a class, places a point of that class on a shape, and adds round Gaussian
noise: the density of a class is the shape blurred by a Gaussian, and Bayes' rule gives P(y | x).
The truth describes the generator itself: its class shares and its share of flipped labels as asked
for. The rows hold each class in that share to the nearest row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.base.arrays import Codes, Floats
from core.base.errors import UserError
from core.data.basics import Feature, Truth
from core.data.dataset import Dataset

THICKNESS = 0.02


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
    place: Callable[[int, Floats], Floats]
    log_density: Callable[[Floats, int, float], Floats]
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

    def _shares(self, imbalance: float) -> Floats:
        rarer = (1 - imbalance) ** np.linspace(0, 1, self.n_classes)
        shares = np.asarray(self.shares or (1.0,) * self.n_classes) * rarer
        return np.asarray(shares / shares.sum())

    def _truth(self, shares: Floats, sigmas: tuple[float, ...], label_flips: float) -> Truth:
        def truth(X: Floats) -> Floats:
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


def check_share(name: str, knob: str, value: float, high: float) -> None:
    """Raise a UserError unless 0 <= value <= high (NaN is refused too)."""
    if not 0 <= value <= high:
        why = f"The {knob} must lie between 0 and {high:g}; it is {value:g}."
        raise UserError(f"{name} was not drawn.", why, "Choose a value in that range.")


def apportion(rows: int, shares: Floats) -> Codes:
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


def flip_labels(y: Codes, share: float, n_classes: int, seed: int) -> Codes:
    """Move a share of the labels (to the nearest row) each to another class, drawn evenly.

    A larger share flips the same rows and more.
    """
    rng = np.random.default_rng((seed, 1_000_003))
    rows = rng.permutation(len(y))[: round(share * len(y))]
    away = rng.integers(1, n_classes, size=len(y))
    flipped = y.copy()
    flipped[rows] = (y[rows] + away[rows]) % n_classes
    return flipped


def flip_truth(probabilities: Floats, share: float) -> Floats:
    """P(label | x) after a share s of labels was flipped: (1 - s) p_k + s (1 - p_k) / (K - 1)."""
    others = (1 - probabilities) / (probabilities.shape[1] - 1)
    return np.asarray((1 - share) * probabilities + share * others)
