"""The smooth curve and smECE against kernels summed point by point over their mirror images."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

from core.base.errors import UserError
from core.calibration import reliability_curve, smooth_calibration_error
from core.calibration.pooled import pool_forecast
from core.calibration.reliability import smooth_curve
from core.calibration.smoothing import (
    finest_sigma,
    grid_for,
    moments,
    smooth_fit,
    smooth_forecast,
    spectrum,
)
from tests.core.calibration_cases import binary_cases, class_case, drawn, integer_weights


def reflected(t, x, sigma):
    """The Gaussian kernel at t from x, with all mirror images that matter."""
    t, x = np.asarray(t, dtype=float)[..., None], np.asarray(x, dtype=float)
    total = 0.0
    for turn in (-2, -1, 0, 1, 2):
        for image in (x + 2 * turn, -x + 2 * turn):
            total = total + np.exp(-0.5 * ((t - image) / sigma) ** 2)
    return total / (sigma * np.sqrt(2 * np.pi))


def brute_error(y, p, sigma, points=1500):
    t = (np.arange(points) + 0.5) / points
    return np.mean(np.abs(reflected(t, p, sigma) @ (y - p))) / len(y)


@pytest.mark.parametrize("sigma", [0.006, 0.02, 0.1, 0.7])
def test_smoothing_is_a_sum_of_reflected_gaussians(sigma):
    rng = np.random.default_rng(0)
    x = np.concatenate((rng.random(30), [0.0, 1.0, 0.5]))
    w = rng.normal(size=33)
    t = (np.arange(1024) + 0.5) / 1024
    exact = reflected(t, x, sigma) @ w
    scale = np.abs(exact).max()
    np.testing.assert_allclose(
        spectrum(x, w, 1024).smoothed(sigma), exact, atol=1e-6 * scale, rtol=0
    )


@pytest.mark.parametrize("n", [500, 150_000])  # more are taken in several goes
def test_moments_are_taken_about_the_middle_of_each_cell(n):
    rng = np.random.default_rng(1)
    x, w = np.append(rng.random(n), [0.0, 1.0]), rng.uniform(0.5, 1.5, n + 2)
    expected = np.zeros((6, 64))
    for cell in range(64):
        inside = (x >= cell / 64) & ((x < (cell + 1) / 64) | (cell == 63))
        away = x[inside] - (cell + 0.5) / 64
        for q in range(6):
            expected[q, cell] = math.fsum(w[inside] * away**q) / math.factorial(q)
    for found, exact in zip(moments(x, w, 64), expected, strict=True):
        np.testing.assert_allclose(found, exact, rtol=1e-9, atol=1e-9 * np.abs(exact).max())


def test_coefficients_are_sums_of_cosines():
    rng = np.random.default_rng(2)
    x, w = np.append(rng.random(50), [0.0, 1.0]), rng.normal(size=52)
    k = np.arange(256)[:, None]  # the lower half of what a grid of 512 holds
    found = spectrum(x, w, 512).coefficients[:256]
    np.testing.assert_allclose(found, np.cos(np.pi * k * x) @ w, atol=1e-3 * np.abs(w).sum())
    low = slice(0, 64)  # where damping leaves the most
    np.testing.assert_allclose(found[low], (np.cos(np.pi * k * x) @ w)[low], atol=1e-7)


def test_no_mass_is_lost_at_the_ends():
    x = np.array([0.0, 1.0, 0.99])
    density = spectrum(x, np.ones(3), 1024).smoothed(0.05)
    assert density.mean() == pytest.approx(3.0, rel=1e-12)
    assert density.min() > -1e-12


def test_the_smoothed_value_of_a_single_point_matches_the_integral_of_its_kernel():
    value = spectrum(np.array([0.9]), np.array([0.1]), 1024).smoothed(0.2).mean()
    expected = quad(lambda t: 0.1 * reflected(t, [0.9], 0.2)[0], 0, 1)[0]
    assert value == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("seed", range(4))
def test_smooth_error_is_the_fixed_point_of_the_direct_sum(seed):
    y, p = drawn(seed, 40 + 20 * seed, [None, 1, 2, None][seed], slope=0.3 + 0.2 * seed)
    fit = smooth_calibration_error(y, p)
    assert fit.value == fit.sigma
    root = brentq(lambda s: brute_error(y, p, s) - s, 0.003, 0.9, xtol=1e-8)
    assert fit.value == pytest.approx(root, abs=2e-6)


def test_a_constant_forecast_has_the_error_of_its_mean():
    # One residual everywhere of the same sign: its integral does not depend on sigma.
    fit = smooth_calibration_error([1, 1, 0, 0, 0, 0, 0, 0, 0, 0], np.full(10, 0.55))
    assert fit.value == pytest.approx(0.35, rel=1e-10)


def test_tiny_errors_are_found_on_finer_grids():
    y, p = drawn(3, 200_000, slope=1.0)
    fit = smooth_calibration_error(y, p)
    assert fit.sigma < finest_sigma(1024)
    residual = (y - p) / len(y)
    on_grid = spectrum(p, residual, 16_384).smoothed(fit.sigma)
    assert np.abs(on_grid).mean() == pytest.approx(fit.value, rel=1e-6)


@pytest.mark.parametrize(("name", "y", "p"), binary_cases())
def test_smooth_error_exists_for_every_awkward_case(name, y, p):
    fit = smooth_calibration_error(y, p)
    assert 0.0 <= fit.value <= 1.0
    curve = reliability_curve(y, p, binning="smooth")
    assert curve.sigma >= fit.sigma * (1.0 - 1e-12)


def test_certain_and_right_forecasts_have_no_error_and_no_rows_have_none_defined():
    assert smooth_calibration_error([0, 1], [0.0, 1.0]).value == 0.0
    assert smooth_calibration_error([1, 0], [0.0, 1.0]).value > 0.3
    assert np.isnan(smooth_calibration_error([], []).value)


def test_errors_below_the_finest_grid_are_bounded_by_it():
    y = np.zeros(10, dtype=int)
    fit = smooth_calibration_error(y, np.full(10, 1e-6))
    assert fit.value == pytest.approx(1e-6, rel=1e-6)


def test_whole_weights_are_repeated_rows():
    y, p = drawn(5, 150)
    w = integer_weights(150)
    one = smooth_calibration_error(y, p, weights=w)
    other = smooth_calibration_error(np.repeat(y, w), np.repeat(p, w))
    assert one.value == pytest.approx(other.value, rel=1e-10)


def test_the_smooth_curve_is_a_kernel_mean_of_the_outcomes():
    y, p = drawn(6, 200)
    curve = smooth_curve(pool_forecast(y, p), sigma=0.04)
    kernel = reflected(curve.probability, p, 0.04)
    known = kernel.sum(axis=1) > 1e-6 * kernel.sum(axis=1).max()
    expected = kernel @ y / kernel.sum(axis=1)
    np.testing.assert_allclose(curve.frequency[known], expected[known], atol=1e-5)
    np.testing.assert_allclose(curve.counts, kernel.sum(axis=1) / 1024, atol=1e-6)
    assert curve.sigma == 0.04


def test_a_finer_grid_is_joined_to_the_same_curve():
    y, p = drawn(7, 400)
    cells = pool_forecast(y, p)
    frequency, density = smooth_fit(smooth_forecast(cells, 4096), 0.05)
    curve = smooth_curve(cells, sigma=0.05)
    np.testing.assert_allclose(frequency.reshape(1024, 4).mean(axis=1), curve.frequency, atol=1e-5)
    assert density.mean() == pytest.approx(400, rel=1e-10)
    fine = smooth_curve(cells, sigma=0.003)
    assert fine.frequency.shape == (1024,)
    assert fine.counts.sum() == pytest.approx(400, rel=1e-9)


def test_confidence_and_single_classes_can_be_judged():
    y, p = class_case()
    best = p.argmax(axis=1)
    direct = smooth_calibration_error((best == y).astype(int), p.max(axis=1)).value
    assert smooth_calibration_error(y, p).value == direct
    one = smooth_calibration_error((y == 2).astype(int), p[:, 2]).value
    assert smooth_calibration_error(y, p, view=2).value == one


def test_a_width_that_is_not_above_zero_is_refused():
    with pytest.raises(UserError):
        smooth_curve(pool_forecast([0, 1], [0.2, 0.8]), sigma=0.0)
    assert grid_for(1e-9) == 65536
