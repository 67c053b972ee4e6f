"""The page of the softmax panel about losses: why confident mistakes learn slowly."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QLabel, QWidget

from core.explain.confident_mistakes import Mistakes
from core.scenes.softmax_scene import SoftmaxScene
from gui.panels import softmax_words as words
from gui.panels.softmax_pages import Page, Put
from gui.plot.canvas import LockedPlot, curve
from gui.style.number_text import figure
from gui.style.palette import Theme
from gui.style.theme import brush, pen, theme
from gui.widgets.controls import choice, row
from gui.widgets.formula import FormulaView
from gui.widgets.sections import Paragraph
from gui.widgets.text_table import FigureGrid

PLOT_HEIGHT = 150
AXIS_WIDTH = 48


class LossPlot(LockedPlot):
    """One quantity of every loss against the true class's logit."""

    def __init__(self, name: str, label: str, n_curves: int, parent: QWidget) -> None:
        super().__init__(name, parent)
        self.setAccessibleName(label)
        self.setFixedHeight(PLOT_HEIGHT)
        self.axis("left").setWidth(AXIS_WIDTH)
        self.label("left", label)
        self._border, self._zero = curve(self, 0), curve(self, 0)
        self._curves = [curve(self, 1 + k, antialias=True) for k in range(n_curves)]
        self._now = pg.ScatterPlotItem(size=9.0, pxMode=True)
        self._now.setZValue(5)
        self.add(self._now)

    def show_lines(self, scene: Mistakes, lines: list[np.ndarray], now: list[float]) -> None:
        """Draw lines over the logits, with a dot on each at the present one."""
        chosen = theme()
        low = min(float(y.min()) for y in lines)
        high = max(float(y.max()) for y in lines)
        room = 0.08 * (high - low) or 0.1
        low, high = low - room, high + room
        x_low, x_high = float(scene.x[0]), float(scene.x[-1])
        self.set_limits(x_low, x_high, low, high)
        self._border.setData([scene.level, scene.level], [low, high], pen=pen(chosen.line))
        self._zero.setData([x_low, x_high], [0.0, 0.0], pen=pen(chosen.line))
        strokes = line_colours(chosen)
        for k, item in enumerate(self._curves):
            item.setData(scene.x, lines[k], pen=pen(strokes[k], 2.0, dashed=k > 0))
        dots = [brush(colour) for colour in strokes[: len(now)]]
        self._now.setData(x=[scene.now] * len(now), y=now, pen=pen(chosen.paper, 1.5), brush=dots)


class LearningPage(Page):
    """Cross-entropy and squared error with their gradients, against the true class's logit."""

    def __init__(self, put: Put, parent: QWidget | None = None) -> None:
        super().__init__(put, parent)
        self.true_class = choice(
            "softmax.true_class",
            self.tr("True class"),
            self.tr("The class that the row really has"),
            [],
            self._on_class,
        )
        self.formula = FormulaView("softmax.gradient.formula")
        self.formula.setContentsMargins(8, 0, 8, 0)
        self.loss = LossPlot("softmax.loss", self.tr("loss"), 2, self)
        self.gradient = LossPlot("softmax.gradient", self.tr("gradient by z"), 2, self)
        self.gradient.label("bottom", self.tr("z of the true class"))
        self.legend = Paragraph("softmax.loss.legend")
        self.table = FigureGrid(
            "softmax.gradients", ["", "p", "y", "p − y", self.tr("squared error")]
        )
        self.says = Paragraph("softmax.loss.note")
        self.column.addLayout(row(QLabel(self.tr("True class")), self.true_class, None))
        for widget in (self.loss, self.gradient, self.legend, self.says, self.formula, self.table):
            self.column.addWidget(widget)

    def write(self, scene: SoftmaxScene) -> None:
        """Draw both plots and write the gradient of every logit."""
        shown = scene.mistakes
        if shown is None:
            return
        names = [words.class_name(scene, k) for k in range(scene.n_classes)]
        self.true_class.offer([(name, k) for k, name in enumerate(names)])
        self.true_class.show_value(scene.true_class)
        self.true_class.setEnabled(scene.row < 0)
        curves, true = shown.curves, scene.true_class
        self.loss.show_lines(shown, [c.values for c in curves], [c.value for c in curves])
        self.gradient.show_lines(
            shown, [c.gradients for c in curves], [float(c.gradient[true]) for c in curves]
        )
        self.legend.setText(_legend(shown))
        self.formula.show_formula(words.GRADIENTS)
        self.says.setText(words.mistakes_words(scene))
        over_t = "" if scene.choice.temperature == 1.0 else " / T"
        gradient_head = f"(p − y){over_t}" if over_t else "p − y"
        self.table.set_headings(["", "p", "y", gradient_head, self.tr("squared error")])
        self.table.show_rows(
            [
                [
                    name,
                    figure(float(scene.probabilities[k])),
                    "1" if k == true else "0",
                    *(figure(float(c.gradient[k])) for c in curves),
                ]
                for k, name in enumerate(names)
            ],
            strong=true,
        )

    def _on_class(self, k: object) -> None:
        if self.scene is not None and isinstance(k, int):
            self.wanted.emit(self.scene.choice.replacing("true_class", k))


def line_colours(chosen: Theme) -> tuple[str, str]:
    """Return the colours of cross-entropy and squared error."""
    return chosen.accent, chosen.warning


def _legend(scene: Mistakes) -> str:
    parts = []
    colours = line_colours(theme())
    for k, (line, colour) in enumerate(zip(scene.curves, colours, strict=True)):
        glyph = "╌" if k else "━"
        parts.append(
            f'<span style="color:{colour}">{glyph}</span>&nbsp;{words.tr(line.label)} '
            f"<b>{figure(line.value)}</b>"
        )
    return " &nbsp; ".join(parts)
