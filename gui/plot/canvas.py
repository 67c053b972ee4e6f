"""A plot of fixed range with two axes, in the theme's colours, with zoom and a way back."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any, cast

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetrics, QMouseEvent, QPainter, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QGraphicsGridLayout,
    QGraphicsItem,
    QSizePolicy,
    QStyleOptionGraphicsItem,
    QToolButton,
    QWidget,
)

from gui.plot.axes import QuietAxis
from gui.style.theme import PLOT_POINTS, pen, plot_font, theme, themes

ZOOM_STEP = 0.8
LABEL_MARGIN = 6  # pixels of an axis's length beyond its name


class PlotCanvas(pg.GraphicsView):  # type: ignore[misc]
    """A plot whose range only its owner and Ctrl+wheel change; "Fit" ends a zoom.

    Attributes
    ----------
    box : ViewBox
    whole : QRectF
        The range shown when it is not zoomed.

    Signals
    -------
    hovered : (float, float)
        The mouse has moved, or the range has changed under a resting mouse.
    left : ()
        The mouse has left the plot.
    clicked : (float, float)
    """

    hovered = Signal(float, float)
    left = Signal()
    clicked = Signal(float, float)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(self.Shape.NoFrame)
        self._limits = (0.0, 1.0, 0.0, 1.0)
        self.whole = QRectF(0.0, 0.0, 1.0, 1.0)
        self._spanning: list[QGraphicsItem] = []
        self._is_zoomed = False
        self._pressed: QPointF | None = None
        self._mouse: QPointF | None = None
        self._mouse_again = QTimer(self, singleShot=True)  # after a new range is drawn
        self._mouse_again.timeout.connect(self._tell_mouse)
        self._labels: dict[str, str] = {}
        self._ticks: dict[str, tuple[tuple[float, str], ...]] = {}
        self._frame = PlotFrame()
        self.setCentralItem(self._frame)
        self.box = self._frame.box
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # it fills itself
        self._fit = QToolButton(self)
        self._fit.setObjectName(f"{name}.fit")
        self._fit.setText(self.tr("Fit"))
        self._fit.setToolTip(self.tr("Show everything again"))
        self._fit.setAccessibleName(self.tr("Fit"))
        self._fit.clicked.connect(self.fit)
        self._fit.hide()
        self.colour()
        themes().changed.connect(self.colour)

    @property
    def is_zoomed(self) -> bool:
        """Whether the user has zoomed in."""
        return self._is_zoomed

    def set_limits(self, x_low: float, x_high: float, y_low: float, y_high: float) -> None:
        """Set the range; a zoom stays until `fit`."""
        limits = (x_low, x_high, y_low, y_high)
        if limits == self._limits:
            return
        self._limits = limits
        for item in self._spanning:
            item.prepareGeometryChange()
        self.whole = QRectF(x_low, y_low, x_high - x_low, y_high - y_low)
        if not self._is_zoomed:
            self._apply()

    def axis(self, side: str) -> QuietAxis:
        """Return the axis at the "left" or the "bottom"."""
        return self._frame.axes[side]

    def set_border(self, left: float, top: float, right: float, below: float) -> None:
        """Set the margins around axes and view box, in pixels."""
        self._frame.set_border(left, top, right, below)

    def add(self, item: QGraphicsItem) -> None:
        """Add an item in the plot's coordinates."""
        self.box.addItem(item, ignoreBounds=True)

    def add_spanning(self, item: QGraphicsItem, depth: float) -> None:
        """Add an item whose bounds are the whole plot, above those of less depth."""
        item.setZValue(depth)
        self._spanning.append(item)
        self.add(item)

    def fit(self) -> None:
        """End the zoom."""
        self._is_zoomed = False
        self._fit.hide()
        self._apply()

    def label(self, side: str, text: str) -> None:
        """Name an axis."""
        if self._labels.get(side) != text:
            self._labels[side] = text
            self._write_label(side)

    def ticks(self, side: str, ticks: Sequence[tuple[float, str]]) -> None:
        """Set an axis's ticks (place, text); without any it chooses its own."""
        if self._ticks.get(side, ()) != tuple(ticks):  # setting ticks lays out the axis
            self._ticks[side] = tuple(ticks)
            self.axis(side).setTicks([list(ticks), []] if ticks else None)

    def colour(self) -> None:
        """Use the theme's colours."""
        chosen = theme()
        self.setBackground(chosen.paper)
        font = plot_font(self.font())
        for side in ("left", "bottom"):
            axis = self.axis(side)
            axis.setPen(pen(chosen.line))
            axis.setTextPen(pen(chosen.quiet))
            axis.setStyle(tickFont=font, tickLength=-4, tickTextOffset=4)
            self._write_label(side)

    def scene_to_plot(self, position: QPointF) -> QPointF:
        """Return the plot's coordinates of a position in the widget."""
        point: QPointF = self.box.mapSceneToView(self.mapToScene(position.toPoint()))
        return point

    def pixel_size(self) -> tuple[float, float]:
        """Return how wide and high a pixel is in the plot's coordinates."""
        width, height = self.box.viewPixelSize()
        return float(width), float(height)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the mouse if Ctrl is held; else leave the wheel to the scroll area around."""
        turned = event.angleDelta().y()
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier or not turned:
            event.ignore()
            return
        factor = ZOOM_STEP if turned > 0 else 1.0 / ZOOM_STEP
        box = self.box
        (x_low, x_high), (y_low, y_high) = box.viewRange()
        whole_x, whole_y = self._limits[1] - self._limits[0], self._limits[3] - self._limits[2]
        if (x_high - x_low) * factor >= whole_x or (y_high - y_low) * factor >= whole_y:
            self.fit()
        else:
            self._is_zoomed = True
            self._fit.show()
            box.scaleBy((factor, factor), center=self.scene_to_plot(event.position()))
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Emit `hovered`; move a zoomed view that is dragged."""
        super().mouseMoveEvent(event)
        self._mouse = event.position()
        if self._pressed is not None and self._is_zoomed:
            before = self.scene_to_plot(self._pressed)
            self.box.translateBy(before - self.scene_to_plot(self._mouse))
            self._pressed = self._mouse
        self._tell_mouse()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click or a drag."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position()
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Emit `clicked` unless it was a drag."""
        pressed, self._pressed = self._pressed, None
        event.accept()
        if pressed is None or (pressed - event.position()).manhattanLength() > 4:
            return
        here = self.scene_to_plot(event.position())
        if self.box.viewRect().contains(here):
            self.clicked.emit(here.x(), here.y())

    def leaveEvent(self, event: QEvent) -> None:
        """Emit `left`."""
        super().leaveEvent(event)
        self._mouse = None
        self.left.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the button "Fit" in the corner and the axes' names within the plot."""
        super().resizeEvent(event)
        if hasattr(self, "_fit"):
            for side in self._labels:
                if self._fitting(side) != self.axis(side).labelText:
                    self._write_label(side)
            size = self._fit.sizeHint()
            self._fit.setGeometry(self.width() - size.width() - 10, 8, size.width(), size.height())

    def _apply(self) -> None:
        x_low, x_high, y_low, y_high = self._limits
        self.box.setRange(
            xRange=(x_low, x_high), yRange=(y_low, y_high), padding=0.0, disableAutoRange=True
        )
        if self._mouse is not None:
            self._mouse_again.start(0)

    def _tell_mouse(self) -> None:
        if self._mouse is None:
            return
        here = self.scene_to_plot(self._mouse)
        if self.box.viewRect().contains(here):
            self.hovered.emit(here.x(), here.y())
        else:
            self.left.emit()

    def _write_label(self, side: str) -> None:
        if side in self._labels:
            style = {"color": theme().quiet, "font-size": f"{PLOT_POINTS}pt"}
            self.axis(side).setLabel(self._fitting(side), **style)
            self.axis(side).resizeEvent()  # centres the name, which setLabel does not

    def _fitting(self, side: str) -> str:
        """Return an axis's name, elided to the axis's length."""
        font = plot_font(self.font())
        beside = 0.0 if side == "bottom" else self.axis("bottom").height()
        room = (self.width() if side == "bottom" else self.height()) - beside - LABEL_MARGIN
        cut = Qt.TextElideMode.ElideRight
        return QFontMetrics(font).elidedText(self._labels[side], cut, max(round(room), 0))


class Curve(pg.PlotCurveItem):  # type: ignore[misc]
    """A curve whose bounds are the whole plot: to compute its own at each frame is slow."""

    def __init__(self, plot: PlotCanvas, **options: Any) -> None:
        self._plot = cast(PlotCanvas, weakref.proxy(plot))  # it owns this
        super().__init__(**options)

    def boundingRect(self) -> QRectF:
        """Return the plot's range."""
        return self._plot.whole

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Draw the curve."""
        line = self.opts["pen"]
        if self.opts["fillLevel"] is not None or line.widthF() > 1.0:
            super().paint(painter, option, widget)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, self.opts["antialias"])
        painter.setPen(line)
        painter.drawPath(self.getPath())


class Bars(pg.BarGraphItem):  # type: ignore[misc]
    """Bars whose bounds are the whole plot, like a curve's; empty until their data are set."""

    def __init__(self, plot: PlotCanvas, depth: float) -> None:
        self._plot = cast(PlotCanvas, weakref.proxy(plot))  # it owns this
        super().__init__(x0=[0.0], x1=[0.0], y0=[0.0], y1=[0.0])
        plot.add_spanning(self, depth)

    def boundingRect(self) -> QRectF:
        """Return the plot's range."""
        return self._plot.whole


def curve(plot: PlotCanvas, depth: float = 0.0, **options: Any) -> Curve:
    """Add a curve whose data and pen are set later."""
    item = Curve(plot, **options)
    plot.add_spanning(item, depth)
    return item


_BORDER = (3.0, 5.0, 7.0, 3.0)  # left, top, right, below: pixels around it all


class PlotFrame(pg.GraphicsWidget):  # type: ignore[misc]
    """Lays out a view box and its axes.

    pyqtgraph's PlotItem also makes two more axes, a title, buttons and a menu of a hundred widgets;
    not making them for four plots saves a twelfth of the time that a start takes.

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
            # it seldom changes, while its neighbours are drawn at every frame
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
        """Set the margins around axes and view box, in pixels."""
        self._grid.setContentsMargins(left, top, right, below)
