"""What the loss surface panel says in numbers and sentences."""

from __future__ import annotations

import math

from core.explain.loss_surface import LossSurface, is_affordable
from core.run.run import Run
from core.scenes.landscape_scene import LandscapeScene, height_at
from core.scenes.network_scene import places_of
from gui.panels.panel_text import SYMBOLS, tr
from gui.style.number_text import format_count, format_number
from gui.style.theme import theme

MOST_NAMED = 400  # parameters in a list


def parameter_names(run: Run) -> list[tuple[str, object]]:
    """Return the parameters that can be chosen, by name, with their places in the flat vector."""
    architecture = run.architecture
    last = len(architecture.layers) - 1
    inputs = [made.name for made in run.prepared.inputs]
    outputs = run.prepared.classes[-architecture.n_outputs :]
    named: list[tuple[str, object]] = []
    for layer, shape in enumerate(architecture.layers):
        for unit in range(shape.units):
            own = tr("unit {0}.{1}").format(layer + 1, unit + 1)
            owner = own if layer < last else outputs[unit]
            if last == 0 and architecture.n_outputs == 1:
                owner = ""
            for place in places_of(architecture, layer, unit):
                of_unit = tr("unit {0}.{1}").format(layer, place.source + 1)
                source = inputs[place.source] if layer == 0 else of_unit
                text = f"w {source}" if place.name == "weight" else SYMBOLS[place.name]
                named.append((f"{text} → {owner}" if owner else text, place.index))
            if len(named) >= MOST_NAMED:
                return sorted(named[:MOST_NAMED], key=lambda pair: int(str(pair[1])))
    return sorted(named, key=lambda pair: int(str(pair[1])))


def axis_name(names: list[tuple[str, object]], index: int) -> str:
    """Return what an axis of a pair's plane says."""
    return next((text for text, place in names if place == index), str(index))


def legend(scene: LandscapeScene) -> str:
    """Say what is drawn over the surface, and the loss at the present weights."""
    chosen = theme()
    parts = [
        _sample(chosen.accent, "●", tr("now, loss {0}").format(format_number(scene.loss))),
        _sample(chosen.accent, "○", tr("the start")),
        _sample(chosen.accent, "—", tr("the way")),
    ]
    if len(scene.ellipse):
        parts.append(_sample(chosen.calibrated, "⬭", tr("equal rise, by the curvature")))
    return " &nbsp; ".join(parts)


def reading(scene: LandscapeScene, x: float, y: float) -> str:
    """Return the loss under the mouse, beside that at the present weights."""
    if scene.surface is None:
        return ""
    here = height_at(scene.surface, x, y)
    return tr("loss <b>{0}</b> at ({1}, {2}); now {3}. A click moves the weights there.").format(
        format_number(here, digits=4),
        format_number(x),
        format_number(y),
        format_number(scene.loss, digits=4),
    )


def moved_message(before: float, after: float) -> str:
    """Say that a click has moved the weights, and how to take that back."""
    return tr("You moved the weights: loss {0} → {1}. Undo (Ctrl+Z) takes it back.").format(
        format_number(before), format_number(after)
    )


def _sample(colour: str, glyph: str, name: str) -> str:
    return f"<span style='color:{colour}'>{glyph}</span> {name}"


def curvature_note(scene: LandscapeScene, run: Run) -> str:
    """Say the largest stable rate, the curvature and what the ellipse shows."""
    surface = scene.surface
    if surface is None and not is_affordable(run.architecture):
        return tr("This network is too large for a loss surface. Use fewer or narrower layers.")
    if surface is None:
        return tr("The loss surface is being computed.")
    return " ".join((_rate(scene), _plane(surface), _rows(surface), _outside(surface))).strip()


def _rate(scene: LandscapeScene) -> str:
    surface = scene.surface
    if surface is None or math.isnan(scene.stable_rate):
        return tr("The largest curvature λ was not found.")
    if math.isinf(scene.stable_rate):
        return tr("The loss curves upwards nowhere here, so no learning rate overshoots yet.")
    about = "" if surface.largest.converged else tr("about ")
    text = tr("Largest curvature λ = {0}{1} of all parameters: gradient descent is stable below ")
    text += tr("a learning rate of <b>2/λ = {2}</b>; yours is {3}.")
    beyond = scene.rate > scene.stable_rate
    told = text.format(
        about,
        format_number(surface.largest.value),
        format_number(scene.stable_rate),
        format_number(scene.rate),
    )
    return f"{told} {tr('It overshoots along the steepest direction.')}" if beyond else told


def _plane(surface: LossSurface) -> str:
    low, high = surface.eigenvalues
    if math.isnan(surface.condition):
        text = tr("In this plane the curvatures are {0} and {1}: no bowl here, so no ellipse.")
        return text.format(format_number(low), format_number(high))
    return tr("Condition number in this plane: <b>{0}</b> (the ellipse; 1 is round).").format(
        format_number(surface.condition)
    )


def _rows(surface: LossSurface) -> str:
    if surface.rows == surface.total:
        return ""
    text = tr("Over {0} of {1} train rows, evenly spaced.")
    return text.format(format_count(surface.rows), format_count(surface.total))


def _outside(surface: LossSurface) -> str:
    if surface.plane.kind == "random":
        return tr("Random directions, scaled unit by unit; the path is projected onto them.")
    if surface.architecture.n_parameters > 2:
        return tr("All other parameters are held at step {0}.").format(
            format_count(surface.state.step)
        )
    return ""
