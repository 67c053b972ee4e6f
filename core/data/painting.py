"""Painted points: a data set that the user draws, and tables turned into points to paint on."""

from __future__ import annotations

import numpy as np

from core.base.errors import UserError
from core.data.basics import Feature
from core.data.dataset import Dataset

Point = tuple[float, float, int]


LEAST_POINTS, LEAST_CLASSES = 3, 2


def classes_of(points: tuple[Point, ...]) -> int:
    """Return how many classes have points."""
    return len({kind for _, _, kind in points})


def can_be_learnt(points: tuple[Point, ...]) -> bool:
    """Tell whether points are enough to learn from: at least three, of two classes.

    Examples
    --------
    >>> can_be_learnt(((0.0, 0.0, 0), (1.0, 0.0, 0))), can_be_learnt(((0.0, 0.0, 0),) * 3)
    (False, False)
    """
    return len(points) >= LEAST_POINTS and classes_of(points) >= LEAST_CLASSES


def dataset_of_points(points: tuple[Point, ...]) -> Dataset:
    """Return painted points (x, y, class) as a data set with features x1 and x2.

    Classes are named by their number; a class that lies between others may be without points.

    Raises
    ------
    UserError
        Where there are fewer than two classes, or fewer than three points.
    """
    if not can_be_learnt(points):
        why = f"There are {len(points)} points of {classes_of(points)} classes."
        mend = "Paint at least three points, of two classes."
        raise UserError("There is nothing to learn yet.", why, mend)
    cells = np.array(points)
    names = tuple(str(kind) for kind in range(int(cells[:, 2].max()) + 1))
    return Dataset(
        "Painted",
        (Feature("x1"), Feature("x2")),
        cells[:, :2],
        cells[:, 2].astype(np.int64),
        names,
    )


def points_of(dataset: Dataset, most: int) -> tuple[Point, ...]:
    """Return a data set of two numbers as points, at most that many, spread evenly over its rows.

    Rows with a missing value are left out; a data set of another form gives no points.
    """
    if dataset.n_features != 2 or any(feature.levels for feature in dataset.features):
        return ()
    known = np.flatnonzero(np.isfinite(dataset.X).all(axis=1))
    if len(known) > most:
        known = known[np.linspace(0, len(known) - 1, most).astype(np.int64)]
    return tuple((float(dataset.X[i, 0]), float(dataset.X[i, 1]), int(dataset.y[i])) for i in known)
