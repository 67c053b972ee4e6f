"""The pages of the functions panel.

Three explain the chosen point: its numbers, the sharpness and the digits. Two explain the function
as a whole: facts about it, and where the model's units lie on it.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.experiment.view_choices import FUNCTION_FACTS
from core.experiment.view_knobs import FUNCTION_SHARPNESS
from core.explain.function_facts import facts_about, sharpness_of_steepest, slope_by_sharpness
from core.explain.unit_maps import PreactivationHistogram
from core.functions.activations import ACTIVATIONS
from core.scenes.functions_scene import SPAN, FunctionsScene
from gui.panels.functions import functions_text as words
from gui.panels.panel_text import tr
from gui.panels.view_controls import view_choice, view_slider
from gui.plot.axes import log_ticks
from gui.plot.canvas import PlotCanvas, curve
from gui.session.session import Session
from gui.style.number_text import format_number, format_percent
from gui.style.theme import DASHED, brush, pen, theme
from gui.widgets.controls import row, without_checked
from gui.widgets.formula import FormulaView
from gui.widgets.sections import Paragraph
from gui.widgets.text_table import FigureTable

NARROW = 16  # pixels for a slider's label of one letter
TRIED = (-740.0, -40.0, 0.3, 20.0, 40.0, 720.0)
RISE = 2.0 * np.log(9.0)
"""How far the sigmoid's logit runs from 10 % to 90 %."""


class Page(QWidget):
    """A page of explanations; `show_scene` writes its numbers."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 8)
        self.column.setSpacing(4)

    def show_scene(self, scene: FunctionsScene) -> None:
        """Write the scene's numbers."""
        raise NotImplementedError


class PointPage(Page):
    """The formula with the point's numbers, its tangent, and key values."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.z = view_slider(session, "function_z", (-SPAN, SPAN), NARROW)
        self.filled = FormulaView("functions.filled")
        self.filled.setAccessibleName(self.tr("Formula with numbers"))
        self.filled.setContentsMargins(8, 0, 8, 0)
        self.reading = Paragraph("functions.reading")
        self.table = FigureTable("functions.table", ["z", "f", "f′", "f″"])
        for widget in (self.z, self.filled, self.reading, self.table):
            self.column.addWidget(widget)

    def show_scene(self, scene: FunctionsScene) -> None:
        """Write the point's numbers."""
        self.z.show_value(scene.point.z, keep_typed=True)
        self.filled.show_formula(words.filled_formula(scene), moving=True)
        self.reading.setText(words.reading(scene))
        rows = [
            [format_number(v, digits=4) for v in (row.z, row.value, row.slope, row.curvature)]
            for row in scene.table
        ]
        self.table.show_rows(rows, strong=len(rows) - 1)


class SharpnessPage(Page):
    """Sharpness t by slider, and what it does to the gradient."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.t = view_slider(session, "function_sharpness")
        self.z = view_slider(session, "function_z", (-SPAN, SPAN), where="sharpness")
        self.figures = FigureTable("functions.sharpness.figures", ["", ""])
        self.plot = PlotCanvas("functions.sharpness.plot", self)
        self.plot.setAccessibleName(self.tr("Slope at z against sharpness"))
        self.plot.setFixedHeight(150)
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
        t, z = scene.view.function_sharpness, scene.view.function_z
        self.t.show_value(t, keep_typed=True)
        self.z.show_value(z, keep_typed=True)
        slope = float(slope_by_sharpness(scene.activation, z, np.array([t]))[0])
        rows = [
            [self.tr("steepest slope"), format_number(scene.facts.steepest, digits=4)],
            [
                self.tr("slope at z = {0}").format(format_number(z, digits=4)),
                format_number(slope, digits=4),
            ],
        ]
        if scene.has_odds:
            rows.append([self.tr("from 10 % to 90 % within"), format_number(RISE / t, digits=4)])
        self.figures.show_rows(rows)
        self._draw(scene, slope)
        self.says.setText(self._sentence(scene))

    def _draw(self, scene: FunctionsScene, slope: float) -> None:
        t, z, chosen = scene.view.function_sharpness, scene.view.function_z, theme()
        ts = np.geomspace(FUNCTION_SHARPNESS.low, FUNCTION_SHARPNESS.high, 241)
        slopes = slope_by_sharpness(scene.activation, z, ts)
        steepest = scene.facts.steepest / t * ts
        low, high = min(float(slopes.min()), 0.0), max(float(slopes.max()), 1e-6)
        room = 0.12 * (high - low)
        self.plot.label("left", self.tr("slope at z"))
        self.plot.set_limits(-1.0, 2.0, low - room, high + room)
        ends = FUNCTION_SHARPNESS.low, FUNCTION_SHARPNESS.high
        self.plot.ticks("bottom", log_ticks(*ends, self.plot.box.width()))
        self._slope.setData(np.log10(ts), slopes, pen=pen(chosen.accent, 1.8))
        fits = steepest < high + 10.0 * room
        line = pen(chosen.raw, 1.2, style=DASHED)
        self._limit.setData(np.log10(ts[fits]), steepest[fits], pen=line)
        self._now.setData(
            x=[np.log10(t)], y=[slope], pen=pen(chosen.paper, 2.0), brush=brush(chosen.error)
        )

    def _sentence(self, scene: FunctionsScene) -> str:
        if not scene.has_odds:
            return self.tr("f(t z) is t times as steep; the dashed line is its steepest slope.")
        if scene.view.function_z == 0.0:
            return self.tr(
                "At z = 0 the slope is t / 4 and grows without end: σ(t z) becomes a step, whose "
                "slope is 0 everywhere else. Move z away from 0."
            )
        best = sharpness_of_steepest(scene.view.function_z)
        return self.tr(
            "The steepest slope is t / 4 (dashed), but only at z = 0. At z = {0} the slope is "
            "largest at t = {1}; sharper than that, the gradient dies there as σ(t z) becomes "
            "a step."
        ).format(format_number(scene.view.function_z, digits=4), format_number(best, digits=4))


class NumericsPage(Page):
    """Textbook formulas beside stable ones, with the digits that are right."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.z = view_slider(session, "function_z", (-800.0, 800.0), NARROW, "numerics")
        self.table = FigureTable(
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
        self.z.show_value(scene.view.function_z, keep_typed=True)
        rows = [
            [
                f"{c.recipe.label}",
                format_number(c.textbook, nan="NaN"),
                words.digits(c.textbook_digits),
                format_number(c.stable, nan="NaN"),
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
            button.setText(format_number(z, digits=4))
            button.setAccessibleName(self.tr("z = {0}").format(format_number(z, digits=4)))
            button.setToolTip(self.tr("Look at this z"))
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            button.clicked.connect(without_checked(partial(self.session.set_view, "function_z", z)))
            line.addWidget(button)
        line.addStretch(1)
        return line


# the style's own are not to be seen on black
_MARKS = """
QRadioButton::indicator { width: 10px; height: 10px; border: 1px solid palette(placeholder-text);
    border-radius: 6px; }
QRadioButton::indicator:checked { background: palette(highlight); }
QRadioButton:focus { color: palette(link); }
"""


class FactsPage(Page):
    """Each fact in words; the one that is marked is drawn."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._build_axis()
        self._build_facts()

    def show_scene(self, scene: FunctionsScene) -> None:
        """Write the facts with the present numbers."""
        self._axis_row.setVisible(scene.has_odds)
        self.axis_note.setVisible(scene.has_odds)
        self.axis.show_value(scene.axis)
        self.axis_note.setText(self._axis_words(scene))
        sentences = {
            "range": words.range_fact(scene.facts),
            "symmetry": words.symmetry_fact(scene),
            "steepest": words.steepest_fact(scene),
            "centre": words.centre_fact(scene.facts),
        }
        for name, sentence in sentences.items():
            self.notes[name].setText(sentence)
            with QSignalBlocker(self.buttons[name]):
                self.buttons[name].setChecked(scene.view.function_fact == name)
            self.buttons[name].setAccessibleDescription(sentence)
        self.table.setVisible(scene.view.function_fact == "centre")
        if scene.view.function_fact == "centre":
            self._show_centres(scene)

    def _build_axis(self) -> None:
        self.axis = view_choice(self.session, "function_axis")
        self._axis_row = QWidget(self)
        self._axis_row.setLayout(row(QLabel(self.tr("Vertical axis")), self.axis, None))
        self.axis_note = Paragraph("functions.axis.note")
        self.column.addWidget(self._axis_row)
        self.column.addWidget(self.axis_note)

    def _build_facts(self) -> None:
        titles = {it.name: tr(it.label) for it in FUNCTION_FACTS.values() if it.name != "none"}
        self.setStyleSheet(_MARKS)
        self.buttons: dict[str, QRadioButton] = {}
        self.notes = {name: Paragraph(f"functions.fact.{name}.note", left=28) for name in titles}
        group = QButtonGroup(self)
        for name, title in titles.items():
            button = QRadioButton(title, self)
            button.setObjectName(f"view.function_fact.{name}")
            button.setAccessibleName(title)
            button.setToolTip(self.tr("Draw this fact"))
            button.toggled.connect(
                lambda on, name=name: self.session.set_view("function_fact", name) if on else None
            )
            group.addButton(button)
            self.buttons[name] = button
            self.column.addLayout(row(button, None))
            self.column.addWidget(self.notes[name])
        self.table = FigureTable(
            "functions.centres", ["", self.tr("mean output"), self.tr("sd")], self
        )
        self.column.addWidget(self.table)

    def _axis_words(self, scene: FunctionsScene) -> str:
        u = scene.view.function_sharpness * scene.point.z
        if scene.axis == "log_odds":
            return self.tr(
                "The sigmoid is a straight line here: ln(p / (1 − p)) = t z = <b>{0}</b>. One more "
                "in z adds t to the log-odds, wherever you are."
            ).format(format_number(u, digits=4))
        if scene.axis == "odds":
            return self.tr(
                "Odds p / (1 − p) = e<sup>t z</sup> = <b>{0}</b>: one more in z multiplies them."
            ).format(format_number(scene.point.value, digits=4))
        return self.tr("p = <b>{0}</b>, whose log-odds are t z = <b>{1}</b>.").format(
            format_number(scene.point.value, digits=4), format_number(u, digits=4)
        )

    def _show_centres(self, scene: FunctionsScene) -> None:
        rows = []
        for name, activation in ACTIVATIONS.items():
            facts = facts_about(name)
            rows.append(
                [
                    activation.label,
                    format_number(round(facts.mean, 3) + 0.0, decimals=3),
                    format_number(facts.sd, decimals=3),
                ]
            )
        self.table.show_rows(rows, strong=list(ACTIVATIONS).index(scene.view.function))


class ModelPage(Page):
    """Where the model's units sit on their curve."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.layer = view_choice(self.session, "function_layer")
        self.layer.setMinimumContentsLength(16)
        self._wanted = ""
        self.mend = QPushButton(self)
        self.mend.setObjectName("functions.use_unit")
        self.mend.setToolTip(self.tr("Show the function that these units compute"))
        self.mend.clicked.connect(lambda: session.set_view("function", self._wanted))
        self.figures = FigureTable("functions.units", ["", ""])
        self.says = Paragraph("functions.units.note")
        self.column.addLayout(row(QLabel(self.tr("Layer")), self.layer, None))
        self.column.addLayout(row(self.mend, None))
        self.column.addWidget(self.figures)
        self.column.addWidget(self.says)

    def show_scene(self, scene: FunctionsScene) -> None:
        """Write the shares, or say why there are none."""
        units = scene.units
        for widget in (self.layer, self.figures):
            widget.setVisible(units is not None)
        self.mend.setVisible(units is not None and units.activation != scene.view.function)
        if units is None:
            self.says.setText(
                self.tr(
                    "There is nothing to show: the model has no hidden layer and more than two "
                    "classes, or its numbers are no longer finite. Add a hidden layer."
                )
            )
            return
        self.layer.offer([(self._layer_name(units, k), k) for k in units.layers])
        self.layer.show_value(units.layer)
        self._wanted = units.activation
        text = self.tr("These units are {0}: show it").format(ACTIVATIONS[units.activation].label)
        self.mend.setText(text)
        self.mend.setAccessibleName(text)
        self.figures.show_rows(
            [
                [self.tr("mean input"), format_number(units.mean, decimals=3)],
                [self.tr("standard deviation"), format_number(units.sd, decimals=3)],
                [self.tr("saturated"), format_percent(units.saturated)],
            ]
        )
        self.says.setText(words.units_words(units))

    def _layer_name(self, units: PreactivationHistogram, layer: int) -> str:
        if layer == units.n_hidden:
            return self.tr("output (log-odds)")
        return self.tr("hidden layer {0}").format(layer + 1)
