"""The calibration lab's scenes against figures worked out by hand, scipy and scikit-learn."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, log_softmax, logsumexp
from scipy.stats import beta as beta_distribution
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import log_loss

from core.base.arrays import SPLITS
from core.base.errors import UserError
from core.calibration.calibration_knobs import FITTING_ROWS, METHODS
from core.calibration.calibrators import CALIBRATORS
from core.calibration.pooled import pool_forecast
from core.calibration.reliability import BINNINGS
from core.data.dataset import Dataset, Feature
from core.experiment.experiment import Experiment
from core.experiment.view import View
from core.experiment.view_choices import BANDS, BAR_INTERVALS, CURVES
from core.explain.binary_evaluation import polyline
from core.explain.brushing import brushed_rows, interval_of, next_interval, part_at
from core.explain.known_truth import true_curve, true_probabilities
from core.run.recalibration import (
    Model,
    base_rates,
    part_probabilities,
    recalibration_at,
    with_base_rates,
)
from core.scenes.boundary_scene import boundary_scene
from core.scenes.reliability_scene import reliability_scene
from core.scenes.rows_scene import rows_scene
from tests.core.scene_cases import by_hand, raw_rows, table, trained


@pytest.fixture(scope="module")
def moons():
    return trained(steps=60, data={"rows": 400, "noise": 0.6})


@pytest.fixture(scope="module")
def three():
    return trained(dataset=table(n=240, n_classes=3))


def with_choices(run, **choices):
    experiment = run.experiment
    for name, value in choices.items():
        experiment = experiment.replacing(f"calibration.{name}", value)
    return replace(run, experiment=experiment)


def logit_by_hand(run, state, code):
    raw, labels = raw_rows(run, code)
    p = by_hand(run, state, raw)
    return np.log(p[:, 1]) - np.log(p[:, 0]), labels


def mended(run, state, code):
    return part_probabilities(Model.at(run, state), code, recalibration_at(run, state))


def test_every_calibrator_and_none_can_be_chosen():
    assert list(METHODS) == ["none", *CALIBRATORS]
    for name in METHODS:
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
    assert recalibration_at(changed, state).fitted.temperature == pytest.approx(best, rel=1e-5)


def test_cross_fitted_rows_are_judged_by_the_map_that_did_not_see_them(moons):
    run, state = moons
    changed = with_choices(run, method="isotonic", fitted_on="cross_fitted", folds=4)
    fitted = recalibration_at(changed, state).fitted
    s, y = logit_by_hand(run, state, 1)
    expected = np.empty(len(s))
    for k in range(4):
        rest = fitted.folds != k
        fit = IsotonicRegression(out_of_bounds="clip").fit(s[rest], y[rest])
        expected[~rest] = fit.predict(s[~rest])
    np.testing.assert_allclose(mended(changed, state, 1)[:, 1], expected, atol=1e-9)
    everywhere = np.mean(
        [m.probabilities(logit_by_hand(run, state, 2)[0]) for m in fitted.members], 0
    )
    np.testing.assert_allclose(mended(changed, state, 2)[:, 1], everywhere, atol=1e-9)


def test_parameters_by_hand_take_the_place_of_the_fit(moons):
    run, state = moons
    s, _ = logit_by_hand(run, state, 2)
    cold = with_choices(run, method="temperature", by_hand=True, temperature=0.5)
    np.testing.assert_allclose(mended(cold, state, 2)[:, 1], expit(2.0 * s), atol=1e-12)
    platt = with_choices(run, method="platt", by_hand=True, platt_a=-0.7, platt_b=0.4)
    np.testing.assert_allclose(mended(platt, state, 2)[:, 1], expit(0.7 * s - 0.4), atol=1e-12)


def test_another_base_rate_multiplies_every_odds_by_the_ratio_of_the_odds(moons):
    run, state = moons
    changed = with_choices(run, base_rate=0.1)
    s, _ = logit_by_hand(run, state, 2)
    rate = run.prepared.y[run.prepared.split == 0].mean()
    shift = np.log(0.1 / 0.9) - np.log(rate / (1.0 - rate))
    np.testing.assert_allclose(mended(changed, state, 2)[:, 1], expit(s + shift), atol=1e-12)
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
    p = part_probabilities(Model.at(run, state), 2, None)
    y = raw_rows(run, 2)[1]

    def in_use(part):
        rates = np.bincount(run.prepared.y[run.prepared.split == part], minlength=3).astype(float)
        rates /= rates.sum()
        moved = 0.3 * rates / (1.0 - rates[k])
        moved[k] = 0.7
        return moved / rates

    expected = p * in_use(0)
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(mended(changed, state, 2), expected, atol=1e-12)
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
    np.testing.assert_allclose(mended(changed, state, 1)[:, 1], expected, atol=1e-12)
    # to a base rate equal to the data's, the weighted model needs just that correction
    rate = base_rates(run.prepared)[1]
    back = with_choices(run, base_rate=float(rate))
    np.testing.assert_allclose(mended(back, state, 1)[:, 1], expected, atol=1e-9)


def test_nothing_chosen_mends_nothing(moons):
    run, state = moons
    assert recalibration_at(run, state) is None
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


def test_the_smooth_curve_ends_where_rows_end():
    p = np.concatenate((np.linspace(0.4, 0.5, 30), np.linspace(0.6, 0.7, 30)))
    curve = BINNINGS["smooth"].curve(pool_forecast(np.arange(60) % 2, p), 15)
    x, _ = polyline(curve)
    assert 0.4 - 3 * curve.sigma < x[0] < 0.4
    assert 0.7 < x[-1] < 0.7 + 3 * curve.sigma
    assert np.ptp(np.diff(x)) < 1e-9  # without a gap


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
        p = mended(alone, state, 2)[:, 1]
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
    truth = true_probabilities(run.dataset, run.prepared)
    x, y = true_curve(run, state, 1, truth)
    raw, _ = raw_rows(run)
    p, t = by_hand(run, state, raw)[:, 1], run.dataset.truth(raw)[:, 1]
    width = 0.15 * len(p) ** -0.2
    assert (x[0], x[-1]) == pytest.approx((p.min(), p.max()))
    images = np.concatenate([p, -p, 2.0 - p])
    for k in (10, 60, 120):
        kernel = np.exp(-0.5 * ((x[k] - images) / width) ** 2).reshape(3, -1).sum(axis=0)
        assert y[k] == pytest.approx(kernel @ t / kernel.sum(), abs=2e-3)
    assert true_probabilities(table(), run.prepared) is None
    _, moved = true_curve(with_choices(run, base_rate=0.1), state, 1, truth)
    rate = base_rates(run.prepared)[1]
    yes, no = t * 0.1 / rate, (1 - t) * 0.9 / (1 - rate)
    kernel = np.exp(-0.5 * ((x[60] - images) / width) ** 2).reshape(3, -1).sum(axis=0)
    assert moved[60] == pytest.approx(kernel @ yes / (kernel @ (yes + no)), abs=2e-3)


def test_a_brush_lights_up_the_rows_of_a_bin_everywhere(moons):
    run, state = moons
    raw, _ = raw_rows(run)
    p = by_hand(run, state, raw)[:, 1]
    scene = reliability_scene(run, state, View(reliability_curve="width"), draws=5)
    k = int(np.argmax(scene.raw.bars.counts))
    middle = float(scene.raw.bars.probability[k])
    brushed = interval_of(scene.raw.curve, middle)
    view = View(reliability_curve="width", brushed=brushed)
    lit = brushed_rows(run, state, view)
    expected = (run.prepared.split == 1) & (np.ceil(p * 15 - 1e-12) - 1 == k)
    np.testing.assert_array_equal(lit, expected)
    assert lit.sum() == scene.raw.bars.counts[k]
    np.testing.assert_array_equal(rows_scene(run, state, view).lit, expected)
    boundary = boundary_scene(run, state, view, resolution=10)
    shown = np.searchsorted(run.prepared.rows, boundary.rows.rows)
    np.testing.assert_array_equal(boundary.lit, expected[shown])
    assert not boundary_scene(run, state, View(), resolution=10).lit.any()


@pytest.mark.parametrize("kind", ["corp", "width", "mass"])
def test_stepping_through_the_parts_lights_every_row_once(moons, kind):
    run, state = moons
    scene = reliability_scene(run, state, View(reliability_curve=kind), draws=5)
    curve = scene.raw.curve
    brushed, total = (), np.zeros(len(run.prepared.rows))
    for _ in range(int((curve.counts > 0).sum())):
        brushed = next_interval(curve, brushed, 1)
        total += brushed_rows(run, state, View(reliability_curve=kind, brushed=brushed))
    np.testing.assert_array_equal(total, run.prepared.split == 1)
    assert next_interval(curve, brushed, 1) == next_interval(curve, (), 1)
    assert next_interval(curve, (), -1) == brushed


def test_a_smooth_curve_has_no_parts_but_a_window(moons):
    run, state = moons
    scene = reliability_scene(run, state, View(reliability_curve="smooth"), draws=5)
    assert part_at(scene.raw.curve, 0.5) == -1
    assert interval_of(scene.raw.curve, 0.5) == pytest.approx((0.475, 0.525))
    assert next_interval(scene.raw.curve, (), 1) == ()


def test_the_confidence_of_three_classes_can_be_brushed(three):
    run, state = three
    raw, _ = raw_rows(run, 1)
    confidence = by_hand(run, state, raw).max(axis=1)
    lit = brushed_rows(run, state, View(brushed=(0.5, 0.8)))
    expected = (confidence > 0.5) & (confidence <= 0.8)
    np.testing.assert_array_equal(lit[run.prepared.split == 1], expected)
    assert not lit[run.prepared.split != 1].any()


def test_other_data_drop_the_brush_and_wrong_choices_are_refused():
    assert View(brushed=(0.1, 0.2)).for_other_data().brushed == ()
    for name, value in (
        ("reliability_curve", "x"),
        ("reliability_band", "x"),
        ("bar_interval", "x"),
        ("smoothing", 2.0),
        ("brushed", (0.1,)),
    ):
        with pytest.raises(UserError):
            View().replacing(name, value)
    for name, records in (("reliability_curve", CURVES), ("bar_interval", BAR_INTERVALS)):
        for key in records:
            assert getattr(View().replacing(name, key), name) == key


def test_vector_scaling_of_three_classes_is_the_best_there_is(three):
    run, state = three
    changed = with_choices(run, method="vector")
    y = raw_rows(run, 1)[1]
    z = run.logits(state, run.prepared.part(1)[0])

    def cost(theta):
        logits = z * theta[:3] + theta[3:]
        return np.mean(logsumexp(logits, axis=1) - logits[np.arange(len(y)), y])

    best = minimize(cost, np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0])).fun
    assert log_loss(y, mended(changed, state, 1)) == pytest.approx(best, abs=1e-4)
    cold = with_choices(run, method="temperature", by_hand=True, temperature=2.0)
    expected = np.exp(log_softmax(z / 2.0, axis=1))
    np.testing.assert_allclose(mended(cold, state, 1), expected, atol=1e-12)


def test_a_class_without_rows_leaves_base_rates_alone():
    data = Dataset(
        "one", (Feature("x"),), [[0.0], [1.0], [2.0], [3.0]] * 10, [0, 1, 0, 1] * 10, ("a", "b")
    )
    run, state = trained(dataset=data, steps=5)
    changed = with_choices(run, base_rate=0.3)
    assert reliability_scene(changed, state, View(), draws=5).calibrated is not None
