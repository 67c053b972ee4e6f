"""A confusion matrix: actual classes down, decided classes across, cells shaded by share."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolTip, QWidget

from gui.style.number_text import number, percent
from gui.style.palette import mixed
from gui.style.theme import class_colour, pen, theme

HEAD = 34.0  # above the cells: what the columns are, and their names
MOST_NAME = 84.0
LEAST_CELL = 26.0  # below that a cell shows colour only
STRENGTH = 0.55


class ConfusionMatrix(QWidget):
    """Paints counts (K, K): actual class by row, decided class by column."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("figures.confusion")
        self.setMinimumSize(160, 110)
        self.setAccessibleName(self.tr("Confusion matrix"))
        self._counts = np.zeros((0, 0))
        self._classes: tuple[str, ...] = ()

    def show_counts(self, counts: np.ndarray, classes: tuple[str, ...]) -> None:
        """Show other counts."""
        self._counts, self._classes = counts, classes
        self.update()

    def cell_at(self, position: QPointF) -> tuple[int, int] | None:
        """Return the actual and the decided class at a position, or None beside the cells."""
        area, k = self._area(), len(self._classes)
        if not k or not area.contains(position):
            return None
        row = int((position.y() - area.top()) / area.height() * k)
        column = int((position.x() - area.left()) / area.width() * k)
        return min(row, k - 1), min(column, k - 1)

    def event(self, event: QEvent) -> bool:
        """Say in a tooltip what a cell counts."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            cell = self.cell_at(QPointF(event.pos()))
            text = self._sentence(*cell) if cell else ""
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint names and cells."""
        if not len(self._classes):
            return
        painter = QPainter(self)
        area = self._area()
        self._paint_names(painter, area)
        k = len(self._classes)
        width, height = area.width() / k, area.height() / k
        for i in range(k):
            for j in range(k):
                cell = QRectF(area.left() + j * width, area.top() + i * height, width, height)
                self._paint_cell(painter, cell.adjusted(1, 1, -1, -1), i, j)
        painter.end()

    def _area(self) -> QRectF:
        names = self.fontMetrics()
        shown = (self.tr("actual"), *self._classes)
        widest = max(names.horizontalAdvance(name) for name in shown)
        left = min(widest + 14.0, MOST_NAME)
        return QRectF(left, HEAD, self.width() - left - 8.0, self.height() - HEAD - 6.0)

    def _paint_names(self, painter: QPainter, area: QRectF) -> None:
        painter.setPen(pen(theme().quiet))
        top = QRectF(area.left(), 0.0, area.width(), HEAD / 2.0)
        painter.drawText(top, Qt.AlignmentFlag.AlignCenter, self.tr("decided"))
        corner = QRectF(0.0, HEAD / 2.0, area.left() - 6.0, HEAD / 2.0)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(corner, right, self.tr("actual"))
        painter.setPen(pen(theme().ink))
        k = len(self._classes)
        width, height = area.width() / k, area.height() / k
        metrics = QFontMetricsF(painter.font())
        for i, name in enumerate(self._classes):
            short = metrics.elidedText(name, Qt.TextElideMode.ElideRight, width - 4.0)
            above = QRectF(area.left() + i * width, HEAD / 2.0, width, HEAD / 2.0)
            painter.drawText(above, Qt.AlignmentFlag.AlignCenter, short)
            short = metrics.elidedText(name, Qt.TextElideMode.ElideRight, area.left() - 10.0)
            beside = QRectF(0.0, area.top() + i * height, area.left() - 6.0, height)
            painter.drawText(beside, right, short)

    def _paint_cell(self, painter: QPainter, cell: QRectF, i: int, j: int) -> None:
        count, total = float(self._counts[i, j]), float(self._counts[i].sum())
        share = count / total if total else 0.0
        colour = class_colour(i) if i == j else theme().error
        painter.fillRect(cell, QColor(mixed(theme().paper, colour, STRENGTH * share)))
        painter.setPen(pen(theme().line))
        painter.drawRect(cell)
        if cell.width() < LEAST_CELL or cell.height() < 15.0:
            return
        painter.setPen(pen(theme().ink))
        text = number(count)
        if cell.height() >= 34.0 and cell.width() >= 60.0 and total:
            text += f"\n{percent(share)}"
        painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, text)

    def _sentence(self, i: int, j: int) -> str:
        return self.tr("{0} rows of class {1} were decided as {2}.").format(
            number(float(self._counts[i, j])), self._classes[i], self._classes[j]
        )
