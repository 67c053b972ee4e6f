"""The bars of a bin against quantiles of the beta distribution."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from scipy import stats

from core.base.errors import UserError
from core.calibration import INTERVALS, bars, frequency_interval, reliability_curve
from tests.core.calibration_cases import drawn


@pytest.mark.parametrize("level", [0.5, 0.9, 0.999])
def test_bounds_of_many_and_of_few_trials_are_quantiles_of_the_beta_distribution(level):
    rng = np.random.default_rng(0)
    n = np.exp(rng.uniform(0.0, np.log(1e6), 200))  # need not be whole
    k = n * rng.random(200)
    tail = 0.5 * (1.0 - level)
    lower, upper = frequency_interval(k, n, level, "jeffreys")
    posterior = stats.beta(k + 0.5, n - k + 0.5)
    np.testing.assert_allclose(lower, posterior.ppf(tail), rtol=1e-9)
    np.testing.assert_allclose(upper, posterior.isf(tail), rtol=1e-9)
    lower, upper = frequency_interval(k, n, level, "clopper_pearson")
    np.testing.assert_allclose(lower, stats.beta(k, n - k + 1.0).ppf(tail), rtol=1e-9)
    np.testing.assert_allclose(upper, stats.beta(k + 1.0, n - k).isf(tail), rtol=1e-9)


@pytest.mark.parametrize(("k", "n"), [(1, 2), (3, 40), (39, 40), (700, 1000)])
@pytest.mark.parametrize("method", list(INTERVALS))
def test_each_bound_leaves_its_tail_outside_in_forty_digits(k, n, method):
    lower, upper = frequency_interval([k], [n], 0.95, method)
    more = {"jeffreys": (0.5, 0.5, 0.5, 0.5), "clopper_pearson": (0.0, 1.0, 1.0, 0.0)}[method]
    with mpmath.workdps(40):
        for x, a, b, q in (
            (lower[0], k + more[0], n - k + more[1], 0.025),
            (upper[0], k + more[2], n - k + more[3], 0.975),
        ):
            found = mpmath.betainc(a, b, 0, mpmath.mpf(float(x)), regularized=True)
            assert float(found) == pytest.approx(q, rel=1e-11)


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
