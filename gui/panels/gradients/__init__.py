"""The gradient of one row, step by step through the chain rule."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from gui.panels.panel import Panel, PanelRecord
from gui.session.session import Session


def _make(session: Session, parent: QWidget | None) -> Panel:
    from gui.panels.gradients.gradients_panel import GradientsPanel

    return GradientsPanel(session, parent)


PANEL = PanelRecord("gradients", "Gradients", _make, 120)
