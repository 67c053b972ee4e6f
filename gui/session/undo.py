"""Undo commands: another experiment in place, and parameters set by hand."""

from __future__ import annotations

from collections.abc import Callable
from weakref import ref

import numpy as np
from PySide6.QtGui import QUndoCommand

from core.experiment.experiment import Experiment, knob_at
from core.run.run import Run

EXPERIMENT_ID, PARAMETERS_ID = 1, 2  # by which Qt finds commands that may merge


class ReplaceExperiment(QUndoCommand):
    """Put one experiment in the place of another; the moves of one drag merge into one undo.

    Parameters
    ----------
    apply : callable
        Takes an experiment and the run that had it last, and puts them in place; gives back the
        run that was there.
    old : Run
        The run before.
    new : Experiment
    drag : object or None
        The same for all moves of one drag; None where the change stands alone.
    brings_run : bool
        Whether undo restores the old run even after an edit that keeps the weights, because the
        edit was made at an earlier step and dropped the later ones.
    """

    def __init__(
        self,
        apply: Callable[[Experiment, Run | None, bool], Run],
        old: Run,
        new: Experiment,
        drag: object = None,
        brings_run: bool = False,
    ) -> None:
        super().__init__(_describe(old.experiment, new))
        self._apply = apply
        self._old = old.experiment
        self._old_run = ref(old)  # the session keeps as many runs as it wants
        self._new = new
        self._new_run: ref[Run] | None = None
        self._drag = drag
        self._brings_run = brings_run
        self._is_done = True

    def id(self) -> int:
        """Return the number of the kind of command, for merging; -1 where this one stands alone."""
        return EXPERIMENT_ID if self._drag is not None else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take over the later move of the same drag."""
        if not isinstance(other, ReplaceExperiment) or other._drag != self._drag:
            return False
        self._new = other._new
        self.setText(_describe(self._old, self._new))
        return True

    def redo(self) -> None:
        """Put the new experiment in place; at the first call, by `push`, it is there already."""
        if self._is_done:
            self._is_done = False
            return
        run = self._new_run() if self._new_run else None
        self._apply(self._new, run, self._brings_run)

    def undo(self) -> None:
        """Put the old experiment back."""
        self._new_run = ref(self._apply(self._old, self._old_run(), self._brings_run))


class ReplaceRun(QUndoCommand):
    """Put one run in the place of another: a restart, a branch, a session opened, a return.

    Parameters
    ----------
    put : callable
        Takes a run, or None where it is no longer kept, and its experiment, and puts it in place;
        gives back the run that was there.
    old : Run
        The run before.
    new : Run
    text : str
        What undo would undo.
    """

    def __init__(
        self, put: Callable[[Run | None, Experiment], Run], old: Run, new: Run, text: str
    ) -> None:
        super().__init__(text)
        self._put = put
        self._old, self._old_experiment = ref(old), old.experiment
        self._new, self._new_experiment = ref(new), new.experiment
        self._is_done = True

    def redo(self) -> None:
        """Put the new run in place; at the first call, by `push`, it is there already."""
        if self._is_done:
            self._is_done = False
            return
        old = self._put(self._new(), self._new_experiment)
        self._old, self._old_experiment = ref(old), old.experiment

    def undo(self) -> None:
        """Put the old run back."""
        new = self._put(self._old(), self._old_experiment)
        self._new, self._new_experiment = ref(new), new.experiment


class SetParameters(QUndoCommand):
    """Give some parameters other values; the moves of one drag merge into one undo.

    Parameters
    ----------
    put : callable
        Takes (m,) indices and (m,) values and gives those parameters those values.
    indices : (m,) int array
    old, new : (m,) arrays
    drag : object or None
        The same for all moves of one drag; None where the change stands alone.
    """

    def __init__(
        self,
        put: Callable[[np.ndarray, np.ndarray], None],
        indices: np.ndarray,
        old: np.ndarray,
        new: np.ndarray,
        drag: object = None,
    ) -> None:
        super().__init__("parameters" if len(indices) > 1 else "parameter")
        self._put = put
        self._indices = indices
        self._old = old
        self._new = new
        self._drag = drag
        self._is_done = True

    def id(self) -> int:
        """Return the number of the kind of command, for merging; -1 where this one stands alone."""
        return PARAMETERS_ID if self._drag is not None else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take over the later move of the same drag."""
        if not isinstance(other, SetParameters) or other._drag != self._drag:
            return False
        if not np.array_equal(other._indices, self._indices):
            return False
        self._new = other._new
        return True

    def redo(self) -> None:
        """Put the new values in place; at the first call, by `push`, they are there already."""
        if self._is_done:
            self._is_done = False
            return
        self._put(self._indices, self._new)

    def undo(self) -> None:
        """Put the old values back."""
        self._put(self._indices, self._old)


def _describe(old: Experiment, new: Experiment) -> str:
    paths = old.changes(new)
    return knob_at(paths[0]).label if len(paths) == 1 else "settings"
