"""Handles, maps, weights, numbers, classes and the turn of the loss, worked out independently."""

import math
import statistics
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit, logsumexp
from scipy.stats import norm, poisson_binom
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from core.calibration import binning
from core.calibration.binning import CONVENTIONS, indexed
from core.calibration.calibrators import CALIBRATORS
from core.calibration.null_distribution import STATISTICS
from core.calibration.pooled import pool_forecast
from core.data.dataset import Dataset, Feature
from core.experiment.view import View
from core.explain.metric_lines import overconfidence_onset
from core.explain.prior_shift import log_odds_shifts
from core.explain.ternary import CORNERS
from core.run.history import Metrics
from core.scenes.by_class_scene import MOST_TILES, by_class_scene
from core.scenes.calibrators_scene import (
    PAGES,
    calibrators_scene,
    handles_scene,
    maps_scene,
    priors_scene,
)
from core.scenes.loss_scene import curves_scene
from core.scenes.numbers_scene import headlines, numbers_scene, strip_of
from core.training.recorded_metrics import DECOMPOSITION, DRAWN
from tests.core.scene_cases import (
    by_hand,
    part_of,
    raw_rows,
    recalibration_of,
    table,
    trained,
)
from tests.core.scenes.test_calibrators_scene import logit_by_hand, with_choices


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
    scene = handles_scene(with_choices(run, method="temperature"), state, View())
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
        scene = handles_scene(run, state, View())
    assert recalibration_of(run, state).fitted.temperature == 0.0
    assert scene.raw.log_loss > 0.0
    assert scene.mended.log_loss == 0.0
    assert scene.changed == 0


def test_platt_s_curve_has_smoothed_targets_and_moves_with_the_other_handle(moons):
    run, state = moons
    changed = with_choices(run, method="platt", by_hand=True, platt_a=-0.5, platt_b=1.0)
    s, y = logit_by_hand(run, state, 1)
    n1, n0 = y.sum(), (1 - y).sum()
    t = np.where(y == 1, (n1 + 1) / (n1 + 2), 1 / (n0 + 2))
    for turned in (0, 1):
        scene = handles_scene(changed, state, View(), turned)
        assert scene.here[0] == (-0.5, 1.0)[turned]
        for k in (0, 40, 79):
            a, b = (scene.grid[k], 1.0) if turned == 0 else (-0.5, scene.grid[k])
            z = -(a * s + b)
            expected = np.mean(np.logaddexp(0.0, z) - t * z)
            assert scene.loss[k] == pytest.approx(expected)
    fitted = handles_scene(with_choices(run, method="platt"), state, View(), 1)
    assert fitted.best[0] == pytest.approx(fitted.handles[1].fitted)


def test_temperature_moves_no_decision_and_platt_s_shift_does(moons):
    run, state = moons
    s, y = logit_by_hand(run, state, 2)
    view = View(split="test")
    for temperature in (0.1, 3.0, 50.0):
        hot = with_choices(run, method="temperature", by_hand=True, temperature=temperature)
        scene = handles_scene(hot, state, view)
        assert scene.changed == 0
        assert scene.mended.log_loss == pytest.approx(log_loss(y, expit(s / temperature)))
    shifted = with_choices(run, method="platt", by_hand=True, platt_a=-1.0, platt_b=1.5)
    scene = handles_scene(shifted, state, view)
    assert scene.changed == int(((s >= 0) != (s - 1.5 >= 0)).sum()) > 0
    assert scene.raw.log_loss == pytest.approx(log_loss(y, expit(s)))


def test_a_handle_far_away_widens_the_range_that_is_drawn(moons):
    run, state = moons
    far = with_choices(run, method="temperature", by_hand=True, temperature=90.0)
    scene = handles_scene(far, state, View())
    assert scene.grid[0] <= 90.0 <= scene.grid[-1]
    far = with_choices(run, method="platt", by_hand=True, platt_a=-19.0, platt_b=0.0)
    scene = handles_scene(far, state, View())
    assert scene.grid[0] <= -19.0 <= scene.grid[-1]


@pytest.mark.parametrize("name", CALIBRATORS)
def test_every_calibrator_s_parameters_are_told_for_two_and_three_classes(name, moons, three):
    for run, state in (moons, three):
        scene = handles_scene(with_choices(run, method=name), state, View())
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


def test_shifts_of_several_classes_are_the_best_intercepts(three):
    run, state = three
    z, y = run.logits(state, run.prepared.part(1)[0]), run.prepared.part(1)[1]

    def cost(b):
        logits = z + np.array([0.0, *b])
        return np.mean(logsumexp(logits, axis=1) - logits[np.arange(len(y)), y])

    best = minimize(cost, np.zeros(2), tol=1e-9).x
    shift, error = log_odds_shifts(z, y)
    np.testing.assert_allclose(shift, best, atol=1e-4)
    assert (error > 0).all()
    far, _ = log_odds_shifts(z + np.array([0.0, 30.0, -30.0]), y)
    np.testing.assert_allclose(far, best + np.array([-30.0, 30.0]), atol=1e-4)
    assert np.isnan(log_odds_shifts(z[y < 2], y[y < 2])[0]).all()


def test_conventions_differ_just_where_an_edge_or_an_end_is_met():
    p = np.array([0.0, 0.3, 0.6, 0.9, 1.0, 0.95, 0.25])
    y = np.array([0, 1, 0, 1, 0, 1, 1])
    edges = np.linspace(0, 1, 11)

    def error(bin_of):
        at = [bin_of(v) for v in p]
        total, kept = 0.0, sum(k is not None for k in at)
        for k in {k for k in at if k is not None}:
            mine = [i for i in range(len(p)) if at[i] == k]
            total += abs(sum(y[i] - p[i] for i in mine))
        return total / kept

    expected = {
        "right": lambda v: max(sum(v > e for e in edges) - 1, 0),
        "left": lambda v: min(sum(v >= e for e in edges) - 1, 9),
        "one_apart": lambda v: sum(v >= e for e in edges) - 1,
        "divided": lambda v: min(int(v / 0.1), 9),
        "zero_dropped": lambda v: None if v == 0 else sum(v > e for e in edges) - 1,
        "one_fewer": lambda v: max(sum(v > e for e in np.linspace(0, 1, 10)) - 1, 0),
    }
    cells = pool_forecast(y, p)
    assert list(CONVENTIONS) == list(expected)
    for name, bin_of in expected.items():
        assert CONVENTIONS[name].error(cells, 10) == pytest.approx(error(bin_of)), name
    assert CONVENTIONS["right"].error(cells, 10) == pytest.approx(STATISTICS["ece"].of(cells, 10))
    none = pool_forecast([0, 0], [0.0, 0.0])
    assert np.isnan(CONVENTIONS["zero_dropped"].error(none, 10))


def test_few_and_many_cells_are_put_into_the_same_bins(monkeypatch):
    rng = np.random.default_rng(8)
    p = np.concatenate((rng.random(200), np.linspace(0.0, 1.0, 11)))
    cells = pool_forecast(rng.integers(0, 2, 211), p)
    for bins in (1, 7, 10):
        few = [it.error(cells, bins) for it in CONVENTIONS.values()]
        monkeypatch.setattr(binning, "_FEW", 0)
        many = [it.error(cells, bins) for it in CONVENTIONS.values()]
        monkeypatch.undo()
        assert many == few


def expected_gap(p):
    """Return the mean of |number that happen - its expectation| of independent rows."""
    chance = np.ones(1)
    for one in p:
        chance = np.convolve(chance, [1.0 - one, one])
    return float(chance @ np.abs(np.arange(len(chance)) - p.sum()))


def test_the_strip_holds_every_number_of_bins_and_the_answers_this_one(moons):
    run, state = moons
    changed = with_choices(run, bins=9)
    scene = numbers_scene(changed, state, View())
    raw, y = raw_rows(run, 1)
    p = by_hand(run, state, raw)[:, 1]
    for bins in (1, 9, 100):
        at = np.clip(np.ceil(p * bins).astype(int) - 1, 0, bins - 1)
        gaps = np.bincount(at, y - p, minlength=bins)
        assert scene.strip.width[bins - 1] == pytest.approx(np.abs(gaps).mean() * bins / len(p))
        chance = sum(expected_gap(p[at == k]) for k in range(bins)) / len(p)
        assert scene.strip.chance[bins - 1] == pytest.approx(chance)
    assert scene.answers[0].value == pytest.approx(scene.strip.width[8])
    assert [it.name for it in scene.answers] == list(CONVENTIONS)


def test_numbers_can_be_of_the_calibrated_probabilities(moons):
    run, state = moons
    changed = with_choices(run, method="platt", base_rate=0.2)
    raw, mended = (numbers_scene(changed, state, View(split="test"), on) for on in (False, True))
    assert mended.of_calibrated
    assert not raw.of_calibrated
    s, _ = logit_by_hand(run, state, 2)
    np.testing.assert_allclose(raw.index.cells.values, np.unique(expit(s)))
    fitted = CALIBRATORS["platt"].fit(*logit_by_hand(run, state, 1))
    np.testing.assert_allclose(mended.index.cells.values, np.unique(fitted.probabilities(s)))
    assert not numbers_scene(run, state, View(), True).of_calibrated


def test_headlines_are_the_statistics_and_the_regressions_of_the_textbooks():
    rng = np.random.default_rng(3)
    p = rng.uniform(0.05, 0.95, 400)
    y = (rng.random(400) < p).astype(int)
    found = {it.label: it.chance for it in headlines(pool_forecast(y, p), 10, draws=100, fewer=20)}
    assert len(found) == len(STATISTICS) + 4
    z = np.sum((y - p) * (1 - 2 * p)) / np.sqrt(np.sum((1 - 2 * p) ** 2 * p * (1 - p)))
    assert found["Spiegelhalter z"].value == pytest.approx(z)
    assert found["Spiegelhalter z"].p_value == pytest.approx(2 * norm.sf(abs(z)))
    s = np.log(p / (1 - p))
    fit = LogisticRegression(C=np.inf, tol=1e-10).fit(s[:, None], y)
    assert found["slope"].value == pytest.approx(fit.coef_[0, 0], abs=1e-4)
    assert found["intercept, joint"].value == pytest.approx(fit.intercept_[0], abs=1e-4)
    X = np.column_stack((np.ones(400), s))
    covariance = np.linalg.inv((X * (p * (1 - p))[:, None]).T @ X)
    error = math.sqrt(covariance[1, 1])
    assert found["slope"].median == 1.0
    assert found["slope"].high == pytest.approx(1.0 + norm.ppf(0.95) * error)
    expected = 2 * norm.sf(abs(found["slope"].value - 1.0) / error)
    assert found["slope"].p_value == pytest.approx(expected)
    large = found["intercept, in the large"]
    assert large.high == pytest.approx(norm.ppf(0.95) / math.sqrt((p * (1 - p)).sum()))
    for it in found.values():
        assert it.low <= it.median <= it.high


def test_headlines_of_one_row_or_of_certainty_are_told_apart_from_numbers():
    for y, p in (([1], [0.5]), ([1, 0], [1.0, 0.0]), ([1, 1, 1], [0.2, 0.2, 0.2])):
        found = headlines(pool_forecast(y, p), 15, draws=20, fewer=5)
        assert len(found) == len(STATISTICS) + 4


def test_class_wise_and_top_label_curves_are_one_a_class(three):
    run, state = three
    raw, y = raw_rows(run, 2)
    p = by_hand(run, state, raw)
    edges = np.linspace(0, 1, 16)

    def ece(happened, said):
        at = np.clip(np.searchsorted(edges, said, side="left") - 1, 0, 14)
        return np.abs(np.bincount(at, happened - said, minlength=15)).sum() / len(said)

    scene = by_class_scene(run, state, View(split="test"))
    values = [ece(y == k, p[:, k]) for k in range(3)]
    assert [tile.raw.ece for tile in scene.tiles] == pytest.approx(values)
    assert scene.ece[0] == pytest.approx(statistics.mean(values))
    assert np.isnan(scene.ece[1])
    np.testing.assert_allclose(scene.points, p @ CORNERS, atol=1e-9)
    np.testing.assert_array_equal(scene.labels, y)
    top = by_class_scene(run, state, View(split="test", top_label=True))
    best = p.argmax(axis=1)
    for tile in top.tiles:
        mine = best == tile.of_class
        assert tile.n_rows == mine.sum()
        expected = ece(y[mine] == tile.of_class, p[mine].max(axis=1))
        assert tile.raw.ece == pytest.approx(expected)
    changed = with_choices(run, method="vector")
    mended = by_class_scene(changed, state, View(split="test"))
    fitted = recalibration_of(changed, state)
    after = fitted.probabilities(part_of(run, state, 2).logits)
    assert mended.tiles[1].calibrated.ece == pytest.approx(ece(y == 1, after[:, 1]))
    np.testing.assert_allclose(mended.points, after @ CORNERS, atol=1e-9)


def test_many_classes_are_shown_up_to_a_dozen_and_have_no_triangle():
    rng = np.random.default_rng(0)
    names = tuple(f"c{k}" for k in range(15))
    data = Dataset(
        "many", (Feature("x"), Feature("y")), rng.normal(size=(300, 2)), np.arange(300) % 15, names
    )
    scene = by_class_scene(*trained(steps=5, dataset=data), View())
    assert len(scene.tiles) == MOST_TILES
    assert len(scene.points) == 0


def test_the_turn_is_where_the_loss_was_lowest_while_the_accuracy_held():
    steps = np.arange(200.0)
    loss = 0.3 + np.abs(steps - 80.0) / 200.0
    held, fell = np.full(200, 0.9), np.where(steps > 120, 0.8, 0.9)
    assert overconfidence_onset(loss, held) == pytest.approx(80, abs=1)
    assert overconfidence_onset(loss, fell) == -1
    assert overconfidence_onset(0.3 + 0.5 * np.exp(-steps / 50.0), held) == -1
    assert overconfidence_onset(np.minimum(loss, 0.305), held) == -1  # hardly risen
    assert overconfidence_onset(loss[:5], held[:5]) == -1
    assert overconfidence_onset(np.full(200, np.nan), held) == -1
    gaps = np.where(steps % 3 == 0, loss, np.nan)
    assert overconfidence_onset(gaps, held) in (78, 81)
    noisy = loss + np.random.default_rng(0).normal(scale=0.02, size=200)
    assert abs(overconfidence_onset(noisy, held) - 80) <= 15


def test_the_parts_of_the_score_are_drawn_together(moons):
    run, _ = moons
    metrics = type(run.history.metrics)()
    for k in range(20):
        values = {
            "validation.log_loss": 0.4 + abs(k - 8) / 20,
            "validation.accuracy": 0.9,
            "validation.mcb": 0.01 * k,
            "validation.dsc": 0.2,
            "validation.unc": 0.25,
        }
        metrics.append(10 * k, float(k), values)
    run.history.metrics, before = metrics, run.history.metrics
    try:
        scene = curves_scene(run, [], View(metric=DECOMPOSITION.name), 190)
    finally:
        run.history.metrics = before
    assert [line.split for line in scene.lines] == ["log loss", "MCB", "DSC", "UNC"]
    np.testing.assert_allclose(scene.lines[1].y, 0.01 * np.arange(20))
    assert scene.lines[0].last == pytest.approx(0.4 + 11 / 20)
    assert scene.turn == 8.0
    assert "decomposition" in DRAWN


@pytest.mark.parametrize(("epochs_a_record", "expected"), [(0.25, 2.0), (0.05, math.nan)])
def test_nothing_turns_before_each_row_has_been_seen(moons, epochs_a_record, expected):
    run, _ = moons
    history = run.history.branch(run.history.first_step)
    history.metrics = Metrics()
    for k in range(20):
        values = {"validation.log_loss": 0.4 + abs(k - 8) / 20, "validation.accuracy": 0.9}
        history.metrics.append(k, k * epochs_a_record, values)
    turn = curves_scene(replace(run, history=history), [], View(), 0).turn
    np.testing.assert_equal(turn, expected)


def test_each_page_of_the_calibrators_panel_has_its_scene(moons):
    run, state = moons
    names = [type(calibrators_scene(run, state, View(), page).of).__name__ for page in PAGES]
    assert names == ["ParametersScene", "MapsScene", "PriorsScene"]


def test_a_part_without_rows_has_scenes_all_the_same():
    whole = table(levels=False)
    parts = np.where(np.arange(whole.n_samples) % 2, 0, 2)
    run, state = trained(steps=5, dataset=replace(whole, split=parts))
    changed = with_choices(run, method="platt", compared=("isotonic",))
    for page in PAGES:
        assert calibrators_scene(changed, state, View(), page).of is not None
    assert handles_scene(changed, state, View(split="test")).problem
    assert numbers_scene(changed, state, View()).strip is None
    assert by_class_scene(changed, state, View()).tiles == ()


def test_chance_on_the_strip_is_near_the_exact_mean_gap():
    p = np.full(60, 0.3)
    exact = poisson_binom(p).expect(lambda k: abs(k - 18.0)) / 60
    strip = strip_of(indexed(pool_forecast(np.arange(60) % 2, p)))
    assert strip.chance[0] == pytest.approx(exact, rel=0.02)
