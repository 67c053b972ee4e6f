"""Class weights and base rates: what they shift, what was found, and the exact correction."""

from __future__ import annotations

import math
from html import escape

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from core.base.knobs import NumberKnob
from core.experiment.experiment import KNOBS
from core.scenes.calibrators_scene import PriorsScene
from gui.plot.canvas import PlotCanvas, curve
from gui.session.session import Session
from gui.style.number_text import format_number, format_percent, round_to
from gui.style.theme import brush, pen, theme
from gui.widgets.controls import choice, row, show_checked, toggle
from gui.widgets.number_slider import NumberSlider
from gui.widgets.sections import Paragraph

ROW_HEIGHT, AXIS_HEIGHT = 26, 44
MOST_SHOWN = 8  # classes
MOST_LISTED = 4  # classes whose shares are told one by one
WIDEST = 150


class PriorsPage(QWidget):
    """Shows the shift that class weights predict beside the one observed, and moves base rates."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.weights = Paragraph("calibrators.weights")
        self.plot = PlotCanvas("calibrators.shifts", self)
        self.plot.setAccessibleName(self.tr("Predicted and observed shift of the logits"))
        self._intervals, self._zero = curve(self.plot, 2, connect="pairs"), curve(self.plot, 1)
        self._found, self._predicted = pg.ScatterPlotItem(size=8), pg.ScatterPlotItem(size=12)
        for depth, item in enumerate((self._found, self._predicted)):
            item.setZValue(3 + depth)
            self.plot.add(item)
        self.undo = toggle(
            "calibrators.undo_weights",
            self.tr("Undo the class weights"),
            KNOBS["calibration.undo_weights"].help,
            lambda on: session.edit("calibration.undo_weights", on),
        )
        self.of_class = choice(
            "calibrators.base_class",
            self.tr("Class"),
            KNOBS["calibration.base_class"].help,
            [],
            self._put_class,
            widest=WIDEST,
        )
        self.rate = self._rate_slider()
        self.as_data = QPushButton(self.tr("As in the data"))
        self.as_data.setObjectName("calibrators.as_data")
        self.as_data.setAccessibleName(self.as_data.text())
        self.as_data.setToolTip(self.tr("Judge and predict at the base rate of the data"))
        self.as_data.clicked.connect(lambda: session.edit("calibration.base_rate", 0.0))
        self.rates = Paragraph("calibrators.rates")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 8)
        layout.setSpacing(2)
        for widget in (self.weights, self.plot):
            layout.addWidget(widget)
        layout.addLayout(row(self.undo, None))
        layout.addWidget(self.rate)
        layout.addLayout(row(self.of_class, self.as_data, None))
        layout.addWidget(self.rates)

    def show_scene(self, scene: PriorsScene) -> None:
        """Show shifts, correction and base rate."""
        self.weights.setText(self._weights_words(scene))
        self.plot.setVisible(scene.is_weighted)
        if scene.is_weighted:
            self._draw_shifts(scene)
        self.undo.setVisible(scene.is_weighted)
        show_checked(self.undo, scene.undone)
        self.of_class.setVisible(len(scene.classes) > 2)
        self.of_class.offer(
            [(self.tr("class {0}").format(name), k) for k, name in enumerate(scene.classes)]
        )
        self.of_class.show_value(scene.base_class)
        self.as_data.setEnabled(scene.base_rate > 0.0)
        rate = float(scene.rates[scene.base_class])
        known = rate if math.isfinite(rate) else 1.0 / len(scene.classes)
        self.rate.show_value(round_to(scene.base_rate or known), keep_typed=True)
        self.rates.setText(self._rates_words(scene))

    def _draw_shifts(self, scene: PriorsScene) -> None:
        n = min(len(scene.predicted), MOST_SHOWN)
        y = np.arange(n, 0, -1.0)
        found, error = scene.observed[:n], scene.error[:n]
        known = np.isfinite(found) & np.isfinite(error)
        ends = np.column_stack((found - error, found + error))
        reach = 1.15 * max(
            float(np.abs(scene.predicted[:n]).max()),
            float(np.abs(ends[known]).max(initial=0.1)),
        )
        self.plot.setFixedHeight(AXIS_HEIGHT + ROW_HEIGHT * n)
        self.plot.set_limits(-reach, reach, 0.4, n + 0.6)
        names = [_short(name) for name in scene.classes[1 : n + 1]]
        self.plot.ticks("left", list(zip(y.tolist(), names, strict=True)))
        self.plot.label(
            "bottom", self.tr("shift of the logit against {0}").format(_short(scene.classes[0]))
        )
        self._zero.setData(np.zeros(2), np.array([0.4, n + 0.6]), pen=pen(theme().line))
        self._intervals.setData(
            ends[known].ravel(), np.repeat(y[known], 2), pen=pen(theme().accent, 2.0)
        )
        self._found.setData(
            x=found[known], y=y[known], pen=pen(theme().paper), brush=brush(theme().accent)
        )
        self._predicted.setData(
            x=scene.predicted[:n], y=y, symbol="x", pen=pen(theme().ink), brush=brush(theme().ink)
        )

    def _weights_words(self, scene: PriorsScene) -> str:
        if not scene.is_weighted:
            return self.tr(
                "The classes counted alike in training, so that no weight shifts the logits."
            )
        pairs = zip(scene.classes, scene.weights.tolist(), strict=True)
        weights = ", ".join(f"{escape(name)}: {format_number(weight)}" for name, weight in pairs)
        lines = [self.tr("Class weights in training: {0}.").format(weights)]
        if len(scene.predicted) == 1:
            lines.append(
                self.tr(
                    "They shift the logit by ln of their ratio, <b>{0}</b> (×); on {1} it is too "
                    "high by <b>{2}</b> ± {3} (●, 90 %)."
                ).format(
                    format_number(float(scene.predicted[0]), decimals=2),
                    self.tr(scene.split),
                    format_number(float(scene.observed[0]), decimals=2),
                    format_number(float(scene.error[0]), decimals=2),
                )
            )
        else:
            lines.append(
                self.tr("× is the shift they predict, ● the one on {0}, with 90 %.").format(
                    self.tr(scene.split)
                )
            )
        lines.append(
            self.tr("Undoing them exactly: log loss {0} → <b>{1}</b>.").format(
                *(format_number(loss, decimals=3) for loss in scene.log_losses)
            )
        )
        return "<br>".join(lines)

    def _rates_words(self, scene: PriorsScene) -> str:
        k = scene.base_class
        name, rate = escape(scene.classes[k]), format_percent(float(scene.rates[k]))
        if not scene.base_rate:
            return self.tr(
                "{0} of the {1} rows have the class {2}. Drag to where the model will serve: "
                "probabilities and diagram are re-weighted."
            ).format(rate, self.tr(scene.split), name)
        if len(scene.classes) == 2:
            return self.tr(
                "{0} is {1} of the data and <b>{2}</b> in use: every odds is multiplied by the "
                "ratio of the odds, and each row counts accordingly."
            ).format(name, rate, format_percent(scene.base_rate))
        shares = zip(scene.classes, scene.rates.tolist(), scene.in_use.tolist(), strict=True)
        lines = [
            f"{escape(it)}: {format_percent(old)} → <b>{format_percent(new)}</b>"
            for it, old, new in shares
        ]
        if len(lines) > MOST_LISTED:
            rest = [float(np.delete(it, k).sum()) for it in (scene.in_use, scene.rates)]
            factor = rest[0] / rest[1] if rest[1] > 0.0 else math.nan
            lines = [
                lines[k],
                self.tr("each other class × {0}").format(format_number(factor, decimals=3)),
            ]
        moved = ", ".join(lines)
        return self.tr(
            "In the data → in use. {0}. Each probability is multiplied by its class's new share "
            "over the old one, and the row divided by its sum; the other classes keep their "
            "proportions."
        ).format(moved)

    def _rate_slider(self) -> NumberSlider:
        knob = KNOBS["calibration.base_rate"]
        if not isinstance(knob, NumberKnob):
            raise TypeError("calibration.base_rate")
        slider = NumberSlider("calibrators.base_rate", knob, span=(0.01, 0.99), label=knob.label)
        slider.edited.connect(self._put_rate)
        return slider

    def _put_class(self, k: object) -> None:
        """Set another class's base rate from now on, beginning with that of the data."""
        experiment = self.session.experiment.replacing("calibration.base_class", k)
        self.session.replace(experiment.replacing("calibration.base_rate", 0.0))

    def _put_rate(self, value: float, drag: object) -> None:
        self.session.edit("calibration.base_rate", value, drag=drag)


def _short(name: str) -> str:
    return name if len(name) <= 10 else f"{name[:9]}…"
