"""Each kind of curve has its own band, which holds 9 of 10 curves of a calibrated model."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from core.calibration.bands import curve_band, reflected_kernel, share_quantile
from core.calibration.pooled import pool_forecast
from core.calibration.reliability import corp_curve, mass_curve, smooth_curve, width_curve
from core.calibration.smoothing import smooth_fit, smooth_forecast

CURVES = {
    "width": width_curve,
    "mass": mass_curve,
    "corp": corp_curve,
    "smooth": lambda cells, bins: smooth_curve(cells, sigma=0.05),
    "smooth at its fixed point": lambda cells, bins: smooth_curve(cells),
}


def points_of(curve, band):
    """Return a curve's height where the band is known."""
    known = curve.counts > 0.0
    x, y = curve.probability[known], curve.frequency[known]
    if curve.binning == "corp":
        x, y = curve.knots
    return np.interp(band.probability, x, y)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", list(CURVES))
def test_a_pointwise_band_holds_nine_of_ten_curves_of_a_calibrated_model(name, weighted):
    rng = np.random.default_rng(3)
    inside, n = [], 600
    for seed in range(120):
        p = rng.beta(1.0, 1.3, n)
        w = rng.choice([0.5, 1.0, 2.0], n) if weighted else None
        cells = pool_forecast(rng.random(n) < p, p, w)
        curve = CURVES[name](cells, 12)
        band = curve_band(cells, curve, draws=200, seed=seed)
        y = points_of(curve, band)
        middle = (band.probability > 0.1) & (band.probability < 0.9)
        held = (y >= band.lower - 1e-9) & (y <= band.upper + 1e-9)
        inside.append(held[middle].mean())
    # The quantiles of counts hold at least 9 of 10; a kernel as wide as the error found is wider
    # where outcomes are unlucky, which the draws do not repeat.
    assert (0.86 if "fixed" in name else 0.88) < np.mean(inside) < 0.95


def test_a_miscalibrated_curve_leaves_its_band():
    rng = np.random.default_rng(1)
    p = rng.random(3000)
    cells = pool_forecast(rng.random(3000) < p**2, p)
    for draw in CURVES.values():
        curve = draw(cells, 10)
        band = curve_band(cells, curve)
        assert (points_of(curve, band) < band.lower).mean() > 0.6


def test_a_band_of_equal_probabilities_has_the_binomial_quantiles():
    for n, p in ((7, 0.3), (40, 0.02), (1000, 0.5)):
        cells = pool_forecast(np.zeros(n, dtype=int), np.full(n, p))
        band = curve_band(cells, width_curve(cells, 1), level=0.8)
        wanted = binom.ppf([0.1, 0.9], n, p) / n
        np.testing.assert_allclose([band.lower[0], band.upper[0]], wanted, atol=1e-12)


@pytest.mark.parametrize("n", [3, 12, 60])
def test_a_band_of_unequal_probabilities_has_the_quantiles_of_their_sum(n):
    p = np.random.default_rng(n).random(n)
    chance = np.ones(1)
    for one in p:
        chance = np.convolve(chance, [1.0 - one, one])
    cells = pool_forecast(np.zeros(n, dtype=int), p)
    band = curve_band(cells, width_curve(cells, 1))
    for found, tail in ((band.lower[0], 0.05), (band.upper[0], 0.95)):
        exact = int(np.searchsorted(np.cumsum(chance), tail))
        assert abs(round(found * n) - exact) <= 1  # of many rows the two differ nowhere else


def test_what_is_certain_has_a_band_without_width():
    mean = np.array([0.0, 1.0])
    found = share_quantile(mean, np.zeros(2), np.array([5.0, 5.0]), 0.05)
    np.testing.assert_array_equal(found, mean)


@pytest.mark.parametrize("sigma", [0.02, 0.2, 0.9])
def test_the_reflected_kernel_smooths_as_the_smooth_curve_does(sigma):
    rng = np.random.default_rng(2)
    p = rng.random(80)
    cells = pool_forecast(rng.random(80) < 0.5, p)
    curve = smooth_curve(cells, sigma=sigma)
    kernel = reflected_kernel(curve.probability, cells.values, sigma)
    by_hand = (kernel @ cells.positive) / (kernel @ cells.weight)
    grid, _ = smooth_fit(smooth_forecast(cells, 4096), sigma)
    np.testing.assert_allclose(by_hand, grid.reshape(1024, -1).mean(axis=1), atol=1e-4)


@pytest.mark.parametrize("name", list(CURVES))
def test_a_confidence_band_surrounds_its_curve(name):
    rng = np.random.default_rng(7)
    p = rng.random(500)
    cells = pool_forecast(rng.random(500) < p, p)
    curve = CURVES[name](cells, 10)
    band = curve_band(cells, curve, kind="confidence")
    y = points_of(curve, band)
    assert ((y >= band.lower) & (y <= band.upper)).mean() > 0.9
    assert band.kind == "confidence"
