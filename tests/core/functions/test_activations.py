"""Every activation of the registry: its derivatives, its limits, its manners."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest

from core.functions.activations import ACTIVATIONS, normal_cdf, normal_density
from tests.core.ulp import largest_error

mp.mp.dps = 50


def sigma(z):
    return 1 / (1 + mp.exp(-z))


EXACT = {
    "sigmoid": sigma,
    "tanh": mp.tanh,
    "relu": lambda z: max(z, mp.mpf(0)),
    "leaky_relu": lambda z: z if z > 0 else z * mp.mpf(0.01),
    "elu": lambda z: z if z > 0 else mp.expm1(z),
    "gelu": lambda z: z * mp.ncdf(z),
    "swish": lambda z: z * sigma(z),
    "softplus": lambda z: mp.log1p(mp.exp(z)),
    "linear": lambda z: z,
    "adaptive_sigmoid": sigma,
}
# value, slope and curvature at -inf, then at inf
INF = np.inf
LIMITS = {
    "sigmoid": ((0, 0, 0), (1, 0, 0)),
    "tanh": ((-1, 0, 0), (1, 0, 0)),
    "relu": ((0, 0, 0), (INF, 1, 0)),
    "leaky_relu": ((-INF, 0.01, 0), (INF, 1, 0)),
    "elu": ((-1, 0, 0), (INF, 1, 0)),
    "gelu": ((0, 0, 0), (INF, 1, 0)),
    "swish": ((0, 0, 0), (INF, 1, 0)),
    "softplus": ((0, 0, 0), (INF, 1, 0)),
    "linear": ((-INF, 1, 0), (INF, 1, 0)),
    "adaptive_sigmoid": ((0, 0, 0), (1, 0, 0)),
}
Z = np.concatenate([np.random.default_rng(0).normal(size=60) * 4, np.linspace(-30, 30, 41) + 0.013])
FUNCTIONS = ("value", "slope", "curvature")


def assert_relative(got, exact, bound):
    for value, truth in zip(np.ravel(got).tolist(), exact, strict=True):
        assert abs(mp.mpf(value) - truth) <= bound * abs(truth)


every_activation = pytest.mark.parametrize("a", ACTIVATIONS.values(), ids=list(ACTIVATIONS))


@pytest.fixture(autouse=True)
def _every_floating_point_flag_but_underflow_is_an_error():
    with np.errstate(all="raise", under="ignore"):
        yield


def test_the_registry_holds_the_promised_activations_and_no_untested_one():
    assert list(ACTIVATIONS) == list(EXACT) == list(LIMITS)


@every_activation
def test_each_value_is_right_to_a_few_ulp(a):
    z = np.concatenate([Z, np.random.default_rng(1).uniform(-36, 0, 200), [1e-300, -1e-300, 5e-9]])
    exact = [EXACT[a.name](mp.mpf(v)) for v in z.tolist()]
    if a.name == "gelu":  # Φ is scipy's, which rounds z²/2 before exp magnifies that
        assert_relative(a.value(z), exact, 3e-13)
    else:
        assert largest_error(a.value(z), exact) <= 6


@pytest.mark.parametrize(("function", "truth"), [(normal_cdf, mp.ncdf), (normal_density, mp.npdf)])
def test_the_normal_distribution_is_right_to_3e_13_in_both_tails(function, truth):
    z = np.concatenate([np.random.default_rng(3).uniform(-37.5, 37.5, 300), Z, [0.0, 5e-324]])
    assert_relative(function(z), [truth(mp.mpf(v)) for v in z.tolist()], 3e-13)
    limits = [0, 1] if function is normal_cdf else [0, 0]
    far = np.array([-np.inf, np.inf, np.nan, -1e300, 1e300])
    np.testing.assert_array_equal(function(far), [*limits, np.nan, *limits])
    assert function(np.zeros((0, 3))).shape == (0, 3)


@every_activation
@pytest.mark.parametrize("order", [1, 2])
def test_each_slope_and_curvature_is_the_derivative_of_the_value(a, order):
    got = (a.slope if order == 1 else a.curvature)(Z)
    with mp.workdps(300):
        exact = [float(mp.diff(EXACT[a.name], mp.mpf(v), order)) for v in Z.tolist()]
    # 1e-13 relative also far to the left, where the numbers are as small as 1e-200.
    np.testing.assert_allclose(got, exact, rtol=1e-13, atol=1e-300)


@every_activation
def test_infinities_give_the_limits_and_nan_stays_nan(a):
    for function, low, high in zip(FUNCTIONS, *LIMITS[a.name], strict=True):
        got = getattr(a, function)(np.array([-np.inf, np.inf, np.nan]))
        np.testing.assert_array_equal(got, [low, high, np.nan], err_msg=function)


@every_activation
def test_extreme_numbers_give_finite_results(a):
    largest = np.finfo(float).max
    z = np.array([-largest, -1e10, -746.0, -5e-324, 0.0, 5e-324, 710.0, 1e10, largest])
    for function in FUNCTIONS:
        assert np.isfinite(getattr(a, function)(z)).all()


@every_activation
@pytest.mark.parametrize("shape", [(10, 8), (0, 3), (), (2, 3, 4)])
def test_shape_and_type_are_kept_and_the_input_is_not_changed(a, shape):
    z = np.asarray(np.random.default_rng(2).normal(size=shape))
    z.setflags(write=False)
    for function in FUNCTIONS:
        got = getattr(a, function)(z)
        assert got.shape == shape
        assert got.dtype == np.float64
        assert not np.shares_memory(got, z)
        np.testing.assert_allclose(getattr(a, function)(z.T), got.T, rtol=1e-15)


@pytest.mark.parametrize(("name", "slope"), [("relu", 0.0), ("leaky_relu", 0.01), ("elu", 1.0)])
def test_at_a_kink_the_derivatives_are_those_of_the_left_side(name, slope):
    zero = np.array([0.0, -0.0])
    np.testing.assert_array_equal(ACTIVATIONS[name].slope(zero), slope)
    np.testing.assert_array_equal(ACTIVATIONS[name].curvature(zero), 1.0 if name == "elu" else 0.0)


@every_activation
def test_each_record_says_what_a_reader_needs(a):
    for text in (a.label, a.formula, a.slope_formula, a.source):
        assert text.strip()
    for sentence in (a.good_at, a.bad_at):
        assert sentence.endswith(".")
        assert "!" not in sentence
    assert a.gain in {"glorot", "he"}
    assert a.trainable_sharpness == (a.name == "adaptive_sigmoid")
    assert a.formula.count("{") == a.formula.count("}")
    assert a.slope_formula.count("{") == a.slope_formula.count("}")


@every_activation
def test_ziamath_can_draw_each_formula(a):
    ziamath = pytest.importorskip("ziamath")
    for formula in (a.formula, a.slope_formula):
        assert "<svg" in ziamath.Latex(formula).svg()
