"""What there is to paint on: a run's points, the limits they span, and words about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.data.dataset import Dataset
from core.data.gallery import PAINTED
from core.data.painted import classes_of, points_of
from core.explain.planes import Limits, plane_of
from core.run.run import Run
from gui.panels.painting_brushes import MOST_CLASSES
from gui.session.session import Session
from gui.style.number_text import number, tr

if TYPE_CHECKING:
    from core.data.painted import Points
    from gui.panels.painting import Painter

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
    return plane_of(run.dataset, run.prepared, session.view).limits


def around(limits: Limits, points: Points) -> Limits:
    """Return limits that hold every point.

    Examples
    --------
    >>> around((0.0, 1.0, 0.0, 1.0), ((0.5, 2.0, 0), (-1.0, 0.5, 1)))
    (-1.0, 1.0, 0.0, 2.0)
    """
    x, y = [point[0] for point in points], [point[1] for point in points]
    return min(limits[0], *x), max(limits[1], *x), min(limits[2], *y), max(limits[3], *y)


def painting_note(painter: Painter) -> str:
    """Say what painting waits for, what was left out, or what is there: always one line.

    Were there a line at some times only, the plot would move under the mouse.
    """
    points = painter.sheet.points
    if not painter.is_painting:
        return ""
    from core.data.painted import MOST_POINTS

    if painter.is_local:
        said = tr("Paint at least three points, of two classes.")
        if not points:
            return said
        if classes_of(points) == 1:
            so_far = tr("So far: {0} of class {1}.").format(len(points), points[0][2])
        else:
            so_far = tr("So far: {0}.").format(len(points))
        return f"{said} {so_far}"
    if len(points) >= MOST_POINTS:
        return tr("The sheet is full: {0} points are the most.").format(number(MOST_POINTS))
    dataset = painter.session.run.dataset
    if len(points) < dataset.n_samples:
        return tr("{0} of {1} rows are taken along.").format(
            number(len(points)), number(dataset.n_samples)
        )
    said = tr("{0} points of {1} classes. Esc ends painting.")
    return said.format(number(len(points)), classes_of(points))
