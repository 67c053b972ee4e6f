"""The one owner of present state: every change to it goes through here, and can be undone."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtGui import QUndoStack

from core.base.errors import UserError
from core.data.dataset import Dataset
from core.data.gallery import OWN_FILE
from core.data.loading import load_dataset
from core.experiment.experiment import Experiment
from core.experiment.view import View
from core.model.architecture import Architecture
from core.run.history import with_parameters
from core.run.run import Run, edited_run, effect_of, start_run
from core.training.numpy_engine import numpy_engine
from core.training.problem import ChooseEngine
from gui.session.autosave import Autosave
from gui.session.player import Playback
from gui.session.undo import ReplaceExperiment, SetParameters

MOST_ENDED = 5


class Opening:
    """A file that is being read in the background: how far, and whether it is still wanted."""

    def __init__(self, is_wanted: Callable[[], bool]) -> None:
        self.is_wanted = is_wanted
        self.fraction = 0.0

    def progress(self, fraction: float) -> bool:
        """Note how much is read; return whether to go on."""
        self.fraction = fraction
        return self.is_wanted()


class Session(Playback):
    """Changes what is present, undoably; panels listen and draw.

    Attributes
    ----------
    undo_stack : QUndoStack
    keeper : Autosave
        Saves and opens session files.
    opening : Opening or None
        The file that is being read.
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
        self.undo_stack = QUndoStack(self)
        self.keeper = Autosave(self)
        self.opening: Opening | None = None
        self._ended: list[Run] = []
        self._dragged: object = None
        self._is_changing = False

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
        away then tells what was half typed in it.
        """
        old = self.run
        if self._is_changing or experiment == old.experiment:
            return
        self._apply(experiment, dataset)
        self._remember(old, drag)
        self.undo_stack.push(ReplaceExperiment(self._return_to, old, experiment, drag))

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
        put = functools.partial(self._put_parameters, self.run.architecture)
        put(indices, values)
        old = before.parameters[indices]
        self.undo_stack.push(SetParameters(put, indices, old, values, drag))

    def new_seed(self) -> None:
        """Begin again with other first weights and another order of the rows."""
        self.edit("model.seed", (self.experiment.model.seed + 1) % 1_000_000)

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

    def resume(self, run: Run, view: View) -> None:
        """Go on with a run from a file, undoably; the view comes with it."""
        old = self.run
        self.pause()
        with self._changing():
            self._replace_run(run, keep_ghost=False)
            self._use_view(view)
            if run.experiment != old.experiment:
                self._remember(old)
                self.undo_stack.push(ReplaceExperiment(self._return_to, old, run.experiment))
            self.experiment_changed.emit(old.experiment, run.experiment)
            self.frame.emit()

    def close(self) -> None:
        """Keep the session, and end every thread and timer."""
        self.keeper.close()
        super().close()

    def _remember(self, run: Run, drag: object = None) -> None:
        """Keep a run that an edit has ended, so that undo brings it back; of a drag, the first."""
        is_same_drag = drag is not None and drag == self._dragged
        self._dragged = drag
        if effect_of(run.experiment, self.experiment) == "restart" and not is_same_drag:
            self._ended = [*(kept for kept in self._ended if kept is not run), run][-MOST_ENDED:]

    def _return_to(self, experiment: Experiment, run: Run | None) -> Run:
        """Undo or redo an edit; what ended with it goes on where it was, while it is remembered."""
        old = self.run
        ends = effect_of(old.experiment, experiment) == "restart"
        is_there = ends and run is not None and run.experiment == experiment
        try:
            self._apply(experiment, ended=run if is_there else None)
        except UserError as error:
            self.failed.emit(error)
            return old
        self._remember(old)
        return old

    def _apply(
        self, experiment: Experiment, dataset: Dataset | None = None, ended: Run | None = None
    ) -> None:
        """Put an experiment in place, with rows loaded already or a run that an edit had ended."""
        with self._changing():
            self._apply_and_tell(experiment, dataset, ended)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        before, self._is_changing = self._is_changing, True
        try:
            yield
        finally:
            self._is_changing = before

    def _apply_and_tell(
        self, experiment: Experiment, dataset: Dataset | None, ended: Run | None
    ) -> None:
        old, old_run = self.experiment, self.run
        effect = effect_of(old, experiment)
        was_playing = self.is_playing
        if effect == "live" and self.is_live:
            self.run = replace(old_run, experiment=experiment)
            self.runner.change(old_run.history.problem.with_training(experiment.training))
        elif effect == "view":
            self.run = replace(old_run, experiment=experiment)
        else:
            if ended is not None:
                new_run = ended
            elif dataset is not None:
                new_run = start_run(experiment, dataset, self.choose_engine)
            else:
                step = self.state.step
                new_run = edited_run(old_run, experiment, step, self.choose_engine)
            self.ghosts = [one for one in self.ghosts if one.history is not new_run.history]
            branches = effect != "restart" and self.is_live
            same_rows = new_run.dataset is old_run.dataset
            self._replace_run(new_run, keep_ghost=same_rows and not branches)
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
        state = with_parameters(history.latest, indices, values)
        problem = history.problem.with_training(self.experiment.training)
        history.record_edit(state.step, problem, state)
        self._load()
        self.frame.emit()

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
