"""Long recorded lines: thinned for the screen, and smoothed."""

from __future__ import annotations

import numpy as np

from core.data.dataset import Floats

MOST_POINTS = 1200  # of a line; beyond that the extremes of each stretch are kept


def thinned(x: Floats, y: Floats, most: int = MOST_POINTS) -> tuple[Floats, Floats]:
    """Return at most about `most` points of a line, keeping every stretch's extremes and the ends.

    Parameters
    ----------
    x, y : (n,) arrays
        Without nan.
    """
    n = len(x)
    if n <= most:
        return x, y
    size = -(-n // (most // 2))
    whole = n // size * size
    blocks = y[:whole].reshape(-1, size)
    starts = np.arange(0, whole, size)
    kept = np.concatenate(
        [[0], starts + blocks.argmin(axis=1), starts + blocks.argmax(axis=1), [n - 1]]
    )
    kept = np.unique(np.concatenate([kept, np.arange(whole, n)]))
    return x[kept], y[kept]


def running_mean(y: Floats, window: int) -> Floats:
    """Return the mean of the values around each place, fewer towards the ends; nan does not count.

    Examples
    --------
    >>> running_mean(np.array([0.0, 3.0, 6.0, 9.0]), 3).tolist()
    [1.5, 3.0, 6.0, 7.5]
    """
    known = np.isfinite(y)
    sums = np.concatenate([[0.0], np.cumsum(np.where(known, y, 0.0))])
    counts = np.concatenate([[0], np.cumsum(known)])
    half = window // 2
    low = np.maximum(np.arange(len(y)) - half, 0)
    high = np.minimum(np.arange(len(y)) + half + 1, len(y))
    among = counts[high] - counts[low]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(known, (sums[high] - sums[low]) / among, np.nan)
