"""Compiling the kernels in the background, or loading what an earlier start has kept of them."""

from __future__ import annotations

import importlib
import logging
import threading
import time
from pathlib import Path
from typing import Literal

from core import compiling
from core.machine.keeping import code_file, load_or_compile, read_code

Precision = Literal["float32", "float64"]

_log = logging.getLogger(__name__)
_ready: set[str] = set()
_threads: dict[str, threading.Thread] = {}
_lock = threading.RLock()


def is_available() -> bool:
    """Tell whether kernels can be compiled on this machine: whether numba is installed."""
    return compiling.is_available()


def is_ready(precision: Precision = "float32") -> bool:
    """Tell whether the kernels of that precision have been compiled, or loaded."""
    return precision in _ready


def is_cached(precision: Precision = "float32") -> bool:
    """Tell whether the kernels are in the cache, so that `compile_now` has only to load them."""
    if not is_available():
        return False
    try:
        return read_code(kernel_file(compiling.numba_cache(), precision)) is not None
    except (OSError, ValueError):
        return False


def warm_up(precision: Precision = "float32") -> threading.Thread | None:
    """Begin to compile the kernels in a background thread, once; None without numba.

    `is_ready` tells when it has finished; wait for it with the thread's `join`.
    """
    with _lock:
        if not is_available():
            return None
        if precision not in _threads:
            thread = threading.Thread(
                target=compile_now, args=(precision,), name=f"compile {precision}", daemon=True
            )
            _threads[precision] = thread
            thread.start()
        return _threads[precision]


def compile_now(precision: Precision = "float32") -> bool:
    """Compile the kernels, or load them from the cache; return whether they are ready."""
    with _lock:
        if precision in _ready:
            return True
        if not is_available():
            return False
        try:
            started = time.perf_counter()
            path = kernel_file(compiling.numba_cache(), precision)
            load_or_compile(path, lambda: _compile(precision), lambda made: _load(precision, made))
        except Exception:
            _log.exception("The kernels cannot be compiled, so that training uses numpy.")
            return False
        seconds = time.perf_counter() - started
        _log.info("Kernels in %s ready after %.1f seconds.", precision, seconds)
        _ready.add(precision)
        return True


def kernel_file(base: Path, precision: str) -> Path:
    """Return the cache file of these kernels: another text, machine or precision, another file."""
    names = ("core.kernels", "core.network", "core.activations")
    return code_file(base, "kernels", precision, map(importlib.import_module, names))


def _compile(precision: str) -> bytes:
    made: bytes = importlib.import_module("core.kernels.compilation").compile_all(precision)
    return made


def _load(precision: str, content: bytes) -> None:
    importlib.import_module("core.kernels.compilation").load_all(precision, content)
