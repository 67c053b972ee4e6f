"""Making the compiled engine ready behind the window, without ever holding the window up."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal

from core import kernels
from core.calibration import warm_up
from main import COMPILE

_log = logging.getLogger(__name__)
PRECISIONS: tuple[kernels.Precision, ...] = ("float32", "float64")
ROOT = Path(__file__).resolve().parents[1]


class Warming(QObject):
    """Compiles in a process of its own, then loads what that left in the cache.

    Compiling holds the interpreter lock for seconds; loading takes a fraction of one.

    Signals
    -------
    ready : ()
        The compiled engine serves from the next run on.
    """

    ready = Signal()
    _loaded = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._compiler: subprocess.Popen[bytes] | None = None
        self._is_closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._loaded.connect(self.ready, Qt.ConnectionType.QueuedConnection)

    def start(self) -> None:
        """Begin, once; without numba nothing happens."""
        if self._thread is not None or not kernels.is_available():
            return
        self._thread = threading.Thread(target=self._work, name="warming", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop and wait."""
        self._is_closing.set()
        if self._compiler is not None:
            self._compiler.terminate()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _work(self) -> None:
        """Make training ready first, and then calibration, which few wait for."""
        is_first = False
        for precision in PRECISIONS:
            if not (kernels.is_ready(precision) or kernels.is_cached(precision)):
                is_first = True
                self._compile(precision)
            if self._is_closing.is_set():
                return
            if kernels.compile_now(precision):
                self._loaded.emit()
        if is_first:
            self._compile("calibration")
        if not self._is_closing.is_set():
            warm_up()

    def _compile(self, what: str) -> None:
        """Compile into the cache, until done or stopped.

        Isolated and in the program's own folder: nothing that lies where the user happens to be is
        imported.
        """
        words = [sys.executable, "-I", str(ROOT / "main.py"), COMPILE, what]
        try:
            self._compiler = subprocess.Popen(
                words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            self._compiler.wait()
        except OSError as error:  # this one compiles
            _log.warning("No process could be started to compile in: %s", error)
        finally:
            self._compiler = None
