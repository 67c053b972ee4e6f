"""Who draws at a frame: few enough that it is on screen before the next."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from gui.session.pacing import FRAME_SECONDS

LATE_SECONDS = 0.0005  # that no one notices
URGENT = 2.0  # having waited twice as long as it should, it is drawn even where it is late
FORGETTING = 0.1  # of what a turn cost, at each that costs less


class _Wish(NamedTuple):
    waited: float
    draw: Callable[[], object]
    what: str


class FrameClock(QObject):
    """Lets one of those that need not draw at every frame draw at each: who has waited longest.

    A turn that takes longer than what is left of the frame would make the next one late: it waits
    for a frame that leaves it time, unless it has waited too long already.

    Parameters
    ----------
    clock : callable
        Returns seconds.

    Signals
    -------
    asked : ()
        A frame is drawn; who wants a turn beside it says so with `want`.

    Examples
    --------
    >>> turns, drawn = FrameClock(), []
    >>> _ = turns.asked.connect(lambda: turns.want(1.5, lambda: drawn.append("late")))
    >>> _ = turns.asked.connect(lambda: turns.want(1.0, lambda: drawn.append("early")))
    >>> turns.ask()
    >>> drawn
    []
    >>> turns.give()
    >>> drawn
    ['late']
    """

    asked = Signal()

    def __init__(
        self, parent: QObject | None = None, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        super().__init__(parent)
        self._clock = clock
        self._began = -math.inf
        self._wishes: list[_Wish] = []
        self._costs: dict[str, float] = {}
        self._given: tuple[str, float] | None = None

    def ask(self) -> None:
        """Ask everyone anew, at the beginning of a frame."""
        self._began = self._clock()
        self._wishes.clear()
        self._given = None
        self.asked.emit()

    def want(self, waited: float, draw: Callable[[], object], what: str = "") -> None:
        """Ask for the turn of this frame.

        Parameters
        ----------
        waited : float
            How long, in times of how long it should.
        draw : callable
        what : str
            A name for it, by which it is known how long it took before.
        """
        self._wishes.append(_Wish(waited, draw, what))

    def give(self) -> None:
        """Let draw who has waited longest of those for whom there is time, if anyone wants to."""
        fitting = [wish for wish in self._wishes if self.has_time(wish.what, wish.waited)]
        self._wishes.clear()
        if fitting:
            wish = max(fitting, key=lambda wish: wish.waited)
            self.take(wish.what, wish.draw)

    def take(self, what: str, draw: Callable[[], object]) -> None:
        """Let something draw now; `settle` tells when it is on screen."""
        self._given = what, self._clock()
        draw()

    def settle(self) -> None:
        """Note that what was drawn last is on screen, and so how long it takes."""
        if self._given is not None:
            (what, began), self._given = self._given, None
            seconds, before = self._clock() - began, self._costs.get(what, 0.0)
            self._costs[what] = max(seconds, before + FORGETTING * (seconds - before))

    def has_time(self, what: str, waited: float) -> bool:
        """Return whether something can be on screen before the next frame, or must not wait."""
        elapsed = self._clock() - self._began
        is_between = elapsed < 2.0 * FRAME_SECONDS  # no frame comes where none has come for long
        left = FRAME_SECONDS + LATE_SECONDS - elapsed if is_between else math.inf
        return waited >= URGENT or self._costs.get(what, 0.0) <= left
