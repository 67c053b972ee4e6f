"""Small pictures of data sets, drawn from their own rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPolygonF

from core.data.data_knobs import DataChoices
from core.data.dataset import Dataset
from core.data.loading import load_dataset
from core.data.preparing import prepare

MOST_POINTS = 400
_MARGIN = 8.0


def points_of(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return up to 400 rows in the plane (n, 2) and their labels (n,).

    Two inputs are shown as they are, more by their first two principal components.
    """
    prepared = prepare(dataset)
    step = -(-len(prepared.y) // MOST_POINTS) or 1
    X, y = prepared.X[::step], prepared.y[::step]
    if X.shape[1] > 2:
        centred = X - X.mean(axis=0)
        _, _, directions = np.linalg.svd(centred, full_matrices=False)
        X = centred @ directions[:2].T
    if X.shape[1] == 1:
        X = np.column_stack([X[:, 0], y])
    return X, y


def draw_thumbnail(choices: DataChoices, size: int, ratio: float, colours: Sequence[str]) -> QImage:
    """Return a square picture of a data set; safe in any thread.

    Parameters
    ----------
    size : int
        The side in device-independent pixels.
    ratio : float
        Device pixels for each of these.
    colours : sequence of str
        The colour of each class.
    """
    X, y = points_of(load_dataset(choices))
    image = QImage(round(size * ratio), round(size * ratio), QImage.Format.Format_ARGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    low, high = np.quantile(X, [0.005, 0.995], axis=0)
    scale = (size - 2 * _MARGIN) / max(float((high - low).max()), 1e-12)
    middle = (low + high) / 2
    for (x1, x2), label in zip(X.tolist(), y.tolist(), strict=True):
        painter.setBrush(QColor(colours[label % len(colours)]))
        at = QPointF(
            size / 2 + (x1 - middle[0]) * scale,
            size / 2 - (x2 - middle[1]) * scale,
        )
        _draw_marker(painter, at, label)
    painter.end()
    return image


def _draw_marker(painter: QPainter, at: QPointF, label: int) -> None:
    """Draw a circle, square, triangle or diamond, by class."""
    r = 1.9
    if label % 4 == 0:
        painter.drawEllipse(at, r, r)
    elif label % 4 == 1:
        painter.drawRect(QRectF(at.x() - r, at.y() - r, 2 * r, 2 * r))
    else:
        corners = [(0, -r), (r, r), (-r, r)]
        if label % 4 == 3:
            corners = [(0, -r), (r, 0), (0, r), (-r, 0)]
        painter.drawPolygon(QPolygonF([at + QPointF(x, y) for x, y in corners]))
