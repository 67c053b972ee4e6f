"""A calibrator turned by hand, followed from cells of logits, against every row calibrated anew."""

import numpy as np
import pytest
from scipy.special import expit

from core.calibration.null_distribution import STATISTICS
from core.calibration.pooled import PooledForecast, pool_forecast
from core.data.dataset import Dataset, Feature
from core.experiment.view import View
from core.explain import pooled_logits
from core.explain.binary_evaluation import Subject, is_rounded, pooled
from core.explain.pooled_logits import row_weights
from core.predictions import predictions_of
from core.scenes.calibrators_scene import maps_scene, parameters_scene
from core.scenes.reliability_scene import reliability_scene
from tests.core.scene_cases import (
    part_of,
    recalibration_of,
    shown_probabilities,
    trained,
    with_choices,
)

BY_HAND = [
    {"method": "temperature", "temperature": 0.3},
    {"method": "temperature", "temperature": 2.5, "undo_weights": True},
    {"method": "temperature", "temperature": 0.01},
    {"method": "platt", "platt_a": -0.6, "platt_b": 0.8},
    {"method": "platt", "platt_a": -0.6, "platt_b": 0.8, "base_rate": 0.1},
    {"method": "platt", "platt_a": 0.0, "platt_b": 0.4},
    {"method": "platt", "platt_a": 0.7, "platt_b": 0.4},
]


@pytest.fixture(scope="module")
def moons():
    data = {"rows": 400, "noise": 0.6, "imbalance": 0.3, "class_weights": "balanced"}
    return trained(steps=60, data=data)


@pytest.fixture(scope="module")
def many():
    """Two classes of many rows: enough for some to stand for all."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(9000, 2))
    y = (rng.random(9000) < expit(2.0 * X[:, 0] + X[:, 1])).astype(int)
    return trained(dataset=Dataset("many", (Feature("a"), Feature("b")), X, y, ("no", "yes")))


def logits(run, state, code=1):
    z = part_of(run, state, code).logits
    return z[:, 1] - z[:, 0]


def rows_of(run, state, code=1):
    return part_of(run, state, code).labels, shown_probabilities(run, state, code)


def pooled_rows(run, state, forecast, most=0):
    """Return a calibrated forecast's cells on the validation part."""
    choices, n_classes = run.experiment.calibration, len(run.classes)
    subject = Subject.recalibrated("validation", forecast, choices, n_classes, most)
    return pooled(predictions_of(run, state), subject).cells


# at the coldest an ulp near 0 or 1 parts or joins ties, on which the isotonic fit depends
@pytest.mark.parametrize("choices", [it for it in BY_HAND if it.get("temperature") != 0.01])
@pytest.mark.parametrize("forecast", [0, 1])
def test_cells_of_logits_give_what_every_row_gives(moons, choices, forecast):
    run, state = with_choices(moons[0], by_hand=True, **choices), moons[1]
    found = pooled_rows(run, state, forecast)
    labels, p = rows_of(run, state)
    rate = choices.get("base_rate", 0.0)
    weights = row_weights(part_of(run, state, 1), (rate, -1))
    expected = pool_forecast(labels, p, weights, forecast)
    assert np.all(np.diff(found.values) > 0.0)
    for name, measure in STATISTICS.items():
        if name not in (
            "ece_sweep",
            "mce",
            "ece_mass",
            "ece_debiased",
        ):  # an ulp may part or join two cells there
            assert measure.of(found, 10) == pytest.approx(measure.of(expected, 10), abs=1e-12), name
    assert found.total == pytest.approx(expected.total)
    if len(found.values) == len(expected.values):
        np.testing.assert_allclose(found.values, expected.values, rtol=1e-12)
        np.testing.assert_allclose(found.positive, expected.positive, rtol=1e-13)


def test_a_falling_map_takes_every_row(moons):
    run, state = moons
    turned = with_choices(run, by_hand=True, method="platt", platt_a=0.7)
    assert not pooled_logits.is_increasing(recalibration_of(turned, state))
    assert pooled_logits.is_increasing(recalibration_of(with_choices(turned, platt_a=-0.7), state))


@pytest.mark.parametrize("choices", BY_HAND[:4])
def test_a_handle_in_motion_is_followed_closely_and_said_to_be_rounded(many, choices):
    run, state = with_choices(many[0], by_hand=True, **choices), many[1]
    exact = reliability_scene(run, state, View(), draws=1)
    about = reliability_scene(run, state, View(), draws=1, most=300)
    assert (exact.rounded, about.rounded) == (False, True)
    assert about.raw.ece == exact.raw.ece
    assert about.calibrated.ece == pytest.approx(exact.calibrated.ece, abs=0.01)
    assert about.calibrated.brier.score == pytest.approx(exact.calibrated.brier.score, abs=1e-3)
    labels, p = rows_of(run, state)
    scene = parameters_scene(run, state, View())
    assert not scene.rounded
    z = recalibration_of(run, state).fitted.calibrated_logit(logits(run, state))
    cost = np.logaddexp(0.0, np.where(labels == 1, -z, z)).mean()
    assert scene.calibrated.log_loss == pytest.approx(cost, rel=1e-9)
    _, raw = rows_of(many[0], state)
    moved = (p[:, 1] >= 0.5) != (raw[:, 1] >= 0.5)
    assert scene.changed == moved.sum()
    live = parameters_scene(run, state, View(), most=300)
    assert live.rounded
    assert live.calibrated.log_loss == pytest.approx(scene.calibrated.log_loss, rel=1e-3)
    assert live.changed == pytest.approx(scene.changed, abs=12)


def test_the_switch_by_hand_means_nothing_for_what_cannot_be_turned(many):
    run, state = with_choices(many[0], by_hand=True, method="isotonic"), many[1]
    choices = run.experiment.calibration
    assert not is_rounded(predictions_of(run, state), "validation", choices, 300)
    scene = reliability_scene(run, state, View(), draws=1, most=300)
    plain = reliability_scene(with_choices(run, by_hand=False), state, View(), draws=1)
    assert scene.calibrated.brier == plain.calibrated.brier
    assert scene.fitted_here
    assert not parameters_scene(run, state, View()).by_hand
    assert [it.chosen for it in maps_scene(run, state, View()).maps] == [True]


def test_of_many_rows_the_drawn_loss_is_lowest_where_the_fit_is(many):
    run, state = many
    for method, turned in (("temperature", 0), ("platt", 0), ("platt", 1)):
        scene = parameters_scene(with_choices(run, method=method), state, View(), turned)
        assert scene.here[0] == scene.handles[turned].fitted
        assert scene.best[0] == pytest.approx(scene.here[0], rel=1e-9)  # losses tie within an ulp


def test_some_rows_of_many_classes_stand_for_all_while_a_handle_moves():
    rng = np.random.default_rng(3)
    X = rng.normal(size=(3000, 2))
    data = Dataset("three", (Feature("a"), Feature("b")), X, rng.integers(0, 3, 3000), tuple("abc"))
    run, state = trained(dataset=data, steps=20)
    turned = with_choices(run, method="temperature", by_hand=True, temperature=2.0)
    for forecast in ("confidence", 0):
        every = pooled_rows(turned, state, forecast)
        some = pooled_rows(turned, state, forecast, most=200)
        assert every.total == 600
        assert some.total == 200
        labels, p = rows_of(turned, state)
        expected = pool_forecast(labels[::3], p[::3], None, forecast)
        np.testing.assert_allclose(some.values, expected.values, rtol=1e-14)
        np.testing.assert_array_equal(some.positive, expected.positive)
    scene = parameters_scene(turned, state, View(), most=200)
    assert scene.rounded
    assert scene.changed == 0
    assert np.isnan(scene.threshold)


def test_probabilities_that_fall_by_an_ulp_are_pooled():
    near = np.linspace(-5.0, 5.0, 20_001)  # at some of them rounding makes the sigmoid fall
    s = np.sort(np.concatenate((np.nextafter(near, -np.inf), near)))
    assert (np.diff(pooled_logits.calibrated_probability(s, pooled_logits.IDENTITY, 1)) < 0.0).any()
    one = np.ones(len(s))
    for forecast in (0, 1):
        found = pooled_logits.recalibrated_cells(
            PooledForecast(s, one, 0.0 * one, one), pooled_logits.IDENTITY, forecast
        )
        assert (np.diff(found.values) > 0.0).all()
        assert found.total == len(s)
        assert found.positive.sum() == (0.0 if forecast else len(s))
