"""The reliability diagram: what was said against what happened, and what chance would show."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from core.base.arrays import SPLITS
from core.base.scipy_import import is_scipy_postponed
from core.calibration.bands import MAX_CELLS
from core.explain.brushing import interval_of, next_interval
from core.explain.known_truth import Truth, true_probabilities
from core.explain.pooled_logits import MOST_LIVE
from core.scenes.reliability_scene import (
    FULL_DRAWS,
    HISTOGRAM_BINS,
    ReliabilityScene,
    reliability_scene,
)
from gui.panels.panel import Panel
from gui.panels.reliability.reliability_controls import ReliabilityControls
from gui.panels.reliability.reliability_plot import ReliabilityPlot
from gui.panels.reliability.reliability_text import brier_name, figures_html, reading_at
from gui.session.session import Session
from gui.style.number_text import format_count, format_number
from gui.widgets.controls import note
from gui.widgets.layouts import StableLabel

LIVE_DRAWS = 40
FEWEST_DRAWS = 20
SECONDS_PER_CELL = 1.5e-7  # for one draw
LIVE_SECONDS = 0.005


class ReliabilityPanel(Panel):
    """Draws curves, band, bars and histogram of the chosen part, with its figures in words."""

    frames_between = 3
    settles = True

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("reliability", session, parent)
        self.diagram = ReliabilityPlot(self)
        self.plot, self.histogram = self.diagram.square, self.diagram.histogram
        self.controls = ReliabilityControls(session, self)
        self.figures = note("reliability.figures")
        layout = self.stack()
        layout.addWidget(self.controls)
        layout.addWidget(self.diagram, 1)
        layout.addWidget(StableLabel(self.figures))
        self._mouse: float | None = None
        self._full_band_of: object = None
        self._truth: Truth | None = None
        self._truth_of: tuple[object, object] | None = None
        for plot in (self.plot, self.histogram):
            plot.hovered.connect(self._on_hovered)
            plot.left.connect(self._on_left)
        self.plot.clicked.connect(self._on_clicked)
        self.histogram.clicked.connect(self._on_histogram_clicked)
        self.controls.stepped.connect(self._on_stepped)

    def compute_next(self) -> ReliabilityScene:
        """Return the scene; where there is no time for a new band it has that of the last."""
        return self.compute() if self.scene is None else self.compute(self.scene)

    def compute(self, previous: ReliabilityScene | None = None) -> ReliabilityScene:
        """Return the scene, with as many draws for the band as there is time for.

        Parameters
        ----------
        previous : ReliabilityScene, optional
            A scene whose band may be drawn again; see `reliability_scene`.
        """
        session = self.session
        draws, most = self.draws(), 0 if self.is_calm else MOST_LIVE
        if draws == FULL_DRAWS:
            self._full_band_of = self._band_key()
        return reliability_scene(
            session.run, session.state, session.view, draws, previous, self.truth(), most
        )

    def draws(self) -> int:
        """Return how many sets of outcomes the band can be made of now; 0 keeps the last band."""
        if is_scipy_postponed():
            return 0
        if self.is_calm or self._full_band_of == self._band_key():
            return FULL_DRAWS  # made already where nothing that it depends on has changed
        part = int(np.count_nonzero(self.session.run.prepared.split == self._split_code()))
        cost = SECONDS_PER_CELL * min(max(part, 1), MAX_CELLS)
        draws = min(int(LIVE_SECONDS / cost), LIVE_DRAWS)
        return draws if draws >= FEWEST_DRAWS else 0

    def _band_key(self) -> object:
        """Return what the band depends on."""
        session, view = self.session, self.session.view
        return (
            session.run.prepared,
            session.state,
            view.split,
            view.reliability_class,
            view.reliability_band,
            view.reliability_curve,
            view.smoothing,
        )

    def truth(self) -> Truth | None:
        """Return the true probabilities where they are wanted and there; else ask for them."""
        run, is_wanted = self.session.run, self.session.view.true_curve
        if not is_wanted or run.dataset.truth is None or not self.session.is_awake:
            return None
        asked = (run.dataset, run.prepared)
        if self._truth_of is None or any(
            a is not b for a, b in zip(self._truth_of, asked, strict=True)
        ):
            self._truth_of, self._truth = asked, None
            self.session.background.run(
                "reliability.truth",
                lambda: true_probabilities(run),
                self._use_truth,
                self.session.failed.emit,
            )
        return self._truth

    def draw(self, scene: ReliabilityScene) -> None:
        """Draw the diagram, the histogram and the figures."""
        self.controls.show_scene(scene)
        self.diagram.draw(scene, self.session.view.bars)

    def read(self, scene: ReliabilityScene) -> None:
        """Write the figures, or what is under the mouse."""
        self._read(scene)

    def describe(self, scene: ReliabilityScene) -> str:
        """Say the calibration error and how much of it chance explains."""
        if scene.raw is None:
            return self.tr("The {0} part has no rows.").format(self.tr(scene.split))
        return self.tr(
            "Reliability on {0} {1} rows at step {2}: calibration error {3}, where chance alone "
            "would give {4}; {5} {6}."
        ).format(
            format_count(scene.n_rows),
            self.tr(scene.split),
            format_count(scene.step),
            format_number(scene.raw.ece, decimals=3),
            format_number(scene.raw.chance_ece, decimals=3),
            brier_name(scene),
            format_number(scene.raw.brier.score, decimals=3),
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Open the folded controls where there is room."""
        super().resizeEvent(event)
        self.controls.fit(self.width(), self.height())

    def _use_truth(self, truth: Truth | None) -> None:
        self._truth = truth
        self.refresh()

    def _read(self, scene: ReliabilityScene) -> None:
        reading = reading_at(scene, self._mouse) if self._mouse is not None else ""
        text = figures_html(scene, reading)
        if text != self.figures.text():
            self.figures.setText(text)

    def _on_hovered(self, x: float, y: float) -> None:
        self._mouse = min(max(x, 0.0), 1.0)
        if self.scene is not None:
            self._read(self.scene)

    def _on_left(self) -> None:
        self._mouse = None
        if self.scene is not None:
            self._read(self.scene)

    def _on_clicked(self, x: float, y: float) -> None:
        if self.scene is not None and self.scene.raw is not None:
            self._brush(interval_of(self.scene.raw.curve, min(max(x, 0.0), 1.0)))

    def _on_histogram_clicked(self, x: float, y: float) -> None:
        if self.scene is not None and self.scene.raw is not None:
            k = min(max(int(np.ceil(x * HISTOGRAM_BINS)) - 1, 0), HISTOGRAM_BINS - 1)
            low, high = self.scene.edges[k : k + 2].tolist()
            self._brush((low if k else float(np.nextafter(0.0, -1.0)), high))

    def _brush(self, interval: tuple[float, ...]) -> None:
        same = interval == self.session.view.brushed
        self.session.set_view("brushed", () if same else interval)

    def _on_stepped(self, step: int) -> None:
        scene = self.scene
        if scene is not None and scene.raw is not None:
            view = self.session.view
            found = next_interval(scene.raw.curve, view.brushed, step) if step else ()
            self.session.set_view("brushed", found)

    def _split_code(self) -> int:
        return SPLITS.index(self.session.view.split)
