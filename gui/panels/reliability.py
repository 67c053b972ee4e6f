"""The reliability diagram: what was said against what happened, and what chance would show."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QWidget

from core.calibration.compiling import compiled
from core.scenes.reliability import FULL_DRAWS, Judged, ReliabilityScene, reliability_scene
from core.view import SPLITS
from gui.panels.base import PlottedPanel
from gui.panels.controls import choice, note, row, show_checked, toggle
from gui.panels.plotting import LockedPlot, curve
from gui.panels.reliability_words import figures_html
from gui.panels.square import SquareAbove
from gui.panels.words import figure, number
from gui.session import Session
from gui.theme import brush, class_colour, pen, theme

LIVE_DRAWS = 40
FEWEST_DRAWS = 20
MOST_CELLS = 1024  # that a band is simulated in
SECONDS_PER_CELL = {True: 5e-8, False: 2e-6}  # for one draw, compiled or not
LIVE_SECONDS = 0.005
BAR_OPACITY = 80
WIDEST = 150  # the list of classes
EDGE = 0.015  # around the unit square, so that lines along its border are seen


class ReliabilityPanel(PlottedPanel):
    """Draws CORP curve, band, bars and histogram of the chosen part, with its figures in words."""

    frames_between = 3
    settles = True

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("reliability", session, parent)
        self.plot = LockedPlot("reliability.plot", self)
        self.plot.setAccessibleName(self.tr("Reliability diagram"))
        self.histogram = LockedPlot("reliability.histogram", self)
        self.histogram.setAccessibleName(self.tr("Histogram of the probabilities"))
        self.figures = note("reliability.figures")
        self._build_controls()
        self._build_items()
        layout = self.stack()
        layout.addLayout(row(self.split, self.judged, None, self.bars))
        layout.addWidget(SquareAbove(self.plot, self.histogram, self), 1)
        layout.addWidget(self.figures)
        self.plot.hovered.connect(self._on_hovered)
        self.plot.left.connect(self._on_left)

    def compute(self) -> ReliabilityScene:
        """Return the scene, with as many draws for the band as there is time for."""
        session = self.session
        draws = self.draws()
        earlier = None
        if self.scene is not None and self.scene.split == session.view.split:
            earlier = self.scene.band
        return reliability_scene(session.run, session.state, session.view, draws, earlier)

    def draws(self) -> int:
        """Return how many sets of outcomes the band can be made of now; 0 keeps the last band."""
        if self.is_calm:
            return FULL_DRAWS
        part = int(np.count_nonzero(self.session.run.prepared.split == self._split_code()))
        cost = SECONDS_PER_CELL[compiled("fit_many") is not None] * min(max(part, 1), MOST_CELLS)
        draws = min(int(LIVE_SECONDS / cost), LIVE_DRAWS)
        return draws if draws >= FEWEST_DRAWS else 0

    def draw(self, scene: ReliabilityScene) -> None:
        """Draw the diagram, the histogram and the figures."""
        self._show_controls(scene)
        self._label(scene)
        self._draw_band(scene)
        self._draw_bars(scene)
        mended = scene.calibrated
        raw_pen = pen(theme().raw) if mended else pen(theme().ink, 2.0)
        self._draw_curve(self._raw, scene.raw, raw_pen)
        self._draw_curve(self._mended, mended, pen(theme().calibrated, 2.0))
        self._draw_histogram(scene)
        self.figures.setText(figures_html(scene))

    def describe(self, scene: ReliabilityScene) -> str:
        """Say the calibration error and how much of it chance explains."""
        if scene.raw is None:
            return self.tr("The {0} part has no rows.").format(self.tr(scene.split))
        return self.tr(
            "Reliability on {0} {1} rows at step {2}: calibration error {3}, where chance alone "
            "would give {4}; Brier score {5}."
        ).format(
            number(scene.n_rows),
            self.tr(scene.split),
            number(scene.step),
            figure(scene.raw.ece),
            figure(scene.raw.chance_ece),
            figure(scene.raw.brier.score),
        )

    def _build_controls(self) -> None:
        session = self.session
        self.split = choice(
            "view.split",
            self.tr("Part"),
            self.tr("Which part of the rows to judge"),
            [(self.tr(name), name) for name in SPLITS],
            lambda name: session.set_view("split", name),
        )
        self.judged = choice(
            "view.reliability_class",
            self.tr("Forecast"),
            self.tr("Which forecast to judge: one class, or the confidence in the class decided"),
            [],
            lambda k: session.set_view("reliability_class", k),
            widest=WIDEST,
        )
        self.bars = toggle(
            "view.bars",
            self.tr("Bars"),
            self.tr("Show the observed frequency in bins beside the curve"),
            lambda on: session.set_view("bars", on),
        )

    def _build_items(self) -> None:
        plot = self.plot
        plot.set_limits(-EDGE, 1.0 + EDGE, -EDGE, 1.0 + EDGE)
        self._lower, self._upper = curve(plot, 1), curve(plot, 1)
        self._band = pg.FillBetweenItem(self._lower, self._upper)
        self._band.setZValue(0)
        plot.addItem(self._band, ignoreBounds=True)
        self._columns = pg.BarGraphItem(x0=[0.0], x1=[0.0], y0=[0.0], y1=[0.0])
        self._columns.setZValue(2)
        plot.addItem(self._columns, ignoreBounds=True)
        self._diagonal = curve(plot, 3)
        self._raw, self._mended = curve(plot, 4), curve(plot, 5)
        for item in (self._raw, self._mended):
            item.setSegmentedLineMode("on")
        self._low_columns = [
            pg.BarGraphItem(x0=[0.0], x1=[0.0], y0=[0.0], y1=[0.0]) for _ in range(2)
        ]
        for item in self._low_columns:
            self.histogram.addItem(item, ignoreBounds=True)
        self.histogram.set_limits(-EDGE, 1.0 + EDGE, 0.0, 1.0)

    def _show_controls(self, scene: ReliabilityScene) -> None:
        n_classes = len(scene.classes)
        choices: list[tuple[str, object]] = [
            (self.tr("class {0}").format(name), k) for k, name in enumerate(scene.classes)
        ]
        if n_classes == 2:
            choices = [(choices[1][0], -1), choices[0]]
        else:
            choices.insert(0, (self.tr("confidence"), -1))
        self.judged.offer(choices)
        asked = self.session.view.reliability_class
        self.judged.show_value(asked if any(asked == k for _, k in choices) else -1)
        self.split.show_value(scene.split)
        show_checked(self.bars, self.session.view.bars)

    def _label(self, scene: ReliabilityScene) -> None:
        if scene.view == "confidence":
            self.histogram.label("bottom", self.tr("confidence in the class decided"))
            self.plot.label("left", self.tr("how often it was right"))
        else:
            name = scene.classes[int(scene.view)]
            self.histogram.label("bottom", f"P(class = {name})")
            self.plot.label("left", self.tr("how often it was {0}").format(name))
        fifths = [(t, f"{t:g}") for t in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)]
        self.plot.ticks("left", fifths)
        self.plot.ticks("bottom", [(t, "") for t, _ in fifths])
        self.histogram.ticks("bottom", fifths)

    def _draw_band(self, scene: ReliabilityScene) -> None:
        band, chosen = scene.band, theme()
        self._diagonal.setData(np.array([0.0, 1.0]), np.array([0.0, 1.0]), pen=pen(chosen.quiet))
        shown = band is not None and len(band.probability) > 1
        for item in (self._lower, self._upper, self._band):
            item.setVisible(shown)
        if band is not None and shown:
            edge = pen(chosen.band)
            self._lower.setData(band.probability, band.lower, pen=edge)
            self._upper.setData(band.probability, band.upper, pen=edge)
            self._band.setBrush(brush(chosen.band))

    def _draw_bars(self, scene: ReliabilityScene) -> None:
        shown = self.session.view.bars and scene.raw is not None
        self._columns.setVisible(shown)
        if scene.raw is None or not shown:
            return
        bars = scene.raw.bars
        full = ~bars.empty
        self._columns.setOpts(
            x0=bars.low[full],
            x1=bars.high[full],
            y0=np.zeros(int(full.sum())),
            y1=bars.frequency[full],
            pen=pen(theme().paper),
            brush=brush(theme().accent, BAR_OPACITY),
        )

    def _draw_curve(self, item: pg.PlotCurveItem, judged: Judged | None, line: QPen) -> None:
        item.setVisible(judged is not None)
        if judged is not None:
            x, y = judged.curve.knots
            item.setData(x, y, pen=line)

    def _draw_histogram(self, scene: ReliabilityScene) -> None:
        no, yes = scene.counts
        top = max(float((no + yes).max()), 1.0)
        self.histogram.set_limits(-EDGE, 1.0 + EDGE, 0.0, 1.1 * top)
        self.histogram.ticks("left", [(top, number(top))])
        low, high = scene.edges[:-1], scene.edges[1:]
        if len(scene.classes) == 2 and scene.view != "confidence":
            colours = class_colour(1 - int(scene.view)), class_colour(int(scene.view))
        else:
            colours = theme().raw, theme().ink
        stacks = ((np.zeros(len(no)), no), (no, no + yes))
        for item, (y0, y1), colour in zip(self._low_columns, stacks, colours, strict=True):
            full = y1 > y0
            item.setOpts(
                x0=low[full],
                x1=high[full],
                y0=y0[full],
                y1=y1[full],
                pen=pen(theme().paper),
                brush=brush(colour),
            )

    def _on_hovered(self, x: float, y: float) -> None:
        scene = self.scene
        if scene is None or scene.raw is None:
            return
        curve_x, curve_y = scene.raw.curve.knots
        seen = figure(float(np.interp(x, curve_x, curve_y)))
        text = self.tr("Said {0}: it happened in {1} of the cases.").format(figure(x), seen)
        self.figures.setText(figures_html(scene, text))

    def _on_left(self) -> None:
        if self.scene is not None:
            self.figures.setText(figures_html(self.scene))

    def _split_code(self) -> int:
        return SPLITS.index(self.session.view.split)
