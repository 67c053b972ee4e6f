import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from core.base.arrays import evenly_spaced
from core.experiment.experiment import experiment_from_mapping
from core.experiment.view import View
from core.explain.chain_rule import row_gradients
from core.explain.saturation import steepest_slope
from core.functions.activations import ACTIVATIONS
from core.functions.losses import LOSSES
from core.model.gradient_check import finite_differences
from core.model.network import backward, forward, logits_of
from core.run.run import start_run
from core.scenes.gradients_scene import gradients_scene, highest_loss_row
from core.training.numpy_engine import burst, step
from core.training.optimizers import OPTIMIZERS
from tests.core.network_by_hand import pass_by_hand
from tests.core.problems import check_objective_gradient
from tests.core.scene_cases import inputs_by_hand, raw_rows, way_by_hand


def run_of(steps=9, rows=50, model=None, **training):
    mapping = {
        "data": {"rows": rows},
        "model": {"hidden": [4, 3], **(model or {})},
        "training": {"learning_rate": 0.1, "batch_size": 1_000_000, **training},
    }
    run = start_run(experiment_from_mapping(mapping))
    run.history.record_state(burst(run.history.problem, run.history.latest, steps).state)
    return run, run.history.latest


@pytest.mark.parametrize("loss", list(LOSSES))
@pytest.mark.parametrize("penalty", ["none", "l2"])
def test_each_layers_norm_is_that_of_the_finite_differences(loss, penalty):
    run, state = run_of(loss=loss, penalty=penalty, penalty_strength=0.1)
    problem = run.history.problem
    checked = check_objective_gradient(
        problem, state.parameters, state.statistics, np.arange(problem.n_rows)
    )
    scene = gradients_scene(run, state, View())
    for layer, view in zip(
        scene.layers, problem.architecture.views(checked.differences), strict=True
    ):
        assert layer.norm == pytest.approx(math.sqrt((view.W**2).sum()), rel=1e-7)


@pytest.mark.parametrize("optimizer", list(OPTIMIZERS))
def test_the_update_is_the_one_that_a_full_batch_makes(optimizer):
    run, state = run_of(optimizer=optimizer)
    problem = run.history.problem
    after = step(problem, state)
    scene = gradients_scene(run, state, View())
    views = problem.architecture.views
    for layer, old, new in zip(
        scene.layers, views(state.parameters), views(after.parameters), strict=True
    ):
        expected = math.sqrt(((new.W - old.W) ** 2).sum()) / math.sqrt((old.W**2).sum())
        assert layer.ratio == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_saturation_and_histogram_agree_with_counting(activation):
    run, state = run_of(model={"activation": activation})
    scene = gradients_scene(run, state, View())
    passes = forward(
        run.architecture, state.parameters, state.statistics, run.prepared.part(0)[0], True
    )
    for layer, done in zip(scene.layers[:-1], passes, strict=False):
        slopes = ACTIVATIONS[activation].slope(done.scaled).ravel()
        flat = sum(abs(s) < 0.05 * steepest_slope(activation) for s in slopes) / len(slopes)
        assert layer.saturated == pytest.approx(flat)
        assert layer.histogram.sum() == pytest.approx(1.0)
        counted, _ = np.histogram(done.activations, 24, (layer.low, layer.high))
        assert (
            np.abs(np.cumsum(counted / done.activations.size) - layer.histogram.cumsum()).max()
            < 0.02
        )
    assert math.isnan(scene.layers[-1].saturated)


def test_a_deep_sigmoid_network_loses_its_gradient_and_tanh_does_not():
    def ratio(activation):
        run, state = run_of(steps=0, model={"hidden": [8] * 6, "activation": activation})
        layers = gradients_scene(run, state, View()).layers
        return layers[0].norm / layers[-1].norm

    assert ratio("sigmoid") < 1e-3
    assert ratio("tanh") > 0.05


def test_the_bound_is_a_quarter_for_each_layer_between():
    run, state = run_of(model={"hidden": [3] * 4, "activation": "sigmoid"})
    layers = gradients_scene(run, state, View()).layers
    assert layers[-1].bound == layers[-1].norm
    for before, after in pairwise(layers):
        assert before.bound == pytest.approx(after.bound / 4.0)
    assert steepest_slope("sigmoid") == 0.25


def test_many_rows_are_thinned_evenly():
    run, state = run_of(rows=2000, steps=1)
    scene = gradients_scene(run, state, View())
    assert scene.rows == 400 < scene.total
    chosen = evenly_spaced(scene.total, 400)
    assert set(np.diff(chosen)) <= {3, 4, 2}
    assert (chosen[0], chosen[-1]) == (0, scene.total - 1)


def test_states_in_single_precision_are_taken_in_double():
    run, state = run_of()
    parts = {name: getattr(state, name).astype(np.float32) for name in ("parameters", "slots")}
    single = replace(state, **parts)
    for mine, theirs in zip(
        gradients_scene(run, single, View()).layers,
        gradients_scene(run, state, View()).layers,
        strict=True,
    ):
        assert mine.norm == pytest.approx(theirs.norm, rel=1e-4)


def test_weights_of_zero_have_no_ratio():
    run, state = run_of(steps=0, model={"initialisation": "zero"})
    assert all(math.isnan(layer.ratio) for layer in gradients_scene(run, state, View()).layers)


@pytest.mark.parametrize("loss", list(LOSSES))
@pytest.mark.parametrize("head", ["sigmoid", "softmax"])
@pytest.mark.parametrize("activation", ["sigmoid", "adaptive_sigmoid", "gelu"])
def test_a_rows_derivatives_are_those_of_the_training_backward_pass(loss, head, activation):
    run, state = run_of(model={"head": head, "activation": activation}, loss=loss)
    way = row_gradients(run, state, int(run.prepared.rows[7]))
    x, y = run.prepared.X[7:8], run.prepared.y[7:8]
    passes = forward(run.architecture, state.parameters, state.statistics, x, True)
    gradients = LOSSES[loss].gradients(passes[-1].activations, y)
    deltas = backward(run.architecture, state.parameters, passes, gradients).deltas
    for layer, done, delta in zip(way.layers, passes, deltas, strict=True):
        np.testing.assert_allclose(layer.z, done.pre_activations[0], rtol=1e-12)
        np.testing.assert_allclose(layer.a, done.activations[0], rtol=1e-12)
        np.testing.assert_allclose(layer.delta, delta[0], rtol=1e-10, atol=1e-15)
        np.testing.assert_allclose(layer.delta, layer.upstream * layer.slope)
        np.testing.assert_allclose(layer.differences, layer.delta, rtol=1e-7, atol=1e-11)
    assert way.loss == pytest.approx(float(LOSSES[loss].values(passes[-1].activations, y)[0]))
    assert way.relative_error < 1e-6


def test_with_batch_normalisation_the_running_statistics_are_held():
    run, state = run_of(model={"batch_norm": True})
    row = int(run.prepared.rows[3])
    way = row_gradients(run, state, row)
    x, y = run.prepared.X[3:4], run.prepared.y[3:4]
    loss = LOSSES["cross_entropy"]

    def value(parameters):
        logits = logits_of(run.architecture, parameters, state.statistics, x)
        return float(loss.values(logits, y)[0])

    slopes = finite_differences(value, state.parameters)
    for layer, view in zip(way.layers, run.architecture.views(slopes), strict=True):
        np.testing.assert_allclose(layer.delta, view.b, rtol=1e-6, atol=1e-10)
    assert way.relative_error < 1e-6


def test_a_rows_derivatives_give_the_gradient_of_its_weights():
    run, state = run_of()
    way = row_gradients(run, state, int(run.prepared.rows[0]))
    x, y = run.prepared.X[:1], run.prepared.y[:1]

    def value(parameters):
        logits = logits_of(run.architecture, parameters, state.statistics, x)
        return float(LOSSES["cross_entropy"].values(logits, y)[0])

    slopes = run.architecture.views(finite_differences(value, state.parameters))
    before = [way.x, *(layer.a for layer in way.layers)]
    for a, layer, view in zip(before, way.layers, slopes, strict=False):
        np.testing.assert_allclose(np.outer(a, layer.delta), view.W, rtol=1e-6, atol=1e-10)


def test_probability_loss_and_its_slope_by_hand():
    run, state = run_of(model={"hidden": []})
    way = row_gradients(run, state, int(run.prepared.rows[5]))
    own = run.architecture.views(state.parameters)[0]
    z = float(run.prepared.X[5] @ own.W[:, 0] + own.b[0])
    p = 1.0 / (1.0 + math.exp(-z))
    y = int(run.prepared.y[5])
    assert way.label == y
    assert way.probabilities[1] == pytest.approx(p)
    assert way.loss == pytest.approx(-math.log(p if y else 1.0 - p))
    assert way.layers[0].delta[0] == pytest.approx(p - y)


def test_of_wide_layers_the_first_units_are_checked():
    run, state = run_of(steps=0, model={"hidden": [80, 3]})
    way = row_gradients(run, state, int(run.prepared.rows[0]))
    checked = np.isfinite(way.layers[0].differences)
    assert checked.tolist() == [True] * 64 + [False] * 16
    assert way.relative_error < 1e-6
    assert np.isfinite(way.layers[1].differences).all()


def test_the_hardest_row_is_the_training_row_with_the_largest_loss():
    run, state = run_of()
    losses = {
        int(row): row_gradients(run, state, int(row)).loss
        for row, part in zip(run.prepared.rows, run.prepared.split, strict=True)
        if part == 0
    }
    assert highest_loss_row(run, state) == max(losses, key=losses.get)


def test_the_selected_row_is_part_of_the_scene():
    run, state = run_of()
    row = int(run.prepared.rows[4])
    assert gradients_scene(run, state, View(selected=row)).row.row == row
    assert gradients_scene(run, state, View()).row is None


def test_a_row_that_the_model_does_not_see_has_no_pass():
    run, state = run_of()
    assert row_gradients(run, state, -1) is None
    assert row_gradients(run, state, 10**6) is None


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "softplus"])
def test_norms_and_saturation_follow_from_the_network_in_loops(activation):
    run, state = run_of(steps=30, model={"activation": activation})
    raw, y = raw_rows(run, 0)
    X, model = inputs_by_hand(run, raw), run.experiment.model

    def loss(flat):
        z = pass_by_hand(model, flat, X, 2).logits
        return float(np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y]))

    slopes = finite_differences(loss, np.asarray(state.parameters, float), 1e-5)  # within a kink
    way = way_by_hand(run, state, raw)
    scene = gradients_scene(run, state, View())
    for k, (layer, place) in enumerate(zip(scene.layers, way.places, strict=True)):
        norm = np.linalg.norm(slopes[place["weight"] : place["bias"]])
        assert layer.norm == pytest.approx(norm, rel=1e-6)
        assert layer.bound == pytest.approx(scene.layers[-1].norm * 0.25 ** (2 - k))
        low = {"sigmoid": 0.0, "tanh": -1.0}.get(activation if k < 2 else "", way.a[k].min())
        high = {"sigmoid": 1.0, "tanh": 1.0}.get(activation if k < 2 else "", way.a[k].max())
        assert (layer.low, layer.high) == pytest.approx((low, high))
        edges = np.linspace(low, high, 25)
        inner = way.a[k].ravel()[:, None] - edges[1:-1]
        sure = np.abs(inner).min(axis=1) > 1e-9  # not on an edge, where rounding decides
        counts = np.bincount((inner >= 0).sum(axis=1)[sure], minlength=24)
        assert np.abs(layer.histogram * len(sure) - counts).sum() <= (~sure).sum() + 1e-6
    slope = {
        "sigmoid": lambda a: 4 * a * (1 - a),
        "tanh": lambda a: 1 - a**2,
        "relu": lambda a: (a > 0).astype(float),
        "softplus": lambda a: 1 - np.exp(-a),
    }[activation]
    for layer, a in zip(scene.layers[:-1], way.a, strict=False):
        assert layer.saturated == pytest.approx(np.mean(slope(a) < 0.05))
        assert layer.units == a.shape[1]
