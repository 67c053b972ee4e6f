"""Compiling the kernels in the background, and keeping what it gives on disk.

Compiling takes seconds; what it gives is kept in the user's cache folder, in a folder named after
the kernels' own text, with a list of checksums: numba looks only at the file of the function it
loads, and would run what a changed neighbour or a damaged file had left there.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import json
import logging
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from core import compiling

Precision = Literal["float32", "float64"]
CHECKSUMS = "checksums.json"

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
    folder = kernel_folder(compiling.numba_cache(), precision)
    try:
        listed = json.loads((folder / CHECKSUMS).read_text(encoding="utf-8"))
        return bool(listed) and listed == _checksums(folder)
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
        numba = compiling.import_numba()
        if numba is None:
            return False
        try:
            started = time.perf_counter()
            _compile_somehow(numba, precision)
        except Exception:
            _log.exception("The kernels cannot be compiled, so that training uses numpy.")
            return False
        seconds = time.perf_counter() - started
        _log.info("Kernels in %s ready after %.1f seconds.", precision, seconds)
        _ready.add(precision)
        return True


def _compile_somehow(numba: Any, precision: str) -> None:
    """Compile with the cache; rebuild it where it is damaged, do without where there is none."""
    folder = kernel_folder(Path(numba.config.CACHE_DIR), precision)
    attempts: tuple[Callable[[], None], ...] = (
        functools.partial(_verify, folder),
        functools.partial(_clear, folder),
    )
    for prepare in attempts:
        try:
            prepare()
            _compile(numba, precision, folder)
            _write_checksums(folder)
            _forget_older(folder)
        except Exception as error:
            _log.warning("The kernel cache in %s was not used: %s", folder, error)
        else:
            return
    _compile(numba, precision, None)


def kernel_folder(base: Path, precision: str) -> Path:
    """Return the cache folder of these kernels: another text or precision, another folder."""
    text = hashlib.sha256()
    for name in ("core.network", "core.activations", "core.gaussian"):
        text.update(_source(importlib.import_module(name)))
    for path in sorted(Path(__file__).parent.glob("*.py")):
        text.update(path.read_bytes())
    return base / f"kernels-{text.hexdigest()[:16]}-{precision}"


def _forget_older(folder: Path) -> None:
    """Remove what kernels of another text have left."""
    mine = folder.name.rpartition("-")[0]
    for other in folder.parent.glob("kernels-*"):
        if not other.name.startswith(mine):
            shutil.rmtree(other, ignore_errors=True)


def _source(module: Any) -> bytes:
    return Path(module.__file__).read_bytes()


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in (".nbi", ".nbc"))


def _checksums(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in _files(folder)
    }


def _verify(folder: Path) -> None:
    """Make the folder, or check that its files are as they were written."""
    folder.mkdir(parents=True, exist_ok=True)
    if not _files(folder):
        return
    listed = json.loads((folder / CHECKSUMS).read_text(encoding="utf-8"))
    if listed != _checksums(folder):
        raise ValueError("its files are not what was written")


def _clear(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)


def _write_checksums(folder: Path) -> None:
    present = _checksums(folder)
    path = folder / CHECKSUMS
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(present), encoding="utf-8")
    temporary.replace(path)
    _log.debug("%d files in the kernel cache.", len(present))


def _compile(numba: Any, precision: str, folder: Path | None) -> None:
    """Load or compile every function that Python calls; keep it in the folder if there is one."""
    before = numba.config.CACHE_DIR
    if folder is not None:
        numba.config.CACHE_DIR = str(folder)
    try:
        importlib.import_module("core.kernels.compilation").compile_all(
            precision, folder is not None
        )
    finally:
        numba.config.CACHE_DIR = before
