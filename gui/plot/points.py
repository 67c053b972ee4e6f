"""Points of classes: colour and shape say which, some are filled, some ringed."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
from pyqtgraph.graphicsItems.ScatterPlotItem import renderSymbol
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QImage, QPainter, QPen, QTransform
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from core.base.arrays import FloatArray, IntArray
from gui.plot.canvas import PlotCanvas
from gui.plot.layers import Layer, device_ratio, draw_in_bands
from gui.style.palette import Theme
from gui.style.theme import brush, class_colour, class_marker, pen, theme

DEPTH = 20
SIZE = 7
RING_SIZE = 13
SELECTED_SIZE = 18
LIT_SIZE, LIT_OPACITY = 17, 120
DIMMED = 0.25  # opacity of what is not lit, while something is


@dataclass(frozen=True, slots=True)
class Place:
    """Where a layer is on screen: the transform to pixels, the visible part, the device's ratio."""

    transform: QTransform
    seen: QRectF
    ratio: float

    def picture(self) -> QImage:
        """Return a transparent image of the visible part."""
        size = self.seen.size() * self.ratio
        format_ = QImage.Format.Format_ARGB32_Premultiplied
        made = QImage(math.ceil(size.width()), math.ceil(size.height()), format_)
        made.setDevicePixelRatio(self.ratio)
        made.fill(Qt.GlobalColor.transparent)
        return made

    def pixels(self, at: FloatArray) -> list[list[float]]:
        """Return the pixels in the image of points (m, 2)."""
        to = self.transform
        corner = self.seen.topLeft()
        x = to.m11() * at[:, 0] + to.dx() - corner.x()
        y = to.m22() * at[:, 1] + to.dy() - corner.y()
        spots: list[list[float]] = np.column_stack([x, y]).tolist()
        return spots


class PointLayer(Layer):
    """The points of a plot, painted into an image that is kept until something about them changes.

    Attributes
    ----------
    rings, lit : (m, 2) arrays
        Which points are ringed, and which are lit: these lie on top, and the others are dimmed.
    marks : QImage
        The points as last painted, without rings; another picture each time that they are painted
        anew.
    """

    def __init__(self, plot: PlotCanvas) -> None:
        super().__init__(plot, DEPTH)
        self.rings = self.lit = np.empty((0, 2))
        no_codes = np.empty(0, dtype=np.int64)
        self._points: tuple[FloatArray, IntArray, np.ndarray] = (self.rings, no_codes, no_codes)
        self._theme = ""
        self._wrong = self._bright = b""
        self._is_lit = np.empty(0, dtype=np.bool_)
        self._selected: tuple[float, ...] = ()
        self._place: Place | None = None
        self.marks, self._picture = QImage(), QImage()
        self._is_stale = True

    def draw(
        self,
        at: FloatArray,
        labels: IntArray,
        is_filled: np.ndarray,
        is_ringed: np.ndarray,
        selected: FloatArray | None,
    ) -> None:
        """Draw other points.

        Parameters
        ----------
        at : (m, 2) array
            In the plot's coordinates.
        labels : (m,) int array
            Classes.
        is_filled, is_ringed : (m,) bool arrays
        selected : (2,) array or None
            A point with a larger ring.
        """
        points = (at, labels, is_filled)
        is_new = self._theme != theme().name or not all(map(_is_same, self._points, points))
        if is_new:
            self._points, self._theme, self._place = points, theme().name, None
        bits = is_ringed.tobytes()
        if is_new or bits != self._wrong:
            self._is_stale = True
            self.rings, self._wrong = at[is_ringed], bits
        place = () if selected is None else tuple(selected.tolist())
        self._is_stale |= is_new or place != self._selected
        self._selected = place
        if self._is_stale:
            self.update()

    def light(self, at: FloatArray, lit: np.ndarray) -> None:
        """Light up some of the points (m, 2)."""
        bits = lit.tobytes()
        if bits != self._bright:
            self._bright, self._is_stale = bits, True
            self.update()
        self.lit, self._is_lit = at[lit], lit

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Paint the kept image, or a new one if something has changed."""
        place = self._place_of(painter)
        if place != self._place:
            self._place, self._is_stale = place, True
            self.marks = self._paint_marks(place)
        if self._is_stale:
            self._is_stale = False
            self._picture = self._compose(place)
        painter.save()
        painter.resetTransform()
        draw_in_bands(painter, place.seen.topLeft().toPoint(), self._picture)
        painter.restore()

    def _place_of(self, painter: QPainter) -> Place:
        transform = painter.worldTransform()
        seen = transform.mapRect(self.plot.box.viewRect() & self.boundingRect())
        return Place(transform, QRectF(seen.toAlignedRect()), device_ratio(painter))

    def _compose(self, place: Place) -> QImage:
        """Return rings, marks, what is lit and the selected point's ring, from below to the top."""
        picture = place.picture()
        painter = QPainter(picture)
        chosen = theme()
        has_lit = len(self.lit) > 0
        painter.setOpacity(DIMMED if has_lit else 1.0)
        _stamp(painter, place.pixels(self.rings), _ring(chosen, place.ratio))
        painter.drawImage(0, 0, self.marks)
        painter.setOpacity(1.0)
        if has_lit:
            self._stamp_lit(painter, place)
        if self._selected:
            spot = place.pixels(np.array([self._selected]))
            _stamp(painter, spot, _selected_ring(chosen, place.ratio))
        painter.end()
        return picture

    def _stamp_lit(self, painter: QPainter, place: Place) -> None:
        """Paint the lit points with their marks and rings over everything else."""
        chosen = theme()
        _stamp(painter, place.pixels(self.lit), _lit_mark(chosen, place.ratio))
        if len(self._is_lit) != len(self._points[0]):
            return
        wrong = np.frombuffer(self._wrong, dtype=np.bool_)
        ringed = self._points[0][self._is_lit & wrong]
        _stamp(painter, place.pixels(ringed), _ring(chosen, place.ratio))
        self._stamp_marks(painter, place, self._is_lit)

    def _paint_marks(self, place: Place) -> QImage:
        """Return the points' marks, in their order."""
        picture = place.picture()
        painter = QPainter(picture)
        self._stamp_marks(painter, place, np.ones(len(self._points[0]), dtype=np.bool_))
        painter.end()
        return picture

    def _stamp_marks(self, painter: QPainter, place: Place, some: np.ndarray) -> None:
        """Paint the marks of some of the points (m,), in their order."""
        at, labels, is_filled = (it[some] for it in self._points)
        for spot, label, filled in zip(
            place.pixels(at), labels.tolist(), is_filled.tolist(), strict=True
        ):
            _stamp(painter, [spot], _mark(label, filled, theme(), place.ratio))


def _is_same(one: np.ndarray, other: np.ndarray) -> bool:
    return one is other or np.array_equal(one, other)


def nearest(at: np.ndarray, x: float, y: float, pixel: tuple[float, float], within: float) -> int:
    """Return the index of the point (m, 2) nearest to (x, y), or -1 where none is within pixels."""
    if not len(at):
        return -1
    distance = np.hypot((at[:, 0] - x) / pixel[0], (at[:, 1] - y) / pixel[1])
    best = int(distance.argmin())
    return best if distance[best] <= within else -1


def _stamp(painter: QPainter, spots: list[list[float]], mark: QImage) -> None:
    """Paint a mark with its middle at each spot."""
    half_x = mark.width() / mark.devicePixelRatio() / 2.0
    half_y = mark.height() / mark.devicePixelRatio() / 2.0
    for x, y in spots:
        painter.drawImage(QPointF(x - half_x, y - half_y), mark)


@functools.lru_cache(maxsize=256)
def _mark(label: int, is_filled: bool, chosen: Theme, ratio: float) -> QImage:
    """Return a class's mark, filled or outlined."""
    paper, own = chosen.paper, class_colour(label)
    rim, fill = (pen(paper), brush(own)) if is_filled else (pen(own, 1.6), brush(paper))
    return _rendered(class_marker(label), SIZE, rim, fill, ratio)


@functools.lru_cache(maxsize=8)
def _ring(chosen: Theme, ratio: float) -> QImage:
    return _rendered("o", RING_SIZE, pen(chosen.ink), QBrush(), ratio)


@functools.lru_cache(maxsize=8)
def _selected_ring(chosen: Theme, ratio: float) -> QImage:
    return _rendered("o", SELECTED_SIZE, pen(chosen.accent, 2.5), QBrush(), ratio)


@functools.lru_cache(maxsize=8)
def _lit_mark(chosen: Theme, ratio: float) -> QImage:
    fill = brush(chosen.accent, LIT_OPACITY)
    return _rendered("o", LIT_SIZE, pen(chosen.accent, 1.6), fill, ratio)


def _rendered(symbol: str, size: int, line: QPen, fill: QBrush, ratio: float) -> QImage:
    made: QImage = renderSymbol(symbol, size, line, fill, dpr=ratio)
    return made
