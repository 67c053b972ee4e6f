"""Compiled training gives the same bits however it is cut, and stops where it must."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from core.training.compiled_engine import CompiledEngine
from core.training.numpy_engine import burst
from core.training.problem import Problem, TrainState
from tests.core.compiled_problems import REFERENCE, TOLERANCE, small_problem, state_distance

pytest.importorskip("numba")
pytestmark = pytest.mark.usefixtures("compiled")

BOTH = pytest.mark.parametrize("precision", ["float64", "float32"])


def cut_problems() -> list[Problem]:
    return [
        small_problem(hidden=(5, 4), optimizer="adam", schedule="cosine", schedule_epochs=9.0),
        small_problem(hidden=(5,), batch_norm=True, optimizer="nesterov", classes=3),
        small_problem(hidden=(6,), activation="adaptive_sigmoid", optimizer="rmsprop"),
        small_problem(hidden=(), batch_size=53, optimizer="adamw", penalty="l1"),
        small_problem(hidden=(), features=2, optimizer="nesterov", batch_size=10),
        small_problem(n=2000, hidden=(7,), batch_size=1500, optimizer="adagrad"),
    ]


@BOTH
def test_the_bits_do_not_depend_on_how_steps_are_divided_into_bursts(precision: str) -> None:
    engine = CompiledEngine(precision)
    for problem in cut_problems():
        start = engine.start(problem, "glorot", 1)
        whole = engine.burst(problem, start, 60).state
        state = start
        for steps in (1, 2, 0, 7, 13, 1, 36):
            state = engine.burst(problem, state, steps).state
        assert state.same_bits(whole)
        assert engine.burst(problem, start, 60).state.same_bits(whole)


@BOTH
def test_other_training_in_between_changes_no_bit(precision: str) -> None:
    engine = CompiledEngine(precision)
    problem = cut_problems()[0]
    other = replace(problem, X=problem.X + 1.0, seed=11)
    start = engine.start(problem, "glorot", 1)
    whole = engine.burst(problem, start, 40).state
    state = engine.burst(problem, start, 17).state
    engine.burst(other, engine.start(other, "he", 2), 23)
    assert engine.burst(problem, state, 23).state.same_bits(whole)


def test_bursts_in_two_threads_at_once_change_no_bit() -> None:
    engine = CompiledEngine("float32")
    problem = cut_problems()[0]
    start = engine.start(problem, "glorot", 1)
    whole = engine.burst(problem, start, 3000).state
    found: list[TrainState] = []

    def train() -> None:
        state = start
        for _ in range(30):
            state = engine.burst(problem, state, 100).state
        found.append(state)

    threads = [threading.Thread(target=train) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    assert all(state.same_bits(whole) for state in found)


@BOTH
def test_a_burst_leaves_the_state_it_began_with_as_it_was(precision: str) -> None:
    engine = CompiledEngine(precision)
    problem = cut_problems()[1]
    start = engine.burst(problem, engine.start(problem, "glorot", 1), 5).state
    copies = [array.copy() for array in (start.parameters, start.slots, start.statistics)]
    following = engine.burst(problem, start, 5).state
    for array, copy in zip((start.parameters, start.slots, start.statistics), copies, strict=True):
        assert array.tobytes() == copy.tobytes()
    assert not np.shares_memory(following.parameters, start.parameters)


@BOTH
def test_live_changes_between_bursts_agree_with_numpy(precision: str) -> None:
    engine = CompiledEngine(precision)
    problem = small_problem(hidden=(5, 4), optimizer="momentum")
    mine, theirs = engine.start(problem, "glorot", 1), REFERENCE.start(problem, "glorot", 1)
    changes: list[dict[str, object]] = [
        {},
        {"learning_rate": 0.02, "batch_size": 7},
        {"penalty": "l2", "penalty_strength": 0.05, "batch_size": 53},
        {"momentum": 0.5, "schedule": "exponential", "schedule_epochs": 2.0},
        {"batch_size": 16, "penalty": "l1"},
        {"batch_size": 1000},
        {"batch_size": 1},
    ]
    for change in changes:
        problem = problem.with_training(replace(problem.training, **change))  # type: ignore[arg-type]
        for _ in range(2):
            mine = engine.burst(problem, mine, 9).state
            theirs = burst(problem, theirs, 9).state
            assert state_distance(mine, theirs) < TOLERANCE[precision]


@BOTH
def test_other_rows_and_fewer_of_them_during_an_epoch_agree_with_numpy(precision: str) -> None:
    engine = CompiledEngine(precision)
    problem = small_problem(hidden=(5,))
    mine, theirs = engine.start(problem, "glorot", 1), REFERENCE.start(problem, "glorot", 1)
    fewer = replace(problem, X=problem.X[:21] * 1.5, y=problem.y[:21], weights=problem.weights[:21])
    for present in (problem, fewer, problem):
        mine, theirs = engine.burst(present, mine, 3).state, burst(present, theirs, 3).state
        assert state_distance(mine, theirs) < TOLERANCE[precision]


def diverging() -> list[Problem]:
    huge = small_problem(hidden=(4,), activation="relu", learning_rate=100.0, batch_size=53)
    problem = small_problem(hidden=(), loss="cross_entropy", penalty="l2", penalty_strength=10.0)
    return [
        replace(huge, X=huge.X * 1e60),
        replace(problem, training=replace(problem.training, learning_rate=1.0)),
        small_problem(
            hidden=(4, 4), activation="linear", learning_rate=100.0, optimizer="momentum"
        ),
        small_problem(
            hidden=(6,), activation="softplus", classes=4, learning_rate=100.0, penalty="l2",
            penalty_strength=10.0,
        ),
    ]  # fmt: skip


def test_training_diverges_at_the_same_step_as_in_numpy() -> None:
    engine = CompiledEngine("float64")
    stopped = 0
    for problem in diverging():
        theirs = burst(problem, REFERENCE.start(problem, "glorot", 1), 2000)
        mine = engine.burst(problem, engine.start(problem, "glorot", 1), 2000)
        assert mine.divergence == theirs.divergence
        assert mine.state.step == theirs.state.step
        assert all(np.isfinite(a).all() for a in (mine.state.parameters, mine.state.statistics))
        stopped += mine.divergence is not None
    assert stopped >= 3


def test_single_precision_stops_at_a_finite_state_too() -> None:
    engine = CompiledEngine("float32")
    problem = diverging()[1]
    ended = engine.burst(problem, engine.start(problem, "glorot", 1), 2000)
    assert ended.divergence is not None
    assert ended.divergence.step == ended.state.step
    assert np.isfinite(ended.state.parameters).all()
    again = engine.burst(problem, ended.state, 5)
    assert again.state.same_bits(ended.state)
    assert again.divergence == ended.divergence


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_bad_number_in_the_rows_stops_training_as_in_numpy(bad: float) -> None:
    engine = CompiledEngine("float64")
    for activation in ("relu", "tanh", "leaky_relu", "elu", "gelu", "swish", "softplus", "sigmoid"):
        for classes in (2, 3):
            problem = small_problem(activation=activation, classes=classes)
            problem.X[20, 1] = bad
            theirs = burst(problem, REFERENCE.start(problem, "glorot", 1), 20)
            mine = engine.burst(problem, engine.start(problem, "glorot", 1), 20)
            assert mine.state.step == theirs.state.step, activation
            assert (mine.divergence is None) == (theirs.divergence is None)


@pytest.mark.parametrize("features", [1, 2, 3])
def test_a_bad_number_stops_logistic_regression_when_its_row_is_due_and_not_before(
    features: int,
) -> None:
    engine = CompiledEngine("float64")
    for row in range(0, 53, 9):
        problem = small_problem(features=features, hidden=(), batch_size=6)
        problem.X[row, -1] = np.inf
        theirs = burst(problem, REFERENCE.start(problem, "glorot", 1), 20)
        mine = engine.burst(problem, engine.start(problem, "glorot", 1), 20)
        assert (mine.divergence is None) == (theirs.divergence is None)
        assert mine.state.step == theirs.state.step


@pytest.mark.parametrize("features", [2, 3])
@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error"])
def test_an_infinite_logit_ends_training_only_where_the_loss_is_infinite_too(
    features: int, loss: str
) -> None:
    problem = small_problem(features=features, hidden=(), loss=loss, learning_rate=10.0)
    problem = replace(problem, X=problem.X * np.eye(features)[0] * 1e200)
    theirs = burst(problem, REFERENCE.start(problem, "zero", 1), 20)
    engine = CompiledEngine("float64")
    mine = engine.burst(problem, engine.start(problem, "zero", 1), 20)
    assert (theirs.divergence is None) == (loss == "squared_error")
    assert mine.divergence == theirs.divergence
    assert mine.state.step == theirs.state.step


@pytest.mark.parametrize("optimizer", ["momentum", "rmsprop", "adam"])
def test_what_an_optimiser_remembers_never_becomes_subnormal(optimizer):
    problem = small_problem(hidden=(8,), activation="relu", optimizer=optimizer, learning_rate=0.05)
    labels = (problem.X[:, 0] > 0.0).astype(np.int64)  # which a small network can learn for sure
    problem = replace(problem, X=problem.X * 5.0, y=labels)
    engine = CompiledEngine("float32")
    state = engine.burst(problem, engine.start(problem, "he", 0), 20_000).state
    size = np.abs(state.slots)
    assert not ((size > 0.0) & (size < np.finfo(np.float32).tiny)).any()
