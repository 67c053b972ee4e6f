"""Long recorded lines: thinned for the screen, and smoothed."""

from __future__ import annotations

import numpy as np

from core.data.dataset import Floats

MOST_POINTS = 1200  # of a line; beyond that the extremes of each stretch are kept


def thinned(places: Floats, y: Floats, most: int = MOST_POINTS) -> np.ndarray:
    """Return which points of a line to draw: every stretch's extremes and the ends.

    Parameters
    ----------
    places : (n,) array
        Where the points lie across the screen, in order: logarithms on a logarithmic axis.
    y : (n,) array
        Without nan.
    most : int
        About how many points to keep; the stretches are equally wide.

    Examples
    --------
    >>> thinned(np.arange(9.0), np.array([0, 3, 1, 2, 9, 8, 7, 7, 7]), most=4).tolist()
    [0, 1, 4, 6, 8]
    """
    n = len(y)
    if n <= most:
        return np.arange(n)
    span = max(float(places[-1] - places[0]), np.finfo(float).tiny)
    stretch = ((places - places[0]) / span * (most // 2)).astype(np.intp)
    starts = np.flatnonzero(np.diff(stretch, prepend=-1))
    sizes = np.diff(starts, append=n)
    kept = [np.array([0, n - 1])]
    for extreme in (np.minimum, np.maximum):
        ties = np.flatnonzero(y == np.repeat(extreme.reduceat(y, starts), sizes))
        kept.append(ties[np.diff(stretch[ties], prepend=-1) > 0])
    return np.unique(np.concatenate(kept))


def around(places: Floats, width: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the range of points within half a width of each, and at least of its neighbours.

    Near the beginning, where a line often falls steeply, the width shrinks so as to reach as far
    back as forward; at the end there is nothing to reach forward to, and it does not.

    Parameters
    ----------
    places : (n,) array
        In order.

    Returns
    -------
    low, high : (n,) int arrays

    Examples
    --------
    >>> low, high = around(np.array([0.0, 1.0, 2.0, 3.0, 9.0]), 4.0)
    >>> low.tolist(), high.tolist()
    ([0, 0, 0, 1, 3], [1, 3, 4, 5, 5])
    """
    half = np.minimum(width / 2.0, places - places[:1])
    low = np.searchsorted(places, places - half)
    high = np.searchsorted(places, places + half, side="right")
    own = np.arange(1, len(places))
    low[1:] = np.minimum(low[1:], own - 1)
    high[1:] = np.maximum(high[1:], np.minimum(own + 2, len(places)))
    return low, high


def means_of(y: Floats, low: np.ndarray, high: np.ndarray) -> Floats:
    """Return the means of y[low:high], without what is not finite; nan where y is not.

    Parameters
    ----------
    y : (n,) array
    low, high : (n,) int arrays
    """
    known = np.isfinite(y)
    sums = np.concatenate([[0.0], np.cumsum(np.where(known, y, 0.0))])
    counts = np.concatenate([[0], np.cumsum(known)])
    among = counts[high] - counts[low]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(known, (sums[high] - sums[low]) / among, np.nan)


def running_mean(y: Floats, window: int) -> Floats:
    """Return the mean of the values around each place, fewer towards the ends; nan does not count.

    Examples
    --------
    >>> running_mean(np.array([0.0, 3.0, 6.0, 9.0]), 3).tolist()
    [1.5, 3.0, 6.0, 7.5]
    """
    half = window // 2
    low = np.maximum(np.arange(len(y)) - half, 0)
    return means_of(y, low, np.minimum(np.arange(len(y)) + half + 1, len(y)))
