"""What the gradients panel says in numbers and sentences."""

from __future__ import annotations

from html import escape

import numpy as np

from core.explain.chain_rule import RowGradients
from core.functions.losses import LOSSES
from core.run.run import Run
from core.scenes.gradients_scene import GradientsScene
from gui.panels.panel_text import tr
from gui.style.number_text import format_count, format_number, format_percent, round_to
from gui.style.theme import class_colour, class_sign

MANY_SATURATED = 0.5
LARGE_RATIO, SMALL_RATIO = 1e-1, 1e-6
MOST_UNITS = 64  # of a layer in the table


def layer_name(k: int, layers: int) -> str:
    """Return what a layer is called in the table."""
    return tr("output") if k == layers - 1 else str(k + 1)


def layer_rows(scene: GradientsScene) -> list[tuple[str, ...]]:
    """Return the table of the layers, the last column empty for a picture."""
    return [
        (
            layer_name(k, len(scene.layers)),
            format_number(layer.norm),
            format_percent(layer.saturated),
            format_number(layer.ratio),
            "",
        )
        for k, layer in enumerate(scene.layers)
    ]


def marked_cells(scene: GradientsScene) -> frozenset[tuple[int, int]]:
    """Return which cells deserve attention: mostly saturated, or updates too large or too small."""
    marked = set()
    for k, layer in enumerate(scene.layers):
        if layer.saturated > MANY_SATURATED:
            marked.add((k, 2))
        if layer.ratio > LARGE_RATIO or layer.ratio < SMALL_RATIO:
            marked.add((k, 3))
    return frozenset(marked)


def layers_note(scene: GradientsScene) -> str:
    """Say what the dashes mean, over which rows, and whether the gradient vanishes."""
    first, last = scene.layers[0].norm, scene.layers[-1].norm
    parts = []
    if len(scene.layers) > 2 and 0.0 < first < 1e-3 * last:
        times = format_number(round_to(last / first, 2))
        parts.append(
            tr("<b>The gradient vanishes</b>: the first layer's is {0} times smaller.").format(
                times
            )
        )
    parts.append(
        tr(
            "Dashed: 0.25 for each layer before the output, what the slopes of sigmoids alone "
            "leave at most. It is no bound: the weights multiply too."
        )
    )
    if scene.rows < scene.total:
        text = tr("Over {0} of {1} train rows, evenly spaced.")
        parts.append(text.format(format_count(scene.rows), format_count(scene.total)))
    return " ".join(parts)


def row_head(run: Run, way: RowGradients) -> str:
    """Return the selected row's way through the head, with the numbers filled in."""
    classes = run.prepared.classes
    sign = f"<span style='color:{class_colour(way.label)}'>{class_sign(way.label)}</span>"
    title = tr("Row {0}, class {1}").format(way.row + 1, escape(classes[way.label]))
    lines = [f"<b>{title}</b> {sign}", _inputs(run, way), *_head_lines(run, way)]
    check = tr("Chain rule and finite differences differ by at most {0} of the largest in a layer.")
    lines.append(check.format(format_number(way.relative_error)))
    return "<br>".join(lines)


def way_rows(way: RowGradients, digits: int = 3) -> list[tuple[str, ...]]:
    """Return the table of all units on the way."""
    rows: list[tuple[str, ...]] = []
    for k, layer in enumerate(way.layers):
        name = layer_name(k, len(way.layers))
        columns = (layer.z, layer.a, layer.slope, layer.upstream, layer.delta, layer.differences)
        for unit, values in enumerate(np.stack(columns, axis=1)[:MOST_UNITS].tolist()):
            rows.append(
                (f"{name} · {unit + 1}", *(format_number(value, digits) for value in values))
            )
    return rows


def way_note(way: RowGradients) -> str:
    """Say how the columns hang together."""
    text = tr(
        "∂L/∂z = ∂L/∂a · a′. A weight's derivative is a · ∂L/∂z, with a from the layer before."
    )
    if any(len(layer.z) > MOST_UNITS for layer in way.layers):
        text += " " + tr("The first {0} units of each layer are listed.").format(MOST_UNITS)
    return text


def _inputs(run: Run, way: RowGradients) -> str:
    shown = [
        f"{escape(made.name)} = {format_number(float(value))}"
        for made, value in zip(run.prepared.inputs[:4], way.x, strict=False)
    ]
    more = len(way.x) - len(shown)
    end = tr(" and {0} more").format(more) if more else ""
    return tr("Scaled inputs: {0}{1}.").format(", ".join(shown), end)


def _head_lines(run: Run, way: RowGradients) -> list[str]:
    output = way.layers[-1]
    loss = LOSSES[run.experiment.training.loss]
    unit = f" {loss.unit}" if loss.unit else ""
    is_cross_entropy = loss.name == "cross_entropy"
    if len(output.z) > 1:
        return [_softmax_line(run, way, f"{format_number(way.loss)}{unit}", is_cross_entropy)]
    z, p, slope = (float(v) for v in (output.z[0], way.probabilities[1], output.delta[0]))
    forward = f"z = {format_number(z)} → p = σ(z) = {format_number(p, decimals=3)}"
    if is_cross_entropy:
        at = "ln p" if way.label else "ln(1 − p)"
        value = f"L = −{at} = {format_number(way.loss)}{unit}"
        back = (
            f"∂L/∂z = p − y = {format_number(p, decimals=3)} − {way.label} = {format_number(slope)}"
        )
    else:
        value = f"L = (p − y)² = {format_number(way.loss)}"
        back = f"∂L/∂z = 2 (p − y) p (1 − p) = {format_number(slope)}"
    return [f"{forward} → {value}", back]


def _softmax_line(run: Run, way: RowGradients, loss: str, is_cross_entropy: bool) -> str:
    name = escape(run.prepared.classes[way.label])
    p = format_number(float(way.probabilities[way.label]), decimals=3)
    if not is_cross_entropy:
        return f"p({name}) = {p} → L = Σ (p − y)² = {loss}"
    return f"p({name}) = {p} → L = −ln p = {loss}; ∂L/∂z = p − y"
