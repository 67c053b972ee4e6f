"""Ternary plot: three probabilities as a point of a triangle, and its path over temperatures."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from core.base.arrays import FloatArray, read_only
from core.functions.softmax_family import softmax

CORNERS = read_only(np.array([[0.0, 0.0], [1.0, 0.0], [0.5, math.sqrt(3.0) / 2.0]]), np.float64)
"""Where each class is certain, (3, 2)."""

_COLDEST, _HOTTEST, _STEPS = 1e-3, 1e4, 141


@dataclass(frozen=True, slots=True, eq=False)
class Ternary:
    """A point of the triangle.

    Attributes
    ----------
    point : (2,) array
    path : (m, 2) array
        Where the point goes as T runs from nearly 0 (a corner, or the middle of those that tie)
        to very large (the centre).
    """

    point: FloatArray
    path: FloatArray


def ternary(logits: FloatArray, temperature: float) -> Ternary:
    """Return where softmax(z / T) of three logits lies, and its path over all temperatures.

    Examples
    --------
    >>> ternary(np.array([800.0, 0.0, 0.0]), 1.0).point
    array([0., 0.])
    """
    ts = np.geomspace(_COLDEST, _HOTTEST, _STEPS)
    # relative to the spread of the logits, so that steps are fine where the point moves
    spread = max(float(np.ptp(logits)), 1e-3)
    path = softmax(logits[None, :] / (ts[:, None] * spread)) @ CORNERS
    point = softmax(logits, temperature) @ CORNERS
    return Ternary(read_only(point, np.float64), read_only(path, np.float64))


def probabilities_at(x: float, y: float) -> FloatArray:
    """Return the three probabilities whose point is (x, y), moved into the triangle.

    Examples
    --------
    >>> probabilities_at(0.5, 0.0)
    array([0.5, 0.5, 0. ])
    """
    third = min(max(y / float(CORNERS[2, 1]), 0.0), 1.0)
    second = min(max(x - 0.5 * third, 0.0), 1.0 - third)
    return read_only(np.array([1.0 - third - second, second, third]), np.float64)
