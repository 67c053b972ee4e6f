"""Our own simple icons, drawn in the theme's ink."""

from __future__ import annotations

import functools

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from gui.style import ICONS
from gui.theme import theme

INK = "#000000"  # what the files are drawn in
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
    text = _source(name).replace(INK, QColor(colour).name())
    pixmap = QPixmap(QSize(size, size))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(text.encode())).render(painter)
    painter.end()
    return pixmap


@functools.lru_cache(maxsize=64)
def _source(name: str) -> str:
    return (ICONS / f"{name}.svg").read_text(encoding="utf-8")
