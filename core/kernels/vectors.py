"""Registers and places in memory as values of compiled functions.

`traced` turns a Python function of `Lanes` into one that compiled functions call.
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Mapping
from typing import Any

from numba.core.datamodel.models import PrimitiveModel
from numba.core.types import Type

from core.kernels.jit import (
    AbstractTemplate,
    infer_global,
    intrinsic,
    lower_builtin,
    models,
    register_model,
    signature,
    types,
)
from core.kernels.lanes import LANES, Lanes, Pointer, folded, ir, splat

Value = Any  # a register of numbers inside compiled code
Place = Any  # a place in memory inside compiled code


class Vector(Type):
    """The type of a register full of numbers.

    Parameters
    ----------
    element : numba type
        float32 or float64.
    """

    def __init__(self, element: Any) -> None:
        self.element = element
        types.Type.__init__(self, name=f"Vector({element})")


@register_model(Vector)
class _VectorModel(PrimitiveModel):
    def __init__(self, manager: Any, vector: Vector) -> None:
        scalar = ir.FloatType() if vector.element.name == "float32" else ir.DoubleType()
        models.PrimitiveModel.__init__(
            self, manager, vector, ir.VectorType(scalar, LANES[vector.element.name])
        )


def _as_lanes(context: Any, builder: Any, vector: Vector, value: Any, kind: Any) -> Lanes:
    if isinstance(kind, Vector):
        return Lanes(builder, value)
    return splat(
        builder, context.cast(builder, value, kind, vector.element), LANES[vector.element.name]
    )


def traced(results: int = 1) -> Callable[[Callable[..., Any]], Any]:
    """Make a function of `Lanes` callable from compiled code; numbers are put in every lane.

    Parameters
    ----------
    results : int
        How many registers it returns; more than one make a tuple.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        def typed(typing: Any, *kinds: Any) -> Any:
            vector = next(kind for kind in kinds if isinstance(kind, Vector))
            returned = vector if results == 1 else types.UniTuple(vector, results)

            def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
                pairs = zip(args, sig.args, strict=True)
                given = [_as_lanes(context, builder, vector, *pair) for pair in pairs]
                got = function(*given)
                if results == 1:
                    return got.value
                return context.make_tuple(builder, returned, [each.value for each in got])

            return signature(returned, *kinds), generate

        parameters = inspect.signature(function).parameters.values()
        context = inspect.Parameter("typing", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        typed.__signature__ = inspect.Signature([context, *parameters])  # type: ignore[attr-defined]
        return intrinsic(typed)

    return decorate


def switched(functions: Mapping[int, Callable[[Lanes], tuple[Lanes, ...]]], results: int) -> Any:
    """Make one compiled function (code, register) -> registers of several functions by code.

    An unknown code gives what the first function gives.
    """

    def typed(typing: Any, code: Any, vector: Any) -> Any:
        returned = types.UniTuple(vector, results)

        def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            blocks = {key: builder.append_basic_block(f"code{key}") for key in functions}
            end = builder.append_basic_block("end")
            switch = builder.switch(args[0], next(iter(blocks.values())))
            kind = args[1].type
            arrived = []
            for key, block in blocks.items():
                switch.add_case(ir.Constant(args[0].type, key), block)
                builder.position_at_end(block)
                arrived.append((functions[key](Lanes(builder, args[1])), builder.block))
                builder.branch(end)
            builder.position_at_end(end)
            joined = [builder.phi(kind) for _ in range(results)]
            for got, block in arrived:
                for phi, each in zip(joined, got, strict=True):
                    phi.add_incoming(each.value, block)
            return context.make_tuple(builder, returned, joined)

        return signature(returned, types.int64, vector), generate

    return intrinsic(typed)


@intrinsic
def address(typing: Any, array: Any) -> Any:
    """Return the place of an array's first number; the array must outlive it."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return context.make_array(array)(context, builder, args[0]).data

    return types.CPointer(array.dtype)(array), generate


@intrinsic
def after(typing: Any, place: Any, index: Any) -> Any:
    """Return the place so many numbers further."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.gep(args[0], [args[1]], inbounds=True)

    return place(place, types.int64), generate


@intrinsic
def get(typing: Any, place: Any, index: Any) -> Any:
    """Return the number so many further than a place."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.load(builder.gep(args[0], [args[1]], inbounds=True))

    return place.dtype(place, types.int64), generate


@intrinsic
def put(typing: Any, place: Any, index: Any, number: Any) -> Any:
    """Set the number so many further than a place."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        cast = context.cast(builder, args[2], sig.args[2], place.dtype)
        builder.store(cast, builder.gep(args[0], [args[1]], inbounds=True))
        return context.get_dummy_value()

    return types.void(place, types.int64, number), generate


@intrinsic
def width(typing: Any, place: Any) -> Any:
    """Return how many lanes a register of such numbers has, a constant."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return ir.Constant(ir.IntType(64), LANES[place.dtype.name])

    return types.int64(place), generate


@intrinsic
def load(typing: Any, place: Any, index: Any) -> Any:
    """Load the register that begins so many numbers further than a place."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return Pointer(builder, args[0]).after(args[1]).load().value

    return Vector(place.dtype)(place, types.int64), generate


@intrinsic
def store(typing: Any, place: Any, index: Any, register: Any) -> Any:
    """Store a register from so many numbers further than a place on."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        Pointer(builder, args[0]).after(args[1]).store(Lanes(builder, args[2]))
        return context.get_dummy_value()

    return types.void(place, types.int64, register), generate


@intrinsic
def every(typing: Any, place: Any, number: Any) -> Any:
    """Return a number in every lane of a register like those at a place."""
    vector = Vector(place.dtype)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _as_lanes(context, builder, vector, args[1], sig.args[1]).value

    return vector(place, number), generate


@intrinsic
def total(typing: Any, register: Any) -> Any:
    """Return the sum of a register's lanes."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        sums = folded([Lanes(builder, args[0])]).value
        return builder.extract_element(sums, ir.Constant(ir.IntType(32), 0))

    return register.element(register), generate


def _register_operator(symbol: Callable[..., Any]) -> None:
    """Let two registers, or a register and a number, be joined by an operator."""

    class Operation(AbstractTemplate):
        def generic(self, args: Any, keywords: Any) -> Any:
            vectors = [kind for kind in args if isinstance(kind, Vector)]
            others = [kind for kind in args if not isinstance(kind, Vector)]
            if vectors and all(isinstance(kind, types.Number) for kind in others):
                return signature(vectors[0], *args)
            return None

    infer_global(symbol)(Operation)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        pairs = zip(args, sig.args, strict=True)
        a, b = (_as_lanes(context, builder, sig.return_type, *pair) for pair in pairs)
        return symbol(a, b).value

    for left, right in ((Vector, Vector), (Vector, types.Number), (types.Number, Vector)):
        lower_builtin(symbol, left, right)(generate)


for _symbol in (operator.add, operator.sub, operator.mul, operator.truediv):
    _register_operator(_symbol)
