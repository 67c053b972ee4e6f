"""The scenes of judging need no run; weighing a row is the same as repeating it."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from core.calibration.calibration_knobs import CalibrationChoices
from core.experiment.view import View
from core.experiment.view_choices import CURVES
from core.explain.binary_evaluation import plain_choices
from core.predictions import Predictions
from core.scenes.by_class_scene import by_class_of
from core.scenes.calibrators_scene import maps_of, parameters_of, priors_of
from core.scenes.figures_scene import figures_of
from core.scenes.numbers_scene import numbers_of
from core.scenes.reliability_scene import reliability_of
from core.scenes.rows_scene import rows_of

N = 400
RNG = np.random.default_rng(11)
WEIGHTS = RNG.integers(0, 4, N).astype(float)
ROWS = np.repeat(np.arange(N), WEIGHTS.astype(int))
SPLIT = np.arange(N) % 3
S = RNG.normal(size=N) * 2.0
Z = RNG.normal(size=(N, 3)) * 2.0
LABELS = {
    2: (RNG.random(N) < expit(0.6 * S)).astype(int),
    3: (Z + RNG.gumbel(size=(N, 3)) * 2.0).argmax(axis=1),
}
LOGITS = {2: S, 3: Z}
VIEW = View(split="test")
CHOICES = CalibrationChoices(method="temperature", compared=("isotonic",))
K = pytest.mark.parametrize("k", [2, 3])


def predictions(k, **known):
    return Predictions.from_logits(LABELS[k], LOGITS[k], split=SPLIT, **known)


def both(k):
    """Return the same rows with weights, and repeated."""
    repeated = Predictions.from_logits(LABELS[k][ROWS], LOGITS[k][ROWS], split=SPLIT[ROWS])
    return predictions(k, weights=WEIGHTS), repeated


@K
@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("base_rate", [0.0, 0.2])
def test_a_weighted_reliability_diagram_is_that_of_the_repeated_rows(k, curve, base_rate):
    view = replace(VIEW, reliability_curve=curve)
    choices = replace(CHOICES, base_rate=base_rate)
    one, other = (reliability_of(it, choices, view, draws=5) for it in both(k))
    pairs = [(one.raw, other.raw), (one.calibrated, other.calibrated)]
    pairs.append((one.compared[0].judged, other.compared[0].judged))
    for found, expected in pairs:
        assert found.ece == pytest.approx(expected.ece, abs=1e-6)
        assert found.brier.score == pytest.approx(expected.brier.score, abs=1e-6)
        assert found.brier.miscalibration == pytest.approx(expected.brier.miscalibration, abs=1e-6)
        assert np.isnan(found.chance_ece) == (base_rate > 0.0)
    np.testing.assert_allclose(one.raw.curve.frequency, other.raw.curve.frequency, atol=1e-9)
    np.testing.assert_allclose(one.raw.bars.counts, other.raw.bars.counts)
    np.testing.assert_allclose(one.counts, other.counts)
    assert one.n_rows == (SPLIT == 2).sum()
    assert one.base_rates == pytest.approx(other.base_rates)


@K
@pytest.mark.parametrize("top_label", [False, True])
def test_weighted_curves_by_class_are_those_of_the_repeated_rows(k, top_label):
    view = replace(VIEW, top_label=top_label)
    one, other = (by_class_of(it, CHOICES, view) for it in both(k))
    assert one.ece == pytest.approx(other.ece, abs=1e-6)
    assert [it.of_class for it in one.tiles] == [it.of_class for it in other.tiles]
    for found, expected in zip(one.tiles, other.tiles, strict=True):
        assert found.n_rows == expected.n_rows
        assert found.raw.ece == pytest.approx(expected.raw.ece)
        assert found.calibrated.ece == pytest.approx(expected.calibrated.ece, abs=1e-6)


@K
def test_weighted_numbers_are_those_of_the_repeated_rows(k):
    for of_calibrated in (False, True):
        one, other = (numbers_of(it, CHOICES, VIEW, of_calibrated) for it in both(k))
        for found, expected in zip(one.answers, other.answers, strict=True):
            assert found.value == pytest.approx(expected.value, abs=1e-6), found.name
        np.testing.assert_allclose(one.strip.width, other.strip.width, atol=1e-6)


@K
def test_weighted_figures_are_those_of_the_repeated_rows(k):
    one, other = (figures_of(it, VIEW) for it in both(k))
    for found, expected in zip(one.parts, other.parts, strict=True):
        for name in ("accuracy", "macro_f1", "auc", "log_loss", "brier", "ece"):
            assert getattr(found, name) == pytest.approx(getattr(expected, name)), name
        np.testing.assert_allclose(found.confusion, expected.confusion)


@pytest.mark.parametrize(("k", "method"), [(2, "temperature"), (2, "platt"), (3, "temperature")])
def test_weighted_parameters_are_those_of_the_repeated_rows(k, method):
    choices = replace(CHOICES, method=method)
    one, other = (parameters_of(it, choices, VIEW) for it in both(k))
    for found, expected in zip(one.handles, other.handles, strict=True):
        assert found.fitted == pytest.approx(expected.fitted, rel=1e-5)
    assert one.raw.log_loss == pytest.approx(other.raw.log_loss)
    assert one.calibrated.log_loss == pytest.approx(other.calibrated.log_loss, abs=1e-6)
    assert one.calibrated.ece == pytest.approx(other.calibrated.ece, abs=1e-6)
    assert one.here[1] == pytest.approx(other.here[1], abs=1e-6)


@K
def test_weighted_priors_are_those_of_the_repeated_rows(k):
    one, other = (priors_of(it, CHOICES, VIEW) for it in both(k))
    np.testing.assert_allclose(one.observed, other.observed, atol=1e-9)
    np.testing.assert_allclose(one.rates, other.rates)
    assert one.log_losses == pytest.approx(other.log_losses)
    # repeated rows are taken for more than they are: their interval is too narrow
    assert (one.error > other.error).all()


def test_weighted_groups_of_the_maps_hold_equal_mass():
    scene = maps_of(predictions(2, weights=WEIGHTS), CHOICES, VIEW)
    fitting = np.flatnonzero(SPLIT == 1)
    w, y = WEIGHTS[fitting], LABELS[2][fitting]
    score, frequency, low, high, mass = scene.bins
    assert mass.sum() == pytest.approx(w.sum())
    assert np.ptp(mass) <= 6.0  # a group's ends are rows of weight 3 at most
    assert mass @ frequency == pytest.approx(w @ y)
    assert mass @ score == pytest.approx(w @ S[fitting])
    assert ((low <= frequency) & (frequency <= high)).all()


@K
def test_rows_without_weight_are_shown_but_judge_nothing(k):
    weights = np.where(SPLIT == 2, 0.0, 1.0)
    given = predictions(k, weights=weights)
    assert reliability_of(given, CHOICES, VIEW, draws=5).raw is None
    assert by_class_of(given, CHOICES, VIEW).tiles == ()
    assert numbers_of(given, CHOICES, VIEW).strip is None
    assert figures_of(given, VIEW).parts[2] is None
    assert parameters_of(given, CHOICES, VIEW).handles == ()
    assert np.isnan(priors_of(given, CHOICES, VIEW).observed).all()
    assert len(maps_of(given, replace(CHOICES, fitted_on="test"), VIEW).maps) == 2
    assert rows_of(given, VIEW).predictions.n_rows == N


@K
def test_predictions_of_a_file_are_judged_like_a_run_s(k):
    z = LOGITS[k]
    p = expit(z) if k == 2 else np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    given = Predictions.from_probabilities(LABELS[k], p, split=SPLIT)
    own = predictions(k)
    one, other = (reliability_of(it, CHOICES, VIEW, draws=5) for it in (given, own))
    assert one.raw.ece == pytest.approx(other.raw.ece)
    assert one.calibrated.brier.score == pytest.approx(other.calibrated.brier.score)
    one, other = (parameters_of(it, CHOICES, VIEW) for it in (given, own))
    assert one.calibrated.log_loss == pytest.approx(other.calibrated.log_loss)
    rows = rows_of(given, replace(VIEW, brushed=(0.4, 0.6)))
    judged = p if k == 2 else p.max(axis=1)
    np.testing.assert_array_equal(rows.lit, (SPLIT == 2) & (judged > 0.4) & (judged <= 0.6))
    assert rows.left_out == 0


def test_what_only_draws_is_no_part_of_what_is_remembered():
    choices = replace(CHOICES, bins=7, binning="mass")
    assert plain_choices(choices) == plain_choices(replace(choices, bins=30, compared=()))
