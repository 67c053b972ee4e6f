"""Any function of the units: derivatives, facts, digits, and where the model's units sit."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton, QVBoxLayout, QWidget

from core.experiment.view_choices import FUNCTIONS_PAGES
from core.experiment.view_knobs import FUNCTION_OTHERS
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
from gui.panels.panel import Panel
from gui.panels.panel_text import tr
from gui.panels.view_controls import view_choice, view_toggle
from gui.session.session import Session
from gui.style.number_text import format_number
from gui.widgets.controls import row, show_checked
from gui.widgets.formula import FormulaView
from gui.widgets.sections import Paragraph, ResponsiveSplit, Sections, SideBySide


class FunctionsPanel(Panel):
    """Draws one function, with whatever the open page explains."""

    frames_between = 3

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("functions", session, parent)
        self.plot = FunctionPlot(self)
        self.plot.dragged.connect(lambda z: session.set_view("function_z", z))
        self.legend = Paragraph("functions.legend")
        self._build_header()
        self.pages: dict[str, Page] = {
            "point": PointPage(session),
            "sharpness": SharpnessPage(session),
            "facts": FactsPage(session),
            "numerics": NumericsPage(session),
            "model": ModelPage(session),
        }
        self.sections = Sections(
            "view.functions_page",
            self.tr("Explanations"),
            [
                (page.name, tr(page.label), self.pages[page.name])
                for page in FUNCTIONS_PAGES.values()
            ],
            lambda name: session.set_view("functions_page", name),
        )
        self.parts = ResponsiveSplit(self._picture(), self.sections, self.plot, self)
        self.stack().addWidget(self.parts)

    def compute(self) -> FunctionsScene:
        """Return the scene of what the view shows."""
        session = self.session
        return functions_scene(session.run, session.state, session.view)

    def draw(self, scene: FunctionsScene) -> None:
        """Draw the graph and write the open section."""
        self._show_header(scene)
        self.plot.show_scene(scene)
        self.legend.setText(words.legend(scene))
        self.formula.show_formula(words.value_formula(scene))
        self.slope_formula.show_formula(
            words.slope_formula(scene) if scene.view.function_slope else ""
        )
        self.slope_formula.setVisible(scene.view.function_slope)
        self.sections.show_page(scene.view.functions_page)
        self.pages[scene.view.functions_page].show_scene(scene)

    def describe(self, scene: FunctionsScene) -> str:
        """Say the function's value and slope at the point."""
        return self.tr("{0} at z = {1}: value {2}, slope {3}.").format(
            scene.activation.label,
            format_number(scene.point.z, digits=4),
            format_number(scene.point.value, digits=4),
            format_number(scene.point.slope, digits=4),
        )

    def follows_state(self) -> bool:
        """Return whether the page of the model's units is open: no other changes as it learns."""
        return self.session.view.functions_page == "model"

    def _build_header(self) -> None:
        self.function = view_choice(self.session, "function")
        self.slope = view_toggle(self.session, "function_slope")
        self.curvature = view_toggle(self.session, "function_curvature")
        self.slope.setAccessibleName(self.tr("Slope"))
        self.curvature.setAccessibleName(self.tr("Curvature"))
        self.compare = QToolButton(self)
        self.compare.setObjectName("view.function_others")
        self.compare.setText(tr(FUNCTION_OTHERS.label))
        self.compare.setAccessibleName(tr(FUNCTION_OTHERS.label))
        self.compare.setToolTip(tr(FUNCTION_OTHERS.help))
        self.compare.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.compare.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.compare)
        self.compared: dict[str, QAction] = {}
        for record in ACTIVATIONS.values():
            action = menu.addAction(self.tr(record.label))
            action.setObjectName(f"view.function_others.{record.name}")
            action.setCheckable(True)
            action.triggered.connect(lambda on, name=record.name: self._compare(name, on))
            self.compared[record.name] = action
        self.compare.setMenu(menu)

    def _compare(self, name: str, on: bool) -> None:
        others = tuple(it for it in self.session.view.function_others if it != name)
        self.session.set_view("function_others", (*others, name) if on else others)

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
        self.function.show_value(scene.view.function)
        show_checked(self.slope, scene.view.function_slope)
        show_checked(self.curvature, scene.view.function_curvature)
        for name, action in self.compared.items():
            action.setChecked(name in scene.view.function_others)
            action.setEnabled(name != scene.view.function and scene.axis == "probability")
