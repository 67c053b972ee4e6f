"""Slow work in worker threads, of which only the latest request of a kind counts; and garbage.

Python's garbage collector runs in whatever thread happens to allocate. It would then destroy a
widget in a reference cycle in the training thread, which Qt forbids and which can deadlock: the
destructor takes one of Qt's locks and waits for the GIL, while the window's thread, which holds the
GIL, waits for that lock. So garbage is collected in the window's thread alone.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal

MAX_WORKERS = 3  # so that quick work need not wait for slow work
MAX_POOLS = 4  # of so many workers each, where earlier ones are kept by work that nobody wants
COLLECT_MILLISECONDS = 100


class Opening:
    """A file that is being read in the background: how far, and whether it is still wanted."""

    def __init__(self, is_wanted: Callable[[], bool]) -> None:
        self.is_wanted = is_wanted
        self.fraction = 0.0

    def progress(self, fraction: float) -> bool:
        """Note how much is read; return whether to go on."""
        self.fraction = fraction
        return self.is_wanted()


class Background(QObject):
    """Runs functions in worker threads and hands their results back in the window's thread.

    Each request has a kind; a later request of the same kind supersedes the earlier, whose result
    is dropped by its generation number.
    """

    _finished = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pools = [_new_pool()]
        self._working: dict[Future[Any], tuple[str, int]] = {}
        self._generations: dict[str, int] = {}
        self._is_closed = False
        self._finished.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        kind: str,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        """Do the work in the background; then `done(result)` or `failed(error)` here.

        After `close` nothing is done.
        """
        if self._is_closed:
            return
        generation = self._generations.get(kind, 0) + 1
        self._generations[kind] = generation
        self._leave_unwanted_work()
        future = self._pools[-1].submit(work)
        self._working[future] = kind, generation
        future.add_done_callback(
            lambda ended: self._finished.emit((kind, generation, ended, done, failed))
        )

    def cancel(self, kind: str) -> None:
        """Forget the present request of a kind."""
        self._generations[kind] = self._generations.get(kind, 0) + 1

    def next_is_wanted(self, kind: str) -> Callable[[], bool]:
        """Return a function that tells whether the next request is still wanted, for any thread.

        It is, until it is superseded or cancelled; slow work that asks now and then can stop early.
        """
        generation = self._generations.get(kind, 0) + 1
        return lambda: self.is_latest(kind, generation)

    def is_latest(self, kind: str, generation: int) -> bool:
        """Tell whether a request has not been superseded."""
        return self._generations.get(kind) == generation

    def close(self) -> None:
        """Cancel what has not begun, and wait for what runs; results are dropped."""
        self._is_closed = True
        for kind in self._generations:
            self.cancel(kind)
        for pool in self._pools:
            pool.shutdown(wait=True, cancel_futures=True)

    def _leave_unwanted_work(self) -> None:
        """Go on with new workers where superseded work, which has not ended yet, keeps them all.

        Such work holds what it read at most until its next look at whether it is wanted.
        """
        for future in [future for future in self._working if future.done()]:
            del self._working[future]
        unwanted = [f for f, request in self._working.items() if not self.is_latest(*request)]
        if len(unwanted) >= MAX_WORKERS * len(self._pools) and len(self._pools) < MAX_POOLS:
            for future in unwanted:
                future.cancel()  # those that wait for their turn
            self._pools.append(_new_pool())

    def _deliver(self, finished: tuple[str, int, Future[Any], Any, Any]) -> None:
        kind, generation, future, done, failed = finished
        if future.cancelled() or not self.is_latest(kind, generation):
            return
        error = future.exception()
        if error is not None:
            failed(error)
        else:
            done(future.result())


def _new_pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(MAX_WORKERS, thread_name_prefix="background")


def collect_here_alone(parent: QObject) -> None:
    """Replace Python's automatic garbage collection by a timer, for as long as `parent` lives."""
    gc.disable()
    timer = QTimer(parent)
    timer.timeout.connect(collect_what_is_due)
    timer.start(COLLECT_MILLISECONDS)


def collect_what_is_due() -> None:
    """Collect the generations whose counts have passed Python's own thresholds, in this thread."""
    due = [
        generation
        for generation, (count, threshold) in enumerate(
            zip(gc.get_count(), gc.get_threshold(), strict=True)
        )
        if 0 < threshold < count
    ]
    if due:
        gc.collect(due[-1])
