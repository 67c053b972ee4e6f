"""What the first frame does without is imported after it, beside the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.base.scipy_import import import_scipy, is_scipy_postponed
from gui.panels.panel import Panel

if TYPE_CHECKING:
    from gui.window.window import Window

KIND = "late imports"


def import_late(window: Window) -> None:
    """Import scipy in the background; then let the panels draw what could not be drawn before."""
    if not is_scipy_postponed():
        return
    session = window.session

    def draw_again(_: object) -> None:
        for dock in window.fittings.docks.values():
            if isinstance(panel := dock.widget(), Panel):
                panel.refresh()

    session.background.run(KIND, import_scipy, draw_again, session.failed.emit)
