"""Dropping a file: what may be dropped, and an overlay that says what will happen."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QRect, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from gui.style.theme import theme


def dropped_path(data: QMimeData) -> str:
    """Return the first local file among what is dragged; "" where there is none."""
    for url in data.urls():
        if url.isLocalFile() and Path(url.toLocalFile()).is_file():
            return url.toLocalFile()
    return ""


class DropOverlay(QWidget):
    """Covers the window while a file is dragged over it, and says what dropping it does."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._window = parent
        self.setObjectName("drop.overlay")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.heading = ""
        self.sentence = ""
        self.hide()

    def offer(self, path: str) -> None:
        """Say what dropping this file will do."""
        self.heading = self.tr("Drop to open {0}").format(Path(path).name)
        self.sentence = self.tr(
            "You see how the table is read and which column would be predicted, and can change "
            "both. Nothing else changes before you use it."
        )
        self.setAccessibleDescription(f"{self.heading}. {self.sentence}")
        self.setGeometry(self._window.rect())
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a veil, a dashed frame and the two sentences."""
        colours, painter = theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        veil = QColor(colours.paper)
        veil.setAlpha(225)
        painter.fillRect(self.rect(), veil)
        painter.setPen(QPen(QColor(colours.accent), 2.0, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(self.rect().adjusted(24, 24, -24, -24), 16, 16)
        self._write(painter, self.heading, -64, 1.8, colours.ink, True)
        self._write(painter, self.sentence, 0, 1.1, colours.quiet, False)

    def _write(
        self, painter: QPainter, text: str, offset: int, scale: float, colour: str, bold: bool
    ) -> None:
        font = QFont(self.font())
        font.setPointSizeF(max(font.pointSizeF(), 8.0) * scale)
        font.setBold(bold)
        painter.setFont(font)
        painter.setPen(QColor(colour))
        middle = self.height() // 2 + offset
        width = min(self.width() - 96, 720)
        box = QRect((self.width() - width) // 2, middle, width, 64)
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(box, flags | Qt.TextFlag.TextWordWrap, text)
