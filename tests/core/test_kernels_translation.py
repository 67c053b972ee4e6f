"""Functions in the kernels' subset of Python do, compiled, what they do as Python."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

pytest.importorskip("numba")

from core.kernels.functions import tanh
from core.kernels.order import draw_order
from core.machine.objects import Code, object_of
from core.machine.scalars import INDEX, REAL, ir
from core.machine.source import Source, compiled, inlined
from core.machine.translation import entry
from core.machine.vectors import after, get, load, put, store
from core.training import row_order

INTEGERS, DOUBLES = INDEX.as_pointer(), REAL.as_pointer()


def alone(source: Any, *kinds: Any) -> Callable[..., None]:
    """Compile one function and return it, to be called with numbers and arrays."""
    module = ir.Module()
    entry(module, source, kinds)
    function = Code(object_of(module)).function(source.name, kinds)

    def called(*arguments: Any) -> None:
        function(*(a.ctypes.data if isinstance(a, np.ndarray) else a for a in arguments))

    return called


class Place:
    """A place in an array, for the same function as Python."""

    def __init__(self, array: np.ndarray, at: int = 0) -> None:
        self.array, self.at = array, at

    def after(self, index: int) -> Place:
        return Place(self.array, self.at + index)

    def get(self) -> Any:
        return self.array[self.at].item()

    def put(self, number: float) -> None:
        self.array[self.at] = number


@inlined
def _middle(a: int, b: int, c: int) -> int:
    if a < b:
        if b < c:
            return b
        return a if a > c else c
    return min(a, c) if b < c else b


@inlined
def _ordered(a: float, b: float) -> tuple[float, float]:
    if a <= b:
        return a, b
    return b, a


@compiled
def _collatz(n: int, steps: Any) -> None:
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        put(steps, 0, get(steps, 0) + 1)


@compiled
def _half_plus(x: float, n: int) -> float:
    x /= 2
    return float(x + n)


@compiled
def integers(n: int, out: Any) -> None:
    kinds, done = (0, 3, 5), 0
    for i in range(n):
        if i % 7 in kinds and not (i > 40 or i < 3):
            continue
        if i == 60:
            break
        done += i
        put(out, 0, done)
    for i in range(n - 1, 3, -2):
        put(out, 1, get(out, 1) % 1000 * 3 + i)
    for a in range(2, 5):
        for b in range(1, 8, 3):
            put(out, 2, get(out, 2) * 5 + _middle(a, b, 3))
    put(out, 3, -n + ((n << 3) | 5) - ((n & 6) ^ (n >> 1)))
    _collatz(n, after(out, 4))
    put(out, 5, max(n, 3) * 10 + int_of(n >= 3 and n != 4))


@inlined
def int_of(truth: bool) -> int:
    return 1 if truth else 0


@compiled
def reals(x: float, n: int, out: Any) -> None:
    low, high = _ordered(x, float(n))
    put(out, 0, low)
    put(out, 1, high)
    put(out, 2, math.sqrt(high) + math.exp(-low) + math.cos(x) + math.floor(x * 3))
    put(out, 3, 0.5 ** (x / n))
    put(out, 4, _half_plus(x, n) if math.isfinite(x) else 0.0)
    put(out, 5, 1.0 if x / 0.25 - 1 < n else -x)
    value = 0.0
    for i in range(n):
        value += i / 4
    put(out, 6, value * (n // 3))


def as_python(source: Any) -> Callable[..., None]:
    """Return the function with all that it calls as ordinary Python."""
    assert isinstance(source, Source)
    function = source.function
    plain = {
        name: as_python(value) if isinstance(value, Source) and value is not source else value
        for name, value in function.__globals__.items()
        if name in function.__code__.co_names
    }
    return type(as_python)(function.__code__, {**plain, "__builtins__": __builtins__})


@pytest.mark.parametrize("n", [1, 2, 3, 4, 27, 64, 97])
def test_integers_loops_and_calls_mean_what_they_mean_in_python(n: int) -> None:
    mine, theirs = np.zeros(6, np.int64), np.zeros(6, np.int64)
    alone(integers, INDEX, INTEGERS)(n, mine)
    as_python(integers)(n, Place(theirs))
    assert mine.tolist() == theirs.tolist()


@pytest.mark.parametrize("x", [-2.5, 0.0, 0.3, 7.25])
def test_floats_and_functions_mean_what_they_mean_in_python(x: float) -> None:
    mine, theirs = np.zeros(7), np.zeros(7)
    n = 5
    alone(reals, REAL, INDEX, DOUBLES)(x, n, mine)
    as_python(reals)(x, n, Place(theirs))
    np.testing.assert_allclose(mine, theirs, rtol=1e-15)


def test_not_a_number_compares_as_in_python() -> None:
    out = np.zeros(7)
    alone(reals, REAL, INDEX, DOUBLES)(math.nan, 5, out)
    assert out[4] == 0.0
    assert math.isnan(out[5])


def test_a_marked_function_is_not_called_by_mistake() -> None:
    with pytest.raises(TypeError, match="compiled code only"):
        _middle(1, 2, 3)


@compiled
def _tanh_of(z: Any, out: Any) -> None:
    store(out, 0, tanh(load(z, 0)))


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_tanh_is_right_to_a_few_units_in_the_last_place(kind: Any) -> None:
    place = (REAL if kind is np.float64 else ir.FloatType()).as_pointer()
    function = alone(_tanh_of, place, place)
    z, out = np.zeros(16, kind), np.zeros(16, kind)
    points = np.concatenate([np.linspace(-12, 12, 4001), np.geomspace(1e-30, 1, 200), [1e30]])
    for start in range(0, len(points), 8):
        part = points[start : start + 8].astype(kind)
        z[: len(part)] = part
        function(z, out)
        exact = np.array([float(mpmath.tanh(float(x))) for x in part])
        np.testing.assert_allclose(out[: len(part)], exact, rtol=6 * np.finfo(kind).eps)
    z[:] = np.nan
    function(z, out)
    assert np.isnan(out[:4]).all()


def test_rows_are_taken_in_the_order_that_numpy_draws() -> None:
    drawn = alone(draw_order, INDEX, INDEX, INDEX, ir.IntType(32).as_pointer(), INTEGERS)
    cases = [(0, 0, 1), (0, 1, 2), (7, 3, 3), (1, 2, 500), (999_999, 10**6, 4097), (5, 2**31, 100)]
    for seed, epoch, n in cases:
        order = np.empty(n, np.int32)
        drawn(seed, epoch, n, order, np.empty(12, np.int64))
        assert order.tolist() == row_order(seed, epoch, n).tolist()
