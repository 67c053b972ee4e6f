"""The functions that Python calls, one module for each precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from core.kernels.burst import take_steps
from core.kernels.evaluation import evaluate
from core.machine.objects import Code, object_of
from core.machine.scalars import INDEX, REAL, ir
from core.machine.source import Source
from core.machine.translation import entry as write_entry

_ready: dict[tuple[str, str], Callable[..., None]] = {}


def _entries(precision: str) -> dict[Any, tuple[Any, ...]]:
    """Return each function with its arguments' types."""
    number = (ir.FloatType() if precision == "float32" else REAL).as_pointer()
    integers, doubles, order = INDEX.as_pointer(), REAL.as_pointer(), ir.IntType(32).as_pointer()
    return {
        take_steps: (
            *[INDEX] * 5, integers, integers, doubles, number, number, order, *[number] * 8,
            integers,
        ),
        evaluate: (*[INDEX] * 5, integers, *[number] * 4, doubles, doubles),
    }  # fmt: skip


def compile_all(precision: str) -> bytes:
    """Return an object file with all functions in one precision."""
    module = ir.Module(precision)
    for function, kinds in _entries(precision).items():
        write_entry(module, cast(Source, function), kinds)
    return object_of(module)


def load_all(precision: str, content: bytes) -> None:
    """Make the functions of an object file ready to be called."""
    code = Code(content)
    for function, kinds in _entries(precision).items():
        _ready[function.name, precision] = code.function(function.name, kinds)


def entry(name: str, precision: str) -> Callable[..., None]:
    """Return a compiled function."""
    return _ready[name, precision]
