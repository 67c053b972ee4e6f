"""Calibrators by hand, their maps, and what class weights and base rates do to them."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from core.calibration.calibration_knobs import calibration_methods
from core.experiment.experiment import KNOBS
from core.experiment.view_choices import CALIBRATORS_PAGES
from core.explain.pooled_logits import MOST_LIVE
from core.scenes.calibrators_scene import (
    CalibratorsScene,
    MapsScene,
    ParametersScene,
    PriorsScene,
    calibrators_scene,
)
from gui.panels.calibrators.maps_page import MapsPage
from gui.panels.calibrators.parameters_page import ParametersPage
from gui.panels.calibrators.priors_page import PriorsPage
from gui.panels.panel import Panel
from gui.panels.panel_text import tr
from gui.panels.view_controls import view_toggle
from gui.session.session import Session
from gui.style.number_text import format_count, format_number
from gui.widgets.controls import choice, row, show_checked
from gui.widgets.sections import Scrolled, Sections

WIDEST = 140


class CalibratorsPanel(Panel):
    """Shows one of three pages; only the open one is computed."""

    frames_between = 3

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("calibrators", session, parent)
        self.method = choice(
            "calibrators.method",
            self.tr("Calibrator"),
            KNOBS["calibration.method"].help,
            [(self.tr(it.label), it.name) for it in calibration_methods().values()],
            lambda name: session.edit("calibration.method", name),
            widest=WIDEST,
        )
        self.on_boundary = view_toggle(session, "calibrated")
        self.on_boundary.setText(self.tr("On boundary"))
        self.on_boundary.setAccessibleName(self.tr("On boundary"))
        self.handles = ParametersPage(session)
        self.maps = MapsPage()
        self.priors = PriorsPage(session)
        pages = {"handles": self.handles, "maps": self.maps, "priors": self.priors}
        self.sections = Sections(
            "view.calibrators_page",
            self.tr("Pages"),
            [(it.name, tr(it.label), pages[it.name]) for it in CALIBRATORS_PAGES.values()],
            lambda name: session.set_view("calibrators_page", name),
        )
        head = QWidget()
        head.setLayout(row(self.method, None, self.on_boundary))
        layout = self.stack()
        layout.addWidget(head)
        layout.addWidget(Scrolled(self.sections, self), 1)

    def compute(self) -> CalibratorsScene:
        """Return the open page's scene."""
        session, view = self.session, self.session.view
        most = 0 if self.is_calm else MOST_LIVE
        page, parameter = view.calibrators_page, view.calibrators_parameter
        return calibrators_scene(session.run, session.state, view, page, parameter, most)

    def draw(self, scene: CalibratorsScene) -> None:
        """Draw the open page."""
        self.method.show_value(self.session.experiment.calibration.method)
        show_checked(self.on_boundary, self.session.view.calibrated)
        self.sections.show_page(scene.page)
        self.settles = isinstance(scene.of, ParametersScene) and scene.of.rounded
        if isinstance(scene.of, ParametersScene):
            self.handles.show_scene(scene.of, scene.split)
        elif isinstance(scene.of, MapsScene):
            self.maps.show_scene(scene.of)
        elif isinstance(scene.of, PriorsScene):
            self.priors.show_scene(scene.of)

    def describe(self, scene: CalibratorsScene) -> str:
        """Say what the open page shows."""
        if isinstance(scene.of, ParametersScene):
            return self.tr(
                "Calibrator {0} at step {1}: log loss {2}, {3} of {4} decisions changed."
            ).format(
                calibration_methods()[scene.of.method].label,
                format_count(scene.step),
                format_number(scene.of.calibrated.log_loss, decimals=3),
                format_count(scene.of.changed),
                format_count(scene.of.n_rows),
            )
        if isinstance(scene.of, MapsScene):
            names = ", ".join(it.label for it in scene.of.maps) or self.tr("none")
            return self.tr("Maps from score to probability: {0}.").format(names)
        return self.tr("Class weights and base rate on the {0} part.").format(self.tr(scene.split))
