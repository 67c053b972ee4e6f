"""The activation functions and losses, with their derivatives."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from gui.panels.panel import Panel, PanelRecord
from gui.session.session import Session


def _make(session: Session, parent: QWidget | None) -> Panel:
    from gui.panels.functions.functions_panel import FunctionsPanel

    return FunctionsPanel(session, parent)


PANEL = PanelRecord("functions", "Functions", _make, 70)
