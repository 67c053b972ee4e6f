"""Numpy's arrays as compiled code sees them."""

from __future__ import annotations

import numpy as np


def place_of(array: np.ndarray) -> int:
    """Return where an array begins in memory."""
    return int(array.__array_interface__["data"][0])
