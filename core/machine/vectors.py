"""What kernels do with registers and places in memory, as functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.machine.lanes import folded, splat
from core.machine.scalars import Number, ir

Value = Any  # a register of numbers inside compiled code
Place = Any  # a place in memory inside compiled code


def after(place: Place, index: Any) -> Place:
    """Return the place so many numbers further."""
    return place.after(index)


def get(place: Place, index: Any) -> Any:
    """Return the number so many further than a place."""
    return place.after(index).get()


def put(place: Place, index: Any, number: Any) -> None:
    """Set the number so many further than a place."""
    place.after(index).put(number)


def width(place: Place) -> int:
    """Return how many lanes a register of such numbers has."""
    return int(place.count)


def load(place: Place, index: Any) -> Value:
    """Load the register that begins so many numbers further than a place."""
    return place.after(index).load()


def store(place: Place, index: Any, register: Value) -> None:
    """Store a register from so many numbers further than a place on."""
    place.after(index).store(register)


def prefetch(place: Place, index: Any) -> None:
    """Have the line of memory so much further brought near ahead of its use."""
    place.after(index).prefetch()


def every(place: Place, number: Any) -> Value:
    """Return a number in every lane of a register like those at a place."""
    return splat(place.builder, place.register, number)


def total(register: Value) -> Any:
    """Return the sum of a register's lanes."""
    builder, sums = register.builder, folded([register]).value
    value = builder.extract_element(sums, ir.Constant(ir.IntType(32), 0))
    if register.is_single:
        value = builder.fpext(value, ir.DoubleType())
    return Number(builder, value)


def switch(code: Number, cases: Mapping[int, Callable[[], None]]) -> None:
    """Write several pieces of code of which one runs; an unknown code does nothing."""
    builder = code.builder
    end = builder.append_basic_block("end")
    table = builder.switch(code.value, end)
    for key, write in cases.items():
        block = builder.append_basic_block(f"code{key}")
        table.add_case(ir.Constant(code.value.type, key), block)
        builder.position_at_end(block)
        write()
        builder.branch(end)
    builder.position_at_end(end)
