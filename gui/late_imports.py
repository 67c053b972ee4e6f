"""What the first frame does without is imported after it, beside the window."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from gui.panel import Panel

if TYPE_CHECKING:
    from gui.window import Window

KIND = "late imports"
LAST = "scipy.optimize"  # where this is imported, all is


def import_scipy() -> None:
    """Import the parts of scipy that are used, which takes about as long as a start without it."""
    import scipy.optimize
    import scipy.special  # noqa: F401


def import_late(window: Window) -> None:
    """Import scipy in the background; then let the panels draw what could not be drawn before."""
    if LAST in sys.modules:
        return
    session = window.session

    def draw_again(_: object) -> None:
        for dock in window.fittings.docks.values():
            if isinstance(panel := dock.widget(), Panel):
                panel.refresh()

    session.background.run(KIND, import_scipy, draw_again, session.failed.emit)
