"""A panel draws one scene; a hidden one costs nothing."""

from __future__ import annotations

import itertools
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from core.registry import Registry
from gui.session import Session

_TURNS = itertools.count()


class Panel(QWidget):
    """A view of the session: `compute` gives a frozen scene, `draw` puts it on screen.

    The panel refreshes itself on the session's signals, every `frames_between`-th frame while
    training goes on and at once otherwise. While it is hidden it only remembers that it is stale.

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
        self._frames = next(_TURNS)  # panels take turns, so that no frame has to draw them all
        session.frame.connect(self._on_frame)
        session.run_changed.connect(self.refresh)
        session.view_changed.connect(self._on_view_changed)

    @abstractmethod
    def compute(self) -> Any:
        """Return the scene for the session's present state."""

    @abstractmethod
    def draw(self, scene: Any) -> None:
        """Draw a scene."""

    def describe(self, scene: Any) -> str:
        """Return one sentence that says what the scene shows, for screen readers."""
        return ""

    def refresh(self) -> None:
        """Compute and draw, if it can be seen; otherwise remember that it must be done."""
        if not self.is_seen():
            self._is_stale = True
            return
        self._is_stale = False
        self.scene = self.compute()
        self.draw(self.scene)
        self.setAccessibleDescription(self.describe(self.scene))

    def is_seen(self) -> bool:
        """Tell whether any of it is on screen; behind a tab it is visible to Qt, but unseen."""
        if not self.isVisible():
            return False
        place = QRect(self.mapTo(self.window(), QPoint(0, 0)), self.size())
        return self.window().rect().intersects(place)

    def catch_up(self) -> None:
        """Draw what was missed while unseen."""
        if self._is_stale:
            self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what was missed while hidden."""
        super().showEvent(event)
        self.catch_up()

    def _on_view_changed(self, old: object, new: object) -> None:
        self.refresh()

    def _on_frame(self) -> None:
        self._frames += 1
        if self._frames % self.frames_between == 0 or not self.session.is_playing:
            self.refresh()


@dataclass(frozen=True, slots=True)
class PanelRecord:
    """A kind of panel: its name, its title and how to make one.

    Attributes
    ----------
    area : {"left", "centre", "right"}
        Where the workspace "Train" puts it.
    """

    name: str
    title: str
    make: Callable[[Session], Panel]
    area: Qt.DockWidgetArea


Panels = Registry[PanelRecord]
