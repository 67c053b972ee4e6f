"""Proper scores and their decompositions against scikit-learn and direct sums."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics
from sklearn.isotonic import IsotonicRegression

from core.base.errors import UserError
from core.calibration import (
    SCORES,
    brier_score,
    log_loss,
    murphy_decomposition,
    score_decomposition,
)
from tests.core.calibration_cases import binary_cases, class_case, drawn, integer_weights

CASES = binary_cases()
NAMES = [name for name, _, _ in CASES]


def direct_mean(score, y, p, w=None):
    """The mean score of rows, 0 ln 0 being 0."""
    with np.errstate(divide="ignore"):
        cost = {
            "brier": lambda: (p - y) ** 2.0,
            "log_loss": lambda: np.where(y == 1, -np.log(p), -np.log(1.0 - p)),
        }[score]()
    return np.average(cost, weights=w)


@pytest.mark.parametrize("weighted", [False, True])
def test_scores_of_two_classes_are_those_of_scikit_learn(weighted):
    y, p = drawn(0, 300)
    w = np.random.default_rng(0).random(300) if weighted else None
    for values in (p, np.column_stack((1 - p, p))):
        expected = metrics.brier_score_loss(y, p, sample_weight=w)
        assert brier_score(y, values, w) == pytest.approx(expected, rel=1e-13)
        expected = metrics.log_loss(y, p, sample_weight=w)
        assert log_loss(y, values, w) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_scores_of_several_classes_are_those_of_scikit_learn(weighted):
    y, p = class_case()
    w = np.random.default_rng(0).random(len(y)) if weighted else None
    expected = metrics.brier_score_loss(y, p, sample_weight=w, scale_by_half=False)
    assert brier_score(y, p, w) == pytest.approx(expected, rel=1e-12)
    expected = metrics.log_loss(y, p, sample_weight=w)
    assert log_loss(y, p, w) == pytest.approx(expected, rel=1e-9)


def test_nothing_is_clipped():
    assert log_loss([1], [0.0]) == np.inf
    assert log_loss([0], [1.0]) == np.inf
    assert log_loss([0, 1], [0.0, 1.0]) == 0.0
    assert log_loss([0], [1e-300]) == 1e-300
    assert log_loss([1], [1e-300]) == pytest.approx(690.7755278982137)
    assert log_loss([1, 0], [0.0, 0.5], [0.0, 1.0]) == pytest.approx(np.log(2.0))
    assert score_decomposition([1, 0], [0.0, 0.5], "log_loss").miscalibration == np.inf


def test_without_rows_or_weight_scores_are_nan():
    assert np.isnan([brier_score([], []), log_loss([], [])]).all()
    assert np.isnan([brier_score([1], [0.5], [0.0]), log_loss([1], [0.5], [0.0])]).all()
    assert np.isnan(score_decomposition([], []).score)


@pytest.mark.parametrize("score", list(SCORES))
@pytest.mark.parametrize(("name", "y", "p"), CASES, ids=NAMES)
def test_decomposition_compares_with_isotonic_and_constant_forecasts(score, name, y, p):
    parts = score_decomposition(y, p, score)
    recalibrated = IsotonicRegression(y_min=0, y_max=1).fit(p, y).predict(p)
    given, best = direct_mean(score, y, p), direct_mean(score, y, recalibrated)
    base = direct_mean(score, y, np.full(len(y), y.mean()))
    assert parts.score == pytest.approx(given, rel=1e-12)
    assert parts.miscalibration == pytest.approx(given - best, rel=1e-9, abs=1e-14)
    assert parts.discrimination == pytest.approx(base - best, rel=1e-9, abs=1e-14)
    assert parts.uncertainty == pytest.approx(base, rel=1e-12, abs=1e-15)
    assert parts.miscalibration >= 0.0
    assert parts.discrimination >= 0.0


@pytest.mark.parametrize("score", list(SCORES))
def test_whole_weights_are_repeated_rows(score):
    y, p = drawn(2, 200, 2)
    w = integer_weights(200)
    p = np.clip(p, 0.01, 0.99)
    weighted = score_decomposition(y, p, score, weights=w)
    repeated = score_decomposition(np.repeat(y, w), np.repeat(p, w), score)
    for field in ("score", "miscalibration", "discrimination", "uncertainty"):
        assert getattr(weighted, field) == pytest.approx(getattr(repeated, field), rel=1e-12)


def test_class_wise_brier_parts_sum_to_the_score_of_all_classes():
    y, p = class_case()
    parts = score_decomposition(y, p, view="class-wise")
    assert 4 * parts.score == pytest.approx(brier_score(y, p), rel=1e-12)
    total = parts.miscalibration - parts.discrimination + parts.uncertainty
    assert total == pytest.approx(parts.score, rel=1e-12)


@pytest.mark.parametrize("binning", ["width", "mass"])
@pytest.mark.parametrize(("name", "y", "p"), CASES, ids=NAMES)
def test_murphy_with_within_bin_terms_gives_back_the_brier_score(binning, name, y, p):
    parts = murphy_decomposition(y, p, 7, binning)
    total = parts.reliability - parts.resolution + parts.uncertainty
    total += parts.within_variance - parts.within_covariance
    assert total == pytest.approx(np.mean((p - y) ** 2.0), rel=1e-12, abs=1e-15)
    assert parts.score == pytest.approx(np.mean((p - y) ** 2.0), rel=1e-12)


def test_murphy_terms_are_sums_over_the_bins():
    y, p = drawn(3, 400)
    bins = np.clip(np.ceil(p * 8) - 1, 0, 7)  # the edges of eight bins are exact in floats
    reliability = resolution = within = 0.0
    for b in np.unique(bins):
        rows = bins == b
        reliability += rows.sum() * (p[rows].mean() - y[rows].mean()) ** 2
        resolution += rows.sum() * (y[rows].mean() - y.mean()) ** 2
        within += rows.sum() * p[rows].var()
    parts = murphy_decomposition(y, p, 8)
    assert parts.reliability == pytest.approx(reliability / 400, rel=1e-12)
    assert parts.resolution == pytest.approx(resolution / 400, rel=1e-12)
    assert parts.uncertainty == pytest.approx(y.mean() * (1 - y.mean()), rel=1e-12)
    assert parts.within_variance == pytest.approx(within / 400, rel=1e-12)


def test_an_unknown_score_or_binning_is_refused():
    with pytest.raises(UserError):
        score_decomposition([0], [0.5], "spherical")
    with pytest.raises(UserError):
        murphy_decomposition([0], [0.5], binning="corp")
