"""What the plotted panels share: they follow the theme, and take more care once nothing moves."""

from __future__ import annotations

import math
import time
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.panel import Panel
from gui.session.pacing import FRAME_SECONDS
from gui.session.session import Session
from gui.style.theme import themes

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
