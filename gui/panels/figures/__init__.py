"""The table of figures and the confusion matrix."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from gui.panels.panel import Panel, PanelRecord
from gui.session.session import Session


def _make(session: Session, parent: QWidget | None) -> Panel:
    from gui.panels.figures.figures_panel import FiguresPanel

    return FiguresPanel(session, parent)


PANEL = PanelRecord("figures", "Figures", _make, 40)
