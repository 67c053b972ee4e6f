"""A quiet slider: a thin groove, a round handle, ticks at powers of ten, deaf to the wheel.

Where a number lies on a slider, and which round number a place on it stands for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSignalBlocker, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QSlider, QWidget

from core.base.knobs import IntegerKnob, NumberKnob
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


_FINEST = 1000


@dataclass(frozen=True, slots=True)
class SliderScale:
    """A slider's places 0..`places` and the numbers low..high they stand for.

    A logarithmic scale that begins at 0 goes by log(1 + x).

    Examples
    --------
    >>> scale = SliderScale(1e-3, 10.0, "log", False)
    >>> scale.places, scale.number(0), scale.number(scale.places), scale.place(0.1)
    (160, 0.001, 10.0, 80)
    """

    low: float
    high: float
    kind: Literal["linear", "log"]
    is_whole: bool

    @property
    def places(self) -> int:
        """The last place; the first is 0."""
        if self.kind == "log":
            decades = self._forth(self.high) - self._forth(self.low)
            return max(round(40 * decades / math.log(10.0)), 1)
        step = 1.0 if self.is_whole else self._step
        return min(max(round((self.high - self.low) / step), 1), _FINEST)

    def place(self, number: float) -> int:
        """Return the place nearest to a number."""
        low, high = self._forth(self.low), self._forth(self.high)
        return round(self.places * (self._forth(number) - low) / (high - low))

    def number(self, place: int) -> float:
        """Return the round number at a place; the ends are exact."""
        if place <= 0:
            return self.low
        if place >= self.places:
            return self.high
        low, high = self._forth(self.low), self._forth(self.high)
        exact = self._back(low + (high - low) * place / self.places)
        if self.kind == "log" and exact:
            exact = float(f"{exact:.1e}")
        elif not self.is_whole:
            exact = round(exact, round(-math.log10(self._step)))
        number = round(exact) if self.is_whole else exact
        return min(max(number, self.low), self.high)

    def decades(self) -> list[float]:
        """Return the powers of ten on a logarithmic slider as fractions of its length."""
        if self.kind == "linear":
            return []
        low, high = self._forth(self.low), self._forth(self.high)
        first = math.ceil(math.log10(max(self.low, 1.0 if self.low <= 0 else self.low)) - 1e-9)
        last = math.floor(math.log10(self.high) + 1e-9)
        return [(self._forth(10.0**power) - low) / (high - low) for power in range(first, last + 1)]

    @property
    def _step(self) -> float:
        """The power of ten nearest to a hundredth of the range."""
        return float(10.0 ** round(math.log10((self.high - self.low) / 100)))

    def _forth(self, number: float) -> float:
        if self.kind == "linear":
            return number
        return math.log1p(number) if self.low <= 0 else math.log(number)

    def _back(self, value: float) -> float:
        if self.kind == "linear":
            return value
        return math.expm1(value) if self.low <= 0 else math.exp(value)


def scale_of(knob: NumberKnob | IntegerKnob) -> SliderScale:
    """Return the slider's scale for a knob."""
    return SliderScale(knob.low, knob.high, knob.scale, isinstance(knob, IntegerKnob))


class MarkedSlider(Slider):
    """A slider with a mark at a value worth knowing, as a fraction of its length; nan is none."""

    mark = math.nan

    def paint_marks(self, painter: QPainter, left: float, right: float, middle: float) -> None:
        """Draw a small triangle above the groove, its tip at the value."""
        if math.isnan(self.mark):
            return
        x = left + self.mark * (right - left)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme().warning))
        tip, top = middle - 2.0, middle - 9.0
        corners = [QPointF(x, tip), QPointF(x - 4.0, top), QPointF(x + 4.0, top)]
        painter.drawPolygon(corners)


class CalmSlider(QSlider):
    """A slider that the wheel does not change unless it has the focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to what is around unless focused."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def show_value(self, value: int) -> None:
        """Show a value without telling anyone."""
        if value != self.value():
            with QSignalBlocker(self):
                self.setValue(value)
