"""Class markers as small pictures, for tables and legends."""

from __future__ import annotations

import functools

from pyqtgraph.graphicsItems.ScatterPlotItem import renderSymbol
from PySide6.QtGui import QPixmap

from gui.theme import Theme, brush, class_colour, class_marker, pen

SIZE = 9


@functools.lru_cache(maxsize=256)
def class_mark(index: int, chosen: Theme) -> QPixmap:
    """Return the marker of a class in the theme in force, which is part of the key."""
    paint = class_colour(index)
    picture = renderSymbol(class_marker(index), SIZE, pen(paint), brush(paint))
    return QPixmap.fromImage(picture)
