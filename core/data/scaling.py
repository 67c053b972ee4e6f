"""Scalings: a shift and a scale for each column; the network sees (raw - shift) / scale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.base.arrays import Floats
from core.base.registry import Registry


@dataclass(frozen=True, slots=True)
class Scaling:
    """How columns are brought to one scale.

    Parameters
    ----------
    name, label, description : str
        The key; what the window calls it; one sentence on what it does.
    fit : callable
        Train rows of shape (n, d) without missing values -> shift (d,) and scale (d,); a scale of 0
        says that the column has no spread.
    """

    name: str
    label: str
    description: str
    fit: Callable[[Floats], tuple[Floats, Floats]]


def _standard(X: Floats) -> tuple[Floats, Floats]:
    # Divided by its largest value first, so that squares of huge numbers do not overflow.
    top = np.maximum(np.abs(X).max(axis=0), np.finfo(np.float64).tiny)
    unit = X / top
    return unit.mean(axis=0) * top, unit.std(axis=0) * top


def _minmax(X: Floats) -> tuple[Floats, Floats]:
    low = X.min(axis=0)
    return low, X.max(axis=0) - low


def _robust(X: Floats) -> tuple[Floats, Floats]:
    low, middle, high = np.quantile(X, (0.25, 0.5, 0.75), axis=0)
    return middle, high - low


def _none(X: Floats) -> tuple[Floats, Floats]:
    return np.zeros(X.shape[1]), np.ones(X.shape[1])


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


def fit_scaling(name: str, X: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Fit a scaling on train rows; a column whose spread is no more than rounding gets scale 1.

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
    shift, scale = SCALINGS[name].fit(X)
    flat = scale <= 10 * np.finfo(np.float64).eps * np.abs(X).max(axis=0)
    if name == "none":
        flat = np.ptp(X, axis=0) == 0
    scale = np.where(flat, 1.0, np.minimum(scale, np.finfo(np.float64).max))
    return shift, scale, flat
