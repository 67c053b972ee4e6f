"""Compiling the training engine in the background, without ever blocking the window."""

from __future__ import annotations

import logging
import queue
import subprocess
import threading
from collections.abc import Iterable, Iterator

from PySide6.QtCore import QObject, Qt, Signal

from core.base.own_command import ROOT, own_command
from core.training import engines
from core.training.problem import Problem

_log = logging.getLogger(__name__)


class EngineWarmup(QObject):
    """Compiles in a process of its own, then loads the results from numba's cache.

    Compiling holds the GIL for seconds; loading a stage takes a fraction of one.

    Signals
    -------
    ready : ()
        More has been compiled: the compiled engine may serve where it did not.
    """

    ready = Signal()
    _loaded = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._compiler: subprocess.Popen[str] | None = None
        self._is_closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._requests: queue.SimpleQueue[Problem | None] = queue.SimpleQueue()
        self._loaded.connect(self.ready, Qt.ConnectionType.QueuedConnection)

    @property
    def is_compiling(self) -> bool:
        """Whether a process compiles."""
        return self._compiler is not None

    def start(self) -> None:
        """Begin; a second call, or one without numba, does nothing."""
        if self._thread is not None or not engines.is_available():
            return
        self._thread = threading.Thread(target=self._work, name="warmup", daemon=True)
        self._thread.start()

    def request(self, problem: Problem) -> None:
        """Compile what a problem needs beyond the stages that every window compiles."""
        self._requests.put(problem)

    def close(self) -> None:
        """Stop, and wait for the thread and the process."""
        self._is_closing.set()
        self._requests.put(None)
        if self._compiler is not None:
            self._compiler.terminate()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _work(self) -> None:
        """Load the stages, and then what is requested."""
        self._load(engines.STAGES)
        while not self._is_closing.is_set():
            problem = self._requests.get()
            if problem is not None and not engines.is_ready(problem):
                self._make_ready(problem)

    def _make_ready(self, problem: Problem) -> None:
        if problem.training.precision == "float64":
            self._load(engines.ON_DEMAND)
        if self._is_closing.is_set() or engines.is_ready(problem):
            return
        # only this process knows a record that was registered at run time
        if engines.make_engine_ready(problem):
            self._loaded.emit()

    def _load(self, stages: Iterable[str]) -> None:
        """Load stages one by one, each as soon as it has been compiled into the cache."""
        waiting = [name for name in stages if not engines.is_stage_ready(name)]
        cached = engines.cached_stages()
        compiled = self._compile([name for name in waiting if name not in cached])
        for name in waiting:
            if name not in cached:
                next(compiled, None)  # without the process, make_ready compiles here
            if self._is_closing.is_set():
                return
            if engines.make_ready(name):
                self._loaded.emit()

    def _compile(self, stages: list[str]) -> Iterator[str]:
        """Compile into the cache in another process, and yield each stage when it is there.

        The process is isolated and runs in the program's own folder, so that it imports nothing
        from the user's current folder.
        """
        if not stages:
            return
        try:
            self._compiler = subprocess.Popen(
                own_command("--compile", *stages), cwd=ROOT, text=True, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        except OSError as error:  # compile in this process instead
            _log.warning("No process could be started to compile in: %s", error)
            return
        with self._compiler as compiler:
            assert compiler.stdout is not None
            for line in compiler.stdout:
                yield line.strip()
        self._compiler = None
