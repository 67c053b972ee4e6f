import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import beta as beta_distribution
from sklearn.calibration import calibration_curve
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import brier_score_loss

from core.base.arrays import SPLITS
from core.base.memo import Memo
from core.calibration.bands import consistency_band
from core.calibration.calibration_knobs import FITTING_ROWS
from core.calibration.calibrators import CALIBRATORS
from core.calibration.null_distribution import MOST_EXACT, expected_null_error
from core.calibration.pooled import pool_forecast
from core.calibration.reliability import BINNINGS
from core.data.dataset import Dataset, Feature
from core.experiment.view import View
from core.experiment.view_choices import BANDS, CURVES
from core.explain.binary_evaluation import polyline
from core.explain.known_truth import true_curve, true_probabilities
from core.scenes.reliability_scene import HISTOGRAM_BINS, reliability_scene
from tests.core.calibration_cases import use_compiled
from tests.core.scene_cases import (
    by_hand,
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


def test_another_base_rate_multiplies_every_odds_by_the_ratio_of_the_odds(moons):
    run, state = moons
    changed = with_choices(run, base_rate=0.1)
    s, _ = logit_by_hand(run, state, 2)
    rate = run.prepared.y[run.prepared.split == 0].mean()
    shift = np.log(0.1 / 0.9) - np.log(rate / (1.0 - rate))
    np.testing.assert_allclose(
        shown_probabilities(changed, state, 2)[:, 1], expit(s + shift), atol=1e-12
    )
    scene = reliability_scene(changed, state, View(split="test"), draws=5)
    y = raw_rows(run, 2)[1]
    here = y.mean()
    weights = np.where(y == 1, 0.1 / here, 0.9 / (1.0 - here))
    p = expit(s + shift)
    assert scene.calibrated.brier.score == pytest.approx(np.average((p - y) ** 2, weights=weights))
    assert scene.raw.brier.score == pytest.approx(np.average((expit(s) - y) ** 2, weights=weights))
    assert scene.band is None
    assert np.isnan(scene.raw.chance_ece)
    assert scene.base_rates == pytest.approx((here, 0.1))


@pytest.mark.parametrize(("chosen", "k"), [(0, 0), (1, 1), (-1, 2), (7, 2)])
def test_another_base_rate_of_one_class_of_three_is_bayes_rule_and_weighs_the_rows(chosen, k):
    run, state = trained(data={"source": "three_spirals", "rows": 300, "noise": 0.6}, steps=40)
    changed = with_choices(run, base_rate=0.7, base_class=chosen)
    p = part_of(run, state, 2).probabilities
    y = raw_rows(run, 2)[1]

    def in_use(part):
        rates = np.bincount(run.prepared.y[run.prepared.split == part], minlength=3).astype(float)
        rates /= rates.sum()
        moved = 0.3 * rates / (1.0 - rates[k])
        moved[k] = 0.7
        return moved / rates

    expected = p * in_use(0)
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(shown_probabilities(changed, state, 2), expected, atol=1e-12)
    weights = in_use(2)[y]
    assert weights[y == k].sum() / weights.sum() == pytest.approx(0.7)
    for view, judged, outcomes in (
        (View(split="test", reliability_class=1), expected[:, 1], y == 1),
        (View(split="test"), expected.max(axis=1), y == expected.argmax(axis=1)),
    ):
        scene = reliability_scene(changed, state, view, draws=5)
        brier = np.average((judged - outcomes) ** 2, weights=weights)
        assert scene.calibrated.brier.score == pytest.approx(brier)
        assert scene.base_rates == pytest.approx(((y == k).mean(), 0.7))


def test_nothing_chosen_mends_nothing(moons):
    run, state = moons
    assert recalibration_of(run, state) is None
    scene = reliability_scene(run, state, View(), draws=5)
    assert scene.calibrated is None
    assert scene.compared == ()


@pytest.mark.parametrize("kind", CURVES)
def test_each_kind_of_curve_is_that_of_the_core(moons, kind):
    run, state = moons
    raw, y = raw_rows(run, 1)
    p = by_hand(run, state, raw)[:, 1]
    scene = reliability_scene(run, state, View(reliability_curve=kind), draws=5)
    expected = BINNINGS[kind].curve(pool_forecast(y, p), 15)
    np.testing.assert_allclose(scene.raw.curve.frequency, expected.frequency, atol=1e-6)
    np.testing.assert_allclose(scene.raw.curve.probability, expected.probability, atol=1e-6)
    x, shown = polyline(scene.raw.curve)
    assert np.isfinite(x).all()
    assert np.isfinite(shown).all()
    assert (np.diff(x) >= 0).all()


def test_smoothing_widens_the_kernel_and_0_is_the_fixed_point(moons):
    run, state = moons
    fixed = reliability_scene(run, state, View(reliability_curve="smooth"), draws=5).raw.curve
    wide = View(reliability_curve="smooth", smoothing=0.3)
    curve = reliability_scene(run, state, wide, draws=5).raw.curve
    assert curve.sigma == 0.3
    assert fixed.sigma < 0.3
    raw, y = raw_rows(run, 1)
    p = by_hand(run, state, raw)[:, 1]
    t = curve.probability[200]
    images = np.concatenate([p + 2 * k for k in range(-3, 4)] + [-p + 2 * k for k in range(-3, 4)])
    kernel = np.exp(-0.5 * ((t - images) / 0.3) ** 2).reshape(14, -1).sum(axis=0)
    assert curve.frequency[200] == pytest.approx(kernel @ y / kernel.sum(), abs=1e-4)


@pytest.mark.parametrize("method", ["jeffreys", "clopper_pearson"])
def test_intervals_of_bins_are_scipy_s(moons, method):
    run, state = moons
    scene = reliability_scene(run, state, View(bar_interval=method), draws=5)
    bars = scene.raw.bars
    full = bars.counts > 0
    k, n = bars.positives[full], bars.counts[full]
    if method == "jeffreys":
        low = np.where(k > 0, beta_distribution.ppf(0.05, k + 0.5, n - k + 0.5), 0.0)
        high = np.where(k < n, beta_distribution.ppf(0.95, k + 0.5, n - k + 0.5), 1.0)
    else:
        low = np.where(k > 0, beta_distribution.ppf(0.05, k, n - k + 1), 0.0)
        high = np.where(k < n, beta_distribution.ppf(0.95, k + 1, n - k), 1.0)
    np.testing.assert_allclose(scene.raw.low[full], low, atol=1e-8)
    np.testing.assert_allclose(scene.raw.high[full], high, atol=1e-8)


def test_bands_are_of_the_kind_asked_for(moons):
    run, state = moons
    for kind in BANDS:
        scene = reliability_scene(run, state, View(reliability_band=kind), draws=20)
        assert (scene.band is None) == (kind == "none")
        assert scene.band is None or scene.band.kind == kind
    consistency = reliability_scene(run, state, View(), draws=20)
    other = View(reliability_band="confidence")
    assert reliability_scene(run, state, other, draws=0, previous=consistency).band is None


def test_ticked_calibrators_are_drawn_beside_the_chosen_one(moons):
    run, state = moons
    every = tuple(CALIBRATORS)
    changed = with_choices(run, method="platt", compared=every)
    scene = reliability_scene(changed, state, View(split="test"), draws=5)
    assert [it.name for it in scene.compared] == [name for name in every if name != "platt"]
    y = raw_rows(run, 2)[1]
    for it in scene.compared:
        alone = with_choices(run, method=it.name)
        p = shown_probabilities(alone, state, 2)[:, 1]
        assert it.judged.brier.score == pytest.approx(np.mean((p - y) ** 2))
    turned = with_choices(changed, method="temperature", by_hand=True, temperature=3.0)
    scene = reliability_scene(turned, state, View(split="test"), draws=5)
    assert "temperature" in [it.name for it in scene.compared]  # the fitted one beside the turned


def test_own_rows_are_told_but_cross_fitted_ones_are_not_own(moons):
    run, state = moons
    for rows, split in itertools.product(FITTING_ROWS, SPLITS):
        changed = with_choices(run, method="platt", fitted_on=rows)
        scene = reliability_scene(changed, state, View(split=split), draws=5)
        assert scene.fitted_here == (rows == split)


def test_a_calibrator_that_cannot_be_fitted_says_why():
    whole = table(levels=False)
    parts = np.where(np.arange(whole.n_samples) % 2, 0, 2)
    run, state = trained(steps=5, dataset=replace(whole, split=parts))
    changed = with_choices(run, method="platt", compared=("isotonic",))
    scene = reliability_scene(changed, state, View(split="test"), draws=5)
    assert scene.calibrated is None
    assert "no rows" in scene.problem
    assert scene.compared[0].judged is None
    assert "no rows" in scene.compared[0].problem


def test_the_true_curve_averages_the_generator_s_probabilities(moons):
    run, state = moons
    truth = true_probabilities(run)
    x, y = true_curve(run, state, 1, truth)
    raw, _ = raw_rows(run)
    p, t = by_hand(run, state, raw)[:, 1], run.dataset.truth(raw)[:, 1]
    width = 0.15 * len(p) ** -0.2
    assert (x[0], x[-1]) == pytest.approx((p.min(), p.max()))
    images = np.concatenate([p, -p, 2.0 - p])
    for k in (10, 60, 120):
        kernel = np.exp(-0.5 * ((x[k] - images) / width) ** 2).reshape(3, -1).sum(axis=0)
        assert y[k] == pytest.approx(kernel @ t / kernel.sum(), abs=2e-3)
    assert true_probabilities(replace(run, dataset=table(), memo=Memo())) is None
    _, moved = true_curve(with_choices(run, base_rate=0.1), state, 1, truth)
    rate = part_of(run, state, 0).base_rates[1]
    yes, no = t * 0.1 / rate, (1 - t) * 0.9 / (1 - rate)
    kernel = np.exp(-0.5 * ((x[60] - images) / width) ** 2).reshape(3, -1).sum(axis=0)
    assert moved[60] == pytest.approx(kernel @ yes / (kernel @ (yes + no)), abs=2e-3)


def test_a_class_without_rows_leaves_base_rates_alone():
    data = Dataset(
        "one", (Feature("x"),), [[0.0], [1.0], [2.0], [3.0]] * 10, [0, 1, 0, 1] * 10, ("a", "b")
    )
    run, state = trained(dataset=data, steps=5)
    changed = with_choices(run, base_rate=0.3)
    assert reliability_scene(changed, state, View(), draws=5).calibrated is not None


@pytest.mark.parametrize(("binning", "strategy"), [("width", "uniform"), ("mass", "quantile")])
def test_binned_curves_are_scikit_learn_s(moons, binning, strategy):
    run, state = moons
    for bins in (4, 10):
        view = View(split="train", reliability_curve=binning)
        scene = reliability_scene(with_choices(run, bins=bins), state, view, draws=5)
        raw, y = raw_rows(run, 0)
        p = by_hand(run, state, raw)[:, 1]
        frequency, mean = calibration_curve(y, p, n_bins=bins, strategy=strategy)
        curve = scene.raw.curve
        if binning == "width":
            full = curve.counts > 0
            np.testing.assert_allclose(curve.frequency[full], frequency)
            np.testing.assert_allclose(curve.probability[full], mean)
            counts = np.histogram(p, np.linspace(0.0, 1.0, bins + 1))[0]
            np.testing.assert_array_equal(curve.counts, counts)
        else:  # scikit-learn ends its bins between two rows, we at one: a row more or less a bin
            assert len(frequency) == bins == len(curve.counts)
            assert np.ptp(curve.counts) <= 1
            np.testing.assert_allclose(curve.probability, mean, atol=0.02)
            np.testing.assert_allclose(curve.frequency, frequency, atol=1.5 * bins / len(p))


def test_the_corp_curve_is_scikit_learn_s_isotonic_regression_at_every_row(moons):
    run, state = moons
    for split, code in (("train", 0), ("test", 2)):
        raw, y = raw_rows(run, code)
        p = by_hand(run, state, raw)[:, 1]
        curve = reliability_scene(run, state, View(split=split), draws=5).raw.curve
        fit = IsotonicRegression(out_of_bounds="clip").fit(p, y)
        np.testing.assert_allclose(np.interp(p, *curve.knots), fit.predict(p), atol=1e-9)
        assert curve.counts.sum() == len(y)
