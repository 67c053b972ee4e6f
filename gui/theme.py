"""Every colour, pen and marker: calm paper, vivid data."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QPalette, QPen
from PySide6.QtWidgets import QApplication

from core.base.registry import Registry
from gui.style import style_sheet

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
        The ground of plots and panels.
    surface : str
        The ground of the window between panels.
    ink, quiet, line : str
        Text and curves; secondary text; thin lines between panels.
    accent : str
        Validation, focus and selection.
    calibrated, raw : str
        Calibrated beside uncalibrated probabilities.
    band : str
        The band of what chance allows.
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


class Themes(QObject):
    """The theme in force; `changed` tells those who draw.

    Signals
    -------
    changed : ()
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.theme = THEMES["light"]
        self.choice = "light"
        self._has_plots = False

    def choose(self, choice: str) -> None:
        """Use a theme by name, or with "system" whatever the system asks for, now and later."""
        hints = QApplication.styleHints()
        if self.choice == "system":
            hints.colorSchemeChanged.disconnect(self.follow_system)
        self.choice = choice if choice in THEMES else "system"
        if self.choice == "system":
            hints.colorSchemeChanged.connect(self.follow_system)
            self.follow_system()
        else:
            self.use(self.choice)

    def use(self, name: str) -> None:
        """Put a theme in force: the palette of widgets, the ground of plots, then `changed`."""
        self.theme = THEMES[name]
        application = QApplication.instance()
        if isinstance(application, QApplication):
            sheet = style_sheet(self.theme)
            if application.styleSheet() != sheet:
                application.setPalette(_palette(self.theme))
                application.setStyleSheet(sheet)
        if self._has_plots:
            self.configure_plots()
        self.changed.emit()

    def configure_plots(self) -> None:
        """Import pyqtgraph and tell it the ground of plots, now and at each change of theme."""
        import pyqtgraph

        self._has_plots = True
        pyqtgraph.setConfigOptions(background=self.theme.paper, foreground=self.theme.quiet)

    def follow_system(self) -> None:
        """Use light or dark as the system asks."""
        scheme = QApplication.styleHints().colorScheme()
        self.use("dark" if scheme == Qt.ColorScheme.Dark else "light")


@functools.lru_cache(maxsize=1)
def themes() -> Themes:
    """Return the one holder of the theme in force."""
    return Themes()


def theme() -> Theme:
    """Return the theme in force."""
    return themes().theme


def class_colour(index: int) -> str:
    """Return the colour of a class by its index."""
    colours = theme().classes
    return colours[index % len(colours)]


def class_marker(index: int) -> str:
    """Return pyqtgraph's name of a class's marker; repeated colours get other markers."""
    shift = index // len(CLASS_MARKERS)
    return CLASS_MARKERS[(index + shift) % len(CLASS_MARKERS)]


@functools.lru_cache(maxsize=256)
def pen(colour: str, width: float = 1.0, dashed: bool = False) -> QPen:
    """Return a cosmetic pen, made once."""
    style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
    made = QPen(QColor(colour), width, style)
    made.setCosmetic(True)
    return made


@functools.lru_cache(maxsize=256)
def brush(colour: str, opacity: int = 255) -> QBrush:
    """Return a brush of that colour and opacity (0 to 255), made once."""
    shade = QColor(colour)
    shade.setAlpha(opacity)
    return QBrush(shade)


def _palette(chosen: Theme) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    colours = {
        role.Window: chosen.surface,
        role.Base: chosen.paper,
        role.AlternateBase: chosen.surface,
        role.Button: chosen.surface,
        role.ToolTipBase: chosen.paper,
        role.WindowText: chosen.ink,
        role.Text: chosen.ink,
        role.ButtonText: chosen.ink,
        role.ToolTipText: chosen.ink,
        role.PlaceholderText: chosen.quiet,
        role.Mid: chosen.line,
        role.Highlight: chosen.accent,
        role.HighlightedText: "#000000" if chosen.is_dark else "#FFFFFF",
        role.Link: chosen.accent,
    }
    for name, colour in colours.items():
        palette.setColor(name, QColor(colour))
    for name in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, QColor(chosen.raw))
    return palette
