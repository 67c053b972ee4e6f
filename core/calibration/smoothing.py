"""Smooth calibration error, and the kernel-smoothed reliability curve (Blasiok & Nakkiran 2023).

A Gaussian kernel reflected at 0 and 1 loses no mass, and is diagonal in the cosines:
K(t, x) = 1 + 2 sum_k exp(-(k pi sigma)^2 / 2) cos(k pi t) cos(k pi x). Points are therefore
transformed once; every sigma after that costs one short Fourier transform.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.base.arrays import FloatArray, chunks, read_only
from core.base.errors import UserError
from core.calibration.pooled import PooledForecast
from core.predictions.forecasts import ForecastKind, one_forecast

CURVE_POINTS = 1024


@dataclass(frozen=True, slots=True)
class SmoothCalibrationError:
    """Smooth calibration error at its own scale.

    Parameters
    ----------
    value : float
        smECE, between 0 and 1.
    sigma : float
        The width of the kernel, in probability: the fixed point sigma = smECE(sigma).
    """

    value: float
    sigma: float


@dataclass(frozen=True, slots=True, eq=False)
class SmoothForecast:
    """A forecast in the cosine basis: any kernel width costs one short transform.

    Parameters
    ----------
    weight, positive : Spectrum
        Of the rows, and of those in which it happened.
    total : float
        The weight of all rows.
    """

    weight: Spectrum
    positive: Spectrum
    total: float


def smooth_calibration_error(
    labels: ArrayLike,
    probabilities: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    view: ForecastKind = None,
) -> SmoothCalibrationError:
    """Return the smooth calibration error at the kernel width equal to itself.

    smECE(sigma) is the integral over [0, 1] of |mean of (y - p) K(t, p)|, with a Gaussian kernel K
    reflected at 0 and 1. It falls as sigma grows, so that one sigma equals it.

    Parameters
    ----------
    labels, probabilities, weights, view
        (n,), (n,) or (n, K), (n,) and one forecast, as `pool_forecast` takes them.

    Returns
    -------
    SmoothCalibrationError
        nan without rows; 0 if every forecast is certain and right. Below 1e-4 the value is
        accurate to 1e-4 only.

    Raises
    ------
    UserError
        As `pool_forecast`.

    References
    ----------
    Blasiok & Nakkiran (2023), "Smooth ECE: principled reliability diagrams via kernel smoothing",
    definition 4 and algorithm 1.

    Examples
    --------
    >>> fit = smooth_calibration_error([0, 1], [0.5, 0.5])
    >>> round(fit.value, 9)
    0.0
    """
    forecast = one_forecast(labels, probabilities, weights, view)
    residual = forecast.outcomes - forecast.probabilities
    if forecast.weights is not None:
        residual = residual * forecast.weights
    total = float(len(residual)) if forecast.weights is None else float(forecast.weights.sum())
    return _fixed_point(forecast.probabilities, residual, total)


def smooth_error_of(cells: PooledForecast) -> SmoothCalibrationError:
    """Return the smooth calibration error of a pooled forecast."""
    residual = cells.positive - cells.weight * cells.values
    return _fixed_point(cells.values, residual, cells.total)


GRIDS = (1024, 4096, 16384, 65536)


def smooth_forecast(cells: PooledForecast, grid: int = GRIDS[1]) -> SmoothForecast:
    """Return a pooled forecast in the cosine basis."""
    return SmoothForecast(
        spectrum(cells.values, cells.weight, grid),
        spectrum(cells.values, cells.positive, grid),
        cells.total,
    )


def smooth_fit(forecast: SmoothForecast, sigma: float) -> tuple[FloatArray, FloatArray]:
    """Return (frequency, density) on the grid at one kernel width, (m,) each.

    The frequency is the kernel-weighted mean of the outcomes (Nadaraya 1964; Watson 1964); nan
    where the kernel puts next to no weight. The density integrates to the total weight.

    Raises
    ------
    UserError
        If sigma is not above 0.
    """
    if not sigma > 0.0:
        raise UserError(
            "The curve was not smoothed.", f"The width is {sigma:g}.", "Choose one above 0."
        )
    below, above = forecast.weight.smoothed(sigma), forecast.positive.smoothed(sigma)
    known = below > 1e-10 * below.max(initial=0.0)
    frequency = np.full(len(below), np.nan)
    frequency[known] = np.clip(above[known] / below[known], 0.0, 1.0)
    return frequency, np.where(known, below, 0.0)


def smooth_errors(cells: PooledForecast, outcomes: FloatArray) -> FloatArray:
    """Return smECE for each row of (r, m) positive weights, (r,), to about 1e-6.

    The cosine coefficients of all rows come from one matrix product, and all fixed points are
    halved in at once.
    """
    grid = min(_first_grid(int(cells.trials.sum())), GRIDS[1]) // 4  # frequencies that matter
    waves = np.cos(np.pi * np.outer(cells.values, np.arange(grid)))
    residual = (outcomes - cells.weight * cells.values) / cells.total
    coefficients = np.pad(residual @ waves, ((0, 0), (0, grid)))
    low, high = np.zeros(len(outcomes)), np.ones(len(outcomes))
    for _ in range(20):
        middle = 0.5 * (low + high)
        below = np.abs(smoothed(coefficients, middle[:, None])).mean(axis=1) > middle
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return 0.5 * (low + high)


def _fixed_point(points: FloatArray, residual: FloatArray, total: float) -> SmoothCalibrationError:
    """Return the sigma that equals smECE(sigma), on the coarsest grid that can hold it."""
    from scipy.optimize import brentq

    if not total > 0.0:
        return SmoothCalibrationError(float("nan"), float("nan"))
    if not residual.any():
        return SmoothCalibrationError(0.0, 0.0)
    residual = residual / total
    for grid in GRIDS[GRIDS.index(_first_grid(len(points))) :]:
        waves, low = spectrum(points, residual, grid), finest_sigma(grid)
        value = _error(waves, low)
        if value >= low:
            break
    else:
        return SmoothCalibrationError(value, low)
    sigma = float(brentq(lambda sigma: _error(waves, sigma) - sigma, low, 1.0, xtol=1e-14))
    return SmoothCalibrationError(sigma, sigma)


def _first_grid(n: int) -> int:
    """Return the grid that holds half the sigma of a calibrated model with n rows.

    There the smoothed residual is noise of size about 0.15 / sqrt(n sigma), which sigma equals.
    """
    return grid_for(0.5 * (0.15 / np.sqrt(n)) ** (2.0 / 3.0))


def _error(waves: Spectrum, sigma: float) -> float:
    """Return the integral of the absolute smoothed residual."""
    return float(np.abs(waves.smoothed(sigma)).mean())


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
    return Spectrum(read_only(total))


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


@functools.lru_cache(maxsize=8)
def _squares(grid: int) -> FloatArray:
    """Return (k pi)^2."""
    return read_only((np.pi * np.arange(grid)) ** 2)


def finest_sigma(grid: int) -> float:
    """Return the smallest kernel width that a grid of m cells represents to rounding."""
    return float(_REACH / grid)


def grid_for(sigma: float, grids: tuple[int, ...] = GRIDS) -> int:
    """Return the smallest grid that represents a kernel width; the largest if none does."""
    return next((grid for grid in grids if finest_sigma(grid) <= sigma), grids[-1])
