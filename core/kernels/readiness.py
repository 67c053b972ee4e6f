"""Compiling the kernels in the background, and keeping what it gives on disk.

Compiling takes seconds; what it gives is kept in the user's cache folder, in a file that is named
after the kernels' own text and the machine, and begins with a checksum of the rest.
"""

from __future__ import annotations

import hashlib
import importlib
import logging
import os
import shutil
import threading
import time
from pathlib import Path
from typing import Literal

from core import compiling

Precision = Literal["float32", "float64"]
CHECKSUM_BYTES = hashlib.sha256().digest_size

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
    try:
        return is_available() and _read(kernel_file(compiling.numba_cache(), precision)) is not None
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
            _load_or_compile(precision)
        except Exception:
            _log.exception("The kernels cannot be compiled, so that training uses numpy.")
            return False
        seconds = time.perf_counter() - started
        _log.info("Kernels in %s ready after %.1f seconds.", precision, seconds)
        _ready.add(precision)
        return True


def _load_or_compile(precision: str) -> None:
    """Load from the cache; rebuild it where it is damaged, do without where there is none."""
    path = kernel_file(compiling.numba_cache(), precision)
    try:
        kept = _read(path)
        if kept is not None:
            _load(precision, kept)
            return
    except Exception as error:
        _log.warning("The kernel cache %s was not used: %s", path, error)
    made = _compile(precision)
    _load(precision, made)
    try:
        _write(path, made)
        _forget_older(path)
    except OSError as error:
        _log.warning("The kernel cache %s was not written: %s", path, error)


def kernel_file(base: Path, precision: str) -> Path:
    """Return the cache file of these kernels: another text, machine or precision, another file."""
    text = hashlib.sha256(importlib.import_module("core.kernels.machine").description().encode())
    for name in ("core.network", "core.activations", "core.gaussian"):
        text.update(Path(str(importlib.import_module(name).__file__)).read_bytes())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        text.update(path.read_bytes())
    return base / f"kernels-{text.hexdigest()[:16]}-{precision}"


def _read(path: Path) -> bytes | None:
    """Return what was kept, None where nothing was.

    Raises
    ------
    ValueError
        Where it is not what was written.
    """
    if not path.exists():
        return None
    content = path.read_bytes()
    checksum, kept = content[:CHECKSUM_BYTES], content[CHECKSUM_BYTES:]
    if hashlib.sha256(kept).digest() != checksum:
        raise ValueError("it is not what was written")
    return kept


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}")
    temporary.write_bytes(hashlib.sha256(content).digest() + content)
    temporary.replace(path)


def _forget_older(path: Path) -> None:
    """Remove what kernels of another text have left."""
    mine = path.name.rpartition("-")[0]
    for other in path.parent.glob("kernels-*"):
        if not other.name.startswith(mine):
            shutil.rmtree(other, ignore_errors=True) if other.is_dir() else other.unlink()


def _compile(precision: str) -> bytes:
    made: bytes = importlib.import_module("core.kernels.compilation").compile_all(precision)
    return made


def _load(precision: str, content: bytes) -> None:
    importlib.import_module("core.kernels.compilation").load_all(precision, content)
