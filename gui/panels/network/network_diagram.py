"""The network as a diagram that can be pointed at, walked through by keys, and changed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import (
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolButton, QWidget

from core.explain.unit_maps import INPUTS
from core.scenes.network_scene import NetworkScene
from gui.panels.network.network_geometry import Geometry, Hit, geometry_of, hit_at
from gui.panels.network.network_painting import (
    column_image,
    heading,
    link_image,
    paint_handles,
    paint_names,
    paint_units,
)
from gui.style.theme import pen, theme

FLOW_PIXELS = 3.0  # that the gaps move from one drawing to the next
PATIENCE = 100  # parameters for which the links wait one more drawing while they flow
BUTTON = 15
_KEYS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class NetworkDiagram(QWidget):
    """Draws a scene of the network.

    Signals
    -------
    pointed : (Hit or None)
        What is under the mouse.
    chosen : (Hit)
        A unit, a link or a bias was clicked or walked to.
    mapped : (Hit)
        The space bar asks for the chosen unit's map.
    typed : ()
        Return asks for the field in which the chosen parameter is typed.
    """

    pointed = Signal(object)
    chosen = Signal(object)
    mapped = Signal(object)
    typed = Signal()

    def __init__(
        self, resize_layer: Callable[[int, int], None], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("network.diagram")
        self.setAccessibleName(self.tr("Network"))
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 160)
        self.scene: NetworkScene | None = None
        self.geometry_shown: Geometry | None = None
        self.present: Hit | None = None
        self.under_mouse: Hit | None = None
        self._resize_layer = resize_layer
        self._phase: float | None = None
        self._images: list[QImage] = []
        self._links: QImage | None = None
        self._links_age = 0
        self._buttons: dict[int, tuple[QToolButton, QToolButton]] = {}
        self._laid_out: tuple[object, ...] = ()

    def sizeHint(self) -> QSize:
        """Ask for 400 by 300 pixels."""
        return QSize(400, 300)

    def show_scene(self, scene: NetworkScene, flows: bool) -> None:
        """Draw another scene; where it flows, the gaps in the links move on."""
        self.scene = scene
        self._phase = ((self._phase or 0.0) + FLOW_PIXELS) if flows else None
        self._links_age += 1
        is_due = self._links_age > scene.architecture.n_parameters // PATIENCE
        if is_due or not flows:
            self._links = None
        self._images = [column_image(own, scene.has_maps, theme()) for own in scene.columns]
        self._lay_out()
        self.update()

    def choose(self, hit: Hit | None) -> None:
        """Show a unit or a parameter as the chosen one."""
        self.present = hit
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw links, then units, then what stands around them."""
        scene, geometry = self.scene, self.geometry_shown
        if scene is None or geometry is None:
            return
        painter = QPainter(self)
        if self._links is None:
            ratio = self.devicePixelRatioF()
            self._links_age = 0
            self._links = link_image(scene, geometry, self.size(), ratio, self._phase)
        painter.drawImage(0, 0, self._links)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scene.has_maps)
        paint_units(painter, geometry, self._images)
        titles = [heading(scene, column, geometry.pitch) for column in scene.columns]
        paint_names(painter, scene, geometry, titles)
        paint_handles(painter, scene, geometry)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_marked(painter, scene, geometry)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the diagram out anew."""
        super().resizeEvent(event)
        self._links = None
        self._lay_out()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Report what is under the mouse."""
        self._point_at(self._hit(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Report that nothing is under the mouse."""
        super().leaveEvent(event)
        self._point_at(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose what is under the mouse."""
        hit = self._hit(event.position())
        if event.button() == Qt.MouseButton.LeftButton and hit is not None:
            self.chosen.emit(hit)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk through the units by the arrow keys; space shows a map, Return edits."""
        key = Qt.Key(event.key())
        if key in _KEYS:
            self._walk(*_KEYS[key])
        elif key == Qt.Key.Key_Space and self.present is not None:
            self.mapped.emit(self.present)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.typed.emit()
        else:
            super().keyPressEvent(event)

    def _hit(self, at: QPointF) -> Hit | None:
        if self.scene is None or self.geometry_shown is None:
            return None
        return hit_at(self.scene, self.geometry_shown, at)

    def _point_at(self, hit: Hit | None) -> None:
        if hit != self.under_mouse:
            self.under_mouse = hit
            shape = Qt.CursorShape.ArrowCursor if hit is None else Qt.CursorShape.PointingHandCursor
            self.setCursor(shape)
            self.pointed.emit(hit)
            self.update()

    def _walk(self, columns: int, units: int) -> None:
        if self.scene is None:
            return
        shown = self.scene.columns
        layers = [column.layer for column in shown]
        start = self.present or Hit(layers[-1], 0)
        at = layers.index(start.layer) if start.layer in layers else len(layers) - 1
        at = min(max(at + columns, 0), len(layers) - 1)
        last = len(shown[at].units) - 1
        unit = min(max(start.unit + units, 0), last)
        self.chosen.emit(Hit(layers[at], unit))

    def _lay_out(self) -> None:
        scene = self.scene
        if scene is None:
            return
        shape = tuple((own.layer, len(own.units), own.total) for own in scene.columns)
        key = (scene.architecture, shape, scene.left_out, self.width(), self.height())
        if key != self._laid_out:
            self._laid_out = key
            self.geometry_shown = geometry_of(scene, self.width(), self.height())
            self._links = None
            self._place_buttons(scene, self.geometry_shown)

    def _place_buttons(self, scene: NetworkScene, geometry: Geometry) -> None:
        hidden = range(len(scene.architecture.layers) - 1)
        placed = {
            column.layer: x
            for column, x in zip(scene.columns, geometry.middles, strict=True)
            if column.layer in hidden
        }
        for layer, x in placed.items():
            if layer not in self._buttons:
                self._buttons[layer] = (self._button(layer, -1), self._button(layer, 1))
            for button, left in zip(self._buttons[layer], (x - BUTTON, x), strict=True):
                button.setGeometry(int(left), 20, BUTTON, BUTTON)
        for layer, pair in self._buttons.items():
            for button in pair:
                button.setVisible(layer in placed)

    def _button(self, layer: int, change: int) -> QToolButton:
        button = QToolButton(self)
        more = change > 0
        button.setObjectName(f"network.layer{layer}.{'more' if more else 'fewer'}")
        button.setText("+" if more else "−")
        button.setStyleSheet("QToolButton { padding: 0; }")
        text = self.tr("Add a unit to layer {0}") if more else self.tr("Remove one from layer {0}")
        button.setToolTip(text.format(layer + 1))
        button.setAccessibleName(text.format(layer + 1))
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.clicked.connect(lambda: self._resize_layer(layer, change))
        return button

    def _paint_marked(self, painter: QPainter, scene: NetworkScene, geometry: Geometry) -> None:
        """Draw a frame around the chosen unit and the one under the mouse, and their link."""
        for hit, width in ((self.under_mouse, 1.6), (self.present, 2.4)):
            if hit is None:
                continue
            painter.setPen(pen(theme().accent, width, is_cosmetic=False))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for column, boxes in zip(scene.columns, geometry.boxes, strict=True):
                if column.layer == hit.layer and hit.unit < len(boxes) and hit.index < 0:
                    painter.drawRect(boxes[hit.unit].adjusted(-1.5, -1.5, 1.5, 1.5))
            if hit.index >= 0:
                self._paint_parameter(painter, scene, geometry, hit)

    def _paint_parameter(
        self, painter: QPainter, scene: NetworkScene, geometry: Geometry, hit: Hit
    ) -> None:
        first = 0
        for links in scene.links:
            found = np.flatnonzero(links.indices.ravel() == hit.index)
            if len(found):
                painter.drawLine(geometry.lines[first + int(found[0])])
            first += links.indices.size
        for box, column, k, unit in geometry.handles:
            if scene.columns[column].vectors[k].indices[unit] == hit.index:
                painter.drawRect(box.adjusted(-2.5, -2.5, 2.5, 2.5))


def is_unit(hit: Hit | None) -> bool:
    """Tell whether a hit is a unit or an input rather than one parameter."""
    return hit is not None and hit.index < 0 and hit.layer >= INPUTS
