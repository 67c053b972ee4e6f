"""The loss panel: recorded metrics of each part against step or epoch, legend and read-out."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QPen, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolButton, QWidget

from core.experiment.view import View
from core.run.history import History
from core.scenes.loss_scene import EditMark, Line, LossScene, loss_scene
from core.training.recorded_metrics import drawn_metrics
from gui.panels.panel import Panel
from gui.panels.panel_text import tr, weighted_text
from gui.panels.view_controls import view_choice, view_toggle
from gui.plot.axes import log_ticks, short_name, spread, stepped
from gui.plot.canvas import Curve, PlotCanvas, curve
from gui.plot.layers import Word, WordsLayer
from gui.session.session import Session
from gui.style.number_text import format_number
from gui.style.palette import Theme
from gui.style.theme import DASHED, SOLID, pen, theme
from gui.widgets.controls import note, row, show_checked, toggle, without_checked
from gui.widgets.layouts import StableLabel

MOST_GHOST_LINES = 15
MOST_EDITS = 40
BOTTOM_AXIS = 32
WIDEST = 130  # the list of figures
LABEL_PIXELS = 64.0  # right of the lines' ends, for their names
MOST_LABEL_SHARE = 0.4  # of the width
TOP_SHARE = 0.13  # of the height that the lines take, above them
NAME_SHIFT = 4.0
SMALL = 0.85  # of the font, for the names of earlier runs
LEAST_NAME = 90.0  # pixels that an earlier run's line needs before its name
MOST_LETTERS = 28
HALF_WORD = 16.0  # pixels
LABEL_HEIGHT = 13.0  # pixels that two labels keep apart


class LossPanel(Panel):
    """Draws a chosen figure of each part against epochs or steps."""

    frames_between = 3

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("loss", session, parent)
        self.plot = PlotCanvas("loss.plot", self)
        self.plot.setAccessibleName(self.tr("Curves"))
        self.plot.axis("bottom").setHeight(BOTTOM_AXIS)
        self.reading = note("curves.reading", wraps=False)
        self.turned = note("curves.turned")
        self.turned.hide()
        self._turned_in: History | None = None
        self._build_controls()
        self._build_items()
        layout = self.stack()
        layout.addLayout(
            row(self.metric_box, None, self.by_step, self.log_x, self.log_y, self.smooth, spacing=2)
        )
        layout.addWidget(self._ghost_row)
        layout.addWidget(self.plot, 1)
        layout.addWidget(StableLabel(self.reading))
        layout.addWidget(self.turned)
        self._mouse: float | None = None
        self.plot.hovered.connect(self._on_hovered)
        self.plot.left.connect(self._on_left)

    def compute(self) -> LossScene:
        """Return the scene of the recorded figures."""
        session = self.session
        return loss_scene(session.run, session.ghosts, session.view, session.state.step)

    def draw(self, scene: LossScene) -> None:
        """Draw the lines, their names at their ends, and the marks of what happened."""
        self._show_controls()
        self._set_axes(scene)
        chosen = theme()
        self._show_ghosts(scene)
        ghosts = [line for ghost in scene.ghosts for line in ghost.lines][:MOST_GHOST_LINES]
        self._draw_lines(self._ghosts, (1.0, 0.0), ghosts, scene, [pen(chosen.band)] * len(ghosts))
        faint = bool(scene.smoothed)
        pens = [_line_pen(chosen, line.split, faint) for line in scene.lines]
        self._draw_lines(self._raw, (4.0, -0.5), scene.lines, scene, pens)
        pens = [_line_pen(chosen, line.split) for line in scene.smoothed]
        self._draw_lines(self._smooth, (7.0, -0.5), scene.smoothed, scene, pens)
        self._draw_marks(scene)
        self._draw_labels(scene)

    def read(self, scene: LossScene) -> None:
        """Write the present figures, or those under the mouse."""
        self._read(scene)

    def describe(self, scene: LossScene) -> str:
        """Say the present figure of each part."""
        values = ", ".join(
            f"{line.split} {format_number(line.last, decimals=3)}".strip() for line in scene.lines
        )
        if not values:
            return self.tr("No figures are recorded yet.")
        unit = self.tr("epochs") if scene.by_epoch else self.tr("steps")
        text = self.tr("{0} after {1} {2}: {3}.").format(
            metric_name(scene), format_number(_end(scene)), unit, values
        )
        named = [ghost.name for ghost in scene.ghosts if ghost.name]
        if named:
            text += " " + self.tr("Earlier runs: {0}.").format("; ".join(named))
        return text

    def _build_controls(self) -> None:
        session = self.session
        metrics = [
            (short_name(tr(record.label)), record.name) for record in drawn_metrics().values()
        ]
        self.metric_box = view_choice(session, "metric", metrics, WIDEST)
        self.by_step = toggle(
            "view.by_epoch",
            self.tr("Steps"),
            self.tr("Count steps in place of epochs"),
            lambda on: session.set_view("by_epoch", not on),
        )
        self.log_x = view_toggle(session, "log_steps")
        self.log_y = view_toggle(session, "log_metric")
        self.smooth = view_toggle(session, "smoothed")
        self.ghosts = view_toggle(session, "ghosts")
        self.clear = QToolButton()
        self.clear.setObjectName("curves.clear_ghosts")
        self.clear.setText(self.tr("Clear"))
        self.clear.setToolTip(self.tr("Forget the earlier runs"))
        self.clear.setAccessibleName(self.tr("Forget the earlier runs"))
        self.clear.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.clear.clicked.connect(without_checked(session.clear_ghosts))
        self.ghosts_said = QLabel()
        self.ghosts_said.setObjectName("curves.ghosts")
        self.ghosts_said.setProperty("quiet", True)
        self.ghosts_said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._ghost_row = QWidget()
        line = row(self.ghosts, self.ghosts_said, self.clear, spacing=2)
        line.setStretch(1, 1)
        self._ghost_row.setLayout(line)
        self._ghost_row.hide()

    def _build_items(self) -> None:
        self._ghosts: list[Curve] = []
        self._raw: list[Curve] = []
        self._smooth: list[Curve] = []
        self._edits = curve(self.plot, 2, connect="pairs")
        self._best, self._now, self._turn = (curve(self.plot, depth) for depth in (2, 8, 2))
        self._names = WordsLayer(self.plot, 9)
        self._ghost_names = WordsLayer(self.plot, 8.5, SMALL)
        self._marked: dict[Curve, tuple[object, ...]] = {}

    def _show_controls(self) -> None:
        view = self.session.view
        self.metric_box.show_value(view.metric)
        show_checked(self.by_step, not view.by_epoch)
        show_checked(self.log_x, view.log_steps)
        show_checked(self.log_y, view.log_metric)
        show_checked(self.smooth, view.smoothed)

    def _set_axes(self, scene: LossScene) -> None:
        unit = f", {scene.metric.unit}" if scene.metric.unit else ""
        self.plot.label("left", metric_name(scene) + unit)
        self.plot.label("bottom", self.tr("epoch") if scene.by_epoch else self.tr("step"))
        x_range = (scene.x_range[0], stepped(scene.x_range[1]))
        box = self.plot.box
        width = max(box.width(), 1.0)
        share = min(LABEL_PIXELS / width, MOST_LABEL_SHARE)
        for side, ends, is_log, pixels in (
            ("bottom", x_range, scene.log_x, width * (1.0 - share)),
            ("left", scene.y_range, scene.log_y, box.height() / (1.0 + TOP_SHARE)),
        ):
            ticks = log_ticks(*ends, pixels, side == "left") if is_log else ()
            self.plot.ticks(side, ticks)
        x_low, x_high = (place_on(x, scene.log_x) for x in x_range)
        y_low, y_high = (place_on(y, scene.log_y) for y in scene.y_range)
        room = share / (1.0 - share) * (x_high - x_low)
        top = TOP_SHARE * (y_high - y_low)
        self.plot.set_limits(x_low, x_high + room, y_low, y_high + top)

    def _draw_lines(
        self,
        items: list[Curve],
        depths: tuple[float, float],
        lines: Sequence[Line],
        scene: LossScene,
        pens: list[QPen],
    ) -> None:
        """Draw lines, with more items where there are too few: of the first's depth, and a step."""
        first, step = depths
        items += [curve(self.plot, first + step * k) for k in range(len(items), len(lines))]
        for k, item in enumerate(items):
            item.setVisible(k < len(lines))
            if k < len(lines):
                x = np.log10(lines[k].x) if scene.log_x else lines[k].x
                y = np.log10(lines[k].y) if scene.log_y else lines[k].y
                item.setData(x, y, pen=pens[k])

    def _draw_marks(self, scene: LossScene) -> None:
        chosen = theme()
        edits = [e.place for e in scene.edits if e.place > 0.0 or not scene.log_x][-MOST_EDITS:]
        self._mark(self._edits, edits, chosen.warning, scene)
        self._mark(self._best, [scene.best], chosen.accent, scene)
        self._mark(self._now, [scene.now], chosen.ink, scene)
        self._mark(self._turn, [scene.turn], chosen.warning, scene)

    def _mark(self, item: Curve, places: list[float], colour: str, scene: LossScene) -> None:
        """Draw upright lines at places, where they have changed."""
        present = (tuple(places), colour, scene.y_range, scene.log_x, scene.log_y)
        if self._marked.get(item) == present:
            return
        self._marked[item] = present
        seen = [x for x in places if math.isfinite(x) and (x > 0.0 or not scene.log_x)]
        item.setVisible(bool(seen))
        ends = [place_on(y, scene.log_y) for y in scene.y_range]
        at = np.repeat([place_on(x, scene.log_x) for x in seen], 2)
        item.setData(at, np.tile(ends, len(seen)), pen=pen(colour), connect="pairs")

    def _draw_labels(self, scene: LossScene) -> None:
        """Name the lines at their ends, apart from each other, and the best place at its top."""
        lines = [line for line in scene.smoothed or scene.lines if line.split]
        height = self.plot.pixel_size()[1]
        ends = [place_on(float(line.y[-1]), scene.log_y) for line in lines]
        low, high = (place_on(y, scene.log_y) for y in scene.y_range)
        places = spread(ends, LABEL_HEIGHT * height, low + LABEL_HEIGHT / 2.0 * height)
        x = place_on(_end(scene), scene.log_x)
        words = [
            Word(
                self.tr(line.split),
                x,
                place,
                _line_pen(theme(), line.split).color().name(),
                across=0.0,
                shift=NAME_SHIFT,
            )
            for line, place in zip(lines, places, strict=True)
        ]
        if self._best.isVisible():
            best = place_on(scene.best, scene.log_x)
            wide = self.plot.pixel_size()[0]
            is_first = (best - place_on(scene.x_range[0], scene.log_x)) / wide < HALF_WORD
            across = 0.0 if is_first else 0.5  # not beyond the axis
            words.append(Word(self.tr("best"), best, high, theme().accent, across, up=0.1))
        self._names.show_words(words)

    def _show_ghosts(self, scene: LossScene) -> None:
        """Offer to hide and to clear earlier runs where there are some, and name those drawn."""
        self._ghost_row.setVisible(bool(self.session.ghosts))
        show_checked(self.ghosts, self.session.view.ghosts)
        named = [(ghost.name or self.tr("the same again"), ghost) for ghost in scene.ghosts]
        text = "; ".join(name for name, _ in named)
        self.ghosts_said.setText(text)
        self.ghosts_said.setToolTip(text)
        x_low, x_high = (place_on(x, scene.log_x) for x in scene.x_range)
        y_low, y_high = (place_on(y, scene.log_y) for y in scene.y_range)
        wide, high = self.plot.pixel_size()
        ends = []
        for name, ghost in named:
            line = next((it for it in ghost.lines if it.split == "validation"), ghost.lines[-1])
            x = np.log10(line.x) if scene.log_x else line.x
            y = np.log10(line.y) if scene.log_y else line.y
            seen = np.flatnonzero((x >= x_low) & (x <= x_high) & (y >= y_low) & (y <= y_high))
            if len(seen):
                ends.append((float(y[seen[-1]]), float(x[seen[-1]]), name))
        ends.sort()
        places = spread([it[0] for it in ends], LABEL_HEIGHT * high, y_low + LABEL_HEIGHT * high)
        words = [
            Word(_short(name), x, y, theme().quiet, across=1.0, up=0.0, shift=-NAME_SHIFT)
            for (_, x, name), y in zip(ends, places, strict=True)
            if (x - x_low) / max(wide, 1e-300) > LEAST_NAME
        ]
        self._ghost_names.show_words(words)

    def _read(self, scene: LossScene) -> None:
        self._read_turn(scene)
        width = self.plot.pixel_size()[0]
        text = reading_at(scene, self._mouse, width) if self._mouse is not None else ""
        self.reading.setText(text or legend(scene))

    def _read_turn(self, scene: LossScene) -> None:
        """Say where the log loss turned; the line's room stays while the same run goes on."""
        history = self.session.run.history
        has_turned = math.isfinite(scene.turn)
        if has_turned:
            self._turned_in = history
        keeps_room = self.session.is_playing and self._turned_in is history
        self.turned.setVisible(has_turned or keeps_room)
        where = self.tr("epoch {0}") if scene.by_epoch else self.tr("step {0}")
        place = where.format(format_number(round(scene.turn, 1))) if has_turned else ""
        self.turned.setText(f"{place}: {turn_words()}" if has_turned else "&nbsp;")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the lines' names their room again."""
        super().resizeEvent(event)
        if self.scene is not None and self.isVisible():
            self.draw(self.scene)

    def before_view(self, old: View, new: View) -> None:
        """Forget where the mouse was on another axis."""
        if (old.log_steps, old.by_epoch) != (new.log_steps, new.by_epoch):
            self._mouse = None

    def _on_hovered(self, x: float, y: float) -> None:
        self._mouse = x
        if self.scene is not None:
            self._read(self.scene)

    def _on_left(self) -> None:
        self._mouse = None
        if self.scene is not None:
            self._read(self.scene)


def _line_pen(chosen: Theme, split: str, faint: bool = False) -> QPen:
    colours = {"validation": chosen.accent, "MCB": chosen.error, "DSC": chosen.calibrated}
    colour = colours.get(split, chosen.raw if split == "UNC" else chosen.ink)
    if faint:
        return pen(chosen.line, style=DASHED if split == "test" else SOLID)
    return pen(colour, style=DASHED if split == "test" else SOLID)


def _end(scene: LossScene) -> float:
    return max((float(line.x[-1]) for line in scene.lines), default=scene.x_range[1])


NEAR_PIXELS = 4.0


def place_on(value: float, is_log: bool) -> float:
    """Return where a value lies on an axis."""
    return math.log10(value) if is_log else value


def legend(scene: LossScene) -> str:
    """Return the present figure of each line."""
    values = " &nbsp; ".join(
        f"{line.split} <b>{format_number(line.last, decimals=3)}</b>".strip()
        for line in scene.lines
    )
    said = weighted_text(scene.weighted_by)
    end = f" &nbsp; <span style='color:{theme().quiet}'>{said}</span>" if said else ""
    return (
        values + end if values else tr("Press play: the figures appear here as the model learns.")
    )


def metric_name(scene: LossScene) -> str:
    """Return what the figure drawn is called; a Brier score says of what it is."""
    name = tr(scene.metric.label)
    if not scene.brier_is_summed:
        return name
    if scene.metric.name == "brier":
        return tr("{0}, summed over classes").format(name)
    is_part = scene.metric.name in ("mcb", "dsc", "unc", "decomposition")
    return tr("{0} of the confidence").format(name) if is_part else name


def _short(name: str) -> str:
    return name if len(name) <= MOST_LETTERS else f"{name[: MOST_LETTERS - 1]}…"


def reading_at(scene: LossScene, mouse: float, pixel: float) -> str:
    """Return what is at a place of the horizontal axis, a pixel being so wide there; "" if nothing.

    An edit or the turn within a few pixels comes before the figures.
    """
    for edit in scene.edits:
        if abs(place_on(max(edit.place, 1e-9), scene.log_x) - mouse) < NEAR_PIXELS * pixel:
            return _edit_words(edit)
    if abs(place_on(max(scene.turn, 1e-9), scene.log_x) - mouse) < NEAR_PIXELS * pixel:
        return turn_words()
    x = 10.0**mouse if scene.log_x else mouse
    values = [
        f"{line.split} <b>{format_number(value, decimals=3)}</b>".strip()
        for line in scene.lines
        if line.x[0] <= x <= line.x[-1]
        for value in (float(np.interp(x, line.x, line.y)),)
    ]
    where = tr("epoch {0}") if scene.by_epoch else tr("step {0}")
    return (
        f"{where.format(format_number(round(x, 1)))}: {' &nbsp; '.join(values)}" if values else ""
    )


def turn_words() -> str:
    """Say what the mark at the turn means."""
    text = tr("log loss turned here; accuracy did not")
    return f"<span style='color:{theme().warning}'>{text}</span>"


def _edit_words(edit: EditMark) -> str:
    changes = ", ".join(
        f"{tr(label)} {_word(old)} → <b>{_word(new)}</b>" for label, old, new in edit.changes
    )
    if edit.by_hand:
        return changes or tr("A parameter was set by hand here.")
    return changes or tr("The data changed here.")


def _word(value: object) -> str:
    return format_number(value) if isinstance(value, float) else str(value)
