"""A square diagram with a low one under it, both over the same horizontal axis."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.plot.canvas import LockedPlot

LEFT_AXIS, BOTTOM_AXIS = 46, 34
TOP, RIGHT, GAP = 6, 10, 6  # around each plot's data area
LOW_SHARE = 0.2  # of the square's side
MOST_LOW_SHARE = 0.4
LEAST_LOW = 30


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
            plot.set_border(0, TOP, RIGHT, 0)
            plot.axis("left").setWidth(LEFT_AXIS)
            for side in ("left", "bottom"):
                plot.axis(side).setStyle(hideOverlappingLabels=False)
        square.axis("bottom").setHeight(GAP)
        low.axis("bottom").setHeight(BOTTOM_AXIS)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the largest square."""
        super().resizeEvent(event)
        width = self.width() - LEFT_AXIS - RIGHT - 4
        height = self.height() - BOTTOM_AXIS - 2 * TOP - GAP
        side = int(max(min(width, height - LEAST_LOW, height / (1.0 + LOW_SHARE)), 60))
        low = max(min(height - side, int(side * MOST_LOW_SHARE)), LEAST_LOW)
        left = max((width - side) // 2, 0)
        whole = LEFT_AXIS + side + RIGHT
        self._square.setGeometry(left, 0, whole, TOP + side + GAP)
        self._low.setGeometry(left, TOP + side + GAP, whole, TOP + low + BOTTOM_AXIS)
