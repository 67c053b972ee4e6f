"""A panel shows one scene of the session; a hidden one costs nothing."""

from __future__ import annotations

import weakref
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QPalette, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.experiment.view import View
from gui.session.session import Session
from gui.style.theme import themes


class Panel(QWidget):
    """A view of the session: `compute` gives a frozen scene, `draw` puts it on screen.

    The panel says what it shows, how costly that is (`frames_between`, `share`, `settles`) and
    whether it is stale; the session's frame clock decides when it is drawn. What the user does is
    shown at once. While the panel is hidden it only stays stale, and is drawn when it is shown.

    Attributes
    ----------
    scene : object
        The last scene drawn.
    is_stale : bool
        Whether something has changed since the scene was computed.
    is_calm : bool
        Whether the scene is, or is being, computed carefully: nothing trains or changes.
    frames_between : int
        While training, it is drawn at every n-th frame at most.
    share : float
        The most of the window's time that it takes while training: one that needs more is drawn
        less often.
    settles : bool
        Whether it is drawn once more, carefully, a moment after the last change.
    """

    frames_between = 1
    share = 0.15
    settles = False

    def __init__(self, name: str, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"panel.{name}")
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        self.session = session
        self.scene: Any = None
        self.is_stale = True
        self.is_calm = False
        self._prepared: Any = None
        frames, itself = session.frame_clock, weakref.ref(self)
        self.destroyed.connect(lambda: frames.forget(itself()))
        frames.frame_begun.connect(self._on_frame_begun)
        frames.text_due.connect(self._on_text_due)
        session.run_changed.connect(self.refresh)
        session.view_changed.connect(self._on_view_changed)
        themes().changed.connect(self._on_theme)

    # what it shows

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
        """Update the texts from a scene: while training ten times a second, not sixty."""

    def describe(self, scene: Any) -> str:
        """Return one sentence that says what the scene shows, for screen readers."""
        return ""

    def follows_state(self) -> bool:
        """Return whether the scene depends on the state that is looked at, as it is set now."""
        return True

    def before_view(self, old: View, new: View) -> None:
        """Prepare to show another view: called before the panel is drawn for it."""

    # when

    def refresh(self) -> None:
        """Compute and draw, if it can be seen; otherwise remember that it must be done."""
        self.is_stale = True
        if self.is_seen():
            self.session.frame_clock.draw_now(self)

    def catch_up(self) -> None:
        """Draw what was missed while unseen."""
        if self.is_stale:
            self.refresh()

    def is_seen(self) -> bool:
        """Tell whether any of it is on screen; behind a tab it is visible to Qt, but unseen."""
        if not self.isVisible():
            return False
        place = QRect(self.mapTo(self.window(), QPoint(0, 0)), self.size())
        return self.window().rect().intersects(place)

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what was missed while hidden."""
        super().showEvent(event)
        self.catch_up()

    # what the frame clock asks

    def prepare(self, carefully: bool) -> None:
        """Compute the scene that `present` draws."""
        self.is_calm = carefully
        self.is_stale = False
        self._prepared = self.compute_next()

    def present(self) -> None:
        """Draw the scene that was computed last."""
        self.scene, self._prepared = self._prepared, None
        self.draw(self.scene)

    def write(self) -> None:
        """Update the texts and the accessible description, which a screen reader reads."""
        self.read(self.scene)
        self.setAccessibleDescription(self.describe(self.scene))

    # for panels

    def stack(self) -> QVBoxLayout:
        """Return a layout without margins for the panel's parts, one under the other."""
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        return layout

    def _on_frame_begun(self) -> None:
        if self.follows_state():
            self.is_stale = True
            self.session.frame_clock.request(self)

    def _on_text_due(self) -> None:
        # while nothing trains, texts are written with each drawing
        if self.session.frame_clock.is_training and self.scene is not None and self.is_seen():
            self.write()

    def _on_view_changed(self, old: View, new: View) -> None:
        self.before_view(old, new)
        if new.differs_for(self.objectName().removeprefix("panel."), old):
            self.refresh()

    def _on_theme(self) -> None:
        if self.scene is not None and self.is_seen():
            self.draw(self.scene)
            self.read(self.scene)
        else:
            self.is_stale = True


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
