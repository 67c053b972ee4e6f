"""Recorded lines: thinned for the screen, smoothed, and the onset of overconfidence in them."""

from __future__ import annotations

import numpy as np

from core.base.arrays import FloatArray

MOST_POINTS = 1200  # of a line; beyond that the extremes of each stretch are kept


def thinned(places: FloatArray, y: FloatArray, most: int = MOST_POINTS) -> np.ndarray:
    """Return the indices of the points to draw: the minimum and maximum of each stretch, the ends.

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


def mean_along(places: FloatArray, y: FloatArray, width: float) -> FloatArray:
    """Return a moving average of a line over a window along the axis, at each point.

    The average is the area under the line by the window's width, so that densely recorded points
    weigh no more than sparse ones; the window reaches at least to the neighbouring points. Near the
    beginning, where lines often fall steeply, the window shrinks to stay symmetric; near the end it
    is cut off.

    Parameters
    ----------
    places : (n,) array
        Where the points lie across the screen, in order.
    y : (n,) array
        Without nan.

    Examples
    --------
    >>> mean_along(np.arange(5.0), np.array([8.0, 4.0, 0.0, 0.0, 4.0]), 2.0).tolist()
    [8.0, 4.0, 1.0, 1.0, 2.0]
    """
    if len(places) < 2:
        return y
    half = np.minimum(width / 2.0, places - places[0])
    low, high = places - half, np.minimum(places + half, places[-1])
    low[1:] = np.minimum(low[1:], places[:-1])
    high[1:-1] = np.maximum(high[1:-1], places[2:])
    steps = np.diff(places) * (y[1:] + y[:-1]) / 2.0
    area = np.concatenate([[0.0], np.cumsum(steps)])
    wide = high - low
    under = _area_until(high, places, y, area) - _area_until(low, places, y, area)
    means: FloatArray = np.divide(under, wide, out=y.copy(), where=wide > 0.0)
    return means


def _area_until(
    ends: FloatArray, places: FloatArray, y: FloatArray, area: FloatArray
) -> FloatArray:
    """Return the area under a line from its beginning to each end."""
    before = np.searchsorted(places, ends, side="right") - 1
    heights = np.interp(ends, places, y)
    return area[before] + (ends - places[before]) * (y[before] + heights) / 2.0


def running_mean(y: FloatArray, window: int) -> FloatArray:
    """Return a centred moving average, of fewer values towards the ends; nan is left out.

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


SMOOTHING_SHARE = 0.05  # of the records, averaged around each
FEWEST = 8  # records
RISE, LEAST_RISE = 0.05, 0.01  # as a share of the lowest loss, and in nats
FALL = 0.005  # a smaller drop in accuracy does not count


def overconfidence_onset(
    log_loss: FloatArray, accuracy: FloatArray, train_loss: FloatArray | None = None
) -> int:
    """Return the record from which the log loss rises although the accuracy does not fall, or -1.

    Both are smoothed by a moving average first. The loss rises where it has been lowest, if since
    then it has risen by 5 % and by at least 0.01 nats; the accuracy does not fall if it is now at
    most 0.005 below what it was there. Where the loss of the train rows has risen as well, the
    steps are too long, and it is no overconfidence.

    Parameters
    ----------
    log_loss, accuracy : (n,) arrays
        Recorded on the validation rows, in order; records with nan are passed over.
    train_loss : (n,) array, optional
        The log loss of the train rows.

    Examples
    --------
    >>> fall_and_rise = np.abs(np.arange(40) - 15.0) / 40.0 + 0.3
    >>> overconfidence_onset(fall_and_rise, np.full(40, 0.9))
    15
    >>> overconfidence_onset(fall_and_rise, np.linspace(0.9, 0.6, 40))
    -1
    """
    known = np.flatnonzero(np.isfinite(log_loss) & np.isfinite(accuracy))
    if len(known) < FEWEST:
        return -1
    window = max(int(SMOOTHING_SHARE * len(known)) // 2 * 2 + 1, 3)
    loss, right = (running_mean(column[known], window) for column in (log_loss, accuracy))
    at = int(np.argmin(loss))
    has_turned = has_risen(loss, at)
    if has_turned and train_loss is not None and np.isfinite(train_loss[known]).all():
        has_turned = not has_risen(running_mean(train_loss[known], window), at)
    return int(known[at]) if has_turned and right[-1] >= right[at] - FALL else -1


def has_risen(loss: FloatArray, since: int) -> bool:
    """Tell whether a smoothed loss has risen by 5 %, and at least 0.01 nats, since a record."""
    return bool(loss[-1] - loss[since] >= max(RISE * loss[since], LEAST_RISE))
