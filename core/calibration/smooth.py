"""Smooth calibration error, and the kernel-smoothed reliability curve (Blasiok & Nakkiran 2023)."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.base.arrays import FloatArray
from core.base.errors import UserError
from core.calibration.cells import Cells
from core.calibration.inputs import View, one_forecast
from core.calibration.spectrum import GRIDS, Spectrum, finest_sigma, grid_for, smoothed, spectrum

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
    view: View = None,
) -> SmoothCalibrationError:
    """Return the smooth calibration error at the kernel width equal to itself.

    smECE(sigma) is the integral over [0, 1] of |mean of (y - p) K(t, p)|, with a Gaussian kernel K
    reflected at 0 and 1. It falls as sigma grows, so that one sigma equals it.

    Parameters
    ----------
    labels, probabilities, weights, view
        (n,), (n,) or (n, K), (n,) and one forecast, as `cells_of` takes them.

    Returns
    -------
    SmoothCalibrationError
        nan without rows; 0 if every forecast is certain and right. Below 1e-4 the value is
        accurate to 1e-4 only.

    Raises
    ------
    UserError
        As `cells_of`.

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


@functools.lru_cache(maxsize=3)
def smooth_error_of(cells: Cells) -> SmoothCalibrationError:
    """Return the smooth calibration error of a pooled forecast."""
    residual = cells.positive - cells.weight * cells.values
    return _fixed_point(cells.values, residual, cells.total)


@functools.lru_cache(maxsize=3)
def smooth_forecast(cells: Cells, grid: int = GRIDS[1]) -> SmoothForecast:
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


def smooth_errors(cells: Cells, outcomes: FloatArray) -> FloatArray:
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
