import itertools
from dataclasses import replace

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import brier_score_loss

from core.base.arrays import SPLITS
from core.calibration.bands import consistency_band
from core.calibration.calibrators import CALIBRATORS
from core.calibration.null_distribution import MOST_EXACT, expected_null_error
from core.calibration.pooled import pool_forecast
from core.calibration.reliability import BINNINGS
from core.data.dataset import Dataset
from core.experiment.view import View
from core.scenes.reliability_scene import HISTOGRAM_BINS, reliability_scene
from tests.core.calibration_cases import use_compiled
from tests.core.scene_cases import by_hand, raw_rows, table, trained


@pytest.fixture(scope="module")
def moons():
    return trained(steps=40, data={"rows": 400, "noise": 0.5})


def error_by_hand(labels, p, bins):
    edges = np.linspace(0, 1, bins + 1)
    total = 0.0
    for k in range(bins):
        inside = (p > edges[k]) & (p <= edges[k + 1]) | ((k == 0) & (p == 0.0))
        if inside.any():
            total += inside.mean() * abs(labels[inside].mean() - p[inside].mean())
    return total


def test_curve_error_and_brier_are_those_of_scikit_learn_and_by_hand(moons):
    run, state = moons
    for code, split in enumerate(SPLITS):
        scene = reliability_scene(run, state, View(split=split), draws=5)
        raw, labels = raw_rows(run, code)
        p = by_hand(run, state, raw)[:, 1]
        assert scene.n_rows == len(labels)
        assert scene.view == 1
        assert scene.raw.ece == pytest.approx(error_by_hand(labels, p, 15))
        assert scene.raw.brier.score == pytest.approx(brier_score_loss(labels, p))
        fit = IsotonicRegression(out_of_bounds="clip").fit(p, labels)
        x, y = scene.raw.curve.knots
        np.testing.assert_allclose(np.interp(p, x, y), fit.predict(p), atol=1e-9)
        recalibrated = brier_score_loss(labels, fit.predict(p))
        base = labels.mean() * (1 - labels.mean())
        assert scene.raw.brier.miscalibration == pytest.approx(scene.raw.brier.score - recalibrated)
        assert scene.raw.brier.discrimination == pytest.approx(base - recalibrated)
        assert scene.raw.brier.uncertainty == pytest.approx(base)


def test_bars_follow_the_experiment(moons):
    run, state = moons
    for bins, binning in ((7, "width"), (5, "mass")):
        experiment = run.experiment.replacing("calibration.bins", bins)
        experiment = experiment.replacing("calibration.binning", binning)
        changed = type(run)(experiment, run.dataset, run.prepared, run.history)
        scene = reliability_scene(changed, state, View(), draws=5)
        assert (scene.bins, scene.binning) == (bins, binning)
        assert len(scene.raw.bars.low) == bins
        if binning == "width":
            raw, labels = raw_rows(run, 1)
            p = by_hand(run, state, raw)[:, 1]
            assert scene.raw.ece == pytest.approx(error_by_hand(labels, p, bins))


def test_the_histogram_counts_each_row_once_by_what_it_was(moons):
    run, state = moons
    scene = reliability_scene(run, state, View(split="train"), draws=5)
    raw, labels = raw_rows(run, 0)
    p = by_hand(run, state, raw)[:, 1]
    for outcome in (0, 1):
        mine = p[labels == outcome]
        expected = [
            ((mine > low) & (mine <= high)).sum()
            for low, high in itertools.pairwise(np.linspace(0, 1, HISTOGRAM_BINS + 1))
        ]
        np.testing.assert_array_equal(scene.counts[outcome], expected)


def test_a_probability_on_an_edge_of_the_histogram_counts_below_it(moons):
    run, state = moons
    even = replace(state, parameters=np.zeros_like(state.parameters))  # says 0.5 of every row
    scene = reliability_scene(run, even, View(), draws=5)
    assert scene.edges[HISTOGRAM_BINS // 2] == 0.5
    assert scene.counts.sum(axis=0)[HISTOGRAM_BINS // 2 - 1] == scene.n_rows


def test_another_class_turns_the_diagram_round(moons):
    run, state = moons
    one = reliability_scene(run, state, View(), draws=5)
    other = reliability_scene(run, state, View(reliability_class=0), draws=5)
    assert other.view == 0
    assert other.raw.brier.score == pytest.approx(one.raw.brier.score)
    np.testing.assert_allclose(other.counts, one.counts[::-1, ::-1])


def test_more_than_two_classes_are_judged_by_confidence_or_one_of_them():
    run, state = trained(dataset=table(n_classes=3))
    raw, labels = raw_rows(run, 1)
    p = by_hand(run, state, raw)
    scene = reliability_scene(run, state, View(), draws=5)
    right = (p.argmax(axis=1) == labels).astype(int)
    assert scene.view == "confidence"
    assert scene.raw.ece == pytest.approx(error_by_hand(right, p.max(axis=1), 15))
    one = reliability_scene(run, state, View(reliability_class=2), draws=5)
    assert one.view == 2
    assert one.raw.ece == pytest.approx(error_by_hand((labels == 2).astype(int), p[:, 2], 15))


def test_the_band_is_that_of_the_chosen_rows(moons):
    run, state = moons
    raw, labels = raw_rows(run, 1)
    p = by_hand(run, state, raw)[:, 1]
    scene = reliability_scene(run, state, View(), draws=50)
    expected = consistency_band(labels, p, draws=50)
    np.testing.assert_allclose(scene.band.lower, expected.lower, atol=0.05)
    np.testing.assert_allclose(scene.band.probability, expected.probability)
    assert scene.band_of_step == state.step
    assert reliability_scene(run, state, View(), draws=0, previous=scene).band is scene.band
    assert reliability_scene(run, state, View(), draws=0).band is None


def test_a_band_of_an_earlier_step_is_kept_only_where_one_is_passed_in_and_says_so(moons):
    run, state = moons
    begun = run.history.state_at(0)
    previous = reliability_scene(run, begun, View(), draws=20)
    lagging = reliability_scene(run, state, View(), 0, previous)
    assert lagging.band is previous.band
    assert (lagging.step, lagging.band_of_step) == (state.step, 0)
    assert reliability_scene(run, state, View(), 0, lagging).band_of_step == 0
    fresh = reliability_scene(run, state, View(), 20, previous)
    alone = reliability_scene(run, state, View(), 20)
    assert fresh.band_of_step == state.step
    np.testing.assert_array_equal(fresh.band.lower, alone.band.lower)
    assert not np.array_equal(fresh.band.lower, previous.band.lower)
    for other in (
        View(split="test"),
        View(reliability_class=0),
        View(reliability_band="confidence"),
        View(reliability_band="none"),
    ):
        scene = reliability_scene(run, state, other, 0, previous)
        assert (scene.band, scene.band_of_step) == (None, -1)


def test_a_calibrator_is_fitted_on_validation_and_shown_beside_the_raw_curve():
    run, state = trained(steps=40, data={"rows": 300}, calibration={"method": "platt"})
    X, y, _ = run.prepared.part(1)
    fitted = CALIBRATORS["platt"].fit(run.logits(state, X)[:, 0], y)
    test_X, test_y, _ = run.prepared.part(2)
    p = fitted.probabilities(run.logits(state, test_X)[:, 0])
    scene = reliability_scene(run, state, View(split="test"), draws=5)
    assert scene.calibrated.brier.score == pytest.approx(brier_score_loss(test_y, p))
    assert not scene.fitted_here
    own = reliability_scene(run, state, View(split="validation"), draws=5)
    assert own.fitted_here
    assert own.raw.brier.score != own.calibrated.brier.score


def test_every_calibrator_can_be_shown():
    for method in CALIBRATORS:
        run, state = trained(steps=30, calibration={"method": method})
        scene = reliability_scene(run, state, View(split="test"), draws=5)
        assert (scene.calibrated is None) == bool(scene.problem)


def test_a_part_without_rows_has_nothing_to_judge():
    base = table(60)
    split = np.tile(np.array([0, 1], dtype=np.int8), 30)
    given = Dataset("t", base.features, base.X, base.y, base.classes, split=split)
    run, state = trained(steps=5, dataset=given)
    scene = reliability_scene(run, state, View(split="test"))
    assert (scene.n_rows, scene.raw, scene.band) == (0, None, None)


def test_a_calibrator_that_cannot_be_fitted_leaves_the_raw_curve_and_says_why():
    base = table(60)
    split = np.tile(np.array([0, 2], dtype=np.int8), 30)
    given = Dataset("t", base.features, base.X, base.y, base.classes, split=split)
    run, state = trained(steps=5, dataset=given, calibration={"method": "platt"})
    scene = reliability_scene(run, state, View(split="test"), draws=5)
    assert scene.raw is not None
    assert scene.calibrated is None
    assert scene.problem


@pytest.mark.parametrize("is_compiled", [False, True])
def test_chance_is_the_mean_over_every_possible_outcome(is_compiled, monkeypatch):
    use_compiled(is_compiled, monkeypatch)
    p = np.array([0.05, 0.3, 0.31, 0.33, 0.33, 0.6, 0.95, 1.0, 0.0, 0.7])
    for bins, binning in ((4, "width"), (15, "width"), (3, "mass")):
        expected = 0.0
        for outcome in itertools.product((0, 1), repeat=len(p)):
            y = np.array(outcome)
            cells = pool_forecast(y, p)
            curve = BINNINGS[binning].curve(cells, bins)
            full = ~curve.empty
            gap = np.abs(curve.frequency - curve.probability)[full] * curve.counts[full]
            expected += np.prod(np.where(y == 1, p, 1 - p)) * gap.sum() / len(p)
        cells = pool_forecast(np.zeros(len(p), dtype=int), p)
        found = expected_null_error(cells, BINNINGS[binning].curve(cells, bins))
        assert found == pytest.approx(expected, abs=1e-12)


def test_chance_in_large_bins_agrees_with_drawing_outcomes():
    rng = np.random.default_rng(0)
    p = rng.beta(0.5, 0.5, 20_000)
    cells = pool_forecast(np.zeros(len(p), dtype=int), p)
    curve = BINNINGS["width"].curve(cells, 15)
    assert curve.counts.min() > MOST_EXACT
    drawn = [error_by_hand((rng.random(len(p)) < p).astype(int), p, 15) for _ in range(60)]
    assert expected_null_error(cells, curve) == pytest.approx(np.mean(drawn), rel=0.06)
