"""Places in memory and loops, in functions that are being written.

Loads and stores are marked by what they touch, integers or other numbers (type-based alias
analysis): storing a weight then leaves every offset in the plan what it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from core.machine.lanes import REGISTER_BYTES, Lanes, broadcast
from core.machine.scalars import INDEX, REAL, Number, ir, number


class Pointer:
    """A place in memory, in a function that is being written.

    Parameters
    ----------
    builder : llvmlite builder
    value : llvmlite pointer to a float, a double, a byte, or an integer of 32 or 64 bits
    """

    def __init__(self, builder: Any, value: Any) -> None:
        self.builder = builder
        self.value = value

    @property
    def kind(self) -> Any:
        """The LLVM type of one number there."""
        return self.value.type.pointee

    @property
    def itemsize(self) -> int:
        """Bytes of one number."""
        return 8 if self.kind in (REAL, INDEX) else 4

    @property
    def count(self) -> int:
        """Lanes of a register of such numbers."""
        return REGISTER_BYTES // self.itemsize

    @property
    def register(self) -> Any:
        """The LLVM type of a register of such numbers."""
        return ir.VectorType(self.kind, self.count)

    def after(self, index: Number | int) -> Pointer:
        """Return the place so many numbers further."""
        at = number(self.builder, index).value
        return Pointer(self.builder, self.builder.gep(self.value, [at], inbounds=True))

    def _marked(self, instruction: Any) -> Any:
        module = self.builder.module
        root = module.add_metadata([ir.MetaDataString(module, "kernels")])
        name = "integer" if isinstance(self.kind, ir.IntType) else "number"
        kind = module.add_metadata([ir.MetaDataString(module, name), root])
        instruction.set_metadata("tbaa", module.add_metadata([kind, kind, ir.Constant(INDEX, 0)]))
        return instruction

    def get(self) -> Number:
        """Load one number, as a 64-bit integer or a float64; bytes have no sign."""
        value = self._marked(self.builder.load(self.value))
        if self.kind == ir.IntType(32):
            value = self.builder.sext(value, INDEX)
        elif self.kind == ir.IntType(8):
            value = self.builder.zext(value, INDEX)
        elif isinstance(self.kind, ir.FloatType):
            value = self.builder.fpext(value, REAL)
        return Number(self.builder, value)

    def put(self, given: Number | float) -> None:
        """Store one number."""
        self._marked(self.builder.store(number(self.builder, given).cast(self.kind), self.value))

    def load(self, count: int | None = None) -> Lanes:
        """Load a register."""
        kind = ir.VectorType(self.kind, count or self.count)
        loaded = self.builder.load(self.builder.bitcast(self.value, kind.as_pointer()))
        loaded.align = self.itemsize
        return Lanes(self.builder, self._marked(loaded))

    def store(self, register: Lanes) -> None:
        """Store a register."""
        place = self.builder.bitcast(self.value, register.value.type.as_pointer())
        stored = self._marked(self.builder.store(register.value, place))
        stored.align = self.itemsize

    def prefetch(self) -> None:
        """Have a line of memory brought near ahead of its use; it need not exist."""
        builder, name, flag = self.builder, "llvm.prefetch.p0", ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [ir.IntType(8).as_pointer(), flag, flag, flag])
        module = builder.module
        function = module.globals.get(name) or ir.Function(module, kind, name)
        place = builder.bitcast(self.value, kind.args[0])
        builder.call(function, [place, flag(0), flag(3), flag(1)])  # data to read, and again soon

    def broadcast(self) -> Lanes:
        """Load one number into every lane."""
        return broadcast(self.builder, self._marked(self.builder.load(self.value)), self.count)


class Variable:
    """What a name stands for, where it changes while compiled code runs.

    Parameters
    ----------
    example : Number, Lanes or Pointer
        Of the kind that it will hold.
    """

    def __init__(self, builder: Any, example: Any) -> None:
        self._builder, self._example = builder, example
        with builder.goto_block(builder.function.entry_basic_block):
            self._place = builder.alloca(example.value.type)

    def get(self) -> Any:
        """Return what it holds now."""
        value = self._builder.load(self._place)
        if isinstance(self._example, Number):
            return Number(self._builder, value, self._example.is_unsigned)
        return type(self._example)(self._builder, value)

    def set(self, given: Any) -> None:
        """Let it hold something else of its kind."""
        if isinstance(self._example, Number):
            value = number(self._builder, given).cast(self._example.value.type)
        else:
            value = given.value
        self._builder.store(value, self._place)


class Loop:
    """A loop under way: its index, and registers carried from one round to the next."""

    def __init__(self, index: Number, variables: list[Variable]) -> None:
        self.index = index
        self._variables = variables

    def carried(self) -> list[Lanes]:
        """Return the registers as this round begins."""
        return [variable.get() for variable in self._variables]

    def carry(self, registers: Sequence[Lanes]) -> None:
        """Set them for the next round."""
        for register, variable in zip(registers, self._variables, strict=True):
            variable.set(register)


@contextmanager
def loop(builder: Any, rounds: Number, first: Sequence[Lanes]) -> Iterator[Loop]:
    """Write a loop of so many rounds that carries registers; after it, `carried` gives the last."""
    variables = [Variable(builder, register) for register in first]
    for register, variable in zip(first, variables, strict=True):
        variable.set(register)
    counter = Variable(builder, number(builder, 0))
    counter.set(0)
    head, body, end = (builder.append_basic_block(name) for name in ("head", "body", "end"))
    builder.branch(head)
    builder.position_at_end(head)
    index = counter.get()
    builder.cbranch(builder.icmp_signed("<", index.value, rounds.value), body, end)
    builder.position_at_end(body)
    yield Loop(index, variables)
    counter.set(index + 1)
    builder.branch(head)
    builder.position_at_end(end)
