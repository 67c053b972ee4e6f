"""Slope, local regression and the tests without bins, against scikit-learn and direct sums."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import brentq
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from core.calibration import (
    calibration_slope,
    integrated_calibration_index,
    kolmogorov_smirnov,
    kuiper,
    spiegelhalter,
)
from core.calibration.calibration_error import smoother
from core.calibration.pooled import pool_forecast
from core.calibration.significance import distance_tail, range_tail
from tests.core.calibration_cases import binary_cases, class_case, drawn, integer_weights

CASES = binary_cases()


@pytest.mark.parametrize("weighted", [False, True])
def test_slope_and_joint_intercept_are_those_of_scikit_learn(weighted):
    y, p = drawn(0, 500)
    w = integer_weights(500) if weighted else np.ones(500)
    oracle = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10)
    oracle.fit(logit(p)[:, None], y, w)
    fit = calibration_slope(y, p, weights=w)
    assert fit.slope == pytest.approx(oracle.coef_[0, 0], rel=1e-8)
    assert fit.intercept == pytest.approx(oracle.intercept_[0], rel=1e-7)


def test_the_intercept_in_the_large_makes_the_mean_right():
    y, p = drawn(1, 300)
    s = logit(p)
    root = brentq(lambda b: expit(s + b).mean() - y.mean(), -9, 9, xtol=1e-13)
    assert calibration_slope(y, p).intercept_in_the_large == pytest.approx(root, rel=1e-9)


def test_certain_forecasts_that_came_true_are_left_out_and_wrong_ones_leave_nothing():
    y, p = drawn(2, 100)
    plain = calibration_slope(y, p)
    assert calibration_slope(np.append(y, [0, 1]), np.append(p, [0.0, 1.0])) == plain
    wrong = calibration_slope(np.append(y, 1), np.append(p, 0.0))
    assert np.isnan([wrong.slope, wrong.intercept, wrong.intercept_in_the_large]).all()


def test_degenerate_slopes_are_infinite_or_nan():
    assert calibration_slope([0, 1], [0.2, 0.8]).slope == np.inf
    assert calibration_slope([1, 0], [0.2, 0.8]).slope == -np.inf
    assert np.isnan(calibration_slope([0, 1], [0.4, 0.4]).slope)
    assert calibration_slope([0, 1], [0.5, 0.5]).intercept_in_the_large == pytest.approx(0.0)
    one = calibration_slope([1, 1], [0.2, 0.8])
    assert np.isnan(one.slope)
    assert one.intercept_in_the_large == np.inf
    assert calibration_slope([0], [0.2]).intercept_in_the_large == -np.inf
    assert np.isnan(calibration_slope([], []).intercept_in_the_large)


def direct_lowess(y, p, w, span=2 / 3):
    """Cleveland's local lines, one row at a time."""
    fits = []
    for x in p:
        order = np.argsort(np.abs(p - x), kind="stable")
        reach = np.abs(p - x)[order][np.argmax(np.cumsum(w[order]) >= span * w.sum() - 1e-9)]
        if reach == 0.0:
            fits.append(np.average(y[p == x], weights=w[p == x]))
            continue
        tricube = w * np.clip(1 - (np.abs(p - x) / reach) ** 3, 0, 1) ** 3
        near = tricube > 0
        if np.ptp(p[near]) == 0.0:
            fits.append(np.average(y[near], weights=tricube[near]))
            continue
        _, level = np.polyfit(p[near] - x, y[near], 1, w=np.sqrt(tricube[near]))
        fits.append(np.clip(level, 0, 1))
    return np.array(fits)


@pytest.mark.parametrize("decimals", [None, 1])
@pytest.mark.parametrize("weighted", [False, True])
def test_ici_and_its_kin_measure_the_distance_to_lowess(decimals, weighted):
    y, p = drawn(3, 150, decimals)
    w = np.random.default_rng(1).random(150) + 0.2 if weighted else np.ones(150)
    cells = pool_forecast(y, p, w)
    fitted = direct_lowess(y, p, w)
    at = np.searchsorted(cells.values, p)
    lines = np.clip(smoother(cells) @ (cells.positive / cells.weight), 0.0, 1.0)
    np.testing.assert_allclose(lines[at], fitted, atol=1e-9)
    away = np.abs(fitted - p)
    error = integrated_calibration_index(y, p, weights=w)
    assert error.ici == pytest.approx(np.average(away, weights=w), rel=1e-9)
    assert error.emax == pytest.approx(away.max(), rel=1e-9)
    order = np.argsort(away)
    for level, value in ((0.5, error.e50), (0.9, error.e90)):
        held = np.cumsum(w[order]) / w.sum()
        assert value == pytest.approx(away[order][np.argmax(held >= level - 1e-12)], rel=1e-7)


def test_ici_of_many_rows_is_that_of_pooled_neighbours():
    y, p = drawn(4, 4000)
    assert integrated_calibration_index(y, p).ici == pytest.approx(
        integrated_calibration_index(y, np.round(p, 2)).ici, abs=2e-3
    )
    assert np.isnan(integrated_calibration_index([], []).ici)


def test_spiegelhalter_is_its_formula_row_by_row():
    y, p = drawn(5, 300, 2)
    w = np.random.default_rng(0).random(300)
    for weights in (None, w):
        v = np.ones(300) if weights is None else weights
        z = v @ ((y - p) * (1 - 2 * p)) / np.sqrt(v**2 @ ((1 - 2 * p) ** 2 * p * (1 - p)))
        fit = spiegelhalter(y, p, weights=weights)
        assert fit.value == pytest.approx(z, rel=1e-10)
        assert fit.p_value == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-9)
    assert np.isnan(spiegelhalter([0, 1, 1], [0.0, 0.5, 1.0]).value)


@pytest.mark.parametrize(("name", "y", "p"), CASES)
def test_cumulative_statistics_are_looked_at_where_ties_end(name, y, p):
    order = np.argsort(p, kind="stable")
    path = [0.0]
    for i, row in enumerate(order):
        path.append(path[-1] + (y[row] - p[row]) / len(y))
        if i + 1 < len(y) and p[order[i + 1]] == p[row]:
            continue
        path[-1:] = [("end", path[-1])]
        path.append(path[-1][1])
    ends = [0.0] + [item[1] for item in path if isinstance(item, tuple)]
    assert kolmogorov_smirnov(y, p).value == pytest.approx(max(map(abs, ends)), abs=1e-14)
    assert kuiper(y, p).value == pytest.approx(max(ends) - min(ends), abs=1e-14)


def test_the_order_of_tied_rows_changes_nothing():
    p = np.full(10, 0.5)
    for y in ([0] * 5 + [1] * 5, [1] * 5 + [0] * 5):
        assert kolmogorov_smirnov(y, p).value == 0.0
        assert kuiper(y, p).value == 0.0


def test_cumulative_statistics_scale_by_the_spread_of_their_end():
    y, p = drawn(6, 200)
    spread = np.sqrt(np.sum(p * (1 - p))) / 200
    assert kuiper(y, p).scaled == pytest.approx(kuiper(y, p).value / spread, rel=1e-12)
    assert np.isnan(kuiper([0, 1], [0.0, 1.0]).p_value)
    assert np.isnan(kolmogorov_smirnov([], []).value)


def test_tails_of_brownian_motion_join_and_match_simulated_walks():
    assert distance_tail(1.5 - 1e-9) == pytest.approx(distance_tail(1.5 + 1e-9), rel=1e-6)
    assert distance_tail(0.0) == range_tail(0.0) == 1.0
    assert range_tail(0.5) == pytest.approx(1.0, abs=1e-6)
    # Far out the range exceeds x as often as twice the distance does.
    assert range_tail(6.0) == pytest.approx(2 * distance_tail(6.0), rel=1e-6)
    steps = np.random.default_rng(0).normal(size=(3000, 2000)) / np.sqrt(2000)
    walks = np.cumsum(steps, axis=1)
    far = np.abs(walks).max(axis=1)
    span = np.maximum(walks.max(axis=1), 0) - np.minimum(walks.min(axis=1), 0)
    for x in (0.8, 1.2, 1.8):
        assert distance_tail(x) == pytest.approx(np.mean(far > x), abs=0.04)
        assert range_tail(x) == pytest.approx(np.mean(span > x), abs=0.05)


@pytest.mark.parametrize("test", [spiegelhalter, kolmogorov_smirnov, kuiper])
def test_p_values_of_calibrated_forecasts_are_about_uniform(test):
    p_values = [test(*drawn(seed, 800, slope=1.0)).p_value for seed in range(120)]
    assert stats.kstest(p_values, "uniform").pvalue > 0.003
    assert test(*drawn(0, 800, slope=0.3)).p_value < 1e-6


@pytest.mark.parametrize("test", [spiegelhalter, kolmogorov_smirnov, kuiper])
def test_whole_equal_weights_change_no_p_value(test):
    y, p = drawn(7, 100, 1)
    one, two = test(y, p), test(y, p, weights=np.full(100, 2.0))
    assert one.p_value == pytest.approx(two.p_value, rel=1e-9)


def test_a_class_or_the_confidence_can_be_judged():
    y, p = class_case()
    one = (y == 1).astype(int)
    assert calibration_slope(y, p, view=1) == calibration_slope(one, p[:, 1])
    assert kuiper(y, p, view=1) == kuiper(one, p[:, 1])
    right = (p.argmax(axis=1) == y).astype(int)
    assert spiegelhalter(y, p) == spiegelhalter(right, p.max(axis=1))
