"""Texts that several panels share: counts of rows, and names of levels, units and parameters."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from core.explain.unit_maps import INPUTS
from gui.style.number_text import format_count, format_number

if TYPE_CHECKING:
    from core.scenes.network_scene import NetworkScene, Place


def tr(text: str) -> str:
    """Translate a text that stands outside a widget."""
    return QCoreApplication.translate("Panels", text)


def rows_text(count: int) -> str:
    """Return a number of rows in words: "1 row", "12 rows"."""
    return tr("1 row") if count == 1 else tr("{0} rows").format(format_count(count))


def weighted_text(column: str) -> str:
    """Say that rows count by a column; nothing where all count alike.

    Examples
    --------
    >>> weighted_text("w"), weighted_text("")
    ('weighted by w', '')
    """
    return tr("weighted by {0}").format(escape(column)) if column else ""


def level_or_number(levels: tuple[str, ...], value: float) -> str:
    """Return a raw value as a person writes it: the name of a category's level, or a number."""
    if not levels:
        return format_number(value)
    known = math.isfinite(value) and 0 <= int(value) < len(levels)
    return levels[int(value)] if known else tr("missing")


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
