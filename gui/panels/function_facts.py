"""Pages of the functions panel about the whole: facts about the function, and the model's units."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QButtonGroup, QLabel, QPushButton, QRadioButton, QWidget

from core.explain.function_facts import facts_about
from core.explain.unit_maps import UnitsScene
from core.functions.activations import ACTIVATIONS
from core.scenes.functions_scene import FunctionsScene
from gui.panels import function_words as words
from gui.panels.function_pages import Choose, Page
from gui.style.number_text import figure, percent, short
from gui.widgets.controls import choice, row
from gui.widgets.sections import Paragraph
from gui.widgets.text_table import FigureGrid

# the style's own are not to be seen on black
_MARKS = """
QRadioButton::indicator { width: 10px; height: 10px; border: 1px solid palette(placeholder-text);
    border-radius: 6px; }
QRadioButton::indicator:checked { background: palette(highlight); }
QRadioButton:focus { color: palette(link); }
"""


class FactsPage(Page):
    """Each fact in words; the one that is marked is drawn."""

    def __init__(self, choose: Choose, parent: QWidget | None = None) -> None:
        super().__init__(choose, parent)
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
                self.buttons[name].setChecked(scene.choice.fact == name)
            self.buttons[name].setAccessibleDescription(sentence)
        self.table.setVisible(scene.choice.fact == "centre")
        if scene.choice.fact == "centre":
            self._show_centres(scene)

    def _build_axis(self) -> None:
        self.axis = choice(
            "functions.axis",
            self.tr("Vertical axis"),
            self.tr("The sigmoid as a probability, as odds, or as log-odds: a straight line"),
            [
                (self.tr("probability"), "probability"),
                (self.tr("odds p / (1 − p)"), "odds"),
                (self.tr("log-odds"), "log_odds"),
            ],
            partial(self.chosen.emit, "axis"),
        )
        self._axis_row = QWidget(self)
        self._axis_row.setLayout(row(QLabel(self.tr("Vertical axis")), self.axis, None))
        self.axis_note = Paragraph("functions.axis.note")
        self.column.addWidget(self._axis_row)
        self.column.addWidget(self.axis_note)

    def _build_facts(self) -> None:
        titles = {
            "range": self.tr("Range"),
            "symmetry": self.tr("Symmetry"),
            "steepest": self.tr("Steepest slope"),
            "centre": self.tr("Centre"),
        }
        self.setStyleSheet(_MARKS)
        self.buttons: dict[str, QRadioButton] = {}
        self.notes = {name: Paragraph(f"functions.fact.{name}.note", left=28) for name in titles}
        group = QButtonGroup(self)
        for name, title in titles.items():
            button = QRadioButton(title, self)
            button.setObjectName(f"functions.fact.{name}")
            button.setAccessibleName(title)
            button.setToolTip(self.tr("Draw this fact"))
            button.toggled.connect(
                lambda on, name=name: self.chosen.emit("fact", name) if on else None
            )
            group.addButton(button)
            self.buttons[name] = button
            self.column.addLayout(row(button, None))
            self.column.addWidget(self.notes[name])
        self.table = FigureGrid(
            "functions.centres", ["", self.tr("mean output"), self.tr("sd")], self
        )
        self.column.addWidget(self.table)

    def _axis_words(self, scene: FunctionsScene) -> str:
        u = scene.choice.sharpness * scene.point.z
        if scene.axis == "log_odds":
            return self.tr(
                "The sigmoid is a straight line here: ln(p / (1 − p)) = t z = <b>{0}</b>. One more "
                "in z adds t to the log-odds, wherever you are."
            ).format(short(u))
        if scene.axis == "odds":
            return self.tr(
                "Odds p / (1 − p) = e<sup>t z</sup> = <b>{0}</b>: one more in z multiplies them."
            ).format(short(scene.point.value))
        return self.tr("p = <b>{0}</b>, whose log-odds are t z = <b>{1}</b>.").format(
            short(scene.point.value), short(u)
        )

    def _show_centres(self, scene: FunctionsScene) -> None:
        rows = []
        for name, activation in ACTIVATIONS.items():
            facts = facts_about(name)
            rows.append([activation.label, figure(round(facts.mean, 3) + 0.0), figure(facts.sd)])
        self.table.show_rows(rows, strong=list(ACTIVATIONS).index(scene.choice.function))


class ModelPage(Page):
    """Where the model's units sit on their curve."""

    def __init__(self, choose: Choose, parent: QWidget | None = None) -> None:
        super().__init__(choose, parent)
        self.layer = choice(
            "functions.layer",
            self.tr("Layer"),
            self.tr("Whose units to look at"),
            [],
            partial(self.chosen.emit, "layer"),
        )
        self.layer.setMinimumContentsLength(16)
        self._wanted = ""
        self.mend = QPushButton(self)
        self.mend.setObjectName("functions.use_unit")
        self.mend.setToolTip(self.tr("Show the function that these units compute"))
        self.mend.clicked.connect(lambda: self.chosen.emit("function", self._wanted))
        self.figures = FigureGrid("functions.units", ["", ""])
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
        self.mend.setVisible(units is not None and units.activation != scene.choice.function)
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
                [self.tr("mean input"), figure(units.mean)],
                [self.tr("standard deviation"), figure(units.sd)],
                [self.tr("saturated"), percent(units.saturated)],
            ]
        )
        self.says.setText(words.units_words(units))

    def _layer_name(self, units: UnitsScene, layer: int) -> str:
        if layer == units.n_hidden:
            return self.tr("output (log-odds)")
        return self.tr("hidden layer {0}").format(layer + 1)
