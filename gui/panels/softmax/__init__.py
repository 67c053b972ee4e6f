"""What softmax makes of logits."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from gui.panels.panel import Panel, PanelRecord
from gui.session.session import Session


def _make(session: Session, parent: QWidget | None) -> Panel:
    from gui.panels.softmax.softmax_panel import SoftmaxPanel

    return SoftmaxPanel(session, parent)


PANEL = PanelRecord("softmax", "Softmax", _make, 110)
