"""What a plot consists of: a view box, an axis at its left and one below."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtWidgets import QGraphicsGridLayout, QGraphicsItem

from gui.panels.axes import QuietAxis

_BORDER = (3.0, 5.0, 7.0, 3.0)  # left, top, right, below: pixels around it all


class PlotFrame(pg.GraphicsWidget):  # type: ignore[misc]
    """Lays out a view box and its axes.

    pyqtgraph's PlotItem does so too, with two more axes, a title, buttons and a menu of some
    hundred widgets that no one would see; four of them were a twelfth of a start.

    Attributes
    ----------
    box : ViewBox
    axes : dict of str to QuietAxis
        "left" and "bottom".
    """

    def __init__(self) -> None:
        super().__init__()
        self.box = pg.ViewBox(parent=self, enableMenu=False, enableMouse=False, defaultPadding=0.0)
        self.box.disableAutoRange()
        self.axes = {side: QuietAxis(side, parent=self) for side in ("left", "bottom")}
        for axis in self.axes.values():
            axis.linkToView(self.box)
            axis.setZValue(0.5)
            axis.setFlag(QGraphicsItem.GraphicsItemFlag.ItemNegativeZStacksBehindParent)
            # it seldom changes, while what is beside it is drawn every frame
            axis.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self._grid = QGraphicsGridLayout()
        self._grid.setSpacing(0.0)
        self._grid.addItem(self.axes["left"], 0, 0)
        self._grid.addItem(self.box, 0, 1)
        self._grid.addItem(self.axes["bottom"], 1, 1)
        self._grid.setRowStretchFactor(0, 100)
        self._grid.setColumnStretchFactor(1, 100)
        self.setLayout(self._grid)
        self.set_border(*_BORDER)

    def set_border(self, left: float, top: float, right: float, below: float) -> None:
        """Leave so many pixels around axes and view box."""
        self._grid.setContentsMargins(left, top, right, below)
