"""The loss surface around the weights."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from gui.panels.panel import Panel, PanelRecord
from gui.session.session import Session


def _make(session: Session, parent: QWidget | None) -> Panel:
    from gui.panels.landscape.landscape_panel import LandscapePanel

    return LandscapePanel(session, parent)


PANEL = PanelRecord("landscape", "Loss surface", _make, 130)
