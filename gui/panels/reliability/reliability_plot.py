"""The square reliability diagram above its histogram, on one axis of probability."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.calibration.bands import Band
from core.calibration.calibrators import CALIBRATORS
from core.explain.binary_evaluation import BinaryEvaluation, polyline
from core.scenes.reliability_scene import ReliabilityScene
from gui.panels.panel_text import tr
from gui.plot.canvas import Bars, Curve, PlotCanvas, curve
from gui.plot.layers import AreaLayer, Word, WordsLayer
from gui.style.number_text import format_number, format_percent
from gui.style.palette import line_style
from gui.style.theme import DASHED, brush, class_colour, pen, theme

BAR_OPACITY, BRUSH_OPACITY = 80, 60
SMALL = 0.85  # of the font, for what the band is
EDGE = 0.015  # around the unit square, so that lines along its border are seen
FIFTHS = tuple((t, format_number(t)) for t in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0))


class SquareAbove(QWidget):
    """Lays out two plots so that the upper one's data area is square.

    Parameters
    ----------
    square, low : PlotCanvas
    """

    def __init__(self, square: PlotCanvas, low: PlotCanvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._square, self._low = square, low
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 180)
        for plot in (square, low):
            plot.setParent(self)
            plot.set_border(0, TOP, RIGHT, 0)
            plot.axis("left").setWidth(LEFT_AXIS)
            for side in ("left", "bottom"):
                plot.axis(side).setStyle(hideOverlappingLabels=False)
        square.axis("bottom").setHeight(GAP)
        low.axis("bottom").setHeight(BOTTOM_AXIS)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the largest square."""
        super().resizeEvent(event)
        width = self.width() - LEFT_AXIS - RIGHT - 4
        height = self.height() - BOTTOM_AXIS - 2 * TOP - GAP
        side = int(max(min(width, height - LEAST_LOW, height / (1.0 + LOW_SHARE)), 60))
        low = max(min(height - side, int(side * MOST_LOW_SHARE)), LEAST_LOW)
        left = max((width - side) // 2, 0)
        whole = LEFT_AXIS + side + RIGHT
        self._square.setGeometry(left, 0, whole, TOP + side + GAP)
        self._low.setGeometry(left, TOP + side + GAP, whole, TOP + low + BOTTOM_AXIS)


class ReliabilityPlot(SquareAbove):
    """Diagram above, histogram below, over the same axis of probability."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.square = PlotCanvas("reliability.plot")
        self.histogram = PlotCanvas("reliability.histogram")
        super().__init__(self.square, self.histogram, parent)
        self._drawn: dict[object, tuple[object, ...]] = {}
        self.square.setAccessibleName(tr("Reliability diagram"))
        self.histogram.setAccessibleName(tr("Histogram of the probabilities"))
        self.square.set_limits(-EDGE, 1.0 + EDGE, -EDGE, 1.0 + EDGE)
        self.histogram.set_limits(-EDGE, 1.0 + EDGE, 0.0, 1.0)
        self._build_diagram()
        self._build_histogram()

    def draw(self, scene: ReliabilityScene, bars: bool) -> None:
        """Draw a scene, its bins as bars where asked for."""
        self._label(scene)
        self._draw_band(scene)
        self._draw_bars(scene, bars)
        others = scene.calibrated or scene.compared
        raw_pen = pen(theme().raw, 1.6) if others else pen(theme().ink, 2.0)
        self._draw_curve(self.raw, self._raw_marks, scene.raw, raw_pen)
        self._draw_curve(
            self.calibrated, self._calibrated_marks, scene.calibrated, pen(theme().calibrated, 2.0)
        )
        self._draw_compared(scene)
        self._draw_truth(scene)
        self._draw_histogram(scene)
        self._draw_brush(scene)

    def _is_new(self, part: object, *drawn_from: object) -> bool:
        """Tell whether a part must be drawn again: from other values, or in another theme."""
        now = (theme(), *drawn_from)
        last = self._drawn.get(part, ())
        self._drawn[part] = now
        return len(last) != len(now) or not all(map(_is_same, last, now))

    def _build_diagram(self) -> None:
        plot = self.square
        self.low_edge, self.high_edge = curve(plot, 1), curve(plot, 1)
        self._band = AreaLayer(plot, 0)
        self._band_name = WordsLayer(plot, 7, SMALL)
        self.columns = Bars(plot, 2)
        self._lit = [Bars(where, 1.5) for where in (plot, self.histogram)]
        self._diagonal = curve(plot, 3)
        self.intervals = curve(plot, 3.5, connect="pairs")
        self.truth = curve(plot, 3.8)
        self.raw, self.calibrated = curve(plot, 4), curve(plot, 6)
        self.compared: dict[str, Curve] = {}
        for item in (self.raw, self.calibrated):
            item.setSegmentedLineMode("on")
        self._raw_marks, self._calibrated_marks = (pg.ScatterPlotItem(size=6) for _ in range(2))
        for item in (self._raw_marks, self._calibrated_marks):
            item.setZValue(6)
            plot.add(item)

    def _build_histogram(self) -> None:
        self.low_columns = [Bars(self.histogram, 2) for _ in range(2)]

    def _label(self, scene: ReliabilityScene) -> None:
        if not self._is_new("labels", scene.view, scene.classes):
            return
        if scene.view == "confidence":
            self.histogram.label("bottom", tr("confidence in the class decided"))
            self.square.label("left", tr("how often it was right"))
        else:
            name = scene.classes[int(scene.view)]
            self.histogram.label("bottom", f"P(class = {name})")
            self.square.label("left", tr("how often it was {0}").format(name))
        self.square.ticks("left", FIFTHS)
        self.square.ticks("bottom", [(t, "") for t, _ in FIFTHS])
        self.histogram.ticks("bottom", FIFTHS)

    def _draw_band(self, scene: ReliabilityScene) -> None:
        band, chosen = scene.band, theme()
        if not self._is_new("band", band):
            return
        self._diagonal.setData(np.array([0.0, 1.0]), np.array([0.0, 1.0]), pen=pen(chosen.quiet))
        shown = band is not None and len(band.probability) > 1
        for item in (self.low_edge, self.high_edge, self._band):
            item.setVisible(shown)
        self._band_name.show_words(_band_words(band) if shown else ())
        if band is not None and shown:
            edge = pen(chosen.band)
            self.low_edge.setData(band.probability, band.lower, pen=edge)
            self.high_edge.setData(band.probability, band.upper, pen=edge)
            self._band.show_area(band.probability, band.lower, band.upper, brush(chosen.band))

    def _draw_bars(self, scene: ReliabilityScene, bars: bool) -> None:
        judged = scene.raw
        shown = judged is not None and (bars or scene.kind in ("width", "mass"))
        if not self._is_new("bars", judged and judged.bars, judged and judged.low, shown):
            return
        self.columns.setVisible(shown)
        self.intervals.setVisible(judged is not None and len(judged.low) > 0)
        if judged is None:
            return
        parts, full = judged.bars, ~judged.bars.empty
        if shown:
            self.columns.setOpts(
                x0=parts.low[full],
                x1=parts.high[full],
                y0=np.zeros(int(full.sum())),
                y1=parts.frequency[full],
                pen=pen(theme().paper),
                brush=brush(theme().accent, BAR_OPACITY),
            )
        if len(judged.low):
            x = np.repeat(parts.probability[full], 2)
            y = np.column_stack((judged.low[full], judged.high[full])).ravel()
            self.intervals.setData(x, y, pen=pen(theme().accent, 1.6), connect="pairs")

    def _draw_curve(
        self,
        item: pg.PlotCurveItem,
        marks: pg.ScatterPlotItem,
        judged: BinaryEvaluation | None,
        line: QPen,
    ) -> None:
        if not self._is_new(item, judged and judged.curve, line):
            return
        item.setVisible(judged is not None)
        marks.setVisible(judged is not None and judged.curve.binning in ("width", "mass"))
        if judged is None:
            return
        x, y = polyline(judged.curve)
        item.setData(x, y, pen=line)
        if marks.isVisible():
            marks.setData(x=x, y=y, pen=pen(theme().paper), brush=brush(line.color().name()))

    def _draw_compared(self, scene: ReliabilityScene) -> None:
        shown = {it.name: it.judged for it in scene.compared if it.judged is not None}
        for name in shown.keys() - self.compared.keys():
            self.compared[name] = curve(self.square, 5)
        for name, item in self.compared.items():
            judged = shown.get(name)
            if not self._is_new(item, judged and judged.curve):
                continue
            item.setVisible(judged is not None)
            if judged is not None:
                style, thick, _ = line_style(list(CALIBRATORS).index(name))
                line = pen(theme().calibrated, thick, style)
                item.setData(*polyline(judged.curve), pen=line)

    def _draw_truth(self, scene: ReliabilityScene) -> None:
        if self._is_new("truth", *scene.truth):
            self.truth.setVisible(len(scene.truth[0]) > 1)
            if len(scene.truth[0]) > 1:
                self.truth.setData(*scene.truth, pen=pen(theme().ink, 1.4, style=DASHED))

    def _draw_histogram(self, scene: ReliabilityScene) -> None:
        if not self._is_new("histogram", scene.counts, scene.classes, scene.view):
            return
        no, yes = scene.counts
        top = max(float((no + yes).max()), 1.0)
        self.histogram.set_limits(-EDGE, 1.0 + EDGE, 0.0, 1.1 * top)
        self.histogram.ticks("left", [(top, format_number(round(top)))])
        low, high = scene.edges[:-1], scene.edges[1:]
        if len(scene.classes) == 2 and scene.view != "confidence":
            colours = class_colour(1 - int(scene.view)), class_colour(int(scene.view))
        else:
            colours = theme().raw, theme().ink
        stacks = ((np.zeros(len(no)), no), (no, no + yes))
        for item, (y0, y1), colour in zip(self.low_columns, stacks, colours, strict=True):
            full = y1 > y0
            item.setOpts(
                x0=low[full],
                x1=high[full],
                y0=y0[full],
                y1=y1[full],
                pen=pen(theme().paper),
                brush=brush(colour),
            )

    def _draw_brush(self, scene: ReliabilityScene) -> None:
        """Light up what is brushed, at least as wide as can be seen."""
        tops = (1.0 + EDGE, self.histogram.box.viewRange()[1][1])
        if not self._is_new("brush", scene.brushed, tops):
            return
        for item, top in zip(self._lit, tops, strict=True):
            item.setVisible(bool(scene.brushed))
            if scene.brushed:
                low, high = max(scene.brushed[0], 0.0), scene.brushed[1]
                pad = max(0.006 - (high - low), 0.0) / 2.0
                item.setOpts(
                    x0=[low - pad],
                    x1=[high + pad],
                    y0=[-EDGE],
                    y1=[top],
                    pen=pen(theme().accent),
                    brush=brush(theme().accent, BRUSH_OPACITY),
                )


def _band_words(band: Band | None) -> tuple[Word, ...]:
    """Say what the band is, where curves seldom are."""
    if band is None:
        return ()
    kind = tr("chance band") if band.kind == "consistency" else tr("confidence band")
    level = format_percent(band.level, decimals=0)
    text, shorter = (
        tr("{0}: {1}, pointwise").format(kind, level),
        tr("{0}, pointwise").format(level),
    )
    return (Word(text, 1.0, 0.03, theme().quiet, across=1.0, shorter=(shorter, level)),)


def _is_same(a: object, b: object) -> bool:
    """Compare arrays and scenes by identity, which are never changed, and the rest by value."""
    return a is b if isinstance(a, np.ndarray) else bool(a == b)


LEFT_AXIS, BOTTOM_AXIS = 46, 34
TOP, RIGHT, GAP = 6, 10, 6  # around each plot's data area
LOW_SHARE = 0.2  # of the square's side
MOST_LOW_SHARE = 0.4
LEAST_LOW = 30
