"""Figures of a state, computed in the training thread a piece at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping

from core.training.problem import Problem, TrainState
from gui.mailbox import Measured

Measure = Callable[[Problem, TrainState], Iterable[Mapping[str, float]]]


class Measurement:
    """A state on its way to its figures.

    All at once they would keep the interpreter from the window for as long as a frame takes.

    Parameters
    ----------
    measure : callable
        (problem, state) -> figures by name, some at a time.

    Attributes
    ----------
    state : TrainState
    seconds : float
        Of the processor's time, so far.
    """

    def __init__(self, measure: Measure, problem: Problem, state: TrainState) -> None:
        self.state = state
        self.seconds = 0.0
        self._epoch = state.epoch + state.position / max(problem.n_rows, 1)
        self._pieces = iter(measure(problem, state))
        self._values: dict[str, float] = {}

    def go_on(self) -> Measured | None:
        """Compute some more figures; return all of them once there are no more."""
        began = time.thread_time()
        piece = next(self._pieces, None)
        self.seconds += time.thread_time() - began
        if piece is None:
            return Measured(self.state, self._epoch, self._values)
        self._values |= piece
        return None

    def finish(self) -> Measured:
        """Compute the rest; return all figures."""
        while (measured := self.go_on()) is None:
            pass
        return measured
