"""Scalings: a shift and a scale for each column; the network sees (raw - shift) / scale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.base.arrays import FloatArray
from core.base.registry import Registry


@dataclass(frozen=True, slots=True)
class Scaling:
    """How columns are brought to one scale.

    Parameters
    ----------
    name, label, description : str
        The key; what the window calls it; one sentence on what it does.
    fit : callable
        Train rows of shape (n, d) without missing values, and their weights (n,), all above 0, or
        None -> shift (d,) and scale (d,); a scale of 0 says that the column has no spread.
    """

    name: str
    label: str
    description: str
    fit: Callable[[FloatArray, FloatArray | None], tuple[FloatArray, FloatArray]]


def _standard(X: FloatArray, weights: FloatArray | None) -> tuple[FloatArray, FloatArray]:
    # Divided by its largest value first, so that squares of huge numbers do not overflow.
    top = np.maximum(np.abs(X).max(axis=0), np.finfo(np.float64).tiny)
    unit = X / top
    if weights is None:
        return unit.mean(axis=0) * top, unit.std(axis=0) * top
    mean = np.average(unit, axis=0, weights=weights)
    variance = np.average((unit - mean) ** 2, axis=0, weights=weights)
    return mean * top, np.sqrt(variance) * top


def _minmax(X: FloatArray, weights: FloatArray | None) -> tuple[FloatArray, FloatArray]:
    low = X.min(axis=0)
    return low, X.max(axis=0) - low


def _robust(X: FloatArray, weights: FloatArray | None) -> tuple[FloatArray, FloatArray]:
    low, middle, high = weighted_quantiles(X, (0.25, 0.5, 0.75), weights)
    return middle, high - low


def _none(X: FloatArray, weights: FloatArray | None) -> tuple[FloatArray, FloatArray]:
    return np.zeros(X.shape[1]), np.ones(X.shape[1])


def weighted_quantiles(
    X: FloatArray, shares: tuple[float, ...], weights: FloatArray | None
) -> FloatArray:
    """Return quantiles of each column, (q, d).

    Without weights they are numpy's (linear between neighbours). With weights, the values in order
    are laid out one after the other, each as long as its weight, and a quantile is the mean over a
    stretch as long as the least weight, which begins at that share of what is left. Equal weights
    therefore give numpy's quantiles, and whole weights from 1 on give those of repeated rows.

    Parameters
    ----------
    X : (n, d) array
    shares : tuple of float
        In [0, 1].
    weights : (n,) array or None
        All above 0.

    Examples
    --------
    >>> X = np.array([[1.0], [2.0], [9.0]])
    >>> weighted_quantiles(X, (0.5,), np.array([1.0, 2.0, 3.0])).tolist()
    [[5.5]]
    """
    if weights is None:
        return np.asarray(np.quantile(X, shares, axis=0))
    found = np.empty((len(shares), X.shape[1]))
    least = float(weights.min())
    for j in range(X.shape[1]):
        order = np.argsort(X[:, j], kind="stable")
        values, ends = X[order, j], np.cumsum(weights[order])
        begin = np.array(shares) * (ends[-1] - least)
        # As no value is shorter than the stretch, it touches at most two of them; where rounding
        # puts it a hair before an end, that value gets next to no part.
        at = np.minimum(np.searchsorted(ends, begin, side="right"), len(values) - 1)
        own = np.clip((ends[at] - begin) / least, 0.0, 1.0)
        found[:, j] = own * values[at] + (1.0 - own) * values[np.minimum(at + 1, len(values) - 1)]
    return found


SCALINGS: Registry[Scaling] = Registry(
    "scaling",
    [
        Scaling(
            "standard",
            "Standardise",
            "Subtracts the mean and divides by the standard deviation of the train rows.",
            _standard,
        ),
        Scaling(
            "minmax",
            "Scale to [0, 1]",
            "Puts the smallest train value at 0 and the largest at 1.",
            _minmax,
        ),
        Scaling(
            "robust",
            "Robust",
            "Subtracts the median and divides by the interquartile range: outliers do not count.",
            _robust,
        ),
        Scaling("none", "None", "Leaves the numbers as they are.", _none),
    ],
)
"""Every scaling, by name."""


def fit_scaling(
    name: str, X: FloatArray, weights: FloatArray | None = None
) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
    """Fit a scaling on train rows; a column whose spread is no more than rounding gets scale 1.

    Parameters
    ----------
    name : str
        A key of `SCALINGS`.
    X : ndarray, shape (n, d)
    weights : ndarray, shape (n,), optional
        How much each row counts; one of weight 0 is left out.

    Returns
    -------
    shift, scale : ndarray, shape (d,)
    flat : ndarray of bool, shape (d,)
        Whether the scale was set to 1.

    Examples
    --------
    >>> shift, scale, flat = fit_scaling("minmax", np.array([[1.0, 7.0], [3.0, 7.0]]))
    >>> shift.tolist(), scale.tolist(), flat.tolist()
    ([1.0, 7.0], [2.0, 1.0], [False, True])
    """
    X, weights = counted_rows(X, weights)
    shift, scale = SCALINGS[name].fit(X, weights)
    flat = scale <= 10 * np.finfo(np.float64).eps * np.abs(X).max(axis=0)
    if name == "none":
        flat = np.ptp(X, axis=0) == 0
    scale = np.where(flat, 1.0, np.minimum(scale, np.finfo(np.float64).max))
    return shift, scale, flat


def counted_rows(X: FloatArray, weights: FloatArray | None) -> tuple[FloatArray, FloatArray | None]:
    """Return the rows that count, with their weights; None where all count alike, or none does."""
    counts = np.zeros(0, dtype=np.bool_) if weights is None else weights > 0.0
    if weights is None or not counts.any():
        return X, None
    if not counts.all():
        X, weights = X[counts], weights[counts]
    return X, None if (weights == weights[0]).all() else weights
