"""The pages of calibrators: parameters by hand, maps, weights and base rates, worked out again."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import norm
from sklearn.metrics import log_loss

from core.calibration.calibrators import CALIBRATORS
from core.data.dataset import Dataset, Feature
from core.experiment.view import View
from core.experiment.view_choices import CALIBRATORS_PAGES
from core.scenes.calibrators_scene import (
    calibrators_scene,
    maps_scene,
    parameters_scene,
    priors_scene,
)
from tests.core.scene_cases import (
    by_hand,
    logit_by_hand,
    raw_rows,
    recalibration_of,
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


@pytest.fixture(scope="module")
def weighted():
    return trained(
        steps=400,
        data={"rows": 4000, "imbalance": 0.7, "class_weights": "balanced", "noise": 0.6},
        training={"batch_size": 50},
    )


def test_the_temperature_curve_is_the_log_loss_and_its_bottom_is_the_fit(moons):
    run, state = moons
    scene = parameters_scene(with_choices(run, method="temperature"), state, View())
    s, y = logit_by_hand(run, state, 1)
    for k in (0, 30, 70):
        p = expit(s / scene.grid[k])
        assert scene.loss[k] == pytest.approx(log_loss(y, p))
    [handle] = scene.handles
    assert scene.best[0] == handle.fitted == handle.value
    assert scene.here == pytest.approx(scene.best)
    assert not scene.by_hand


@pytest.mark.parametrize("n_classes", [2, 3])
def test_where_no_decision_is_wrong_the_temperature_is_0_and_so_is_the_loss(n_classes):
    labels = np.arange(120) % n_classes
    X = np.column_stack([5.0 * labels, np.random.default_rng(1).normal(size=120)])
    classes = tuple("abc"[:n_classes])
    apart = Dataset("apart", (Feature("x"), Feature("y")), X, labels, classes)
    run, state = trained(steps=600, dataset=apart)
    run = with_choices(run, method="temperature")
    with np.errstate(all="raise", under="ignore"):
        scene = parameters_scene(run, state, View())
    assert recalibration_of(run, state).fitted.temperature == 0.0
    assert scene.raw.log_loss > 0.0
    assert scene.calibrated.log_loss == 0.0
    assert scene.changed == 0


def test_platt_s_curve_has_smoothed_targets_and_moves_with_the_other_handle(moons):
    run, state = moons
    changed = with_choices(run, method="platt", by_hand=True, platt_a=-0.5, platt_b=1.0)
    s, y = logit_by_hand(run, state, 1)
    n1, n0 = y.sum(), (1 - y).sum()
    t = np.where(y == 1, (n1 + 1) / (n1 + 2), 1 / (n0 + 2))
    for turned in (0, 1):
        scene = parameters_scene(changed, state, View(), turned)
        assert scene.here[0] == (-0.5, 1.0)[turned]
        for k in (0, 40, 79):
            a, b = (scene.grid[k], 1.0) if turned == 0 else (-0.5, scene.grid[k])
            z = -(a * s + b)
            expected = np.mean(np.logaddexp(0.0, z) - t * z)
            assert scene.loss[k] == pytest.approx(expected)
    fitted = parameters_scene(with_choices(run, method="platt"), state, View(), 1)
    assert fitted.best[0] == pytest.approx(fitted.handles[1].fitted)


def test_temperature_moves_no_decision_and_platt_s_shift_does(moons):
    run, state = moons
    s, y = logit_by_hand(run, state, 2)
    view = View(split="test")
    for temperature in (0.1, 3.0, 50.0):
        hot = with_choices(run, method="temperature", by_hand=True, temperature=temperature)
        scene = parameters_scene(hot, state, view)
        assert scene.changed == 0
        assert scene.calibrated.log_loss == pytest.approx(log_loss(y, expit(s / temperature)))
    shifted = with_choices(run, method="platt", by_hand=True, platt_a=-1.0, platt_b=1.5)
    scene = parameters_scene(shifted, state, view)
    assert scene.changed == int(((s >= 0) != (s - 1.5 >= 0)).sum()) > 0
    assert scene.raw.log_loss == pytest.approx(log_loss(y, expit(s)))


def test_a_handle_far_away_widens_the_range_that_is_drawn(moons):
    run, state = moons
    far = with_choices(run, method="temperature", by_hand=True, temperature=90.0)
    scene = parameters_scene(far, state, View())
    assert scene.grid[0] <= 90.0 <= scene.grid[-1]
    far = with_choices(run, method="platt", by_hand=True, platt_a=-19.0, platt_b=0.0)
    scene = parameters_scene(far, state, View())
    assert scene.grid[0] <= -19.0 <= scene.grid[-1]


@pytest.mark.parametrize("name", CALIBRATORS)
def test_every_calibrator_s_parameters_are_told_for_two_and_three_classes(name, moons, three):
    for run, state in (moons, three):
        scene = parameters_scene(with_choices(run, method=name), state, View())
        fitted = recalibration_of(with_choices(run, method=name), state).fitted
        assert [it[0] for it in scene.meanings] == list(fitted.parameters)
        assert all(value and says for _, value, says in scene.meanings)
        assert bool(scene.handles) == (
            name == "temperature" or (name == "platt" and len(run.prepared.classes) == 2)
        )


@pytest.mark.parametrize("name", CALIBRATORS)
def test_every_map_is_the_calibrator_s_own(name, moons):
    run, state = moons
    for k in (0, 1):
        scene = maps_scene(with_choices(run, method=name), state, View(reliability_class=k))
        [found] = scene.maps
        s, y = logit_by_hand(run, state, 1)
        fitted = CALIBRATORS[name].fit(s, y)
        p1 = fitted.probabilities(found.x if k == 1 else -found.x)
        np.testing.assert_allclose(found.p, p1 if k == 1 else 1.0 - p1, atol=1e-9)
        assert found.chosen
        np.testing.assert_allclose(scene.own[1], expit(scene.own[0]))
        assert len(scene.rug[0]) == (y != k).sum()
        assert len(scene.rug[1]) == (y == k).sum()
        assert scene.bins[4].sum() == len(y)
        assert (scene.bins[1] * scene.bins[4]).sum() == pytest.approx((y == k).sum())


def test_maps_of_three_classes_are_rows(three):
    run, state = three
    changed = with_choices(run, method="vector", compared=("temperature",))
    scene = maps_scene(changed, state, View(reliability_class=2))
    assert not scene.is_line
    raw, _ = raw_rows(run, 1)
    p = by_hand(run, state, raw)
    z = run.logits(state, run.prepared.part(1)[0])
    expected = recalibration_of(changed, state).fitted.probabilities(z)[:, 2]
    chosen = next(it for it in scene.maps if it.chosen)
    order = np.argsort(p[:, 2], kind="stable")
    np.testing.assert_allclose(chosen.x, np.log(p[order, 2]) - np.log1p(-p[order, 2]), atol=1e-9)
    np.testing.assert_allclose(np.sort(chosen.p), np.sort(expected))
    assert [it.name for it in scene.maps] == ["temperature", "vector"]


def test_weights_predict_the_shift_that_is_observed(weighted):
    run, state = weighted
    scene = priors_scene(run, state, View(split="test"))
    w = run.prepared.class_weights
    assert scene.predicted[0] == pytest.approx(np.log(w[1] / w[0]))
    s, y = logit_by_hand(run, state, 2)
    shift = minimize(lambda b: np.mean(np.logaddexp(0, s + b[0]) - y * (s + b[0])), [0.0]).x[0]
    assert scene.observed[0] == pytest.approx(-shift, abs=1e-4)
    p = expit(s + shift)
    assert scene.error[0] == pytest.approx(
        norm.ppf(0.95) / math.sqrt((p * (1 - p)).sum()), rel=1e-4
    )
    assert abs(scene.observed[0] - scene.predicted[0]) < 0.5
    assert scene.log_losses[1] < scene.log_losses[0]
    assert scene.log_losses[1] == pytest.approx(log_loss(y, expit(s - np.log(w[1] / w[0]))))
    assert scene.is_weighted
    assert not priors_scene(*trained(steps=5), View()).is_weighted


def test_each_page_of_the_calibrators_panel_has_its_scene(moons):
    run, state = moons
    names = [
        type(calibrators_scene(run, state, View(), page).of).__name__ for page in CALIBRATORS_PAGES
    ]
    assert names == ["ParametersScene", "MapsScene", "PriorsScene"]


def test_a_part_without_rows_has_pages_all_the_same():
    whole = table(levels=False)
    parts = np.where(np.arange(whole.n_samples) % 2, 0, 2)
    run, state = trained(steps=5, dataset=replace(whole, split=parts))
    changed = with_choices(run, method="platt", compared=("isotonic",))
    for page in CALIBRATORS_PAGES:
        assert calibrators_scene(changed, state, View(), page).of is not None
    assert parameters_scene(changed, state, View(split="test")).problem


def test_maps_are_those_of_the_data_s_own_base_rate(moons):
    run, state = moons
    plain = with_choices(run, method="platt", compared=("temperature",))
    moved = with_choices(plain, base_rate=0.1)
    pairs = zip(
        maps_scene(plain, state, View()).maps, maps_scene(moved, state, View()).maps, strict=True
    )
    for expected, found in pairs:
        np.testing.assert_allclose(found.p, expected.p, rtol=1e-12)


@pytest.mark.parametrize("fewer", [0, 1])
def test_the_handles_are_rounded_only_where_fewer_than_all_rows_are_asked(moons, fewer):
    run, state = moons
    changed = with_choices(run, method="platt", by_hand=True, platt_a=-0.5, platt_b=1.0)
    s, y = logit_by_hand(run, state, 1)
    scene = parameters_scene(changed, state, View(), most=len(y) - fewer)
    assert scene.rounded == bool(fewer)
    exact = log_loss(y, expit(0.5 * s - 1.0))
    assert scene.calibrated.log_loss == pytest.approx(exact, rel=1e-9 if not fewer else 0.1)


def test_maps_reach_a_little_beyond_the_farthest_score_on_both_sides(moons):
    run, state = moons
    scene = maps_scene(with_choices(run, method="platt"), state, View())
    s, _ = logit_by_hand(run, state, 1)
    reach = 1.05 * max(np.abs(s).max(), 1.0)
    assert scene.limits == pytest.approx((-reach, reach))
    assert (scene.own[0][0], scene.own[0][-1]) == scene.limits
