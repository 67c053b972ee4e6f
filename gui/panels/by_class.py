"""Reliability class by class: small diagrams on one screen, and the triangle of three classes."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from core.base.arrays import SPLITS
from core.experiment.view import CURVES
from core.scenes.by_class_scene import ByClassScene, by_class_scene
from gui.panels.base import PlottedPanel
from gui.panels.by_class_tiles import Tiles
from gui.session.session import Session
from gui.style.number_text import figure, number
from gui.style.theme import theme
from gui.widgets.controls import choice, note, row, show_checked, toggle

WIDEST = 110


class ByClassPanel(PlottedPanel):
    """Draws one small diagram a class; a click judges that class on the large one."""

    frames_between = 3

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("by_class", session, parent)
        self.split = choice(
            "by_class.split",
            self.tr("Part"),
            self.tr("Which part of the rows to judge"),
            [(self.tr(name), name) for name in SPLITS],
            lambda name: session.set_view("split", name),
            widest=WIDEST,
        )
        self.curve = choice(
            "by_class.curve",
            self.tr("Curve"),
            self.tr("How the curves are made"),
            [(self.tr(it.label), it.name) for it in CURVES.values()],
            lambda name: session.set_view("reliability_curve", name),
            widest=WIDEST,
        )
        self.top_label = toggle(
            "by_class.top_label",
            self.tr("Top label"),
            self.tr("Judge the rows decided as each class in place of each class's probability"),
            lambda on: session.set_view("top_label", on),
        )
        self.tiles = Tiles(self)
        self.says = note("by_class.says")
        layout = self.stack()
        layout.addLayout(row(self.split, self.curve, None, self.top_label))
        layout.addWidget(self.tiles, 1)
        layout.addWidget(self.says)
        self.tiles.chosen.connect(lambda k: session.set_view("reliability_class", k))

    def compute(self) -> ByClassScene:
        """Return every class's curve."""
        session = self.session
        return by_class_scene(session.run, session.state, session.view)

    def draw(self, scene: ByClassScene) -> None:
        """Draw the small diagrams and say the mean error."""
        self.split.show_value(scene.split)
        self.curve.show_value(self.session.view.reliability_curve)
        show_checked(self.top_label, scene.top_label)
        self.tiles.show_scene(scene)
        mended = ""
        if scene.ece[1] == scene.ece[1]:
            said = self.tr("calibrated {0}").format(figure(scene.ece[1]))
            mended = f" <span style='color:{theme().calibrated}'>→ {said}</span>"
        self.says.setText(self._sentence(scene, mended))

    def describe(self, scene: ByClassScene) -> str:
        """Say the mean error over the classes."""
        return self._sentence(scene)

    def _sentence(self, scene: ByClassScene, mended: str = "") -> str:
        if scene.problem:
            return scene.problem
        if not scene.tiles:
            return self.tr("The {0} part has no rows.").format(self.tr(scene.split))
        text = (
            self.tr("Top-label ECE {0}: the confidence in each class decided.")
            if scene.top_label
            else self.tr("Class-wise ECE {0}: the mean over {1} classes.")
        )
        text = text.format(figure(scene.ece[0]) + mended, number(len(scene.classes)))
        return text + " " + self.tr("Across: what was said; up: how often it happened.")
