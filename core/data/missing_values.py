"""Missing values: rows are dropped, or values imputed."""

from __future__ import annotations

import numpy as np

from core.base.arrays import FloatArray, IntArray, take_columns
from core.base.errors import UserError
from core.base.registry import Choice, Registry
from core.data.dataset import Dataset, Feature
from core.data.scaling import weighted_quantiles

MISSING: Registry[Choice] = Registry(
    "way with missing values",
    [
        Choice("drop", "Leave out the row", "A row with any missing value is left out."),
        Choice("mean", "Mean", "A number gets its train mean, a category its commonest level."),
        Choice(
            "median", "Median", "A number gets its train median, a category its commonest level."
        ),
        Choice(
            "category",
            "A category of its own",
            "Being missing becomes an input of its own; a number gets its train mean besides.",
        ),
    ],
)
"""Every way with missing values, by name."""

OWN_LEVEL = -1.0


def complete_rows(dataset: Dataset, drop: bool) -> tuple[IntArray, list[str]]:
    """Return the rows to keep, and a note on those that are left out.

    Raises
    ------
    UserError
        If fewer than two classes would be left.
    """
    every = np.arange(dataset.n_samples)
    gaps = np.isnan(dataset.X)
    if not drop or not gaps.any():
        return every, []
    rows = every[~gaps.any(axis=1)]
    lost = dataset.n_samples - len(rows)
    if len(np.unique(dataset.y[rows])) < 2:
        worst = dataset.features[int(gaps.sum(axis=0).argmax())].name
        raise UserError(
            f"{dataset.name} was not prepared.",
            f"{lost} of {dataset.n_samples} rows have a missing value, most of them in {worst}; "
            "without them fewer than two classes are left.",
            f"Fill missing values instead, or leave out the column {worst}.",
        )
    return rows, [f"{lost} of {dataset.n_samples} rows have a missing value and were left out."]


def fit_fill(
    features: tuple[Feature, ...], X: FloatArray, missing: str, weights: FloatArray | None = None
) -> tuple[FloatArray, list[str]]:
    """Fit the value to be imputed for each column.

    Parameters
    ----------
    features : tuple of Feature
    X : ndarray, shape (n, n_features)
        Raw train rows.
    missing : str
        A key of `MISSING`; with ``"category"`` a category that lacks values here gets the code -1.
    weights : ndarray, shape (n,), optional
        How much each row counts, above 0.

    Returns
    -------
    fill : ndarray, shape (n_features,)
    notes : list of str
    """
    fill = np.zeros(X.shape[1])
    gaps = np.isnan(X)
    counts = gaps.sum(axis=0)
    numbers = np.array([not feature.levels for feature in features])
    whole = np.flatnonzero(numbers & (counts == 0))
    fill[whole] = _centre(take_columns(X, whole), missing, weights)
    for j in np.flatnonzero(numbers & (counts > 0) & (counts < len(X))):
        known = ~gaps[:, j]
        own = None if weights is None else weights[known]
        fill[j] = _centre(X[known, j], missing, own)
    for j in np.flatnonzero(~numbers):
        if missing == "category" and counts[j]:
            fill[j] = OWN_LEVEL
        elif counts[j] < len(X):
            known = ~gaps[:, j]
            own = None if weights is None else weights[known]
            fill[j] = np.bincount(X[known, j].astype(np.int64), weights=own).argmax()
    unknown = np.flatnonzero(counts == len(X))
    return fill, [f"{features[j].name} has no value in any train row." for j in unknown]


def _centre(X: FloatArray, missing: str, weights: FloatArray | None) -> FloatArray:
    """Return the mean or the median along the rows."""
    if weights is None:
        return np.asarray(np.median(X, axis=0) if missing == "median" else X.mean(axis=0))
    if missing == "median":
        columns = X.reshape(len(X), -1)
        return np.reshape(weighted_quantiles(columns, (0.5,), weights), X.shape[1:])
    return np.asarray(np.average(X, axis=0, weights=weights))
