"""Calibrators, their parameters, maps and priors."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from gui.panels.panel import Panel, PanelRecord
from gui.session.session import Session


def _make(session: Session, parent: QWidget | None) -> Panel:
    from gui.panels.calibrators.calibrators_panel import CalibratorsPanel

    return CalibratorsPanel(session, parent)


PANEL = PanelRecord("calibrators", "Calibrators", _make, 100)
