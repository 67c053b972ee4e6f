"""The training thread: bursts of a few milliseconds, evenly paced, reporting to a mailbox.

What the training thread works on.

Figures of a state, computed in the training thread a piece at a time.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from core.run.history import with_parameters
from core.run.training_loop import EarlyStopping
from core.training.numpy_engine import steps_to_epoch
from core.training.problem import Engine, Problem, TrainState
from gui.session.mailbox import Edited, Event, Failed, Mailbox, Measured, Stopped
from gui.session.pacing import FRAME_SECONDS, Beat, Pace, StepTimer, Throughput

MEASURE_SECONDS = 1.0 / 20.0  # as often as the curves are drawn
MEASURE_SHARE = 0.1  # of the thread's time, at the most
MOST_LATE_SECONDS = 0.1  # for as long measuring waits for moments between frames
QUICK_SECONDS = 0.02  # what measures within them may measure a young run at each doubling


class Runner:
    """Trains in a thread of its own; every method returns at once.

    Requests take effect at the next end of a burst. What comes of them is in `mailbox`; bursts go
    by the `beat` of the frames that show it. One that is asleep does nothing until it is woken.
    """

    def __init__(self, awake: bool = True) -> None:
        self.mailbox = Mailbox()
        self.beat = Beat()
        self._changed = threading.Condition()
        self._assignment: TrainingJob | None = None
        self._start: tuple[Problem, TrainState] | None = None
        self._new_problem: Problem | None = None
        self._patches: list[tuple[np.ndarray, np.ndarray]] = []
        self._steps_left: float = 0.0
        self._pace = Pace()
        self._closing, self._is_awake = False, awake
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """Begin to work, or go on."""
        self._is_awake = True
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="training", daemon=True)
            self._thread.start()

    def load(
        self,
        engine: Engine,
        problem: Problem,
        state: TrainState,
        measure: Measure,
        validation_loss: ValidationLoss,
    ) -> None:
        """Work on another run from now on; whether it plays stays as it is."""
        with self._changed:
            generation = self.mailbox.renew()
            self._assignment = TrainingJob(generation, engine, measure, validation_loss)
            self._start = (problem, state)
            self._new_problem = None
            self._patches.clear()
            self._changed.notify()
        if self._is_awake:
            self.wake()

    def play(self, steps: float = float("inf")) -> None:
        """Train for that many steps, or until `pause`."""
        with self._changed:
            self._steps_left = steps
            self._changed.notify()

    def pause(self) -> None:
        """Stop at the end of the present burst."""
        with self._changed:
            self._steps_left = 0.0
            self._changed.notify()

    def set_pace(self, pace: Pace) -> None:
        """Train at another speed."""
        with self._changed:
            self._pace = pace
            self._changed.notify()

    def change(self, problem: Problem) -> None:
        """Go on with another problem from the next burst; the mailbox tells from which step."""
        with self._changed:
            self._new_problem = problem
            self._changed.notify()

    def put(self, indices: np.ndarray, values: np.ndarray) -> None:
        """Give parameters other values from the next burst; the mailbox tells from which step."""
        with self._changed:
            self._patches.append((indices, values))
            self._changed.notify()

    def close(self) -> None:
        """End the thread and wait for it."""
        with self._changed:
            self._closing = True
            self._steps_left = 0.0
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _work(self) -> None:
        while True:
            with self._changed:
                while self._start is None and not self._closing:
                    self._changed.wait()
                if self._closing or self._assignment is None or self._start is None:
                    return
                assignment, (problem, state) = self._assignment, self._start
                self._start = None
            shift = _Shift(self, assignment, problem, state)
            try:
                shift.work()
            except Exception as error:  # reaches the user as a dialog
                self.pause()
                self.mailbox.post(assignment.generation, Failed(error))


class _Shift:
    """The thread's work on one assignment."""

    def __init__(
        self, runner: Runner, assignment: TrainingJob, problem: Problem, state: TrainState
    ) -> None:
        self.runner = runner
        self.assignment = assignment
        self.problem = problem
        self.state = state
        self.watch = EarlyStopping()
        self.metronome = StepTimer()
        self.speed = Throughput()
        self.measurement: MetricsJob | None = None
        self.measured_step = -1
        self.measure_due = 0.0
        self.doubled_step: float = math.inf

    def work(self) -> None:
        """Train until another assignment comes or the runner closes."""
        self._measure()
        while (allowed := self._await_steps()) is not None:
            self._train(allowed)
            self._measure_in_time()

    def _await_steps(self) -> float | None:
        """Wait until steps may be taken and return how many; None when this work is over."""
        runner = self.runner
        with runner._changed:
            while True:
                if runner._closing or runner._start is not None:
                    return None
                if runner._new_problem is not None:
                    self.problem, runner._new_problem = runner._new_problem, None
                    self._post(Edited(self.state.step, self.problem))
                    self._measure_anew()
                if runner._patches:
                    self._put(runner._patches)
                if runner._steps_left > 0.0:
                    self.speed.start(self.state.step)
                    rate = runner._pace.updates_per_second(self.problem)
                    due, wait = self.metronome.due(rate, self.state.step)
                    if due > 0.0:
                        return min(due, runner._steps_left)
                    runner._changed.wait(wait)
                    continue
                self.metronome.stop()
                self.speed.stop()
                if self.measured_step != self.state.step:
                    break
                runner._changed.wait()
        self._measure()
        return 0.0

    def _put(self, patches: list[tuple[np.ndarray, np.ndarray]]) -> None:
        for indices, values in patches:
            self.state = with_parameters(self.state, indices, values)
        patches.clear()
        self._post(Edited(self.state.step, self.problem, self.state))
        self._measure_anew()

    def _train(self, allowed: float) -> None:
        if allowed <= 0.0:
            return
        seconds = self.runner.beat.burst_seconds()
        steps = int(min(allowed, max(seconds / self.speed.seconds_per_step, 1.0)))
        steps, limit_reached = self._limited(steps)
        if limit_reached:
            self._stop(Stopped("epoch"))
            return
        began = time.perf_counter()
        before = self.state
        burst = self.assignment.engine.burst(self.problem, self.state, steps)
        self.state = burst.state
        taken = self.state.step - before.step
        self.speed.count(self.state.step, taken, time.perf_counter() - began)
        generation, speed = self.assignment.generation, self.speed.updates_per_second
        self.runner.mailbox.post_state(generation, self.state, speed)
        if burst.divergence is not None:
            self.runner.pause()
            self._post(burst.divergence)
            return
        self._watch_validation(before)
        self._count_down(taken)

    def _limited(self, steps: int) -> tuple[int, bool]:
        """Cut a burst at the last epoch asked for, and at each epoch's end while one is watched.

        One of a young run ends where its steps have doubled, to be measured.
        """
        training = self.problem.training
        steps = int(min(steps, max(self.doubled_step - self.state.step, 1)))
        if training.stop_epoch:
            left = steps_to_epoch(self.problem, self.state, training.stop_epoch)
            if left == 0:
                return 0, True
            steps = min(steps, left)
        if training.early_stopping:
            left = steps_to_epoch(self.problem, self.state, self.state.epoch + 1)
            steps = min(steps, max(left, 1))
        return steps, False

    def _count_down(self, taken: int) -> None:
        with self.runner._changed:
            if self.runner._steps_left <= 0.0:
                return
            self.runner._steps_left -= taken
            finished = self.runner._steps_left <= 0.0
        if finished:
            self._post(Stopped("steps"))

    def _watch_validation(self, before: TrainState) -> None:
        training = self.problem.training
        if not training.early_stopping:
            self.watch = EarlyStopping()
            return
        if self.state.epoch == before.epoch:
            return
        loss = self.assignment.validation_loss(self.state)
        self.watch = self.watch.after(self.state.step, self.state.epoch, loss)
        if self.watch.is_over(self.state.epoch, training.patience):
            self._stop(Stopped("early", self.watch.best_step))
            self.watch = EarlyStopping()

    def _stop(self, reason: Stopped) -> None:
        self.runner.pause()
        self._post(reason)

    def _measure_in_time(self) -> None:
        """Go on with a measurement, or begin one, where it is due and keeps no frame waiting."""
        if self.state.step >= self.doubled_step:
            self._measure()
            return
        late = time.perf_counter() - self.measure_due
        if late < 0.0:
            return
        a_frame = self.runner._pace.updates_per_second(self.problem) * FRAME_SECONDS
        at_once = a_frame < 1.0 or late >= MOST_LATE_SECONDS  # the next step may be long after
        if at_once or self.runner.beat.is_idle():
            present = self.measurement = self.measurement or self._begun()
            self._leave(present, present.finish() if at_once else present.go_on())

    def _measure(self) -> None:
        """Measure the present state at once."""
        measurement = self._begun()
        self._leave(measurement, measurement.finish())

    def _begun(self) -> MetricsJob:
        return MetricsJob(self.assignment.measure, self.problem, self.state)

    def _leave(self, measurement: MetricsJob, measured: Measured | None) -> None:
        if measured is not None:
            self._post(measured)
            self.measurement, self.measured_step = None, measurement.state.step
            pause = max(MEASURE_SECONDS, measurement.seconds / MEASURE_SHARE)
            self.measure_due = time.perf_counter() + pause
            is_first = self.measured_step == 0  # how quick it is, the second will tell
            is_quick = is_first or measurement.seconds <= QUICK_SECONDS
            self.doubled_step = max(2 * self.measured_step, 1) if is_quick else math.inf

    def _measure_anew(self) -> None:
        """Forget what has been measured: it is of another problem or state."""
        self.measurement, self.measured_step, self.doubled_step = None, -1, math.inf

    def _post(self, event: Event) -> None:
        self.runner.mailbox.post(self.assignment.generation, event)


ValidationLoss = Callable[[TrainState], float]


@dataclass(frozen=True, slots=True, eq=False)
class TrainingJob:
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


Measure = Callable[[Problem, TrainState], Iterable[Mapping[str, float]]]


class MetricsJob:
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
