"""Painting on the boundary: tools act on a sheet of points that the model learns from, live."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent

from core.base.arrays import SPLITS
from core.base.errors import UserError
from core.data.gallery import PAINTED
from core.experiment.experiment import Experiment
from core.experiment.view_knobs import PAINT_CLASSES, PAINT_SIZE
from core.explain.planes import Limits
from gui.panels.boundary.painting.paint_sheet import (
    MOST_CLASSES,
    PaintStroke,
    Sheet,
    around,
    limits_of,
    points_to_paint,
    why_no_points,
)
from gui.plot.canvas import PlotCanvas
from gui.session.session import Session

if TYPE_CHECKING:
    from core.data.painted import Points, Stroke, Tool


BLANK: Limits = (-1.0, 1.0, -1.0, 1.0)
TICK_MILLISECONDS = 16
SIZE_STEP = 1.25


class Painter(QObject):
    """What is painted; it listens to the mouse while painting goes on.

    Which tool paints, how large and which class, is in the session's view. Points go into the
    experiment as they are painted, at most once a frame. Too few of them to learn from stay on a
    local sheet, and the run before waits, paused.

    Signals
    -------
    changed : ()
        The sheet, or whether painting goes on.
    moved : ()
        The mouse, and the brush with it.

    Attributes
    ----------
    is_on : bool
    offer : str
        Why there is nothing to paint on but a blank sheet; empty where there is.
    sheet : Sheet
    limits : (x low, x high, y low, y high) or None
        What the plot spans; fixed while painting goes on, None while not.
    place : (x, y) or None
        Where the mouse is in the plot.
    """

    changed = Signal()
    moved = Signal()

    def __init__(self, session: Session, plot: PlotCanvas) -> None:
        super().__init__(plot)
        self.session = session
        self.plot = plot
        self.is_on = False
        self.offer = ""
        self.sheet = Sheet(session.experiment, ())
        self.limits: Limits | None = None
        self.place: tuple[float, float] | None = None
        self._resumes = False
        self._is_mine = False
        self._stroke: Stroke | None = None
        self._token = object()
        self._strokes = 0
        self._ticks = 0
        self._rests_until = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MILLISECONDS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        session.experiment_changed.connect(self._on_experiment)

    # the mode

    @property
    def is_painting(self) -> bool:
        """Whether the mouse paints."""
        return self.is_on and not self.offer

    @property
    def is_local(self) -> bool:
        """Whether a sheet that cannot be learnt from yet covers the plot."""
        return self.is_painting and self.sheet.is_local

    @property
    def n_classes(self) -> int:
        """How many classes the palette offers."""
        used = max((k for _, _, k in self.sheet.points), default=0) + 1
        return max(used, self.session.view.paint_classes)

    def turn(self, on: bool) -> None:
        """Begin or end painting."""
        if on and not self.is_on:
            self.start()
        elif not on:
            self.stop()

    def start(self) -> None:
        """Paint on the present data set's points, or offer a blank sheet where it has none."""
        self.session.set_view("paint_classes", PAINT_CLASSES.default)
        points = points_to_paint(self.session.run)
        self.offer = "" if points else why_no_points(self.session.run.dataset)
        if points:
            self.sheet = Sheet(self.session.experiment, points)
            self._begin()
            self.limits = limits_of(self.session)
        self.is_on = True
        self._after_change()

    def start_blank(self) -> None:
        """Begin a blank sheet; the present run waits until there is something to learn."""
        if self.is_painting:
            blank = replace(self.sheet, points=(), is_local=True, is_new=True)
            self._exchange(blank, self.tr("new sheet"), object())
            return
        self.session.set_view("paint_classes", PAINT_CLASSES.default)
        self.offer, self.is_on = "", True
        self._begin()
        self.limits = BLANK
        self._use(Sheet(self.session.experiment, (), is_local=True, is_new=True))

    def stop(self) -> None:
        """End painting; a sheet that could not be learnt from is left, and the run goes on."""
        if not self.is_on:
            return
        self._finish()
        was_local = self.is_local
        self.is_on, self.offer, self.limits, self.place = False, "", None, None
        self.plot.viewport().removeEventFilter(self)
        self.plot.viewport().unsetCursor()
        if was_local and self._resumes:
            self.session.play()
        self._after_change()

    @property
    def pending(self) -> Points:
        """The points that the stroke has added and the model has not seen yet."""
        if self._stroke is None or self.tool.name not in {"pen", "airbrush"}:
            return ()
        return self._stroke.points[len(self.sheet.points) :]

    # the tools

    @property
    def tool(self) -> Tool:
        """The tool in hand."""
        from core.data.painted import TOOLS  # few starts paint

        return TOOLS[self.session.view.paint_tool]

    @property
    def size(self) -> int:
        """The brush's radius in pixels."""
        return self.session.view.paint_size

    @property
    def painted_class(self) -> int:
        """The class painted: the one chosen, as far as it is offered."""
        return min(self.session.view.paint_class, self.n_classes - 1)

    def resize(self, size: float) -> None:
        """Take a larger or smaller brush; its radius in pixels."""
        size = min(max(round(size), PAINT_SIZE.low), PAINT_SIZE.high)
        self.session.set_view("paint_size", size)

    def choose_class(self, k: int) -> None:
        """Paint another of the classes offered."""
        if 0 <= k < self.n_classes:
            self.session.set_view("paint_class", k)

    def add_class(self) -> None:
        """Offer one class more and paint it."""
        n_classes = min(self.n_classes + 1, MOST_CLASSES)
        self.session.set_view("paint_classes", n_classes)
        self.choose_class(n_classes - 1)

    # the mouse

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Paint with the mouse, and keep it from selecting and reading meanwhile."""
        if not isinstance(event, QMouseEvent):
            if event.type() == QEvent.Type.Leave:
                self.place = None
                self.moved.emit()
            return False
        place, is_inside = self._place(event.position())
        self.place = place if is_inside or self._stroke else None
        is_left = event.button() == Qt.MouseButton.LeftButton
        pressed = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick)
        if event.type() in pressed and is_left and is_inside:
            self._press(*place)
        elif event.type() == QEvent.Type.MouseMove and self._stroke is not None:
            self._stroke = self.tool.drag(self._stroke, *place)
        elif event.type() == QEvent.Type.MouseButtonRelease and is_left:
            self._finish()
        self.moved.emit()
        return True

    def _place(self, position: QPointF) -> tuple[tuple[float, float], bool]:
        """Return where a position lies in the plot, at most at its edge, and if it is inside."""
        here = self.plot.scene_to_plot(position)
        (left, right), (low, high) = self.plot.box.viewRange()
        x, y = min(max(here.x(), left), right), min(max(here.y(), low), high)
        return (x, y), (x, y) == (here.x(), here.y())

    def _press(self, x: float, y: float) -> None:
        from core.data.painted import Brush, Stroke

        self._finish()
        self._strokes += 1
        self._token, self._ticks = object(), 0
        width, height = self.plot.pixel_size()
        density = float(self.session.view.paint_density)
        brush = Brush(self.painted_class, self.size * width, self.size * height, density)
        begun = Stroke(self.sheet.points, brush, x, y, seed=self._strokes)
        self._stroke = self.tool.press(begun, x, y)
        self._timer.start()
        self._flush()

    def _tick(self) -> None:
        from core.data.painted import TICKS_A_SECOND

        self._ticks += 1
        every = max(round(1000 / TICKS_A_SECOND / TICK_MILLISECONDS), 1)
        if self._stroke is not None and self.place is not None and self._ticks % every == 0:
            self._stroke = self.tool.hold(self._stroke, *self.place)
            self.moved.emit()
        if time.perf_counter() >= self._rests_until:
            self._flush()

    def _flush(self) -> None:
        """Let the model see what the stroke has painted; then rest half as long as that took."""
        if self._stroke is not None and self._stroke.points != self.sheet.points:
            began = time.perf_counter()
            after = self.sheet.repainted(self._stroke.points)
            self._exchange(after, self.tr(self.tool.label), self._token)
            now = time.perf_counter()
            self._rests_until = now + 0.5 * (now - began)

    def _finish(self) -> None:
        self._flush()
        self._cancel()

    def _cancel(self) -> None:
        self._stroke = None
        self._timer.stop()

    # the sheet

    def _exchange(self, after: Sheet, text: str, stroke: object) -> None:
        """Put another sheet in place, undoably."""
        before = self.sheet
        try:
            self._use(after)
        except UserError as error:
            self._cancel()
            self.session.failed.emit(error)
            return
        stack = self.session.undo_stack
        stack.push(PaintStroke(self._use_again, before, after, text, stroke))

    def _use_again(self, sheet: Sheet) -> None:
        """Put a sheet in place by undo or redo, taking it out again where it was left."""
        self._cancel()
        if sheet.is_local and not self.is_painting:
            self.is_on, self.offer = True, ""
            self._begin()
            self.limits = BLANK
        try:
            self._use(sheet)
        except UserError as error:
            self.session.failed.emit(error)

    def _use(self, sheet: Sheet) -> None:
        was_local = self.sheet.is_local
        afresh = was_local != sheet.is_local and (self.sheet.is_new or sheet.is_new)
        self._is_mine = True
        try:
            self.session.put(sheet.experiment, afresh)
        finally:
            self._is_mine = False
        self.sheet = sheet
        if sheet.is_local and self.session.is_playing:
            self._resumes = True
            self.session.pause()
        elif was_local and not sheet.is_local and self._resumes:
            self._resumes = False
            self.session.play()
        self._after_change()

    def _begin(self) -> None:
        session = self.session
        self._resumes = False
        session.set_view("shown", SPLITS)
        session.set_view("x_axis", 0)
        session.set_view("y_axis", 1)
        self.plot.fit()
        self.plot.left.emit()
        self.plot.viewport().installEventFilter(self)
        self.plot.viewport().setCursor(Qt.CursorShape.CrossCursor)

    def _after_change(self) -> None:
        if self.limits is not None and self.sheet.points:
            self.limits = around(self.limits, self.sheet.points)
        self.changed.emit()

    def _on_experiment(self, old: Experiment, new: Experiment) -> None:
        """Follow what was changed elsewhere."""
        if self._is_mine or not self.is_on:
            return
        self._cancel()
        if self.offer or (self.sheet.is_local and old.data != new.data):
            self.stop()
        elif self.sheet.is_local:
            self.sheet = replace(self.sheet, experiment=new)
        elif points := points_to_paint(self.session.run):
            self.sheet = Sheet(new, points)
            if new.data.source != PAINTED.name and old.data != new.data:
                self.limits = limits_of(self.session)
            self._after_change()
        else:
            self.stop()
