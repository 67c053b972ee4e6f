"""Mathematics on the machine's vector registers, written as ordinary expressions.

`Lanes` stands for one register of numbers while a function is compiled: an operator on it writes
one instruction into the function. So a formula in Python becomes straight vector code, and a loop
in Python is unrolled. A float32 register has 16 lanes on machines with AVX-512 and 8 elsewhere; a
float64 register has half as many.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

from core.machine.scalars import Number, ir

_binding: Any = importlib.import_module("llvmlite.binding")

REGISTER_BYTES = 64 if _binding.get_host_cpu_features().get("avx512f") else 32
LANES = {"float32": REGISTER_BYTES // 4, "float64": REGISTER_BYTES // 8}


class Lanes:
    """One register of numbers in a function that is being written.

    Parameters
    ----------
    builder : llvmlite builder
        Where instructions go.
    value : llvmlite vector value
    """

    def __init__(self, builder: Any, value: Any) -> None:
        self.builder = builder
        self.value = value

    @property
    def count(self) -> int:
        """The number of lanes."""
        return int(self.value.type.count)

    @property
    def is_single(self) -> bool:
        """Whether the numbers are float32."""
        return isinstance(self.value.type.element, ir.FloatType)

    def same(self, number: Lanes | Number | float) -> Lanes:
        """Return a number in every lane of a register like this one."""
        return number if isinstance(number, Lanes) else splat(self.builder, self.value.type, number)

    def _joined(self, instruction: str, a: Lanes | float, b: Lanes | float) -> Lanes:
        write = getattr(self.builder, instruction)
        return Lanes(self.builder, write(self.same(a).value, self.same(b).value))

    def __add__(self, other: Lanes | float) -> Lanes:
        return self._joined("fadd", self, other)

    def __radd__(self, other: float) -> Lanes:
        return self._joined("fadd", other, self)

    def __sub__(self, other: Lanes | float) -> Lanes:
        return self._joined("fsub", self, other)

    def __rsub__(self, other: float) -> Lanes:
        return self._joined("fsub", other, self)

    def __mul__(self, other: Lanes | float) -> Lanes:
        return self._joined("fmul", self, other)

    def __rmul__(self, other: float) -> Lanes:
        return self._joined("fmul", other, self)

    def __truediv__(self, other: Lanes | float) -> Lanes:
        return self._joined("fdiv", self, other)

    def __rtruediv__(self, other: float) -> Lanes:
        return self._joined("fdiv", other, self)

    def __neg__(self) -> Lanes:
        return self._joined("fsub", -0.0, self)

    def chosen(self, comparison: str, bound: Lanes | float, yes: Any, no: Any) -> Lanes:
        """Return `yes` where this compares with the bound, `no` elsewhere and where it is NaN."""
        holds = self.builder.fcmp_ordered(comparison, self.value, self.same(bound).value)
        return Lanes(
            self.builder, self.builder.select(holds, self.same(yes).value, self.same(no).value)
        )

    def called(self, name: str, *others: Lanes) -> Lanes:
        """Return what one of LLVM's own functions gives."""
        arguments = [self.value, *(other.value for other in others)]
        kind, module = self.value.type, self.builder.module
        full = f"llvm.{name}.v{kind.count}f{32 if self.is_single else 64}"
        signature = ir.FunctionType(kind, [kind] * len(arguments))
        function = module.globals.get(full) or ir.Function(module, signature, full)
        return Lanes(self.builder, self.builder.call(function, arguments))

    def shuffled(self, other: Lanes, picks: Sequence[int]) -> Lanes:
        """Return the picked lanes of this register followed by the other."""
        mask = ir.Constant(
            ir.VectorType(ir.IntType(32), len(picks)),
            [ir.Constant(ir.IntType(32), pick) for pick in picks],
        )
        value = self.builder.shuffle_vector(self.value, other.value, mask)
        return Lanes(self.builder, value)


def fma(a: Lanes, b: Lanes | float, c: Lanes | float) -> Lanes:
    """Return a b + c, rounded once where the machine can."""
    return a.called("fmuladd", a.same(b), a.same(c))


def absolute(x: Lanes) -> Lanes:
    """Return |x|."""
    return x.called("fabs")


def square_root(x: Lanes) -> Lanes:
    """Return the square root."""
    return x.called("sqrt")


def flushed(x: Lanes, power: float = 1.0) -> Lanes:
    """Return x, but 0 where it is no more than subnormal, or where its power is.

    Subnormal numbers cost a processor a hundred times the usual; running means of what has become
    zero would decay into them and stay there.
    """
    least = (1e-36 if x.is_single else 1e-300) ** (1.0 / power)
    return absolute(x).chosen("<", least, 0.0, x)


def where_positive(x: Lanes, yes: Lanes | float, no: Lanes | float) -> Lanes:
    """Return `yes` in the lanes where x > 0, and `no` elsewhere (also where x is NaN)."""
    return x.chosen(">", 0.0, yes, no)


def at_least(x: Lanes, bound: Lanes | float) -> Lanes:
    """Return the larger; NaN in x stays NaN."""
    return x.chosen("<", bound, bound, x)


def at_most(x: Lanes, bound: Lanes | float) -> Lanes:
    """Return the smaller; NaN in x stays NaN."""
    return x.chosen(">", bound, bound, x)


def gap(a: Lanes, b: Lanes) -> Lanes:
    """Return a - b, which is 0 where both are the same infinity."""
    return a.chosen("==", b, 0.0, a - b)


def polynomial(x: Lanes, coefficients: Sequence[float]) -> Lanes:
    """Return a polynomial by Horner's rule, the highest power's coefficient first."""
    result = x.same(coefficients[0])
    for coefficient in coefficients[1:]:
        result = fma(result, x, coefficient)
    return result


def rounding_shift(x: Lanes) -> float:
    """Return 1.5 * 2^mantissa bits: adding it rounds a number to an integer in its lowest bits."""
    return 1.5 * 2.0 ** (23 if x.is_single else 52)


def power_of_two(shifted: Lanes) -> Lanes:
    """Return 2^k, k standing in the lowest bits (see `rounding_shift`)."""
    builder, kind = shifted.builder, shifted.value.type
    width, mantissa, bias = (32, 23, 127) if shifted.is_single else (64, 52, 1023)
    integers = ir.VectorType(ir.IntType(width), kind.count)

    def every(number: int) -> Any:
        return ir.Constant(integers, [ir.Constant(integers.element, number)] * kind.count)

    exponent = builder.add(builder.bitcast(shifted.value, integers), every(bias))
    return Lanes(builder, builder.bitcast(builder.shl(exponent, every(mantissa)), kind))


def folded(registers: Sequence[Lanes]) -> Lanes:
    """Return the sum of each register's lanes, for 2^n registers, in one register in their order.

    At each level a register holds `groups` groups of lanes, each a partial sum of one of the first.
    """
    groups, left = 1, list(registers)
    while len(left) > 1 or left[0].count > groups:
        count = left[0].count
        half = count // groups // 2
        low = [2 * half * group + k for group in range(groups) for k in range(half)]
        high = [pick + half for pick in low]
        if len(left) == 1:
            left = [left[0].shuffled(left[0], low) + left[0].shuffled(left[0], high)]
            continue
        pairs = zip(left[::2], left[1::2], strict=True)
        if half:
            both_low, both_high = (half_ + [count + i for i in half_] for half_ in (low, high))
            left = [a.shuffled(b, both_low) + a.shuffled(b, both_high) for a, b in pairs]
        else:
            left = [a.shuffled(b, range(2 * count)) for a, b in pairs]
        groups *= 2
    return left[0]


def transposed(rows: Sequence[Lanes]) -> list[Lanes]:
    """Return the four columns of rows of four numbers, as many rows as a register has lanes.

    Rows 0, 4, 8, ... are joined, and so on, so that what is left is a 4 x 4 exchange in each group.
    """
    quarters = []
    for first in range(4):
        group = list(rows[first::4])
        while len(group) > 1:
            pairs = zip(group[::2], group[1::2], strict=True)
            group = [a.shuffled(b, range(2 * a.count)) for a, b in pairs]
        quarters += group
    count, starts = len(rows), range(0, len(rows), 4)

    def exchanged(a: Lanes, b: Lanes, order: tuple[int, int, int, int]) -> Lanes:
        return a.shuffled(b, [g + k % 4 + count * (k // 4) for g in starts for k in order])

    a, b, c, d = quarters
    low, high = [(exchanged(a, b, k), exchanged(c, d, k)) for k in ((0, 4, 1, 5), (2, 6, 3, 7))]
    return [exchanged(*pair, k) for pair in (low, high) for k in ((0, 1, 4, 5), (2, 3, 6, 7))]


def splat(builder: Any, kind: Any, number: Number | float) -> Lanes:
    """Return a number in every lane of a register of that type."""
    if not isinstance(number, Number):
        return Lanes(
            builder, ir.Constant(kind, [ir.Constant(kind.element, float(number))] * kind.count)
        )
    return broadcast(builder, number.cast(kind.element), kind.count)


def broadcast(builder: Any, scalar: Any, count: int) -> Lanes:
    """Return a value in every lane."""
    undefined = Lanes(builder, ir.Constant(ir.VectorType(scalar.type, count), ir.Undefined))
    first = builder.insert_element(undefined.value, scalar, ir.Constant(ir.IntType(32), 0))
    return Lanes(builder, first).shuffled(undefined, [0] * count)
