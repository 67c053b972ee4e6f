"""Compiling the functions that Python calls, for one precision at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit

from core.kernels.burst import take_steps
from core.kernels.evaluation import evaluate
from core.kernels.jit import types

_ready: dict[tuple[str, str], Callable[..., Any]] = {}


def _signatures(precision: str) -> tuple[tuple[Callable[..., Any], tuple[Any, ...]], ...]:
    integer = types.int64
    numbers = getattr(types, precision)[::1]
    integers, doubles, order = integer[::1], types.float64[::1], types.int32[::1]
    plan = types.Array(integer, 2, "C", readonly=True)
    steps = (
        integer,
        plan,
        integers,
        doubles,
        integer,
        numbers,
        numbers,
        order,
        *[numbers] * 8,
        integers,
    )
    rows = (plan, integer, integer, numbers, integer, integer, *[numbers] * 5)
    return ((take_steps, steps), (evaluate, rows))


def compile_all(precision: str, is_cached: bool) -> None:
    """Compile every entry, or load it from numba's present cache folder where that is wanted."""
    for function, signature in _signatures(precision):
        entry = njit(nogil=True, error_model="numpy", cache=is_cached)(function)
        entry.compile(signature)
        _ready[function.__name__, precision] = entry


def entry(name: str, precision: str) -> Callable[..., Any]:
    """Return a compiled entry."""
    return _ready[name, precision]
