"""Any function of the units: derivatives, facts, digits, and where the model's units sit."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton, QVBoxLayout, QWidget

from core.experiment.view import FunctionsChoice
from core.functions.activations import ACTIVATIONS
from core.scenes.functions_scene import FunctionsScene, functions_scene
from gui.panels.functions import functions_text as words
from gui.panels.functions.functions_pages import (
    FactsPage,
    ModelPage,
    NumericsPage,
    Page,
    PointPage,
    SharpnessPage,
)
from gui.panels.functions.functions_plot import FunctionPlot
from gui.panels.panel import PlottedPanel
from gui.session.session import Session
from gui.style.number_text import format_number
from gui.widgets.controls import choice, row, show_checked, toggle
from gui.widgets.formula import FormulaView
from gui.widgets.sections import Paragraph, ResponsiveSplit, Sections, SideBySide


class FunctionsPanel(PlottedPanel):
    """Draws one function, with whatever the open section explains.

    Attributes
    ----------
    choice : FunctionsChoice
        What is looked at; `choose` changes it.
    """

    frames_between = 3

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("functions", session, parent)
        self.choice = FunctionsChoice()
        self.plot = FunctionPlot(self)
        self.plot.dragged.connect(lambda z: self.choose("z", z))
        self.legend = Paragraph("functions.legend")
        self._build_header()
        self.pages: dict[str, Page] = {
            "point": PointPage(self.choose),
            "sharpness": SharpnessPage(self.choose),
            "facts": FactsPage(self.choose),
            "numerics": NumericsPage(self.choose),
            "model": ModelPage(self.choose),
        }
        titles = {
            "point": self.tr("Point"),
            "sharpness": self.tr("Sharpness"),
            "facts": self.tr("Facts"),
            "numerics": self.tr("Digits"),
            "model": self.tr("Model"),
        }
        self.sections = Sections(
            "functions.section",
            self.tr("Explanations"),
            [(name, titles[name], page) for name, page in self.pages.items()],
            lambda name: self.choose("section", name),
        )
        self.parts = ResponsiveSplit(self._picture(), self.sections, self.plot, self)
        self.stack().addWidget(self.parts)

    def choose(self, name: str, value: object) -> None:
        """Look at something else.

        Raises
        ------
        UserError
            Where the value cannot be.
        """
        choice = self.choice.replacing(name, value)
        if choice != self.choice:
            self.choice = choice
            self.refresh()

    def compute(self) -> FunctionsScene:
        """Return the scene of what is chosen."""
        return functions_scene(self.choice, self.session.run, self.session.state)

    def draw(self, scene: FunctionsScene) -> None:
        """Draw the graph and write the open section."""
        self._show_header(scene)
        self.plot.show_scene(scene)
        self.legend.setText(words.legend(scene))
        self.formula.show_formula(words.value_formula(scene))
        self.slope_formula.show_formula(words.slope_formula(scene) if scene.choice.slope else "")
        self.slope_formula.setVisible(scene.choice.slope)
        self.sections.show_page(scene.choice.section)
        self.pages[scene.choice.section].show_scene(scene)

    def describe(self, scene: FunctionsScene) -> str:
        """Say the function's value and slope at the point."""
        return self.tr("{0} at z = {1}: value {2}, slope {3}.").format(
            scene.activation.label,
            format_number(scene.point.z, digits=4),
            format_number(scene.point.value, digits=4),
            format_number(scene.point.slope, digits=4),
        )

    def _on_frame(self) -> None:
        # the model matters in one section only; the others do not move while it learns
        if self.choice.section == "model":
            super()._on_frame()

    def _build_header(self) -> None:
        self.function = choice(
            "functions.function",
            self.tr("Function"),
            self.tr("Which function to look at"),
            [(self.tr(record.label), record.name) for record in ACTIVATIONS.values()],
            lambda name: self.choose("function", name),
        )
        self.slope = toggle(
            "functions.slope",
            "f′",
            self.tr("Show the slope (first derivative)"),
            lambda on: self.choose("slope", on),
        )
        self.curvature = toggle(
            "functions.curvature",
            "f″",
            self.tr("Show the curvature (second derivative)"),
            lambda on: self.choose("curvature", on),
        )
        self.slope.setAccessibleName(self.tr("Slope"))
        self.curvature.setAccessibleName(self.tr("Curvature"))
        self.compare = QToolButton(self)
        self.compare.setObjectName("functions.others")
        self.compare.setText(self.tr("Compare"))
        self.compare.setAccessibleName(self.tr("Compare"))
        self.compare.setToolTip(self.tr("Draw other functions beside it"))
        self.compare.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.compare.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.compare)
        self.compared: dict[str, QAction] = {}
        for record in ACTIVATIONS.values():
            action = menu.addAction(self.tr(record.label))
            action.setObjectName(f"functions.others.{record.name}")
            action.setCheckable(True)
            action.triggered.connect(lambda on, name=record.name: self._compare(name, on))
            self.compared[record.name] = action
        self.compare.setMenu(menu)

    def _compare(self, name: str, on: bool) -> None:
        others = tuple(other for other in self.choice.others if other != name)
        self.choose("others", (*others, name) if on else others)

    def _picture(self) -> QWidget:
        picture = QWidget()
        self.formula = FormulaView("functions.formula")
        self.formula.setAccessibleName(self.tr("Formula"))
        self.slope_formula = FormulaView("functions.slope_formula")
        self.slope_formula.setAccessibleName(self.tr("Formula of the slope"))
        column = QVBoxLayout(picture)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row(self.function, None, self.slope, self.curvature, self.compare))
        column.addWidget(SideBySide(self.formula, self.slope_formula))
        column.addWidget(self.plot, 1)
        column.addWidget(self.legend)
        return picture

    def _show_header(self, scene: FunctionsScene) -> None:
        self.function.show_value(scene.choice.function)
        show_checked(self.slope, scene.choice.slope)
        show_checked(self.curvature, scene.choice.curvature)
        for name, action in self.compared.items():
            action.setChecked(name in scene.choice.others)
            action.setEnabled(name != scene.choice.function and scene.axis == "probability")
