"""What is present: the run, its ghosts, the view and the step being looked at."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from core.data.dataset import Dataset
from core.experiment.experiment import Experiment
from core.experiment.view import View
from core.explain.planes import most_separating_pair
from core.run.run import Run, start_run
from core.training.numpy_engine import numpy_engine
from core.training.problem import ChooseEngine, Divergence, Problem, TrainState
from core.training.recorded_metrics import mean_loss, measured_by_part, parts_of
from gui.session.background import Background
from gui.session.trainer import Runner

MOST_GHOSTS = 5


class Present(QObject):
    """Holds what is present, and the threads that work on it; `gui.session` alone changes it.

    Signals
    -------
    run_changed : ()
        Another run, or the same with another data set or architecture.
    experiment_changed : (old, new)
    view_changed : (old, new)
    frame : ()
        At most one a tick: the state looked at or the recorded figures have changed.
    glance : ()
        After a frame, but while training goes on at most ten times a second: for what is read
        rather than watched.
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
    text_due = Signal()
    playing_changed = Signal(bool)
    opening_changed = Signal()
    message = Signal(str)
    marks_changed = Signal()
    failed = Signal(object)

    def __init__(
        self,
        experiment: Experiment,
        dataset: Dataset | None = None,
        choose_engine: ChooseEngine = numpy_engine,
        parent: QObject | None = None,
        awake: bool = True,
    ) -> None:
        super().__init__(parent)
        self.choose_engine = choose_engine
        self.run: Run = start_run(experiment, dataset, choose_engine)
        self.ghosts: list[Run] = []
        self.view = View().for_other_data(*most_separating_pair(self.run.dataset))
        self.marks: dict[str, float] = {}
        self.background = Background(self)
        self.runner = Runner(awake)
        self.divergence: Divergence | None = None
        self._looked_at: TrainState | None = None
        self._load()

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

    def close(self) -> None:
        """End every thread."""
        self.runner.close()
        self.background.close()

    def _use_view(self, view: View) -> None:
        old, self.view = self.view, view
        if view != old:
            self.view_changed.emit(old, view)

    def _branch_here(self) -> None:
        branch = self.run.history.branch(self.state.step)
        self._replace_run(replace(self.run, history=branch), keep_ghost=True)

    def _replace_run(self, run: Run, keep_ghost: bool) -> None:
        if keep_ghost and self.run.history.latest.step > 0:
            self.ghosts = [*self.ghosts, self.run][-MOST_GHOSTS:]
        elif run.prepared.classes != self.run.prepared.classes:
            self.ghosts = []
        old = self.run
        self.run = run
        if run.memo is not old.memo:
            old.memo.clear()  # a ghost, or a run to be undone to, keeps no pictures
        self._looked_at = None
        self.divergence = None
        if _looks_different(old, run):
            self._use_view(self.view.for_other_data(*most_separating_pair(run.dataset)))
        elif old.architecture != run.architecture:
            self._use_view(self.view.for_other_model())
        self._load()
        self.run_changed.emit()

    def _load(self) -> None:
        history = self.run.history
        parts = parts_of(self.run.prepared, self.run.sample_weights)

        def figures(problem: Problem, state: TrainState) -> Iterator[Mapping[str, float]]:
            return measured_by_part(problem, parts, state)

        def validation_loss(state: TrainState) -> float:
            return mean_loss(history.problem, parts[1], state)

        self.runner.load(history.engine, history.problem, history.latest, figures, validation_loss)


def _looks_different(old: Run, new: Run) -> bool:
    """Tell whether a view of one run would mean something else in the other."""
    names = [[put.name for put in run.prepared.inputs] for run in (old, new)]
    return names[0] != names[1] or old.prepared.classes != new.prepared.classes
