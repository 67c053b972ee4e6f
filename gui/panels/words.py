"""Numbers and sentences that several panels share."""

from __future__ import annotations

import math

from core.data.dataset import Dataset
from core.explain.planes import Axis
from core.scenes.boundary_scene import BoundaryScene
from gui.style.number_text import number, percent, tr

MOST_HELD_NAMED = 3


def axis_label(axis: Axis) -> str:
    """Return what an axis of the boundary says."""
    if axis.name:
        return axis.name
    return tr("principal component {0} ({1} of the variance)").format(
        axis.feature + 1, percent(axis.share)
    )


def level_or_number(dataset: Dataset, feature: int, value: float) -> str:
    """Return a raw value as a person writes it: a level's name, or a number."""
    levels = dataset.features[feature].levels
    if not levels:
        return number(value)
    known = math.isfinite(value) and 0 <= int(value) < len(levels)
    return levels[int(value)] if known else tr("missing")


def plane_note(dataset: Dataset, scene: BoundaryScene) -> str:
    """Say what is done with the features that are on no axis; nothing where there are none."""
    plane = scene.plane
    if plane.kind == "components":
        return tr("Plane through the mean of the train rows along the first two components.")
    if plane.kind == "average":
        return tr(
            "Averaged over the other features of {0} train rows (partial dependence)."
        ).format(number(scene.surface.averaged))
    if plane.kind == "slice":
        shown = {axis.feature for axis in plane.axes}
        others = [j for j in range(dataset.n_features) if j not in shown]
        named = ", ".join(
            f"{dataset.features[j].name} = {level_or_number(dataset, j, plane.stand_ins[0, j])}"
            for j in others[:MOST_HELD_NAMED]
        )
        more = len(others) - MOST_HELD_NAMED
        end = tr(" and {0} more").format(more) if more > 0 else ""
        return tr("Slice at {0}{1}.").format(named, end)
    return ""


def points_note(scene: BoundaryScene) -> str:
    """Say when no row or not every row is drawn; nothing where all are."""
    drawn, total = len(scene.rows.rows), scene.rows.total
    if not total:
        return tr("No rows are drawn: choose a part above.")
    if drawn == total:
        return ""
    return tr("{0} of {1} rows are drawn, chosen at random.").format(number(drawn), number(total))
