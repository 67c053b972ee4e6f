"""The scale of the distance from the truth: a small bar from none to much."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.panels.truth import MOST_ERROR, error_table
from gui.style.theme import theme

BAR_WIDTH, BAR_HEIGHT, MARGIN, GAP = 140, 10, 8, 6


class ErrorScale(QWidget):
    """Says what the colours of the distance from the truth mean."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("boundary.error_scale")
        self.setAccessibleName(self.tr("Scale of the distance from the truth"))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.hide()

    def sizeHint(self) -> QSize:
        """Ask for one line."""
        return QSize(BAR_WIDTH, self.fontMetrics().height() + GAP)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the name, the bar and its ends."""
        painter = QPainter(self)
        chosen = theme()
        painter.setPen(QColor(chosen.quiet))
        x = MARGIN
        for text in (self.tr("|model − truth|"), "0"):
            x = self._write(painter, x, text)
        bar = QRect(x, (self.height() - BAR_HEIGHT) // 2, BAR_WIDTH, BAR_HEIGHT)
        ramp = QLinearGradient(bar.topLeft(), bar.topRight())
        table = error_table(chosen)
        for share in (0.0, 1.0):
            ramp.setColorAt(share, QColor(*table[round(share * (len(table) - 1))].tolist()))
        painter.fillRect(bar, ramp)
        painter.setPen(QColor(chosen.line))
        painter.drawRect(bar)
        painter.setPen(QColor(chosen.quiet))
        end = self.tr("{0} or more").format(f"{MOST_ERROR:g}")
        self._write(painter, bar.right() + GAP, end)
        painter.end()

    def _write(self, painter: QPainter, x: int, text: str) -> int:
        width = self.fontMetrics().horizontalAdvance(text)
        where = QRect(x, 0, width, self.height())
        painter.drawText(where, Qt.AlignmentFlag.AlignVCenter, text)
        return x + width + GAP
