"""The metrics of each part at a threshold that can be dragged, and one part's confusion matrix."""

from __future__ import annotations

from html import escape

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QToolTip, QWidget

from core.base.arrays import SPLITS
from core.scenes.figures_scene import FiguresScene, figures_scene
from gui.panels.panel import Panel
from gui.panels.panel_text import rows_text, weighted_text
from gui.panels.view_controls import view_choice, view_slider
from gui.session.session import Session
from gui.style.number_text import format_count, format_number, format_percent
from gui.style.palette import mixed
from gui.style.theme import brush, class_colour, pen, theme
from gui.widgets.controls import note, row

SHOWN = ("accuracy", "precision", "recall", "f1", "auc", "log_loss", "brier")


class FiguresPanel(Panel):
    """Shows accuracy and other metrics of train, validation and test, and a confusion matrix."""

    frames_between = 3

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("figures", session, parent)
        self._build_threshold()
        self.split = view_choice(session, "split")
        self.matrix = ConfusionMatrix(self)
        self.says = note("figures.note")
        self._cells: dict[tuple[str, str], QLabel] = {}
        layout = self.stack()
        layout.addWidget(self.threshold)
        layout.addLayout(self._grid())
        layout.addLayout(row(QLabel(self.tr("Confusion matrix of")), self.split, None))
        layout.addWidget(self.matrix, 1)
        layout.addWidget(self.says)

    def compute(self) -> FiguresScene:
        """Return the figures of each part."""
        session = self.session
        return figures_scene(session.run, session.state, session.view)

    def draw(self, scene: FiguresScene) -> None:
        """Write the figures and paint the matrix."""
        self._show_threshold(scene)
        several = len(scene.classes) > 2
        self._brier.setText(self.tr("Brier score, summed") if several else self.tr("Brier score"))
        self.split.show_value(scene.split)
        for split, part in zip(SPLITS, scene.parts, strict=True):
            for name in SHOWN:
                value = float("nan") if part is None else float(getattr(part, name))
                text = format_number(value, decimals=3)
                if self._cells[name, split].text() != text:
                    self._cells[name, split].setText(text)
        chosen = scene.chosen
        self.matrix.setVisible(chosen is not None)
        if chosen is not None:
            self.matrix.show_counts(chosen.confusion, scene.classes, scene.weighted_by)
        self._say(scene)

    def describe(self, scene: FiguresScene) -> str:
        """Say the accuracy of the chosen part, and the threshold of two classes."""
        if scene.chosen is None:
            return self.tr("The {0} part has no rows.").format(self.tr(scene.split))
        text = self.tr("{0} of {1} {2} rows are decided rightly").format(
            format_percent(scene.chosen.accuracy),
            format_count(scene.chosen.rows),
            self.tr(scene.split),
        )
        if len(scene.classes) == 2:
            text += self.tr(" at the threshold {0}").format(
                format_number(scene.threshold, decimals=3)
            )
        return text + "."

    def _build_threshold(self) -> None:
        session = self.session
        self.threshold = view_slider(session, "threshold")

    def _grid(self) -> QGridLayout:
        labels = {
            "accuracy": self.tr("accuracy"),
            "precision": self.tr("precision"),
            "recall": self.tr("recall"),
            "f1": self.tr("F1"),
            "auc": self.tr("AUC"),
            "log_loss": self.tr("log loss, nats"),
            "brier": self.tr("Brier score"),
        }
        self._brier = QLabel(labels["brier"])
        grid = QGridLayout()
        grid.setContentsMargins(8, 4, 8, 4)
        grid.setVerticalSpacing(2)
        right = Qt.AlignmentFlag.AlignRight
        for column, split in enumerate(SPLITS, start=1):
            head = QLabel(self.tr(split))
            head.setProperty("quiet", True)
            grid.addWidget(head, 0, column, right)
        for line, name in enumerate(SHOWN, start=1):
            label = self._brier if name == "brier" else QLabel(labels[name])
            label.setProperty("quiet", True)
            grid.addWidget(label, line, 0)
            for column, split in enumerate(SPLITS, start=1):
                cell = QLabel()
                cell.setObjectName(f"figures.{split}.{name}")
                cell.setAccessibleName(f"{labels[name]}, {self.tr(split)}")
                self._cells[name, split] = cell
                grid.addWidget(cell, line, column, right)
        return grid

    def _show_threshold(self, scene: FiguresScene) -> None:
        self.threshold.setVisible(len(scene.classes) == 2)
        self.threshold.show_value(scene.threshold, keep_typed=True)

    def _say(self, scene: FiguresScene) -> None:
        if scene.chosen is None:
            text = self.tr("The {0} part has no rows. Give it a share of the data.").format(
                self.tr(scene.split)
            )
        elif len(scene.classes) == 2:
            text = self.tr("Precision, recall and F1 are those of the class {0}.").format(
                escape(scene.classes[1])
            )
        else:
            text = self.tr(
                "Precision, recall, F1 and AUC are means over the classes; the Brier score is "
                "summed over them, from 0 to 2."
            )
        if scene.chosen is not None and scene.weighted_by:
            text += " " + self.tr("All figures are {0}.").format(weighted_text(scene.weighted_by))
        if text != self.says.text():
            self.says.setText(text)


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
        self._weighted_by = ""

    def show_counts(
        self, counts: np.ndarray, classes: tuple[str, ...], weighted_by: str = ""
    ) -> None:
        """Show other counts; weights of rows, where those have some."""
        self._counts, self._classes, self._weighted_by = counts, classes, weighted_by
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
        painter.fillRect(cell, brush(mixed(theme().paper, colour, STRENGTH * share)))
        painter.setPen(pen(theme().line))
        painter.drawRect(cell)
        if cell.width() < LEAST_CELL or cell.height() < 15.0:
            return
        painter.setPen(pen(theme().ink))
        text = format_number(count)
        if cell.height() >= 34.0 and cell.width() >= 60.0 and total:
            text += f"\n{format_percent(share)}"
        painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, text)

    def _sentence(self, i: int, j: int) -> str:
        count = float(self._counts[i, j])
        held = rows_text(round(count))
        if self._weighted_by:
            held = self.tr("Rows of weight {0}").format(format_number(count))
        return self.tr("{0} of class {1}, decided as {2}.").format(
            held, self._classes[i], self._classes[j]
        )
