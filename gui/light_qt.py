"""Importing PySide6 in two thirds of the time, and whatever comes after it in less.

PySide6 compiles long patterns that only its error messages need; here they wait until they are
first used. And it lets the import statement read the source of every module imported later, for a
feature (``__feature__``) that is not used here; here it does not.
"""

from __future__ import annotations

import builtins
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

from gui.starting import replaced


def import_pyside() -> str:
    """Import the package PySide6, none of its modules; return its version.

    Raises
    ------
    ImportError
        Where PySide6 or a system library is missing.
    """
    if "PySide6" not in sys.modules:
        with _compiling_patterns_late():
            import PySide6
    import PySide6

    # what PySide6 itself put there before: it knows what "from PySide6.QtCore import *" means
    builtins.__import__ = getattr(builtins, "__orig_import__", builtins.__import__)
    return str(PySide6.__version__)


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

    with replaced(re, "compile", waiting):
        yield
