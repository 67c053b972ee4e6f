"""Label noise and class imbalance, added to any dataset on purpose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.base.arrays import FloatArray, IntArray
from core.base.errors import UserError
from core.data.dataset import Dataset, Truth


def with_label_flips(dataset: Dataset, share: float, seed: int = 0) -> Dataset:
    """Return the dataset with a share of its labels moved to another class, drawn evenly.

    A larger share with the same seed flips the same rows and more. ``truth``, where known, follows.

    Raises
    ------
    UserError
        If ``share`` is not in [0, 1].
    """
    check_share(dataset.name, "share of flipped labels", share, 1.0)
    if share == 0:
        return dataset
    note = f"{share:.0%} of the labels were flipped on purpose."
    return replace(
        dataset,
        y=flip_labels(dataset.y, share, dataset.n_classes, seed),
        truth=_flipped(dataset.truth, share) if dataset.truth else None,
        notes=(*dataset.notes, note),
    )


def with_imbalance(dataset: Dataset, imbalance: float, seed: int = 0) -> Dataset:
    """Return fewer rows of the later classes; the first class keeps all of its rows.

    The last class keeps ``1 - imbalance`` of its rows and those between in geometric proportion, at
    least one each, drawn at random; a larger imbalance with the same seed keeps some of the same.
    ``truth``, where known, is reweighted by what each class kept: P(y | x) ∝ P(y | x) kept_y.

    Raises
    ------
    UserError
        If ``imbalance`` is not in [0, 1).
    """
    check_share(dataset.name, "imbalance", imbalance, 0.999)
    if imbalance == 0:
        return dataset
    shares = (1 - imbalance) ** np.linspace(0, 1, dataset.n_classes)
    order = np.random.default_rng((seed, 1_000_033)).permutation(dataset.n_samples)
    kept, fractions = [], np.ones(dataset.n_classes)
    for k, share in enumerate(shares):
        members = order[dataset.y[order] == k]
        some = members[: max(round(share * len(members)), 1)]
        kept.append(some)
        fractions[k] = len(some) / max(len(members), 1)
    rows = np.sort(np.concatenate(kept))
    return replace(
        dataset,
        X=dataset.X[rows],
        y=dataset.y[rows],
        split=None if dataset.split is None else dataset.split[rows],
        weights=None if dataset.weights is None else dataset.weights[rows],
        truth=_reweighted(dataset.truth, fractions) if dataset.truth else None,
        notes=(*dataset.notes, f"Rows left out on purpose: {dataset.n_samples - len(rows)}."),
    )


def _flipped(truth: Truth, share: float) -> Truth:
    return lambda X: flip_truth(truth(X), share)


def _reweighted(truth: Truth, fractions: FloatArray) -> Truth:
    def reweighted(X: FloatArray) -> FloatArray:
        joint = truth(X) * fractions
        return np.asarray(joint / joint.sum(axis=1, keepdims=True))

    return reweighted


def check_share(name: str, knob: str, value: float, high: float) -> None:
    """Raise a UserError unless 0 <= value <= high (NaN is refused too)."""
    if not 0 <= value <= high:
        why = f"The {knob} must lie between 0 and {high:g}; it is {value:g}."
        raise UserError(f"{name} was not drawn.", why, "Choose a value in that range.")


def flip_labels(y: IntArray, share: float, n_classes: int, seed: int) -> IntArray:
    """Move a share of the labels (to the nearest row) each to another class, drawn evenly.

    A larger share flips the same rows and more.
    """
    rng = np.random.default_rng((seed, 1_000_003))
    rows = rng.permutation(len(y))[: round(share * len(y))]
    away = rng.integers(1, n_classes, size=len(y))
    flipped = y.copy()
    flipped[rows] = (y[rows] + away[rows]) % n_classes
    return flipped


def flip_truth(probabilities: FloatArray, share: float) -> FloatArray:
    """P(label | x) after a share s of labels was flipped: (1 - s) p_k + s (1 - p_k) / (K - 1)."""
    others = (1 - probabilities) / (probabilities.shape[1] - 1)
    return np.asarray((1 - share) * probabilities + share * others)
