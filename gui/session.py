"""The one owner of present state: the run, its ghosts, the view and the step being looked at."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QUndoStack

from core.architecture import Architecture
from core.data.catalogue import OWN_FILE, load_dataset
from core.data.dataset import Dataset
from core.errors import UserError
from core.experiment import Experiment
from core.history import patched
from core.metrics import mean_loss, measure, parts_of
from core.run import Run, edited_run, effect_of, start_run
from core.training import (
    ChooseEngine,
    Divergence,
    Problem,
    TrainState,
    numpy_engine,
    steps_to_epoch,
)
from core.view import View
from gui.background import Background
from gui.commands import ReplaceExperiment, SetParameters
from gui.keeping import Keeper
from gui.mailbox import Edited, Event, Failed, Measured, Stopped
from gui.runner import Pace, Runner

FRAME_MILLISECONDS = 16
MOST_GHOSTS = 5


class Opening:
    """A file that is being read in the background: how far, and whether it is still wanted."""

    def __init__(self, is_wanted: Callable[[], bool]) -> None:
        self.is_wanted = is_wanted
        self.fraction = 0.0

    def progress(self, fraction: float) -> bool:
        """Note how much is read; return whether to go on."""
        self.fraction = fraction
        return self.is_wanted()


class Session(QObject):
    """Holds what is present and alone changes it; panels listen and draw.

    Signals
    -------
    run_changed : ()
        Another run, or the same with another data set or architecture.
    experiment_changed : (old, new)
    view_changed : (old, new)
    frame : ()
        At most one a tick: the state looked at or the recorded figures have changed.
    playing_changed : (bool)
    opening_changed : ()
        A file is being read, or is read or given up; see `opening`.
    told : (str)
        Something the user should know, in words, for the status line.
    marks_changed : ()
        Another value is worth marking on a knob's slider; `marks` holds them by path.
    failed : (object)
        An error to show as a dialog; everything is as it was before.
    """

    run_changed = Signal()
    experiment_changed = Signal(object, object)
    view_changed = Signal(object, object)
    frame = Signal()
    playing_changed = Signal(bool)
    opening_changed = Signal()
    told = Signal(str)
    marks_changed = Signal()
    failed = Signal(object)

    def __init__(
        self,
        experiment: Experiment,
        dataset: Dataset | None = None,
        choose_engine: ChooseEngine = numpy_engine,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.choose_engine = choose_engine
        self.run: Run = start_run(experiment, dataset, choose_engine)
        self.ghosts: list[Run] = []
        self.view = View()
        self.marks: dict[str, float] = {}
        self.undo_stack = QUndoStack(self)
        self.background = Background(self)
        self.keeper = Keeper(self)
        self.runner = Runner()
        self.pace = Pace()
        self.is_playing = False
        self.updates_per_second = math.nan
        self.divergence: Divergence | None = None
        self.opening: Opening | None = None
        self._looked_at: TrainState | None = None
        self.timer = QTimer(self)
        self.timer.setTimerType(Qt.TimerType.PreciseTimer)
        self.timer.timeout.connect(self.tick)
        self._load()
        self.timer.start(FRAME_MILLISECONDS)

    # what is present

    @property
    def experiment(self) -> Experiment:
        """What the user chose to do."""
        return self.run.experiment

    @property
    def state(self) -> TrainState:
        """The state being looked at: the latest, or the one scrubbed to."""
        return self._looked_at or self.run.history.latest

    @property
    def is_live(self) -> bool:
        """Whether the state looked at is the latest."""
        return self._looked_at is None

    # changes

    def edit(self, path: str, value: Any, drag: object = None) -> None:
        """Change one choice, undoably.

        Parameters
        ----------
        path : str
            Such as ``"training.learning_rate"``.
        drag : object, optional
            The same for all moves of one drag, which are one undo.

        Raises
        ------
        UserError
            Where the value cannot be; everything is as it was.
        """
        self.replace(self.experiment.replacing(path, value), drag=drag)

    def replace(
        self, experiment: Experiment, dataset: Dataset | None = None, drag: object = None
    ) -> None:
        """Put another experiment in place, undoably; `dataset` holds rows loaded already."""
        old = self.experiment
        if experiment == old:
            return
        self._apply(experiment, dataset)
        self.undo_stack.push(ReplaceExperiment(self._apply_or_tell, old, experiment, drag))

    def put(self, experiment: Experiment) -> None:
        """Put another experiment in place for a command that brings its own undo."""
        if experiment != self.experiment:
            self._apply(experiment)

    def set_parameter(self, index: int, value: float, drag: object = None) -> None:
        """Give one parameter of the flat vector another value by hand; see `set_parameters`."""
        self.set_parameters(np.array([index]), np.array([value]), drag)

    def set_parameters(self, indices: np.ndarray, values: np.ndarray, drag: object = None) -> None:
        """Give parameters other values at the present step, undoably; training goes on from there.

        Parameters
        ----------
        indices : (m,) int array
            Places in the flat parameter vector.
        values : (m,) array
        drag : object, optional
            The same for all moves of one drag, which are one undo.

        Raises
        ------
        UserError
            Where a value cannot be; everything is as it was.
        """
        before = self.state
        if patched(before, indices, values).same_bits(before):
            return
        put = functools.partial(self._put_parameters, self.run.architecture)
        put(indices, values)
        old = before.parameters[indices]
        self.undo_stack.push(SetParameters(put, indices, old, values, drag))

    def set_view(self, name: str, value: Any) -> None:
        """Change what is looked at; no result changes."""
        self._use_view(self.view.replacing(name, value))

    def set_mark(self, path: str, value: float) -> None:
        """Mark a value on a knob's slider, such as the largest stable rate; nan unmarks."""
        marks = {name: kept for name, kept in self.marks.items() if name != path}
        if not math.isnan(value):
            marks[path] = value
        if marks != self.marks:
            self.marks = marks
            self.marks_changed.emit()

    def open_table(self, path: str, target: str = "") -> None:
        """Read a table in the background and train on it, undoably; a later call supersedes."""
        data = replace(type(self.experiment.data)(), source="file", path=path, target=target)
        self.open_experiment(replace(self.experiment, data=data))

    def open_experiment(self, experiment: Experiment) -> None:
        """Read an experiment's data in the background and put it in place, undoably."""
        opening = Opening(self.background.next_is_wanted("open"))

        def work() -> Run:
            dataset = load_dataset(experiment.data, opening.progress)
            data = experiment.data
            if data.source == OWN_FILE.name:
                data = replace(data, target=dataset.target)
            return start_run(replace(experiment, data=data), dataset)

        name = experiment.data.path or experiment.data.source
        self.told.emit(self.tr("Reading {0}").format(name))
        self.background.run("open", work, self._use_opened, self._on_not_opened)
        self._set_opening(opening)

    def cancel_opening(self) -> None:
        """Give up reading a file; everything stays as it is."""
        self.background.cancel("open")
        self._set_opening(None)
        self.told.emit(self.tr("Reading was stopped; everything is as it was."))

    def resume(self, run: Run, view: View) -> None:
        """Go on with a run from a file, undoably; the view comes with it."""
        old = self.experiment
        self.pause()
        self._replace_run(run, keep_ghost=False)
        self._use_view(view)
        if run.experiment != old:
            command = ReplaceExperiment(self._apply_or_tell, old, run.experiment)
            self.undo_stack.push(command)
        self.experiment_changed.emit(old, run.experiment)
        self.frame.emit()

    # transport

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

    def new_seed(self) -> None:
        """Begin again with other first weights and another order of the rows."""
        self.edit("model.seed", (self.experiment.model.seed + 1) % 1_000_000)

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

    # the timer

    def tick(self) -> None:
        """Take what the training thread has left, and tell the panels once."""
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
        self.timer.stop()
        self.keeper.close()
        self.runner.close()
        self.background.close()

    # inside

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
            self.told.emit(str(event.error()))
        elif isinstance(event, Failed):
            self._set_playing(False)
            self.failed.emit(event.error)

    def _on_stopped(self, event: Stopped) -> None:
        self._set_playing(False)
        if event.reason == "epoch":
            self.told.emit(self.tr("Stopped at the epoch you asked for."))
        elif event.reason == "early":
            self.told.emit(
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

    def _apply_or_tell(self, experiment: Experiment) -> None:
        try:
            self._apply(experiment)
        except UserError as error:
            self.failed.emit(error)

    def _apply(self, experiment: Experiment, dataset: Dataset | None = None) -> None:
        old, old_run = self.experiment, self.run
        effect = effect_of(old, experiment)
        was_playing = self.is_playing
        if effect == "live" and self.is_live:
            self.run = replace(old_run, experiment=experiment)
            self.runner.change(old_run.history.problem.with_training(experiment.training))
        elif effect in {"none", "view"}:
            self.run = replace(old_run, experiment=experiment)
        else:
            new_run = (
                start_run(experiment, dataset, self.choose_engine)
                if dataset is not None
                else edited_run(old_run, experiment, self.state.step, self.choose_engine)
            )
            keeps_ghost = new_run.dataset is old_run.dataset
            self._replace_run(new_run, keep_ghost=keeps_ghost and not self.is_live)
            if was_playing:
                self.play()
        self.experiment_changed.emit(old, experiment)
        self.frame.emit()

    def _put_parameters(
        self, architecture: Architecture, indices: np.ndarray, values: np.ndarray
    ) -> None:
        if self.run.architecture is not architecture:
            return  # the run has begun anew since, and with it these parameters
        if self.is_playing:
            self.runner.put(indices, values)
            return
        if not self.is_live:
            self._branch_here()
        history = self.run.history
        state = patched(history.latest, indices, values)
        problem = history.problem.with_training(self.experiment.training)
        history.record_edit(state.step, problem, state)
        self._load()
        self.frame.emit()

    def _set_opening(self, opening: Opening | None) -> None:
        self.opening = opening
        self.opening_changed.emit()

    def _on_not_opened(self, error: BaseException) -> None:
        self._set_opening(None)
        self.told.emit("")
        self.failed.emit(error)

    def _use_opened(self, opened: Run) -> None:
        self._set_opening(None)
        try:
            self.replace(opened.experiment, opened.dataset)
        except UserError as error:
            self.failed.emit(error)
            return
        self.told.emit(" ".join(opened.dataset.notes))

    def _use_view(self, view: View) -> None:
        old, self.view = self.view, view
        if view != old:
            self.view_changed.emit(old, view)

    def _branch_here(self) -> None:
        branch = self.run.history.branch(self.state.step)
        self._replace_run(replace(self.run, history=branch), keep_ghost=True)

    def _replace_run(self, run: Run, keep_ghost: bool) -> None:
        if keep_ghost:
            self.ghosts = [*self.ghosts, self.run][-MOST_GHOSTS:]
        elif run.prepared.classes != self.run.prepared.classes:
            self.ghosts = []
        old = self.run
        self.run = run
        self._looked_at = None
        self.divergence = None
        if _looks_different(old, run):
            self._use_view(self.view.for_other_data())
        self._load()
        self.run_changed.emit()

    def _load(self) -> None:
        history, parts = self.run.history, parts_of(self.run.prepared)

        def figures(problem: Problem, state: TrainState) -> Mapping[str, float]:
            return measure(problem, parts, state)

        def validation_loss(state: TrainState) -> float:
            return mean_loss(history.problem, parts[1], state)

        self.runner.load(history.engine, history.problem, history.latest, figures, validation_loss)


def _looks_different(old: Run, new: Run) -> bool:
    """Tell whether a view of one run would mean something else in the other."""
    names = [[put.name for put in run.prepared.inputs] for run in (old, new)]
    return names[0] != names[1] or old.prepared.classes != new.prepared.classes


def tr(text: str) -> str:
    """Translate a text that stands outside a QObject."""
    return QCoreApplication.translate("Credence", text)
