"""Figures of each part at a threshold that can be dragged, and the confusion matrix of one."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from core.base.arrays import SPLITS
from core.scenes.figures_scene import FiguresScene, figures_scene
from gui.panels.base import PlottedPanel
from gui.panels.confusion import ConfusionMatrix
from gui.session.session import Session
from gui.style.number_text import figure, number, percent
from gui.widgets.controls import choice, note, row
from gui.widgets.number_field import CalmNumber
from gui.widgets.slider import CalmSlider

STEPS = 1000
SHOWN = ("accuracy", "precision", "recall", "f1", "auc", "log_loss", "brier")


class FiguresPanel(PlottedPanel):
    """Shows accuracy and its kin for train, validation and test, and who is taken for whom."""

    frames_between = 3

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("figures", session, parent)
        self._build_threshold()
        self.split = choice(
            "view.split",
            self.tr("Part"),
            self.tr("Which part's confusion matrix to show"),
            [(self.tr(name), name) for name in SPLITS],
            lambda name: session.set_view("split", name),
        )
        self.matrix = ConfusionMatrix(self)
        self.says = note("figures.note")
        self._cells: dict[tuple[str, str], QLabel] = {}
        layout = self.stack()
        layout.addWidget(self.threshold_row)
        layout.addLayout(self._grid())
        layout.addLayout(row(QLabel(self.tr("Confusion matrix of")), self.split, None))
        layout.addWidget(self.matrix, 1)
        layout.addWidget(self.says)

    def compute(self) -> FiguresScene:
        """Return the figures of each part."""
        session = self.session
        return figures_scene(session.run, session.state, session.view)

    def draw(self, scene: FiguresScene) -> None:
        """Write the figures and paint the matrix."""
        self._show_threshold(scene)
        self.split.show_value(scene.split)
        for split, part in zip(SPLITS, scene.parts, strict=True):
            for name in SHOWN:
                value = float("nan") if part is None else float(getattr(part, name))
                text = figure(value)
                if self._cells[name, split].text() != text:
                    self._cells[name, split].setText(text)
        chosen = scene.chosen
        self.matrix.setVisible(chosen is not None)
        if chosen is not None:
            self.matrix.show_counts(chosen.confusion, scene.classes)
        self._say(scene)

    def describe(self, scene: FiguresScene) -> str:
        """Say the accuracy of the chosen part, and the threshold of two classes."""
        if scene.chosen is None:
            return self.tr("The {0} part has no rows.").format(self.tr(scene.split))
        text = self.tr("{0} of {1} {2} rows are decided rightly").format(
            percent(scene.chosen.accuracy), number(scene.chosen.rows), self.tr(scene.split)
        )
        if len(scene.classes) == 2:
            text += self.tr(" at the threshold {0}").format(figure(scene.threshold))
        return text + "."

    def _build_threshold(self) -> None:
        session = self.session
        help_text = self.tr("The second class is decided where its probability is at least this")
        self.slider = CalmSlider()
        self.slider.setObjectName("view.threshold")
        self.slider.setRange(0, STEPS)
        self.slider.setPageStep(STEPS // 20)
        self.slider.valueChanged.connect(lambda k: session.set_view("threshold", k / STEPS))
        self.field = CalmNumber()
        self.field.setObjectName("view.threshold.number")
        self.field.setRange(0.0, 1.0)
        self.field.setDecimals(3)
        self.field.setSingleStep(0.01)
        self.field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.field.setKeyboardTracking(False)
        self.field.valueChanged.connect(lambda value: session.set_view("threshold", value))
        for control in (self.slider, self.field):
            control.setAccessibleName(self.tr("Threshold"))
            control.setToolTip(help_text)
        self.threshold_row = QWidget(self)
        self.threshold_row.setLayout(row(QLabel(self.tr("Threshold")), self.slider, self.field))

    def _grid(self) -> QGridLayout:
        labels = {
            "accuracy": self.tr("accuracy"),
            "precision": self.tr("precision"),
            "recall": self.tr("recall"),
            "f1": self.tr("F1"),
            "auc": self.tr("AUC"),
            "log_loss": self.tr("log loss, nats"),
            "brier": self.tr("Brier score"),
        }
        grid = QGridLayout()
        grid.setContentsMargins(8, 4, 8, 4)
        grid.setVerticalSpacing(2)
        right = Qt.AlignmentFlag.AlignRight
        for column, split in enumerate(SPLITS, start=1):
            head = QLabel(self.tr(split))
            head.setProperty("quiet", True)
            grid.addWidget(head, 0, column, right)
        for line, name in enumerate(SHOWN, start=1):
            label = QLabel(labels[name])
            label.setProperty("quiet", True)
            grid.addWidget(label, line, 0)
            for column, split in enumerate(SPLITS, start=1):
                cell = QLabel()
                cell.setObjectName(f"figures.{split}.{name}")
                cell.setAccessibleName(f"{labels[name]}, {self.tr(split)}")
                self._cells[name, split] = cell
                grid.addWidget(cell, line, column, right)
        return grid

    def _show_threshold(self, scene: FiguresScene) -> None:
        self.threshold_row.setVisible(len(scene.classes) == 2)
        self.slider.show_value(round(scene.threshold * STEPS))
        if abs(self.field.value() - scene.threshold) > 0.0005:
            with QSignalBlocker(self.field):
                self.field.setValue(scene.threshold)

    def _say(self, scene: FiguresScene) -> None:
        if scene.chosen is None:
            text = self.tr("The {0} part has no rows. Give it a share of the data.").format(
                self.tr(scene.split)
            )
        elif len(scene.classes) == 2:
            text = self.tr("Precision, recall and F1 are those of the class {0}.").format(
                scene.classes[1]
            )
        else:
            text = self.tr("Precision, recall, F1 and AUC are means over the classes.")
        if text != self.says.text():
            self.says.setText(text)
