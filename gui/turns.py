"""Who draws at a frame: few enough that it is on screen before the next."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal


class Turns(QObject):
    """Lets one of those that need not draw at every frame draw at each: who has waited longest.

    Signals
    -------
    asked : ()
        A frame is drawn; who wants a turn beside it says so with `want`.

    Examples
    --------
    >>> turns, drawn = Turns(), []
    >>> _ = turns.asked.connect(lambda: turns.want(2.0, lambda: drawn.append("late")))
    >>> _ = turns.asked.connect(lambda: turns.want(1.0, lambda: drawn.append("early")))
    >>> turns.ask()
    >>> drawn
    []
    >>> turns.give()
    >>> drawn
    ['late']
    """

    asked = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._longest = 0.0
        self._draw: Callable[[], object] | None = None

    def ask(self) -> None:
        """Ask everyone anew."""
        self._longest, self._draw = 0.0, None
        self.asked.emit()

    def want(self, waited: float, draw: Callable[[], object]) -> None:
        """Ask for the turn of this frame, having waited so long."""
        if waited > self._longest:
            self._longest, self._draw = waited, draw

    def give(self) -> None:
        """Let draw who has waited longest, if anyone wants to."""
        draw, self._draw = self._draw, None
        if draw is not None:
            draw()
