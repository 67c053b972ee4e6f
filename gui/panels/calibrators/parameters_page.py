"""Handles: the loss along a calibrator's parameter, sliders to turn it, and what follows."""

from __future__ import annotations

import math
from functools import partial
from html import escape

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from core.base.knobs import NumberKnob
from core.experiment.experiment import KNOBS
from core.scenes.calibrators_scene import ParametersScene
from gui.panels.panel_text import weighted_text
from gui.plot.axes import log_ticks
from gui.plot.canvas import PlotCanvas, curve
from gui.session.session import Session
from gui.style.number_text import format_count, format_number, round_to
from gui.style.theme import brush, pen, theme
from gui.widgets.controls import row
from gui.widgets.number_slider import NumberSlider
from gui.widgets.sections import Paragraph

PLOT_HEIGHT = 140
SHOWN = {
    "calibration.temperature": (0.05, 20.0),
    "calibration.platt_a": (-5.0, 2.0),
    "calibration.platt_b": (-5.0, 5.0),
}
MOST_RISE = 6.0  # of the drawn loss, as a multiple of its lowest, so that its bottom is seen


class ParametersPage(QWidget):
    """Turns the chosen calibrator's parameters; everything else in the window follows."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._scene: ParametersScene | None = None
        self.plot = PlotCanvas("calibrators.loss", self)
        self.plot.setAccessibleName(self.tr("Loss against the parameter"))
        self.plot.setFixedHeight(PLOT_HEIGHT)
        self._line, self._now = curve(self.plot, 3), curve(self.plot, 2)
        self._marks = pg.ScatterPlotItem(size=11)
        self._marks.setZValue(5)
        self.plot.add(self._marks)
        self.plot.clicked.connect(lambda x, y: self._put_shown(x))
        self.sliders = {path: self._slider(path) for path in SHOWN}
        self.fit = self._button("fit", self.tr("Fit"), self.tr("Use the fitted parameters"))
        self.fit.clicked.connect(lambda: session.edit("calibration.by_hand", False))
        self.plain = self._button(
            "identity", self.tr("Leave as is"), self.tr("Parameters that change nothing")
        )
        self.plain.clicked.connect(self._put_identity)
        self.says = Paragraph("calibrators.says")
        self.meanings = Paragraph("calibrators.meanings")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 8)
        layout.setSpacing(2)
        layout.addWidget(self.plot)
        for slider in self.sliders.values():
            layout.addWidget(slider)
        layout.addLayout(row(self.fit, self.plain, None))
        layout.addWidget(self.says)
        layout.addWidget(self.meanings)

    def show_scene(self, scene: ParametersScene, split: str) -> None:
        """Show the loss, the handles and what they do to the part looked at."""
        self._scene = scene
        shown = {handle.path: handle for handle in scene.handles}
        for path, slider in self.sliders.items():
            slider.setVisible(path in shown)
            if path in shown:
                slider.show_value(round_to(shown[path].value), keep_typed=True)
        for widget in (self.plot, self.fit, self.plain):
            widget.setVisible(bool(scene.handles))
        self.fit.setEnabled(scene.by_hand)
        if scene.handles:
            self._draw_loss(scene)
        self.says.setText(self._sentences(scene, split))
        self.meanings.setText(meanings_html(scene.meanings))
        self.meanings.setVisible(bool(scene.meanings))

    def _draw_loss(self, scene: ParametersScene) -> None:
        handle, is_log = scene.handles[scene.turned], scene.method == "temperature"
        lowest = float(scene.loss.min())
        top = min(float(scene.loss.max()), lowest * MOST_RISE + 0.5)
        pad = 0.06 * max(top - lowest, 1e-3)
        x = np.log10(scene.grid) if is_log else scene.grid
        self.plot.set_limits(float(x[0]), float(x[-1]), lowest - pad, top + pad)
        ends = float(scene.grid[0]), float(scene.grid[-1])
        self.plot.ticks("bottom", log_ticks(*ends, self.plot.box.width()) if is_log else ())
        self.plot.label("bottom", self.tr(handle.label))
        self.plot.label("left", self.tr("loss, nats"))
        self._line.setData(x, scene.loss, pen=pen(theme().ink, 2.0))
        places = [_place(value, is_log) for value in (scene.best[0], scene.here[0])]
        self._now.setData(
            np.full(2, places[1]), np.array([lowest - pad, top + pad]), pen=pen(theme().calibrated)
        )
        self._marks.setData(
            x=places,
            y=[scene.best[1], scene.here[1]],
            symbol=["+", "o"],
            pen=[pen(theme().ink, 1.6), pen(theme().paper)],
            brush=[brush(theme().ink), brush(theme().calibrated)],
        )

    def _sentences(self, scene: ParametersScene, split: str) -> str:
        if scene.problem:
            return escape(scene.problem)
        if scene.method == "none":
            return self.tr("Choose a calibrator above: its parameters and its effect appear here.")
        if not scene.n_rows:
            return self.tr("The {0} part has no rows.").format(self.tr(split))
        lines = [
            self.tr("On {0}: log loss {1} → <b>{2}</b>, ECE {3} → <b>{4}</b>.").format(
                self.tr(split),
                format_number(scene.raw.log_loss, decimals=3),
                format_number(scene.calibrated.log_loss, decimals=3),
                format_number(scene.raw.ece, decimals=3),
                format_number(scene.calibrated.ece, decimals=3),
            ),
            self._decisions(scene),
        ]
        told = [escape(scene.degenerate)] if scene.degenerate else []
        if scene.fitted_here:
            told.append(self.tr("It was fitted on these rows: it looks better than it is."))
        lines += [f"<span style='color:{theme().warning}'>{text}</span>" for text in told]
        if scene.weighted_by:
            lines.append(quiet(self.tr("Rows are {0}.").format(weighted_text(scene.weighted_by))))
        if scene.rounded:
            lines.append(quiet(self.tr("About; counted to the last row once nothing moves.")))
        if not scene.handles and scene.method == "platt":
            lines.append(
                self.tr("It has one map a class here; to turn one by hand, take two classes.")
            )
        elif not scene.handles:
            lines.append(self.tr("It has no handle to turn; Platt and temperature have."))
        return "<br>".join(lines)

    def _decisions(self, scene: ParametersScene) -> str:
        changed, of = format_count(scene.changed), format_count(scene.n_rows)
        if math.isnan(scene.threshold):
            text = self.tr("<b>{0}</b> of {1} decisions changed.").format(changed, of)
        else:
            text = self.tr("<b>{0}</b> of {1} decisions at threshold {2} changed.").format(
                changed, of, format_number(scene.threshold)
            )
        if scene.method == "temperature" and math.isnan(scene.threshold):
            text += " " + self.tr("Temperature never moves one.")
        elif scene.method == "temperature" and scene.threshold == 0.5:
            text += " " + self.tr("Temperature never moves one at 0.5.")
        elif scene.method == "platt":
            text += " " + self.tr("The shift B moves the boundary.")
        return text

    def _slider(self, path: str) -> NumberSlider:
        knob = KNOBS[path]
        if not isinstance(knob, NumberKnob):
            raise TypeError(path)
        name = path.replace("calibration", "calibrators")
        slider = NumberSlider(name, knob, span=SHOWN[path], label=knob.label)
        slider.edited.connect(partial(self._put, path))
        return slider

    def _button(self, name: str, text: str, says: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(f"calibrators.{name}")
        button.setAccessibleName(text)
        button.setToolTip(says)
        return button

    def _put_shown(self, x: float) -> None:
        """Turn the drawn handle to a place of the plot."""
        scene = self._scene
        if scene is not None and scene.handles:
            path = scene.handles[scene.turned].path
            self._put(path, 10.0**x if scene.method == "temperature" else x)

    def _put_identity(self) -> None:
        if self._scene is not None:
            plain = {handle.path: KNOBS[handle.path].default for handle in self._scene.handles}
            self._use(plain, None)

    def _put(self, path: str, value: float, drag: object = None) -> None:
        """Turn one handle, the others staying where they are."""
        scene = self._scene
        if scene is None or path not in [handle.path for handle in scene.handles]:
            return
        place = [handle.path for handle in scene.handles].index(path)
        self.session.set_view("calibrators_parameter", place)
        values = {handle.path: handle.value for handle in scene.handles}
        self._use({**values, path: value}, drag)

    def _use(self, values: dict[str, float], drag: object) -> None:
        experiment = self.session.experiment.replacing("calibration.by_hand", True)
        for path, value in values.items():
            experiment = experiment.replacing(path, value)
        self.session.replace(experiment, drag=drag)


def quiet(text: str) -> str:
    """Return text small and grey."""
    return f"<span style='color:{theme().quiet}; font-size:small'>{text}</span>"


def meanings_html(meanings: tuple[tuple[str, str, str], ...]) -> str:
    """Return parameters with what they mean, one below the other."""
    return "<br>".join(
        f"{escape(name)} = <b>{escape(value)}</b> {quiet(escape(says))}"
        for name, value, says in meanings
    )


def _place(value: float, is_log: bool) -> float:
    return math.log10(value) if is_log else value
