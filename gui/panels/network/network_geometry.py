"""Where everything stands in the network's diagram, and what is under the mouse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF

from core.scenes.network_scene import NetworkScene

HEADER = 40  # the row of headings and of buttons above the units
FOOT = 6
LARGEST_UNIT, SMALLEST_UNIT = 52.0, 6.0
TALLEST_ROW = 78.0
LINK_REACH = 6.0  # pixels from a link at which it is hit
NAME_HEIGHT = 13
NAMED_GAP = 26.0  # between units, for a name and the squares


@dataclass(frozen=True, slots=True)
class Hit:
    """What is under the mouse.

    Attributes
    ----------
    layer, unit : int
        The unit, or the one that a link or a parameter belongs to.
    index : int
        The parameter's place in the flat vector; -1 on the unit itself.
    """

    layer: int
    unit: int
    index: int = -1


@dataclass(frozen=True, slots=True, eq=False)
class Geometry:
    """The diagram at one size.

    Attributes
    ----------
    middles : tuple of float
        The horizontal middle of each column.
    pitch : float
        From one column to the next.
    boxes : tuple of tuple of QRectF
        Of each column, each unit's picture.
    handles : tuple of (QRectF, column, vector, unit)
        Small squares for biases and the like.
    lines : tuple of QLineF
        Of every link, in the scene's order.
    ends : (n_links, 4) array
        The same as numbers: x and y of the source, then of the target.
    gap : float
        The horizontal middle of the layers left out; nan where none are.
    has_names : tuple of bool
        In which columns there is room for names above units.
    """

    middles: tuple[float, ...]
    pitch: float
    boxes: tuple[tuple[QRectF, ...], ...]
    handles: tuple[tuple[QRectF, int, int, int], ...]
    lines: tuple[QLineF, ...]
    ends: np.ndarray
    gap: float
    has_names: tuple[bool, ...]


def geometry_of(scene: NetworkScene, width: float, height: float) -> Geometry:
    """Lay the diagram out in a widget of that size."""
    slots = len(scene.columns) + (scene.left_out > 0)
    pitch = width / slots
    hole = len(scene.columns) - 2 if scene.left_out else slots
    middles = tuple(pitch * (i + 0.5 + (i >= hole)) for i in range(len(scene.columns)))
    counts = [len(own.units) + (own.total > len(own.units)) for own in scene.columns]
    tallest = [min((height - HEADER - FOOT) / count, TALLEST_ROW) for count in counts]
    side = max(min(0.6 * pitch, 0.64 * min(tallest), LARGEST_UNIT), SMALLEST_UNIT)
    rows = [min(row, max(1.45 * side, side + NAMED_GAP)) for row in tallest]
    boxes = tuple(
        _boxes(middle, len(column.units), row, side, height)
        for middle, column, row in zip(middles, scene.columns, rows, strict=True)
    )
    lines = _lines(scene, boxes)
    ends = np.array([[line.x1(), line.y1(), line.x2(), line.y2()] for line in lines])
    gap = pitch * (hole + 0.5) if scene.left_out else float("nan")
    has_names = tuple(row - side >= NAMED_GAP - 1.0 for row in rows)
    handles = _handles(scene, boxes, side)
    return Geometry(middles, pitch, boxes, handles, lines, ends.reshape(-1, 4), gap, has_names)


def hit_at(scene: NetworkScene, geometry: Geometry, at: QPointF) -> Hit | None:
    """Return what is under a point: a parameter's square, a unit, or the nearest link."""
    for square, place, vector, k in geometry.handles:
        if square.adjusted(-3.0, -3.0, 3.0, 3.0).contains(at):
            own = scene.columns[place]
            return Hit(own.layer, own.units[k], int(own.vectors[vector].indices[k]))
    for column, boxes in zip(scene.columns, geometry.boxes, strict=True):
        for unit, box in zip(column.units, boxes, strict=True):
            if box.adjusted(-2.0, -2.0, 2.0, 2.0).contains(at):
                return Hit(column.layer, unit)
    return _link_at(scene, geometry, at)


def _boxes(middle: float, units: int, row: float, side: float, height: float) -> tuple[QRectF, ...]:
    first = HEADER + (height - HEADER - FOOT - row * units) / 2.0 + (row - side) / 2.0
    left = middle - side / 2.0
    return tuple(QRectF(left, first + row * k, side, side) for k in range(units))


def _handle(side: float) -> float:
    return float(np.clip(0.22 * side, 3.0, 8.0))


def _handles(
    scene: NetworkScene, boxes: tuple[tuple[QRectF, ...], ...], side: float
) -> tuple[tuple[QRectF, int, int, int], ...]:
    size = _handle(side)
    return tuple(
        (QRectF(box.left() + k * (size + 2.0), box.bottom() + 2.0, size, size), column, k, unit)
        for column, (own, placed) in enumerate(zip(scene.columns, boxes, strict=True))
        for k in range(len(own.vectors))
        for unit, box in enumerate(placed)
    )


def _lines(scene: NetworkScene, boxes: tuple[tuple[QRectF, ...], ...]) -> tuple[QLineF, ...]:
    return tuple(
        QLineF(
            QPointF(source.right(), source.center().y()),
            QPointF(target.left(), target.center().y()),
        )
        for links in scene.links
        for source in boxes[links.source]
        for target in boxes[links.target]
    )


def _link_at(scene: NetworkScene, geometry: Geometry, at: QPointF) -> Hit | None:
    if not len(geometry.ends):
        return None
    start, end = geometry.ends[:, :2], geometry.ends[:, 2:]
    along = end - start
    to = np.array([at.x(), at.y()]) - start
    share = np.clip((to * along).sum(axis=1) / np.square(along).sum(axis=1), 0.0, 1.0)
    gap = to - share[:, None] * along
    distance = np.hypot(gap[:, 0], gap[:, 1])
    nearest = int(distance.argmin())
    if distance[nearest] > LINK_REACH:
        return None
    for links in scene.links:
        if nearest < links.indices.size:
            target = scene.columns[links.target]
            unit = target.units[nearest % links.indices.shape[1]]
            return Hit(target.layer, unit, int(links.indices.ravel()[nearest]))
        nearest -= links.indices.size
    return None
