"""The network against finite differences and against scikit-learn."""

import itertools
import math

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

from core.functions.activations import ACTIVATIONS
from core.functions.heads import HEADS, binary_logit, class_logits
from core.functions.losses import LOSSES
from core.functions.penalties import PENALTIES
from core.model.architecture import build_architecture
from core.model.gradient_check import GradientCheck
from core.model.initialisation import INITIALISATIONS
from core.model.model_knobs import ModelChoices
from core.model.network import forward, logits_of, updated_statistics
from core.training.numpy_engine import gradient_at
from tests.core.network_by_hand import pass_by_hand
from tests.core.problems import check_objective_gradient, random_parameters, small_problem

CASES = list(itertools.product(ACTIVATIONS, LOSSES, HEADS, PENALTIES, (False, True)))


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
@pytest.mark.parametrize("norm", [False, True])
def test_gradients_agree_with_finite_differences(activation, norm):
    for loss, head, penalty in itertools.product(LOSSES, HEADS, PENALTIES):
        problem = small_problem(
            hidden=(2, 2),
            n_inputs=2,
            activation=activation,
            head=head,
            batch_norm=norm,
            loss=loss,
            penalty=penalty,
            penalty_strength=0.05,
        )
        flat = random_parameters(problem.architecture, seed=3)
        statistics = problem.architecture.initial_statistics()
        rows = np.arange(9)
        check = check_objective_gradient(problem, flat, statistics, rows, width=2e-4)
        check.assert_close(1e-6)


@pytest.mark.parametrize("n_classes", [3, 5])
@pytest.mark.parametrize("loss", list(LOSSES))
def test_gradients_agree_for_more_classes(n_classes, loss):
    problem = small_problem(n_classes=n_classes, loss=loss)
    flat = random_parameters(problem.architecture)
    check_objective_gradient(problem, flat, np.zeros(0), np.arange(11)).assert_close(1e-6)


@pytest.mark.parametrize("hidden", [(), (5,), (2, 3, 2, 3)])
def test_gradients_agree_at_any_depth(hidden):
    problem = small_problem(hidden=hidden)
    flat = random_parameters(problem.architecture)
    check_objective_gradient(problem, flat, np.zeros(0), np.arange(7)).assert_close(1e-6)


def test_a_failed_check_shows_both_gradients_side_by_side():
    check = GradientCheck(np.array([1.0, 2.0]), np.array([1.0, 2.5]))
    with pytest.raises(AssertionError, match=r"2\.0+e\+00\s+2\.5"):
        check.assert_close()


def test_a_gradient_with_one_sign_flipped_fails_the_check():
    problem = small_problem()
    flat = random_parameters(problem.architecture)
    check = check_objective_gradient(problem, flat, np.zeros(0), np.arange(7))
    wrong = check.gradient.copy()
    wrong[-1] *= -1.0
    with pytest.raises(AssertionError):
        GradientCheck(wrong, check.differences).assert_close()


@pytest.mark.parametrize(("name", "theirs"), [("sigmoid", "logistic"), ("tanh", "tanh")])
def test_probabilities_and_gradients_agree_with_scikit_learn(name, theirs):
    problem = small_problem(n_rows=40, activation=name, n_classes=3, hidden=(4, 3))
    flat = random_parameters(problem.architecture)
    network = MLPClassifier((4, 3), activation=theirs, solver="sgd", alpha=0.0, max_iter=1)
    network.partial_fit(problem.X, problem.y, classes=[0, 1, 2])
    views = problem.architecture.views(flat)
    network.coefs_ = [view.W.copy() for view in views]
    network.intercepts_ = [view.b.copy() for view in views]
    logits = logits_of(problem.architecture, flat, np.zeros(0), problem.X)
    ours = HEADS[problem.architecture.head].probabilities(logits)
    np.testing.assert_allclose(ours, network.predict_proba(problem.X), rtol=1e-12)


def test_each_layer_of_the_forward_pass_is_the_formula_written_out():
    problem = small_problem(activation="adaptive_sigmoid", batch_norm=True, hidden=(4,))
    flat = random_parameters(problem.architecture)
    own, out = problem.architecture.views(flat)
    passes = forward(problem.architecture, flat, np.zeros(8), problem.X, training=True)
    z = problem.X @ own.W + own.b
    np.testing.assert_allclose(passes[0].pre_activations, z, rtol=1e-14)
    u = own.gain * (z - z.mean(0)) / np.sqrt(z.var(0) + 1e-5) + own.shift
    a = 1.0 / (1.0 + np.exp(-own.sharpness * u))
    np.testing.assert_allclose(passes[0].activations, a, rtol=1e-12)
    np.testing.assert_allclose(passes[1].activations, a @ out.W + out.b, rtol=1e-12)


def test_running_statistics_approach_those_of_the_rows_and_serve_evaluation():
    problem = small_problem(batch_norm=True, hidden=(4,))
    architecture = problem.architecture
    flat = random_parameters(architecture)
    statistics = architecture.initial_statistics()
    for _ in range(300):
        passes = forward(architecture, flat, statistics, problem.X, training=True)
        statistics = updated_statistics(architecture, statistics, passes)
    z = passes[0].pre_activations
    np.testing.assert_allclose(statistics[:4], z.mean(0), rtol=1e-9)
    np.testing.assert_allclose(statistics[4:], z.var(0, ddof=1), rtol=1e-9)
    one_by_one = [logits_of(architecture, flat, statistics, row[None]) for row in problem.X]
    together = logits_of(architecture, flat, statistics, problem.X)
    np.testing.assert_allclose(np.concatenate(one_by_one), together, rtol=1e-12)


def test_a_batch_of_one_row_can_be_normalised():
    problem = small_problem(batch_norm=True)
    flat = random_parameters(problem.architecture)
    statistics = problem.architecture.initial_statistics()
    value, gradient, passes = gradient_at(problem, flat, statistics, np.array([0]))
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()
    assert np.isfinite(updated_statistics(problem.architecture, statistics, passes)).all()


def test_deltas_are_the_derivatives_by_each_pre_activation():
    from core.model.network import backward

    problem = small_problem(hidden=(3,))
    flat = random_parameters(problem.architecture)
    loss = LOSSES["cross_entropy"]
    passes = forward(problem.architecture, flat, np.zeros(0), problem.X, training=True)
    share = np.full(len(problem.y), 1 / len(problem.y))
    gradients = loss.gradients(passes[-1].activations, problem.y) * share[:, None]
    back = backward(problem.architecture, flat, passes, gradients)
    assert [d.shape for d in back.deltas] == [(23, 3), (23, 1)]
    np.testing.assert_allclose(
        back.deltas[0].sum(0), problem.architecture.views(back.gradient)[0].b
    )


def test_the_flat_vector_holds_every_parameter_once():
    architecture = build_architecture(3, 4, (5, 2), "adaptive_sigmoid", "softmax", True)
    assert architecture.n_parameters == (15 + 4 * 5) + (10 + 4 * 2) + (8 + 4)
    counts = np.zeros(architecture.n_parameters)
    for view in architecture.views(counts):
        for part in (view.W, view.b, view.sharpness, view.gain, view.shift):
            if part is not None:
                part[...] += 1.0
    np.testing.assert_array_equal(counts, 1.0)
    assert architecture.weight_mask().sum() == 15 + 10 + 8


@pytest.mark.parametrize(
    ("head", "n_classes", "outputs", "name"),
    [
        ("sigmoid", 2, 1, "sigmoid"),
        ("softmax", 2, 2, "softmax"),
        ("sigmoid", 3, 3, "softmax"),
    ],
)
def test_more_than_two_classes_always_use_softmax(head, n_classes, outputs, name):
    architecture = build_architecture(2, n_classes, head=head)
    assert (architecture.n_outputs, architecture.head) == (outputs, name)


def test_one_logit_and_its_pair_give_the_same_probabilities():
    z = np.linspace(-40.0, 40.0, 33)[:, None]
    np.testing.assert_allclose(
        HEADS["sigmoid"].probabilities(z),
        HEADS["softmax"].probabilities(class_logits(z)),
        rtol=1e-15,
    )
    np.testing.assert_array_equal(binary_logit(z), z[:, 0])
    np.testing.assert_array_equal(binary_logit(class_logits(z)), z[:, 0])


@pytest.mark.parametrize("name", list(INITIALISATIONS))
def test_the_same_seed_draws_the_same_weights_and_biases_are_zero(name):
    architecture = build_architecture(3, 2, (50, 40))
    flat = architecture.initial_parameters(name, seed=5)
    np.testing.assert_array_equal(flat, architecture.initial_parameters(name, seed=5))
    assert all((view.b == 0.0).all() for view in architecture.views(flat))
    spread = architecture.views(flat)[1].W.std()
    expected = {"glorot": math.sqrt(2 / 90), "he": math.sqrt(2 / 50), "zero": 0.0}[name]
    assert spread == pytest.approx(expected, rel=0.05)
    if name != "zero":
        assert not np.array_equal(flat, architecture.initial_parameters(name, seed=6))


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
@pytest.mark.parametrize(("n_classes", "head"), [(2, "sigmoid"), (2, "softmax"), (4, "softmax")])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_every_layer_is_the_one_written_out_in_loops(activation, n_classes, head, batch_norm):
    model = ModelChoices(hidden=(4, 3), activation=activation, head=head, batch_norm=batch_norm)
    architecture = build_architecture(3, n_classes, (4, 3), activation, head, batch_norm)
    flat = random_parameters(architecture, seed=8)
    X = np.random.default_rng(2).normal(size=(11, 3))
    statistics = np.random.default_rng(4).uniform(0.3, 2.0, architecture.n_statistics)
    for in_batch in (False, True):
        passes = forward(architecture, flat, statistics, X, in_batch)
        expected = pass_by_hand(model, flat, X, n_classes, statistics, in_batch)
        for done, z, u, a in zip(passes, expected.z, expected.u, expected.a, strict=True):
            np.testing.assert_allclose(done.pre_activations, z, rtol=1e-12, atol=1e-14)
            np.testing.assert_allclose(done.scaled, u, rtol=1e-11, atol=1e-14)
            np.testing.assert_allclose(done.activations, a, rtol=1e-11, atol=1e-13)
        p = HEADS[architecture.head].probabilities(passes[-1].activations)
        np.testing.assert_allclose(p, expected.probabilities, rtol=1e-11)
