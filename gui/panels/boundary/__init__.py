"""The decision boundary, and the painting on it."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from gui.panels.panel import Panel, PanelRecord
from gui.session.session import Session


def _make(session: Session, parent: QWidget | None) -> Panel:
    from gui.panels.boundary.boundary_panel import BoundaryPanel

    return BoundaryPanel(session, parent)


PANEL = PanelRecord("boundary", "Decision boundary", _make, 10)
