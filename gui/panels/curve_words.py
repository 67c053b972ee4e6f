"""What the curves panel says: the present figures, or what is under the mouse."""

from __future__ import annotations

import math

import numpy as np

from core.scenes.loss_scene import CurvesScene, EditMark
from gui.style.number_text import figure, number, tr
from gui.style.theme import theme

NEAR_PIXELS = 4.0


def place_on(value: float, is_log: bool) -> float:
    """Return where a value lies on an axis."""
    return math.log10(value) if is_log else value


def legend(scene: CurvesScene) -> str:
    """Return the present figure of each line."""
    values = " &nbsp; ".join(
        f"{line.split} <b>{figure(line.last)}</b>".strip() for line in scene.lines
    )
    return values or tr("Press play: the figures appear here as the model learns.")


def reading_at(scene: CurvesScene, mouse: float, pixel: float) -> str:
    """Return what is at a place of the horizontal axis, a pixel being so wide there; "" if nothing.

    An edit or the turn within a few pixels comes before the figures.
    """
    for edit in scene.edits:
        if abs(place_on(max(edit.place, 1e-9), scene.log_x) - mouse) < NEAR_PIXELS * pixel:
            return _edit_words(edit)
    if abs(place_on(max(scene.turn, 1e-9), scene.log_x) - mouse) < NEAR_PIXELS * pixel:
        return turn_words()
    x = 10.0**mouse if scene.log_x else mouse
    values = [
        f"{line.split} <b>{figure(float(np.interp(x, line.x, line.y)))}</b>".strip()
        for line in scene.lines
        if line.x[0] <= x <= line.x[-1]
    ]
    where = tr("epoch {0}") if scene.by_epoch else tr("step {0}")
    return f"{where.format(number(round(x, 1)))}: {' &nbsp; '.join(values)}" if values else ""


def turn_words() -> str:
    """Say what the mark at the turn means."""
    text = tr("log loss turned here; accuracy did not")
    return f"<span style='color:{theme().warning}'>{text}</span>"


def _edit_words(edit: EditMark) -> str:
    changes = ", ".join(
        f"{tr(label)} {_word(old)} → <b>{_word(new)}</b>" for label, old, new in edit.changes
    )
    if edit.by_hand:
        return changes or tr("A parameter was set by hand here.")
    return changes or tr("The data changed here.")


def _word(value: object) -> str:
    return number(value) if isinstance(value, float) else str(value)
