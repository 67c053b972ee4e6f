"""What Python's operators and functions mean where they meet values of compiled code."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from core.machine.lanes import Lanes
from core.machine.places import Pointer
from core.machine.scalars import INDEX, REAL, Number, chosen, compared

OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod,
    ast.Pow: operator.pow, ast.LShift: operator.lshift, ast.RShift: operator.rshift,
    ast.BitAnd: operator.and_, ast.BitOr: operator.or_, ast.BitXor: operator.xor,
}  # fmt: skip
COMPARISONS: dict[type[ast.AST], tuple[str, Callable[..., Any]]] = {
    ast.Lt: ("<", operator.lt), ast.LtE: ("<=", operator.le), ast.Gt: (">", operator.gt),
    ast.GtE: (">=", operator.ge), ast.Eq: ("==", operator.eq), ast.NotEq: ("!=", operator.ne),
}  # fmt: skip


def _unsigned(x: Number) -> Number:
    return Number(x.builder, x.cast(INDEX), True)


def _signed(x: Number) -> Number:
    return Number(x.builder, x.cast(INDEX))


def _extreme(comparison: str) -> Callable[..., Number]:
    return lambda a, b: chosen(compared(comparison, a, b), a, b)


SUBSTITUTES: dict[Any, Callable[..., Any]] = {
    min: _extreme("<"),
    max: _extreme(">"),
    float: lambda x: Number(x.builder, x.cast(REAL)),
    np.int64: _signed,
    np.uint64: _unsigned,
    math.sqrt: lambda x: x.called("sqrt"),
    math.floor: lambda x: x.called("floor"),
    math.exp: lambda x: x.called("exp"),
    math.cos: lambda x: x.called("cos"),
    math.isfinite: lambda x: compared("==", x - x, 0.0),
}


def is_written(value: Any) -> bool:
    """Tell whether a value is one of compiled code, and not Python's own."""
    return isinstance(value, (Number, Lanes, Pointer))
