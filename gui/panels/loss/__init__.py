"""The curves of loss and other recorded figures."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from gui.panels.panel import Panel, PanelRecord
from gui.session.session import Session


def _make(session: Session, parent: QWidget | None) -> Panel:
    from gui.panels.loss.loss_panel import LossPanel

    return LossPanel(session, parent)


PANEL = PanelRecord("loss", "Loss", _make, 20)
