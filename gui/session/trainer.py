"""The training thread: bursts of a few milliseconds, evenly paced, reporting to a mailbox."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping

import numpy as np

from core.run.history import with_parameters
from core.run.training_loop import EarlyStopping
from core.training.numpy_engine import steps_to_epoch
from core.training.problem import Engine, Problem, TrainState
from gui.session.frame_clock import FRAME_SECONDS, FrameClock
from gui.session.mailbox import Edited, Event, Failed, Mailbox, Measured, Stopped
from gui.session.pacing import Pace, StepTimer, Throughput
from gui.session.requests import Measure, Request, Requests, TrainingJob, ValidationLoss

MEASURE_SECONDS = 1.0 / 20.0  # as often as the curves are drawn
MEASURE_SHARE = 0.1  # of the thread's time, at the most
MOST_LATE_SECONDS = 0.1  # how long overdue metrics wait for the window to be idle
QUICK_SECONDS = 0.02  # metrics this quick are also computed each time the steps have doubled


class Trainer:
    """Trains in a thread of its own; every method returns at once.

    Requests take effect at the end of the present burst. What comes of them is in `mailbox`.

    Parameters
    ----------
    frames : FrameClock
        Bursts end, and metrics are computed, when its window is idle.
    awake : bool
        Whether to begin at once; else nothing is done until `wake`.
    clock : callable
        Returns seconds.
    """

    def __init__(
        self,
        frames: FrameClock,
        awake: bool = True,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.mailbox = Mailbox()
        self._requests = Requests()
        self._frames, self._clock = frames, clock
        self._is_awake = awake
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
        generation = self.mailbox.renew()
        job = TrainingJob(generation, engine, problem, state, measure, validation_loss)
        self._requests.load(job)
        if self._is_awake:
            self.wake()

    def play(self, steps: float = math.inf) -> None:
        """Train for that many steps, or until `pause`."""
        self._requests.play(steps)

    def pause(self) -> None:
        """Stop at the end of the present burst."""
        self._requests.play(0.0)

    def set_pace(self, pace: Pace) -> None:
        """Train at another speed."""
        self._requests.set_pace(pace)

    def change(self, problem: Problem) -> None:
        """Go on with another problem from the next burst; the mailbox tells from which step."""
        self._requests.change(problem)

    def set_parameters(self, indices: np.ndarray, values: np.ndarray) -> None:
        """Set parameters by hand from the next burst; the mailbox tells from which step."""
        self._requests.set_parameters(indices, values)

    def close(self) -> None:
        """End the thread and wait for it."""
        self._requests.close()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _work(self) -> None:
        while (job := self._requests.next_job()) is not None:
            try:
                _Worker(job, self._requests, self.mailbox, self._frames, self._clock).work()
            except Exception as error:  # reaches the user as a dialog
                self._requests.play(0.0)
                self.mailbox.post(job.generation, Failed(error))


class _Worker:
    """The thread's work on one job."""

    def __init__(
        self,
        job: TrainingJob,
        requests: Requests,
        mailbox: Mailbox,
        frames: FrameClock,
        clock: Callable[[], float],
    ) -> None:
        self.job, self.requests, self.mailbox, self.frames = job, requests, mailbox, frames
        self.problem, self.state = job.problem, job.state
        self.pace = Pace()
        self.early_stopping = EarlyStopping()
        self.step_timer = StepTimer(clock)
        self.throughput = Throughput(clock)
        self.metrics_job: MetricsJob | None = None
        self.measured_step = -1
        self.measure_due = 0.0
        self.doubled_step: float = math.inf

    def work(self) -> None:
        """Train until another job comes or the trainer closes."""
        self._measure()
        while (allowed := self._await_steps()) is not None:
            self._train(allowed)
            self._measure_in_time()

    def _await_steps(self) -> float | None:
        """Wait until steps may be taken and return how many; None when this job is over."""
        while True:
            asked = self.requests.take()
            if asked.is_job_over:
                return None
            self._edit(asked)
            self.pace = asked.pace
            if asked.steps > 0.0:
                self.throughput.start(self.state.step)
                rate = asked.pace.updates_per_second(self.problem)
                due, wait = self.step_timer.due(rate, self.state.step)
                if due > 0.0:
                    return min(due, asked.steps)
                self.requests.wait(asked.version, wait)
                continue
            self.step_timer.stop()
            self.throughput.stop()
            if self.measured_step != self.state.step:
                self._measure()
            else:
                self.requests.wait(asked.version)

    def _edit(self, asked: Request) -> None:
        if asked.problem is not None:
            self.problem = asked.problem
            self._post(Edited(self.state.step, self.problem))
            self._measure_anew()
        if asked.patches:
            for indices, values in asked.patches:
                self.state = with_parameters(self.state, indices, values)
            self._post(Edited(self.state.step, self.problem, self.state))
            self._measure_anew()

    def _train(self, allowed: float) -> None:
        seconds = self.frames.burst_seconds()
        steps = int(min(allowed, max(seconds / self.throughput.seconds_per_step, 1.0)))
        steps, limit_reached = self._limited(steps)
        if limit_reached:
            self._stop(Stopped("epoch"))
            return
        began = time.perf_counter()
        before = self.state
        burst = self.job.engine.burst(self.problem, self.state, steps)
        self.state = burst.state
        taken = self.state.step - before.step
        self.throughput.count(self.state.step, taken, time.perf_counter() - began)
        speed = self.throughput.updates_per_second
        self.mailbox.post_state(self.job.generation, self.state, speed)
        if burst.divergence is not None:
            self.requests.play(0.0)
            self._post(burst.divergence)
            return
        self._watch_validation(before)
        if self.requests.count_down(taken):
            self._post(Stopped("steps"))

    def _limited(self, steps: int) -> tuple[int, bool]:
        """Cut a burst at the last epoch asked for, and at each epoch's end while one is watched.

        A burst also ends where the steps have doubled since the last metrics, if those are quick.
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

    def _watch_validation(self, before: TrainState) -> None:
        training = self.problem.training
        if not training.early_stopping:
            self.early_stopping = EarlyStopping()
            return
        if self.state.epoch == before.epoch:
            return
        loss = self.job.validation_loss(self.state)
        self.early_stopping = self.early_stopping.after(self.state.step, self.state.epoch, loss)
        if self.early_stopping.is_over(self.state.epoch, training.patience):
            self._stop(Stopped("early", self.early_stopping.best_step))
            self.early_stopping = EarlyStopping()

    def _stop(self, reason: Stopped) -> None:
        self.requests.play(0.0)
        self._post(reason)

    def _measure_in_time(self) -> None:
        """Compute some metrics where they are due and the window can spare the GIL."""
        if self.state.step >= self.doubled_step:
            self._measure()
            return
        late = time.perf_counter() - self.measure_due
        if late < 0.0:
            return
        steps_a_frame = self.pace.updates_per_second(self.problem) * FRAME_SECONDS
        at_once = steps_a_frame < 1.0 or late >= MOST_LATE_SECONDS  # the next step may be far off
        if at_once or self.frames.is_idle():
            if self.metrics_job is None:
                self.metrics_job = self._new_metrics_job()
            job = self.metrics_job
            self._deliver(job, job.finish() if at_once else job.go_on())

    def _measure(self) -> None:
        """Compute the metrics of the present state at once."""
        job = self._new_metrics_job()
        self._deliver(job, job.finish())

    def _new_metrics_job(self) -> MetricsJob:
        return MetricsJob(self.job.measure, self.problem, self.state)

    def _deliver(self, job: MetricsJob, measured: Measured | None) -> None:
        if measured is not None:
            self._post(measured)
            self.metrics_job, self.measured_step = None, job.state.step
            pause = max(MEASURE_SECONDS, job.seconds / MEASURE_SHARE)
            self.measure_due = time.perf_counter() + pause
            is_first = self.measured_step == 0  # taken as quick; the second one's time decides
            is_quick = is_first or job.seconds <= QUICK_SECONDS
            self.doubled_step = max(2 * self.measured_step, 1) if is_quick else math.inf

    def _measure_anew(self) -> None:
        """Forget the metrics so far: they are of another problem or state."""
        self.metrics_job, self.measured_step, self.doubled_step = None, -1, math.inf

    def _post(self, event: Event) -> None:
        self.mailbox.post(self.job.generation, event)


class MetricsJob:
    """The metrics of one state, computed some at a time.

    All at once they would hold the GIL for as long as a frame takes.

    Parameters
    ----------
    measure : callable
        (problem, state) -> metrics by name, some at a time.

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
        """Compute some more metrics; return all of them once there are no more."""
        began = time.thread_time()
        piece: Mapping[str, float] | None = next(self._pieces, None)
        self.seconds += time.thread_time() - began
        if piece is None:
            return Measured(self.state, self._epoch, self._values)
        self._values |= piece
        return None

    def finish(self) -> Measured:
        """Compute the rest; return all metrics."""
        while (measured := self.go_on()) is None:
            pass
        return measured
