"""A panel draws one scene; a hidden one costs nothing.

What the plotted panels share: they follow the theme, and take more care once nothing moves.
"""

from __future__ import annotations

import math
import time
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QPoint, QRect, QTimer
from PySide6.QtGui import QPalette, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.experiment.view import View
from gui.session.pacing import FRAME_SECONDS
from gui.session.session import Session
from gui.style.theme import themes

DESCRIPTION_SECONDS = 0.3
LONG_SECONDS = 0.003  # of computing, with which no drawing shares a turn


class Panel(QWidget):
    """A view of the session: `compute` gives a frozen scene, `draw` puts it on screen.

    The panel refreshes itself on the session's signals: at once, but while training goes on at
    every `frames_between`-th frame, and then in turn with others, so that no frame draws them all;
    what takes long to compute is drawn in the next turn. While the panel is hidden it only
    remembers that it is stale.

    Attributes
    ----------
    scene : object
        The last scene drawn.
    """

    frames_between = 1

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.scene: Any = None
        self._is_stale = True
        self._frames = 0
        self._compute_seconds = 0.0
        self._undrawn: Any = None
        self._described = -math.inf
        session.turns.asked.connect(self._on_frame)
        session.text_due.connect(self._on_glance)
        session.run_changed.connect(self._on_change)
        session.view_changed.connect(self._on_view_changed)

    @abstractmethod
    def compute(self) -> Any:
        """Return the scene for the session's present state."""

    def compute_next(self) -> Any:
        """Return the scene to draw next: by default what `compute` returns.

        A panel that may draw parts of its last scene again, to save time while training, passes
        that scene to its `compute` here; the scene's fields then say what lags. `compute` without
        arguments never does so.
        """
        return self.compute()

    @abstractmethod
    def draw(self, scene: Any) -> None:
        """Draw a scene."""

    def read(self, scene: Any) -> None:
        """Write what is read rather than watched; while training ten times a second, not sixty."""

    def describe(self, scene: Any) -> str:
        """Return one sentence that says what the scene shows, for screen readers."""
        return ""

    def refresh(self) -> None:
        """Compute and draw, if it can be seen; otherwise remember that it must be done."""
        if not self.is_seen():
            self._is_stale, self._undrawn = True, None
            return
        self._show(self._timed_scene())

    def is_seen(self) -> bool:
        """Tell whether any of it is on screen; behind a tab it is visible to Qt, but unseen."""
        if not self.isVisible():
            return False
        place = QRect(self.mapTo(self.window(), QPoint(0, 0)), self.size())
        return self.window().rect().intersects(place)

    def catch_up(self) -> None:
        """Draw what was missed while unseen."""
        if self._is_stale:
            self._on_change()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what was missed while hidden."""
        super().showEvent(event)
        self.catch_up()

    def _on_view_changed(self, old: View, new: View) -> None:
        if new.differs_for(self.objectName().removeprefix("panel."), old):
            self._on_change()

    def _on_change(self) -> None:
        self.refresh()
        self._on_glance()

    def _on_frame(self) -> None:
        self._frames += 1
        if self.frames_between == 1 or not self.session.is_playing:
            self.refresh()
        elif self._frames >= self.frames_between and self.is_seen():
            waited = self._frames / self.frames_between
            part = "compute" if self._undrawn is None else "draw"
            self.session.turns.want(waited, self._take_turn, f"{self.objectName()}.{part}")

    def _take_turn(self) -> None:
        """Compute and draw, or if computing alone fills a turn, one of the two."""
        if self._undrawn is not None:
            self._show(self._undrawn)
        elif self._compute_seconds > LONG_SECONDS and self.is_seen():
            self._undrawn = self._timed_scene()
        else:
            self.refresh()

    def _timed_scene(self) -> Any:
        began = time.thread_time()  # not what others took of the processor
        scene = self.compute_next()
        self._compute_seconds = time.thread_time() - began
        return scene

    def _show(self, scene: Any) -> None:
        self._is_stale, self._undrawn = False, None
        self._frames = 0
        self.scene = scene
        self.draw(scene)
        if not self.session.is_playing:
            self.read(scene)
        self._describe_now_and_then()

    def _on_glance(self) -> None:
        if self.scene is not None and self.session.is_playing and self.is_seen():
            self.read(self.scene)

    def _describe_now_and_then(self) -> None:
        """Say what is shown: at once, but while training goes on a few times a second."""
        now = time.monotonic()
        if not self.session.is_playing or now - self._described >= DESCRIPTION_SECONDS:
            self._described = now
            self.setAccessibleDescription(self.describe(self.scene))


@dataclass(frozen=True, slots=True)
class PanelRecord:
    """A kind of panel; each folder of panels holds one, named ``PANEL``.

    Attributes
    ----------
    name, title : str
    make : callable
        (session, parent) -> panel.
    order : int
        Its place in the View menu: the smaller, the higher.
    """

    name: str
    title: str
    make: Callable[[Session, QWidget | None], Panel]
    order: int


CALM_MILLISECONDS = 120


class PlottedPanel(Panel):
    """A panel on paper that is drawn again when the theme changes.

    Attributes
    ----------
    settles : bool
        Whether the panel draws once more, carefully, a moment after the last change while no
        training goes on; `is_calm` then holds while it computes.
    share : float
        The most of the window's time that the panel takes while training: a panel that needs more
        is drawn less often.
    """

    settles = False
    share = 0.15

    def __init__(self, name: str, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.setObjectName(f"panel.{name}")
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        self.is_calm = False
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(CALM_MILLISECONDS)
        self._settle.timeout.connect(self._draw_calmly)
        session.playing_changed.connect(self._on_playing)
        themes().changed.connect(self._on_theme)

    def refresh(self) -> None:
        """Draw at once, and carefully once nothing has moved for a moment."""
        self.is_calm = False
        super().refresh()
        session = self.session
        if self.settles and self.is_seen() and session.is_awake and not session.is_playing:
            self._settle.start()

    def stack(self) -> QVBoxLayout:
        """Return a layout without margins for the panel's parts, one under the other."""
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        return layout

    def _show(self, scene: Any) -> None:
        began = time.thread_time()
        super()._show(scene)
        seconds = self._compute_seconds + time.thread_time() - began
        frames = math.ceil(seconds / (self.share * FRAME_SECONDS))
        if not self.is_calm:  # which takes longer than it will while training
            self.frames_between = max(type(self).frames_between, frames)

    def _draw_calmly(self) -> None:
        if self.is_seen() and not self.session.is_playing:
            self.is_calm = True
            super().refresh()

    def _on_playing(self, playing: bool) -> None:
        if playing:
            self._settle.stop()
            self.is_calm = False
        else:
            self.refresh()

    def _on_theme(self) -> None:
        if self.scene is not None and self.is_seen():
            self.draw(self.scene)
            self.read(self.scene)
        else:
            self._is_stale = True
