"""The painting tool in hand, and the size and density of its brush."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from core.data.painted import Tool

MOST_CLASSES = 8
SIZES = (4, 100)  # of the brush's radius, in pixels
SIZE_STEP = 1.25
DENSITIES = (5, 300)  # points a second


class Brushes(QObject):
    """Holds which tool is in hand.

    Signals
    -------
    changed : ()

    Attributes
    ----------
    tool : str
        A key of `core.data.painted.TOOLS`.
    size : int
        The brush's radius in pixels.
    density : int
        Points a second that the airbrush sprays.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.tool = "pen"
        self.size = 14
        self.density = 60

    @property
    def record(self) -> Tool:
        """What the tool in hand does."""
        from core.data.painted import TOOLS  # few starts paint

        return TOOLS[self.tool]

    def choose(self, tool: str) -> None:
        """Take another tool."""
        from core.data.painted import TOOLS

        self.tool = TOOLS[tool].name
        self.changed.emit()

    def resize(self, size: float) -> None:
        """Take a larger or smaller brush; its radius in pixels."""
        self.size = round(min(max(size, SIZES[0]), SIZES[1]))
        self.changed.emit()

    def set_density(self, density: int) -> None:
        """Spray more or fewer points a second."""
        self.density = density
        self.changed.emit()
