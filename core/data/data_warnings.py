"""Warnings about a dataset before training: leaks of the target, imbalance, too many columns."""

from __future__ import annotations

import numpy as np

from core.base.arrays import FloatArray, IntArray
from core.data.dataset import Dataset
from core.data.from_table import listed

MAX_IMBALANCE = 0.98


def dataset_warnings(dataset: Dataset) -> tuple[str, ...]:
    """Return the warnings about a dataset, one or two sentences each; empty if there is none.

    A column that alone tells the class of every row, one class with 98 % of the rows or more, and
    more columns than rows. (Ids, constant columns and labels that look alike are in the dataset's
    notes.)

    Examples
    --------
    >>> from core.data.dataset import Feature
    >>> X = [[0.0, 1.0], [1.0, 5.0], [0.0, 2.0], [1.0, 1.0]]
    >>> data = Dataset("d", (Feature("alive"), Feature("age")), X, [1, 0, 1, 0], ("no", "yes"))
    >>> dataset_warnings(data)[0]
    'alive alone tells class in every row: it may be the label under another name.'
    """
    found = []
    telling = [
        feature.name
        for feature, values in zip(dataset.features, dataset.X.T, strict=True)
        if leaks_target(values, dataset.y)
    ]
    if telling:
        verb = "tells" if len(telling) == 1 else "tell, each,"
        found.append(
            f"{listed(telling)} alone {verb} {dataset.target} in every row: "
            "it may be the label under another name."
        )
    counts = np.bincount(dataset.y, minlength=dataset.n_classes)
    share = counts.max() / max(dataset.n_samples, 1)
    if share >= MAX_IMBALANCE:
        found.append(
            f"{share:.1%} of the rows are {dataset.classes[int(counts.argmax())]}: a model that "
            "always says so is hard to beat by accuracy, so look at the other figures."
        )
    if dataset.n_features > dataset.n_samples:
        found.append(
            f"There are more columns ({dataset.n_features}) than rows ({dataset.n_samples}): "
            "a model can learn every train row by heart."
        )
    return tuple(found)


def leaks_target(values: FloatArray, y: IntArray) -> bool:
    """Tell whether each class has just one value of its own in this column, missing nowhere.

    So a column of codes or of words that stands for the class; a measurement that happens to
    separate the classes has many values and is not meant.
    """
    if np.isnan(values).any() or len(values) == 0:
        return False
    first = np.full(int(y.max()) + 1, np.nan)
    first[y] = values
    known = first[~np.isnan(first)]
    return bool((first[y] == values).all()) and len(np.unique(known)) == len(known)
