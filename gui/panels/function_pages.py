"""Pages of the functions panel about one point: its numbers, sharpness, and digits."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from core.experiment.view import SHARPNESS, SPAN, Z
from core.explain.function_facts import sharpness_of_steepest, slope_by_sharpness
from core.scenes.functions_scene import FunctionsScene
from gui.panels import function_words as words
from gui.plot.canvas import LockedPlot, curve
from gui.style.number_text import short
from gui.style.theme import brush, pen, theme
from gui.widgets.formula import FormulaView
from gui.widgets.number_slider import ValueSlider
from gui.widgets.sections import Paragraph
from gui.widgets.text_table import FigureGrid

Choose = Callable[[str, object], None]
NARROW = 16  # pixels for a slider's label of one letter
TRIED = (-740.0, -40.0, 0.3, 20.0, 40.0, 720.0)
RISE = 2.0 * np.log(9.0)
"""How far the sigmoid's logit runs from 10 % to 90 %."""


class Page(QWidget):
    """A page of explanations; `show_scene` writes its numbers.

    Signals
    -------
    chosen : (str, object)
        A field of the choice and the value it should have.
    """

    chosen = Signal(str, object)

    def __init__(self, choose: Choose, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chosen.connect(choose)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 8)
        self.column.setSpacing(4)

    def show_scene(self, scene: FunctionsScene) -> None:
        """Write the scene's numbers."""
        raise NotImplementedError


class PointPage(Page):
    """The formula with the point's numbers, its tangent, and key values."""

    def __init__(self, choose: Choose, parent: QWidget | None = None) -> None:
        super().__init__(choose, parent)
        self.z = ValueSlider(
            "functions.z", Z, partial(self.chosen.emit, "z"), (-SPAN, SPAN), label_width=NARROW
        )
        self.filled = FormulaView("functions.filled")
        self.filled.setAccessibleName(self.tr("Formula with numbers"))
        self.filled.setContentsMargins(8, 0, 8, 0)
        self.reading = Paragraph("functions.reading")
        self.table = FigureGrid("functions.table", ["z", "f", "f′", "f″"])
        for widget in (self.z, self.filled, self.reading, self.table):
            self.column.addWidget(widget)

    def show_scene(self, scene: FunctionsScene) -> None:
        """Write the point's numbers."""
        self.z.show_value(scene.point.z)
        self.filled.show_formula(words.filled_formula(scene), moving=True)
        self.reading.setText(words.reading(scene))
        rows = [
            [short(v) for v in (row.z, row.value, row.slope, row.curvature)] for row in scene.table
        ]
        self.table.show_rows(rows, strong=len(rows) - 1)


class SharpnessPage(Page):
    """Sharpness t by slider, and what it does to the gradient."""

    def __init__(self, choose: Choose, parent: QWidget | None = None) -> None:
        super().__init__(choose, parent)
        self.t = ValueSlider(
            "functions.sharpness", SHARPNESS, partial(self.chosen.emit, "sharpness")
        )
        self.z = ValueSlider(
            "functions.sharpness.z", Z, partial(self.chosen.emit, "z"), (-SPAN, SPAN)
        )
        self.figures = FigureGrid("functions.sharpness.figures", ["", ""])
        self.plot = LockedPlot("functions.sharpness.plot", self)
        self.plot.setAccessibleName(self.tr("Slope at z against sharpness"))
        self.plot.setFixedHeight(150)
        self.plot.axis("bottom").setLogMode(y=False, x=True)
        self.plot.label("bottom", self.tr("sharpness t"))
        self._limit, self._slope = (curve(self.plot, k, antialias=True) for k in (1, 2))
        self._now = pg.ScatterPlotItem(size=9.0, pxMode=True)
        self._now.setZValue(3)
        self.plot.add(self._now)
        self.says = Paragraph("functions.sharpness.note")
        for widget in (self.t, self.z, self.figures, self.plot, self.says):
            self.column.addWidget(widget)

    def show_scene(self, scene: FunctionsScene) -> None:
        """Write the slopes and draw how the one at the point depends on t."""
        t, z = scene.choice.sharpness, scene.choice.z
        self.t.show_value(t)
        self.z.show_value(z)
        slope = float(slope_by_sharpness(scene.activation, z, np.array([t]))[0])
        rows = [
            [self.tr("steepest slope"), short(scene.facts.steepest)],
            [self.tr("slope at z = {0}").format(short(z)), short(slope)],
        ]
        if scene.has_odds:
            rows.append([self.tr("from 10 % to 90 % within"), short(RISE / t)])
        self.figures.show_rows(rows)
        self._draw(scene, slope)
        self.says.setText(self._sentence(scene))

    def _draw(self, scene: FunctionsScene, slope: float) -> None:
        t, z, chosen = scene.choice.sharpness, scene.choice.z, theme()
        ts = np.geomspace(SHARPNESS.low, SHARPNESS.high, 241)
        slopes = slope_by_sharpness(scene.activation, z, ts)
        steepest = scene.facts.steepest / t * ts
        low, high = min(float(slopes.min()), 0.0), max(float(slopes.max()), 1e-6)
        room = 0.12 * (high - low)
        self.plot.label("left", self.tr("slope at z"))
        self.plot.set_limits(-1.0, 2.0, low - room, high + room)
        self._slope.setData(np.log10(ts), slopes, pen=pen(chosen.accent, 1.8))
        fits = steepest < high + 10.0 * room
        line = pen(chosen.raw, 1.2, dashed=True)
        self._limit.setData(np.log10(ts[fits]), steepest[fits], pen=line)
        self._now.setData(
            x=[np.log10(t)], y=[slope], pen=pen(chosen.paper, 2.0), brush=brush(chosen.error)
        )

    def _sentence(self, scene: FunctionsScene) -> str:
        if not scene.has_odds:
            return self.tr("f(t z) is t times as steep; the dashed line is its steepest slope.")
        if scene.choice.z == 0.0:
            return self.tr(
                "At z = 0 the slope is t / 4 and grows without end: σ(t z) becomes a step, whose "
                "slope is 0 everywhere else. Move z away from 0."
            )
        best = sharpness_of_steepest(scene.choice.z)
        return self.tr(
            "The steepest slope is t / 4 (dashed), but only at z = 0. At z = {0} the slope is "
            "largest at t = {1}; sharper than that, the gradient dies there as σ(t z) becomes "
            "a step."
        ).format(short(scene.choice.z), short(best))


class NumericsPage(Page):
    """Textbook formulas beside stable ones, with the digits that are right."""

    def __init__(self, choose: Choose, parent: QWidget | None = None) -> None:
        super().__init__(choose, parent)
        self.z = ValueSlider(
            "functions.numerics.z",
            Z,
            partial(self.chosen.emit, "z"),
            (-800.0, 800.0),
            label_width=NARROW,
        )
        self.table = FigureGrid(
            "functions.numerics",
            ["", self.tr("textbook"), self.tr("digits"), self.tr("stable"), self.tr("digits")],
        )
        self.says = Paragraph("functions.numerics.note")
        self.column.addWidget(self.z)
        self.column.addLayout(self._tries())
        self.column.addWidget(self.table)
        self.column.addWidget(self.says)

    def show_scene(self, scene: FunctionsScene) -> None:
        """Write both results and their correct digits."""
        self.z.show_value(scene.choice.z)
        rows = [
            [
                f"{c.recipe.label}",
                short(c.textbook, 3),
                words.digits(c.textbook_digits),
                short(c.stable, 3),
                words.digits(c.stable_digits),
            ]
            for c in scene.comparisons
        ]
        self.table.show_rows(rows)
        self.says.setText(words.failures(scene.comparisons))

    def _tries(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setContentsMargins(8, 0, 8, 0)
        line.setSpacing(2)
        line.addWidget(QLabel(self.tr("Try")))
        for z in TRIED:
            button = QToolButton(self)
            button.setObjectName(f"functions.try.{z:g}")
            button.setText(short(z))
            button.setAccessibleName(self.tr("z = {0}").format(short(z)))
            button.setToolTip(self.tr("Look at this z"))
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            button.clicked.connect(lambda checked=False, z=z: self.chosen.emit("z", z))
            line.addWidget(button)
        line.addStretch(1)
        return line
