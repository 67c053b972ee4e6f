"""The functions that Python calls, one module for each precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.kernels.burst import take_steps
from core.kernels.evaluation import evaluate
from core.machine.modules import compile_module, load_module
from core.machine.scalars import INDEX, REAL, ir

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
    return compile_module(precision, _entries(precision))


def load_all(precision: str, content: bytes) -> None:
    """Make the functions of an object file ready to be called."""
    for name, function in load_module(content, _entries(precision)).items():
        _ready[name, precision] = function


def entry(name: str, precision: str) -> Callable[..., None]:
    """Return a compiled function."""
    return _ready[name, precision]
