"""What the training thread tells the window: a lossless queue of events, and the latest state."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from core.training.problem import Divergence, Problem, TrainState


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Metrics of the state at a step."""

    state: TrainState
    epoch: float
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Edited:
    """From this step on there is another problem, or a state that was changed by hand."""

    step: int
    problem: Problem
    state: TrainState | None = None


@dataclass(frozen=True, slots=True)
class Stopped:
    """Training has paused by itself.

    Attributes
    ----------
    reason : {"steps", "epoch", "early"}
        The asked-for steps are taken, the last epoch is reached, or validation loss stopped
        falling.
    best_step : int
        The step to restore; -1 where the present one is right.
    """

    reason: str
    best_step: int = -1


@dataclass(frozen=True, slots=True)
class Failed:
    """An exception in the training thread."""

    error: BaseException


Event = Measured | Edited | Stopped | Divergence | Failed


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came since the last `drain`: the latest state, the events in order, the speed.

    Attributes
    ----------
    state : TrainState or None
    events : list of Event
    updates_per_second : float
        NaN where it is not known.
    """

    state: TrainState | None
    events: list[Event]
    updates_per_second: float


class Mailbox:
    """Filled by the training thread, emptied by the window at each tick; safe for both.

    Each job has a generation number; what is posted for an earlier one is dropped.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._generation = 0
        self._state: TrainState | None = None
        self._events: deque[Event] = deque()
        self._speed = float("nan")

    def renew(self) -> int:
        """Begin a new generation, dropping all that was posted, and return its number."""
        with self._lock:
            self._generation += 1
            self._state = None
            self._events.clear()
            self._speed = float("nan")
            return self._generation

    def post(self, generation: int, event: Event) -> None:
        """Add an event; none is lost."""
        with self._lock:
            if generation == self._generation:
                self._events.append(event)

    def post_state(self, generation: int, state: TrainState, speed: float) -> None:
        """Put a state in the place of the one before."""
        with self._lock:
            if generation == self._generation:
                self._state = state
                self._speed = speed

    def drain(self) -> Delivery:
        """Take all that was posted."""
        with self._lock:
            delivery = Delivery(self._state, list(self._events), self._speed)
            self._state = None
            self._events.clear()
            return delivery
