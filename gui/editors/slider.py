"""A quiet slider: a thin groove, a round handle, ticks at powers of ten, deaf to the wheel."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QSlider, QWidget

from gui.style.theme import theme

RADIUS = 6.0
_HEIGHT = 24


class Slider(QSlider):
    """A horizontal slider whose handle goes where it is clicked.

    Attributes
    ----------
    drag : object
        The same during one drag, or while one key is held down.
    ticks : sequence of float
        Marks below the groove, as fractions of its length.
    """

    def __init__(self, parent: QWidget | None = None, ticks: Sequence[float] = ()) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.ticks = tuple(ticks)
        self.drag: object = object()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Ask for 96 by 24 pixels."""
        return QSize(96, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """Make do with 48 pixels."""
        return QSize(48, _HEIGHT)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to what can be scrolled."""
        event.ignore()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a drag at the mouse."""
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self.drag = object()
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
        """Move by keys; all moves of a key held down are one drag."""
        if not event.isAutoRepeat():
            self.drag = object()
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw groove, ticks and handle."""
        colours = theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, right = RADIUS + 1, self.width() - RADIUS - 1
        middle, x = self.height() / 2, self._x_at(self.sliderPosition())
        painter.setPen(QPen(QColor(colours.line), 1.0))
        for tick in self.ticks:
            at = left + tick * (right - left)
            painter.drawLine(QPointF(at, middle + 4), QPointF(at, middle + 7))
        is_on = self.isEnabled()
        self._draw_groove(painter, left, right, colours.line)
        self._draw_groove(painter, left, x, colours.raw if is_on else colours.line)
        self.paint_marks(painter, left, right, middle)
        if self.hasFocus():
            painter.setPen(QPen(QColor(colours.accent), 2.0))
        else:
            painter.setPen(QPen(QColor(colours.paper), 1.5))
        painter.setBrush(QColor(colours.ink if is_on else colours.line))
        painter.drawEllipse(QPointF(x, middle), RADIUS, RADIUS)

    def paint_marks(self, painter: QPainter, left: float, right: float, middle: float) -> None:
        """Draw what a kind of slider shows on its groove; by default nothing."""

    def _draw_groove(self, painter: QPainter, left: float, right: float, colour: str) -> None:
        painter.save()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawRoundedRect(QRectF(left, self.height() / 2 - 1.5, right - left, 3), 1.5, 1.5)
        painter.restore()

    def _x_at(self, position: int) -> float:
        span = max(self.maximum() - self.minimum(), 1)
        share = (position - self.minimum()) / span
        return RADIUS + 1 + share * (self.width() - 2 * RADIUS - 2)

    def _position_at(self, x: float) -> int:
        share = (x - RADIUS - 1) / max(self.width() - 2 * RADIUS - 2, 1)
        span = self.maximum() - self.minimum()
        return self.minimum() + round(min(max(share, 0.0), 1.0) * span)
