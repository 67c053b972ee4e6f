"""Colours and markers of the classes, and the colours of each theme."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from core.base.registry import Registry

# Okabe & Ito 2008, in the order in which classes take them
CLASS_COLOURS = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#F0E442",
    "#7F7F7F",
)
CLASS_COLOURS_ON_DARK = (
    "#4FA8DE",
    "#F2B233",
    "#2FC298",
    "#E09CC4",
    "#86CDF3",
    "#F08040",
    "#F5EC72",
    "#A9A9A9",
)
CLASS_MARKERS = ("o", "s", "t1", "d", "x", "star", "h", "+")


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of one theme, as ``#rrggbb``.

    Attributes
    ----------
    paper : str
        The background of plots and panels.
    surface : str
        The background of the window between panels.
    ink, quiet, line : str
        Text and curves; secondary text; lines between panels.
    accent : str
        Validation, focus and selection.
    calibrated, raw : str
        Calibrated beside uncalibrated probabilities.
    band : str
        The consistency band around the diagonal: what chance allows.
    warning, error : str
    classes : tuple of str
    """

    name: str
    label: str
    paper: str
    surface: str
    ink: str
    quiet: str
    line: str
    accent: str
    calibrated: str
    raw: str
    band: str
    warning: str
    error: str
    classes: tuple[str, ...]
    is_dark: bool


THEMES: Registry[Theme] = Registry(
    "theme",
    [
        Theme(
            "light",
            "Light",
            paper="#FBFAF7",
            surface="#EFEDE8",
            ink="#22242A",
            quiet="#62656D",
            line="#D5D2CA",
            accent="#4B5BD6",
            calibrated="#118A7E",
            raw="#767A82",
            band="#DEDCD5",
            warning="#8A5A00",
            error="#B3261E",
            classes=CLASS_COLOURS,
            is_dark=False,
        ),
        Theme(
            "dark",
            "Dark",
            paper="#1C1E22",
            surface="#141518",
            ink="#ECEBE6",
            quiet="#A3A6AD",
            line="#3A3D44",
            accent="#98A3FF",
            calibrated="#3FC8B8",
            raw="#9A9EA6",
            band="#34373D",
            warning="#F0B34A",
            error="#FF8A80",
            classes=CLASS_COLOURS_ON_DARK,
            is_dark=True,
        ),
        Theme(
            "high_contrast",
            "High contrast",
            paper="#000000",
            surface="#000000",
            ink="#FFFFFF",
            quiet="#E2E2E2",
            line="#FFFFFF",
            accent="#AEB8FF",
            calibrated="#5FF0DF",
            raw="#C4C4C4",
            band="#4A4A4A",
            warning="#FFD24D",
            error="#FF9A90",
            classes=CLASS_COLOURS_ON_DARK,
            is_dark=True,
        ),
    ],
)


ICONS = Path(__file__).resolve().parents[2] / "resources" / "icons"


def mixed(one: str, other: str, share: float) -> str:
    """Return the colour that lies `share` of the way from one to the other.

    Examples
    --------
    >>> mixed("#000000", "#ffffff", 0.5)
    '#808080'
    """
    a, b = QColor(one), QColor(other)
    pairs = ((a.red(), b.red()), (a.green(), b.green()), (a.blue(), b.blue()))
    return QColor(*(round(x + (y - x) * share) for x, y in pairs)).name()


def on_accent(theme: Theme) -> str:
    """Return the colour of text and symbols on the accent colour."""
    return "#000000" if theme.is_dark else "#FFFFFF"


STYLES = (
    Qt.PenStyle.DashLine,
    Qt.PenStyle.DotLine,
    Qt.PenStyle.DashDotLine,
    Qt.PenStyle.DashDotDotLine,
)
SAMPLES = ("– –", "· · ·", "– · –", "– · ·")


def line_style(k: int) -> tuple[Qt.PenStyle, float, str]:
    """Return the pen style, the width and a sample in text of the k-th of several lines."""
    thick = 1.4 if k < len(STYLES) else 2.6
    sample = SAMPLES[k % len(STYLES)]
    return STYLES[k % len(STYLES)], thick, sample if k < len(STYLES) else f"<b>{sample}</b>"
