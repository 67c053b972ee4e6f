"""Bands against brute-force resampling, and against what chance does."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import isotonic_regression
from sklearn.isotonic import IsotonicRegression

from core.base.errors import UserError
from core.calibration import consistency_band, reliability_curve
from core.calibration.bands import band_of, draw_outcomes, refit
from core.calibration.pooled import pool_forecast
from tests.core.calibration_cases import binary_cases, class_case, drawn

KINDS = ["consistency", "confidence"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("name", "y", "p"), binary_cases())
def test_bands_stay_in_order_and_in_the_unit_interval(kind, name, y, p):
    band = consistency_band(y, p, kind=kind, draws=50)
    assert np.all((band.lower >= 0.0) & (band.lower <= band.upper) & (band.upper <= 1.0))
    assert np.all(np.diff(band.probability) > 0.0)
    assert set(band.probability) <= set(p)


def test_the_same_seed_gives_the_same_band_and_another_seed_another():
    y, p = drawn(0, 200)
    bands = [consistency_band(y, p, seed=seed, draws=40) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(bands[0].lower, bands[1].lower)
    assert not np.array_equal(bands[0].lower, bands[2].lower)


def test_the_consistency_band_does_not_look_at_the_outcomes():
    y, p = drawn(0, 200)
    one, other = consistency_band(y, p), consistency_band(1 - y, p)
    np.testing.assert_array_equal(one.upper, other.upper)


@pytest.mark.parametrize("decimals", [None, 1])
def test_consistency_band_agrees_with_refitting_drawn_outcomes_by_scipy(decimals):
    _, p = drawn(1, 120, decimals)
    rng = np.random.default_rng(5)
    x, counts = np.unique(p, return_counts=True)
    drawn_positive = rng.binomial(counts, x, (2000, len(x)))
    fits = [isotonic_regression(k / counts, weights=counts).x for k in drawn_positive]
    band = consistency_band(np.zeros(len(p), dtype=int), p, draws=2000)
    np.testing.assert_array_equal(band.probability, x)
    lower, upper = np.quantile(fits, [0.05, 0.95], axis=0)
    assert np.abs(band.lower - lower).mean() < 0.02
    assert np.abs(band.upper - upper).mean() < 0.02  # quantiles of small groups jump


def test_a_calibrated_curve_lies_within_its_band_about_as_often_as_the_level_says():
    inside = []
    for seed in range(60):
        y, p = drawn(seed, 300, slope=1.0)
        band = consistency_band(y, p, level=0.8, draws=100, seed=seed)
        curve = np.interp(band.probability, *reliability_curve(y, p, binning="corp").knots)
        inside.append(np.mean((curve >= band.lower) & (curve <= band.upper)))
    assert 0.75 < np.mean(inside) < 0.88


def test_pooling_many_rows_into_cells_leaves_the_band_as_it_is():
    y, p = drawn(2, 30_000, 3)  # 1001 distinct values: exact
    rng = np.random.default_rng(0)
    spread = np.clip(p + rng.uniform(-0.0004, 0.0004, len(p)), 0.0, 1.0)  # many: pooled
    exact, pooled = consistency_band(y, p), consistency_band(y, spread)
    lower = np.interp(exact.probability, pooled.probability, pooled.lower)
    upper = np.interp(exact.probability, pooled.probability, pooled.upper)
    width = np.mean(exact.upper - exact.lower)
    assert np.mean(upper - lower) == pytest.approx(width, rel=0.05)
    assert np.abs(lower - exact.lower).mean() < 0.1 * width


def test_the_confidence_band_surrounds_the_curve():
    y, p = drawn(3, 500)
    band = consistency_band(y, p, kind="confidence", level=0.95)
    curve = np.interp(band.probability, *reliability_curve(y, p, binning="corp").knots)
    assert np.mean((curve >= band.lower) & (curve <= band.upper)) > 0.95


@pytest.mark.parametrize("decimals", [None, 1])
def test_each_drawn_outcome_is_fitted_as_scikit_learn_does_it(decimals):
    y, p = drawn(4, 100, decimals)
    cells = pool_forecast(y, p, np.random.default_rng(4).random(100) + 0.1)
    outcomes = draw_outcomes(cells, cells.values, 10, 0)
    columns = np.arange(0, len(cells.values), 3)
    for fit, positive in zip(refit(cells, outcomes, columns), outcomes, strict=True):
        peer = IsotonicRegression().fit(cells.values, positive / cells.weight, cells.weight)
        np.testing.assert_allclose(fit, peer.predict(cells.values[columns]), rtol=1e-12, atol=1e-15)


def test_drawn_outcomes_have_binomial_means_and_variances():
    p = np.repeat([0.1, 0.5, 0.9, 0.3, 0.4, 0.999], [40, 10, 1, 20, 900, 2000])
    cells = pool_forecast(np.zeros(len(p), dtype=int), p)
    drawn_positive = draw_outcomes(cells, cells.values, 8000, 1)
    np.testing.assert_allclose(drawn_positive.mean(axis=0), cells.weight * cells.values, rtol=0.02)
    variance = cells.weight * cells.values * (1.0 - cells.values)
    np.testing.assert_allclose(drawn_positive.var(axis=0), variance, rtol=0.08)


def test_a_certain_forecast_has_a_band_without_width_at_the_ends():
    band = consistency_band([0, 0, 1], [0.0, 0.4, 1.0])
    assert band.upper[0] == 0.0
    assert band.lower[-1] == 1.0


def test_weights_that_scale_all_rows_alike_change_nothing():
    y, p = drawn(5, 100)
    one = consistency_band(y, p)
    three = consistency_band(y, p, weights=np.full(100, 3.0))
    np.testing.assert_allclose(one.lower, three.lower, atol=1e-14)


def test_no_rows_have_an_empty_band_and_several_classes_one_of_their_confidence():
    assert consistency_band([], []).probability.size == 0
    y, p = class_case()
    assert consistency_band(y, p).probability.min() >= 0.25


@pytest.mark.parametrize(
    "options", [{"level": 0.0}, {"level": 1.0}, {"draws": 0}, {"kind": "prediction"}]
)
def test_an_impossible_band_is_refused(options):
    with pytest.raises(UserError):
        band_of(pool_forecast([0, 1], [0.2, 0.8]), **options)


@pytest.mark.parametrize("draws", [1, 2, 7, 40])
@pytest.mark.parametrize("level", [0.5, 0.9, 0.99])
def test_the_band_lies_at_the_quantiles_of_the_drawn_curves(draws, level):
    cells = pool_forecast(*drawn(3, 60))
    fits = refit(cells, draw_outcomes(cells, cells.values, draws, 5), np.arange(len(cells.values)))
    expected = np.quantile(fits, [(1 - level) / 2, (1 + level) / 2], axis=0)
    band = band_of(cells, level=level, draws=draws, seed=5)
    np.testing.assert_allclose([band.lower, band.upper], expected, rtol=1e-12, atol=1e-15)
