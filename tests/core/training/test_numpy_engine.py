import itertools
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from core.functions.heads import HEADS
from core.training.numpy_engine import NumpyEngine, burst, epoch, gradient_at, step, steps_to_epoch
from core.training.optimizers import OPTIMIZERS
from core.training.problem import initial_state, rates_at
from core.training.row_order import row_order
from core.training.schedules import SCHEDULES
from tests.core.problems import small_problem


def run(problem, *bursts):
    state = initial_state(problem, "glorot", 1)
    for steps in bursts:
        state = burst(problem, state, steps).state
    return state


@pytest.mark.parametrize("optimizer", list(OPTIMIZERS))
@pytest.mark.parametrize("norm", [False, True])
def test_the_same_seed_gives_the_same_bits_on_any_split_into_bursts(optimizer, norm):
    problem = small_problem(optimizer=optimizer, batch_norm=norm, penalty="l2")
    whole = run(problem, 40)
    for cut in ((40,), (1,) * 40, (13, 0, 7, 20)):
        assert run(problem, *cut).same_bits(whole)


def test_an_epoch_uses_each_row_once_and_its_last_batch_is_partial():
    problem = small_problem(n_rows=23, batch_size=5)
    assert problem.steps_per_epoch == 5
    state = initial_state(problem, "glorot", 0)
    positions = []
    for _ in range(5):
        positions.append(state.position)
        state = step(problem, state)
    assert positions == [0, 5, 10, 15, 20]
    assert (state.step, state.epoch, state.position) == (5, 1, 0)
    assert sorted(row_order(0, 3, 23)) == list(range(23))
    assert not np.array_equal(row_order(0, 3, 23), row_order(0, 4, 23))
    assert not np.array_equal(row_order(0, 3, 23), row_order(1, 3, 23))


def test_a_step_is_plain_gradient_descent_on_the_batch():
    problem = small_problem(hidden=(), learning_rate=0.3, batch_size=7)
    state = initial_state(problem, "glorot", 0)
    rows = row_order(problem.seed, 0, problem.n_rows)[:7]
    X, y, w = problem.X[rows], problem.y[rows], problem.weights[rows]
    weights, bias = state.parameters[:-1], state.parameters[-1]
    errors = w * (1 / (1 + np.exp(-(X @ weights + bias))) - y) / 7
    expected = np.append(weights - 0.3 * X.T @ errors, bias - 0.3 * errors.sum())
    np.testing.assert_allclose(step(problem, state).parameters, expected, rtol=1e-12)


@pytest.mark.parametrize("size", [1, 2, 23, 1000])
def test_any_batch_size_from_one_to_full_trains(size):
    problem = small_problem(batch_size=size)
    state = epoch(problem, initial_state(problem, "glorot", 0)).state
    assert (state.epoch, state.position) == (1, 0)
    assert state.step == -(-23 // min(size, 23))


def test_steps_to_an_epoch_are_counted_from_any_position():
    problem = small_problem(n_rows=23, batch_size=5)
    state = run(problem, 7)
    for target in range(5):
        end = burst(problem, state, steps_to_epoch(problem, state, target)).state
        assert end.epoch == max(target, 1)
        assert end.position == (0 if target > 1 else state.position)


@pytest.mark.parametrize("name", list(SCHEDULES))
def test_schedules_scale_the_learning_rate_of_each_step(name):
    training = small_problem(schedule=name, schedule_epochs=4.0, learning_rate=0.2).training
    rates = rates_at(training, 6.5)
    assert rates.learning_rate * rates.factor == 0.2 * SCHEDULES[name].factor(6.5, 4.0)


def test_full_batch_training_reaches_scikit_learns_optimum():
    problem = small_problem(n_rows=200, hidden=(), batch_size=200, learning_rate=1.0)
    state = run(problem, 3000)
    theirs = LogisticRegression(C=np.inf, tol=1e-12, max_iter=1000)
    theirs.fit(problem.X, problem.y, sample_weight=problem.weights)
    np.testing.assert_allclose(state.parameters[:-1], theirs.coef_[0], rtol=1e-6)
    np.testing.assert_allclose(state.parameters[-1:], theirs.intercept_, rtol=1e-6)


def test_an_l2_penalty_spares_the_bias_and_reaches_scikit_learns_optimum():
    strength = 0.1
    problem = small_problem(
        n_rows=200,
        hidden=(),
        batch_size=200,
        learning_rate=1.0,
        penalty="l2",
        penalty_strength=strength,
    )
    problem = replace(problem, weights=np.ones(200))
    state = run(problem, 3000)
    theirs = LogisticRegression(C=1 / (strength * 200), tol=1e-12, max_iter=1000)
    theirs.fit(problem.X, problem.y)
    np.testing.assert_allclose(state.parameters[:-1], theirs.coef_[0], rtol=1e-6)
    np.testing.assert_allclose(state.parameters[-1:], theirs.intercept_, rtol=1e-6)


@pytest.mark.parametrize("optimizer", list(OPTIMIZERS))
def test_every_optimiser_lowers_the_loss(optimizer):
    problem = small_problem(n_rows=100, optimizer=optimizer, learning_rate=0.02, batch_size=20)
    first, last = initial_state(problem, "glorot", 0), run(problem, 400)
    rows = np.arange(100)
    before = gradient_at(problem, first.parameters, first.statistics, rows)[0]
    after = gradient_at(problem, last.parameters, last.statistics, rows)[0]
    assert after < before


def test_divergence_stops_at_the_last_finite_state_and_names_the_knob():
    problem = small_problem(
        hidden=(8,), activation="linear", learning_rate=100.0, penalty="l2", penalty_strength=10.0
    )
    result = burst(problem, initial_state(problem, "glorot", 0), 100_000)
    assert result.divergence is not None
    assert result.divergence.step == result.state.step < 100_000
    assert np.isfinite(result.state.parameters).all()
    assert result.divergence.knob == "training.penalty_strength"
    assert "penalty strength" in str(result.divergence.error())
    with np.errstate(all="ignore"):
        assert step(problem, result.state) is None


def test_divergence_by_a_learning_rate_names_the_learning_rate():
    problem = small_problem(hidden=(8, 8, 8), activation="linear", learning_rate=100.0)
    problem = replace(problem, X=problem.X * 1e60)
    result = burst(problem, initial_state(problem, "glorot", 0), 10_000)
    assert result.divergence is not None
    assert result.divergence.knob == "training.learning_rate"
    assert np.isfinite(result.state.parameters).all()


def test_fewer_rows_than_the_position_begin_the_next_epoch():
    problem = small_problem(n_rows=23)
    state = run(problem, 3)
    shorter = replace(problem, X=problem.X[:9], y=problem.y[:9], weights=problem.weights[:9])
    after = step(shorter, state)
    assert (after.epoch, after.position) == (1, 5)


@pytest.mark.parametrize(
    ("activation", "head"), list(itertools.product(["relu", "adaptive_sigmoid"], HEADS))
)
def test_the_engine_is_these_functions(activation, head):
    problem = small_problem(activation=activation, head=head)
    engine = NumpyEngine()
    state = engine.start(problem, "he", 4)
    assert state.same_bits(initial_state(problem, "he", 4))
    assert engine.burst(problem, state, 9).state.same_bits(burst(problem, state, 9).state)
