"""What painting draws over the boundary: a sheet while it is local, and the brush's circle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QBrush
from PySide6.QtWidgets import QGraphicsEllipseItem, QGraphicsRectItem

from gui.panels.boundary.painting.painter import Painter
from gui.plot.points import SIZE
from gui.style.theme import brush, class_colour, class_marker, pen, theme

if TYPE_CHECKING:
    from core.data.painted import Points

COVER, DOTS, CIRCLE = 40, 41, 60  # above the rows, which lie at 20


class PaintLayer:
    """Draws a painter's local sheet and its brush.

    Parameters
    ----------
    painter : Painter
    """

    def __init__(self, painter: Painter) -> None:
        self._painter = painter
        self._cover = QGraphicsRectItem()
        self.dots = pg.ScatterPlotItem(pxMode=True)
        self._circle = QGraphicsEllipseItem()
        self._circle.setFlag(QGraphicsEllipseItem.GraphicsItemFlag.ItemIgnoresTransformations)
        for depth, item in ((COVER, self._cover), (DOTS, self.dots), (CIRCLE, self._circle)):
            item.setZValue(depth)
            item.hide()
            painter.plot.add(item)

    def draw(self) -> None:
        """Draw the sheet as it is."""
        painter = self._painter
        self._cover.setVisible(painter.is_local)
        if painter.is_local and painter.limits is not None:
            left, right, low, high = painter.limits
            self._cover.setRect(QRectF(left, low, right - left, high - low))
            self._cover.setBrush(brush(theme().paper))
            self._cover.setPen(pen(theme().line))
        self.draw_stroke()

    def draw_stroke(self) -> None:
        """Draw the brush where the mouse is, and the points that the model does not know yet."""
        painter = self._painter
        known = painter.sheet.points if painter.is_local else ()
        self._draw_dots((*known, *painter.pending))
        is_seen = painter.is_painting and painter.place is not None
        self._circle.setVisible(is_seen)
        if is_seen and painter.place is not None:
            radius = float(painter.size)
            self._circle.setRect(QRectF(-radius, -radius, 2.0 * radius, 2.0 * radius))
            paints = painter.tool.name in {"pen", "airbrush", "recolour"}
            colour = class_colour(painter.painted_class) if paints else theme().ink
            self._circle.setPen(pen(colour, 1.6))
            self._circle.setBrush(QBrush())
            self._circle.setPos(*painter.place)

    def _draw_dots(self, points: Points) -> None:
        self.dots.setVisible(bool(points))
        if not points:
            return
        cells = np.array(points, dtype=np.float64)
        kinds = [k for _, _, k in points]
        self.dots.setData(
            x=cells[:, 0],
            y=cells[:, 1],
            size=SIZE,
            symbol=[class_marker(k) for k in kinds],
            brush=[brush(class_colour(k)) for k in kinds],
            pen=pen(theme().paper),
        )
