"""Playing a run: transport, the timer that empties the training thread's mailbox, the timeline."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import QObject, Qt, QTimer

from core.data.dataset import Dataset
from core.experiment.experiment import Experiment
from core.run.run import retrained_run, start_run
from core.training.numpy_engine import numpy_engine, steps_to_epoch
from core.training.problem import ChooseEngine, Divergence
from gui.session.frame_clock import FrameClock
from gui.session.mailbox import Edited, Event, Failed, Measured, Stopped
from gui.session.pacing import FRAME_SECONDS, Pace
from gui.session.present import Present

FRAME_MILLISECONDS = round(1000.0 * FRAME_SECONDS)
GLANCE_MILLISECONDS = 100
MOST_STEPS_AGAIN = 20_000  # that a faster engine repeats within a frame or two


class Playback(Present):
    """Plays, pauses and scrubs what is present.

    Attributes
    ----------
    is_playing : bool
    pace : Pace
    updates_per_second : float
        NaN where it is not known.
    turns : FrameClock
        Shares a frame out among panels.
    is_awake : bool
        Whether there are frames; what is asleep trains and tells nothing until it is woken.
    """

    def __init__(
        self,
        experiment: Experiment,
        dataset: Dataset | None = None,
        choose_engine: ChooseEngine = numpy_engine,
        parent: QObject | None = None,
        awake: bool = True,
    ) -> None:
        super().__init__(experiment, dataset, choose_engine, parent, awake)
        self.pace = Pace()
        self.is_playing = False
        self.updates_per_second = math.nan
        self.timer = QTimer(self)
        self.timer.setTimerType(Qt.TimerType.PreciseTimer)
        self.timer.timeout.connect(self.tick)
        self.is_awake = False
        if awake:
            self.wake()
        self.turns = FrameClock(self)
        self._rest = QTimer(self)  # between two glances
        self._rest.setSingleShot(True)
        self._rest.setInterval(GLANCE_MILLISECONDS)
        self._rest.timeout.connect(self._after_rest)
        self._is_told = True
        self._beside = QTimer(self)
        self._beside.setSingleShot(True)
        self._beside.timeout.connect(self._draw_beside)
        self._settled = QTimer(self)  # runs out once what a turn has drawn is on screen
        self._settled.setSingleShot(True)
        self._settled.timeout.connect(self.turns.settle)
        self._glanced = -math.inf
        self.frame.connect(self._on_frame)

    def wake(self) -> None:
        """Begin to train and to tell."""
        self.is_awake = True
        self.runner.wake()
        self.timer.start(FRAME_MILLISECONDS)

    def play(self) -> None:
        """Train; from a scrubbed step, branch there and leave the old run as a ghost."""
        if not self.is_live:
            self._branch_here()
        self._set_playing(True)
        self.runner.play()

    def pause(self) -> None:
        """Stop at the end of the present burst."""
        self.runner.pause()
        self._set_playing(False)

    def toggle(self) -> None:
        """Play or pause."""
        if self.is_playing:
            self.pause()
        else:
            self.play()

    def take_steps(self, steps: int) -> None:
        """Train for that many steps and pause."""
        if not self.is_live:
            self._branch_here()
        self._set_playing(True)
        self.runner.play(steps)

    def take_epochs(self, epochs: int) -> None:
        """Train to the end of the present epoch, or of a later one, and pause."""
        state = self.state
        self.take_steps(steps_to_epoch(self.run.history.problem, state, state.epoch + epochs))

    def restart(self) -> None:
        """Begin again at step 0 with the same seed; the present run stays as a ghost."""
        was_playing = self.is_playing
        fresh = start_run(self.experiment, self.run.dataset, self.choose_engine)
        self._replace_run(fresh, keep_ghost=True)
        if was_playing:
            self.play()

    def change_engine(self) -> None:
        """Train a young run again on the engine that is now the fastest, and go on from there.

        An older one keeps its engine; the next run takes the faster one.
        """
        if not self.is_live or self.run.history.latest.step > MOST_STEPS_AGAIN:
            return
        again = retrained_run(self.run, self.choose_engine)
        if again is not None:
            self._replace_run(again, keep_ghost=False)

    def set_pace(self, pace: Pace) -> None:
        """Train at another speed."""
        self.pace = pace
        self.runner.set_pace(pace)

    def scrub(self, step: int) -> None:
        """Look at an earlier step of the run, exactly as it was; at the latest, go live again."""
        latest = self.run.history.latest.step
        self.pause()
        if step >= latest:
            self._looked_at = None
        else:
            self._looked_at = self.run.history.state_at(max(step, self.run.history.first_step))
        self.frame.emit()

    def tick(self) -> None:
        """Take what the training thread has left, and tell the panels once."""
        self.runner.beat.tick()
        delivery = self.runner.mailbox.drain()
        latest = delivery.state
        for event in delivery.events:  # a state is later than the edits that led to it
            if latest is not None and isinstance(event, Stopped):
                self.run.history.record_state(latest)
            self._handle(event)
        if latest is not None:
            self.run.history.record_state(latest)
            self.updates_per_second = delivery.updates_per_second
        if latest is not None or delivery.events:
            self.frame.emit()

    def close(self) -> None:
        """End every thread and timer."""
        for timer in (self.timer, self._rest, self._beside, self._settled):
            timer.stop()
        super().close()

    def _on_frame(self) -> None:
        """Let panels draw; while training goes on, what need not be in this frame waits for it."""
        self._is_told = False
        self.turns.ask()
        if self.is_playing:
            self._beside.start(0)  # runs out once what this frame has drawn is on screen
        else:
            self._glance()

    def _draw_beside(self) -> None:
        """Let one more panel draw, or where it is time for texts, write these in its place."""
        waited = 1000.0 * (time.perf_counter() - self._glanced) / GLANCE_MILLISECONDS
        if self._rest.isActive() or not self.turns.has_time("glance", waited):
            self.turns.give()
        else:
            self.turns.take("glance", self._glance)
        self._settled.start(0)

    def _glance(self) -> None:
        self._is_told = True
        self._glanced = time.perf_counter()
        self._rest.start()
        self.text_due.emit()

    def _after_rest(self) -> None:
        """Write what has not been told yet beside the next frame, or where none comes, alone."""
        if not self._is_told and not self._beside.isActive():
            self._beside.start(2 * FRAME_MILLISECONDS)

    def _handle(self, event: Event) -> None:
        history = self.run.history
        if isinstance(event, Measured):
            history.record_state(event.state)
            history.metrics.append(event.state.step, event.epoch, event.values)
        elif isinstance(event, Edited):
            history.record_edit(event.step, event.problem, event.state)
        elif isinstance(event, Stopped):
            self._on_stopped(event)
        elif isinstance(event, Divergence):
            self.divergence = event
            self._set_playing(False)
            self.message.emit(str(event.error()))
        elif isinstance(event, Failed):
            self._set_playing(False)
            self.failed.emit(event.error)

    def _on_stopped(self, event: Stopped) -> None:
        self._set_playing(False)
        if event.reason == "epoch":
            self.message.emit(self.tr("Stopped at the epoch you asked for."))
        elif event.reason == "early":
            self.message.emit(
                self.tr("Validation loss stopped falling: the best step, {0}, is shown.").format(
                    event.best_step
                )
            )
            self._looked_at = self.run.history.state_at(event.best_step)

    def _set_playing(self, playing: bool) -> None:
        if playing:
            self.divergence = None
        if playing != self.is_playing:
            self.is_playing = playing
            self.playing_changed.emit(playing)
