"""The one owner of present state: every change to it goes through here, and can be undone."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from core.base.errors import UserError
from core.data.dataset import Dataset
from core.data.gallery import OWN_FILE
from core.data.loading import load_dataset
from core.experiment.experiment import Experiment
from core.experiment.view import View
from core.explain.planes import most_separating_pair
from core.model.architecture import Architecture
from core.run.earlier_runs import EarlierRuns
from core.run.history import with_parameters
from core.run.resuming import run_by_its_engine
from core.run.run import Run, edited_run, effect_of, retrained_run, start_run
from core.run.saved_history import SavedHistory
from core.run.session_file import SavedSession
from core.training.numpy_engine import numpy_engine, steps_to_epoch
from core.training.problem import ChooseEngine, TrainState
from gui.session.autosave import Autosave, described
from gui.session.background import Background, Opening
from gui.session.frame_clock import FrameClock
from gui.session.player import Player
from gui.session.saved_file import OpenedSession, SavedFile
from gui.session.trainer import Trainer
from gui.session.undo import ReplaceExperiment, ReplaceRun, SetParameters

MOST_GHOSTS = 5
MOST_STEPS_AGAIN = 20_000  # a faster engine repeats so many from step 0 in a frame or two
MOST_STEPS_SINCE = 200_000  # likewise, for a run from a file: its steps since it was opened


class Session(QObject):
    """Owns what is present: the run, the view, and what works on them.

    It alone changes them, undoably; panels listen to its signals and draw.

    Parameters
    ----------
    experiment : Experiment
    dataset : Dataset, optional
        The rows, where they are loaded already.
    choose_engine : callable, optional
        Chooses the training engine of each new run.
    parent : QObject, optional
    awake : bool
        Whether to begin at once; else nothing trains and no frame is drawn until `wake`.
    frame_clock : FrameClock, optional
        One of other clocks, for tests.

    Attributes
    ----------
    run : Run
    ghosts : list of Run
        Runs that edits have ended, shown beside the present one; the latest last.
    view : View
        What is looked at.
    marks : dict of str to float
        Values worth marking on knobs' sliders, by path.
    player : Player
        Plays the run: whether, how fast, and which step is looked at.
    trainer : Trainer
        The training thread.
    frame_clock : FrameClock
        Decides when panels are drawn.
    undo_stack : QUndoStack
    earlier_runs : EarlierRuns
        Runs that were put aside, to return to.
    autosave : Autosave
        Keeps the present work by itself.
    file : SavedFile
        Saves and opens session files.
    background : Background
        Does other slow work.
    opening : Opening or None
        The file that is being read.
    is_awake : bool

    Signals
    -------
    run_changed : ()
        Another run, or the same with another data set or architecture.
    experiment_changed : (old, new)
    view_changed : (old, new)
    state_changed : ()
        The state looked at or the recorded metrics have changed; at most once a tick.
    opening_changed : ()
        A file is being read, or is read or given up; see `opening`.
    message : (str)
        Something the user should know, for the status line.
    marks_changed : ()
    earlier_runs_changed : ()
    failed : (object)
        An error to show as a dialog; everything is as it was before.
    """

    run_changed = Signal()
    experiment_changed = Signal(object, object)
    view_changed = Signal(object, object)
    state_changed = Signal()
    opening_changed = Signal()
    message = Signal(str)
    marks_changed = Signal()
    earlier_runs_changed = Signal()
    failed = Signal(object)

    def __init__(
        self,
        experiment: Experiment,
        dataset: Dataset | None = None,
        choose_engine: ChooseEngine = numpy_engine,
        parent: QObject | None = None,
        awake: bool = True,
        frame_clock: FrameClock | None = None,
    ) -> None:
        super().__init__(parent)
        self._choose_engine = choose_engine
        self.run: Run = start_run(experiment, dataset, choose_engine)
        self.ghosts: list[Run] = []
        self.view = View().for_other_data(*most_separating_pair(self.run.dataset))
        self.marks: dict[str, float] = {}
        self.opening: Opening | None = None
        self.undo_stack = QUndoStack(self)
        self.frame_clock = frame_clock or FrameClock(self)
        self.background = Background(self)
        self.trainer = Trainer(self.frame_clock, awake)
        self.player = Player(self.run, self.trainer, self)
        self.earlier_runs = EarlierRuns()
        self._first_experiment = experiment
        self.autosave = Autosave(self.saved, lambda: self.run.history, self._key, self)
        self.file = SavedFile(
            self.saved, self._key, choose_engine, self.background, self.autosave, self
        )
        self.is_awake = False
        self._opened: OpenedSession | None = None
        self._last_drag: object = None
        self._is_changing = False
        self._connect()
        if awake:
            self.wake()

    def _connect(self) -> None:
        player, frames, file = self.player, self.frame_clock, self.file
        frames.ticked.connect(player.collect)
        player.playing_changed.connect(frames.set_training)
        player.advanced.connect(self.state_changed)
        player.message.connect(self.message)
        player.failed.connect(self.failed)
        self.state_changed.connect(frames.begin_frame)
        file.opened.connect(self._on_session_opened)
        file.opening.connect(self._set_opening)
        file.message.connect(self.message)
        file.failed.connect(self.failed)
        self.autosave.message.connect(self.message)

    def wake(self) -> None:
        """Begin to train and to draw."""
        self.is_awake = True
        self.trainer.wake()
        self.frame_clock.start()

    def close(self) -> None:
        """Write the autosave, and end every thread and timer."""
        self.autosave.close()
        self.frame_clock.stop()
        self.trainer.close()
        self.background.close()

    # what is present

    @property
    def experiment(self) -> Experiment:
        """What the user chose to do."""
        return self.run.experiment

    @property
    def state(self) -> TrainState:
        """The state looked at: the latest, or the one scrubbed to."""
        return self.player.state

    @property
    def is_live(self) -> bool:
        """Whether the state looked at is the latest."""
        return self.player.is_live

    @property
    def is_playing(self) -> bool:
        """Whether training goes on."""
        return self.player.is_playing

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

    # playing

    def play(self) -> None:
        """Train; from a scrubbed step, branch there and leave the old run as a ghost."""
        self._play(math.inf)

    def pause(self) -> None:
        """Stop at the end of the present burst."""
        self.player.pause()

    def toggle(self) -> None:
        """Play or pause."""
        if self.is_playing:
            self.pause()
        else:
            self.play()

    def take_steps(self, steps: int) -> None:
        """Train for that many steps and pause."""
        self._play(steps)

    def take_epochs(self, epochs: int) -> None:
        """Train to the end of the present epoch, or of a later one, and pause."""
        state = self.state
        self.take_steps(steps_to_epoch(self.run.history.problem, state, state.epoch + epochs))

    def scrub(self, step: int) -> None:
        """Look at an earlier step of the run, exactly as it was; at the latest, go live again."""
        self.player.scrub(step)

    def restart(self) -> None:
        """Begin again at step 0 with the same seed, undoably; the present run stays as a ghost."""
        old = self.run
        fresh = start_run(self.experiment, old.dataset, self._choose_engine)
        self._put_run_aside(old)
        self._replace_run(fresh, keep_ghost=True)
        if old.history.latest.step > 0:
            self._push_run(old, self.tr("restart"))
            self._tell_put_aside(old)
        if self.is_playing:
            self.play()

    def return_to(self, run: Run) -> None:
        """Go on with a run that was put aside, undoably."""
        old = self.run
        if run.history is not old.history:
            self.pause()
            self._put_run(run, run.experiment)
            self._push_run(old, self.tr("return to an earlier run"))

    def mend_divergence(self) -> None:
        """Give the knob that let training diverge the better value, and begin again."""
        divergence = self.player.divergence
        if divergence is None or math.isnan(divergence.better):
            return
        self.edit(divergence.knob, divergence.better)
        self.restart()
        self.play()

    def clear_ghosts(self) -> None:
        """Forget the runs that edits have ended, as far as they are shown."""
        self.ghosts = []
        self.state_changed.emit()

    def new_seed(self) -> None:
        """Begin again with other first weights and another order of the rows."""
        self.edit("model.seed", (self.experiment.model.seed + 1) % 1_000_000)

    def change_engine(self) -> None:
        """Train a young run again on the engine that is now the fastest, and go on from there.

        An older one keeps its engine; the next run takes the faster one.
        """
        again: Run | None = None
        opened, history = self._opened, self.run.history
        step, was_live = self.state.step, self.is_live
        if opened is not None and opened.run.history is history:
            if history.latest.step - opened.run_step <= MOST_STEPS_SINCE:
                again = run_by_its_engine(self.run, opened.saved, self._choose_engine)
        elif was_live and history.latest.step <= MOST_STEPS_AGAIN:
            again = retrained_run(self.run, self._choose_engine)
        if again is None:
            return
        was_changed = self.file.is_changed
        self._replace_run(again, keep_ghost=False)
        if not was_live:
            self.player.scrub(step)
        if not was_changed:
            self.file.mark_unchanged()

    # edits

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
        """Put another experiment in place, undoably; `dataset` holds rows loaded already.

        Nothing happens while another change (or its undo) is being shown: an editor that is taken
        away then emits what was half typed in it.
        """
        old = self.run
        if self._is_changing or experiment == old.experiment:
            return
        cuts = not self.is_live and effect_of(old.experiment, experiment) != "view"
        self._apply(experiment, dataset)
        self._remember(old, drag, cuts)
        command = ReplaceExperiment(self._return_to, old, experiment, drag, cuts)
        self.undo_stack.push(command)

    def put(self, experiment: Experiment, afresh: bool = False) -> None:
        """Put another experiment in place for a command that brings its own undo.

        With `afresh`, training begins anew whatever has changed.
        """
        if experiment != self.experiment:
            self._apply(experiment, load_dataset(experiment.data) if afresh else None)

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
        if self._is_changing or with_parameters(before, indices, values).same_bits(before):
            return
        if not self.is_live:
            self._branch_here(self.tr("change of an earlier step"))
        put = functools.partial(self._put_parameters, self.run.architecture)
        put(indices, values)
        old = before.parameters[indices]
        self.undo_stack.push(SetParameters(put, indices, old, values, drag))

    # files

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
        self.message.emit(self.tr("Reading {0}").format(name))
        self.background.run("open", work, self._use_opened, self._on_not_opened)
        self._set_opening(opening)

    def cancel_opening(self) -> None:
        """Give up reading a file; everything stays as it is."""
        self.background.cancel("open")
        self._set_opening(None)
        self.message.emit(self.tr("Reading was stopped; everything is as it was."))

    def resume(self, run: Run, view: View, step: int = -1) -> None:
        """Go on with a run from a file, undoably; the view comes with it.

        Parameters
        ----------
        step : int
            The one looked at; by default the latest.
        """
        old = self.run
        self.pause()
        self._put_run(run, run.experiment)
        self._use_view(view)
        self._push_run(old, self.tr("opening"))
        if 0 <= step < run.history.latest.step:
            self.scrub(step)

    def saved(self) -> SavedSession:
        """Return all that a session file holds of what is present; nothing is copied."""
        history = self.run.history
        saved = SavedSession(
            self.experiment,
            self.view,
            self.state,
            extra=dict(self.file.extra),
            engine=history.engine.name,
            history=SavedHistory.of(history),
        )
        is_work = (
            self.undo_stack.count() > 0
            or bool(self.file.path)
            or self.experiment != self._first_experiment
        )
        name = self.run.name
        return described(saved, name, self._text_of_model(), is_work)

    # inside

    def _key(self) -> object:
        history = self.run.history
        return self.experiment, self.view, history, history.latest, self.state.step

    def _text_of_model(self) -> str:
        model, hidden = self.experiment.model, self.experiment.model.hidden
        epoch = self.state.epoch
        if not hidden:
            return self.tr("logistic regression, epoch {0}").format(epoch)
        widths = "-".join(map(str, hidden))
        return self.tr("{0} {1} units, epoch {2}").format(widths, model.activation, epoch)

    def _play(self, steps: float) -> None:
        if not self.is_live:
            self._branch_here(self.tr("going on from an earlier step"))
        self.player.play(steps)

    def _use_view(self, view: View) -> None:
        old, self.view = self.view, view
        if view != old:
            self.view_changed.emit(old, view)

    def _branch_here(self, text: str) -> None:
        """Go on from the step looked at; what came after it stays with the run put aside."""
        old = self.run
        branch = old.history.branch(self.state.step)
        self._put_run_aside(old)
        self._replace_run(replace(old, history=branch), keep_ghost=True)
        self._push_run(old, text)
        self._tell_put_aside(old)

    def _put_run_aside(self, run: Run) -> None:
        """Keep a run, so that undo and the list of earlier runs can bring it back."""
        if run.history.latest.step > 0 or run.history.edits[-1].state is not None:
            self.earlier_runs.add(run)
            self.earlier_runs_changed.emit()

    def _tell_put_aside(self, run: Run) -> None:
        epochs = run.history.latest.epoch
        if epochs > 0:
            said = self.tr("The run of {0} epochs was put aside; undo brings it back.")
            self.message.emit(said.format(f"{epochs:,}"))

    def _push_run(self, old: Run, text: str) -> None:
        self.undo_stack.push(ReplaceRun(self._return_to_run, old, self.run, text))

    def _return_to_run(self, run: Run | None, experiment: Experiment) -> Run:
        """Undo or redo a `ReplaceRun`."""
        old = self.run
        self.pause()
        if run is None:
            self.message.emit(self.tr("That run is no longer kept; it begins anew."))
        try:
            fresh = run or start_run(experiment, choose_engine=self._choose_engine)
        except UserError as error:
            self.failed.emit(error)
            return old
        self._put_run(fresh, experiment)
        return old

    def _put_run(self, run: Run, experiment: Experiment) -> None:
        """Put a run in the place of the present one, which is put aside."""
        old = self.run
        self._put_run_aside(old)
        with self._changing():
            self.ghosts = [ghost for ghost in self.ghosts if ghost.history is not run.history]
            self._replace_run(run, keep_ghost=run.dataset is old.dataset)
            if run.experiment != old.experiment:
                self.experiment_changed.emit(old.experiment, run.experiment)
            self.state_changed.emit()

    def _replace_run(self, run: Run, keep_ghost: bool) -> None:
        old = self.run
        if keep_ghost and old.history.latest.step > 0:
            self.ghosts = [*self.ghosts, old][-MOST_GHOSTS:]
        elif run.prepared.classes != old.prepared.classes:
            self.ghosts = []
        if run.memo is not old.memo:
            old.memo.clear()  # the old run is put aside, and its cached results only take memory
        self.run = run
        self.player.load(run)
        if _looks_different(old, run):
            self._use_view(self.view.for_other_data(*most_separating_pair(run.dataset)))
        elif old.architecture != run.architecture:
            self._use_view(self.view.for_other_model())
        self.run_changed.emit()

    def _remember(self, run: Run, drag: object = None, cuts: bool = False) -> None:
        """Keep a run that an edit has ended, so that undo brings it back; of a drag, the first."""
        is_same_drag = drag is not None and drag == self._last_drag
        self._last_drag = drag
        ends = effect_of(run.experiment, self.experiment) == "restart"
        if (ends or cuts) and not is_same_drag:
            self._put_run_aside(run)
            self._tell_put_aside(run)

    def _return_to(self, experiment: Experiment, run: Run | None, brings_run: bool) -> Run:
        """Undo or redo an edit; the run that ended with it goes on, while it is remembered."""
        old = self.run
        ends = effect_of(old.experiment, experiment) == "restart"
        is_there = (ends or brings_run) and run is not None and run.experiment == experiment
        try:
            self._apply(experiment, ended=run if is_there else None)
        except UserError as error:
            self.failed.emit(error)
            return old
        self._remember(old, cuts=brings_run)
        return old

    def _apply(
        self, experiment: Experiment, dataset: Dataset | None = None, ended: Run | None = None
    ) -> None:
        """Put an experiment in place, with rows loaded already or a run that an edit had ended."""
        old = self.run
        with self._changing():
            effect = effect_of(old.experiment, experiment)
            if ended is not None:
                self._start_or_branch(experiment, dataset, ended, effect)
            elif effect == "live" and self.is_live:
                self.run = replace(old, experiment=experiment)
                self.player.change_problem(old.history.problem.with_training(experiment.training))
            elif effect == "view":
                self.run = replace(old, experiment=experiment)
            else:
                self._start_or_branch(experiment, dataset, ended, effect)
            self.experiment_changed.emit(old.experiment, experiment)
            self.state_changed.emit()

    def _start_or_branch(
        self, experiment: Experiment, dataset: Dataset | None, ended: Run | None, effect: str
    ) -> None:
        """Replace the run by one of another experiment."""
        old, was_playing = self.run, self.is_playing
        if ended is not None:
            run = ended
        elif dataset is not None:
            run = start_run(experiment, dataset, self._choose_engine)
        else:
            run = edited_run(old, experiment, self.state.step, self._choose_engine)
        self.ghosts = [ghost for ghost in self.ghosts if ghost.history is not run.history]
        goes_on = effect != "restart" and self.is_live
        has_same_rows = run.dataset is old.dataset
        self._replace_run(run, keep_ghost=has_same_rows and not goes_on)
        if was_playing:
            self.play()

    @contextmanager
    def _changing(self) -> Iterator[None]:
        before, self._is_changing = self._is_changing, True
        try:
            yield
        finally:
            self._is_changing = before

    def _put_parameters(
        self, architecture: Architecture, indices: np.ndarray, values: np.ndarray
    ) -> None:
        if self.run.architecture is not architecture:
            return  # another network has taken the place of the one that the indices belong to
        if self.is_playing:
            self.player.set_parameters(indices, values)
            return
        if not self.is_live:  # undone while an earlier step was looked at
            self._put_run_aside(self.run)
            branch = self.run.history.branch(self.state.step)
            self._replace_run(replace(self.run, history=branch), keep_ghost=True)
        history = self.run.history
        state = with_parameters(history.latest, indices, values)
        problem = history.problem.with_training(self.experiment.training)
        history.record_edit(state.step, problem, state)
        self.player.load(self.run)
        self.state_changed.emit()

    def _set_opening(self, opening: Opening | None) -> None:
        self.opening = opening
        self.opening_changed.emit()

    def _on_not_opened(self, error: BaseException) -> None:
        self._set_opening(None)
        self.message.emit("")
        self.failed.emit(error)

    def _use_opened(self, opened: Run) -> None:
        self._set_opening(None)
        try:
            self.replace(opened.experiment, opened.dataset)
        except UserError as error:
            self.failed.emit(error)
            return
        self.message.emit(" ".join(opened.dataset.notes))

    def _on_session_opened(self, opened: OpenedSession) -> None:
        self._opened = opened
        state = opened.saved.state
        self.resume(opened.run, opened.saved.view, state.step if state is not None else -1)


def _looks_different(old: Run, new: Run) -> bool:
    """Tell whether a view of one run would mean something else in the other."""
    names = [[column.name for column in run.prepared.inputs] for run in (old, new)]
    return names[0] != names[1] or old.prepared.classes != new.prepared.classes
