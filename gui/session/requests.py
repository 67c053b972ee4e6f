"""What the window asks of the training thread; the answers come through the mailbox."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from core.training.problem import Engine, Problem, TrainState
from gui.session.pacing import Pace

Measure = Callable[[Problem, TrainState], Iterable[Mapping[str, float]]]
ValidationLoss = Callable[[TrainState], float]


@dataclass(frozen=True, slots=True, eq=False)
class TrainingJob:
    """A run to train.

    Attributes
    ----------
    generation : int
        The mailbox's number for it.
    engine : Engine
    problem : Problem
    state : TrainState
        Where to begin.
    measure : callable
        (problem, state) -> figures by name, some at a time, computed in the thread.
    validation_loss : callable
        state -> mean loss of the validation part, for early stopping.
    """

    generation: int
    engine: Engine
    problem: Problem
    state: TrainState
    measure: Measure
    validation_loss: ValidationLoss


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """What is asked of the thread at one moment.

    Attributes
    ----------
    version : int
        Grows with every change.
    is_job_over : bool
        Whether another job waits, or the thread is to end.
    problem : Problem or None
        Go on with this one.
    patches : tuple of (indices, values)
        Parameters to set by hand.
    steps : float
        How many steps to take yet.
    pace : Pace
    """

    version: int
    is_job_over: bool
    problem: Problem | None
    patches: tuple[tuple[np.ndarray, np.ndarray], ...]
    steps: float
    pace: Pace


class Requests:
    """Filled by the window, read by the training thread; safe for both."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._version = 0
        self._job: TrainingJob | None = None
        self._problem: Problem | None = None
        self._patches: list[tuple[np.ndarray, np.ndarray]] = []
        self._steps: float = 0.0
        self._pace = Pace()
        self._is_closing = False

    # of the window

    def load(self, job: TrainingJob) -> None:
        """Work on another job from now on; whether it plays stays as it is."""
        with self._changed:
            self._job, self._problem = job, None
            self._patches.clear()
            self._tell()

    def play(self, steps: float) -> None:
        """Take that many steps; 0 pauses."""
        with self._changed:
            self._steps = steps
            self._tell()

    def set_pace(self, pace: Pace) -> None:
        """Train at another speed."""
        with self._changed:
            self._pace = pace
            self._tell()

    def change(self, problem: Problem) -> None:
        """Go on with another problem."""
        with self._changed:
            self._problem = problem
            self._tell()

    def set_parameters(self, indices: np.ndarray, values: np.ndarray) -> None:
        """Give parameters other values."""
        with self._changed:
            self._patches.append((indices, values))
            self._tell()

    def close(self) -> None:
        """Let the thread end."""
        with self._changed:
            self._is_closing = True
            self._tell()

    # of the thread

    def next_job(self) -> TrainingJob | None:
        """Wait for a job and take it; None when the thread is to end."""
        with self._changed:
            while self._job is None and not self._is_closing:
                self._changed.wait()
            job, self._job = self._job, None
            return None if self._is_closing else job

    def take(self) -> Request:
        """Return what is asked now, and forget the problem and the patches among it."""
        with self._changed:
            is_job_over = self._is_closing or self._job is not None
            problem, patches = self._problem, tuple(self._patches)
            if not is_job_over:
                self._problem = None
                self._patches.clear()
            return Request(self._version, is_job_over, problem, patches, self._steps, self._pace)

    def wait(self, version: int, seconds: float | None = None) -> None:
        """Wait until something is asked that came after a version, but not longer than told."""
        with self._changed:
            self._changed.wait_for(lambda: self._version != version, seconds)

    def count_down(self, taken: int) -> bool:
        """Count steps that were taken; return whether they were the last that were asked for."""
        with self._changed:
            was_playing = self._steps > 0.0
            self._steps = max(self._steps - taken, 0.0)
            return was_playing and self._steps == 0.0

    def _tell(self) -> None:
        self._version += 1
        self._changed.notify_all()
