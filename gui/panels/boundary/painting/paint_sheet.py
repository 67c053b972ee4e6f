"""The sheet of painted points, the undo of a stroke, and which data can be painted on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from weakref import WeakMethod

from PySide6.QtGui import QUndoCommand

from core.base.knobs import knobs_of
from core.data.data_knobs import DataChoices
from core.data.dataset import Dataset
from core.data.gallery import PAINTED
from core.data.painted import can_be_learnt, points_of
from core.experiment.experiment import Experiment
from core.explain.planes import Limits, plane_of
from core.run.run import Run
from gui.panels.panel_text import tr
from gui.session.session import Session

if TYPE_CHECKING:
    from core.data.painted import Points


MERGING_STROKES = 3


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
            kept = {
                name: getattr(data, name)
                for name, knob in knobs_of(DataChoices).items()
                if not knob.reloads
            }
            data = DataChoices(source=PAINTED.name, seed=data.seed, **kept)
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


MOST_TAKEN = 4_000  # of a data set's rows, so that there is room for more


def points_to_paint(run: Run) -> Points:
    """Return the points of a run's data set, at most 4 000; none where it cannot be painted on."""
    if run.experiment.data.source == PAINTED.name:
        return run.experiment.data.painted
    if run.dataset.n_classes > MOST_CLASSES:
        return ()
    return points_of(run.dataset, MOST_TAKEN)


def why_no_points(dataset: Dataset) -> str:
    """Say why a data set cannot be painted on."""
    if dataset.n_classes > MOST_CLASSES:
        why = tr("{0} has {1} classes, more than the {2} that can be painted.")
        return why.format(dataset.name, dataset.n_classes, MOST_CLASSES)
    why = tr("The rows of {0} are not points of two numbers, so you cannot paint on them.")
    return why.format(dataset.name)


def limits_of(session: Session) -> Limits:
    """Return what a session's plane spans."""
    run = session.run
    return plane_of(run, session.view).limits


def around(limits: Limits, points: Points) -> Limits:
    """Return limits that hold every point.

    Examples
    --------
    >>> around((0.0, 1.0, 0.0, 1.0), ((0.5, 2.0, 0), (-1.0, 0.5, 1)))
    (-1.0, 1.0, 0.0, 2.0)
    """
    x, y = [point[0] for point in points], [point[1] for point in points]
    return min(limits[0], *x), max(limits[1], *x), min(limits[2], *y), max(limits[3], *y)


MOST_CLASSES = 8
