"""Sliders for the features that are on no axis, in raw units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QScrollArea, QToolButton, QWidget

from core.data.dataset import Dataset, Feature
from core.explain.planes import axes_of, held_values
from gui.panels.words import level_or_number
from gui.session.session import Session
from gui.widgets.slider import CalmSlider

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
    slider: CalmSlider
    value: QLabel
    reset: QToolButton


class HeldValues(QScrollArea):
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
            line.value.setText(level_or_number(run.dataset, line.feature, row[line.feature]))
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
        slider = CalmSlider()
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
