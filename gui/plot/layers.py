"""Layers of a plot: images, lines, areas and texts, each painted by few calls of Python."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from pyqtgraph.functions import arrayToQPath, arrayToQPolygonF
from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QFont, QImage, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QApplication, QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from gui.plot.canvas import PlotCanvas
from gui.style.theme import brush, figures_font, pen

BAND_PIXELS = 60


@dataclass(frozen=True, slots=True)
class Word:
    """A short text at a point of a plot.

    Attributes
    ----------
    text : str
    x, y : float
        In the plot's coordinates.
    colour : str
    across, up : float
        The shares of the text that lie left of the point and below it.
    shift : float
        Pixels from the point to the right.
    angle : float
        In degrees, clockwise about the point.
    ground : str
        The colour behind the text; empty for none.
    shorter : tuple of str
        What is written instead where the plot is narrower than the text, the longest first.
    """

    text: str
    x: float
    y: float
    colour: str
    across: float = 0.5
    up: float = 0.5
    shift: float = 0.0
    angle: float = 0.0
    ground: str = ""
    shorter: tuple[str, ...] = ()


class Layer(QGraphicsItem):
    """A part of a plot whose bounds are the whole plot; a subclass paints it.

    Parameters
    ----------
    plot : PlotCanvas
    depth : float
        Layers of more depth lie above.
    """

    def __init__(self, plot: PlotCanvas, depth: float) -> None:
        super().__init__()
        self.plot = cast(PlotCanvas, weakref.proxy(plot))  # it owns this
        plot.add_spanning(self, depth)

    def boundingRect(self) -> QRectF:
        """Return the plot's range."""
        return self.plot.whole


class PictureLayer(Layer):
    """An image whose first row lies lowest, scaled smoothly."""

    def __init__(self, plot: PlotCanvas, depth: float) -> None:
        super().__init__(plot, depth)
        self.image = self._scaled = QImage()
        self._place = QRectF()
        self._is_fine = True

    def show_pixels(
        self, pixels: np.ndarray, x: np.ndarray, y: np.ndarray, is_fine: bool = True
    ) -> None:
        """Replace the image by RGBA bytes (r, c, 4), opaque, with centres at x (c,) and y (r,).

        Unless it is fine, the image is scaled to half the screen's resolution, which is seldom
        seen between so few points and takes a third of the time.
        """
        half_x, half_y = (x[1] - x[0]) / 2.0, (y[1] - y[0]) / 2.0
        corner = QPointF(x[0] - half_x, y[0] - half_y)
        self._place = QRectF(corner, QPointF(x[-1] + half_x, y[-1] + half_y))
        rows, columns, _ = pixels.shape
        data = np.ascontiguousarray(pixels[::-1]).data
        shared = QImage(data, columns, rows, 4 * columns, QImage.Format.Format_RGBX8888)
        self.image = shared.convertToFormat(
            QImage.Format.Format_RGB32
        )  # a copy, in the format that is drawn fastest
        self._scaled, self._is_fine = QImage(), is_fine
        self.update()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Paint the image, scaled beforehand, which is twice as fast as while painting."""
        place = painter.worldTransform().mapRect(self._place)
        painter.save()
        painter.resetTransform()
        if self.plot.is_zoomed:  # most of it is outside
            painter.drawImage(place, self.image)
        else:
            size = (place.size() * device_ratio(painter)).toSize()
            whole = QRectF(place.topLeft().toPoint(), size / device_ratio(painter))
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
            painter.drawImage(whole, self._at_size(size if self._is_fine else size / 2))
        painter.restore()

    def _at_size(self, size: QSize) -> QImage:
        """Return the image scaled to a size in pixels."""
        if self._scaled.size() != size:
            smooth = Qt.TransformationMode.SmoothTransformation
            self._scaled = self.image.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
        return self._scaled


class LinesLayer(Layer):
    """Lines of a few pens.

    Smooth edges are drawn line by line, whose corners they round. Without them all lines of a pen
    are one path, which takes a fraction of the time where there are many lines.
    """

    def __init__(self, plot: PlotCanvas, depth: float) -> None:
        super().__init__(plot, depth)
        self.lines: tuple[tuple[np.ndarray, QPen], ...] = ()
        self._is_fine = False
        self._smooth: list[tuple[list[QPolygonF], QPen]] = []
        self._rough: list[tuple[QPainterPath, QPen]] = []

    def show_lines(self, lines: Sequence[tuple[np.ndarray, QPen]], is_fine: bool) -> None:
        """Replace the lines.

        Parameters
        ----------
        lines : sequence of ((m, 2) array, QPen)
            Points; a row of NaN separates two lines.
        is_fine : bool
            Whether edges are smooth.
        """
        self.lines, self._is_fine = tuple(lines), is_fine
        self._smooth = [(_polygons(points), line) for points, line in lines if is_fine]
        self._rough = [
            (arrayToQPath(points[:, 0], points[:, 1], connect="finite"), line)
            for points, line in lines
            if not is_fine
        ]
        self.update()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Paint the lines, the first lowest."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, self._is_fine)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for polygons, line in self._smooth:
            painter.setPen(line)
            for polygon in polygons:
                painter.drawPolyline(polygon)
        for path, line in self._rough:
            painter.setPen(line)
            painter.drawPath(path)


class AreaLayer(Layer):
    """The area between two curves."""

    def __init__(self, plot: PlotCanvas, depth: float) -> None:
        super().__init__(plot, depth)
        self._outline = QPolygonF()
        self._fill = QBrush()

    def show_area(self, x: np.ndarray, low: np.ndarray, high: np.ndarray, fill: QBrush) -> None:
        """Fill the area between low (m,) and high (m,) over x (m,)."""
        there_and_back = np.concatenate([x, x[::-1]]), np.concatenate([low, high[::-1]])
        self._outline, self._fill = arrayToQPolygonF(*there_and_back), fill
        self.update()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Paint the area without an edge."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._fill)
        painter.drawPolygon(self._outline)


class WordsLayer(Layer):
    """Short texts that keep their size: the application's font, larger or smaller by `scale`."""

    def __init__(self, plot: PlotCanvas, depth: float, scale: float = 1.0) -> None:
        super().__init__(plot, depth)
        self.words: tuple[Word, ...] = ()
        self._scale = scale

    @property
    def font(self) -> QFont:
        """The font of the texts."""
        return figures_font(QApplication.font(), scale=self._scale)

    def show_words(self, words: Sequence[Word]) -> None:
        """Replace the texts."""
        if tuple(words) != self.words:
            self.words = tuple(words)
            self.update()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Write the texts."""
        to_pixels = painter.worldTransform()
        painter.save()
        painter.resetTransform()
        painter.setFont(self.font)
        room = to_pixels.mapRect(self.plot.whole).width()
        for word in self.words:
            place = to_pixels.map(QPointF(word.x, word.y))
            painter.save()
            painter.translate(round(place.x()), round(place.y()))
            painter.rotate(word.angle)
            _write(painter, word, room)
            painter.restore()
        painter.restore()


def _write(painter: QPainter, word: Word, room: float) -> None:
    """Write a text at the painter's origin, or the longest shorter one that has room."""
    metrics = painter.fontMetrics()
    texts = (word.text, *word.shorter)
    text = next((it for it in texts if metrics.horizontalAdvance(it) <= room), texts[-1])
    wide, high = metrics.horizontalAdvance(text), metrics.height()
    left = round(word.shift - word.across * wide)
    top = round(-(1.0 - word.up) * high)
    if word.ground:
        behind = QRectF(left - 1.0, top + 1.0, wide + 2.0, high - 2.0)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.fillRect(behind, brush(word.ground))
    painter.setPen(pen(word.colour))
    painter.drawText(QPointF(left, top + metrics.ascent()), text)


def draw_in_bands(painter: QPainter, place: QPoint, image: QImage) -> None:
    """Draw a partly transparent image in low bands: Qt would draw a high one in several threads.

    Waking them takes longer than drawing while training keeps the processors busy.
    """
    ratio = image.devicePixelRatio()
    for top in range(0, image.height(), BAND_PIXELS):
        band = QRectF(0.0, top, image.width(), BAND_PIXELS)
        painter.drawImage(QPointF(place.x(), place.y() + top / ratio), image, band)


def device_ratio(painter: QPainter) -> float:
    """Return the device pixels a pixel of the window."""
    device = painter.device()
    return float(device.devicePixelRatio()) if device is not None else 1.0


def _polygons(points: np.ndarray) -> list[QPolygonF]:
    """Return lines (m, 2) that are separated by rows of NaN as polygons."""
    ends = [*np.flatnonzero(np.isnan(points[:, 0])).tolist(), len(points)]
    starts = [0, *(end + 1 for end in ends)]
    return [
        arrayToQPolygonF(points[start:end, 0], points[start:end, 1])
        for start, end in zip(starts, ends, strict=False)
        if end > start
    ]
