"""Thousands of live frames: nothing is lost, nothing piles up."""

import gc
import itertools
import sys
import threading

from PySide6.QtCore import QCoreApplication, QObject, QTimer

FRAMES = 3_000
EVERY = 100
PARTS = 3
SLACK = 2_000  # what a cache may let go; a binding that loses one a call loses a hundred thousand


def counts(window):
    gc.collect()
    return {
        "widgets and timers": len(window.findChildren(QObject)),
        "threads": threading.active_count(),
        "timers": sum(timer.isActive() for timer in window.session.findChildren(QTimer)),
    }


def live_frames(session, frames):
    """Deliver frames as the timer does, but without waiting for it."""
    drawn = 0
    while drawn < frames:
        step = session.run.history.latest.step
        session.frame_clock.tick()
        QCoreApplication.processEvents()
        drawn += session.run.history.latest.step != step
        if drawn % EVERY == 0:
            yield drawn


def test_three_thousand_live_frames_lose_no_reference_and_leak_nothing(
    open_window, request, monkeypatch
):
    monkeypatch.setattr("gui.session.frame_clock.BURST_SECONDS", 0.001)  # no frame waits
    window = open_window(paused=False)
    window.resize(window.minimumSizeHint())
    session = window.session
    session.play()
    warm = iter(live_frames(session, 5 * EVERY))
    for _ in warm:
        pass
    gc.collect()
    gc.freeze()  # so that the collection before each count stays cheap
    request.addfinalizer(gc.unfreeze)
    references = [sys.getrefcount(None)]
    seen = []
    for _ in range(PARTS):
        for _ in live_frames(session, FRAMES // PARTS):
            gc.collect()  # cycles that wait for it hold references that are not lost
            references.append(sys.getrefcount(None))
        seen.append(counts(window))
    assert len(references) > FRAMES // EVERY
    assert min(references) >= references[0] - SLACK, references
    for what in seen[0]:  # what is made once may come late; what leaks comes again and again
        grown = [later[what] - earlier[what] for earlier, later in itertools.pairwise(seen)]
        assert min(grown) <= 0, seen
    assert session.is_playing
