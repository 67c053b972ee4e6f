"""Recalibration of predictions against scipy, scikit-learn and Bayes' rule."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_softmax, logit, softmax
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import log_loss

from core.base.errors import UserError
from core.calibration.calibration_knobs import CalibrationChoices
from core.calibration.calibrators import CALIBRATORS
from core.calibration.recalibration import (
    changes_probabilities,
    fit_recalibration,
    fitting_split,
    recalibrated,
    target_base_rates,
)
from core.evaluation.performance import performance_of
from core.predictions import Predictions

N = 600
RNG = np.random.default_rng(8)
S = RNG.normal(size=N) * 3.0
Y = (RNG.random(N) < expit(0.5 * S - 0.3)).astype(int)
SPLIT = RNG.integers(0, 3, N)
WEIGHTS = RNG.integers(0, 4, N).astype(float)
FIT, TEST = SPLIT == 1, SPLIT == 2


def two(**known):
    return Predictions.from_logits(Y, S, split=SPLIT, **known)


def fitted(predictions, **choices):
    return fit_recalibration(predictions, CalibrationChoices(**choices))


def best_temperature(s, y, w=None):
    def cost(t):
        return np.average(np.logaddexp(0.0, np.where(y == 1, -s, s) / t), weights=w)

    options = {"xatol": 1e-10}
    return minimize_scalar(cost, bounds=(0.05, 50.0), method="bounded", options=options).x


def test_nothing_chosen_leaves_the_predictions_as_they_are():
    assert fitted(two()) is None
    assert not changes_probabilities(CalibrationChoices())
    whole = two()
    assert recalibrated(whole, None) is whole


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_a_calibrator_is_fitted_on_the_part_that_is_named(split):
    mine = ("train", "validation", "test").index(split) == SPLIT
    t = fitted(two(), method="temperature", fitted_on=split).fitted.temperature
    assert t == pytest.approx(best_temperature(S[mine], Y[mine]), rel=1e-5)


def test_a_weighted_row_counts_as_often_as_its_weight():
    weighted = two(weights=WEIGHTS)
    rows = np.repeat(np.arange(N), WEIGHTS.astype(int))
    repeated = Predictions.from_logits(Y[rows], S[rows], split=SPLIT[rows])
    for method in ("temperature", "platt", "isotonic", "beta"):
        p = [
            fitted(it, method=method).probabilities(two().logits[TEST])
            for it in (weighted, repeated)
        ]
        np.testing.assert_allclose(p[0], p[1], atol=1e-6, err_msg=method)
    t = fitted(weighted, method="temperature").fitted.temperature
    assert t == pytest.approx(best_temperature(S[FIT], Y[FIT], WEIGHTS[FIT]), rel=1e-5)


def test_probabilities_of_another_model_are_recalibrated_as_its_logits_are():
    given = Predictions.from_probabilities(Y, expit(S), split=SPLIT)
    for method in CALIBRATORS:
        found = recalibrated(given, fitted(given, method=method)).part("test")
        expected = recalibrated(two(), fitted(two(), method=method)).part("test")
        np.testing.assert_allclose(
            found.probabilities, expected.probabilities, atol=1e-9, err_msg=method
        )


def test_a_certain_probability_cannot_be_fitted_on_and_the_error_says_so():
    p = expit(S)
    p[np.flatnonzero(FIT)[0]] = 1.0
    with pytest.raises(UserError, match="exactly 0 or 1"):
        fitted(Predictions.from_probabilities(Y, p, split=SPLIT), method="platt")
    s = S.copy()
    s[np.flatnonzero(FIT)[0]] = np.nan
    with pytest.raises(UserError, match="no longer finite"):
        fitted(Predictions.from_logits(Y, s, split=SPLIT), method="platt")


def test_held_out_rows_are_found_in_the_whole_in_the_part_and_in_a_subgroup():
    order = RNG.permutation(N)  # the table's rows need not be in order
    predictions = two(rows=order)
    recalibration = fitted(predictions, method="isotonic", fitted_on="cross_fitted", folds=4)
    folds, s, y = recalibration.fitted.folds, S[FIT], Y[FIT]
    expected = np.empty(FIT.sum())
    for k in range(4):
        rest = folds != k
        fit = IsotonicRegression(out_of_bounds="clip").fit(s[rest], y[rest])
        expected[~rest] = fit.predict(s[~rest])
    whole = recalibrated(predictions, recalibration)
    np.testing.assert_allclose(whole.probabilities[FIT, 1], expected, atol=1e-9)
    part = recalibrated(predictions.part("validation"), recalibration)
    np.testing.assert_allclose(part.probabilities[:, 1], expected, atol=1e-9)
    some = np.flatnonzero(S > 0.0)
    group = recalibrated(predictions.at(some), recalibration)
    np.testing.assert_array_equal(group.probabilities, whole.probabilities[some])
    sliced = recalibration.probabilities_of(predictions.part("validation"), slice(None, None, 3))
    np.testing.assert_allclose(sliced[:, 1], expected[::3], atol=1e-9)
    mean = np.mean([m.probabilities(S[TEST]) for m in recalibration.fitted.members], axis=0)
    np.testing.assert_allclose(whole.part("test").probabilities[:, 1], mean, atol=1e-9)


def test_another_base_rate_multiplies_every_odds_by_the_ratio_of_the_odds():
    recalibration = fitted(two(), base_rate=0.1)
    rate = Y[SPLIT == 0].mean()
    shown = recalibrated(two(), recalibration).part("test").probabilities[:, 1]
    np.testing.assert_allclose(shown, expit(S[TEST] + logit(0.1) - logit(rate)), atol=1e-12)
    weighted = np.average(Y[SPLIT == 0], weights=WEIGHTS[SPLIT == 0])
    shown = recalibrated(two(weights=WEIGHTS), fitted(two(weights=WEIGHTS), base_rate=0.1))
    expected = expit(S[TEST] + logit(0.1) - logit(weighted))
    np.testing.assert_allclose(shown.part("test").probabilities[:, 1], expected, atol=1e-12)


def test_rows_without_a_train_part_have_their_own_base_rate():
    given = Predictions.from_logits(Y, S)
    shown = recalibrated(given, fitted(given, base_rate=0.1)).probabilities[:, 1]
    np.testing.assert_allclose(shown, expit(S + logit(0.1) - logit(Y.mean())), atol=1e-12)


def test_class_weights_are_undone_before_the_calibrator():
    w = np.array([1.0, 5.0])
    predictions = two(class_weights=w)
    shown = recalibrated(predictions, fitted(predictions, undo_weights=True))
    np.testing.assert_allclose(shown.probabilities[:, 1], expit(S - np.log(5.0)), atol=1e-12)
    t = fitted(predictions, undo_weights=True, method="temperature").fitted.temperature
    assert t == pytest.approx(best_temperature(S[FIT] - np.log(5.0), Y[FIT]), rel=1e-5)
    # a base rate as in the data needs just that correction
    back = fitted(predictions, base_rate=float(Y[SPLIT == 0].mean()))
    np.testing.assert_allclose(
        recalibrated(predictions, back).probabilities[:, 1], expit(S - np.log(5.0)), atol=1e-9
    )


def test_three_classes_pass_all_three_stages():
    z = RNG.normal(size=(N, 3)) * 2.0
    y = np.array([RNG.choice(3, p=row) for row in softmax(z / 2.0, axis=1)])
    w = np.array([1.0, 2.0, 4.0])
    predictions = Predictions.from_logits(y, z, split=SPLIT, class_weights=w)
    recalibration = fitted(
        predictions, method="temperature", undo_weights=True, base_rate=0.5, base_class=0
    )
    undone = z - np.log(w)
    t = recalibration.fitted.temperature

    def cost(t):
        return -log_softmax(undone[FIT] / t, axis=1)[np.arange(FIT.sum()), y[FIT]].mean()

    best = minimize_scalar(cost, bounds=(0.05, 50.0), method="bounded", options={"xatol": 1e-10}).x
    assert t == pytest.approx(best, rel=1e-5)
    rates = np.bincount(y[SPLIT == 0]) / (SPLIT == 0).sum()
    expected = softmax(undone / t, axis=1) * target_base_rates(rates, 0.5, 0) / rates
    expected /= expected.sum(axis=1, keepdims=True)
    shown = recalibrated(predictions, recalibration)
    np.testing.assert_allclose(shown.probabilities, expected, rtol=1e-10)
    figures = performance_of(shown.part("test"))
    assert figures.log_loss == pytest.approx(log_loss(y[TEST], expected[TEST]))


def test_a_fit_is_remembered_with_the_predictions_and_by_hand_nothing_is_fitted():
    predictions = two()
    one, again = (fitted(predictions, method="beta").fitted for _ in range(2))
    assert one is again
    assert fitted(predictions, method="beta", bins=7).fitted is one
    assert fitted(two(), method="beta").fitted is not one
    empty = predictions.at(np.flatnonzero(TEST))
    with pytest.raises(UserError):
        fitted(empty, method="platt")
    by_hand = fitted(empty, method="platt", by_hand=True, platt_a=-0.5, platt_b=0.2)
    np.testing.assert_allclose(
        by_hand.probabilities(empty.logits)[:, 1], expit(0.5 * S[TEST] - 0.2), rtol=1e-12
    )
    assert fitting_split(CalibrationChoices(fitted_on="cross_fitted")) == "validation"
