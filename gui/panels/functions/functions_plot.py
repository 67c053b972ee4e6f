"""A function with its derivatives, others beside it, and a point that can be dragged along it."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.explain.unit_maps import PreactivationHistogram
from core.functions.activations import ACTIVATIONS
from core.scenes.functions_scene import SPAN, FunctionsScene
from gui.plot.canvas import PlotCanvas, curve
from gui.style.theme import DASHED, brush, class_colour, pen, theme

GRAB_PIXELS = 14.0
HISTOGRAM_SHARE = 0.35  # of the plot's height
POINT_SIZE = 11.0


class FunctionPlot(PlotCanvas):
    """The picture of the functions panel.

    Signals
    -------
    dragged : (float)
        The point is wanted at this z.
    """

    dragged = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("functions.plot", parent)
        self.setAccessibleName(self.tr("Graph"))
        self.setMinimumSize(200, 210)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.viewport().setCursor(Qt.CursorShape.SizeHorCursor)
        self._is_dragging = False
        self._point_at = QPointF()
        self._zero = [curve(self, 0) for _ in range(2)]
        self._histogram = curve(self, 1, fillLevel=0.0)
        self._marks = [curve(self, 2, connect="pairs") for _ in range(2)]
        self._plain = curve(self, 3, antialias=True)
        self._others = [curve(self, 4, antialias=True) for _ in ACTIVATIONS]
        self._curvature, self._slope = (
            curve(self, 5, antialias=True),
            curve(self, 6, antialias=True),
        )
        self._value, self._tangent = curve(self, 7, antialias=True), curve(self, 8, antialias=True)
        self._points = pg.ScatterPlotItem(size=POINT_SIZE, pxMode=True)
        self._points.setZValue(9)
        self.add(self._points)

    def show_scene(self, scene: FunctionsScene) -> None:
        """Draw a scene."""
        chosen, view = theme(), scene.view
        self.label("bottom", "z")
        self.label("left", _left_label(self, scene))
        self.set_limits(-SPAN, SPAN, *scene.y_range)
        low, high = scene.y_range
        self._zero[0].setData([-SPAN, SPAN], [0.0, 0.0], pen=pen(chosen.line))
        self._zero[1].setData([0.0, 0.0], [low, high], pen=pen(chosen.line))
        self._line(self._value, scene, scene.value, pen(chosen.ink, 2.5))
        self._line(self._plain, scene, scene.plain, pen(chosen.raw, 1.2))
        self._line(
            self._slope,
            scene,
            scene.slope if view.function_slope else None,
            pen(chosen.accent, 1.8),
        )
        curvature = scene.curvature if view.function_curvature else None
        self._line(self._curvature, scene, curvature, pen(chosen.warning, 1.5, style=DASHED))
        for k, item in enumerate(self._others):
            y = scene.others[k][2] if k < len(scene.others) else None
            self._line(item, scene, y, pen(class_colour(k), 1.6))
        self._draw_point(scene)
        self._draw_fact(scene)
        self._draw_histogram(scene.units, scene.y_range)

    def sizeHint(self) -> QSize:
        """Ask for no more height than there must be: what is left over is added."""
        return QSize(320, self.minimumHeight())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the point along; in a zoomed plot only where it is grabbed."""
        super().mousePressEvent(event)
        if event.button() == Qt.MouseButton.LeftButton:
            here = self.scene_to_plot(event.position())
            self._is_dragging = not self.is_zoomed or self._is_near(here)
            self._drag_to(here)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the point while the button is held."""
        if self._is_dragging:
            self._drag_to(self.scene_to_plot(event.position()))
            event.accept()
        else:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let the point go."""
        self._is_dragging = False
        super().mouseReleaseEvent(event)

    def _drag_to(self, here: QPointF) -> None:
        if self._is_dragging:
            self.dragged.emit(round(min(max(here.x(), -SPAN), SPAN), 2) + 0.0)

    def _is_near(self, here: QPointF) -> bool:
        width, height = self.pixel_size()
        apart = here - self._point_at
        return math.hypot(apart.x() / width, apart.y() / height) < GRAB_PIXELS

    def _line(
        self, item: pg.PlotCurveItem, scene: FunctionsScene, y: np.ndarray | None, stroke: object
    ) -> None:
        item.setVisible(y is not None)
        if y is not None:
            low, high = scene.y_range
            # far beyond the plot a steep line would only cost time
            room = 10.0 * (high - low)
            item.setData(scene.x, np.clip(y, low - room, high + room), pen=stroke)

    def _draw_point(self, scene: FunctionsScene) -> None:
        point, chosen = scene.point, theme()
        at = [QPointF(point.z, point.value)]
        if scene.view.functions_page == "facts" and scene.view.function_fact == "symmetry":
            mirrored = float(np.interp(-point.z, scene.x, scene.value))
            at.append(QPointF(-point.z, mirrored))
        self._point_at = at[0]
        self._points.setData(
            x=[p.x() for p in at],
            y=[p.y() for p in at],
            pen=pen(chosen.paper, 2.0),
            brush=brush(chosen.error),
        )
        intercept, slope = scene.tangent
        ends = np.array([-SPAN, SPAN])
        heights = intercept + slope * ends
        shown = scene.view.functions_page in {"point", "sharpness"} and np.isfinite(heights).all()
        self._tangent.setVisible(bool(shown))
        if shown:
            self._tangent.setData(ends, heights, pen=pen(chosen.error, 1.2))

    def _draw_fact(self, scene: FunctionsScene) -> None:
        lines: list[list[tuple[float, float]]] = [[], []]
        if scene.view.functions_page == "facts" and scene.axis == "probability":
            lines = _fact_lines(scene)
        colours = (theme().calibrated, theme().quiet)
        for item, points, colour in zip(self._marks, lines, colours, strict=True):
            item.setVisible(bool(points))
            if points:
                x, y = np.array(points).T
                item.setData(x, y, pen=pen(colour, 1.5, style=DASHED), connect="pairs")

    def _draw_histogram(
        self, units: PreactivationHistogram | None, y_range: tuple[float, float]
    ) -> None:
        self._histogram.setVisible(units is not None)
        if units is None:
            return
        low, high = y_range
        highest = max(float(units.shares.max()), 1e-12)
        heights = low + HISTOGRAM_SHARE * (high - low) * units.shares / highest
        steps = np.repeat(units.edges, 2)[1:-1]
        self._histogram.setData(steps, np.repeat(heights, 2), pen=pen(theme().calibrated))
        self._histogram.setFillLevel(low)
        self._histogram.setBrush(brush(theme().calibrated, 70))


def _left_label(plot: FunctionPlot, scene: FunctionsScene) -> str:
    if scene.axis == "odds":
        return str(plot.tr("odds p / (1 − p)"))
    if scene.axis == "log_odds":
        return str(plot.tr("log-odds, nats"))
    return "f(z)" if scene.view.function_sharpness == 1.0 else "f(t z)"


def _fact_lines(scene: FunctionsScene) -> list[list[tuple[float, float]]]:
    """Return pairs of points to join, in the main and in the quiet colour."""
    facts, fact, point = scene.facts, scene.view.function_fact, scene.point
    strong: list[tuple[float, float]] = []
    quiet: list[tuple[float, float]] = []
    if fact == "range":
        for level in (facts.low, facts.high):
            if math.isfinite(level):
                strong += [(-SPAN, level), (SPAN, level)]
    elif fact == "symmetry":
        mirrored = float(np.interp(-point.z, scene.x, scene.value))
        strong += [(point.z, point.value), (-point.z, mirrored)]
        quiet += [(point.z, scene.y_range[0]), (point.z, point.value)]
        quiet += [(-point.z, scene.y_range[0]), (-point.z, mirrored)]
    elif fact == "steepest" and math.isfinite(facts.steepest_at):
        at = facts.steepest_at
        height = float(scene.activation.value(np.array([scene.view.function_sharpness * at]))[0])
        reach = min(1.5, 1.0 / max(facts.steepest, 1e-9))
        rise = facts.steepest * reach
        strong += [(at - reach, height - rise), (at + reach, height + rise)]
        quiet += [(at, scene.y_range[0]), (at, height)]
    elif fact == "centre":
        strong += [(-SPAN, facts.mean), (SPAN, facts.mean)]
    return [strong, quiet]
