"""What the training thread works on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.training.problem import Engine, TrainState
from gui.measuring import Measure

ValidationLoss = Callable[[TrainState], float]


@dataclass(frozen=True, slots=True, eq=False)
class Assignment:
    """What the thread is working on.

    Attributes
    ----------
    generation : int
        The mailbox's number for it.
    engine : Engine
    measure : callable
        (problem, state) -> figures by name, some at a time, computed in the thread.
    validation_loss : callable
        state -> mean loss of the validation part, for early stopping.
    """

    generation: int
    engine: Engine
    measure: Measure
    validation_loss: ValidationLoss
