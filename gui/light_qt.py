"""Importing PySide6 without what it does to the import statement, and without its signatures.

So that ``from __feature__ import ...`` is understood, PySide6 lets every later import read the
source of the module that it is in. That feature is not used here, and the reading costs a start
about 0.1 seconds. The modules that know the signatures of Qt's functions are compiled from their
source at each start, though only help and a call with wrong arguments ask them: they are compiled
when they are asked.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.machinery import SourceFileLoader
from types import CodeType
from typing import Any

from gui import light_enums

_LATE = ("errorhandler", "layout", "parser", "lib/enum_sig", "lib/pyi_generator", "lib/tool")

_STUB = "from gui.light_qt import asked as _asked\n__getattr__ = _asked(__name__)\n"

_sources: dict[str, str] = {}


class _Waiting(SourceFileLoader):
    """Loads a module from a source that is there already."""

    def __init__(self, name: str, source: str, filename: str) -> None:
        super().__init__(name, filename)
        self._source = source

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self._source.encode(), self.path)


def import_pyside() -> str:
    """Import the package PySide6, none of its modules; return its version.

    Raises
    ------
    ImportError
        Where PySide6 or a system library is missing.
    """
    light_enums.install()
    with _compiling_late():
        import PySide6

    # what PySide6 itself put there before: it knows what "from PySide6.QtCore import *" means
    builtins.__import__ = getattr(builtins, "__orig_import__", builtins.__import__)
    return str(PySide6.__version__)


def asked(module: str) -> Callable[[str], Any]:
    """Return the `__getattr__` of a module that is to be compiled when it is first asked.

    Parameters
    ----------
    module : str
        Its name, as at its import.
    """
    filename = module.replace(".", "/") + ".py"
    loader = _Waiting(module, _sources.pop(filename), filename)
    names = vars(sys.modules[module])

    def found(name: str) -> Any:
        with suppress(KeyError):  # which also ends the error that PySide6 may ask during
            return names[name]
        if names.pop("__getattr__", None) is not None:
            loader.exec_module(sys.modules[module])
        if name in names:
            return names[name]
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return found


@contextmanager
def _compiling_late() -> Iterator[None]:
    """For a while, compile the modules that are asked late to ones that wait for that."""
    now = builtins.compile
    late_files = {f"shibokensupport/signature/{name}.py" for name in _LATE}

    def late(source: Any, filename: Any, *others: Any, **options: Any) -> CodeType:
        if filename in late_files and isinstance(source, bytes):
            _sources[filename] = source.decode()
            source = _STUB
        return now(source, filename, *others, **options)  # type: ignore[no-any-return]

    builtins.compile = late  # type: ignore[assignment]
    try:
        yield
    finally:
        builtins.compile = now
