"""The rows, with what the network says of each."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from gui.panels.panel import Panel, PanelRecord
from gui.session.session import Session


def _make(session: Session, parent: QWidget | None) -> Panel:
    from gui.panels.rows.rows_panel import RowsPanel

    return RowsPanel(session, parent)


PANEL = PanelRecord("rows", "Rows", _make, 50)
