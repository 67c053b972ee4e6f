"""Class weights and sample weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.base.arrays import FloatArray, IntArray
from core.base.errors import UserError
from core.base.registry import Choice, Registry
from core.data.dataset import Dataset

CLASS_WEIGHTS: Registry[Choice] = Registry(
    "class weighting",
    [
        Choice("none", "None", "Every row counts alike."),
        Choice("balanced", "Balanced", "Every class counts alike, however many rows it has."),
        Choice("custom", "Your own", "One weight for each class."),
    ],
)
"""Every class weighting, by name."""


def fit_class_weights(
    choice: str | Sequence[float],
    y: IntArray,
    classes: tuple[str, ...],
    sample_weights: FloatArray | None = None,
) -> FloatArray:
    """Return one weight for each class, fitted on the train labels ``y``.

    ``"balanced"`` is n / (K n_k), as in scikit-learn, over the K classes that have train rows; n
    and n_k are sums of the sample weights (n,), where there are any. A class that has none gets
    weight 1. ``"none"`` and an empty sequence give 1 to each.

    Raises
    ------
    UserError
        If the sequence is not one positive number for each class.

    Examples
    --------
    >>> fit_class_weights("balanced", np.array([0, 0, 0, 1]), ("a", "b")).round(3).tolist()
    [0.667, 2.0]
    """
    counts = np.bincount(y, weights=sample_weights, minlength=len(classes))
    if isinstance(choice, str):
        CLASS_WEIGHTS[choice]
        weights = np.ones(len(classes))
        if choice == "balanced":
            there = counts > 0
            weights[there] = counts.sum() / (there.sum() * counts[there])
        return weights
    weights = np.asarray(choice, dtype=np.float64)
    if weights.size == 0:
        return np.ones(len(classes))
    if weights.shape != (len(classes),) or not (np.isfinite(weights) & (weights > 0)).all():
        raise UserError(
            "The class weights were not used.",
            f"They must be {len(classes)} positive numbers, one for each of {', '.join(classes)}.",
            "Give one positive number for each class.",
        )
    return weights


def row_weights(
    dataset: Dataset, rows: IntArray, class_weights: FloatArray, in_train: NDArray[np.bool_]
) -> FloatArray:
    """Multiply sample weights by class weights and scale them to mean 1 over train rows.

    Parameters
    ----------
    dataset : Dataset
    rows : ndarray, shape (n,)
        The kept rows.
    class_weights : ndarray, shape (n,)
        Each kept row's class weight.
    in_train : ndarray of bool, shape (n,)

    Raises
    ------
    UserError
        If a sample weight is negative or no train row has a positive one.
    """
    weights = class_weights if dataset.weights is None else dataset.weights[rows] * class_weights
    mean = float(weights[in_train].mean())
    if not (weights >= 0).all() or not 0 < mean < np.inf:
        raise UserError(
            f"{dataset.name} was not prepared.",
            "A sample weight is negative or not a number, or every train row has weight 0.",
            "Choose another weight column, or none.",
        )
    return np.asarray(weights / mean)
