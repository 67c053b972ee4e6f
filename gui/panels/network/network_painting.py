"""How the network's diagram is painted: links by size and sign, and each unit's map.

All links go into one image. A link runs from left to right, so in each column of pixels it covers a
short vertical stretch; the stretches of all links are added up as optical depths, which makes the
image independent of the order of drawing and takes a few milliseconds for thousands of links.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QImage, QPainter

from core.base.arrays import FloatArray, IntArray
from core.explain.unit_maps import INPUTS
from core.scenes.network_scene import Column, NetworkScene
from gui.panels.network.network_geometry import NAME_HEIGHT, Geometry
from gui.panels.panel_text import tr
from gui.plot.images import rgb, surface_image
from gui.style.palette import Theme
from gui.style.theme import brush, pen, plot_font, theme

BAR_HEIGHT = 16
LEVELS = 6  # of a square's fill


def link_image(
    scene: NetworkScene, geometry: Geometry, size: QSize, ratio: float, phase: float | None
) -> QImage:
    """Return every link; with a phase, gaps that move with the flow.

    Parameters
    ----------
    ratio : float
        Pixels of the screen to one of the widget.
    """
    depths = LinkImage(round(size.width() * ratio), round(size.height() * ratio))
    first = 0
    for links in scene.links:
        ends = ratio * geometry.ends[first : first + links.weights.size]
        depths.add(ends, links.weights.ravel(), phase)
        first += links.weights.size
    image = depths.image(theme())
    image.setDevicePixelRatio(ratio)
    return image


def column_image(column: Column, has_maps: bool, chosen: Theme) -> QImage:
    """Return the pictures of a column's units, one under the other."""
    if has_maps:
        shades = column.pictures[:, ::-1].reshape(-1, column.pictures.shape[2])
        share = 0.5 + 0.5 * shades
        pixels = surface_image(np.stack([1.0 - share, share], axis=-1), chosen)
    else:
        pixels = _bars(column, chosen)
    high, wide = pixels.shape[:2]
    data = np.ascontiguousarray(pixels).tobytes()
    return QImage(data, wide, high, 4 * wide, QImage.Format.Format_RGBA8888).copy()


def paint_units(painter: QPainter, geometry: Geometry, images: list[QImage]) -> None:
    """Draw every unit's picture and a thin frame around it."""
    painter.setPen(pen(theme().raw, 1.0, is_cosmetic=False))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for boxes, image in zip(geometry.boxes, images, strict=True):
        high = image.height() / len(boxes)
        for k, box in enumerate(boxes):
            painter.drawImage(box, image, QRectF(0.0, k * high, image.width(), high))
        painter.drawRects(list(boxes))


def paint_handles(painter: QPainter, scene: NetworkScene, geometry: Geometry) -> None:
    """Draw biases and the like as squares: colour is sign, fill is size; letters where room is."""
    chosen = theme()
    groups: dict[tuple[bool, int], list[QRectF]] = {}
    for box, column, k, unit in geometry.handles:
        value = float(np.nan_to_num(scene.columns[column].vectors[k].values[unit]))
        level = round(min(abs(value) / 2.0, 1.0) * LEVELS)
        groups.setdefault((value >= 0.0, level), []).append(box)
    for (positive, level), boxes in groups.items():
        colour = chosen.classes[int(positive)]
        painter.setPen(pen(colour, is_cosmetic=False))  # a width of whole pixels: edges alike
        painter.setBrush(brush(colour, 40 + 215 * level // LEVELS))
        painter.drawRects(boxes)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def paint_names(
    painter: QPainter, scene: NetworkScene, geometry: Geometry, titles: list[str]
) -> None:
    """Write headings, the names of inputs and outputs, and what is left out."""
    painter.setPen(pen(theme().quiet))
    painter.setFont(plot_font(painter.font()))
    metrics = painter.fontMetrics()
    right = Qt.TextElideMode.ElideRight
    middle = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter
    for x, title in zip(geometry.middles, titles, strict=True):
        place = QRectF(x - geometry.pitch / 2.0 + 1.0, 2.0, geometry.pitch - 2.0, 16.0)
        painter.drawText(place, middle, metrics.elidedText(title, right, int(place.width())))
    for column, boxes in zip(scene.columns, geometry.boxes, strict=True):
        more = column.total - len(column.units)
        if more:
            last = boxes[-1]
            place = QRectF(
                last.center().x() - 30.0, last.bottom() + last.height() * 0.5, 60.0, 14.0
            )
            painter.drawText(place, middle, f"+{more}")
    if geometry.gap == geometry.gap:
        place = QRectF(geometry.gap - 20.0, 2.0, 40.0, 16.0)
        painter.drawText(place, middle, f"+{scene.left_out}")
        high = geometry.boxes[0][0].center().y()
        painter.drawText(QRectF(geometry.gap - 20.0, high - 8.0, 40.0, 16.0), middle, "···")
    _paint_unit_names(painter, scene, geometry, metrics)


def _paint_unit_names(
    painter: QPainter, scene: NetworkScene, geometry: Geometry, metrics: QFontMetrics
) -> None:
    middle = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom
    for column, names in ((0, scene.input_names), (-1, scene.output_names)):
        if not geometry.has_names[column]:
            continue
        for unit, box in zip(scene.columns[column].units, geometry.boxes[column], strict=True):
            wide = geometry.pitch - 2.0
            place = QRectF(box.center().x() - wide / 2.0, box.top() - NAME_HEIGHT - 1.0, wide, 13.0)
            text = metrics.elidedText(names[unit], Qt.TextElideMode.ElideRight, int(wide))
            painter.drawText(place, middle, text)


def _bars(column: Column, chosen: Theme) -> np.ndarray:
    """Return bars (shown * height, bins, 4); a bar has the colour of its outputs' sign."""
    shown, bins = column.pictures.shape
    peak = column.pictures.max(axis=1, keepdims=True)
    heights = column.pictures / np.where(peak > 0.0, peak, 1.0) * BAR_HEIGHT
    level = np.arange(BAR_HEIGHT, 0, -1)[None, :, None]
    is_bar = heights[:, None, :] >= level - 0.5
    share = (np.arange(bins) + 0.5) / bins
    centre = column.low[:, None] + (column.high - column.low)[:, None] * share
    ink = np.where((centre < 0.0)[..., None], rgb(chosen.classes[0]), rgb(chosen.classes[1]))
    pixels = np.full((shown, BAR_HEIGHT, bins, 4), 255, dtype=np.uint8)
    ground = np.broadcast_to(rgb(chosen.paper), (shown, BAR_HEIGHT, bins, 3))
    pixels[..., :3] = np.where(is_bar[..., None], ink[:, None], ground)
    return pixels.reshape(shown * BAR_HEIGHT, bins, 4)


def heading(scene: NetworkScene, column: Column, room: float) -> str:
    """Return what stands above a column with that much room."""
    if column.layer == INPUTS:
        return f"{column.total}" if room < 44.0 else tr("inputs")
    if column.layer == len(scene.architecture.layers) - 1:
        return f"{column.total}" if room < 44.0 else tr("output")
    if room < 70.0:
        return f"{column.total}"
    return tr("layer {0} · {1}").format(column.layer + 1, column.total)


DASH, PERIOD = 4.0, 14.0  # pixels of the gaps that move, and from one to the next
GAP_SHARE = 0.2  # of a line's opacity that is left in a gap
PER_WEIGHT = 1.6  # pixels
LEAST_WIDTH, MOST_WIDTH = 0.6, 6.0
LEAST_OPACITY, MOST_OPACITY = 0.25, 0.95


def widths_of(weights: FloatArray) -> FloatArray:
    """Return how wide links are drawn, in pixels.

    Examples
    --------
    >>> widths_of(np.array([0.0, -1.0, 100.0])).tolist()
    [0.6, 2.2, 6.0]
    """
    return np.minimum(LEAST_WIDTH + PER_WEIGHT * np.abs(weights), MOST_WIDTH)


def opacities_of(weights: FloatArray) -> FloatArray:
    """Return how opaque links are drawn: small ones are faint."""
    share = np.minimum(np.abs(weights) / 2.0, 1.0)
    return LEAST_OPACITY + (MOST_OPACITY - LEAST_OPACITY) * share


class LinkImage:
    """The optical depth of negative and of positive lines in every pixel of a picture."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._pixels: tuple[list[FloatArray], list[FloatArray]] = ([], [])
        self._depths: tuple[list[FloatArray], list[FloatArray]] = ([], [])

    def add(self, ends: FloatArray, weights: FloatArray, phase: float | None) -> None:
        """Add lines (n, 4) that share their left and their right end's x; weights (n,)."""
        weights = np.nan_to_num(weights)
        left, right = float(ends[0, 0]), float(ends[0, 2])
        x = np.arange(max(int(np.ceil(left)), 0), min(int(right), self.width))
        slope = (ends[:, 3] - ends[:, 1]) / max(right - left, 1.0)
        stretch = np.hypot(1.0, slope)
        high = widths_of(weights) * stretch
        rows = np.exp2(np.ceil(np.log2(np.ceil(high) + 1.0))).astype(np.int64)
        for most in np.unique(rows).tolist():
            for sign in (0, 1):
                mine = np.flatnonzero((rows == most) & ((weights >= 0.0) == bool(sign)))
                if not len(mine) or not len(x):
                    continue
                along = x + 0.5 - left
                y = ends[mine, 1][:, None] + slope[mine][:, None] * along
                alpha = np.repeat(opacities_of(weights[mine])[:, None], len(x), axis=1)
                if phase is not None:
                    at = np.mod(stretch[mine][:, None] * along - phase, PERIOD)
                    alpha[at < DASH] *= GAP_SHARE
                self._add_lines(sign, x, y, high[mine], alpha, most)

    def image(self, chosen: Theme) -> QImage:
        """Return the picture, transparent where there is no line."""
        size = self.width * self.height
        below, above = (
            np.bincount(np.concatenate(pixels), np.concatenate(depths), minlength=size)
            if pixels
            else np.zeros(size)
            for pixels, depths in zip(self._pixels, self._depths, strict=True)
        )
        inked = np.flatnonzero(below + above)
        positive = above[inked]
        depth = positive + below[inked]
        opacity = 1.0 - np.exp(-depth)
        share = positive / depth
        packed = (255.0 * opacity + 0.5).astype(np.uint32) << 24
        first, second = rgb(chosen.classes[0]), rgb(chosen.classes[1])
        for place, (start, end) in enumerate(zip(first, second, strict=True)):
            level = (start + share * (end - start)) * opacity + 0.5
            packed |= level.astype(np.uint32) << (8 * place)
        pixels = np.zeros(size, dtype="<u4")
        pixels[inked] = packed
        kind = QImage.Format.Format_RGBA8888_Premultiplied
        return QImage(pixels.data, self.width, self.height, 4 * self.width, kind).copy()

    def _add_lines(
        self, sign: int, x: IntArray, y: FloatArray, high: FloatArray, alpha: FloatArray, most: int
    ) -> None:
        """Add vertical stretches of `high` (n,) around y (n, columns), at most `most` rows each."""
        low = y - 0.5 * high[:, None]
        first = np.floor(low)
        row = first[..., None] + np.arange(most)
        top = np.minimum((low + high[:, None])[..., None], row + 1.0)
        cover = np.clip(top - np.maximum(low[..., None], row), 0.0, 1.0)
        depth = -np.log1p(-alpha[..., None] * cover)
        inside = (depth > 0.0) & (row >= 0.0) & (row < self.height)
        pixel = row * self.width + x[:, None]
        self._pixels[sign].append(pixel[inside].astype(np.int64))
        self._depths[sign].append(depth[inside])
