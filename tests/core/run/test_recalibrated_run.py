"""The probabilities of a run that are shown, against formulas, scipy and scikit-learn."""

import numpy as np
import pytest
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, log_softmax, logsumexp
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import log_loss

from core.base.arrays import SPLITS
from core.calibration.calibration_knobs import calibration_methods
from core.calibration.calibrators import CALIBRATORS
from core.calibration.recalibration import with_base_rates
from core.experiment.experiment import Experiment
from tests.core.scene_cases import (
    logit_by_hand,
    part_of,
    raw_rows,
    recalibration_of,
    shown_probabilities,
    table,
    trained,
    with_choices,
)


@pytest.fixture(scope="module")
def moons():
    return trained(steps=60, data={"rows": 400, "noise": 0.6})


@pytest.fixture(scope="module")
def three():
    return trained(dataset=table(n=240, n_classes=3))


def test_every_calibrator_and_none_can_be_chosen():
    assert list(calibration_methods()) == ["none", *CALIBRATORS]
    for name in calibration_methods():
        assert Experiment().replacing("calibration.method", name).calibration.method == name


@pytest.mark.parametrize("rows", ["validation", "train", "test"])
def test_a_calibrator_is_fitted_on_the_rows_that_are_chosen(moons, rows):
    run, state = moons
    changed = with_choices(run, method="temperature", fitted_on=rows)
    s, y = logit_by_hand(run, state, SPLITS.index(rows))
    best = minimize_scalar(
        lambda t: np.mean(np.logaddexp(0.0, np.where(y == 1, -s, s) / t)),
        bounds=(0.05, 20.0),
        method="bounded",
        options={"xatol": 1e-10},
    ).x
    assert recalibration_of(changed, state).fitted.temperature == pytest.approx(best, rel=1e-5)


def test_cross_fitted_rows_are_judged_by_the_map_that_did_not_see_them(moons):
    run, state = moons
    changed = with_choices(run, method="isotonic", fitted_on="cross_fitted", folds=4)
    fitted = recalibration_of(changed, state).fitted
    s, y = logit_by_hand(run, state, 1)
    expected = np.empty(len(s))
    for k in range(4):
        rest = fitted.folds != k
        fit = IsotonicRegression(out_of_bounds="clip").fit(s[rest], y[rest])
        expected[~rest] = fit.predict(s[~rest])
    np.testing.assert_allclose(shown_probabilities(changed, state, 1)[:, 1], expected, atol=1e-9)
    everywhere = np.mean(
        [m.probabilities(logit_by_hand(run, state, 2)[0]) for m in fitted.members], 0
    )
    np.testing.assert_allclose(shown_probabilities(changed, state, 2)[:, 1], everywhere, atol=1e-9)


def test_parameters_by_hand_take_the_place_of_the_fit(moons):
    run, state = moons
    s, _ = logit_by_hand(run, state, 2)
    cold = with_choices(run, method="temperature", by_hand=True, temperature=0.5)
    np.testing.assert_allclose(
        shown_probabilities(cold, state, 2)[:, 1], expit(2.0 * s), atol=1e-12
    )
    platt = with_choices(run, method="platt", by_hand=True, platt_a=-0.7, platt_b=0.4)
    np.testing.assert_allclose(
        shown_probabilities(platt, state, 2)[:, 1], expit(0.7 * s - 0.4), atol=1e-12
    )


def test_reweighting_is_bayes_rule():
    rng = np.random.default_rng(1)
    likelihood = rng.random((20, 3))
    old, new = np.array([0.5, 0.3, 0.2]), np.array([0.1, 0.1, 0.8])
    before = likelihood * old / (likelihood @ old)[:, None]
    after = likelihood * new / (likelihood @ new)[:, None]
    np.testing.assert_allclose(with_base_rates(before, np.log(new / old)), after)


def test_class_weights_are_undone_by_taking_their_log_off_the_logits():
    run, state = trained(
        data={"rows": 300, "imbalance": 0.6, "class_weights": "balanced", "noise": 0.5}
    )
    s, _ = logit_by_hand(run, state, 1)
    w = run.prepared.class_weights
    changed = with_choices(run, undo_weights=True)
    expected = expit(s - np.log(w[1] / w[0]))
    np.testing.assert_allclose(shown_probabilities(changed, state, 1)[:, 1], expected, atol=1e-12)
    # to a base rate equal to the data's, the weighted model needs just that correction
    rate = part_of(run, state, 0).base_rates[1]
    back = with_choices(run, base_rate=float(rate))
    np.testing.assert_allclose(shown_probabilities(back, state, 1)[:, 1], expected, atol=1e-9)


def test_vector_scaling_of_three_classes_is_the_best_there_is(three):
    run, state = three
    changed = with_choices(run, method="vector")
    y = raw_rows(run, 1)[1]
    z = run.logits(state, run.prepared.part(1)[0])

    def cost(theta):
        logits = z * theta[:3] + theta[3:]
        return np.mean(logsumexp(logits, axis=1) - logits[np.arange(len(y)), y])

    best = minimize(cost, np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0])).fun
    assert log_loss(y, shown_probabilities(changed, state, 1)) == pytest.approx(best, abs=1e-4)
    cold = with_choices(run, method="temperature", by_hand=True, temperature=2.0)
    expected = np.exp(log_softmax(z / 2.0, axis=1))
    np.testing.assert_allclose(shown_probabilities(cold, state, 1), expected, atol=1e-12)
