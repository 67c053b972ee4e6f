"""Every panel, by name; a panel's module is imported when the first one is made."""

from __future__ import annotations

from importlib import import_module

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from gui.panels.panel import Panel, PanelRecord, Panels
from gui.session.session import Session

_CENTRE = Qt.DockWidgetArea.LeftDockWidgetArea
_RIGHT = Qt.DockWidgetArea.RightDockWidgetArea


def _record(name: str, title: str, panel: str, area: Qt.DockWidgetArea) -> PanelRecord:
    def make(session: Session, parent: QWidget | None) -> Panel:
        kind = getattr(import_module(f"gui.panels.{name}.{name}_panel"), panel)
        made: Panel = kind(session, parent)
        return made

    return PanelRecord(name, title, make, area)


PANELS: Panels = Panels(
    "panel",
    [
        _record("boundary", "Decision boundary", "BoundaryPanel", _CENTRE),
        _record("loss", "Loss", "CurvesPanel", _RIGHT),
        _record("reliability", "Reliability", "ReliabilityPanel", _RIGHT),
        _record("figures", "Figures", "FiguresPanel", _RIGHT),
        _record("rows", "Rows", "RowsPanel", _CENTRE),
        _record("network", "Network", "NetworkPanel", _CENTRE),
        _record("functions", "Functions", "FunctionsPanel", _RIGHT),
        _record("by_class", "By class", "ByClassPanel", _RIGHT),
        _record("numbers", "Numbers", "NumbersPanel", _RIGHT),
        _record("calibrators", "Calibrators", "CalibratorsPanel", _RIGHT),
        _record("softmax", "Softmax", "SoftmaxPanel", _RIGHT),
        _record("gradients", "Gradients", "GradientsPanel", _RIGHT),
        _record("landscape", "Loss surface", "LandscapePanel", _CENTRE),
    ],
)
"""Every panel, in the order of the View menu."""
