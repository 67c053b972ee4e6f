"""The one undoable command: replace the experiment."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QUndoCommand

from core.experiment import Experiment, knob_at

MERGING = 1


class ReplaceExperiment(QUndoCommand):
    """Put one experiment in the place of another; the moves of one drag merge into one undo.

    Parameters
    ----------
    apply : callable
        Puts an experiment in place, or raises a `UserError` and changes nothing.
    drag : object or None
        The same for all moves of one drag; None where the change stands alone.
    """

    def __init__(
        self,
        apply: Callable[[Experiment], None],
        old: Experiment,
        new: Experiment,
        drag: object = None,
    ) -> None:
        super().__init__(_describe(old, new))
        self._apply = apply
        self._old = old
        self._new = new
        self._drag = drag
        self._is_done = True

    def id(self) -> int:
        """Return the number by which Qt finds commands that may merge."""
        return MERGING if self._drag is not None else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take over the later move of the same drag."""
        if not isinstance(other, ReplaceExperiment) or other._drag != self._drag:
            return False
        self._new = other._new
        self.setText(_describe(self._old, self._new))
        return True

    def redo(self) -> None:
        """Put the new experiment in place; the first time it is there already."""
        if self._is_done:
            self._is_done = False
            return
        self._apply(self._new)

    def undo(self) -> None:
        """Put the old experiment back."""
        self._apply(self._old)


def _describe(old: Experiment, new: Experiment) -> str:
    paths = old.changes(new)
    return knob_at(paths[0]).label if len(paths) == 1 else "settings"
