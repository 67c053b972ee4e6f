"""The softmax family against mpmath, to the bounds that the design sets."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.functions import (
    categorical_cross_entropy,
    log_softmax,
    logsumexp,
    softmax,
    softmax_jacobian,
    softplus,
)
from tests.core.ulp import largest_error

INF, NAN = np.inf, np.nan
SMALLEST = mp.mpf(2) ** -1074


def batches():
    """Yield rows of few and many classes, near and far apart, tiny, huge, confident and tied."""
    rng = np.random.default_rng(0)
    for classes, rows in ((1, 5), (2, 200), (3, 150), (10, 40), (1000, 1)):
        for scale in (1e-12, 0.5, 3, 30, 300):
            yield rng.normal(size=(rows, classes)) * scale
    yield rng.normal(size=(60, 4)) + 10.0 ** rng.integers(0, 12, (60, 1))
    yield rng.choice([-1, 1], (60, 4)) * 10.0 ** rng.uniform(-320, 308, (60, 4))
    yield np.c_[np.zeros(40), -rng.uniform(20, 760, (40, 3))]
    yield np.r_[0.0, np.full(999, -25.0) + rng.normal(size=999)][None]
    yield np.r_[np.zeros(500), np.full(500, -45.0)][None]
    yield np.array([[1.7e308, -1.7e308], [-1.7e308, -1.7e308], [5e-324, 0], [709.9, 710]])


BATCHES = list(batches())


@pytest.fixture(autouse=True)
def _every_floating_point_flag_but_underflow_is_an_error():
    with np.errstate(all="raise", under="ignore"):
        yield


def exact_rows(z, temperature=1.0):
    """Yield for each row the exact probabilities, log probabilities and normaliser."""
    for row in z.tolist():
        scaled = [mp.mpf(v) / mp.mpf(temperature) for v in row]
        top = max(scaled)
        leader = scaled.index(top)
        gaps = [max(v - top, mp.mpf(-(10**6))) for v in scaled]
        e = [mp.exp(g) for g in gaps]
        others = sum(e[:leader] + e[leader + 1 :], mp.mpf(0))
        log = mp.log1p(others)
        yield [x / (1 + others) for x in e], [v - top - log for v in scaled], top + log


def exact_softmax(z, temperature=1.0):
    return [p for row in exact_rows(z, temperature) for p in row[0]]


def assert_right(got, exact):
    """Check 2e-13 relative, or one unit among the subnormals, and that only a 0 is 0.

    Below half the smallest subnormal 0 is the nearest number.
    """
    exact = list(exact)
    for value, truth in zip(np.ravel(got).tolist(), exact, strict=True):
        assert abs(mp.mpf(value) - truth) <= max(2e-13 * abs(truth), SMALLEST)
        assert value != 0 or abs(truth) <= SMALLEST


@pytest.mark.parametrize("z", BATCHES)
def test_softmax_is_right_to_its_bound(z):
    exact = exact_softmax(z)
    assert_right(softmax(z), exact)
    assert_right(softmax(np.asfortranarray(z.T), axis=0).T, exact)


@pytest.mark.parametrize(
    "temperature", [1e-300, 1e-3, 0.1, 0.7, 1 / 3, 2.0, 3.3, 1e3, 1e300, 1.7e308]
)
def test_softmax_at_a_temperature_is_right_to_its_bound(temperature):
    rng = np.random.default_rng(1)
    for z in (
        rng.normal(size=(60, 3)),
        rng.normal(size=(60, 3)) * 300 * min(temperature, 1e300),
        np.array([[8e307, -8e307, 0.0], [5e-324, 0.0, 1e-300]]),
    ):
        assert_right(softmax(z, temperature), exact_softmax(z, temperature))


@pytest.mark.parametrize("z", BATCHES)
def test_log_softmax_and_categorical_cross_entropy_are_right_to_their_bound(z):
    with np.errstate(over="ignore"):
        rows = z[np.isfinite(np.ptp(z, axis=1))]  # a gap that overflows counts as infinite
    exact = [row[1] for row in exact_rows(rows)]
    assert_right(log_softmax(rows), [v for row in exact for v in row])
    labels = np.arange(len(rows)) % z.shape[1]
    chosen = [-row[k] for row, k in zip(exact, labels, strict=True)]
    assert_right(categorical_cross_entropy(rows, labels), chosen)


def test_cross_entropy_and_log_softmax_are_not_zero_where_the_truth_is_not():
    gaps = np.array([37.0, 100.0, 700.0, 744.0])
    z = np.column_stack([gaps, np.zeros(4), -gaps])
    exact = [-row[1][0] for row in exact_rows(z)]
    assert_right(categorical_cross_entropy(z, np.zeros(4, int)), exact)
    assert (categorical_cross_entropy(z, np.zeros(4, int)) > 0).all()
    assert (log_softmax(z) < 0).all()


def test_the_loss_of_a_leader_over_many_equal_classes_does_not_drift_with_their_number():
    gaps = np.random.default_rng(8).uniform(25, 60, 60)
    z = np.zeros((60, 1500))
    z[:, 1:] = -gaps[:, None]
    exact = [mp.log1p(1499 * mp.exp(-mp.mpf(g))) for g in gaps.tolist()]
    assert_right(categorical_cross_entropy(z, np.zeros(60, int)), exact)


@pytest.mark.parametrize("z", BATCHES)
def test_logsumexp_is_right_to_four_ulp_of_the_largest_number(z):
    exact = [row[2] for row in exact_rows(z)]
    sizes = [
        max(abs(v), *map(abs, map(mp.mpf, row))) for v, row in zip(exact, z.tolist(), strict=True)
    ]
    assert largest_error(logsumexp(z), exact, sizes) <= 4
    assert largest_error(logsumexp(np.asfortranarray(z.T), axis=0), exact, sizes) <= 4


@settings(max_examples=60, deadline=None)
@given(
    row=st.lists(st.floats(-1e300, 1e300) | st.floats(-50, 50), min_size=1, max_size=6),
    temperature=st.floats(1e-3, 1e3),
)
def test_softmax_is_right_for_rows_and_temperatures_that_hypothesis_finds(row, temperature):
    z = np.array([row])
    with np.errstate(all="raise", under="ignore"):
        assert_right(softmax(z), exact_softmax(z))
        assert_right(softmax(z, temperature), exact_softmax(z, temperature))
        assert_right(log_softmax(z), [v for row in exact_rows(z) for v in row[1]])


@pytest.mark.parametrize(
    ("z", "p", "log_p", "total"),
    [
        ([1, INF, 2], [0, 1, 0], [-INF, 0, -INF], INF),
        ([INF], [1], [0], INF),
        ([INF, INF, -INF, 0], [NAN] * 4, [NAN] * 4, INF),
        ([-INF, 3.0], [0, 1], [-INF, 0], 3.0),
        ([-INF, -INF], [NAN] * 2, [NAN] * 2, -INF),
        ([-INF], [NAN], [NAN], -INF),
        ([0, NAN, INF], [NAN, NAN, NAN], [NAN, NAN, NAN], NAN),
        ([1e308, -1.7e308], [1, 0], [0, -INF], 1e308),
    ],
)
def test_infinite_and_nan_logits_follow_the_conventions(z, p, log_p, total):
    z = np.array([z, np.zeros(len(z))])
    np.testing.assert_array_equal(softmax(z)[0], p)
    np.testing.assert_array_equal(log_softmax(z)[0], log_p)
    np.testing.assert_array_equal(logsumexp(z)[0], total)
    np.testing.assert_array_equal(softmax(z)[1], np.full(z.shape[1], 1 / z.shape[1]))
    for k in range(z.shape[1]):
        loss = categorical_cross_entropy(z, [k, 0])
        np.testing.assert_array_equal(loss, -log_softmax(z)[[0, 1], [k, 0]])
    if not np.isnan(p).any():
        np.testing.assert_array_equal(softmax(z, 0.3)[0], p)
        np.testing.assert_array_equal(
            softmax(z, 30.0)[0][np.isinf(z[0])], np.array(p)[np.isinf(z[0])]
        )


def test_a_temperature_near_0_gives_the_largest_and_ties_share():
    z = [[1.0, 3.0, 2.0], [2.0, 2.0, 1.0]]
    for temperature in (5e-324, 1e-300, 1e-5):
        np.testing.assert_array_equal(softmax(z, temperature), [[0, 1, 0], [0.5, 0.5, 0]])


def test_an_infinite_temperature_makes_the_finite_logits_share():
    z = [[1.0, 3.0, 2.0], [1.0, 3.0, -INF], [1.0, INF, 0.0], [1.0, NAN, 0.0]]
    expected = [[1 / 3] * 3, [0.5, 0.5, 0], [0, 1, 0], [NAN] * 3]
    np.testing.assert_array_equal(softmax(z, INF), expected)


@pytest.mark.parametrize("temperature", [0.0, -1.0, -INF, NAN])
def test_a_temperature_that_is_not_above_0_is_refused(temperature):
    with pytest.raises(ValueError, match="temperature must be above 0"):
        softmax([1.0, 2.0], temperature)


def test_probabilities_sum_to_one_and_ignore_a_common_shift():
    z = np.random.default_rng(4).normal(size=(50, 7))
    np.testing.assert_allclose(softmax(z).sum(axis=1), 1, rtol=1e-15)
    np.testing.assert_allclose(softmax(z + 0.5), softmax(z), rtol=1e-14)
    np.testing.assert_allclose(np.exp(log_softmax(z)), softmax(z), rtol=1e-14)
    np.testing.assert_allclose(logsumexp(z[:, :2] * [0, 1]), softplus(z[:, 1]), rtol=1e-15)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2])
def test_each_axis_gives_what_the_last_gives(axis):
    z = np.random.default_rng(5).normal(size=(2, 3, 4)) * 4
    z.setflags(write=False)
    moved = np.moveaxis(z, axis, -1)
    for function in (softmax, log_softmax):
        got = np.moveaxis(function(z, axis=axis), axis, -1)
        np.testing.assert_allclose(got, function(moved), rtol=1e-15)
        assert got.dtype == np.float64
    np.testing.assert_allclose(logsumexp(z, axis=axis), logsumexp(moved), rtol=1e-15)


def test_scalars_empty_arrays_and_strides_are_taken():
    assert softmax(3.0) == 1.0
    assert log_softmax(3.0) == 0.0
    assert logsumexp(3.0) == 3.0
    assert isinstance(logsumexp([1.0, 2.0]), np.float64)
    assert isinstance(softmax(3.0), np.float64)
    for shape in ((0,), (0, 3), (3, 0)):
        for function in (softmax, log_softmax):
            assert function(np.zeros(shape)).shape == shape
        assert softmax(np.zeros(shape), 2.0).shape == shape
        np.testing.assert_array_equal(logsumexp(np.zeros(shape)), np.full(shape[:-1], -INF))
    assert categorical_cross_entropy(np.zeros((0, 3)), np.zeros(0, int)).shape == (0,)
    assert isinstance(categorical_cross_entropy([0.0, 1.0], 1), np.float64)
    assert categorical_cross_entropy(np.zeros((2, 5, 3)), np.zeros((2, 5), int)).shape == (2, 5)
    z = np.random.default_rng(6).normal(size=(8, 6))
    np.testing.assert_array_equal(softmax(z[::2, ::-2]), softmax(z[::2, ::-2].copy()))


@pytest.mark.parametrize("labels", [[0, 3], [-1, 0]])
def test_a_label_that_is_no_class_is_refused(labels):
    with pytest.raises(IndexError, match="0 to 2"):
        categorical_cross_entropy(np.zeros((2, 3)), labels)


def test_the_jacobian_agrees_with_finite_differences():
    z, h = np.random.default_rng(7).normal(size=(6, 4)), 1e-5
    for j in range(4):
        step = h * np.eye(4)[j]
        slope = (softmax(z + step) - softmax(z - step)) / (2 * h)
        np.testing.assert_allclose(softmax_jacobian(z)[:, :, j], slope, atol=1e-10)


def test_the_jacobian_is_symmetric_its_rows_sum_to_0_and_confidence_does_not_empty_it():
    jacobian = softmax_jacobian([[0.3, -1.0, 2.0], [0.0, 50.0, 0.0]])
    np.testing.assert_array_equal(jacobian, np.swapaxes(jacobian, 1, 2))
    np.testing.assert_allclose(jacobian.sum(axis=2), 0, atol=1e-16)
    assert jacobian[1, 1, 1] == pytest.approx(2 * np.exp(-50.0), rel=1e-14)
