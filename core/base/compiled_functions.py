"""The exponential and tanh inside compiled loops, in float32 and in float64.

The C library's are called once a number, which no compiler turns into vector instructions. These
are short polynomials without a branch, so that a loop over them takes several numbers at a time. In
plain Python they are `math`'s; `register` tells numba which one stands for which precision.

Arguments are reduced as exp(x) = 2^k exp(r), |r| <= ln(2) / 2 (Cody & Waite 1980, chapter 6), and
exp(r) - 1 is its Taylor polynomial.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

LN2_HIGH = 0.693145751953125  # 12 bits: its product with any k is exact, in float32 too
LN2_LOW = 1.428606820309417232e-6  # the rest of ln(2), to more digits than ln(2) itself has


def exponential(x: float) -> float:
    """Return e^x, x limited to where neither it nor its inverse overflows; NaN stays NaN."""
    return x if math.isnan(x) else math.exp(min(max(x, -708.0), 708.0))


def exponential_minus_one(x: float) -> float:
    """Return e^x - 1, x limited as in `exponential`, without cancellation near 0."""
    return x if math.isnan(x) else math.expm1(min(max(x, -708.0), 708.0))


def tanh(x: float) -> float:
    """Return the hyperbolic tangent."""
    return math.tanh(x)


# Constants in the precision that is computed in: a Python number would widen float32 to float64.
_LIMIT, _LOG2_E, _HIGH, _LOW, _HALF, _ONE = (
    np.float32(c) for c in (87.0, 1.0 / math.log(2.0), LN2_HIGH, LN2_LOW, 0.5, 1.0)
)
_C2, _C3, _C4, _C5, _C6, _C7 = (np.float32(1.0 / math.factorial(k)) for k in range(2, 8))
_C8, _C9, _C10, _C11, _C12, _C13 = (1.0 / math.factorial(k) for k in range(8, 14))


def _reduced_single(x: Any) -> Any:
    """Return exp(r) - 1 and 2^k; within 6e-8 of exp(x) relative to it."""
    x = _LIMIT if x > _LIMIT else x
    x = -_LIMIT if x < -_LIMIT else x
    k = np.floor(x * _LOG2_E + _HALF)
    r = (x - k * _HIGH) - k * _LOW
    grown = ((((((_C7 * r + _C6) * r + _C5) * r + _C4) * r + _C3) * r + _C2) * r + _ONE) * r
    return grown, np.int32((np.int32(k) + 127) << 23).view(np.float32)


def _exponential_single(x: Any) -> Any:
    grown, power = _reduced_single(x)
    return power * grown + power


def _exponential_minus_one_single(x: Any) -> Any:
    grown, power = _reduced_single(x)
    return power * grown + (power - _ONE)


def _reduced_double(x: Any) -> Any:
    """Return exp(r) - 1 and 2^k; within 2 ulp."""
    x = 708.0 if x > 708.0 else x
    x = -708.0 if x < -708.0 else x
    k = np.floor(x * (1.0 / math.log(2.0)) + 0.5)
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    high = (((((_C13 * r + _C12) * r + _C11) * r + _C10) * r + _C9) * r + _C8) * r + 1.0 / 5040.0
    low = ((((high * r + 1.0 / 720.0) * r + 1.0 / 120.0) * r + 1.0 / 24.0) * r + 1.0 / 6.0) * r
    grown = ((low + 0.5) * r + 1.0) * r
    return grown, np.int64((np.int32(k) + 1023) << 52).view(np.float64)


def _exponential_double(x: Any) -> Any:
    grown, power = _reduced_double(x)
    return power * grown + power


def _exponential_minus_one_double(x: Any) -> Any:
    grown, power = _reduced_double(x)
    return power * grown + (power - 1.0)


# tanh(x) = x P(x^2) / Q(x^2) for |x| <= 8, relative error under 2e-8: the coefficients of P and Q,
# fitted by linearised least squares whose weights follow the error (Lawson 1961).
_EIGHT = np.float32(8.0)
_P5, _P4, _P3, _P2, _P1, _P0 = (
    np.float32(c)
    for c in (
        2.35084411e-11,
        -1.47041559e-8,
        9.87863855e-6,
        2.98585955e-3,
        0.129792212,
        0.999999981,
    )
)
_Q3, _Q2, _Q1 = (np.float32(c) for c in (2.37202907e-4, 0.0240279148, 0.463125372))


def _tanh_single(x: Any) -> Any:
    x = _EIGHT if x > _EIGHT else x
    x = -_EIGHT if x < -_EIGHT else x
    q = x * x
    above = ((((_P5 * q + _P4) * q + _P3) * q + _P2) * q + _P1) * q + _P0
    return x * above / (((_Q3 * q + _Q2) * q + _Q1) * q + _ONE)


def _tanh_double(x: Any) -> Any:
    grown = exponential_minus_one(x + x)
    return grown / (grown + 2.0)


def register(numba: Any) -> None:
    """Tell numba what to compile for the three functions above, by their argument's precision."""
    choices = (
        (exponential, _exponential_single, _exponential_double),
        (exponential_minus_one, _exponential_minus_one_single, _exponential_minus_one_double),
        (tanh, _tanh_single, _tanh_double),
    )
    for helper in (_reduced_single, _reduced_double):
        numba.extending.register_jitable(error_model="numpy")(helper)
    for function, single, double in choices:
        _register(numba, function, single, double)


def _register(numba: Any, function: Any, single: Any, double: Any) -> None:
    @numba.extending.overload(function, jit_options={"error_model": "numpy"})  # type: ignore[untyped-decorator]
    def choose(x: Any) -> Any:
        return single if x == numba.types.float32 else double
