"""A sheet of painted points, what is learnt from it, and the undoing of a stroke."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from weakref import WeakMethod

from PySide6.QtGui import QUndoCommand

from core.data.data_knobs import DataChoices
from core.data.gallery import PAINTED
from core.data.painted import can_be_learnt
from core.experiment.experiment import Experiment

if TYPE_CHECKING:
    from core.data.painted import Points

MERGING_STROKES = 3
_KEPT = ("train", "validation", "scaling", "class_weights", "custom_weights", "seed")


@dataclass(frozen=True, slots=True)
class Sheet:
    """Painted points and the experiment beside them.

    Attributes
    ----------
    experiment : Experiment
    points : tuple of (x, y, class)
    is_local : bool
        Whether the points are only on the sheet: there are too few to learn from, and the
        experiment is what it was before.
    is_new : bool
        Whether a local sheet was begun blank, so that training begins anew with it.
    """

    experiment: Experiment
    points: Points
    is_local: bool = False
    is_new: bool = False

    def repainted(self, points: Points) -> Sheet:
        """Return the sheet with other points, learnt from where there are enough of them."""
        if not can_be_learnt(points):
            return replace(self, points=points, is_local=True)
        data = self.experiment.data
        if data.source != PAINTED.name:  # what thins or flips rows has had its effect already
            kept = {name: getattr(data, name) for name in _KEPT}
            data = DataChoices(source=PAINTED.name, **kept)
        experiment = replace(self.experiment, data=data).replacing("data.painted", points)
        return Sheet(experiment, experiment.data.painted)


class PaintStroke(QUndoCommand):
    """Put one sheet in the place of another; the moves of one stroke merge into one undo.

    Parameters
    ----------
    use : bound method
        Puts a sheet in place.
    before, after : Sheet
    text : str
        What was done, for the menu.
    stroke : object
        The same for all moves of one stroke.
    """

    def __init__(
        self, use: Callable[[Sheet], None], before: Sheet, after: Sheet, text: str, stroke: object
    ) -> None:
        super().__init__(text)
        self._use = WeakMethod(use)  # the panel may be gone before its strokes are
        self._before = before
        self._after = after
        self._stroke = stroke
        self._is_done = True

    def id(self) -> int:
        """Return the number by which Qt finds commands that may merge."""
        return MERGING_STROKES

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take over the later move of the same stroke."""
        if not isinstance(other, PaintStroke) or other._stroke is not self._stroke:
            return False
        self._after = other._after
        return True

    def redo(self) -> None:
        """Put the new sheet in place; the first time it is there already."""
        if self._is_done:
            self._is_done = False
            return
        self._put(self._after)

    def undo(self) -> None:
        """Put the old sheet back."""
        self._put(self._before)

    def _put(self, sheet: Sheet) -> None:
        use = self._use()
        if use is not None:
            use(sheet)
