"""The controls above the boundary: parts, axes, section, toggles, and a slider per held feature."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from html import escape

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QGridLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.base.arrays import SPLITS
from core.calibration.recalibration import changes_probabilities
from core.data.dataset import Dataset, Feature
from core.experiment.view import view_knob
from core.experiment.view_knobs import TRUTH, TRUTH_ERROR
from core.explain.known_truth import is_known
from core.explain.planes import axes_of, held_values
from gui.panels.boundary.painting.painter import Painter
from gui.panels.panel_text import level_or_number, tr
from gui.panels.view_controls import view_choice, view_toggle
from gui.session.session import Session
from gui.style.theme import class_colour, class_sign
from gui.widgets.controls import ComboBox, choice, note, row, show_checked, toggle
from gui.widgets.layouts import SpreadLayout
from gui.widgets.slider import Slider

LEGEND_LETTERS = 24  # that fit beside the parts


class BoundaryHeader(QWidget):
    """Small controls above the plot; the second row is there for more than two features."""

    def __init__(self, session: Session, painter: Painter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.painter = painter
        self.paint = toggle(
            "paint.toggle",
            self.tr("Paint"),
            self.tr("Paint points of your own, on these or on a blank sheet (P)"),
            painter.turn,
        )
        self.splits = {name: self._split_toggle(name) for name in SPLITS}
        self.discrete = view_toggle(session, "discrete")
        self.calibrated = view_toggle(session, "calibrated")
        self.truth = view_toggle(session, "truth")
        self.truth_error = view_toggle(session, "truth_error")
        self.truth_error.setAccessibleName(self.tr("|model − truth|"))
        self.legend = note("boundary.legend", wraps=False)
        self.legend.setContentsMargins(8, 0, 8, 0)
        self.legend.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.long_legend = note("boundary.long_legend")
        self.long_legend.setContentsMargins(8, 0, 8, 2)
        self._build_section()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 2, 0, 2)
        layout.setSpacing(0)
        layout.addLayout(self._first_line())
        layout.addWidget(self.long_legend)
        layout.addWidget(self.axes)
        layout.addWidget(self.held)

    def _first_line(self) -> SpreadLayout:
        toggles = (self.discrete, self.calibrated, self.truth, self.truth_error, self.paint)
        lines = row(*self.splits.values(), self.legend), row(*toggles, spacing=2)
        lines[0].setContentsMargins(8, 2, 0, 2)
        lines[1].setContentsMargins(0, 2, 8, 2)
        ends = QWidget(self), QWidget(self)
        for end, line in zip(ends, lines, strict=True):
            end.setLayout(line)
        return SpreadLayout(*ends)

    def show_state(self) -> None:
        """Show the session's view."""
        view, run = self.session.view, self.session.run
        for name, button in self.splits.items():
            show_checked(button, name in view.shown)
        show_checked(self.discrete, view.discrete)
        show_checked(self.calibrated, view.calibrated)
        self._show_legend(() if self.painter.is_painting else run.prepared.classes)
        self._show_calibrated(changes_probabilities(run.experiment.calibration))
        show_checked(self.paint, self.painter.is_on)
        self._show_truth()
        n_features = 2 if self.painter.is_local else run.dataset.n_features
        self.axes.setVisible(n_features > 2)
        is_slice = n_features > 2 and view.section == "slice"
        self.held_toggle.setVisible(is_slice)
        show_checked(self.held_toggle, view.show_held)
        self.held.setVisible(is_slice and view.show_held)
        if n_features > 2:
            self._show_axes()
        if self.held.isVisible():
            self.held.show_state()

    def _show_legend(self, classes: tuple[str, ...]) -> None:
        named = [
            f"<span style='color:{class_colour(k)}'>{class_sign(k)}</span>&nbsp;{escape(name)}"
            for k, name in enumerate(classes)
        ]
        is_long = sum(len(name) + 3 for name in classes) > LEGEND_LETTERS
        text = " &nbsp; ".join(named)
        self.long_legend.setVisible(is_long)
        for label, shown in ((self.legend, not is_long), (self.long_legend, is_long)):
            if label.text() != (text if shown else ""):
                label.setText(text if shown else "")

    def _split_toggle(self, name: str) -> QToolButton:
        return toggle(
            f"view.shown.{name}",
            {
                "train": self.tr("Train"),
                "validation": self.tr("Validation"),
                "test": self.tr("Test"),
            }[name],
            self.tr("Draw the rows of this part: train is filled, the others are outlined"),
            lambda on: self._show_split(name, on),
        )

    def _show_split(self, name: str, on: bool) -> None:
        before = self.session.view.shown
        shown = tuple(s for s in SPLITS if (on if s == name else s in before))
        self.session.set_view("shown", shown)

    def _build_section(self) -> None:
        session = self.session
        self.section = view_choice(session, "section")
        self.x_axis = self._axis_choice("x_axis")
        self.y_axis = self._axis_choice("y_axis")
        self.held_toggle = view_toggle(session, "show_held")
        self.held = FixedFeatureSliders(session, self)
        self.axes = QWidget(self)
        line = row(self.x_axis, self.y_axis, self.section, self.held_toggle)
        for place in range(3):
            line.setStretch(place, 2)
        self.axes.setLayout(line)

    def _axis_choice(self, name: str) -> ComboBox:
        knob = view_knob(name)
        put = partial(self._choose_axis, name)
        return choice(f"view.{name}", tr(knob.label), tr(knob.help), [], put)

    def _choose_axis(self, name: str, feature: object) -> None:
        """Put a feature on an axis; if it is on the other one, the two change places."""
        x, y = axes_of(self.session.view, self.session.run.dataset.n_features)
        other, present = ("y_axis", x) if name == "x_axis" else ("x_axis", y)
        taken = y if name == "x_axis" else x
        if feature == taken:
            self.session.set_view(other, present)
        self.session.set_view(name, feature)

    def _show_axes(self) -> None:
        view, dataset = self.session.view, self.session.run.dataset
        features = [(feature.name, j) for j, feature in enumerate(dataset.features)]
        on_axes = axes_of(view, dataset.n_features)
        is_plane = view.section == "components"
        for box, feature in zip((self.x_axis, self.y_axis), on_axes, strict=True):
            box.offer(features)
            box.show_value(feature)
            box.setVisible(not is_plane)
        self.section.show_value(view.section)

    def _show_truth(self) -> None:
        view, known = self.session.view, is_known(self.session.run.dataset)
        why_not = self.tr("The truth is known only for both columns of data drawn by a formula")
        for button, on, text in (
            (self.truth, view.truth, tr(TRUTH.help)),
            (self.truth_error, view.truth_error, tr(TRUTH_ERROR.help)),
        ):
            show_checked(button, on and known)
            explain(button, text if known else why_not, known)

    def _show_calibrated(self, is_chosen: bool) -> None:
        if is_chosen:
            text = self.tr("Show calibrated probabilities, fitted on the validation rows")
        else:
            text = self.tr("Choose a calibrator first, then its probabilities can be shown here")
        explain(self.calibrated, text, is_chosen)


def explain(button: QToolButton, text: str, is_enabled: bool) -> None:
    """Enable a button or not, and say what it does or why it cannot."""
    if button.toolTip() != text:
        button.setToolTip(text)
        button.setAccessibleDescription(text)
    button.setEnabled(is_enabled)


STEPS = 200
HEIGHT = 104
MOST_SLIDERS = 100


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """One feature's slider, the value beside it and the way back to the mean."""

    feature: int
    low: float
    high: float
    steps: int
    slider: Slider
    value: QLabel
    reset: QToolButton


class FixedFeatureSliders(QScrollArea):
    """A slider for each feature that a slice holds; made anew when the features change."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("boundary.held_values")
        self.setWidgetResizable(True)
        self.setFixedHeight(HEIGHT)
        self.setFrameShape(self.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._lines: list[_Line] = []
        self._made_for: tuple[Dataset, tuple[int, ...]] | None = None
        self.hide()

    def show_state(self) -> None:
        """Show the values that the session holds."""
        run = self.session.run
        made_for = (run.dataset, axes_of(self.session.view, run.dataset.n_features))
        before = self._made_for
        if before is None or before[0] is not made_for[0] or before[1] != made_for[1]:
            self._made_for = made_for
            self._make(*made_for)
        row = held_values(run.dataset, run.prepared, self.session.view.held)
        named = {feature for feature, _ in self.session.view.held}
        for line in self._lines:
            share = (row[line.feature] - line.low) / (line.high - line.low)
            line.slider.show_value(round(float(np.clip(share, 0.0, 1.0)) * line.steps))
            levels = run.dataset.features[line.feature].levels
            line.value.setText(level_or_number(levels, row[line.feature]))
            line.reset.setEnabled(line.feature in named)

    def _make(self, dataset: Dataset, on_axes: tuple[int, ...]) -> None:
        inside = QWidget()
        grid = QGridLayout(inside)
        grid.setContentsMargins(8, 0, 8, 0)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        grid.setColumnMinimumWidth(2, 64)
        others = [j for j in range(dataset.n_features) if j not in on_axes][:MOST_SLIDERS]
        self._lines = [self._line(dataset, j) for j in others]
        for k, line in enumerate(self._lines):
            name = QLabel(dataset.features[line.feature].name)
            name.setBuddy(line.slider)
            for column, widget in enumerate((name, line.slider, line.value, line.reset)):
                grid.addWidget(widget, k, column)
        self.setWidget(inside)

    def _line(self, dataset: Dataset, j: int) -> _Line:
        feature = dataset.features[j]
        low, high, steps = _range(feature, dataset.X[:, j])
        slider = Slider()
        slider.setObjectName(f"view.held.{j}")
        slider.setAccessibleName(feature.name)
        slider.setRange(0, steps)
        slider.setToolTip(self.tr("The value of {0} in the slice").format(feature.name))
        slider.valueChanged.connect(lambda place: self._hold(j, low + (high - low) * place / steps))
        value = QLabel()
        value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        reset = QToolButton()
        reset.setText("↺")
        reset.setToolTip(self.tr("Back to the usual value"))
        reset.setAccessibleName(self.tr("Reset {0}").format(feature.name))
        reset.clicked.connect(lambda: self._hold(j, None))
        return _Line(j, low, high, steps, slider, value, reset)

    def _hold(self, feature: int, value: float | None) -> None:
        held = [pair for pair in self.session.view.held if pair[0] != feature]
        if value is not None:
            held.append((feature, value))
        self.session.set_view("held", tuple(sorted(held)))


def _range(feature: Feature, values: np.ndarray) -> tuple[float, float, int]:
    """Return a slider's lowest and highest value and its steps: one a level of a category."""
    if feature.levels:
        return 0.0, float(max(len(feature.levels) - 1, 1)), max(len(feature.levels) - 1, 1)
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    return (low, high, STEPS) if high > low else (low, low + 1.0, STEPS)
