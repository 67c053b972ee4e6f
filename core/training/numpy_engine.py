"""Training: a state, one step, and bursts of steps, the same bits however they are cut.

Rows are taken in another order in every epoch, which `core.training.row_order` computes from the
seed and the epoch, so that any step can be replayed exactly. A batch of all rows takes them as
they stand.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np

from core.functions.losses import LOSSES
from core.functions.penalties import PENALTIES
from core.model.network import LayerPass, objective, updated_statistics
from core.training.optimizers import OPTIMIZERS
from core.training.problem import (
    Burst,
    Engine,
    Problem,
    TrainState,
    explain_divergence,
    initial_state,
    rates_at,
)
from core.training.row_order import row_order


@functools.lru_cache(maxsize=4)
def _order_of_epoch(seed: int, epoch: int, n_rows: int) -> np.ndarray:
    order = row_order(seed, epoch, n_rows)
    order.flags.writeable = False
    return order


def gradient_at(
    problem: Problem, parameters: np.ndarray, statistics: np.ndarray, rows: np.ndarray
) -> tuple[float, np.ndarray, tuple[LayerPass, ...]]:
    """Return the penalised objective of some rows, its gradient (p,) and the forward passes."""
    training = problem.training
    value, back, passes = objective(
        problem.architecture,
        parameters,
        statistics,
        problem.X[rows],
        problem.y[rows],
        problem.weights[rows],
        LOSSES[training.loss],
    )
    gradient = back.gradient
    if training.penalty != "none":
        penalty = PENALTIES[training.penalty]
        own_weights = problem.architecture.views(parameters)
        for own, slot in zip(own_weights, problem.architecture.views(gradient), strict=True):
            value += training.penalty_strength * penalty.value(own.W)
            slot.W[...] += training.penalty_strength * penalty.gradient(own.W)
    return value, gradient, passes


def step(problem: Problem, state: TrainState) -> TrainState | None:
    """Take one step; None where the loss or a parameter would no longer be finite."""
    training, n = problem.training, problem.n_rows
    epoch, position = state.epoch, state.position
    if position >= n:  # the rows became fewer during the epoch
        epoch, position = epoch + 1, 0
    if position == 0 and training.batch_size >= n:
        batch = np.arange(n)
    else:
        order = _order_of_epoch(problem.seed, epoch, n)
        batch = order[position : position + training.batch_size]
    rates = rates_at(training, epoch + position / n)
    optimizer = OPTIMIZERS[training.optimizer]
    point = optimizer.point(state.parameters, state.slots, rates)
    value, gradient, passes = gradient_at(problem, point, state.statistics, batch)
    decays = problem.architecture.weight_mask() if optimizer.decays_weights else 0.0
    parameters, slots = optimizer.update(
        state.parameters, state.slots, gradient, state.step + 1, rates, decays
    )
    if not (math.isfinite(value) and math.isfinite(float(np.abs(parameters).max()))):
        return None
    position += len(batch)
    if position >= n:
        epoch, position = epoch + 1, 0
    statistics = updated_statistics(problem.architecture, state.statistics, passes)
    return TrainState(state.step + 1, epoch, position, parameters, slots, statistics)


def burst(problem: Problem, state: TrainState, steps: int) -> Burst:
    """Take that many steps, stopping at the last finite state where training diverges.

    The result does not depend on how steps are divided into bursts, to the last bit.
    """
    with np.errstate(all="ignore"):
        for _ in range(steps):
            following = step(problem, state)
            if following is None:
                return Burst(state, explain_divergence(problem, state))
            state = following
    return Burst(state)


def epoch(problem: Problem, state: TrainState) -> Burst:
    """Train to the end of the present epoch."""
    return burst(problem, state, steps_to_epoch(problem, state, state.epoch + 1))


def steps_to_epoch(problem: Problem, state: TrainState, target: int) -> int:
    """Return how many steps lead from a state to the end of the epoch before `target`."""
    if target <= state.epoch:
        return 0
    n, size = problem.n_rows, min(problem.training.batch_size, problem.n_rows)
    present = -(-max(n - state.position, 0) // size)
    return present + (target - state.epoch - 1) * problem.steps_per_epoch


@dataclass(frozen=True, slots=True)
class NumpyEngine:
    """The readable numpy of this file, in float64."""

    name: str = "numpy engine"

    def start(self, problem: Problem, initialisation: str, seed: int) -> TrainState:
        """Return the state at step 0."""
        return initial_state(problem, initialisation, seed)

    def burst(self, problem: Problem, state: TrainState, steps: int) -> Burst:
        """Take that many steps, or stop at the last finite state."""
        return burst(problem, state, steps)


def numpy_engine(problem: Problem) -> Engine:
    """Return the engine that serves every problem."""
    return NumpyEngine()
