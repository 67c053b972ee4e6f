"""The compiled engine and the readable numpy: the same numbers for everything one can choose."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from core.base.registry import Registry
from core.functions.activations import ACTIVATIONS
from core.functions.heads import HEADS
from core.functions.losses import LOSSES
from core.functions.penalties import PENALTIES
from core.model.network import logits_of
from core.training import compiled_engine
from core.training.compiled_engine import CompiledEngine, compiled_logits, has_compiled_form
from core.training.engines import available_engine, coverage
from core.training.numpy_engine import NumpyEngine, burst
from core.training.optimizers import OPTIMIZERS
from core.training.problem import Problem
from core.training.schedules import SCHEDULES
from tests.core.compiled_problems import (
    REFERENCE,
    TOLERANCE,
    distance,
    small_problem,
    state_distance,
)

pytest.importorskip("numba")
pytestmark = pytest.mark.usefixtures("compiled")

BOTH = pytest.mark.parametrize("precision", ["float64", "float32"])
STEPS = 50


def assert_agree(problem: Problem, precision: str, steps: int = STEPS) -> None:
    engine = CompiledEngine(precision)
    start = REFERENCE.start(problem, "glorot", 1)
    theirs = burst(problem, start, steps)
    mine = engine.burst(problem, engine.start(problem, "glorot", 1), steps)
    assert (mine.divergence is None) == (theirs.divergence is None), problem
    assert mine.state.parameters.dtype == mine.state.slots.dtype == precision
    assert mine.state.statistics.dtype == precision
    assert state_distance(mine.state, theirs.state) < TOLERANCE[precision], problem.training


@pytest.mark.parametrize("activation", ACTIVATIONS)
@BOTH
def test_every_activation_loss_head_penalty_and_normalisation_agrees_with_numpy(
    activation: str, precision: str
) -> None:
    for loss, head, penalty, normal in itertools.product(LOSSES, HEADS, PENALTIES, (False, True)):
        problem = small_problem(
            n=23, hidden=(3, 2), activation=activation, head=head, batch_norm=normal,
            loss=loss, penalty=penalty, penalty_strength=0.01, batch_size=7,
        )  # fmt: skip
        assert_agree(problem, precision)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@BOTH
def test_every_optimiser_schedule_and_penalty_agrees_with_numpy(
    optimizer: str, precision: str
) -> None:
    choices = itertools.product(SCHEDULES, PENALTIES, (False, True))
    for schedule, penalty, normal in choices:
        problem = small_problem(
            n=23, batch_norm=normal, optimizer=optimizer, schedule=schedule, schedule_epochs=3.0,
            penalty=penalty, learning_rate=0.02, weight_decay=0.05, momentum=0.8, batch_size=6,
        )  # fmt: skip
        assert_agree(problem, precision)


@pytest.mark.parametrize(
    ("hidden", "classes", "features"),
    [
        ((), 2, 1),
        ((), 2, 2),
        ((), 3, 5),
        ((), 10, 64),
        ((1,), 2, 3),
        ((2, 3), 4, 4),
        ((33,), 2, 17),
        ((17, 19), 5, 6),
        ((8, 8), 2, 2),
        ((4, 5, 6), 3, 7),
        ((3, 3, 3, 3), 2, 3),
        ((2, 2, 2, 2, 2), 2, 2),
        ((9, 8, 7, 6, 5, 4), 3, 10),
        ((70, 40), 2, 20),
    ],
)
@BOTH
def test_every_width_and_depth_agrees_with_numpy(
    hidden: tuple[int, ...], classes: int, features: int, precision: str
) -> None:
    for normal in (False, True):
        problem = small_problem(
            n=61, features=features, classes=classes, hidden=hidden, batch_norm=normal,
            activation="swish", optimizer="momentum", learning_rate=0.02,
        )  # fmt: skip
        assert_agree(problem, precision)


@pytest.mark.parametrize("batch", [1, 2, 7, 15, 16, 17, 31, 33, 60, 61, 62, 1000])
@BOTH
def test_every_batch_size_agrees_with_numpy_partial_batches_included(
    batch: int, precision: str
) -> None:
    for normal in (False, True):
        for classes in (2, 3):
            # two rows that are alike make batch normalisation magnify what float32 rounds
            rate = 0.02 if normal and batch == 2 else 0.1
            problem = small_problem(
                n=61, classes=classes, batch_norm=normal, batch_size=batch, learning_rate=rate
            )
            assert_agree(problem, precision)


@pytest.mark.parametrize("features", [1, 2, 3, 30])
@BOTH
def test_logistic_regression_agrees_with_numpy_for_every_batch_loss_and_optimiser(
    features: int, precision: str
) -> None:
    for loss, batch in itertools.product(LOSSES, [1, 15, 16, 17, 33, 60, 61]):
        problem = small_problem(n=61, features=features, hidden=(), loss=loss, batch_size=batch)
        assert_agree(problem, precision)
    for optimizer in OPTIMIZERS:
        problem = small_problem(features=features, hidden=(), optimizer=optimizer, penalty="l2")
        assert_agree(problem, precision)
    problem = small_problem(n=3001, features=features, hidden=(), batch_size=2500)
    assert_agree(problem, precision, 12)


@pytest.mark.parametrize("batch", [2500, 3001])
@BOTH
def test_batches_larger_than_a_chunk_agree_with_numpy(batch: int, precision: str) -> None:
    for normal in (False, True):
        problem = small_problem(
            n=3001, hidden=(6, 5), classes=3, batch_norm=normal, batch_size=batch,
            learning_rate=0.5,
        )  # fmt: skip
        assert_agree(problem, precision, 12)


@BOTH
def test_one_row_is_enough_to_train_on(precision: str) -> None:
    problem = small_problem(n=1)
    assert_agree(replace(problem, weights=np.ones(1)), precision)


@BOTH
def test_logits_of_many_rows_agree_with_numpy(precision: str) -> None:
    for activation, normal, n in itertools.product(ACTIVATIONS, (False, True), (1, 16, 700)):
        problem = small_problem(hidden=(5, 9), classes=3, activation=activation, batch_norm=normal)
        assert_same_logits(problem, precision, n)


@pytest.mark.parametrize("features", [1, 2, 3, 17])
@BOTH
def test_logits_agree_with_numpy_for_few_and_many_features_and_classes(
    features: int, precision: str
) -> None:
    for classes, hidden, n in itertools.product((2, 3), ((), (9,)), (15, 16, 600)):
        problem = small_problem(features=features, classes=classes, hidden=hidden)
        assert_same_logits(problem, precision, n)


def assert_same_logits(problem: Problem, precision: str, n: int) -> None:
    state = REFERENCE.burst(problem, REFERENCE.start(problem, "he", 4), 20).state
    X = np.random.default_rng(n).normal(size=(n, problem.X.shape[1]))
    parameters, statistics = (a.astype(precision) for a in (state.parameters, state.statistics))
    mine = compiled_logits(problem.architecture, parameters, statistics, X)
    theirs = logits_of(problem.architecture, state.parameters, state.statistics, X)
    assert mine.shape == theirs.shape == (n, problem.architecture.n_outputs)
    assert mine.dtype == np.float64
    assert distance(mine, theirs) < {"float64": 1e-13, "float32": 1e-5}[precision]
    turned = np.asfortranarray(X)
    assert (compiled_logits(problem.architecture, parameters, statistics, turned) == mine).all()


def test_everything_that_can_be_chosen_has_a_compiled_form() -> None:
    table = list(coverage())
    assert {name for _, name, _ in table} >= {*ACTIVATIONS, *OPTIMIZERS, *SCHEDULES, *PENALTIES}
    assert [row for row in table if not row[2]] == []


def test_numpy_serves_where_something_has_no_compiled_form(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = small_problem()
    assert available_engine(problem) == CompiledEngine("float32")
    double = problem.with_training(replace(problem.training, precision="float64"))
    assert available_engine(double) == CompiledEngine("float64")
    plain = replace(OPTIMIZERS["sgd"], loop=None)
    monkeypatch.setattr(compiled_engine, "OPTIMIZERS", Registry("optimiser", [plain]))
    assert not has_compiled_form(problem)
    assert available_engine(problem) == NumpyEngine()
