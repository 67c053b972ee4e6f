"""A slider with ticks and a mark; the wheel scrolls what is around it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSignalBlocker, QSize, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QSlider, QWidget

from gui.style.theme import brush, pen, theme

_HANDLE_RADIUS = 6.0
_HEIGHT = 24


class Slider(QSlider):
    """A horizontal slider whose handle jumps to where it is clicked.

    Attributes
    ----------
    drag : object
        Another object for each drag, and for each key press with its repeats: values that came
        with the same one belong to one undo.
    ticks : tuple of float
        Marks below the groove, as fractions of its length.
    mark : float
        Where a triangle points from above, as a fraction of the length; NaN for nowhere.
    """

    def __init__(self, parent: QWidget | None = None, ticks: Sequence[float] = ()) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.ticks = tuple(ticks)
        self.mark = math.nan
        self.drag: object = object()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.sliderPressed.connect(self._begin_drag)

    def show_value(self, value: int) -> None:
        """Show a value without a signal; a handle that is being dragged stays where it is."""
        if value != self.value() and not self.isSliderDown():
            with QSignalBlocker(self):
                self.setValue(value)

    def show_mark(self, mark: float) -> None:
        """Point at a fraction of the length; NaN points nowhere."""
        if mark != self.mark:
            self.mark = mark
            self.update()

    def sizeHint(self) -> QSize:
        """Ask for 96 by 24 pixels."""
        return QSize(96, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """Accept two handles' width, in a narrow dock."""
        return QSize(24, _HEIGHT)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the scroll area around it."""
        event.ignore()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a drag at the mouse."""
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self.setSliderDown(True)
        self.setSliderPosition(self._position_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the handle to the mouse."""
        if self.isSliderDown():
            self.setSliderPosition(self._position_at(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the drag."""
        self.setSliderDown(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move by keys; a key press and its repeats are one drag."""
        if not event.isAutoRepeat():
            self._begin_drag()
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw ticks, groove, marks and handle."""
        colours = theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, right = _HANDLE_RADIUS + 1, self.width() - _HANDLE_RADIUS - 1
        middle, x = self.height() / 2, self._x_at(self.sliderPosition())
        painter.setPen(pen(colours.line))
        for tick in self.ticks:
            at = left + tick * (right - left)
            painter.drawLine(QPointF(at, middle + 4), QPointF(at, middle + 7))
        is_on = self.isEnabled()
        self._draw_groove(painter, left, right, colours.line)
        self._draw_groove(painter, left, x, colours.raw if is_on else colours.line)
        self.paint_marks(painter, left, right, middle)
        is_focused = self.hasFocus()
        painter.setPen(pen(colours.accent, 2.0) if is_focused else pen(colours.paper, 1.5))
        painter.setBrush(brush(colours.ink if is_on else colours.line))
        painter.drawEllipse(QPointF(x, middle), _HANDLE_RADIUS, _HANDLE_RADIUS)

    def paint_marks(self, painter: QPainter, left: float, right: float, middle: float) -> None:
        """Draw the mark as a triangle whose tip touches the groove; a subclass may draw others."""
        if math.isnan(self.mark):
            return
        x = left + self.mark * (right - left)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(brush(theme().warning))
        tip, top = middle - 2.0, middle - 9.0
        painter.drawPolygon([QPointF(x, tip), QPointF(x - 4.0, top), QPointF(x + 4.0, top)])

    def _begin_drag(self) -> None:
        self.drag = object()

    def _draw_groove(self, painter: QPainter, left: float, right: float, colour: str) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(brush(colour))
        painter.drawRoundedRect(QRectF(left, self.height() / 2 - 1.5, right - left, 3), 1.5, 1.5)

    def _x_at(self, position: int) -> float:
        span = max(self.maximum() - self.minimum(), 1)
        share = (position - self.minimum()) / span
        return _HANDLE_RADIUS + 1 + share * (self.width() - 2 * _HANDLE_RADIUS - 2)

    def _position_at(self, x: float) -> int:
        share = (x - _HANDLE_RADIUS - 1) / max(self.width() - 2 * _HANDLE_RADIUS - 2, 1)
        span = self.maximum() - self.minimum()
        return self.minimum() + round(min(max(share, 0.0), 1.0) * span)
