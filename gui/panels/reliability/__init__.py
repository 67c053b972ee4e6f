"""The reliability diagram."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from gui.panels.panel import Panel, PanelRecord
from gui.session.session import Session


def _make(session: Session, parent: QWidget | None) -> Panel:
    from gui.panels.reliability.reliability_panel import ReliabilityPanel

    return ReliabilityPanel(session, parent)


PANEL = PanelRecord("reliability", "Reliability", _make, 30)
