"""The small shared values of the data rooms: array types, the three parts, a feature."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Truth = Callable[[Floats], Floats]

TRAIN, VALIDATION, TEST = 0, 1, 2
SPLITS = ("train", "validation", "test")


def read_only(values: object, dtype: type[np.generic]) -> NDArray[Any]:
    """Return the values as a C-ordered array that refuses to be written to."""
    array: NDArray[Any] = np.ascontiguousarray(values, dtype=dtype).view()
    array.flags.writeable = False
    return array


def take_columns(X: Floats, columns: Sequence[int] | Codes) -> Floats:
    """Return these columns of X: X itself where they are all of them, in order; else a copy."""
    if np.array_equal(columns, np.arange(X.shape[1])):
        return X
    return X[:, columns]


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
