"""Integers, float64 numbers and truths as values of functions that are being written.

An operator on a `Number` writes one instruction, with Python's meaning: an integer and a float give
a float, and a quotient of integers (of which none is negative) is rounded down.
"""

from __future__ import annotations

import importlib
from typing import Any

ir: Any = importlib.import_module("llvmlite.ir")

INDEX, REAL, TRUTH = ir.IntType(64), ir.DoubleType(), ir.IntType(1)


class Number:
    """One integer, float64 or truth in a function that is being written.

    Parameters
    ----------
    builder : llvmlite builder
        Where instructions go.
    value : llvmlite value
        Of 64 bits, a double, or a single bit.
    is_unsigned : bool
        Whether an integer is one without a sign, modulo 2^64.
    """

    def __init__(self, builder: Any, value: Any, is_unsigned: bool = False) -> None:
        self.builder = builder
        self.value = value
        self.is_unsigned = is_unsigned

    @property
    def is_real(self) -> bool:
        """Whether it is a float64."""
        return isinstance(self.value.type, ir.DoubleType)

    def cast(self, kind: Any) -> Any:
        """Return its value as another LLVM type."""
        mine, builder = self.value.type, self.builder
        if mine == kind:
            return self.value
        if isinstance(kind, ir.IntType):
            if self.is_real:
                raise TypeError("a float64 cannot become an integer")
            smaller = kind.width < mine.width
            return builder.trunc(self.value, kind) if smaller else builder.zext(self.value, kind)
        if isinstance(mine, ir.IntType):
            convert = builder.uitofp if mine.width == 1 or self.is_unsigned else builder.sitofp
            return convert(self.value, kind)
        return builder.fptrunc(self.value, kind)

    def called(self, name: str, *others: Number) -> Number:
        """Return what one of LLVM's own functions of float64 numbers gives."""
        arguments = [each.cast(REAL) for each in (self, *others)]
        module, full = self.builder.module, f"llvm.{name}.f64"
        kind = ir.FunctionType(REAL, [REAL] * len(arguments))
        function = module.globals.get(full) or ir.Function(module, kind, full)
        return Number(self.builder, self.builder.call(function, arguments))

    def __add__(self, other: Number | float) -> Number:
        return _joined("add", self, other)

    def __radd__(self, other: float) -> Number:
        return _joined("add", other, self)

    def __sub__(self, other: Number | float) -> Number:
        return _joined("sub", self, other)

    def __rsub__(self, other: float) -> Number:
        return _joined("sub", other, self)

    def __mul__(self, other: Number | float) -> Number:
        return _joined("mul", self, other)

    def __rmul__(self, other: float) -> Number:
        return _joined("mul", other, self)

    def __truediv__(self, other: Number | float) -> Number:
        return _joined("div", self, other, real=True)

    def __rtruediv__(self, other: float) -> Number:
        return _joined("div", other, self, real=True)

    def __pow__(self, other: Number) -> Number:
        return self.called("pow", other)

    def __rpow__(self, other: float) -> Number:
        return number(self.builder, other).called("pow", self)

    def __floordiv__(self, other: Number | int) -> Number:
        return _joined("udiv", self, other)

    def __mod__(self, other: Number | int) -> Number:
        return _joined("urem", self, other)

    def __and__(self, other: Number | int) -> Number:
        return _joined("and_", self, other)

    def __or__(self, other: Number | int) -> Number:
        return _joined("or_", self, other)

    def __xor__(self, other: Number | int) -> Number:
        return _joined("xor", self, other)

    def __lshift__(self, other: Number | int) -> Number:
        return _joined("shl", self, other)

    def __rshift__(self, other: Number | int) -> Number:
        return _joined("lshr" if self.is_unsigned else "ashr", self, other)

    def __neg__(self) -> Number:
        return Number(self.builder, self.builder.fneg(self.value)) if self.is_real else 0 - self


_KINDS = (Number, int, float)


def number(builder: Any, given: Number | float) -> Number:
    """Return a Python number as a constant; a number that is one already stays."""
    if isinstance(given, Number):
        return given
    if isinstance(given, bool):
        return Number(builder, ir.Constant(TRUTH, int(given)))
    kind = REAL if isinstance(given, float) else INDEX
    return Number(builder, ir.Constant(kind, given))


def _alike(a: Number | float, b: Number | float, real: bool = False) -> tuple[Number, Number]:
    """Return both as numbers of one kind."""
    builder = a.builder if isinstance(a, Number) else b.builder  # type: ignore[union-attr]
    both = number(builder, a), number(builder, b)
    kind = REAL if real or any(each.is_real for each in both) else INDEX
    if all(each.value.type == TRUTH for each in both):
        kind = TRUTH
    is_unsigned = any(each.is_unsigned for each in both)
    first, second = (Number(builder, each.cast(kind), is_unsigned) for each in both)
    return first, second


def _joined(operation: str, a: Number | float, b: Number | float, real: bool = False) -> Number:
    if not (isinstance(a, _KINDS) and isinstance(b, _KINDS)):
        return NotImplemented  # a register, which knows better
    x, y = _alike(a, b, real)
    instruction = f"f{operation}" if x.is_real else operation
    return Number(x.builder, getattr(x.builder, instruction)(x.value, y.value), x.is_unsigned)


def compared(comparison: str, a: Number | float, b: Number | float) -> Number:
    """Return the truth of a comparison; with NaN only "!=" holds."""
    x, y = _alike(a, b)
    if x.is_real:
        write = x.builder.fcmp_unordered if comparison == "!=" else x.builder.fcmp_ordered
    else:
        write = x.builder.icmp_unsigned if x.is_unsigned else x.builder.icmp_signed
    return Number(x.builder, write(comparison, x.value, y.value))


def chosen(test: Number, yes: Number | float, no: Number | float) -> Number:
    """Return one of two numbers."""
    builder = test.builder
    a, b = number(builder, yes), number(builder, no)
    if a.value.type != b.value.type:
        a, b = _alike(a, b)
    return Number(builder, builder.select(test.value, a.value, b.value), a.is_unsigned)
