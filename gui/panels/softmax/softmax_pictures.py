"""The painted pictures of the softmax panel: bars, entropy gauge, Jacobian and triangle."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.explain.ternary import CORNERS, probabilities_at
from core.scenes.softmax_scene import SoftmaxScene
from gui.panels.softmax.softmax_text import class_name
from gui.style.number_text import format_number, format_percent
from gui.style.palette import mixed
from gui.style.theme import (
    DASHED,
    SMALL,
    brush,
    class_colour,
    class_mark,
    figures_font,
    pen,
    theme,
    themes,
)

ROW, MOST_ROW = 22, 44
MOST_NAME = 0.3  # of the width
_MARGIN = 12.0


class Picture(QWidget):
    """Something painted from a scene; painted again in another theme."""

    def __init__(self, name: str, label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(label)
        self.scene: SoftmaxScene | None = None
        themes().changed.connect(self.update)

    def show_scene(self, scene: SoftmaxScene) -> None:
        """Paint a scene."""
        self.scene = scene
        self.setAccessibleDescription(self.words(scene))
        self.updateGeometry()
        self.update()

    def words(self, scene: SoftmaxScene) -> str:
        """Say what is painted, for screen readers."""
        raise NotImplementedError

    def paint(self, painter: QPainter, scene: SoftmaxScene) -> None:
        """Paint the scene."""
        raise NotImplementedError

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the scene, if there is one."""
        if self.scene is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(figures_font(self.font()))
        self.paint(painter, self.scene)


class ProbabilityBars(Picture):
    """One bar a class, with its marker, name and probability; under them the entropy."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("softmax.bars", "", parent)
        self.setAccessibleName(self.tr("Probabilities"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        """Ask for a row a class."""
        rows = 0 if self.scene is None else self.scene.n_classes
        return QSize(280, ROW * rows + 12)

    def minimumSizeHint(self) -> QSize:
        """Keep every row readable."""
        return QSize(180, self.sizeHint().height())

    def show_scene(self, scene: SoftmaxScene) -> None:
        """Paint a scene, no higher than its bars want to be."""
        self.setMaximumHeight(MOST_ROW * scene.n_classes + 12)
        super().show_scene(scene)

    def words(self, scene: SoftmaxScene) -> str:
        """Say every probability."""
        return ", ".join(
            f"{class_name(scene, k)} {format_number(float(p), decimals=3)}"
            for k, p in enumerate(scene.probabilities)
        )

    def paint(self, painter: QPainter, scene: SoftmaxScene) -> None:
        """Paint the bars."""
        chosen, metrics = theme(), QFontMetrics(painter.font())
        height = min(max((self.height() - 12.0) / scene.n_classes, ROW), MOST_ROW)
        names = [class_name(scene, k) for k in range(scene.n_classes)]
        name_width = min(
            max(metrics.horizontalAdvance(name) for name in names), MOST_NAME * self.width()
        )
        left = _MARGIN + 14.0 + name_width + 8.0
        right = self.width() - _MARGIN - metrics.horizontalAdvance("0.0000") - 6.0
        thick = min(0.62 * height, 20.0)
        for k, p in enumerate(scene.probabilities):
            middle = 6.0 + (k + 0.5) * height
            mark = class_mark(k, chosen)
            painter.drawPixmap(QPointF(_MARGIN, middle - mark.height() / 2.0), mark)
            name_box = QRectF(_MARGIN + 14.0, middle - height / 2.0, name_width + 1.0, height)
            painter.setPen(pen(chosen.ink))
            name = metrics.elidedText(names[k], Qt.TextElideMode.ElideRight, int(name_width + 1))
            painter.drawText(name_box, Qt.AlignmentFlag.AlignVCenter, name)
            track = QRectF(left, middle - thick / 2.0, max(right - left, 10.0), thick)
            painter.fillRect(track, brush(chosen.band))
            painter.fillRect(
                QRectF(track.x(), track.y(), float(p) * track.width(), thick),
                brush(class_colour(k)),
            )
            value_box = QRectF(right, middle - height / 2.0, self.width() - _MARGIN - right, height)
            align = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(value_box, align, format_number(float(p), decimals=3))


class EntropyGauge(Picture):
    """How unsure the probabilities are, from 0 to ln K."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("softmax.entropy", "", parent)
        self.setAccessibleName(self.tr("Entropy"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Ask for a line of text and a thin bar."""
        return QSize(240, QFontMetrics(self.font()).height() + 14)

    def words(self, scene: SoftmaxScene) -> str:
        """Say the entropy in nats, bits and as a share of the largest."""
        return self.tr("Entropy {0} nats = {1} bits, {2} of ln {3}").format(
            format_number(scene.entropy, decimals=3),
            format_number(scene.bits, decimals=3),
            format_percent(scene.relative_entropy, decimals=0),
            scene.n_classes,
        )

    def paint(self, painter: QPainter, scene: SoftmaxScene) -> None:
        """Paint the sentence over a thin bar."""
        chosen, text = theme(), self.words(scene)
        line = painter.fontMetrics().height()
        wide = self.width() - 2.0 * _MARGIN
        if painter.fontMetrics().horizontalAdvance(text) > wide:
            painter.setFont(figures_font(self.font(), scale=SMALL))
        painter.setPen(pen(chosen.ink))
        painter.drawText(QRectF(_MARGIN, 0.0, wide, line), 0, text)
        painter.fillRect(QRectF(_MARGIN, line + 4.0, wide, 4.0), brush(chosen.band))
        share = min(max(scene.relative_entropy, 0.0), 1.0)
        painter.fillRect(QRectF(_MARGIN, line + 4.0, share * wide, 4.0), brush(chosen.quiet))


LEAST_CELL_FOR_NUMBERS = 30
ROOMY_CELL = 50


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
        return "; ".join(
            " ".join(format_number(float(v), digits=4) for v in line) for line in scene.jacobian
        )

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
                painter.fillRect(box.adjusted(1, 1, -1, -1), brush(shade))
                if box.width() >= LEAST_CELL_FOR_NUMBERS:
                    painter.setPen(pen(chosen.ink))
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
        return ", ".join(format_number(float(p), decimals=3) for p in scene.probabilities)

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
        painter.setPen(pen(chosen.accent, 1.6, style=DASHED))
        painter.drawPolyline(QPolygonF([self.place(*p) for p in scene.ternary.path]))
        painter.setPen(pen(chosen.paper, 2.0))
        painter.setBrush(brush(chosen.ink))
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
    return format_number(value, decimals=decimals) if abs(value) >= 0.5 * 10.0**-decimals else "0"
