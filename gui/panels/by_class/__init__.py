"""Reliability, a tile for each class."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from gui.panels.panel import Panel, PanelRecord
from gui.session.session import Session


def _make(session: Session, parent: QWidget | None) -> Panel:
    from gui.panels.by_class.by_class_panel import ByClassPanel

    return ByClassPanel(session, parent)


PANEL = PanelRecord("by_class", "By class", _make, 80)
