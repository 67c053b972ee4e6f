"""The pages of the softmax panel: logits, steps, Jacobian, sigmoid, triangle and losses."""

from __future__ import annotations

from functools import partial

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from core.base.knobs import NumberKnob
from core.experiment.view_knobs import MOST_LOGITS, SOFTMAX_LOGITS
from core.explain.confident_mistakes import LossComparison
from core.scenes.softmax_scene import SoftmaxScene, with_classes, with_logit
from gui.panels.softmax import softmax_text as words
from gui.panels.softmax.softmax_pictures import JacobianMap, Triangle
from gui.panels.view_controls import view_choice, view_slider
from gui.plot.canvas import PlotCanvas, curve
from gui.session.session import Session
from gui.style.number_text import format_number
from gui.style.palette import Theme
from gui.style.theme import DASHED, SOLID, brush, pen, theme
from gui.widgets.controls import row
from gui.widgets.formula import FormulaView
from gui.widgets.number_slider import NumberSlider
from gui.widgets.sections import Paragraph
from gui.widgets.text_table import FigureTable

LOGIT = NumberKnob(
    label=SOFTMAX_LOGITS.label,
    default=0.0,
    help=SOFTMAX_LOGITS.help,
    effect=SOFTMAX_LOGITS.effect,
    low=SOFTMAX_LOGITS.low,
    high=SOFTMAX_LOGITS.high,
)
"""One of the logits."""
LOGIT_SPAN = (-10.0, 10.0)
CONSTANT_SPAN = (-100.0, 100.0)
FAR = 800.0
LEAST_PROBABILITY = 1e-4  # that a drag in the triangle gives a class


class Page(QWidget):
    """A page of explanations; `show_scene` writes its numbers."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.scene: SoftmaxScene | None = None
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 8)
        self.column.setSpacing(4)

    def show_scene(self, scene: SoftmaxScene) -> None:
        """Write the scene's numbers."""
        self.scene = scene
        self.write(scene)

    def write(self, scene: SoftmaxScene) -> None:
        """Write the scene's numbers."""
        raise NotImplementedError

    def own_logits(self) -> tuple[float, ...]:
        """Return the logits shown, as they would be set by hand; a row's are rounded."""
        if self.scene is None or self.scene.row < 0:
            return self.session.view.softmax_logits
        return tuple(round(float(z), 2) for z in self.scene.logits)

    def put_logits(self, logits: tuple[float, ...]) -> None:
        """Set the logits by hand; no row is followed any longer."""
        self.session.set_view("softmax_logits", logits)
        self.session.set_view("softmax_follows_row", False)


class LogitsPage(Page):
    """A slider a class, and one constant for all."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.sliders = [
            NumberSlider(f"view.softmax_logits.{k}", LOGIT, span=LOGIT_SPAN, label=LOGIT.label)
            for k in range(MOST_LOGITS)
        ]
        for k, slider in enumerate(self.sliders):
            slider.edited.connect(partial(self._on_logit, k))
        self.constant = view_slider(session, "softmax_constant", CONSTANT_SPAN)
        self.constant.name_as(self.tr("all + c"))
        self.says = Paragraph("softmax.logits.note")
        for widget in (*self.sliders, self.constant, self.says):
            self.column.addWidget(widget)

    def write(self, scene: SoftmaxScene) -> None:
        """Show every logit."""
        for k, slider in enumerate(self.sliders):
            slider.setVisible(k < scene.n_classes)
            if k < scene.n_classes:
                name = words.class_name(scene, k)
                slider.name_as(self.tr("z of {0}").format(name))
                slider.show_value(round(float(scene.logits[k]), 4), keep_typed=True)
        self.constant.show_value(scene.view.softmax_constant, keep_typed=True)
        self.says.setText(self._sentence(scene))

    def _sentence(self, scene: SoftmaxScene) -> str:
        if scene.row >= 0:
            return self.tr(
                "These are the logits of row <b>{0}</b>, which is {1}. Move a slider to go on by "
                "hand."
            ).format(scene.row + 1, words.class_name(scene, scene.true_class))
        if scene.view.softmax_follows_row:
            return self.tr(
                "No row is selected. Click a point of the boundary or a line of the rows to see "
                "its logits here."
            )
        if scene.view.softmax_constant:
            return self.tr(
                "Every logit has moved by {0} and no bar has moved: only differences count."
            ).format(format_number(scene.view.softmax_constant, digits=4))
        return self.tr("Move c: adding the same to every logit changes nothing.")

    def _on_logit(self, k: int, z: float, drag: object) -> None:
        logits = self.own_logits()
        if k < len(logits):  # a field may end after its class is gone
            self.put_logits(with_logit(logits, k, z))


class StepsPage(Page):
    """Divide by T, subtract the largest, exponentiate, sum, divide."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.table = FigureTable(
            "softmax.steps", ["", "(z + c) / T", self.tr("− max"), "exp", self.tr("÷ sum")]
        )
        self.far = QPushButton(self)
        self.far.setObjectName("softmax.far")
        self.far.setAccessibleName(self.tr("Constant c"))
        self.far.setToolTip(
            self.tr("Add so much to every logit that exponentials overflow, or not")
        )
        self.far.clicked.connect(self._go_far)
        self.says = Paragraph("softmax.steps.note")
        self.column.addWidget(self.table)
        self.column.addWidget(self.says)
        self.column.addLayout(row(self.far, None))

    def write(self, scene: SoftmaxScene) -> None:
        """Write every step's numbers, and the sums."""
        columns = (scene.tempered, scene.gaps, scene.exps, scene.probabilities)
        rows = [
            [
                words.class_name(scene, k),
                *(format_number(float(c[k]), digits=4, nan="NaN") for c in columns),
            ]
            for k in range(scene.n_classes)
        ]
        total = format_number(float(scene.probabilities.sum()), decimals=0)
        rows.append(
            [self.tr("sum"), "", "", format_number(scene.total, digits=4, nan="NaN"), total]
        )
        self.table.show_rows(rows, strong=scene.n_classes)
        self.says.setText(words.steps_words(scene))
        self.far.setText(
            "c = 0" if scene.view.softmax_constant == FAR else f"c = {format_number(FAR)}"
        )

    def _go_far(self) -> None:
        if self.scene is not None:
            c = 0.0 if self.scene.view.softmax_constant == FAR else FAR
            self.session.set_view("softmax_constant", c)


class SlopesPage(Page):
    """The Jacobian as a heat map."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.formula = FormulaView("softmax.jacobian.formula")
        self.formula.setContentsMargins(8, 0, 8, 0)
        self.map = JacobianMap(self)
        self.says = Paragraph("softmax.jacobian.note")
        self._cell = (-1, -1)
        self.map.pointed.connect(self._on_pointed)
        for widget in (self.formula, self.map, self.says):
            self.column.addWidget(widget)

    def write(self, scene: SoftmaxScene) -> None:
        """Paint the map."""
        self.formula.show_formula(words.JACOBIAN)
        self.map.show_scene(scene)
        i, j = self._cell if max(self._cell) < scene.n_classes else (-1, -1)
        self.says.setText(words.jacobian_words(scene, i, j))

    def _on_pointed(self, i: int, j: int) -> None:
        self._cell = (i, j)
        if self.scene is not None:
            self.says.setText(words.jacobian_words(self.scene, i, j))


class SigmoidPage(Page):
    """Of two classes the softmax is the sigmoid of the difference."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.formula = FormulaView("softmax.pair.formula")
        self.numbers = FormulaView("softmax.pair.numbers")
        self.says = Paragraph("softmax.pair.note")
        for view in (self.formula, self.numbers):
            view.setContentsMargins(8, 0, 8, 0)
        for widget in (self.formula, self.numbers, self.says):
            self.column.addWidget(widget)

    def write(self, scene: SoftmaxScene) -> None:
        """Write both sides with their numbers."""
        self.formula.show_formula(words.pair_formula(scene))
        self.numbers.show_formula(words.pair_numbers(scene), moving=True)
        self.says.setText(words.pair_words(scene))


class TrianglePage(Page):
    """Three probabilities in a triangle, and the path of the temperature."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.picture = Triangle(self)
        self.picture.dragged.connect(self._on_dragged)
        self.says = Paragraph("softmax.triangle.note")
        self.mend = QPushButton(self.tr("Use three classes"), self)
        self.mend.setObjectName("softmax.three")
        self.mend.setAccessibleName(self.mend.text())
        self.mend.setToolTip(self.tr("Set the logits of three classes by hand"))
        self.mend.clicked.connect(self._use_three)
        for widget in (self.picture, self.says):
            self.column.addWidget(widget)
        self.column.addLayout(row(self.mend, None))

    def write(self, scene: SoftmaxScene) -> None:
        """Paint the point, or say what it takes."""
        has_three = scene.ternary is not None
        self.picture.setVisible(has_three)
        self.mend.setVisible(not has_three)
        if not has_three:
            self.says.setText(self.tr("Three probabilities that sum to 1 make a triangle."))
            return
        self.picture.show_scene(scene)
        self.says.setText(
            self.tr(
                "Each corner is a certain class, the middle is no idea. The dashed line is the way "
                "of the temperature, from the corner (T near 0) to the middle (T large). The "
                "point can be dragged."
            )
        )

    def _use_three(self) -> None:
        self.put_logits(with_classes(self.own_logits(), 3))

    def _on_dragged(self, probabilities: np.ndarray) -> None:
        # softmax(z / T) = p where z = T ln p; the mean is taken out, as it does not matter
        temperature = self.session.view.softmax_temperature
        logs = temperature * np.log(np.maximum(probabilities, LEAST_PROBABILITY))
        self.put_logits(tuple(round(float(z), 3) + 0.0 for z in logs - logs.mean()))


PLOT_HEIGHT = 150
AXIS_WIDTH = 48


class LossPlot(PlotCanvas):
    """One quantity of every loss against the true class's logit."""

    def __init__(self, name: str, label: str, n_curves: int, parent: QWidget) -> None:
        super().__init__(name, parent)
        self.setAccessibleName(label)
        self.setFixedHeight(PLOT_HEIGHT)
        self.axis("left").setWidth(AXIS_WIDTH)
        self.label("left", label)
        self._border, self._zero = curve(self, 0), curve(self, 0)
        self._curves = [curve(self, 1 + k, antialias=True) for k in range(n_curves)]
        self._now = pg.ScatterPlotItem(size=9.0, pxMode=True)
        self._now.setZValue(5)
        self.add(self._now)

    def show_lines(self, scene: LossComparison, lines: list[np.ndarray], now: list[float]) -> None:
        """Draw lines over the logits, with a dot on each at the present one."""
        chosen = theme()
        low = min(float(y.min()) for y in lines)
        high = max(float(y.max()) for y in lines)
        room = 0.08 * (high - low) or 0.1
        low, high = low - room, high + room
        x_low, x_high = float(scene.x[0]), float(scene.x[-1])
        self.set_limits(x_low, x_high, low, high)
        self._border.setData([scene.level, scene.level], [low, high], pen=pen(chosen.line))
        self._zero.setData([x_low, x_high], [0.0, 0.0], pen=pen(chosen.line))
        strokes = line_colours(chosen)
        for k, item in enumerate(self._curves):
            item.setData(scene.x, lines[k], pen=pen(strokes[k], 2.0, style=DASHED if k else SOLID))
        dots = [brush(colour) for colour in strokes[: len(now)]]
        self._now.setData(x=[scene.now] * len(now), y=now, pen=pen(chosen.paper, 1.5), brush=dots)


class LearningPage(Page):
    """Cross-entropy and squared error with their gradients, against the true class's logit."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.true_class = view_choice(session, "softmax_true_class")
        self.formula = FormulaView("softmax.gradient.formula")
        self.formula.setContentsMargins(8, 0, 8, 0)
        self.loss = LossPlot("softmax.loss", self.tr("loss"), 2, self)
        self.gradient = LossPlot("softmax.gradient", self.tr("gradient by z"), 2, self)
        self.gradient.label("bottom", self.tr("z of the true class"))
        self.legend = Paragraph("softmax.loss.legend")
        self.table = FigureTable(
            "softmax.gradients", ["", "p", "y", "p − y", self.tr("squared error")]
        )
        self.says = Paragraph("softmax.loss.note")
        self.column.addLayout(row(QLabel(self.tr("True class")), self.true_class, None))
        for widget in (self.loss, self.gradient, self.legend, self.says, self.formula, self.table):
            self.column.addWidget(widget)

    def write(self, scene: SoftmaxScene) -> None:
        """Draw both plots and write the gradient of every logit."""
        shown = scene.losses
        if shown is None:
            return
        names = [words.class_name(scene, k) for k in range(scene.n_classes)]
        self.true_class.offer([(name, k) for k, name in enumerate(names)])
        self.true_class.show_value(scene.true_class)
        self.true_class.setEnabled(scene.row < 0)
        curves, true = shown.curves, scene.true_class
        self.loss.show_lines(shown, [c.values for c in curves], [c.value for c in curves])
        self.gradient.show_lines(
            shown, [c.gradients for c in curves], [float(c.gradient[true]) for c in curves]
        )
        self.legend.setText(_legend(shown))
        self.formula.show_formula(words.GRADIENTS)
        self.says.setText(words.mistakes_words(scene))
        over_t = "" if scene.view.softmax_temperature == 1.0 else " / T"
        gradient_head = f"(p − y){over_t}" if over_t else "p − y"
        self.table.set_headings(["", "p", "y", gradient_head, self.tr("squared error")])
        self.table.show_rows(
            [
                [
                    name,
                    format_number(float(scene.probabilities[k]), decimals=3),
                    "1" if k == true else "0",
                    *(format_number(float(c.gradient[k]), decimals=3) for c in curves),
                ]
                for k, name in enumerate(names)
            ],
            strong=true,
        )


def line_colours(chosen: Theme) -> tuple[str, str]:
    """Return the colours of cross-entropy and squared error."""
    return chosen.accent, chosen.warning


def _legend(scene: LossComparison) -> str:
    parts = []
    colours = line_colours(theme())
    for k, (line, colour) in enumerate(zip(scene.curves, colours, strict=True)):
        glyph = "╌" if k else "━"
        parts.append(
            f'<span style="color:{colour}">{glyph}</span>&nbsp;{words.tr(line.label)} '
            f"<b>{format_number(line.value, decimals=3)}</b>"
        )
    return " &nbsp; ".join(parts)
