"""When a unit counts as saturated: one threshold for every panel."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from core.base.arrays import FloatArray
from core.functions.activations import ACTIVATIONS

SATURATED = 0.05
"""A unit is saturated on a row where its slope is below this share of the function's steepest."""


@functools.lru_cache(maxsize=32)
def steepest_slope(activation: str) -> float:
    """Return the largest slope of an activation, rising or falling, between -20 and 20.

    Examples
    --------
    >>> steepest_slope("sigmoid"), steepest_slope("tanh"), steepest_slope("relu")
    (0.25, 1.0, 1.0)
    """
    z = np.linspace(-20.0, 20.0, 4001)
    return float(np.abs(ACTIVATIONS[activation].slope(z)).max())


def is_saturated(activation: str, z: FloatArray) -> NDArray[np.bool_]:
    """Return where an activation is nearly flat, in the shape of its inputs ``z``.

    Examples
    --------
    >>> is_saturated("sigmoid", np.array([0.0, 4.0, 5.0])).tolist()
    [False, False, True]
    """
    slopes = np.abs(ACTIVATIONS[activation].slope(z))
    return np.asarray(slopes < SATURATED * steepest_slope(activation))
