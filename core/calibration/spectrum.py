"""Reflected Gaussian smoothing on [0, 1], exactly, in the cosine basis.

A Gaussian kernel reflected at 0 and 1 loses no mass, and is diagonal in the cosines:
K(t, x) = 1 + 2 sum_k exp(-(k pi sigma)^2 / 2) cos(k pi t) cos(k pi x). Points are therefore
transformed once; every sigma after that costs one short Fourier transform.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core.base.arrays import FloatArray, chunks, frozen

GRIDS = (1024, 4096, 16384, 65536)
ORDERS = 6  # of the moments in a cell: leaves a relative error below 1e-7
_REACH = 17.0 / np.pi  # beyond half the frequencies, damping must be below exp(-36)


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """Cosine coefficients of weighted points in [0, 1].

    Parameters
    ----------
    coefficients : (m,) float64 array
        sum_i w_i cos(k pi x_i) for k = 0..m-1; m is also the number of grid points.
    """

    coefficients: FloatArray

    def smoothed(self, sigma: float) -> FloatArray:
        """Return the points smoothed by a kernel of width sigma, at (j + 1/2) / m, (m,).

        It is exact to rounding from ``finest_sigma(m)`` on.
        """
        return smoothed(self.coefficients, sigma)


def smoothed(coefficients: FloatArray, sigma: float | FloatArray) -> FloatArray:
    """Return (..., m) cosine coefficients damped and summed at (j + 1/2) / m, (..., m).

    ``sigma`` is one kernel width, or one a row, (..., 1).
    """
    from scipy.fft import dct

    m = coefficients.shape[-1]
    # exp(-700) is as good as nothing, and not a slow subnormal number.
    damping = np.exp(np.maximum((-0.5 * np.square(sigma)) * _squares(m), -700.0))
    return np.asarray(dct(coefficients * damping, type=3, axis=-1))


def spectrum(points: FloatArray, weights: FloatArray, grid: int) -> Spectrum:
    """Return the cosine coefficients of weighted points, by way of a grid of cells.

    In each cell the moments of the points about its middle are kept, so that the Taylor series
    cos(k pi (g + d)) = sum_q (k pi d)^q / q! cos(k pi g + q pi / 2) restores where they lie.

    Parameters
    ----------
    points : (n,) array
        In [0, 1], in any order.
    weights : (n,) array
        Of any sign.
    grid : int
        m, how many cells and coefficients.
    """
    from scipy.fft import dct, dst

    k = np.pi * np.arange(grid)
    total = np.zeros(grid)
    for q, moment in enumerate(moments(points, weights, grid)):
        # cos(k pi g + q pi / 2) is a cosine where q is even, and where it is odd a sine, which is 0
        # for k = 0; scipy's transforms have a factor 2.
        wave = np.append(0.0, dst(moment, type=2)[:-1]) if q % 2 else dct(moment, type=2)
        total += (0.5, -0.5, -0.5, 0.5)[q % 4] * k**q * wave
    return Spectrum(frozen(total))


def moments(points: FloatArray, weights: FloatArray, grid: int) -> FloatArray:
    """Return sum of w d^q / q! over the points of each cell, d from its middle: (ORDERS, grid)."""
    out = np.zeros((ORDERS, grid))
    for rows in chunks(len(points), 65536):  # fewer would be added to a fine grid too often
        cell = np.minimum((points[rows] * grid).astype(np.int64), grid - 1)
        away = points[rows] - (cell + 0.5) / grid
        term = np.array(weights[rows], dtype=np.float64)
        for q in range(ORDERS):
            out[q] += np.bincount(cell, weights=term, minlength=grid)
            term *= away / (q + 1)
    return out


@lru_cache(maxsize=8)
def _squares(grid: int) -> FloatArray:
    """Return (k pi)^2."""
    return frozen((np.pi * np.arange(grid)) ** 2)


def finest_sigma(grid: int) -> float:
    """Return the smallest kernel width that a grid of m cells represents to rounding."""
    return float(_REACH / grid)


def grid_for(sigma: float, grids: tuple[int, ...] = GRIDS) -> int:
    """Return the smallest grid that represents a kernel width; the largest if none does."""
    return next((grid for grid in grids if finest_sigma(grid) <= sigma), grids[-1])
