"""Several functions made machine code together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from core.machine.objects import Code, object_of
from core.machine.scalars import ir
from core.machine.source import Source
from core.machine.translation import entry

Entries = Mapping[Any, tuple[Any, ...]]
"""Functions that Python calls, marked as compiled, each with the LLVM types of its arguments."""


def compile_module(name: str, entries: Entries) -> bytes:
    """Return an object file with all functions."""
    module = ir.Module(name)
    for function, kinds in entries.items():
        entry(module, cast(Source, function), kinds)
    return object_of(module)


def load_module(content: bytes, entries: Entries) -> dict[str, Callable[..., None]]:
    """Return the functions of an object file by name, ready to be called."""
    code = Code(content)
    return {source.name: code.function(source.name, kinds) for source, kinds in entries.items()}
