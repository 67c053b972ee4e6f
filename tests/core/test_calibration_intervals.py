"""Incomplete beta and the bars of a bin against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from core.calibration import INTERVALS, bars, frequency_interval, reliability_curve
from core.calibration.incomplete_beta import beta_quantile, regularised_incomplete_beta
from core.errors import UserError
from tests.core.calibration_cases import drawn


def shapes(n: int, seed: int = 0):
    """Pairs of parameters from one half to a million, large and small mixed."""
    rng = np.random.default_rng(seed)
    return np.exp(rng.uniform(np.log(0.5), np.log(1e6), (2, n)))


def test_quantiles_are_those_of_scipy():
    a, b = shapes(60)
    for q in (0.005, 0.05, 0.5, 0.95, 0.995):
        np.testing.assert_allclose(
            beta_quantile(q, a, b), special.betaincinv(a, b, q), atol=1e-10, rtol=1e-8
        )


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (1, 1), (29, 31), (31, 29), (3, 1e5), (1e5, 3)])
def test_quantiles_and_probabilities_are_each_others_inverse(a, b):
    q = np.array([1e-6, 0.025, 0.3, 0.7, 0.975, 1 - 1e-6])
    x = beta_quantile(q, a, b)
    np.testing.assert_allclose(regularised_incomplete_beta(x, a, b), q, rtol=1e-9)
    np.testing.assert_allclose(x, special.betaincinv(a, b, q), rtol=1e-9)


def test_the_incomplete_beta_function_is_that_of_scipy():
    a, b = shapes(200, 1)
    x = np.random.default_rng(2).random(200)
    x[:100] = np.clip(a[:100] / (a[:100] + b[:100]) * (0.9 + 0.2 * x[:100]), 0, 1)
    expected = special.betainc(a, b, x)
    np.testing.assert_allclose(regularised_incomplete_beta(x, a, b), expected, atol=1e-8)
    np.testing.assert_array_equal(regularised_incomplete_beta([0.0, 1.0], 2.0, 3.0), [0.0, 1.0])


@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_clopper_pearson_is_the_exact_interval_of_scipy(level):
    n = np.array([1, 1, 7, 7, 7, 40, 40, 3000])
    k = np.array([0, 1, 0, 3, 7, 1, 39, 1234])
    lower, upper = frequency_interval(k, n, level, "clopper_pearson")
    for i in range(len(n)):
        exact = stats.binomtest(int(k[i]), int(n[i])).proportion_ci(level, "exact")
        assert lower[i] == pytest.approx(exact.low, abs=1e-10)
        assert upper[i] == pytest.approx(exact.high, abs=1e-10)


def test_jeffreys_is_the_posterior_interval_open_to_the_ends():
    k, n = np.array([0, 1, 2, 9, 10]), np.full(5, 10)
    lower, upper = frequency_interval(k, n, 0.95, "jeffreys")
    low, high = stats.beta(k + 0.5, n - k + 0.5).interval(0.95)
    np.testing.assert_allclose(lower, np.where(k > 0, low, 0.0), atol=1e-10)
    np.testing.assert_allclose(upper, np.where(k < n, high, 1.0), atol=1e-10)


@pytest.mark.parametrize("method", list(INTERVALS))
def test_bars_hold_their_frequency_and_are_nan_in_empty_bins(method):
    y, p = drawn(0, 60)
    curve = reliability_curve(y, p, 40)
    lower, upper = bars(curve, 0.9, method)
    full = ~curve.empty
    assert np.all((lower[full] <= curve.frequency[full]) & (curve.frequency[full] <= upper[full]))
    assert np.isnan(lower[curve.empty]).all()
    assert curve.empty.any()


def test_bars_of_equally_weighted_rows_do_not_depend_on_the_weight():
    y, p = drawn(1, 100)
    plain = bars(reliability_curve(y, p, 5))
    heavy = bars(reliability_curve(y, p, 5, weights=np.full(100, 10.0)))
    np.testing.assert_allclose(plain, heavy, rtol=1e-10)


def test_an_unknown_method_or_level_is_refused():
    with pytest.raises(UserError):
        frequency_interval([1], [2], method="wald")
    with pytest.raises(UserError):
        frequency_interval([1], [2], level=1.0)
