"""Reliability class by class: one small diagram per class, and the triangle of three classes."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from core.base.arrays import FloatArray
from core.explain.binary_evaluation import polyline
from core.explain.ternary import CORNERS
from core.scenes.by_class_scene import ByClassScene, Tile, by_class_scene
from gui.panels.panel import Panel
from gui.panels.panel_text import rows_text, tr, weighted_text
from gui.panels.view_controls import view_choice, view_toggle
from gui.session.session import Session
from gui.style.number_text import format_count, format_number
from gui.style.theme import SMALL, class_mark, figures_font, pen, theme
from gui.widgets.controls import note, row, show_checked

WIDEST = 110


class ByClassPanel(Panel):
    """Draws one small diagram a class; a click judges that class on the large one."""

    frames_between = 3

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("by_class", session, parent)
        self.split = view_choice(session, "split", widest=WIDEST)
        self.curve = view_choice(session, "reliability_curve", widest=WIDEST)
        self.top_label = view_toggle(session, "top_label")
        self.tiles = Tiles(self)
        self.says = note("by_class.says")
        layout = self.stack()
        layout.addLayout(row(self.split, self.curve, None, self.top_label))
        layout.addWidget(self.tiles, 1)
        layout.addWidget(self.says)
        self.tiles.chosen.connect(lambda k: session.set_view("reliability_class", k))

    def compute(self) -> ByClassScene:
        """Return every class's curve."""
        session = self.session
        return by_class_scene(session.run, session.state, session.view)

    def draw(self, scene: ByClassScene) -> None:
        """Draw the small diagrams and say the mean error."""
        self.split.show_value(scene.split)
        self.curve.show_value(self.session.view.reliability_curve)
        show_checked(self.top_label, scene.top_label)
        self.tiles.show_scene(scene)
        calibrated = ""
        if scene.ece[1] == scene.ece[1]:
            said = self.tr("calibrated {0}").format(format_number(scene.ece[1], decimals=3))
            calibrated = f" <span style='color:{theme().calibrated}'>→ {said}</span>"
        self.says.setText(self._sentence(scene, calibrated))

    def describe(self, scene: ByClassScene) -> str:
        """Say the mean error over the classes."""
        return self._sentence(scene)

    def _sentence(self, scene: ByClassScene, calibrated: str = "") -> str:
        if scene.problem:
            return scene.problem
        if not scene.tiles:
            return self.tr("The {0} part has no rows.").format(self.tr(scene.split))
        text = (
            self.tr("Top-label ECE {0}: the confidence in each class decided.")
            if scene.top_label
            else self.tr("Class-wise ECE {0}: the mean over {1} classes.")
        )
        text = text.format(
            format_number(scene.ece[0], decimals=3) + calibrated, format_count(len(scene.classes))
        )
        if calibrated and scene.fitted_here:
            text += " " + self.tr("The calibrator was fitted on these rows.")
        if scene.weighted_by:
            text += " " + self.tr("Rows are {0}.").format(weighted_text(scene.weighted_by))
        return text + " " + self.tr("Across: what was said; up: how often it happened.")


HEAD, GAP, FOOT = 18, 10, 15  # pixels above, between and below the squares
HALF = 3.2  # of a row's marker


class Tiles(QWidget):
    """Paints a square for each class, and the triangle where there are three.

    Signals
    -------
    chosen : (int)
        The class whose diagram was clicked.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("by_class.tiles")
        self.setAccessibleName(tr("Reliability by class"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 160)
        self.setMouseTracking(True)
        self._scene: ByClassScene | None = None

    def show_scene(self, scene: ByClassScene) -> None:
        """Paint another scene."""
        self._scene = scene
        self.update()

    def places(self) -> list[QRectF]:
        """Return the squares, the triangle's last, as large as the room allows."""
        scene = self._scene
        if scene is None:
            return []
        n = len(scene.tiles) + (1 if len(scene.points) else 0)
        if not n:
            return []
        width, height = self.width() - GAP, self.height() - GAP
        best, columns = 0.0, 1
        for k in range(1, n + 1):
            lines = -(-n // k)
            side = min(width / k - GAP, height / lines - GAP - HEAD - FOOT)
            if side > best:
                best, columns = side, k
        across, down = best + GAP, best + GAP + HEAD + FOOT
        left = (self.width() - columns * across + GAP) / 2.0
        return [
            QRectF(
                left + (i % columns) * across, GAP / 2 + HEAD + (i // columns) * down, best, best
            )
            for i in range(n)
        ]

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint every square."""
        scene = self._scene
        if scene is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = figures_font(self.font(), scale=SMALL)
        painter.setFont(font)
        squares = self.places()
        for tile, square in zip(scene.tiles, squares, strict=False):
            self._paint_tile(painter, tile, square, scene.classes[tile.of_class])
        if len(scene.points) and squares:
            self._paint_triangle(painter, scene, squares[-1])

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the class that is clicked."""
        tile = self._tile_at(event.position())
        if tile is not None:
            self.chosen.emit(tile.of_class)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read the curve under the mouse."""
        tile = self._tile_at(event.position())
        if tile is None or self._scene is None:
            QToolTip.hideText()
            return
        square = self.places()[self._scene.tiles.index(tile)]
        p = min(max((event.position().x() - square.left()) / square.width(), 0.0), 1.0)
        x, y = polyline(tile.raw.curve)
        text = tr("{0}: said {1}, happened {2}; {3}").format(
            self._scene.classes[tile.of_class],
            format_number(p, decimals=2),
            format_number(float(np.interp(p, x, y)), decimals=2) if len(x) else "–",
            tr("weight {0}").format(format_count(tile.n_rows))
            if self._scene.weighted_by
            else rows_text(tile.n_rows),
        )
        QToolTip.showText(event.globalPosition().toPoint(), text, self)

    def _tile_at(self, position: QPointF) -> Tile | None:
        if self._scene is None:
            return None
        for tile, square in zip(self._scene.tiles, self.places(), strict=False):
            if square.adjusted(0, -HEAD, 0, FOOT).contains(position):
                return tile
        return None

    def _paint_tile(self, painter: QPainter, tile: Tile, square: QRectF, name: str) -> None:
        chosen = theme()
        self._paint_head(painter, square, name, tile.of_class)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(pen(chosen.line))
        painter.drawRect(square)
        painter.drawLine(square.bottomLeft(), square.topRight())
        calibrated = tile.calibrated
        raw_pen = pen(chosen.raw, 1.6) if calibrated else pen(chosen.ink, 2.0)
        for judged, line in ((tile.raw, raw_pen), (calibrated, pen(chosen.calibrated, 2.0))):
            if judged is not None:
                painter.setPen(line)
                painter.drawPolyline(QPolygonF(_places(*polyline(judged.curve), square)))
        ece = f"ECE {format_number(tile.raw.ece, decimals=3)}"
        if calibrated is not None:
            ece += f" → {format_number(calibrated.ece, decimals=3)}"
        self._paint_foot(painter, square, ece)

    def _paint_triangle(self, painter: QPainter, scene: ByClassScene, square: QRectF) -> None:
        high = float(CORNERS[2, 1])
        drop = (1.0 - high) / 2.0
        corners = _places(CORNERS[:, 0], CORNERS[:, 1] + drop, square)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(pen(theme().line))
        painter.drawPolygon(QPolygonF(corners))
        points = _places(scene.points[:, 0], scene.points[:, 1] + drop, square)
        marks = [class_mark(k, theme()) for k in range(3)]
        for k, point in zip(scene.labels.tolist(), points, strict=True):
            painter.drawPixmap(
                QRectF(point.x() - HALF, point.y() - HALF, 2 * HALF, 2 * HALF),
                marks[k],
                QRectF(marks[k].rect()),
            )
        for k, corner in enumerate(corners):
            mark = marks[k]
            above = -mark.height() - 3 if k == 2 else 4
            painter.drawPixmap(QPointF(corner.x() - mark.width() / 2.0, corner.y() + above), mark)
        self._paint_foot(painter, square, tr("corner: certain"))

    def _paint_head(self, painter: QPainter, square: QRectF, name: str, k: int) -> None:
        mark = class_mark(k, theme())
        top = square.top() - HEAD
        painter.drawPixmap(QPointF(square.left(), top + (HEAD - mark.height()) / 2.0), mark)
        room = QRectF(
            square.left() + mark.width() + 4, top, square.width() - mark.width() - 4, HEAD
        )
        self._write(painter, room, name, theme().ink, Qt.AlignmentFlag.AlignLeft)

    def _paint_foot(self, painter: QPainter, square: QRectF, text: str) -> None:
        room = QRectF(square.left(), square.bottom(), square.width(), FOOT)
        self._write(painter, room, text, theme().quiet, Qt.AlignmentFlag.AlignHCenter)

    def _write(
        self, painter: QPainter, room: QRectF, text: str, ink: str, where: Qt.AlignmentFlag
    ) -> None:
        painter.setPen(pen(ink))
        short = painter.fontMetrics().elidedText(
            text, Qt.TextElideMode.ElideRight, int(room.width())
        )
        painter.drawText(room, int(where | Qt.AlignmentFlag.AlignVCenter), short)


def _places(x: FloatArray, y: FloatArray, square: QRectF) -> list[QPointF]:
    """Return points of the unit square (n,) in a square of pixels."""
    across = (square.left() + np.asarray(x) * square.width()).tolist()
    down = (square.bottom() - np.asarray(y) * square.height()).tolist()
    return [QPointF(a, b) for a, b in zip(across, down, strict=True)]
