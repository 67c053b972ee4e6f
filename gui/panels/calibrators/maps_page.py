"""Maps from score to probability, with the rows that they were fitted on."""

from __future__ import annotations

from html import escape

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.calibration.calibration_knobs import FITTING_ROWS
from core.calibration.calibrators import CALIBRATORS
from core.explain.calibration_maps import CalibrationMap
from core.scenes.calibrators_scene import MapsScene
from gui.panels.calibrators.parameters_page import meanings_html
from gui.plot.canvas import PlotCanvas, curve
from gui.style.palette import line_style
from gui.style.theme import brush, pen, theme
from gui.widgets.sections import Paragraph

PLOT_HEIGHT = 240
EDGE, RUG = 0.06, 0.035


class MapsPage(QWidget):
    """Draws every ticked calibrator's map over its data: bins with intervals, and a rug."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = PlotCanvas("calibrators.maps", self)
        self.plot.setAccessibleName(self.tr("Maps from score to probability"))
        self.plot.setFixedHeight(PLOT_HEIGHT)
        self._own = curve(self.plot, 1)
        self._intervals = curve(self.plot, 2, connect="pairs")
        self._rugs = [curve(self.plot, 2, connect="pairs") for _ in range(2)]
        self._bins = pg.ScatterPlotItem(size=8)
        self._bins.setZValue(3)
        self.plot.add(self._bins)
        self._lines = {name: curve(self.plot, 5) for name in CALIBRATORS}
        self._dots = {name: pg.ScatterPlotItem(size=4) for name in CALIBRATORS}
        for item in self._dots.values():
            item.setZValue(4)
            self.plot.add(item)
        self.says = Paragraph("calibrators.maps.says")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 8)
        layout.setSpacing(2)
        layout.addWidget(self.plot)
        layout.addWidget(self.says)

    def show_scene(self, scene: MapsScene) -> None:
        """Draw the maps and say their parameters."""
        low, high = scene.limits
        self.plot.set_limits(low, high, -EDGE, 1.0 + EDGE)
        self.plot.label("left", self.tr("probability"))
        self.plot.label("bottom", self._axis(scene))
        self._own.setData(*scene.own, pen=pen(theme().raw, 1.6))
        self._draw_data(scene)
        shown = {it.name: it for it in scene.maps if len(it.x)}
        for name in CALIBRATORS:
            self._draw_map(name, shown.get(name), scene.is_line)
        self.says.setText(self._words(scene))

    def _draw_data(self, scene: MapsScene) -> None:
        x, frequency, low, high, _ = scene.bins
        ends = np.column_stack((low, high)).ravel()
        self._intervals.setData(np.repeat(x, 2), ends, pen=pen(theme().accent), connect="pairs")
        self._bins.setData(x=x, y=frequency, pen=pen(theme().paper), brush=brush(theme().accent))
        rugs = zip(
            self._rugs,
            scene.rug,
            ((-EDGE, -EDGE + RUG), (1.0 + EDGE - RUG, 1.0 + EDGE)),
            strict=True,
        )
        for item, scores, ends_of in rugs:
            heights = np.tile(ends_of, len(scores))
            item.setData(np.repeat(scores, 2), heights, pen=pen(theme().quiet), connect="pairs")

    def _draw_map(self, name: str, found: CalibrationMap | None, is_line: bool) -> None:
        line, dots = self._lines[name], self._dots[name]
        line.setVisible(found is not None and is_line)
        dots.setVisible(found is not None and not is_line)
        if found is None:
            return
        style, thick, _ = line_style(list(CALIBRATORS).index(name))
        if is_line:
            colour = theme().calibrated
            made = pen(colour, 2.4) if found.chosen else pen(colour, thick, style)
            line.setData(found.x, found.p, pen=made)
        else:
            symbol = "o" if found.chosen else "+"
            colour = theme().calibrated if found.chosen else theme().quiet
            dots.setData(x=found.x, y=found.p, symbol=symbol, pen=None, brush=brush(colour))
            if not found.chosen:
                dots.setPen(pen(colour))

    def _axis(self, scene: MapsScene) -> str:
        if isinstance(scene.judged, int):
            return self.tr("score: logit of {0}").format(scene.classes[scene.judged])
        return self.tr("score: logit of the class decided")

    def _words(self, scene: MapsScene) -> str:
        data = self.tr("Points: frequency in groups of the rows fitted on ({0}).").format(
            self.tr(FITTING_ROWS[scene.fitted_on].label)
        )
        lines = [f"<span style='color:{theme().quiet}; font-size:small'>{data}</span>"]
        if not scene.maps:
            lines.append(self.tr("Choose a calibrator above, or tick several to compare."))
        for it in scene.maps:
            sample = "—" if it.chosen else line_style(list(CALIBRATORS).index(it.name))[2]
            head = f"<span style='color:{theme().calibrated}'>{sample} {escape(it.label)}</span>"
            lines.append(f"{head} {escape(it.problem)}".rstrip())
            if it.degenerate:
                told = escape(it.degenerate)
                lines.append(f"<span style='color:{theme().warning}'>{told}</span>")
            if it.meanings:
                lines.append(meanings_html(it.meanings))
        return "<br>".join(lines)
