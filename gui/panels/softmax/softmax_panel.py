"""From logits to probabilities: bars, temperature, entropy, and every step explained."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from core.experiment.view import FEWEST, MOST, TEMPERATURE, SoftmaxChoice
from core.scenes.softmax_scene import SoftmaxScene, softmax_scene
from gui.panels.panel import PlottedPanel
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
from gui.session.session import Session
from gui.style.number_text import format_number
from gui.widgets.controls import choice, row
from gui.widgets.formula import FormulaView
from gui.widgets.number_slider import NumberSlider
from gui.widgets.sections import ResponsiveSplit, Sections


class SoftmaxPanel(PlottedPanel):
    """Draws the probabilities of some logits, or of the selected row's, and explains them.

    Attributes
    ----------
    choice : SoftmaxChoice
        What is looked at; `choose` and `put` change it.
    """

    frames_between = 3

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("softmax", session, parent)
        self.choice = SoftmaxChoice()
        self.formula = FormulaView("softmax.formula")
        self.formula.setAccessibleName(self.tr("Formula"))
        self.formula.setContentsMargins(12, 0, 12, 0)
        self.bars = ProbabilityBars(self)
        self.entropy = EntropyGauge(self)
        self.temperature = NumberSlider("softmax.temperature", TEMPERATURE, label=TEMPERATURE.label)
        self.temperature.edited.connect(lambda t, _: self.choose("temperature", t))
        self._build_header()
        self.pages: dict[str, Page] = {
            "logits": LogitsPage(self.put),
            "steps": StepsPage(self.put),
            "slopes": SlopesPage(self.put),
            "sigmoid": SigmoidPage(self.put),
            "triangle": TrianglePage(self.put),
            "learning": LearningPage(self.put),
        }
        titles = {
            "logits": self.tr("Logits"),
            "steps": self.tr("Steps"),
            "slopes": self.tr("Slopes"),
            "sigmoid": self.tr("K=2"),
            "triangle": self.tr("K=3"),
            "learning": self.tr("Loss"),
        }
        self.sections = Sections(
            "softmax.section",
            self.tr("Explanations"),
            [(name, titles[name], page) for name, page in self.pages.items()],
            lambda name: self.choose("section", name),
        )
        self.parts = ResponsiveSplit(self._picture(), self.sections, None, self)
        self.stack().addWidget(self.parts)

    def choose(self, name: str, value: object) -> None:
        """Look at something else.

        Raises
        ------
        UserError
            Where the value cannot be.
        """
        self.put(self.choice.replacing(name, value))

    def put(self, choice: SoftmaxChoice) -> None:
        """Look at another choice."""
        if choice != self.choice:
            self.choice = choice
            self.refresh()

    def compute(self) -> SoftmaxScene:
        """Return the scene of what is chosen."""
        session = self.session
        return softmax_scene(self.choice, session.run, session.state, session.view.selected)

    def draw(self, scene: SoftmaxScene) -> None:
        """Draw the bars and write the open section."""
        self.source.show_value(scene.choice.follows_row)
        self.classes.show_value(scene.n_classes)
        self.classes.setEnabled(scene.row < 0)
        self.formula.show_formula(words.SOFTMAX)
        self.bars.show_scene(scene)
        self.entropy.show_scene(scene)
        self.temperature.show_value(scene.choice.temperature, keep_typed=True)
        self.sections.show_page(scene.choice.section)
        self.pages[scene.choice.section].show_scene(scene)

    def describe(self, scene: SoftmaxScene) -> str:
        """Say the most probable class."""
        best = int(scene.probabilities.argmax())
        return self.tr("Softmax of {0} logits at T = {1}: {2} leads with {3}.").format(
            scene.n_classes,
            format_number(scene.choice.temperature, digits=4),
            words.class_name(scene, best),
            format_number(float(scene.probabilities[best]), decimals=3),
        )

    def _on_frame(self) -> None:
        # only a row's logits move while the model learns
        if self.choice.follows_row:
            super()._on_frame()

    def _build_header(self) -> None:
        self.source = choice(
            "softmax.source",
            self.tr("Logits"),
            self.tr("Set the logits by hand, or follow the selected row while the model learns"),
            [(self.tr("by hand"), False), (self.tr("selected row"), True)],
            lambda follows: self.choose("follows_row", follows),
        )
        self.source.setMinimumContentsLength(10)
        self.classes = choice(
            "softmax.classes",
            self.tr("Classes"),
            self.tr("How many classes"),
            [(str(k), k) for k in range(FEWEST, MOST + 1)],
            self._on_classes,
        )
        self.classes.setMinimumContentsLength(2)

    def _on_classes(self, n_classes: object) -> None:
        if isinstance(n_classes, int):
            self.put(self.choice.with_classes(n_classes))

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
