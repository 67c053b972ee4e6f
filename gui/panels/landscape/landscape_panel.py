"""The loss surface: contours of the training loss, the optimiser's path and how the loss curves."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QElapsedTimer
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QWidget

from core.base.errors import UserError
from core.experiment.view_knobs import LANDSCAPE_SEED, LANDSCAPE_ZOOM
from core.explain.loss_surface import (
    FINEST,
    LossSurface,
    PlaneChoice,
    chosen_plane,
    is_affordable,
    loss_surface,
    pair_of,
    plane_through,
)
from core.scenes.landscape_scene import (
    LandscapeScene,
    height_at,
    landscape_scene,
    path_of,
)
from core.training.problem import Problem, TrainState
from gui.panels.landscape.landscape_plot import LandscapePlot
from gui.panels.landscape.landscape_text import (
    axis_name,
    curvature_note,
    legend,
    moved_message,
    parameter_names,
    reading,
)
from gui.panels.panel import Panel
from gui.panels.view_controls import view_choice
from gui.session.session import Session
from gui.style.number_text import format_number
from gui.widgets.controls import ComboBox, note, row
from gui.widgets.layouts import StableLabel

LIVE_FINEST = 25
LIVE_PAUSE = 1000  # milliseconds between two surfaces while training goes on
ZOOM = 1.5
KIND = "landscape"  # of work in the background
RATE = "training.learning_rate"  # the knob on whose slider the stable rate is marked


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What a surface was asked for: a problem, a state, a plane, and how fine."""

    problem: Problem
    state: TrainState
    choice: PlaneChoice
    finest: int


class LandscapePanel(Panel):
    """Draws the loss over two weights or a random plane; the surface comes from the background."""

    frames_between = 3
    settles = True

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("landscape", session, parent)
        self.surface: LossSurface | None = None
        self._asked: Asked | None = None
        self._is_working = False
        self._since = QElapsedTimer()
        self._since.start()
        self._problem = ""
        self._names: list[tuple[str, object]] = []
        self._named_for: object = None
        self.plot = LandscapePlot(self)
        self.plot.setAccessibleName(self.tr("Loss surface; the arrow keys move the weights"))
        self.says = note("landscape.note")
        self.reading = note("landscape.reading")
        self._mouse: tuple[float, float] | None = None
        layout = self.stack()
        layout.addLayout(self._header())
        layout.addWidget(self._pair_row())
        layout.addWidget(self.plot, 1)
        layout.addWidget(StableLabel(self.reading))
        layout.addWidget(self.says)
        self.plot.moved.connect(self.move_to)
        self.plot.clicked.connect(self.jump_to)
        self.plot.hovered.connect(self._on_hovered)
        self.plot.left.connect(self._on_left)

    def compute(self) -> LandscapeScene:
        """Return the last surface with the present point and path; ask for a newer one."""
        self._ask()
        session = self.session
        return landscape_scene(session.run, session.state, self.surface)

    def draw(self, scene: LandscapeScene) -> None:
        """Draw the surface, path, point and what they mean."""
        self._show_choice()
        self.plot.show_scene(scene)
        self._label(scene)
        rate = scene.stable_rate
        self.session.set_mark(RATE, rate if math.isfinite(rate) else math.nan)
        self._read(scene)
        text = self._problem or curvature_note(scene, self.session.run)
        if text != self.says.text():
            self.says.setText(text)

    def describe(self, scene: LandscapeScene) -> str:
        """Say the condition number and the largest stable learning rate."""
        if scene.surface is None:
            return self.tr("The loss surface is being computed.")
        return self.tr("Condition number {0}; the largest stable learning rate is {1}.").format(
            format_number(scene.surface.condition), format_number(scene.stable_rate)
        )

    @property
    def choice(self) -> PlaneChoice:
        """The plane that the view asks for."""
        return chosen_plane(self.session.view, self.session.run.architecture)

    def jump_to(self, x: float, y: float) -> None:
        """Move the weights to where the plot was clicked, and say so: it is an edit like others."""
        before = self.session.state
        loss = self.scene.loss if self.scene is not None else math.nan
        surface = self.surface
        self.move_to(x, y)
        if surface is not None and self.session.state is not before and not self._problem:
            self.session.message.emit(moved_message(loss, height_at(surface, x, y)))

    def move_to(self, x: float, y: float, drag: object = None) -> None:
        """Give the parameters the values at a point of the plane."""
        surface, run = self.surface, self.session.run
        if surface is None or surface.architecture is not run.architecture:
            return
        plane = plane_through(run.architecture, self.session.state.parameters, surface.choice)
        if plane.kind == "random":
            plane = surface.plane
        places = plane.indices
        try:
            self._problem = ""
            values = plane.parameters(np.array([x, y]))[places]
            self.session.set_parameters(places, values, drag)
        except UserError as error:
            self._problem = str(error)
            self.refresh()

    def _on_hovered(self, x: float, y: float) -> None:
        self._mouse = (x, y)
        if self.scene is not None:
            self._read(self.scene)

    def _on_left(self) -> None:
        self._mouse = None
        if self.scene is not None:
            self._read(self.scene)

    def _read(self, scene: LandscapeScene) -> None:
        """Write the loss under the mouse, or what is drawn."""
        if scene.surface is None:
            text = ""
        else:
            text = reading(scene, *self._mouse) if self._mouse is not None else legend(scene)
        if text != self.reading.text():
            self.reading.setText(text)

    def hideEvent(self, event: QHideEvent) -> None:
        """Drop what is under way."""
        super().hideEvent(event)
        self._asked, self._is_working = None, False
        self.session.background.cancel(KIND)
        self.session.set_mark(RATE, math.nan)

    def _header(self) -> QHBoxLayout:
        self.kind = view_choice(self.session, "landscape_plane")
        self.another = self._button(
            "view.landscape_seed", self.tr("Another"), self.tr("Draw other random directions")
        )
        self.another.clicked.connect(self._draw_another)
        self.closer = self._button("landscape.closer", "+", self.tr("Look at less of the plane"))
        self.farther = self._button("landscape.farther", "−", self.tr("Look at more of the plane"))
        self.closer.clicked.connect(lambda: self._zoom(1.0 / ZOOM))
        self.farther.clicked.connect(lambda: self._zoom(ZOOM))
        self.kind.setMinimumContentsLength(12)
        return row(self.kind, self.another, None, self.farther, self.closer)

    def _pair_row(self) -> QWidget:
        self.axes: tuple[ComboBox, ...] = (
            view_choice(self.session, "landscape_first"),
            view_choice(self.session, "landscape_second"),
        )
        for box in self.axes:
            box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.pair = QWidget(self)
        self.pair.setLayout(row(*self.axes))
        return self.pair

    def _draw_another(self) -> None:
        seed = (self.session.view.landscape_seed + 1) % (LANDSCAPE_SEED.high + 1)
        self.session.set_view("landscape_seed", seed)

    def _button(self, name: str, text: str, help_text: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName(name)
        button.setText(text)
        button.setToolTip(help_text)
        button.setAccessibleName(help_text)
        return button

    def _zoom(self, factor: float) -> None:
        zoom = self.session.view.landscape_zoom * factor
        zoom = min(max(zoom, LANDSCAPE_ZOOM.low), LANDSCAPE_ZOOM.high)
        self.session.set_view("landscape_zoom", zoom)

    def _show_choice(self) -> None:
        run = self.session.run
        key = (run.architecture, run.prepared.inputs, run.prepared.classes)
        if key != self._named_for:
            self._named_for = key
            self._names = parameter_names(run)
            for box in self.axes:
                box.offer(self._names)
        is_pair = self.choice.kind == "pair"
        self.kind.show_value(self.choice.kind)
        for box, place in zip(self.axes, self._pair(), strict=True):
            box.show_value(place)
        self.pair.setVisible(is_pair)
        self.another.setVisible(not is_pair)

    def _pair(self) -> tuple[int, int]:
        return pair_of(self.choice, self.session.run.architecture.n_parameters)

    def _label(self, scene: LandscapeScene) -> None:
        chosen = scene.surface.choice if scene.surface else self.choice
        if chosen.kind == "random":
            labels = (self.tr("first direction"), self.tr("second direction"))
        else:
            pair = pair_of(chosen, self.session.run.architecture.n_parameters)
            labels = (axis_name(self._names, pair[0]), axis_name(self._names, pair[1]))
        self.plot.label("bottom", labels[0])
        self.plot.label("left", labels[1])

    def _ask(self) -> None:
        """Have a surface made where the present one is of something else or too old."""
        session = self.session
        run, state = session.run, session.state
        chosen = self.choice
        finest = FINEST if self.is_calm else LIVE_FINEST
        asked = Asked(run.history.problem, state, chosen, finest)
        if self._is_enough(asked) or not is_affordable(run.architecture):
            return
        self._asked, self._is_working = asked, True
        wanted = session.background.next_is_wanted(KIND)
        plane = plane_through(run.architecture, state.parameters, chosen)
        path = path_of(run.history, plane, state.step)

        def work() -> LossSurface | None:
            return loss_surface(run, state, path, chosen, finest, wanted)

        session.background.run(KIND, work, self._use, self._fail)

    def _is_enough(self, asked: Asked) -> bool:
        """Tell whether what was asked for last still serves."""
        had = self._asked
        if had is None or had.choice != asked.choice:
            return False
        if had.problem.architecture is not asked.problem.architecture:
            return False
        if had.problem is asked.problem and had.state is asked.state:
            return had.finest >= asked.finest
        if self.is_calm:
            return False
        return self._is_working or self._since.elapsed() < LIVE_PAUSE

    def _use(self, surface: LossSurface | None) -> None:
        self._is_working = False
        self._since.start()
        if surface is None or surface.architecture is not self.session.run.architecture:
            return
        self.surface = surface
        if self.isVisible():
            self.scene = landscape_scene(self.session.run, self.session.state, surface)
            self.draw(self.scene)
            self.setAccessibleDescription(self.describe(self.scene))

    def _fail(self, error: BaseException) -> None:
        self._is_working = False
        self.session.failed.emit(error)
