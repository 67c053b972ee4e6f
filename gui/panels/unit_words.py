"""What units and their parameters are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.explain.unit_maps import INPUTS, UnitMap
from gui.style.number_text import number, tr

if TYPE_CHECKING:
    from core.scenes.boundary_scene import BoundaryScene
    from core.scenes.network_scene import NetworkScene, Place

SYMBOLS = {"bias": "b", "sharpness": "t", "gain": "γ", "shift": "β", "weight": "w"}


def unit_name(scene: NetworkScene, layer: int, unit: int) -> str:
    """Return what a unit is called, such as "unit 3 of layer 1"."""
    if layer == INPUTS:
        return scene.input_names[unit]
    if layer == len(scene.architecture.layers) - 1:
        return tr("output {0}").format(scene.output_names[unit])
    return tr("unit {0} of layer {1}").format(unit + 1, layer + 1)


def place_name(scene: NetworkScene, layer: int, place: Place) -> str:
    """Return what a parameter is called within its unit, such as "w from x1" or "bias b"."""
    if place.name != "weight":
        named = {
            "bias": tr("bias"),
            "sharpness": tr("sharpness"),
            "gain": tr("gain"),
            "shift": tr("shift"),
        }
        return f"{named[place.name]} {SYMBOLS[place.name]}"
    source = layer - 1
    if source == INPUTS:
        return tr("w from {0}").format(scene.input_names[place.source])
    return tr("w from unit {0}").format(place.source + 1)


def unit_note(scene: BoundaryScene) -> str:
    """Say whose output the boundary panel shows; nothing where it is the model's."""
    unit: UnitMap | None = scene.unit
    if unit is None:
        return ""
    spans = number(float(f"{unit.low:.3g}")), number(float(f"{unit.high:.3g}"))
    if unit.layer == INPUTS:
        text = tr("Input {0} as the network sees it, from {1} to {2}.")
        return text.format(unit.unit + 1, *spans)
    text = tr("Output of unit {0} of layer {1}, from {2} to {3}; the line is its zero.")
    return text.format(unit.unit + 1, unit.layer + 1, *spans)
