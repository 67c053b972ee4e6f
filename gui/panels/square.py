"""A square diagram with a low one under it, both over the same horizontal axis."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.panels.plotting import LockedPlot

LEFT_AXIS, BOTTOM_AXIS = 46, 32
LOW_SHARE = 0.2  # of the square's side
LEAST_LOW = 34


class SquareAbove(QWidget):
    """Lays out two plots so that the upper one's data area is square.

    Parameters
    ----------
    square, low : LockedPlot
    """

    def __init__(self, square: LockedPlot, low: LockedPlot, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._square, self._low = square, low
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 180)
        for plot in (square, low):
            plot.setParent(self)
            plot.getPlotItem().setContentsMargins(0, 0, 0, 0)
            plot.getPlotItem().layout.setContentsMargins(0, 0, 0, 0)
            plot.getAxis("left").setWidth(LEFT_AXIS)
        square.getAxis("bottom").setHeight(4)
        low.getAxis("bottom").setHeight(BOTTOM_AXIS)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the largest square."""
        super().resizeEvent(event)
        width, height = self.width() - LEFT_AXIS - 14, self.height() - BOTTOM_AXIS - 14
        side = int(max(min(width, (height - 4) / (1.0 + LOW_SHARE), height - LEAST_LOW), 60))
        low = max(height - side, LEAST_LOW)
        low = min(low, int(side * 0.45))
        left = max((self.width() - LEFT_AXIS - side - 14) // 2, 0)
        self._square.setGeometry(left, 2, LEFT_AXIS + side + 10, side + 10)
        self._low.setGeometry(left, 12 + side, LEFT_AXIS + side + 10, low + BOTTOM_AXIS)
