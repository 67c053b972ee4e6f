"""A vector of lanes as a value of compiled code: what one register of the machine holds.

Numba from the registry compiles plain loops, and leaves to chance which of them use the machine's
vector registers. Here a register is a value with a type of its own, `Vector`; kernels load it,
compute with it and store it, and LLVM turns each operation into one instruction. A float32 vector
has 16 lanes on machines with AVX-512 and 8 elsewhere; a float64 vector has half as many.
"""

from __future__ import annotations

import importlib
import operator
from collections.abc import Callable
from typing import Any

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

ir: Any = importlib.import_module("llvmlite.ir")
binding: Any = importlib.import_module("llvmlite.binding")

REGISTER_BYTES = 64 if binding.get_host_cpu_features().get("avx512f") else 32
LANES = {"float32": REGISTER_BYTES // 4, "float64": REGISTER_BYTES // 8}


class Vector(types.Type):  # type: ignore[misc]
    """The type of a register full of numbers.

    Parameters
    ----------
    element : numba type
        float32 or float64.
    """

    def __init__(self, element: Any) -> None:
        self.element = element
        self.lanes = LANES[element.name]
        super().__init__(name=f"Vector({element}, {self.lanes})")


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, vector: Vector) -> None:
        super().__init__(manager, vector, _machine_type(vector))


def _machine_type(vector: Vector) -> Any:
    scalar = ir.FloatType() if vector.element.name == "float32" else ir.DoubleType()
    return ir.VectorType(scalar, vector.lanes)


def _integers(vector_type: Any) -> Any:
    bits = 32 if isinstance(vector_type.element, ir.FloatType) else 64
    return ir.VectorType(ir.IntType(bits), vector_type.count)


def _constant(vector_type: Any, number: float) -> Any:
    return ir.Constant(vector_type, [ir.Constant(vector_type.element, number)] * vector_type.count)


def _splat(builder: Any, vector_type: Any, scalar: Any) -> Any:
    """Copy a scalar, already of the element's type, to every lane."""
    undefined = ir.Constant(vector_type, ir.Undefined)
    first = builder.insert_element(undefined, scalar, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(
        ir.VectorType(ir.IntType(32), vector_type.count),
        [ir.Constant(ir.IntType(32), 0)] * vector_type.count,
    )
    return builder.shuffle_vector(first, undefined, zeros)


def _shuffle(builder: Any, a: Any, b: Any, picks: list[int]) -> Any:
    mask = ir.Constant(
        ir.VectorType(ir.IntType(32), len(picks)),
        [ir.Constant(ir.IntType(32), pick) for pick in picks],
    )
    return builder.shuffle_vector(a, b, mask)


def _address(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [index], inbounds=True)


def _call(builder: Any, name: str, arguments: list[Any]) -> Any:
    kind = arguments[0].type
    suffix = f"v{kind.count}f{32 if isinstance(kind.element, ir.FloatType) else 64}"
    function_type = ir.FunctionType(kind, [argument.type for argument in arguments])
    module = builder.module
    full = f"llvm.{name}.{suffix}"
    function = module.globals.get(full) or ir.Function(module, function_type, full)
    return builder.call(function, arguments)


@intrinsic
def width(typing: Any, array: Any) -> Any:
    """Return how many lanes a vector of the array's numbers has, a constant."""
    lanes = LANES[array.dtype.name]

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return ir.Constant(ir.IntType(64), lanes)

    return types.intp(array), generate


@intrinsic
def load(typing: Any, array: Any, index: Any) -> Any:
    """Load the vector that begins at an index of a flat array."""
    vector = Vector(array.dtype)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        address = _address(context, builder, array, args[0], args[1])
        pointer = builder.bitcast(address, _machine_type(vector).as_pointer())
        loaded = builder.load(pointer)
        loaded.align = array.dtype.bitwidth // 8
        return loaded

    return vector(array, types.intp), generate


@intrinsic
def store(typing: Any, array: Any, index: Any, value: Any) -> Any:
    """Store a vector from an index of a flat array on."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        address = _address(context, builder, array, args[0], args[1])
        pointer = builder.bitcast(address, args[2].type.as_pointer())
        builder.store(args[2], pointer).align = array.dtype.bitwidth // 8
        return context.get_dummy_value()

    return types.void(array, types.intp, value), generate


@intrinsic
def broadcast(typing: Any, array: Any, index: Any) -> Any:
    """Copy one number of a flat array to every lane."""
    vector = Vector(array.dtype)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        scalar = builder.load(_address(context, builder, array, args[0], args[1]))
        return _splat(builder, _machine_type(vector), scalar)

    return vector(array, types.intp), generate


@intrinsic
def splat(typing: Any, array: Any, number: Any) -> Any:
    """Copy a number to every lane of a vector like the array's."""
    vector = Vector(array.dtype)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        scalar = context.cast(builder, args[1], sig.args[1], vector.element)
        return _splat(builder, _machine_type(vector), scalar)

    return vector(array, number), generate


@intrinsic
def fma(typing: Any, a: Any, b: Any, c: Any) -> Any:
    """Return a b + c, rounded once where the machine can."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        terms = [_as_vector(context, builder, a, x, t) for x, t in zip(args, sig.args, strict=True)]
        return _call(builder, "fmuladd", terms)

    return a(a, b, c), generate


def _as_vector(context: Any, builder: Any, vector: Vector, value: Any, kind: Any) -> Any:
    if isinstance(kind, Vector):
        return value
    return _splat(builder, _machine_type(vector), context.cast(builder, value, kind, vector.element))


def _unary(name: str) -> Any:
    @intrinsic
    def function(typing: Any, x: Any) -> Any:
        def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            return _call(builder, name, [args[0]])

        return x(x), generate

    return function


absolute = _unary("fabs")
square_root = _unary("sqrt")


@intrinsic
def where_positive(typing: Any, x: Any, yes: Any, no: Any) -> Any:
    """Return `yes` in the lanes where x > 0, and `no` elsewhere (also where x is NaN)."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        chosen = [
            _as_vector(context, builder, x, value, kind)
            for value, kind in zip(args[1:], sig.args[1:], strict=True)
        ]
        positive = builder.fcmp_ordered(">", args[0], _constant(args[0].type, 0.0))
        return builder.select(positive, *chosen)

    return x(x, yes, no), generate


@intrinsic
def gap(typing: Any, a: Any, b: Any) -> Any:
    """Return a - b, which is 0 where both are the same infinity."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        equal = builder.fcmp_ordered("==", *args)
        zero = _constant(args[0].type, 0.0)
        return builder.select(equal, zero, builder.fsub(*args))

    return a(a, b), generate


def _bounded(comparison: str) -> Any:
    @intrinsic
    def function(typing: Any, x: Any, bound: Any) -> Any:
        def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            limit = _as_vector(context, builder, x, args[1], bound)
            beyond = builder.fcmp_ordered(comparison, args[0], limit)
            return builder.select(beyond, limit, args[0])

        return x(x, bound), generate

    return function


at_least = _bounded("<")  # both keep NaN in x
at_most = _bounded(">")


@intrinsic
def scale_by_power(typing: Any, value: Any, shifted: Any) -> Any:
    """Return value * 2^k, k standing in the lowest bits of `shifted` (see `rounding_shift`)."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        integers = _integers(args[1].type)
        mantissa = 23 if integers.element.width == 32 else 52
        bias = 127 if integers.element.width == 32 else 1023
        bits = builder.bitcast(args[1], integers)
        biased = builder.add(bits, _constant(integers, bias))
        power = builder.bitcast(builder.shl(biased, _constant(integers, mantissa)), args[1].type)
        return builder.fmul(args[0], power)

    return value(value, value), generate


@intrinsic
def rounding_shift(typing: Any, value: Any) -> Any:
    """Return 1.5 * 2^mantissa bits: adding it rounds a number to an integer in its lowest bits."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        bits = 23 if value.element.name == "float32" else 52
        return _constant(args[0].type, 1.5 * 2.0**bits)

    return value(value), generate


def polynomial(single: tuple[float, ...], double: tuple[float, ...]) -> Any:
    """Return a compiled polynomial (Horner) with coefficients for each precision, highest first."""

    @intrinsic
    def function(typing: Any, x: Any) -> Any:
        coefficients = single if x.element.name == "float32" else double

        def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            total = _constant(args[0].type, coefficients[0])
            for coefficient in coefficients[1:]:
                total = _call(builder, "fmuladd", [total, args[0], _constant(total.type, coefficient)])
            return total

        return x(x), generate

    return function


def _folded(builder: Any, vectors: list[Any]) -> Any:
    """Add the lanes of 2^n vectors pairwise until one vector holds all their sums in order.

    At each level a vector holds `groups` groups of lanes, each a partial sum of one first vector.
    """
    groups = 1
    while len(vectors) > 1 or vectors[0].type.count > groups:
        lanes = vectors[0].type.count
        half = lanes // groups // 2
        starts = [2 * half * group for group in range(groups)]
        low = [start + k for start in starts for k in range(half)]
        high = [pick + half for pick in low]
        if not half:
            vectors = [
                _shuffle(builder, a, b, list(range(2 * lanes)))
                for a, b in zip(vectors[::2], vectors[1::2], strict=True)
            ]
        elif len(vectors) == 1:
            a = vectors[0]
            vectors = [builder.fadd(_shuffle(builder, a, a, low), _shuffle(builder, a, a, high))]
            continue
        else:
            vectors = [
                builder.fadd(
                    _shuffle(builder, a, b, low + [lanes + pick for pick in low]),
                    _shuffle(builder, a, b, high + [lanes + pick for pick in high]),
                )
                for a, b in zip(vectors[::2], vectors[1::2], strict=True)
            ]
        groups *= 2
    return vectors[0]


@intrinsic
def total(typing: Any, x: Any) -> Any:
    """Return the sum of a vector's lanes."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.extract_element(_folded(builder, [args[0]]), ir.Constant(ir.IntType(32), 0))

    return x.element(x), generate


@intrinsic
def store_sums(typing: Any, array: Any, index: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, g: Any, h: Any) -> Any:  # fmt: skip
    """Store the sums of eight vectors' lanes in eight places from an index on."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        sums = _folded(builder, list(args[2:]))
        address = _address(context, builder, array, args[0], args[1])
        pointer = builder.bitcast(address, sums.type.as_pointer())
        builder.store(sums, pointer).align = array.dtype.bitwidth // 8
        return context.get_dummy_value()

    return types.void(array, types.intp, a, b, c, d, e, f, g, h), generate


def _register_operator(symbol: Callable[..., Any], instruction: str) -> None:
    """Let two vectors, or a vector and a number, be joined by an operator."""

    class Operation(AbstractTemplate):  # type: ignore[misc]
        def generic(self, args: Any, keywords: Any) -> Any:
            vectors = [kind for kind in args if isinstance(kind, Vector)]
            others = [kind for kind in args if not isinstance(kind, Vector)]
            if vectors and all(isinstance(kind, types.Float | types.Integer) for kind in others):
                return signature(vectors[0], *args)
            return None

    infer_global(symbol)(Operation)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        a, b = (
            _as_vector(context, builder, sig.return_type, value, kind)
            for value, kind in zip(args, sig.args, strict=True)
        )
        return getattr(builder, instruction)(a, b)

    for left, right in ((Vector, Vector), (Vector, types.Number), (types.Number, Vector)):
        lower_builtin(symbol, left, right)(generate)


for _symbol, _instruction in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):
    _register_operator(_symbol, _instruction)
