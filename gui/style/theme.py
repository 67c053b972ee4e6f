"""What everything is drawn with: the theme in use, and its pens, brushes, fonts, icons, markers."""

from __future__ import annotations

import functools

from PySide6.QtCore import QByteArray, QObject, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetrics,
    QIcon,
    QPainter,
    QPalette,
    QPen,
    QPixmap,
)
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QWidget

from gui.style.palette import CLASS_MARKERS, ICONS, THEMES, Theme, on_accent
from gui.style.style_sheet import style_sheet

SOLID, DASHED = Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine
SMALL = 0.84  # of a table's text, as a share of the interface's
PLOT_POINTS = 8


class Themes(QObject):
    """The theme in use; whoever draws repaints on `changed`.

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
        """Set palette, style sheet and the plots' background to a theme, then emit `changed`."""
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
        """Import pyqtgraph and set its background, now and at each change of theme."""
        import pyqtgraph

        self._has_plots = True
        pyqtgraph.setConfigOptions(background=self.theme.paper, foreground=self.theme.quiet)

    def follow_system(self) -> None:
        """Use light or dark as the system asks."""
        scheme = QApplication.styleHints().colorScheme()
        self.use("dark" if scheme == Qt.ColorScheme.Dark else "light")


@functools.lru_cache(maxsize=1)
def themes() -> Themes:
    """Return the application's one `Themes`."""
    return Themes()


def theme() -> Theme:
    """Return the theme in use."""
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
def pen(
    colour: str, width: float = 1.0, style: Qt.PenStyle = SOLID, is_cosmetic: bool = True
) -> QPen:
    """Return a pen, made once.

    Parameters
    ----------
    is_cosmetic : bool
        Whether its width is in pixels of the device whatever the painter's scale, as a plot needs;
        without, it grows with the text on a screen of high resolution.
    """
    made = QPen(QColor(colour), width, style)
    made.setCosmetic(is_cosmetic)
    return made


@functools.lru_cache(maxsize=256)
def brush(colour: str, opacity: int = 255) -> QBrush:
    """Return a brush of that colour and opacity (0 to 255), made once."""
    shade = QColor(colour)
    shade.setAlpha(opacity)
    return QBrush(shade)


def figures_font(base: QFont, bold: bool = False, scale: float = 1.0) -> QFont:
    """Return a font whose digits all have the same width, in the size of another times a scale."""
    font = QFont(base)
    font.setFeature(QFont.Tag("tnum"), 1)
    font.setBold(bold)
    if scale != 1.0 and font.pointSizeF() > 0:
        font.setPointSizeF(font.pointSizeF() * scale)
    return font


def plot_font(base: QFont) -> QFont:
    """Return the font of ticks and names along axes."""
    font = QFont(base)
    font.setPointSize(PLOT_POINTS)
    return font


def width_of(widget: QWidget, text: str) -> int:
    """Return how many pixels wide a text is in a widget's font."""
    return QFontMetrics(widget.font()).horizontalAdvance(text)


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
        role.HighlightedText: on_accent(chosen),
        role.Link: chosen.accent,
    }
    for name, colour in colours.items():
        palette.setColor(name, QColor(colour))
    for name in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, QColor(chosen.raw))
    return palette


INK = "#000000"  # the colour of the lines in the files
_SIZES = (16, 24, 32)


def icon(name: str, colour: str = "") -> QIcon:
    """Return an icon of ``resources/icons`` in a colour, by default the theme's ink."""
    return _icon(name, colour or theme().ink)


@functools.lru_cache(maxsize=128)
def _icon(name: str, colour: str) -> QIcon:
    made = QIcon()
    for size in _SIZES:
        made.addPixmap(_pixmap(name, colour, size))
    return made


def _pixmap(name: str, colour: str, size: int) -> QPixmap:
    text = _svg_text(name).replace(INK, QColor(colour).name())
    pixmap = QPixmap(QSize(size, size))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(text.encode())).render(painter)
    painter.end()
    return pixmap


@functools.lru_cache(maxsize=64)
def _svg_text(name: str) -> str:
    return (ICONS / f"{name}.svg").read_text(encoding="utf-8")


MARK_SIZE = 9


@functools.lru_cache(maxsize=256)
def class_mark(index: int, chosen: Theme) -> QPixmap:
    """Return the marker of a class in the theme in use, which is part of the cache's key."""
    paint = class_colour(index)
    from pyqtgraph.graphicsItems.ScatterPlotItem import renderSymbol

    picture = renderSymbol(class_marker(index), MARK_SIZE, pen(paint), brush(paint))
    return QPixmap.fromImage(picture)


SIGNS = ("●", "■", "▲", "◆", "✖", "★", "⬢", "✚")


def class_sign(k: int) -> str:
    """Return a character that looks like a class's marker."""
    return SIGNS[(k + k // len(SIGNS)) % len(SIGNS)]
