"""What floating point does to probabilities."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from gui.panels.panel import Panel, PanelRecord
from gui.session.session import Session


def _make(session: Session, parent: QWidget | None) -> Panel:
    from gui.panels.numbers.numbers_panel import NumbersPanel

    return NumbersPanel(session, parent)


PANEL = PanelRecord("numbers", "Numbers", _make, 90)
