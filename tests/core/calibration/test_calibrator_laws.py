"""Laws that every calibrator must obey, whatever its formula."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.special import expit

from core.base.errors import UserError
from core.calibration import CALIBRATORS, cross_fit
from tests.core.calibration_cases import integer_weights

AT = np.array([-30.0, -3.0, -0.5, 0.0, 1e-9, 0.5, 3.0, 30.0])


def two(seed: int = 0, n: int = 120, decimals: int | None = 1):
    """Logits, with ties, and labels that they are too sure of."""
    rng = np.random.default_rng(seed)
    s = rng.normal(0.3, 2.0, n)
    s = s if decimals is None else np.round(s, decimals)
    return s, (rng.random(n) < expit(0.6 * s - 0.3)).astype(int)


def three(seed: int = 1, n: int = 150):
    """Logits of three classes, and labels that they are too sure of."""
    rng = np.random.default_rng(seed)
    z = rng.normal(0.0, 1.5, (n, 3))
    chance = np.exp(0.5 * z) / np.exp(0.5 * z).sum(axis=1, keepdims=True)
    return z, np.array([rng.choice(3, p=row) for row in chance])


AWKWARD = [
    ("one row", [0.3], [1]),
    ("one class", [0.1, -2.0, 3.0], [1, 1, 1]),
    ("the other class", [0.1, -2.0, 3.0], [0, 0, 0]),
    ("all equal", [0.7] * 4, [0, 1, 1, 0]),
    ("all 0", [0.0] * 3, [0, 1, 1]),
    ("parted", [-2.0, -1.0, 1.0, 2.0], [0, 0, 1, 1]),
    ("parted the wrong way", [-2.0, -1.0, 1.0, 2.0], [1, 1, 0, 0]),
    ("parted but for a tie", [-2.0, 1.0, 1.0, 2.0], [0, 0, 1, 1]),
    ("huge", [-1e6, -5e5, 3.0, 1e6, 1e5], [0, 1, 0, 1, 1]),
    ("beyond squaring", [-1e200, 1e-3, 1e200, 1e180], [0, 1, 1, 0]),
    ("tiny", [-1e-200, 1e-200, 2e-200, 0.0], [0, 1, 0, 1]),
    ("small", [1e-12, -1e-12, 2e-12, -2e-12], [1, 0, 0, 1]),
    ("saturated", [50.0, 60.0, 800.0, -900.0], [1, 0, 1, 0]),
    ("three classes, one row", [[1.0, 0.0, 0.5]], [2]),
    ("three classes, one of them only", [[1.0, 0.0, 0.5], [0.0, 1.0, 0.0]], [1, 1]),
    ("three classes, parted", 3.0 * np.eye(3), [0, 1, 2]),
    ("three classes, equal logits", np.ones((3, 3)), [0, 1, 1]),
    ("three classes, huge logits", 1e5 * np.eye(3)[[0, 1, 2, 0]], [0, 1, 2, 1]),
]


@pytest.fixture(params=CALIBRATORS, ids=str)
def calibrator(request):
    return CALIBRATORS[request.param]


@pytest.mark.parametrize(("s", "y"), [it[1:] for it in AWKWARD], ids=[it[0] for it in AWKWARD])
def test_awkward_rows_give_probabilities_and_no_warning(calibrator, s, y):
    s, y = np.array(s), np.array(y)
    if s.max() > 1e100 and calibrator.name in ("vector", "dirichlet"):
        with pytest.raises(UserError, match=r"e\+1|e\+2"):
            calibrator.fit(s, y)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted = calibrator.fit(s, y)
        assert calibrator.fit(s, y, np.ones(len(s))).parameters.keys() == fitted.parameters.keys()
        places = [s, 10.0 * s, -s, 0.0 * s, s[:0]]
        if s.ndim == 1:
            both = np.column_stack((np.zeros_like(s), s))
            places += [AT, np.array([-1e300, -1e8, 1e8, 1e300]), both]
        for at in places:
            p = fitted.probabilities(at)
            assert p.shape == at.shape
            assert ((p >= 0.0) & (p <= 1.0)).all()
            if p.ndim == 2:
                np.testing.assert_allclose(p.sum(axis=1), 1.0, rtol=1e-12)


def test_the_order_of_the_fitting_rows_does_not_matter(calibrator):
    for z, y in (two(), three()):
        order = np.random.default_rng(3).permutation(len(y))
        one, other = calibrator.fit(z, y), calibrator.fit(z[order], y[order])
        np.testing.assert_allclose(one.probabilities(z), other.probabilities(z), atol=2e-7)


def test_how_rows_are_stored_does_not_matter_for_a_fit(calibrator):
    s, y = two()
    s = s.astype(np.float32)
    expected = calibrator.fit(s.astype(np.float64), y).probabilities(AT)
    wide = np.repeat(np.column_stack((s, s)), 2, axis=0)
    stored = [
        (s, y.astype(bool)),
        (s.tolist(), y.tolist()),
        (wide[::2, 0], np.repeat(y, 2)[::2]),
        (s, y.astype(float)),
    ]
    for logits, labels in stored:
        fitted = calibrator.fit(logits, labels)
        np.testing.assert_array_equal(fitted.probabilities(AT), expected)
        np.testing.assert_array_equal(fitted.probabilities(np.repeat(AT, 3)[::3]), expected)
    z, labels = three()
    columns = np.asfortranarray(z)
    plain, other = calibrator.fit(z, labels), calibrator.fit(columns, labels)
    np.testing.assert_allclose(plain.probabilities(z), other.probabilities(columns), atol=1e-9)


def test_two_columns_are_their_difference(calibrator):
    s, y = two()
    rng = np.random.default_rng(4)
    shift = np.round(rng.normal(size=len(s)), 3)
    z = np.column_stack((shift, s + shift))
    of_one = calibrator.fit(z[:, 1] - z[:, 0], y)
    of_two = calibrator.fit(z, y)
    np.testing.assert_array_equal(of_one.probabilities(AT), of_two.probabilities(AT))
    columns = of_two.probabilities(np.column_stack((np.zeros_like(AT), AT)))
    np.testing.assert_allclose(columns[:, 1], of_two.probabilities(AT), rtol=1e-14, atol=0.0)


def test_whole_weights_repeat_the_fitting_rows(calibrator):
    if calibrator.name == "venn_abers":
        pytest.skip("a new row counts as much as an average one there")
    for z, y in (two(), three()):
        w = integer_weights(len(y))
        repeated = calibrator.fit(np.repeat(z, w, axis=0), np.repeat(y, w))
        weighted = calibrator.fit(z, y, w)
        np.testing.assert_allclose(weighted.probabilities(z), repeated.probabilities(z), atol=2e-7)


def test_fitting_rows_of_no_weight_are_not_there(calibrator):
    s, y = two()
    w = np.linspace(0.5, 1.5, len(y))
    more = np.append(s, [np.inf, 5.0]), np.append(y, [0, 0]), np.append(w, [0.0, 0.0])
    one, other = calibrator.fit(s, y, w), calibrator.fit(*more)
    np.testing.assert_array_equal(one.probabilities(AT), other.probabilities(AT))


def test_probabilities_of_many_classes_sum_to_one_at_any_logits(calibrator):
    z, y = three()
    fitted = calibrator.fit(z, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for scale in (1e-300, 1.0, 1e3, 1e300):
            p = fitted.probabilities(z * scale)
            assert np.isfinite(p).all()
            assert (p >= 0.0).all()
            np.testing.assert_allclose(p.sum(axis=1), 1.0, rtol=1e-12)


@pytest.mark.parametrize(
    ("logits", "labels", "weights", "says"),
    [
        ([0.0, np.nan], [0, 1], None, "NaN"),
        (["a", "b"], [0, 1], None, "not numbers"),
        ([0.0, 1.0], [0, 2], None, "labels"),
        ([0.0, 1.0], [0, np.nan], None, "labels"),
        ([0.0, 1.0], [0], None, "do not fit"),
        ([[0.0], [1.0]], [0, 0], None, "shape"),
        (1.0, [0], None, "shape"),
        ([0.0, 1.0], [0, 1], [1.0, -1.0], "weights"),
        ([0.0, np.inf], [0, 1], None, "infinite"),
        ([], [], None, "no rows"),
        ([1.0, 2.0], [0, 1], [0.0, 0.0], "no rows"),
    ],
)
def test_impossible_fitting_rows_are_refused_in_words(calibrator, logits, labels, weights, says):
    with pytest.raises(UserError, match=says):
        calibrator.fit(logits, labels, weights)


def test_a_map_refuses_logits_of_another_shape_or_nan(calibrator):
    of_two, of_three = calibrator.fit(*two()), calibrator.fit(*three())
    refused = [
        (of_two, np.array([np.nan])),
        (of_two, np.zeros((2, 1))),
        (of_three, np.full((1, 3), np.nan)),
    ]
    if calibrator.name != "temperature":  # one number serves any classes
        refused += [
            (of_two, np.zeros((2, 3))),
            (of_three, np.zeros((2, 4))),
            (of_three, np.zeros(2)),
        ]
    for fitted, wrong in refused:
        with pytest.raises(UserError):
            fitted.probabilities(wrong)


def test_cross_fitting_judges_every_row_by_a_map_that_did_not_see_it(calibrator):
    s, y = two(7, 60, None)
    found = cross_fit(calibrator, s, y, folds=3)
    for k, member in enumerate(found.members):
        here = found.folds == k
        again = calibrator.fit(s[~here], y[~here])
        np.testing.assert_array_equal(member.probabilities(s[here]), found.held_out[here])
        np.testing.assert_array_equal(again.probabilities(AT), member.probabilities(AT))
