"""A small picture of a boundary scene, drawn without a widget and so in any thread."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from core.scenes.boundary_scene import BoundaryScene
from gui.plot.images import surface_image
from gui.style.palette import Theme

WIDTH, HEIGHT = 320, 240
MOST_POINTS = 300
RADIUS = 3.0


def thumbnail(scene: BoundaryScene, colours: Theme) -> QImage:
    """Return a picture of the surface and some of its rows; of one feature, of nothing."""
    image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
    image.fill(QColor(colours.paper))
    surface = scene.surface
    if not len(surface.y):
        return image
    pixels = surface_image(surface.probabilities, colours, scene.discrete, scene.threshold)
    pixels = np.ascontiguousarray(pixels[::-1, :, :3])  # the y axis points upwards
    rows, columns, _ = pixels.shape
    drawn = QImage(pixels.data, columns, rows, 3 * columns, QImage.Format.Format_RGB888)
    painter = QPainter(image)
    painter.setRenderHints(
        QPainter.RenderHint.SmoothPixmapTransform | QPainter.RenderHint.Antialiasing
    )
    painter.drawImage(QRectF(0, 0, WIDTH, HEIGHT), drawn)
    stride = -(-len(scene.rows.labels) // MOST_POINTS) or 1
    points, labels = scene.rows.points[::stride], scene.rows.labels[::stride]
    low, high = np.array([surface.x[0], surface.y[0]]), np.array([surface.x[-1], surface.y[-1]])
    places = (points - low) / np.where(high > low, high - low, 1.0)
    painter.setPen(Qt.PenStyle.NoPen)
    for (x, y), label in zip(places.tolist(), labels.tolist(), strict=True):
        painter.setBrush(QColor(colours.classes[label % len(colours.classes)]))
        painter.drawEllipse(QPointF(x * WIDTH, (1.0 - y) * HEIGHT), RADIUS, RADIUS)
    painter.end()
    return image
