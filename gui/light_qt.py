"""Importing PySide6 in two thirds of the time, and whatever comes after it in less.

PySide6 carries the Python part of itself as text, compiles it at every start, and with it patterns
that only its error messages need. Here the text is compiled once, as other modules are, and the
patterns when they are first used. And PySide6 lets the import statement read the source of every
module imported later, for a feature (``__feature__``) that is not used here; here it does not.
"""

from __future__ import annotations

import builtins
import importlib.util
import marshal
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial
from pathlib import Path
from types import CodeType
from typing import Any

from core.compiling import cache_folder

_TEXTS = ("signature_bootstrap.py", "shibokensupport/")  # what PySide6 calls its own texts

_Kept = dict[str, tuple[bytes, CodeType]]


def import_pyside() -> str:
    """Import the package PySide6, none of its modules; return its version.

    Raises
    ------
    ImportError
        Where PySide6 or a system library is missing.
    """
    if "PySide6" not in sys.modules:
        with _compiling_once(_place()), _compiling_patterns_late():
            import PySide6
    import PySide6

    # what PySide6 itself put there before: it knows what "from PySide6.QtCore import *" means
    builtins.__import__ = getattr(builtins, "__orig_import__", builtins.__import__)
    return str(PySide6.__version__)


@contextmanager
def _compiling_once(place: Path) -> Iterator[None]:
    """Let `compile` remember PySide6's own texts in a file, from one process to the next."""
    known = _read(place)
    used: _Kept = {}
    plain = builtins.compile

    def remembering(source: Any, filename: Any, mode: str, *rest: Any, **options: Any) -> Any:
        is_own = isinstance(source, bytes) and str(filename).startswith(_TEXTS)
        if not is_own or mode != "exec" or rest or options:
            return plain(source, filename, mode, *rest, **options)
        mark = importlib.util.source_hash(source)
        kept = known.get(filename)
        # annotations are not evaluated, neither here nor in the module that would compile it
        code = kept[1] if kept and kept[0] == mark else plain(source, filename, mode)
        used[filename] = (mark, code)
        return code

    with _replaced(builtins, "compile", remembering):
        yield
    if any(used[name] != known.get(name) for name in used):
        _write(place, used)


class _LatePattern:
    """A regular expression that is compiled when one of its methods is first called."""

    def __init__(self, compiled: Callable[[], re.Pattern[str]]) -> None:
        self._compiled = cache(compiled)

    def __getattr__(self, name: str) -> Any:
        def when_called(*given: Any, **named: Any) -> Any:
            return getattr(self._compiled(), name)(*given, **named)

        is_method = callable(getattr(re.Pattern, name))
        return when_called if is_method else getattr(self._compiled(), name)


@contextmanager
def _compiling_patterns_late() -> Iterator[None]:
    """Let `re.compile` wait with patterns in verbose notation."""
    plain = re.compile

    def waiting(pattern: Any, flags: Any = 0) -> Any:
        if isinstance(pattern, str) and flags & re.VERBOSE:
            return _LatePattern(partial(plain, pattern, flags))
        return plain(pattern, flags)

    with _replaced(re, "compile", waiting):
        yield


@contextmanager
def _replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


def _place() -> Path:
    """Return the file of this Python's compiled code."""
    return cache_folder() / "python" / Path(importlib.util.cache_from_source("pyside6.py")).name


def _read(place: Path) -> _Kept:
    try:
        content = place.read_bytes()
        if not content.startswith(importlib.util.MAGIC_NUMBER):
            return {}
        kept = marshal.loads(content[len(importlib.util.MAGIC_NUMBER) :])
    except (OSError, EOFError, ValueError, TypeError):
        return {}  # it is missing or broken, and will be written anew
    return kept if isinstance(kept, dict) else {}


def _write(place: Path, kept: _Kept) -> None:
    if sys.dont_write_bytecode:
        return
    beside = place.with_suffix(f".{os.getpid()}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(importlib.util.MAGIC_NUMBER + marshal.dumps(kept))
        beside.replace(place)
    except OSError:  # a folder that cannot be written to: it is compiled every time
        with suppress(OSError):
            beside.unlink()
