"""How smoothly the window draws while training goes flat out, and how fast training is behind it.

Run ``python -m benchmarks.frames`` on a screen, or under Xvfb::

    xvfb-run -s "-screen 0 1280x800x24" python -m benchmarks.frames --seconds 20

It prints the interval between ticks of the window's timer, the time from a tick until the boundary
is painted, the processor time of the window's thread and the updates a second, for 500 rows (or
``--rows``) and a 2-8-8-1 network at 1280 x 800.
"""

# ruff: noqa: E402

from __future__ import annotations

import argparse
import atexit
import gc
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from main import multiply_in_one_thread

multiply_in_one_thread()  # as the application does, before numpy is there

import numpy as np
from PySide6.QtCore import QEvent, QEventLoop, QObject, QSettings, QStandardPaths, QTimer

from core.training import engines
from gui.app import launch
from gui.session.background import collect_here_alone
from gui.session.pacing import Pace
from gui.window.window import Window

WARM_SECONDS = 2.0
TICK_AIM, PAINTED_AIM = 18.0, 10.0  # milliseconds, for 99 in 100


@dataclass
class Stopwatch:
    """Times of ticks, and of the first painting after each."""

    ticks: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    waiting: float = float("nan")

    def tick(self, moment: float) -> None:
        """Note when a tick has begun."""
        self.waiting = moment
        self.ticks.append(moment)

    def painted(self) -> None:
        """Note that the boundary has been painted."""
        if self.waiting == self.waiting:
            self.latencies.append(time.perf_counter() - self.waiting)
            self.waiting = float("nan")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rows", type=int, default=500)
    arguments = parser.parse_args()
    _use_own_settings()
    for stage in engines.STAGES:
        engines.make_ready(stage)
    window = launch(["--set", f"data.rows={arguments.rows}", "--theme", "light"])
    gc.freeze()  # as the application does
    collect_here_alone(window)
    window.resize(1280, 800)
    session = window.session
    session.player.set_pace(Pace())
    session.restart()
    session.play()
    watch = Stopwatch()
    wait(WARM_SECONDS)
    frames = session.frame_clock
    frames.ticked.connect(lambda: watch.tick(frames.tick_time))
    window.installEventFilter(PaintFilter(watch, window))
    first, began = session.run.history.latest.step, time.perf_counter()
    busy = time.thread_time()
    wait(arguments.seconds)
    seconds, busy = time.perf_counter() - began, time.thread_time() - busy
    updates = (session.run.history.latest.step - first) / seconds
    engine = session.run.history.engine.name
    window.close()
    _print(watch, updates, engine, busy)


def _use_own_settings() -> None:
    """Start as for the first time: the user's own settings are neither read nor written."""
    QStandardPaths.setTestModeEnabled(True)
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, folder)


def wait(seconds: float) -> None:
    """Let the window live for a while."""
    loop = QEventLoop()
    QTimer.singleShot(int(1000 * seconds), loop.quit)
    loop.exec()


class PaintFilter(QObject):
    """Tells the stopwatch when what a window had to paint has been painted."""

    def __init__(self, watch: Stopwatch, window: Window) -> None:
        super().__init__(window)
        self.watch, self.window = watch, window
        self._is_painting = self._is_boundary = False
        window.panel("boundary").plot.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the window paint, and note it where the boundary was among what it painted."""
        if event.type() == QEvent.Type.Paint and watched is not self.window:
            self._is_boundary = True
        if event.type() != QEvent.Type.UpdateRequest or self._is_painting:
            return False
        self._is_painting, self._is_boundary = True, False
        self.window.event(event)
        self._is_painting = False
        if self._is_boundary:
            self.watch.painted()
        return True


def _print(watch: Stopwatch, updates: float, engine: str, busy: float) -> None:
    intervals = 1000.0 * np.diff(watch.ticks)
    latencies = 1000.0 * np.array(watch.latencies)
    print(f"{engine}: {updates:,.0f} updates a second behind the window")
    for name, values, aim in (
        ("tick interval", intervals, TICK_AIM),
        ("tick to painted", latencies, PAINTED_AIM),
    ):
        middle, most = np.percentile(values, [50, 99])
        share = 100.0 * float((values <= aim).mean())
        print(
            f"{name:16} median {middle:5.1f} ms   99 % within {most:5.1f} ms   "
            f"{share:.0f} % within {aim:.0f} ms   n = {len(values)}"
        )
    frames = len(latencies)
    print(f"frames painted a second: {frames / (watch.ticks[-1] - watch.ticks[0]):.1f}")
    print(f"processor time of the window's thread: {1000.0 * busy / frames:.1f} ms a frame")


if __name__ == "__main__":
    main()
