"""The decision boundary: probabilities as colour, their contours, and the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QFontMetricsF, QPen
from PySide6.QtWidgets import QWidget

from core.base.arrays import TRAIN
from core.base.errors import UserError
from core.experiment.view import View
from core.explain.planes import MAX_BACKGROUND_ROWS
from core.explain.surface import level_labels, resolution_within
from core.scenes.boundary_scene import BoundaryScene, boundary_scene, reading_at
from gui.panels.boundary.boundary_header import BoundaryHeader
from gui.panels.boundary.boundary_text import (
    ReadOut,
    axis_label,
    plane_note,
    points_note,
    reading_html,
    unit_note,
)
from gui.panels.boundary.divergence_note import DivergenceNote
from gui.panels.boundary.painting.paint_layer import PaintLayer
from gui.panels.boundary.painting.paint_palette import painting_note
from gui.panels.boundary.painting.painter import Painter
from gui.panels.boundary.truth_layer import ErrorScale, TruthLayer
from gui.panels.panel import Panel
from gui.plot.canvas import PlotCanvas
from gui.plot.images import shade_at, smooth_images, surface_image
from gui.plot.layers import LinesLayer, PictureLayer, Word, WordsLayer
from gui.plot.points import PointLayer, nearest
from gui.session.session import Session
from gui.style.number_text import format_count, format_number, format_percent
from gui.style.theme import class_colour, pen, theme
from gui.widgets.controls import note

if TYPE_CHECKING:
    from gui.panels.boundary.painting.paint_palette import PaintPalette

LIVE_RESOLUTION, LIVE_BUDGET = 80, 5e6
CALM_RESOLUTION, CALM_BUDGET = 300, 6e7
MOST_CURVES = 16
GAP = np.full((1, 2), np.nan)  # between two lines of one curve
NEAR_PIXELS = 12.0
FRAMES_BETWEEN_RINGS = 3  # while training
SMALL = 0.8  # of the font, on contour lines


class BoundaryPanel(Panel):
    """Draws the model's probabilities over two features, coarsely while training, finely after."""

    settles = True
    share = 0.6

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("boundary", session, parent)
        self.plot = PlotCanvas("boundary.plot", self)
        self.plot.setAccessibleName(self.tr("Decision boundary"))
        smooth_images(self.plot)
        self.painter = Painter(session, self.plot)
        self.header = BoundaryHeader(session, self.painter, self)
        self.error_scale = ErrorScale(self)
        self.says = note("boundary.note")
        self.says.hide()
        self._read_out = ReadOut(self.plot)
        self.diverged = DivergenceNote(session, self.plot)
        self._build_layers()
        layout = self._layout = self.stack()
        layout.addWidget(self.header)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.error_scale)
        layout.addWidget(self.says)
        self._paints: PaintPalette | None = None
        self._mouse: tuple[float, float] | None = None
        self._problem = ""
        self._frame_of_rings = 0
        self.plot.hovered.connect(self._on_hovered)
        self.plot.left.connect(self._on_left)
        self.plot.clicked.connect(self._on_clicked)
        self.truth.known.ready.connect(self.refresh)
        self.painter.changed.connect(self._on_painted)
        self.painter.moved.connect(self._paint_layer.draw_stroke)

    @property
    def paints(self) -> PaintPalette:
        """The tools, under the header; made when something is first painted."""
        if self._paints is None:
            from gui.panels.boundary.painting.paint_palette import PaintPalette

            self._paints = PaintPalette(self.painter, self)
            self._layout.insertWidget(1, self._paints)
        return self._paints

    def compute_next(self) -> BoundaryScene:
        """Return the scene; while training its rings are new at every third frame only."""
        self._frame_of_rings = (self._frame_of_rings + 1) % FRAMES_BETWEEN_RINGS
        may_lag = self._frame_of_rings > 0 and self.session.is_playing and self.scene is not None
        return self.compute(self.scene) if may_lag else self.compute()

    def compute(self, previous: BoundaryScene | None = None) -> BoundaryScene:
        """Return the boundary's scene, as fine as there is time for.

        Parameters
        ----------
        previous : BoundaryScene, optional
            A scene whose rings around misclassified rows may be drawn again; see
            `boundary_scene`.
        """
        view = self.session.view
        try:
            self._problem = ""
            return self._scene(view, previous)
        except UserError as error:
            self._problem = str(error)
            return self._scene(view.replacing("calibrated", False), previous)

    def _scene(self, view: View, previous: BoundaryScene | None) -> BoundaryScene:
        run, state = self.session.run, self.session.state
        limits = None if self.painter.is_local else self.painter.limits
        return boundary_scene(run, state, view, *self.fineness(), limits, previous)

    def fineness(self) -> tuple[int, int]:
        """Return the resolution and the rows to average over that the moment allows."""
        run, view = self.session.run, self.session.view
        averages = view.section == "average" and run.dataset.n_features > 2
        wanted = MAX_BACKGROUND_ROWS if averages else 0
        finest = CALM_RESOLUTION if self.is_calm else LIVE_RESOLUTION
        budget = CALM_BUDGET if self.is_calm else LIVE_BUDGET
        return resolution_within(run.architecture, wanted, budget, finest)

    def draw(self, scene: BoundaryScene) -> None:
        """Draw the surface, its lines, the rows and what is held."""
        self._draw_surface(scene)
        self._draw_contours(scene)
        self.truth.draw(scene, self.is_calm)
        self.error_scale.setVisible(self.truth.shows_error and not self.painter.is_local)
        self._paint_layer.draw()
        rows = scene.rows
        trained = rows.splits == TRAIN
        self.points.draw(rows.points, rows.labels, trained, scene.wrong, scene.selected)
        self.points.light(scene.rows.points, scene.lit)

    def read(self, scene: BoundaryScene) -> None:
        """Write what is chosen, what the axes are, and what lies under the mouse."""
        self.header.show_state()
        self._label(scene)
        if self._mouse is not None:
            self._read(*self._mouse)

    def describe(self, scene: BoundaryScene) -> str:
        """Say how many of the drawn rows are on the right side."""
        right = format_percent(1.0 - float(scene.wrong.mean())) if len(scene.wrong) else "–"
        return self.tr(
            "Decision boundary of {0} at step {1}: {2} of the rows shown are decided rightly."
        ).format(self.session.run.dataset.name, format_count(scene.step), right)

    def _build_layers(self) -> None:
        self.picture = PictureLayer(self.plot, 0)
        self.lines = LinesLayer(self.plot, 5)
        self.numbers = WordsLayer(self.plot, 7, SMALL)
        self.truth = TruthLayer(self.session, self.plot)
        self.points = PointLayer(self.plot)
        self._paint_layer = PaintLayer(self.painter)

    def _draw_surface(self, scene: BoundaryScene) -> None:
        limits = self.painter.limits or scene.plane.limits
        self.plot.set_limits(*limits)
        surface = scene.surface
        self.picture.setVisible(len(surface.y) > 0)
        if len(surface.y):
            pixels = surface_image(surface.probabilities, theme(), scene.discrete, scene.threshold)
            is_fine = not self.session.is_playing
            self.picture.show_pixels(pixels, surface.x, surface.y, is_fine)

    def _draw_contours(self, scene: BoundaryScene) -> None:
        lines = self._probability_curves(scene) or self._contour_lines(scene)
        self.lines.show_lines(lines, not self.session.is_playing)
        self.numbers.show_words(self._level_words(scene) if self.is_calm else ())

    def _level_words(self, scene: BoundaryScene) -> list[Word]:
        """Return the numbers on the contour lines of two classes, where there is room for them."""
        if scene.unit is not None or scene.discrete or self.plot.is_zoomed:
            return []
        box, metrics = self.plot.box, QFontMetricsF(self.numbers.font)
        labels = level_labels(
            scene.contours,
            scene.rows.points,
            self.painter.limits or scene.plane.limits,
            (box.width(), box.height()),
            (metrics.horizontalAdvance("0.25"), metrics.height()),
        )
        return [
            Word(
                format_number(label.level),
                label.x,
                label.y,
                theme().ink,
                angle=label.angle,
                ground=shade_at(label.level, theme()),
            )
            for label in labels
        ]

    def _contour_lines(self, scene: BoundaryScene) -> list[tuple[np.ndarray, QPen]]:
        """Return the contours in two curves, the border of the decision and all others."""
        kinds: dict[str, list[np.ndarray]] = {theme().quiet: [], theme().ink: []}
        for contour in scene.contours:
            is_border = np.isnan(contour.level) or contour.level == scene.threshold
            kinds[theme().ink if is_border else theme().quiet] += [contour.lines, GAP]
        return [(np.vstack(lines), pen(ink)) for ink, lines in kinds.items() if lines]

    def _probability_curves(self, scene: BoundaryScene) -> list[tuple[np.ndarray, QPen]]:
        """Return the curves that take the surface's place where there is one feature."""
        surface = scene.surface
        if len(surface.y):
            return []
        p = surface.probabilities[0]
        shown = [1] if p.shape[1] == 2 else range(min(p.shape[1], MOST_CURVES - 1))
        curves = [(np.column_stack([surface.x, p[:, k]]), pen(class_colour(k), 2.0)) for k in shown]
        if p.shape[1] == 2:
            ends = surface.x[[0, -1]]
            level = np.full(2, scene.threshold)
            curves.append((np.column_stack([ends, level]), pen(theme().quiet)))
        return curves

    def _label(self, scene: BoundaryScene) -> None:
        self._label_axes(scene)
        run, painter = self.session.run, self.painter
        parts = [painting_note(painter)]
        if not painter.is_local:
            parts += [unit_note(scene), plane_note(run.dataset, scene), points_note(scene)]
            parts += [self.truth.note(), self._problem]
        text = " ".join(part for part in parts if part)
        if text != self.says.text():
            self.says.setText(text)
            self.says.setVisible(bool(text))

    def _label_axes(self, scene: BoundaryScene) -> None:
        if self.painter.is_local:
            for side, name in (("bottom", "x1"), ("left", "x2")):
                self.plot.label(side, name)
                self.plot.ticks(side, ())
            return
        axes = scene.plane.axes
        self.plot.label("bottom", axis_label(axes[0]))
        self.plot.ticks("bottom", axes[0].ticks)
        if len(axes) == 2:
            self.plot.label("left", axis_label(axes[1]))
            self.plot.ticks("left", axes[1].ticks)
        else:
            self.plot.label("left", probability_label(scene.classes))
            self.plot.ticks("left", [(t, format_number(t)) for t in (0.0, 0.25, 0.5, 0.75, 1.0)])

    def _on_painted(self) -> None:
        self._show_paints()
        self.refresh()

    def _on_view_changed(self, old: View, new: View) -> None:
        self._show_paints()
        super()._on_view_changed(old, new)

    def _show_paints(self) -> None:
        if self.painter.is_on or self._paints is not None:
            self.paints.show_state()

    def _on_hovered(self, x: float, y: float) -> None:
        self._mouse = (x, y)
        if self.scene is not None:
            self._read(x, y)

    def _on_left(self) -> None:
        self._mouse = None
        self._read_out.hide()

    def _on_clicked(self, x: float, y: float) -> None:
        near = self._nearest(x, y)
        row = -1 if near < 0 else int(self.scene.rows.rows[near])
        self.session.set_view("selected", -1 if row == self.session.view.selected else row)

    def _nearest(self, x: float, y: float) -> int:
        if self.scene is None:
            return -1
        return nearest(self.scene.rows.points, x, y, self.plot.pixel_size(), NEAR_PIXELS)

    def _read(self, x: float, y: float) -> None:
        session, scene = self.session, self.scene
        view = session.view if scene.calibrated else session.view.replacing("calibrated", False)
        reading = reading_at(session.run, session.state, view, x, y)
        text = reading_html(scene, reading, self._nearest(x, y))
        x_low, x_high, _, _ = scene.plane.limits
        self._read_out.show_text(text, on_left=x > (x_low + x_high) / 2.0)


def probability_label(classes: tuple[str, ...]) -> str:
    """Return what the axis of probability says."""
    return f"P(class = {classes[1]})" if len(classes) == 2 else "P(class)"
