"""Playing a run: play, pause, speed, and the step that is looked at."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
from PySide6.QtCore import QObject, Signal

from core.run.run import Run
from core.training.problem import Divergence, Problem, TrainState
from core.training.recorded_metrics import mean_loss, measured_by_part, parts_of
from gui.session.mailbox import Edited, Event, Failed, Measured, Stopped
from gui.session.pacing import Pace
from gui.session.trainer import Trainer


class Player(QObject):
    """Plays, pauses and scrubs one run at a time, and fills its history.

    Parameters
    ----------
    run : Run
    trainer : Trainer
        Trains it in a thread of its own.

    Attributes
    ----------
    history : History
        What has happened in the run that is played; see `load`.
    is_playing : bool
    pace : Pace
    updates_per_second : float
        NaN where it is not known.
    divergence : Divergence or None
        Why training stopped, where it diverged.

    Signals
    -------
    playing_changed : (bool)
    advanced : ()
        The state looked at or the recorded metrics have changed.
    message : (str)
        Why training stopped by itself, for the status line.
    failed : (object)
        An error to show as a dialog.
    """

    playing_changed = Signal(bool)
    advanced = Signal()
    message = Signal(str)
    failed = Signal(object)

    def __init__(self, run: Run, trainer: Trainer, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.is_playing = False
        self.pace = Pace()
        self.updates_per_second = math.nan
        self._trainer = trainer
        self.load(run)

    def load(self, run: Run) -> None:
        """Go on with the latest state of another run; whether it plays stays as it is."""
        history = self.history = run.history
        parts = parts_of(run.prepared)
        self.divergence: Divergence | None = None
        self._earlier_state: TrainState | None = None

        def measure(problem: Problem, state: TrainState) -> Iterator[Mapping[str, float]]:
            return measured_by_part(problem, parts, state)

        def validation_loss(state: TrainState) -> float:
            return mean_loss(history.problem, parts[1], state)

        engine, problem = history.engine, history.problem
        self._trainer.load(engine, problem, history.latest, measure, validation_loss)

    @property
    def state(self) -> TrainState:
        """The state looked at: the latest, or the one scrubbed to."""
        return self._earlier_state or self.history.latest

    @property
    def is_live(self) -> bool:
        """Whether the state looked at is the latest."""
        return self._earlier_state is None

    def play(self, steps: float = math.inf) -> None:
        """Train on from the latest state, for that many steps or until `pause`."""
        self._set_playing(True)
        self._trainer.play(steps)

    def pause(self) -> None:
        """Stop at the end of the present burst."""
        self._trainer.pause()
        self._set_playing(False)

    def set_pace(self, pace: Pace) -> None:
        """Train at another speed."""
        self.pace = pace
        self._trainer.set_pace(pace)

    def scrub(self, step: int) -> None:
        """Look at an earlier step, exactly as it was; at the latest, go live again."""
        self.pause()
        self._look_at(step)
        self.advanced.emit()

    def change_problem(self, problem: Problem) -> None:
        """Go on with other training knobs from the next burst."""
        self.divergence = None
        self._trainer.change(problem)

    def set_parameters(self, indices: np.ndarray, values: np.ndarray) -> None:
        """Set parameters by hand from the next burst."""
        self.divergence = None
        self._trainer.set_parameters(indices, values)

    def collect(self) -> None:
        """Take over what the training thread has left in its mailbox."""
        delivery = self._trainer.mailbox.drain()
        latest, history = delivery.state, self.history
        for event in delivery.events:  # a state is later than the edits that led to it
            if latest is not None and isinstance(event, Stopped):
                history.record_state(latest)
            self._handle(event)
        if latest is not None:
            history.record_state(latest)
            self.updates_per_second = delivery.updates_per_second
        if latest is not None or delivery.events:
            self.advanced.emit()

    def _handle(self, event: Event) -> None:
        history = self.history
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
            self._look_at(event.best_step)

    def _look_at(self, step: int) -> None:
        history = self.history
        self._earlier_state = None
        if step < history.latest.step:
            self._earlier_state = history.state_at(max(step, history.first_step))

    def _set_playing(self, playing: bool) -> None:
        if playing:
            self.divergence = None
        if playing != self.is_playing:
            self.is_playing = playing
            self.playing_changed.emit(playing)
