"""How many rows each class has, as bars."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.scenes.import_scene import ImportScene
from gui.style.number_text import figures_font, grouped_count, percent, width_of
from gui.style.theme import MARK_SIZE, brush, class_colour, class_mark, theme, themes

MOST_SHOWN = 8
_ROW, _GAP = 20, 6
_NAMES = 0.4  # of the width at most
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ClassBars(QWidget):
    """A bar for each class of the chosen target, the first eight of them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("import.classes")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFont(figures_font(self.font()))
        self.names: tuple[str, ...] = ()
        self.counts: tuple[int, ...] = ()
        themes().changed.connect(self.update)

    def show_scene(self, scene: ImportScene) -> None:
        """Show the classes of another scene."""
        self.names = scene.dataset.classes if scene.dataset is not None else ()
        self.counts = tuple(int(count) for count in scene.counts)
        pairs = zip(self.names, self.counts, strict=True)
        said = [
            self.tr("{0}: {1} rows").format(name, grouped_count(count)) for name, count in pairs
        ]
        self.setAccessibleName(self.tr("Rows of each class"))
        self.setAccessibleDescription(", ".join(said))
        self.setToolTip("\n".join(said[:40]))
        self.setVisible(bool(self.names))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Ask for a line a class."""
        lines = min(len(self.names), MOST_SHOWN) + (len(self.names) > MOST_SHOWN)
        return QSize(200, lines * _ROW)

    def minimumSizeHint(self) -> QSize:
        """Ask for the height that is needed."""
        return QSize(120, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw marker, name, bar, count and share of each class."""
        painter = QPainter(self)
        shown = min(len(self.names), MOST_SHOWN)
        widest = max((width_of(self, name) for name in self.names[:shown]), default=0)
        name_width = min(widest, round(_NAMES * self.width()))
        total, most = max(sum(self.counts), 1), max(self.counts, default=1)
        figures = [
            f"{grouped_count(count)}  {percent(count / total)}" for count in self.counts[:shown]
        ]
        figure_width = max((width_of(self, text) for text in figures), default=0)
        left = MARK_SIZE + _GAP + name_width + _GAP
        room = max(self.width() - left - figure_width - 2 * _GAP, 8)
        for row in range(shown):
            top = row * _ROW
            painter.drawPixmap(0, top + (_ROW - MARK_SIZE) // 2, class_mark(row, theme()))
            name = painter.fontMetrics().elidedText(
                self.names[row], Qt.TextElideMode.ElideRight, name_width + 2
            )
            painter.setPen(theme().ink)
            painter.drawText(QRect(MARK_SIZE + _GAP, top, name_width + 4, _ROW), _LEFT, name)
            length = max(round(room * self.counts[row] / most), 1)
            painter.fillRect(QRect(left, top + 6, length, _ROW - 12), brush(class_colour(row)))
            painter.setPen(theme().quiet)
            painter.drawText(QRect(0, top, self.width(), _ROW), _RIGHT, figures[row])
        if len(self.names) > shown:
            more = self.tr("and {0} more classes").format(len(self.names) - shown)
            painter.setPen(theme().quiet)
            painter.drawText(QRect(MARK_SIZE + _GAP, shown * _ROW, self.width(), _ROW), _LEFT, more)
