"""Array types, the three parts of the data, and small helpers of arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


TRAIN, VALIDATION, TEST = 0, 1, 2
SPLITS = ("train", "validation", "test")


def read_only(values: object, dtype: type[np.generic] = np.float64) -> NDArray[Any]:
    """Return the values as a C-ordered array that refuses to be written to."""
    array: NDArray[Any] = np.ascontiguousarray(values, dtype=dtype).view()
    array.flags.writeable = False
    return array


def take_columns(X: FloatArray, columns: Sequence[int] | IntArray) -> FloatArray:
    """Return these columns of X: X itself where they are all of them, in order; else a copy."""
    if np.array_equal(columns, np.arange(X.shape[1])):
        return X
    return X[:, columns]


def chunks(n: int, size: int = 8192) -> Iterator[slice]:
    """Yield slices that cover n rows.

    Temporary arrays that short stay in the processor's cache, and products of them are below the
    size from which a linear algebra library wakes more threads than it has use for.
    """
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))


def stride(n: int, most: int) -> slice | None:
    """Return which of n rows stand for all, evenly spaced; None for every one."""
    return slice(None, None, -(-n // most)) if 0 < most < n else None


def evenly_spaced(n_rows: int, most: int) -> IntArray:
    """Return at most so many row numbers, evenly spaced from the first to the last.

    Examples
    --------
    >>> evenly_spaced(9, 3).tolist()
    [0, 4, 8]
    """
    places = np.linspace(0, n_rows - 1, min(n_rows, most)).round()
    return read_only(places, np.int64)
