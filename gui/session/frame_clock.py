"""The frame clock: decides what is repainted when, so that each frame is on screen before the next.

It owns every timer for drawing. Sixty times a second it lets new results in; what belongs to every
frame is drawn at once, one other panel in the time that is left, and texts ten times a second.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from weakref import WeakKeyDictionary

from PySide6.QtCore import QObject, Qt, QTimer, Signal

FRAME_SECONDS = 0.016
TEXT_SECONDS = 0.1
SETTLE_SECONDS = 0.12  # without a change, after which panels are drawn carefully
LATE_SECONDS = 0.0005  # a delay that nobody notices
URGENT = 2.0  # what has waited twice its interval is drawn even where it makes a frame late
LONG_SECONDS = 0.003  # if computing a scene takes longer, drawing it waits for the next frame
COST_DECAY = 0.1  # how much of a fall in measured time lowers the estimate; a rise counts in full
IDLE_PHASE = (0.7, 0.8)  # of a frame: painted already, and some time before the next
BURST_SECONDS = 0.008  # of training, where there are no frames to go by


class Drawable(Protocol):
    """What the clock draws: a panel, or in tests anything of this form.

    Attributes
    ----------
    frames_between : int
        While training it is drawn at every n-th frame at most. At 1 it belongs to every frame.
    share : float
        The most of the window's processor time that it may take while training; one that needs
        more is drawn less often.
    settles : bool
        Whether it is drawn once more, carefully, when nothing has changed for a moment.
    is_stale : bool
        Whether something has changed since the last `prepare`.
    """

    frames_between: int
    share: float
    settles: bool
    is_stale: bool

    def objectName(self) -> str:
        """Return its name."""

    def is_seen(self) -> bool:
        """Return whether any of it is on screen."""

    def prepare(self, carefully: bool) -> None:
        """Compute what is to be drawn; it is then no longer stale."""

    def present(self) -> None:
        """Draw what was computed last."""

    def write(self) -> None:
        """Update its texts."""


@dataclass(slots=True)
class _Record:
    """What the clock knows of one drawable."""

    is_requested: bool = False
    is_prepared: bool = False
    frame: float = -math.inf  # in which it was presented last
    frames_between: int = 1
    prepare_seconds: float = 0.0


class FrameClock(QObject):
    """Decides when panels are drawn and texts are written.

    While nothing trains, all that is requested is drawn at once. While training goes on, a frame
    draws what belongs to every frame; once that is on screen, the clock runs the request that has
    waited longest among those that fit into the rest of the frame. How long each takes is measured.

    Parameters
    ----------
    clock : callable
        Returns seconds.
    cpu_clock : callable
        Returns seconds of the processor's time that this thread has taken.

    Attributes
    ----------
    is_training : bool
        Whether new states come in by themselves; see `set_training`.

    Signals
    -------
    ticked : ()
        A frame's time has come: whoever has something new takes it over and calls `begin_frame`.
    frame_begun : ()
        Everything has changed: whoever shows it calls `request`.
    text_due : ()
        Texts are to be updated: at every frame, but while training at most ten times a second.
    """

    ticked = Signal()
    frame_begun = Signal()
    text_due = Signal()

    def __init__(
        self,
        parent: QObject | None = None,
        clock: Callable[[], float] = time.perf_counter,
        cpu_clock: Callable[[], float] = time.thread_time,
    ) -> None:
        super().__init__(parent)
        self.is_training = False
        self._clock, self._cpu_clock = clock, cpu_clock
        self._tick_times = (-math.inf, -math.inf)  # the last but one, the last
        self._frame = 0
        self._records: WeakKeyDictionary[Drawable, _Record] = WeakKeyDictionary()
        self._unsettled: list[Drawable] = []
        self._text_is_requested = False
        self._text_time = -math.inf
        self._costs: dict[str, float] = {}  # seconds from the beginning until it is painted
        self._running: tuple[str, float] | None = None
        self._ticks = QTimer(self, interval=_milliseconds(FRAME_SECONDS))
        self._ticks.setTimerType(Qt.TimerType.PreciseTimer)
        self._ticks.timeout.connect(self.tick)
        # a timer of 0 milliseconds runs out once all that was drawn before has been painted
        self._rest_of_frame = QTimer(self, singleShot=True, interval=0)
        self._rest_of_frame.timeout.connect(self.run_next)
        self._painted = QTimer(self, singleShot=True, interval=0)
        self._painted.timeout.connect(self.frame_shown)
        self._settle = QTimer(self, singleShot=True)
        self._settle.timeout.connect(self._settle_next)

    # time

    @property
    def is_running(self) -> bool:
        """Whether it ticks."""
        return self._ticks.isActive()

    @property
    def tick_time(self) -> float:
        """When the last tick began, in seconds of `clock`."""
        return self._tick_times[1]

    def start(self) -> None:
        """Tick sixty times a second from now on."""
        self._ticks.start()

    def stop(self) -> None:
        """Tick and draw no longer by itself."""
        for timer in (self._ticks, self._rest_of_frame, self._painted, self._settle):
            timer.stop()

    def set_training(self, training: bool) -> None:
        """Share out the frames from now on, or where training has ended, draw all that is due."""
        if training == self.is_training:
            return
        self.is_training = training
        self._unsettled.clear()
        if not training:
            self.begin_frame()

    def tick(self) -> None:
        """Let new results in, and plan the rest of the frame."""
        if self._rest_of_frame.isActive():  # no time was left after the last frame
            self.run_next()
        self._tick_times = (self.tick_time, self._clock())
        self._frame += 1
        self.ticked.emit()
        if self.is_training:
            self._rest_of_frame.start()

    # frames

    def begin_frame(self) -> None:
        """Have everything drawn that shows the state, now or in turn, and the texts written."""
        self._text_is_requested = True
        self.frame_begun.emit()
        if not self.is_training:
            self._write_texts()

    def request(self, drawable: Drawable) -> None:
        """Have something drawn: at once, but while training in turn unless it is in every frame.

        What is not seen is not drawn; it stays stale.
        """
        if not drawable.is_seen():
            self._withdraw(drawable)
        elif not self.is_training:
            self.draw_now(drawable)
        elif self.frames_between(drawable) > 1:
            self._record(drawable).is_requested = True
        else:
            self._prepare(drawable)
            self._present(drawable)

    def draw_now(self, drawable: Drawable, carefully: bool = False) -> None:
        """Draw something with its texts, whoever else is waiting."""
        self._prepare(drawable, carefully)
        self._present(drawable, carefully)
        drawable.write()
        if drawable.settles and not carefully and self.is_running and not self.is_training:
            if drawable not in self._unsettled:
                self._unsettled.append(drawable)
            self._settle.start(_milliseconds(SETTLE_SECONDS))

    def run_next(self) -> None:
        """Write the texts if they are due; else run the longest-waiting request that still fits."""
        self._rest_of_frame.stop()
        waited = (self._clock() - self._text_time) / TEXT_SECONDS
        if self._text_is_requested and waited >= 1.0 and self._fits("texts", waited):
            self._run("texts", self._write_texts)
        elif (drawable := self._longest_waiting()) is not None:
            do = self._present if self._record(drawable).is_prepared else self._draw_in_turn
            self._run(self._part(drawable), lambda: do(drawable))

    def frame_shown(self) -> None:
        """Update the estimated cost of what ran last, now that it has been painted."""
        if self._running is not None:
            (part, began), self._running = self._running, None
            seconds, before = self._clock() - began, self._costs.get(part, 0.0)
            self._costs[part] = max(seconds, before + COST_DECAY * (seconds - before))

    def frames_between(self, drawable: Drawable) -> int:
        """Return at which of the frames something is drawn while training: every n-th."""
        return max(drawable.frames_between, self._record(drawable).frames_between)

    def forget(self, drawable: Drawable | None) -> None:
        """Draw something no longer: it is being destroyed."""
        if drawable is not None:
            self._records.pop(drawable, None)
            self._unsettled = [other for other in self._unsettled if other is not drawable]

    # the training thread's questions

    def is_idle(self) -> bool:
        """Return whether the window needs no GIL: the frame is painted, or there are no frames.

        While both threads want it they keep each other waiting, and a frame comes late.
        """
        phase = self._phase()
        return phase is None or phase % 1.0 >= IDLE_PHASE[0]

    def burst_seconds(self) -> float:
        """Return how long to train from now on, so as to end while the window is idle."""
        phase = self._phase()
        if phase is None:
            return BURST_SECONDS
        left = (IDLE_PHASE[1] - phase) % 1.0 * FRAME_SECONDS
        left += FRAME_SECONDS if left < BURST_SECONDS / 4.0 else 0.0  # too short to be worth it
        return left if left < 1.25 * BURST_SECONDS else left / 2.0  # each frame finds a new state

    # inside

    def _record(self, drawable: Drawable) -> _Record:
        return self._records.setdefault(drawable, _Record())

    def _withdraw(self, drawable: Drawable) -> None:
        """Give up drawing something that is not seen."""
        record = self._record(drawable)
        drawable.is_stale |= record.is_prepared
        record.is_requested = record.is_prepared = False

    def _prepare(self, drawable: Drawable, carefully: bool = False) -> None:
        record, began = self._record(drawable), self._cpu_clock()
        record.is_requested = False
        drawable.prepare(carefully)
        record.is_prepared = True
        record.prepare_seconds = self._cpu_clock() - began

    def _present(self, drawable: Drawable, carefully: bool = False) -> None:
        record, began = self._record(drawable), self._cpu_clock()
        record.is_prepared, record.frame = False, self._frame
        drawable.present()
        if not carefully:  # which takes longer than it will while training
            seconds = record.prepare_seconds + self._cpu_clock() - began
            record.frames_between = math.ceil(seconds / (drawable.share * FRAME_SECONDS))

    def _draw_in_turn(self, drawable: Drawable) -> None:
        """Compute and draw; where computing alone fills a frame's rest, draw in another frame."""
        is_long = self._record(drawable).prepare_seconds > LONG_SECONDS
        self._prepare(drawable)
        if not is_long:
            self._present(drawable)

    def _longest_waiting(self) -> Drawable | None:
        """Return what has waited longest, in times of its interval, of what fits and is seen."""
        found, longest = None, 1.0
        for drawable, record in list(self._records.items()):
            if not (record.is_requested or record.is_prepared):
                continue
            if not drawable.is_seen():
                self._withdraw(drawable)
                continue
            waited = (self._frame - record.frame) / self.frames_between(drawable)
            if waited >= longest and self._fits(self._part(drawable), waited):
                found, longest = drawable, math.nextafter(waited, math.inf)
        return found

    def _part(self, drawable: Drawable) -> str:
        """Return the name of what is to be done next for something, by which its cost is known."""
        part = "present" if self._record(drawable).is_prepared else "prepare"
        return f"{drawable.objectName()}.{part}"

    def _fits(self, part: str, waited: float) -> bool:
        """Return whether something is painted before the next frame, or must wait no longer."""
        left = self.tick_time + FRAME_SECONDS + LATE_SECONDS - self._clock()
        return waited >= URGENT or self._costs.get(part, 0.0) <= left

    def _run(self, part: str, do: Callable[[], None]) -> None:
        self._running = part, self._clock()
        self._painted.start()
        do()

    def _write_texts(self) -> None:
        self._text_is_requested = False
        self._text_time = self._clock()
        self.text_due.emit()

    def _settle_next(self) -> None:
        """Draw one more carefully; the window lives on between one and the next."""
        if not self._unsettled:
            return
        drawable = self._unsettled.pop(0)
        if self._unsettled:
            self._settle.start(0)
        if drawable.is_seen():
            self.draw_now(drawable, carefully=True)

    def _phase(self) -> float | None:
        """Return the frames' lengths since the last tick; None where ticks do not come steadily."""
        before, last = self._tick_times  # one attribute, since the training thread asks too
        elapsed = (self._clock() - last) / FRAME_SECONDS
        is_steady = elapsed < 3.0 and last - before > FRAME_SECONDS / 2.0
        return elapsed if is_steady else None


def _milliseconds(seconds: float) -> int:
    return round(1000.0 * seconds)
