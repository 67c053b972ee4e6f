"""Collecting garbage in the window's thread alone.

Python searches for unreachable cycles in whatever thread happens to allocate. A cycle that holds a
widget would then be destroyed in the training thread, which Qt forbids: the destructor takes one of
Qt's locks and then waits for the interpreter, while the window's thread, which has the interpreter,
waits for that lock.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

COLLECT_MILLISECONDS = 100


def collect_here_alone(parent: QObject) -> None:
    """Take the place of Python's automatic collection from now on, for as long as `parent` is."""
    gc.disable()
    timer = QTimer(parent)
    timer.timeout.connect(collect_what_is_due)
    timer.start(COLLECT_MILLISECONDS)


def collect_what_is_due() -> None:
    """Collect the generations whose counts have passed Python's own thresholds, here and now."""
    due = [
        generation
        for generation, (count, threshold) in enumerate(
            zip(gc.get_count(), gc.get_threshold(), strict=True)
        )
        if 0 < threshold < count
    ]
    if due:
        gc.collect(due[-1])
