"""Which two features show the classes best: what a new data set is first drawn by."""

from __future__ import annotations

import numpy as np

from core.base.arrays import Floats
from core.data.dataset import Dataset

MOST_ROWS = 2_000
MOST_ALIKE = 0.9  # correlation above which a second axis would show the first again


def telling_pair(dataset: Dataset) -> tuple[int, int]:
    """Return the two features that part the classes most, each by itself, and differ themselves.

    Features are ranked by the F ratio of a one-way analysis of variance (Fisher 1925), numbers
    before categories; the second is the best that is not nearly the first again. Two features are
    kept in their order.

    Examples
    --------
    >>> from core.data.gallery import load
    >>> iris = load("iris")
    >>> [iris.features[j].name for j in telling_pair(iris)]
    ['petal length (cm)', 'sepal length (cm)']
    """
    if dataset.n_features < 3:
        return 0, dataset.n_features - 1
    stride = -(-dataset.n_samples // MOST_ROWS)
    X, y = dataset.X[::stride], dataset.y[::stride]
    known = np.isfinite(X)
    means = np.where(known, X, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    X = np.where(known, X, means)
    is_category = [bool(feature.levels) for feature in dataset.features]
    ratios = np.array([_f_ratio(column, y) for column in X.T])
    telling = np.where(is_category, -np.inf, ratios)
    order = np.argsort(-telling, kind="stable")
    first = order[0]
    alike = np.abs(_correlations(X, first))
    second = next((j for j in order[1:] if alike[j] < MOST_ALIKE), order[1])
    return int(first), int(second)


def _f_ratio(values: Floats, y: np.ndarray) -> float:
    """Return the variance between classes over that within, the degrees of freedom left out."""
    centred = values - values.mean()
    counts = np.bincount(y)
    sums = np.bincount(y, centred)
    between = float(np.sum(sums[counts > 0] ** 2 / counts[counts > 0]))
    within = float(centred @ centred) - between
    return between / within if within > 1e-12 * between else (np.inf if between > 0.0 else 0.0)


def _correlations(X: Floats, first: int) -> Floats:
    centred = X - X.mean(axis=0)
    lengths = np.sqrt(np.square(centred).sum(axis=0))
    lengths[lengths == 0.0] = 1.0
    units = centred / lengths
    return np.asarray(units.T @ units[:, first])
