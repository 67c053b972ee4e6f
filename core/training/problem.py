"""What is trained and how far it is: problem, state, burst, and what an engine must offer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from core.base.errors import UserError
from core.model.architecture import Architecture
from core.training.optimizers import OPTIMIZERS, Rates
from core.training.schedules import SCHEDULES
from core.training.training_knobs import TrainingChoices


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """What is being solved: a network, a way of training, and the training rows.

    Attributes
    ----------
    architecture : Architecture
    training : TrainingChoices
    X : (n, n_inputs) float64 array
    y : (n,) int64 array
    weights : (n,) float64 array
        Sample weight times class weight, mean 1.
    seed : int
        Determines the order of the rows in each epoch.
    """

    architecture: Architecture
    training: TrainingChoices
    X: np.ndarray
    y: np.ndarray
    weights: np.ndarray
    seed: int = 0

    @property
    def n_rows(self) -> int:
        """The number of training rows."""
        return len(self.y)

    @property
    def steps_per_epoch(self) -> int:
        """The number of batches in an epoch, the last partial one counted."""
        return -(-self.n_rows // min(self.training.batch_size, self.n_rows))

    def with_training(self, training: TrainingChoices) -> Problem:
        """Return the same problem, trained another way."""
        return replace(self, training=training)


@dataclass(frozen=True, slots=True, eq=False)
class TrainState:
    """The parameters at one step, and all that the next step needs.

    Attributes
    ----------
    step : int
        Updates made so far.
    epoch : int
        Epochs completed.
    position : int
        Rows of the present epoch already used.
    parameters : (p,) array
    slots : (n_slots, p) array
        What the optimiser remembers.
    statistics : (s,) array
        Batch normalisation's running means and variances.
    """

    step: int
    epoch: int
    position: int
    parameters: np.ndarray
    slots: np.ndarray
    statistics: np.ndarray

    @property
    def n_bytes(self) -> int:
        """The memory its arrays take."""
        return self.parameters.nbytes + self.slots.nbytes + self.statistics.nbytes

    def same_bits(self, other: TrainState) -> bool:
        """Tell whether two states are equal to the last bit."""
        return (self.step, self.epoch, self.position) == (
            other.step,
            other.epoch,
            other.position,
        ) and all(
            mine.dtype == theirs.dtype and mine.tobytes() == theirs.tobytes()
            for mine, theirs in (
                (self.parameters, other.parameters),
                (self.slots, other.slots),
                (self.statistics, other.statistics),
            )
        )


@dataclass(frozen=True, slots=True)
class Divergence:
    """Why training had to stop: the step that could not be taken and the knob to turn.

    Attributes
    ----------
    step : int
        The last step at which everything was finite.
    knob : str
        The path of the knob to turn.
    what, mend : str
        In words for the user.
    better : float
        What the knob had better be.
    """

    step: int
    knob: str
    what: str
    mend: str
    better: float = float("nan")

    def error(self) -> UserError:
        """Return it as the error a user meets."""
        return UserError(self.what, f"The last good step, {self.step}, is kept.", self.mend)


@dataclass(frozen=True, slots=True, eq=False)
class Burst:
    """What a burst came to: the state after it, and a divergence where it had to stop early."""

    state: TrainState
    divergence: Divergence | None = None


class Engine(Protocol):
    """Something that trains: the readable numpy here, or the same mathematics compiled."""

    @property
    def name(self) -> str:
        """What it is called in the status line."""

    def start(self, problem: Problem, initialisation: str, seed: int) -> TrainState:
        """Return the state at step 0."""

    def burst(self, problem: Problem, state: TrainState, steps: int) -> Burst:
        """Take that many steps, or stop at the last finite state."""


ChooseEngine = Callable[[Problem], Engine]


def rates_at(training: TrainingChoices, epochs: float) -> Rates:
    """Return the optimiser's numbers after that many epochs (with a fraction)."""
    factor = SCHEDULES[training.schedule].factor(epochs, training.schedule_epochs)
    return Rates(
        learning_rate=training.learning_rate,
        factor=factor,
        momentum=training.momentum,
        decay_rate=training.decay_rate,
        beta2=training.beta2,
        weight_decay=training.weight_decay,
    )


def initial_state(problem: Problem, initialisation: str, seed: int) -> TrainState:
    """Return the state at step 0."""
    architecture = problem.architecture
    parameters = architecture.initial_parameters(initialisation, seed)
    slots = OPTIMIZERS[problem.training.optimizer].init(parameters)
    return TrainState(0, 0, 0, parameters, slots, architecture.initial_statistics())


def explain_divergence(problem: Problem, state: TrainState) -> Divergence:
    """Say which knob to turn: the penalty where it overshoots by itself, else the learning rate."""
    training = problem.training
    what = f"Training diverged after step {state.step}: the loss is no longer a finite number."
    if training.penalty == "l2" and training.learning_rate * training.penalty_strength > 1.0:
        mend = f"Lower the penalty strength (now {training.penalty_strength:g})."
        better = 0.1 * min(training.penalty_strength, 1.0 / training.learning_rate)
        return Divergence(state.step, "training.penalty_strength", what, mend, _round_down(better))
    mend = f"Lower the learning rate (now {training.learning_rate:g})."
    if float(np.abs(problem.X).max(initial=0.0)) > 1e3:
        mend = f"Scale the data, or lower the learning rate (now {training.learning_rate:g})."
    better = _round_down(0.1 * min(training.learning_rate, 1.0))
    return Divergence(state.step, "training.learning_rate", what, mend, better)


def _round_down(value: float) -> float:
    """Return the largest number of one digit that is not above a positive value.

    Examples
    --------
    >>> _round_down(0.0456), _round_down(0.1), _round_down(0.001)
    (0.04, 0.1, 0.001)
    """
    scale = 10.0 ** np.floor(np.log10(value) + 1e-9)
    return float(f"{np.floor(value / scale + 1e-9) * scale:.1g}")
