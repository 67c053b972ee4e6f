"""Importing pyqtgraph in half the time.

At its import pyqtgraph copies every name of Qt into modules of its own, which makes PySide6 build
thousands of types and enumerations that no one uses. Modules that look names up when they are
asked for do the same for pyqtgraph and leave the rest unbuilt.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

_COPIED = ("QtCore", "QtGui", "QtWidgets")


class _Mirror(ModuleType):
    """A module that takes its names from another when they are first asked for."""

    def __init__(self, name: str, original: ModuleType) -> None:
        super().__init__(name)
        self._original = original

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._original, name)
        setattr(self, name, value)
        return value


def import_pyqtgraph() -> None:
    """Import pyqtgraph, if it is not imported yet."""
    if "pyqtgraph" in sys.modules:
        return
    originals = {name: import_module(f"PySide6.{name}") for name in _COPIED}
    for name, original in originals.items():
        place = f"pyqtgraph.Qt.{name}"
        sys.modules[place] = _Mirror(place, original)
    with _hiding_names(list(originals.values())):
        import_module("pyqtgraph")


@contextmanager
def _hiding_names(modules: list[ModuleType]) -> Iterator[None]:
    """Let `dir` find nothing in these modules for a while, so that nothing is copied."""
    before = [vars(module).get("__dir__") for module in modules]
    for module in modules:
        vars(module)["__dir__"] = list
    try:
        yield
    finally:
        for module, listing in zip(modules, before, strict=True):
            if listing is None:
                del vars(module)["__dir__"]
            else:
                vars(module)["__dir__"] = listing
