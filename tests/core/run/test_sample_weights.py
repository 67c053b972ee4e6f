"""Sample weights count in every figure: against scikit-learn, and by repeating rows instead."""

import pathlib
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from core.calibration.calibrators import CALIBRATORS
from core.calibration.recalibration import fit_calibrator
from core.data.class_weights import fit_class_weights
from core.data.dataset import Dataset, Feature
from core.data.preparing import prepare
from core.data.scaling import SCALINGS, fit_scaling, weighted_quantiles
from core.evaluation.performance import performance_of
from core.experiment.experiment import Experiment
from core.experiment.view import View
from core.predictions.predictions import Predictions, predictions_of
from core.run.report import report
from core.run.run import start_run
from core.run.training_loop import train
from core.scenes.by_class_scene import by_class_of
from core.scenes.figures_scene import figures_of
from core.scenes.numbers_scene import numbers_of
from core.scenes.reliability_scene import reliability_of
from core.training.recorded_metrics import measure, parts_of

RNG = np.random.default_rng(5)
UNDERSAMPLED = (
    pathlib.Path(__file__).parents[3].parent
    / "shared"
    / "reports"
    / "calibration"
    / "c_undersampled_weights.csv"
)
CALIBRATION = Experiment().calibration


def weighted_and_repeated(n_classes):
    """Return predictions with whole weights, and the same with rows repeated in their stead."""
    n = 240
    weights = RNG.integers(0, 5, n).astype(float)
    logits = np.round(8.0 * RNG.normal(0.0, 2.0, (n, n_classes))) / 8.0  # exact differences
    labels = (logits + RNG.gumbel(size=logits.shape)).argmax(axis=1)
    split = np.arange(n) % 3
    again = np.repeat(np.arange(n), weights.astype(int))
    some = Predictions.from_logits(labels, logits, split=split, weights=weights)
    return some, Predictions.from_logits(labels[again], logits[again], split=split[again])


@pytest.mark.parametrize("n_classes", [2, 3])
def test_weighted_figures_are_those_of_repeated_rows(n_classes):
    weighted, repeated = weighted_and_repeated(n_classes)
    for one, other in zip(
        figures_of(weighted, View()).parts, figures_of(repeated, View()).parts, strict=True
    ):
        for name in ("accuracy", "auc", "log_loss", "brier", "ece", "f1", "macro_f1"):
            assert getattr(one, name) == pytest.approx(getattr(other, name), abs=1e-12), name
        np.testing.assert_allclose(one.confusion, other.confusion)


@pytest.mark.parametrize("curve", ["width", "mass", "corp", "smooth"])
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("method", ["none", "temperature", "platt", "isotonic"])
def test_weighted_diagrams_are_those_of_repeated_rows(curve, n_classes, method):
    view = View().replacing("reliability_curve", curve).replacing("split", "test")
    choices = replace(CALIBRATION, method=method, compared=("beta",))
    one, other = (
        reliability_of(it, choices, view, draws=0) for it in weighted_and_repeated(n_classes)
    )
    np.testing.assert_allclose(one.counts, other.counts)
    judged = [(one.raw, other.raw), (one.compared[0].judged, other.compared[0].judged)]
    if method != "none":
        judged.append((one.calibrated, other.calibrated))
    for mine, theirs in judged:
        np.testing.assert_allclose(mine.curve.frequency, theirs.curve.frequency, atol=1e-5)
        np.testing.assert_allclose(mine.bars.counts, theirs.bars.counts)
        assert mine.ece == pytest.approx(theirs.ece, abs=1e-6)
        assert mine.brier.score == pytest.approx(theirs.brier.score, abs=1e-6)
        assert mine.brier.discrimination == pytest.approx(theirs.brier.discrimination, abs=1e-6)


def test_weighted_numbers_and_classes_are_those_of_repeated_rows():
    pairs = weighted_and_repeated(3)
    one, other = (numbers_of(it, CALIBRATION, View()) for it in pairs)
    np.testing.assert_allclose(one.strip.width, other.strip.width, atol=1e-12)
    np.testing.assert_allclose(one.strip.mass, other.strip.mass, atol=1e-12)
    assert [it.value for it in one.answers] == pytest.approx([it.value for it in other.answers])
    one, other = (by_class_of(it, CALIBRATION, View()) for it in pairs)
    assert one.ece[0] == pytest.approx(other.ece[0], abs=1e-12)


# Venn-ABERS adds the row that is judged with the mean weight of the others, whatever their scale.
REPEATABLE = [name for name in CALIBRATORS if name != "venn_abers"]


@pytest.mark.parametrize("method", REPEATABLE)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_weighted_calibrators_are_those_of_repeated_rows(method, n_classes):
    some = np.round(RNG.normal(0.0, 2.0, (50, n_classes)), 1)
    choices = replace(CALIBRATION, method=method)
    one, other = (
        fit_calibrator(it, choices).probabilities(some) for it in weighted_and_repeated(n_classes)
    )
    np.testing.assert_allclose(one, other, atol=2e-5)


def test_inputs_are_scaled_by_weight_as_scikit_learn_does():
    X, w = RNG.normal(3.0, 2.0, (60, 4)), RNG.random(60) + 0.1
    shift, scale, _ = fit_scaling("standard", X, w)
    theirs = StandardScaler().fit(X, sample_weight=w)
    np.testing.assert_allclose(shift, theirs.mean_)
    np.testing.assert_allclose(scale, theirs.scale_)


@pytest.mark.parametrize("name", list(SCALINGS))
def test_weighted_scaling_is_that_of_repeated_rows(name):
    X, w = RNG.normal(3.0, 2.0, (60, 4)), RNG.integers(0, 5, 60).astype(float)
    w[3] = 1.0
    one = fit_scaling(name, X, w)
    other = fit_scaling(name, np.repeat(X, w.astype(int), axis=0))
    np.testing.assert_allclose(one[0], other[0])
    np.testing.assert_allclose(one[1], other[1])


def test_quantiles_of_equal_weights_are_numpy_s_and_their_scale_does_not_matter():
    X, w = RNG.normal(size=(31, 3)), RNG.integers(1, 4, 31).astype(float)
    shares = (0.0, 0.25, 0.5, 0.9, 1.0)
    np.testing.assert_allclose(
        weighted_quantiles(X, shares, np.full(31, 0.3)), np.quantile(X, shares, axis=0)
    )
    found = weighted_quantiles(X, shares, w)
    np.testing.assert_allclose(weighted_quantiles(X, shares, 7.0 * w), found)
    repeated = np.repeat(X, w.astype(int), axis=0)
    np.testing.assert_allclose(found, np.quantile(repeated, shares, axis=0))


@pytest.mark.parametrize("missing", ["mean", "median", "category"])
@pytest.mark.parametrize("scaling", ["standard", "robust", "minmax"])
def test_a_weighted_table_is_prepared_as_one_of_repeated_rows(missing, scaling):
    n = 90
    X = np.column_stack((RNG.normal(size=(n, 2)), RNG.integers(0, 3, n)))
    X[RNG.random(X.shape) < 0.2] = np.nan
    y, split, w = RNG.integers(0, 2, n), np.arange(n) % 3, RNG.integers(0, 4, n).astype(float)
    features = (Feature("a"), Feature("b"), Feature("c", ("u", "v", "w")))

    def made(rows, weights):
        data = Dataset("d", features, X[rows], y[rows], ("n", "p"), split=split[rows])
        return prepare(
            replace(data, weights=weights),
            scaling=scaling,
            missing=missing,
            class_weights="balanced",
        )

    again = np.repeat(np.arange(n), w.astype(int))
    one, other = made(np.arange(n), w), made(again, None)
    assert [it.name for it in one.inputs] == [it.name for it in other.inputs]
    np.testing.assert_allclose(one.X[again], other.X, atol=1e-12)
    np.testing.assert_allclose(one.class_weights, other.class_weights)
    assert one.sample_weights is not None


def test_balanced_class_weights_count_sample_weights_as_scikit_learn_does():
    X, y = RNG.normal(size=(200, 1)), np.arange(200) % 4 // 3
    w = RNG.random(200) + 0.2
    found = fit_class_weights("balanced", y, ("a", "b"), w)
    theirs = LogisticRegression(class_weight="balanced", C=np.inf).fit(X, y, sample_weight=w)
    mine = LogisticRegression(C=np.inf).fit(X, y, sample_weight=w * found[y])
    np.testing.assert_allclose(mine.coef_, theirs.coef_, rtol=1e-4)
    np.testing.assert_allclose(mine.intercept_, theirs.intercept_, rtol=1e-4)
    plain = fit_class_weights("balanced", y, ("a", "b"))
    assert not np.allclose(found, plain)


def test_recorded_metrics_cannot_forget_the_weights():
    n = 120
    data = Dataset(
        "d", (Feature("x"),), RNG.normal(size=(n, 1)), np.arange(n) % 2, ("a", "b"),
        weights=RNG.random(n), weight_name="w",
    )  # fmt: skip
    run = start_run(Experiment(), data)
    state = run.history.engine.burst(run.history.problem, run.history.latest, 20).state
    figures = measure(run.history.problem, parts_of(run.prepared), state)
    predictions = predictions_of(run, state)
    assert predictions.weighted_by == "w"
    for split in predictions.splits:
        judged = performance_of(predictions.part(split))
        for name in ("log_loss", "accuracy", "auc", "brier", "ece"):
            assert figures[f"{split}.{name}"] == pytest.approx(getattr(judged, name)), name


@pytest.mark.skipif(not UNDERSAMPLED.exists(), reason="there are no shared reports here")
def test_an_undersampled_table_is_judged_by_its_weights():
    experiment = Experiment()
    for path, text in {
        "data.source": "file",
        "data.path": str(UNDERSAMPLED),
        "data.target": "y",
        "data.weight_column": "w",
        "model.hidden": "",
        "training.learning_rate": "2",
        "training.batch_size": "1000000",
        "training.precision": "float64",
        "calibration.method": "platt",
    }.items():
        experiment = experiment.parsing(path, text)
    trained = train(experiment, 2000)
    written = report(trained)
    assert written["test"]["before"]["log_loss"] == pytest.approx(0.1957, abs=5e-5)
    assert written["test"]["before"]["ece"] == pytest.approx(0.0162, abs=5e-5)
    assert written["weighted_by"] == "w"
    assert written["calibration"]["parameters"]["a"] == pytest.approx(-1.146, abs=5e-4)
    assert written["calibration"]["parameters"]["b"] == pytest.approx(0.395, abs=5e-4)
    predictions = predictions_of(trained.run, trained.state)
    scene = reliability_of(predictions, CALIBRATION, View().replacing("split", "test"))
    assert scene.raw.ece == pytest.approx(0.0162, abs=5e-5)
    assert scene.weighted_by == "w"
