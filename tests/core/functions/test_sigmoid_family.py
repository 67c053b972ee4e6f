"""The sigmoid family against mpmath, to the bounds that the design sets."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import functions as f
from tests.core.ulp import arguments, largest_error

FINITE = st.floats(allow_nan=False, allow_infinity=False)
Z = arguments(0)


def bounded(z):
    """Keep mpmath's exponents small where the result is 0, 1 or z for any practical purpose."""
    return max(min(mp.mpf(float(z)), mp.mpf(3000)), mp.mpf(-3000))


def exact_sigmoid(z):
    return 1 / (1 + mp.exp(-bounded(z)))


def exact_softplus(z):
    return mp.mpf(float(z)) if z > 3000 else mp.log1p(mp.exp(bounded(z)))


def exact_slope(z):
    return exact_sigmoid(z) * exact_sigmoid(-z)


EXACT = {
    "sigmoid": (exact_sigmoid, 4),
    "sigmoid_slope": (exact_slope, 8),
    "sigmoid_curvature": (lambda z: -exact_slope(z) * mp.tanh(bounded(z) / 2), 8),
    "softplus": (exact_softplus, 4),
    "log_sigmoid": (lambda z: -exact_softplus(-z), 4),
}
# The limits at -inf and inf.
LIMITS = {
    "sigmoid": (0, 1),
    "sigmoid_slope": (0, 0),
    "sigmoid_curvature": (0, 0),
    "softplus": (0, np.inf),
    "log_sigmoid": (-np.inf, 0),
    "logit": (np.nan, np.nan),
}
SLOPES = {"sigmoid": "sigmoid_slope", "sigmoid_slope": "sigmoid_curvature", "softplus": "sigmoid"}


@pytest.fixture(autouse=True)
def _every_floating_point_flag_but_underflow_is_an_error():
    with np.errstate(all="raise", under="ignore"):
        yield


@pytest.mark.parametrize("name", EXACT)
def test_each_function_is_right_to_its_bound_in_ulp_for_any_argument(name):
    exact, bound = EXACT[name]
    assert largest_error(getattr(f, name)(Z), [exact(z) for z in Z]) <= bound


@pytest.mark.parametrize("name", EXACT)
@settings(max_examples=40, deadline=None)
@given(z=FINITE | st.floats(-800, 800))
def test_each_function_is_right_for_arguments_that_hypothesis_finds(name, z):
    exact, bound = EXACT[name]
    with np.errstate(all="raise", under="ignore"):
        assert largest_error(getattr(f, name)(z), [exact(z)]) <= bound


@pytest.mark.parametrize("name", LIMITS)
def test_infinities_give_the_limits_and_nan_stays_nan(name):
    got = getattr(f, name)(np.array([-np.inf, np.inf, np.nan]))
    np.testing.assert_array_equal(got, [*LIMITS[name], np.nan])


@pytest.mark.parametrize("name", LIMITS)
def test_any_shape_is_kept_the_input_is_not_changed_and_float64_comes_back(name):
    function = getattr(f, name)
    p = np.random.default_rng(1).uniform(0.1, 0.9, (4, 6))
    before = p.copy()
    p.setflags(write=False)
    whole = function(p)
    assert whole.dtype == np.float64
    assert not np.shares_memory(whole, p)
    np.testing.assert_array_equal(p, before)
    np.testing.assert_array_equal(function(p.T[::2]), whole.T[::2])
    np.testing.assert_array_equal(function(p.tolist()), whole)
    assert function(np.zeros((0, 3)) + 0.5).shape == (0, 3)
    for scalar in (0.25, np.float64(0.25), np.array(0.25)):
        assert isinstance(function(scalar), np.float64)
    assert function(np.float32(0.25)) == function(0.25)


@pytest.mark.parametrize("name", SLOPES)
@pytest.mark.parametrize("z", [-3.3, -0.4, 0.0, 0.7, 5.1])
def test_each_slope_is_the_derivative_of_its_function(name, z):
    exact = EXACT[name][0]
    # mpmath differentiates what the slope is supposed to be the derivative of.
    wide = {
        "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
        "sigmoid_slope": lambda x: mp.exp(-x) / (1 + mp.exp(-x)) ** 2,
        "softplus": lambda x: mp.log(1 + mp.exp(x)),
    }[name]
    assert abs(wide(mp.mpf(z)) - exact(z)) < mp.mpf(10) ** -40
    assert float(getattr(f, SLOPES[name])(z)) == pytest.approx(
        float(mp.diff(wide, z)), rel=1e-14, abs=1e-15
    )


@given(z=st.floats(-700, 700))
def test_sigmoid_of_minus_z_is_one_minus_sigmoid_of_z(z):
    assert f.sigmoid(z) + f.sigmoid(-z) == pytest.approx(1, abs=3e-16)
    assert f.sigmoid_slope(z) == pytest.approx(f.sigmoid_slope(-z), rel=1e-15)
    assert f.sigmoid_curvature(z) == pytest.approx(-f.sigmoid_curvature(-z), rel=1e-15)


def test_sigmoid_rises_throughout():
    z = np.linspace(-45, 45, 400_001)
    assert (np.diff(f.sigmoid(z)) >= -1.2e-16).all()
    assert ((f.sigmoid(z) >= 0) & (f.sigmoid(z) <= 1)).all()


def test_the_logit_is_right_to_a_few_ulp():
    rng = np.random.default_rng(2)
    p = np.concatenate(
        [
            rng.uniform(size=2000),
            10.0 ** rng.uniform(-323, 0, 500),
            1 - 10.0 ** rng.uniform(-16, 0, 500),
            0.5 + rng.normal(size=500) * 1e-9,
            [0.25, 0.5, 0.75, 5e-324, 1 - 2.0**-53],
        ]
    )
    exact = [mp.log(mp.mpf(v) / (1 - mp.mpf(v))) for v in p.tolist()]
    assert largest_error(f.logit(p), exact) <= 4


def test_the_logit_is_infinite_at_0_and_1_and_nan_outside():
    np.testing.assert_array_equal(f.logit([0.0, 1.0, -0.1, 1.1]), [-np.inf, np.inf, np.nan, np.nan])


def test_hard_binary_cross_entropy_is_right_to_four_ulp():
    for target in (0, 1):
        sign = 1 - 2 * target
        exact = [exact_softplus(sign * z) for z in Z]
        assert largest_error(f.binary_cross_entropy(Z, np.full(len(Z), target)), exact) <= 4


def test_soft_binary_cross_entropy_is_right_to_four_ulp():
    rng = np.random.default_rng(3)
    z = Z
    for t in (
        rng.uniform(size=len(z)),
        rng.uniform(size=len(z)) ** 8,
        1 - rng.uniform(size=len(z)) ** 8,
        10.0 ** rng.uniform(-323, 0, len(z)),
        rng.integers(0, 17, len(z)) / 16,
    ):
        exact = [
            mp.mpf(a) * exact_softplus(-v) + (1 - mp.mpf(a)) * exact_softplus(v)
            for a, v in zip(t.tolist(), z.tolist(), strict=True)
        ]
        assert largest_error(f.binary_cross_entropy(z, t), exact) <= 4


def test_binary_cross_entropy_is_not_zero_where_the_truth_is_not():
    z = np.array([37.0, 100.0, 700.0, 744.0])
    assert (f.binary_cross_entropy(z, 1) > 0).all()
    assert (f.binary_cross_entropy(-z, 0) > 0).all()
    assert (f.log_sigmoid(z) < 0).all()


def test_binary_cross_entropy_at_infinite_logits_is_0_if_right_and_infinite_if_wrong():
    z = np.array([np.inf, np.inf, -np.inf, -np.inf, np.inf, -np.inf, np.nan, 0.0])
    t = np.array([1.0, 0.0, 0.0, 1.0, 0.5, 0.5, 0.5, np.nan])
    infinite = [0, np.inf, 0, np.inf, np.inf, np.inf, np.nan, np.nan]
    np.testing.assert_array_equal(f.binary_cross_entropy(z, t), infinite)
    np.testing.assert_array_equal(f.binary_cross_entropy(z[:4], t[:4]), infinite[:4])


def test_binary_cross_entropy_broadcasts_and_takes_integers_booleans_and_scalars():
    z = np.array([[-1.0, 2.0], [0.5, 30.0]])
    expected = np.log1p(np.exp(-z))
    for one in (1, True, np.ones((2, 2), int), np.ones(2, bool)):
        np.testing.assert_allclose(f.binary_cross_entropy(z, one), expected, rtol=1e-15)
    assert isinstance(f.binary_cross_entropy(0.3, 0.4), np.float64)
    assert f.binary_cross_entropy([], []).shape == (0,)


def test_every_public_name_is_there():
    for name in f.__all__:
        assert callable(getattr(f, name))
