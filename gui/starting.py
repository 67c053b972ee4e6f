"""What a start does without, so that the window comes sooner.

Python keeps compiled modules, but not what is compiled while they are imported: the methods of
dataclasses, which are written as text in every process, and the Python part of PySide6, which comes
as text. Here both are kept in the user's cache folder. Nor is any garbage looked for meanwhile.
"""

from __future__ import annotations
import __future__

import builtins
import dataclasses
import gc
import importlib.util
import marshal
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import CodeType
from typing import Any

from core.compiling import cache_folder

_PYSIDE = ("signature_bootstrap.py", "shibokensupport/")  # what PySide6 calls its texts
_ANNOTATIONS = __future__.annotations.compiler_flag  # which PySide6 hands on to its texts
_Codes = dict[tuple[str, bytes], CodeType]


@contextmanager
def starting(place: Path | None = None) -> Iterator[None]:
    """Compile what is known only once, and collect no garbage, for a while.

    Parameters
    ----------
    place : Path, optional
        The file of compiled code, instead of the one in the user's cache folder.
    """
    codes = _Kept(place or _default_place())
    collects = gc.isenabled()
    gc.disable()
    with replaced(builtins, "compile", codes.compile), replaced(dataclasses, "exec", codes.run):
        try:
            yield
        finally:
            gc.freeze()  # what is there now stays: searching it again and again would cost frames
            if collects:
                gc.enable()
    codes.save()


class _Kept:
    """Compiled code in a file, by the name and the hash of the text that it was compiled from."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._known = _read(place)
        self._used: _Codes = {}
        self._plain = builtins.compile
        self._define = builtins.exec

    def compile(self, source: Any, filename: Any, mode: str, *rest: Any, **options: Any) -> Any:
        """Do what the built-in function does, for texts of PySide6 at once."""
        is_text = isinstance(source, bytes) and str(filename).startswith(_PYSIDE)
        if not is_text or mode != "exec" or rest or options:
            return self._plain(source, filename, mode, *rest, **options)
        return self._code(source, filename, _ANNOTATIONS)

    def run(self, text: str, scope: Any = None, names: Any = None) -> None:
        """Define the method that the module of dataclasses has written, as it would itself."""
        code = self._code(text.encode(), "<string>", 0)
        self._define(code, vars(dataclasses) if scope is None else scope, names)

    def save(self) -> None:
        """Write what was compiled, unless all of it had been before."""
        if self._used.keys() <= self._known.keys() or sys.dont_write_bytecode:
            return
        old = self._known if len(self._known) < 4 * len(self._used) else {}
        beside = self._place.with_suffix(f".{os.getpid()}")
        try:
            self._place.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(importlib.util.MAGIC_NUMBER + marshal.dumps({**old, **self._used}))
            beside.replace(self._place)
        except OSError:  # a folder that cannot be written to: it is compiled every time
            with suppress(OSError):
                beside.unlink()

    def _code(self, text: bytes, name: str, flags: int) -> CodeType:
        key = (name, importlib.util.source_hash(text))
        code = self._known.get(key)
        if code is None:
            code = self._plain(text, name, "exec", flags, dont_inherit=True)
        self._used[key] = code
        return code


def _default_place() -> Path:
    """Return the file of this Python's compiled code."""
    return cache_folder() / "python" / Path(importlib.util.cache_from_source("start.py")).name


def _read(place: Path) -> _Codes:
    try:
        content = place.read_bytes()
        if not content.startswith(importlib.util.MAGIC_NUMBER):
            return {}
        kept = marshal.loads(content[len(importlib.util.MAGIC_NUMBER) :])
    except (OSError, EOFError, ValueError, TypeError):
        return {}  # it is missing or broken, and will be written anew
    return kept if isinstance(kept, dict) else {}


@contextmanager
def replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Give a module another value under a name for a while."""
    there = name in vars(owner)
    before = getattr(owner, name, None)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if there:
            setattr(owner, name, before)
        else:
            delattr(owner, name)
