"""Maps of the softmax panel: the Jacobian, and the triangle of three probabilities."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.explain.ternary import CORNERS, probabilities_at
from core.scenes.softmax_scene import SoftmaxScene
from gui.panels.softmax_pictures import Picture
from gui.style.number_text import figure, figures_font, short
from gui.style.palette import mixed
from gui.style.theme import class_mark, pen, theme

LEAST_CELL_FOR_NUMBERS = 30
ROOMY_CELL = 50
SMALL = 0.85  # of the font, in a map of many cells


class JacobianMap(Picture):
    """The Jacobian as a heat map with numbers: blue where p rises with z, brown where it falls.

    Signals
    -------
    pointed : (int, int)
        The mouse is at this row (probability) and column (logit); (-1, -1) when it has gone.
    """

    pointed = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("softmax.jacobian", "", parent)
        self.setAccessibleName(self.tr("Jacobian"))
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Ask for square cells, within reason."""
        return QSize(280, 28 + min(250, 44 * (self.scene.n_classes if self.scene else 3)))

    def words(self, scene: SoftmaxScene) -> str:
        """Say the matrix row by row."""
        return "; ".join(" ".join(short(float(v)) for v in line) for line in scene.jacobian)

    def paint(self, painter: QPainter, scene: SoftmaxScene) -> None:
        """Paint the cells and what stands beside them."""
        chosen, size = theme(), scene.n_classes
        strongest = max(float(abs(scene.jacobian).max()), 1e-300)
        for k in range(size):
            mark = class_mark(k, chosen)
            row_cell, column_cell = self.cell(k, 0), self.cell(0, k)
            half = mark.height() / 2.0
            painter.drawPixmap(QPointF(14.0, row_cell.center().y() - half), mark)
            painter.drawPixmap(QPointF(column_cell.center().x() - half, 8.0), mark)
        small = figures_font(self.font(), scale=1.0 if size <= 6 else SMALL)
        painter.setFont(small)
        for i in range(size):
            for j in range(size):
                box, value = self.cell(i, j), float(scene.jacobian[i, j])
                colour = chosen.accent if value > 0 else chosen.warning
                shade = mixed(chosen.paper, colour, 0.55 * abs(value) / strongest)
                painter.fillRect(box.adjusted(1, 1, -1, -1), QColor(shade))
                if box.width() >= LEAST_CELL_FOR_NUMBERS:
                    painter.setPen(QColor(chosen.ink))
                    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, _cell_text(value, box))

    def cell(self, i: int, j: int) -> QRectF:
        """Return where a cell is."""
        size = self.scene.n_classes if self.scene else 1
        left, top = 28.0, 24.0
        width = (self.width() - left - 8.0) / size
        height = (self.height() - top - 4.0) / size
        return QRectF(left + j * width, top + i * height, width, height)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Report the cell under the mouse."""
        size = self.scene.n_classes if self.scene else 0
        found = [
            (i, j)
            for i in range(size)
            for j in range(size)
            if self.cell(i, j).contains(event.position())
        ]
        self.pointed.emit(*(found[0] if found else (-1, -1)))

    def leaveEvent(self, event: QEvent) -> None:
        """Report that the mouse has gone."""
        self.pointed.emit(-1, -1)


class Triangle(Picture):
    """Three probabilities as a point that can be dragged, and the path of the temperature.

    Signals
    -------
    dragged : (object)
        The (3,) probabilities that the point was dragged to.
    """

    dragged = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("softmax.triangle", "", parent)
        self.setAccessibleName(self.tr("Triangle of three probabilities"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.CrossCursor)

    def sizeHint(self) -> QSize:
        """Ask for room for an equilateral triangle."""
        return QSize(280, 270)

    def words(self, scene: SoftmaxScene) -> str:
        """Say the three probabilities."""
        return ", ".join(figure(float(p)) for p in scene.probabilities)

    def paint(self, painter: QPainter, scene: SoftmaxScene) -> None:
        """Paint triangle, decision borders, path and point."""
        if scene.ternary is None:
            return
        chosen = theme()
        corners = [self.place(*corner) for corner in CORNERS]
        painter.setPen(pen(chosen.quiet, 1.2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolygon(QPolygonF(corners))
        centre = self.place(*CORNERS.mean(axis=0))
        painter.setPen(pen(chosen.line))
        for k in range(3):
            one, other = corners[(k + 1) % 3], corners[(k + 2) % 3]
            painter.drawLine(centre, (one + other) / 2.0)
        for k, corner in enumerate(corners):
            mark = class_mark(k, chosen)
            below = 6.0 if k < 2 else -mark.height() - 6.0
            painter.drawPixmap(corner + QPointF(-mark.width() / 2.0, below), mark)
        painter.setPen(pen(chosen.accent, 1.6, dashed=True))
        painter.drawPolyline(QPolygonF([self.place(*p) for p in scene.ternary.path]))
        painter.setPen(pen(chosen.paper, 2.0))
        painter.setBrush(QColor(chosen.ink))
        painter.drawEllipse(self.place(*scene.ternary.point), 6.0, 6.0)

    def place(self, x: float, y: float) -> QPointF:
        """Return where a point of the triangle is on screen."""
        side, left, bottom = self._frame()
        return QPointF(left + side * float(x), bottom - side * float(y))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the point here."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._drag_to(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Take the point along."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._drag_to(event.position())

    def _drag_to(self, position: QPointF) -> None:
        side, left, bottom = self._frame()
        at = probabilities_at((position.x() - left) / side, (bottom - position.y()) / side)
        self.dragged.emit(at)

    def _frame(self) -> tuple[float, float, float]:
        height = float(CORNERS[2, 1])
        side = min(self.width() - 40.0, (self.height() - 44.0) / height)
        left = (self.width() - side) / 2.0
        return side, left, (self.height() + side * height) / 2.0


def _cell_text(value: float, box: QRectF) -> str:
    decimals = 3 if box.width() > ROOMY_CELL else 2
    return figure(value, decimals) if abs(value) >= 0.5 * 10.0**-decimals else "0"
