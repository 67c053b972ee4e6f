"""The plot of the loss surface: its point can be dragged, clicked elsewhere, or moved by keys."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from core.explain.loss_surface import LossSurface
from core.scenes.landscape_scene import LandscapeScene
from gui.plot.canvas import PlotCanvas, curve
from gui.plot.images import rgb, smooth_images
from gui.style.palette import Theme, mixed
from gui.style.theme import brush, pen, theme

NEAR_PIXELS = 14.0
KEY_STEP = 1.0 / 50.0  # of the plot's width
DARKEST = 0.42  # of the ink, where the loss is highest
_KEYS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, 1.0),
    Qt.Key.Key_Down: (0.0, -1.0),
}


class LandscapePlot(PlotCanvas):
    """Draws a `LandscapeScene` with one unit equally long on both axes.

    Signals
    -------
    moved : (float, float, object)
        Where the point is wanted, and what is the same during one drag.
    """

    moved = Signal(float, float, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("landscape.plot", parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(160)
        self.box.setAspectLocked(True)
        smooth_images(self)
        self._image = pg.ImageItem(axisOrder="row-major")
        self.add(self._image)
        self._contours = curve(self, 2, connect="finite")
        self._ellipse = curve(self, 4)
        self._path = curve(self, 5)
        self._start = pg.ScatterPlotItem(pxMode=True, size=8, symbol="o")
        self._point = pg.ScatterPlotItem(pxMode=True, size=14, symbol="o")
        for depth, item in ((6, self._start), (7, self._point)):
            item.setZValue(depth)
            self.add(item)
        self._drag: object | None = None
        self._at = np.zeros(2)
        self._drawn: tuple[LossSurface, Theme] | None = None

    def show_scene(self, scene: LandscapeScene) -> None:
        """Draw another scene; the surface only where it is another."""
        surface, chosen = scene.surface, theme()
        has_surface = surface is not None
        items = (self._image, self._contours, self._ellipse, self._path, self._start, self._point)
        for item in items:
            item.setVisible(has_surface)
        if surface is None:
            return
        if self._drawn is None or self._drawn[0] is not surface or self._drawn[1] is not chosen:
            self._drawn = (surface, chosen)
            self._draw_surface(surface, chosen)
        self._at = scene.at
        ellipse, path = scene.ellipse, scene.path
        self._ellipse.setData(ellipse[:, 0], ellipse[:, 1], pen=pen(chosen.calibrated, 2.0))
        self._path.setData(path[:, 0], path[:, 1], pen=pen(chosen.accent, 1.8))
        self._start.setData(
            x=path[:1, 0], y=path[:1, 1], pen=pen(chosen.accent, 1.8), brush=brush(chosen.paper)
        )
        self._point.setData(
            x=[scene.at[0]], y=[scene.at[1]], pen=pen(chosen.paper, 2.0), brush=brush(chosen.accent)
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the point where it is near."""
        here = self.scene_to_plot(event.position())
        wide, high = self.pixel_size()
        gap = np.hypot((here.x() - self._at[0]) / wide, (here.y() - self._at[1]) / high)
        if event.button() == Qt.MouseButton.LeftButton and gap <= NEAR_PIXELS:
            self._drag = object()
            event.accept()
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the point that is held."""
        if self._drag is None:
            super().mouseMoveEvent(event)
            return
        self._move(self.scene_to_plot(event.position()), self._drag)
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let the point go, or send it where the plot was clicked."""
        if self._drag is not None:
            self._drag = None
            event.accept()
            return
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the point by the arrow keys."""
        key = Qt.Key(event.key())
        if key not in _KEYS or self._drawn is None:
            event.ignore()
            return
        surface = self._drawn[0]
        step = np.array(_KEYS[key]) * KEY_STEP * (surface.x[-1] - surface.x[0])
        to = self._at + step
        self._move(QPointF(*to), "keys")
        event.accept()

    def _move(self, to: QPointF, drag: object) -> None:
        if self._drawn is None:
            return
        surface = self._drawn[0]
        x = float(np.clip(to.x(), surface.x[0], surface.x[-1]))
        y = float(np.clip(to.y(), surface.y[0], surface.y[-1]))
        self.moved.emit(x, y, drag)

    def _draw_surface(self, surface: LossSurface, chosen: Theme) -> None:
        x, y = surface.x, surface.y
        self.set_limits(float(x[0]), float(x[-1]), float(y[0]), float(y[-1]))
        half = 0.5 * float(x[1] - x[0])
        self._image.setImage(loss_image(surface.values, chosen), autoLevels=False)
        wide = float(x[-1] - x[0]) + 2.0 * half
        self._image.setRect(QRectF(float(x[0]) - half, float(y[0]) - half, wide, wide))
        gap = np.full((1, 2), np.nan)
        parts = [part for line in surface.contours for part in (line.lines, gap)]
        lines = np.concatenate(parts) if parts else gap
        self._contours.setData(lines[:, 0], lines[:, 1], pen=pen(chosen.raw, 1.0), connect="finite")


def loss_image(values: np.ndarray, chosen: Theme) -> np.ndarray:
    """Return losses (r, c) as an RGBA picture (r, c, 4): paper where low, darker where high.

    The root of the height is shown, so that the bottom of a bowl can be told from its slopes.
    """
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    height = np.clip((values - low) / max(high - low, 1e-300), 0.0, 1.0)
    share = np.sqrt(np.nan_to_num(height, nan=1.0))[..., None]
    paper, dark = rgb(chosen.paper), rgb(mixed(chosen.paper, chosen.ink, DARKEST))
    image = np.full((*values.shape, 4), 255, dtype=np.uint8)
    image[..., :3] = paper + share * (dark - paper) + 0.5
    return image
