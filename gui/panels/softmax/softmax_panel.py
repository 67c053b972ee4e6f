"""From logits to probabilities: bars, temperature, entropy, and every step explained."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from core.experiment.view_choices import SOFTMAX_PAGES
from core.experiment.view_knobs import FEWEST_LOGITS, MOST_LOGITS
from core.scenes.softmax_scene import SoftmaxScene, softmax_scene, with_classes
from gui.panels.panel import Panel
from gui.panels.panel_text import tr
from gui.panels.softmax import softmax_text as words
from gui.panels.softmax.softmax_pages import (
    LearningPage,
    LogitsPage,
    Page,
    SigmoidPage,
    SlopesPage,
    StepsPage,
    TrianglePage,
)
from gui.panels.softmax.softmax_pictures import EntropyGauge, ProbabilityBars
from gui.panels.view_controls import view_choice, view_slider
from gui.session.session import Session
from gui.style.number_text import format_number
from gui.widgets.controls import choice, row
from gui.widgets.formula import FormulaView
from gui.widgets.sections import ResponsiveSplit, Sections


class SoftmaxPanel(Panel):
    """Draws the probabilities of some logits, or of the selected row's, and explains them."""

    frames_between = 3

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("softmax", session, parent)
        self.formula = FormulaView("softmax.formula")
        self.formula.setAccessibleName(self.tr("Formula"))
        self.formula.setContentsMargins(12, 0, 12, 0)
        self.bars = ProbabilityBars(self)
        self.entropy = EntropyGauge(self)
        self.temperature = view_slider(session, "softmax_temperature")
        self._build_header()
        self.pages: dict[str, Page] = {
            "logits": LogitsPage(session),
            "steps": StepsPage(session),
            "slopes": SlopesPage(session),
            "sigmoid": SigmoidPage(session),
            "triangle": TrianglePage(session),
            "learning": LearningPage(session),
        }
        self.sections = Sections(
            "view.softmax_page",
            self.tr("Explanations"),
            [(it.name, tr(it.label), self.pages[it.name]) for it in SOFTMAX_PAGES.values()],
            lambda name: session.set_view("softmax_page", name),
        )
        self.parts = ResponsiveSplit(self._picture(), self.sections, None, self)
        self.stack().addWidget(self.parts)

    def compute(self) -> SoftmaxScene:
        """Return the scene of what the view shows."""
        session = self.session
        return softmax_scene(session.run, session.state, session.view)

    def draw(self, scene: SoftmaxScene) -> None:
        """Draw the bars and write the open section."""
        self.source.show_value(scene.view.softmax_follows_row)
        self.classes.show_value(scene.n_classes)
        self.classes.setEnabled(scene.row < 0)
        self.formula.show_formula(words.SOFTMAX)
        self.bars.show_scene(scene)
        self.entropy.show_scene(scene)
        self.temperature.show_value(scene.view.softmax_temperature, keep_typed=True)
        self.sections.show_page(scene.view.softmax_page)
        self.pages[scene.view.softmax_page].show_scene(scene)

    def describe(self, scene: SoftmaxScene) -> str:
        """Say the most probable class."""
        best = int(scene.probabilities.argmax())
        return self.tr("Softmax of {0} logits at T = {1}: {2} leads with {3}.").format(
            scene.n_classes,
            format_number(scene.view.softmax_temperature, digits=4),
            words.class_name(scene, best),
            format_number(float(scene.probabilities[best]), decimals=3),
        )

    def follows_state(self) -> bool:
        """Return whether the logits are a row's: others do not change as the model learns."""
        return self.session.view.softmax_follows_row

    def _build_header(self) -> None:
        by_hand, follows = (self.tr("by hand"), False), (self.tr("selected row"), True)
        self.source = view_choice(self.session, "softmax_follows_row", [by_hand, follows])
        self.source.setMinimumContentsLength(10)
        self.classes = choice(
            "view.softmax_logits.classes",
            self.tr("Classes"),
            self.tr("How many classes"),
            [(str(k), k) for k in range(FEWEST_LOGITS, MOST_LOGITS + 1)],
            self._on_classes,
        )
        self.classes.setMinimumContentsLength(2)

    def _on_classes(self, n_classes: object) -> None:
        if isinstance(n_classes, int):
            logits = with_classes(self.session.view.softmax_logits, n_classes)
            self.session.set_view("softmax_logits", logits)

    def _picture(self) -> QWidget:
        picture = QWidget()
        column = QVBoxLayout(picture)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(
            row(QLabel(self.tr("Logits")), self.source, None, QLabel("K"), self.classes)
        )
        column.addWidget(self.formula)
        column.addWidget(self.bars, 1)
        column.addWidget(self.entropy)
        column.addWidget(self.temperature)
        column.addStretch(0)
        return picture
