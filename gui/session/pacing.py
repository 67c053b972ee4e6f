"""How fast training is to go, how fast it goes, and when the next step is due."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from core.training.problem import Problem

SPEED_SECONDS = 0.25  # over which the updates a second are counted
SHORTEST_WAIT = 0.001


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
    """Says how many steps are due, evenly, since it was last stopped.

    Parameters
    ----------
    clock : callable
        Returns seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._since: tuple[float, int, float] | None = None

    def stop(self) -> None:
        """Forget the start time; the next call of `due` sets another."""
        self._since = None

    def due(self, rate: float, step: int) -> tuple[float, float]:
        """Return how many steps are due at a rate a second, and how long to wait for the next."""
        if rate == math.inf:
            return rate, 0.0
        now = self._clock()
        if self._since is None or self._since[2] != rate:
            self._since = (now, step - 1, rate)
        began, first, _ = self._since
        due = int((now - began) * rate) - (step - 1 - first) + 1
        if due > rate:  # fallen behind by over a second: do not race to catch up
            self._since = (now, step - 1, rate)
        return max(due, 0.0), max(1.0 / rate, SHORTEST_WAIT)


class Throughput:
    """Measures the updates per second, and the mean time that one takes.

    Parameters
    ----------
    clock : callable
        Returns seconds.

    Attributes
    ----------
    updates_per_second : float
        NaN while nothing trains, 0 until enough has been seen.
    seconds_per_step : float
        A running mean.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.updates_per_second = math.nan
        self.seconds_per_step = 1e-4
        self._clock = clock
        self._window = (0.0, 0)

    def start(self, step: int) -> None:
        """Start counting, unless it has been started."""
        if math.isnan(self.updates_per_second):
            self._window = (self._clock(), step)
            self.updates_per_second = 0.0

    def stop(self) -> None:
        """Stop counting."""
        self.updates_per_second = math.nan

    def count(self, step: int, taken: int, seconds: float) -> None:
        """Note that so many steps have been taken, up to `step`, in so many seconds."""
        if not taken:
            return
        self.seconds_per_step = 0.7 * self.seconds_per_step + 0.3 * seconds / taken
        now, (began, first) = self._clock(), self._window
        if now - began >= SPEED_SECONDS:
            self.updates_per_second = (step - first) / (now - began)
            self._window = (now, step)
