"""The network, drawn."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from gui.panels.panel import Panel, PanelRecord
from gui.session.session import Session


def _make(session: Session, parent: QWidget | None) -> Panel:
    from gui.panels.network.network_panel import NetworkPanel

    return NetworkPanel(session, parent)


PANEL = PanelRecord("network", "Network", _make, 60)
