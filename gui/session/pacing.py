"""How fast training is to go, how fast it goes, and when the next step is due."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from core.training.problem import Problem

SPEED_SECONDS = 0.25  # over which the updates a second are counted
SHORTEST_WAIT = 0.001
FRAME_SECONDS = 0.016  # from one tick of the window's timer to the next
LULL = (0.7, 0.8)  # of a frame: when the window has drawn, and early enough before it draws again
BURST_SECONDS = 0.008  # where there are no frames to go by


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast to train: updates or epochs a second; neither is as fast as it goes."""

    updates: float = 0.0
    epochs: float = 0.0

    def updates_per_second(self, problem: Problem) -> float:
        """Return the updates a second that are due; infinite for as fast as it goes."""
        if self.updates > 0.0:
            return self.updates
        if self.epochs > 0.0:
            return self.epochs * problem.steps_per_epoch
        return math.inf


class StepTimer:
    """Says how many steps are due, evenly, since it was last stopped."""

    def __init__(self) -> None:
        self._since: tuple[float, int, float] | None = None

    def stop(self) -> None:
        """Begin anew at the next question."""
        self._since = None

    def due(self, rate: float, step: int) -> tuple[float, float]:
        """Return how many steps are due at a rate a second, and how long to wait for the next."""
        if rate == math.inf:
            return rate, 0.0
        now = time.perf_counter()
        if self._since is None or self._since[2] != rate:
            self._since = (now, step - 1, rate)
        began, first, _ = self._since
        due = int((now - began) * rate) - (step - 1 - first) + 1
        if due > rate:  # fallen behind by over a second: do not race to catch up
            self._since = (now, step - 1, rate)
        return max(due, 0.0), max(1.0 / rate, SHORTEST_WAIT)


class Beat:
    """The beat of the window's frames, so that the training thread takes the interpreter between.

    While both want it they keep each other waiting, and a frame that is being drawn comes late.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._ticks = (-math.inf, -math.inf)

    def tick(self) -> None:
        """Note that a frame begins."""
        self._ticks = (self._ticks[1], self._clock())

    def is_idle(self) -> bool:
        """Return whether the window has drawn and does not yet draw again, or draws nothing."""
        elapsed = self._elapsed()
        return elapsed is None or elapsed % 1.0 >= LULL[0]

    def burst_seconds(self) -> float:
        """Return how long to train from now on, so as to end in a lull."""
        elapsed = self._elapsed()
        if elapsed is None:
            return BURST_SECONDS
        left = (LULL[1] - elapsed) % 1.0 * FRAME_SECONDS
        left += FRAME_SECONDS if left < BURST_SECONDS / 4.0 else 0.0  # too short to be worth it
        return left if left < 1.25 * BURST_SECONDS else left / 2.0  # each frame finds a new state

    def _elapsed(self) -> float | None:
        """Return the frames' lengths since the last tick; None where there is no steady beat."""
        before, last = self._ticks
        elapsed = (self._clock() - last) / FRAME_SECONDS
        is_steady = elapsed < 3.0 and last - before > FRAME_SECONDS / 2.0
        return elapsed if is_steady else None


class Throughput:
    """Counts updates: a second by the clock, and how long one takes.

    Attributes
    ----------
    updates_per_second : float
        NaN while nothing trains, 0 until enough has been seen.
    seconds_per_step : float
        A running mean.
    """

    def __init__(self) -> None:
        self.updates_per_second = math.nan
        self.seconds_per_step = 1e-4
        self._window = (0.0, 0)

    def start(self, step: int) -> None:
        """Count from now on, unless it does already."""
        if math.isnan(self.updates_per_second):
            self._window = (time.perf_counter(), step)
            self.updates_per_second = 0.0

    def stop(self) -> None:
        """Count no longer."""
        self.updates_per_second = math.nan

    def count(self, step: int, taken: int, seconds: float) -> None:
        """Note that so many steps have been taken, up to `step`, in so many seconds."""
        if not taken:
            return
        self.seconds_per_step = 0.7 * self.seconds_per_step + 0.3 * seconds / taken
        now, (began, first) = time.perf_counter(), self._window
        if now - began >= SPEED_SECONDS:
            self.updates_per_second = (step - first) / (now - began)
            self._window = (now, step)
