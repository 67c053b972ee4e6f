"""A dataset, in raw units and immutable: features, labels, classes, and what is known of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.base.arrays import FloatArray, IntArray, read_only


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """A table of features with one label a row, in raw units.

    Parameters
    ----------
    name : str
        What the window calls it.
    features : tuple of Feature
        One a column of ``X``.
    X : ndarray, shape (n_samples, n_features)
        float64, raw units; NaN is missing; a category stands as its level's code. Read-only.
    y : ndarray, shape (n_samples,)
        int64 labels 0..K-1, in the order of ``classes``. Read-only.
    classes : tuple of str
        The K class names, in the order they are shown.
    target, source, licence : str
        Name of the label's column; where the data come from and under what licence.
    notes : tuple of str
        What was left out or altered, in words for the user.
    truth : callable, optional
        Raw ``X`` of shape (n, n_features) -> P(y | x) of shape (n, K), where it is known.
    split : ndarray, shape (n_samples,), optional
        A given split: 0 train, 1 validation, 2 test. Read-only.
    weights : ndarray, shape (n_samples,), optional
        Sample weights. Read-only.
    weight_name : str
        The column they come from; empty without any.

    Raises
    ------
    ValueError
        If the shapes do not agree or a label is not one of the classes.

    Examples
    --------
    >>> data = Dataset("two", (Feature("x"),), [[0.0], [1.0]], [0, 1], ("a", "b"))
    >>> data.n_samples, data.n_features, data.n_classes
    (2, 1, 2)
    """

    name: str
    features: tuple[Feature, ...]
    X: FloatArray
    y: IntArray
    classes: tuple[str, ...]
    target: str = "class"
    source: str = ""
    licence: str = ""
    notes: tuple[str, ...] = ()
    truth: Truth | None = None
    split: NDArray[np.int8] | None = None
    weights: FloatArray | None = None
    weight_name: str = ""

    def __post_init__(self) -> None:
        """Check the shapes and make the arrays read-only."""
        object.__setattr__(self, "X", read_only(self.X, np.float64))
        object.__setattr__(self, "y", read_only(self.y, np.int64))
        if self.X.ndim != 2 or self.X.shape[1] != len(self.features):
            raise ValueError(f"X has shape {self.X.shape} for {len(self.features)} features")
        if self.y.shape != self.X.shape[:1]:
            raise ValueError(f"y has shape {self.y.shape} for {len(self.X)} rows")
        if self.y.size and not 0 <= self.y.min() <= self.y.max() < len(self.classes):
            raise ValueError(f"labels must be 0 to {len(self.classes) - 1}")
        for name, dtype in (("split", np.int8), ("weights", np.float64)):
            if (given := getattr(self, name)) is not None:
                object.__setattr__(self, name, read_only(given, dtype))
                if getattr(self, name).shape != self.y.shape:
                    raise ValueError(f"{name} must have one value a row")

    @property
    def n_samples(self) -> int:
        """The number of rows."""
        return int(self.X.shape[0])

    @property
    def n_features(self) -> int:
        """The number of columns the classifier may look at."""
        return int(self.X.shape[1])

    @property
    def n_classes(self) -> int:
        """The number of classes, K."""
        return len(self.classes)


Truth = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, slots=True, eq=False)
class Feature:
    """One column the classifier may look at.

    Parameters
    ----------
    name : str
        The column's name.
    levels : tuple of str
        Empty for a number; the level names of a category, in the order of its codes.
    """

    name: str
    levels: tuple[str, ...] = ()
