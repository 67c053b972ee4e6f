"""The exponential's kin on vectors: exp, sigmoid, tanh, softplus and the normal distribution.

Each is right to a few units in the last place, gives NaN for NaN, and never branches.
Arguments are reduced as exp(x) = 2^k exp(r), |r| <= ln(2) / 2 (Cody & Waite 1980, chapter 6), and
exp(r) - 1 is its Taylor polynomial.
"""

from __future__ import annotations

import math

import numpy as np

from core.kernels import gaussian
from core.machine.lanes import (
    Lanes,
    absolute,
    at_least,
    at_most,
    fma,
    polynomial,
    power_of_two,
    rounding_shift,
    where_positive,
)

_LOG2_E = 1.0 / math.log(2.0)
_LN2_HIGH = 0.693145751953125  # 12 bits: its product with any k is exact, in float32 too
_LN2_LOW = math.log(2.0) - _LN2_HIGH
_DENSITY_AT_0 = 1.0 / math.sqrt(2.0 * math.pi)


def _exponential_taylor(degree: int) -> tuple[float, ...]:
    """Return the coefficients of (exp(r) - 1) / r, highest first."""
    return tuple(1.0 / math.factorial(k) for k in range(degree, 0, -1))


def _logarithm_taylor(terms: int) -> tuple[float, ...]:
    """Return the coefficients of 2 atanh(s) / s in s squared, highest first."""
    return tuple(2.0 / (2 * k + 1) for k in range(terms - 1, -1, -1))


_EXPONENTIAL = (_exponential_taylor(13), _exponential_taylor(7))  # double, single
_LOGARITHM = (_logarithm_taylor(17), _logarithm_taylor(8))


def _reduced(x: Lanes) -> tuple[Lanes, Lanes]:
    """Return exp(r) - 1 and 2^k of exp(x) = 2^k exp(r)."""
    limit = 87.0 if x.is_single else 708.0
    x = at_most(at_least(x, -limit), limit)
    shift = rounding_shift(x)
    shifted = fma(x, _LOG2_E, shift)
    k = shifted - shift
    r = fma(k, -_LN2_LOW, fma(k, -_LN2_HIGH, x))
    return r * polynomial(r, _EXPONENTIAL[x.is_single]), power_of_two(shifted)


def exponential(x: Lanes) -> Lanes:
    """Return exp(x), x limited to where neither it nor 1 / exp(x) overflows."""
    small, power = _reduced(x)
    return fma(power, small, power)


def exponential_minus_one(x: Lanes) -> Lanes:
    """Return exp(x) - 1 without cancellation near 0."""
    small, power = _reduced(x)
    return fma(power, small, power - 1.0)


def sigmoid(z: Lanes) -> Lanes:
    """Return 1 / (1 + exp(-z))."""
    return 1.0 / (exponential(-z) + 1.0)


def sigmoid_and_slope(z: Lanes) -> tuple[Lanes, Lanes]:
    """Return the sigmoid and its slope, the latter without the cancellation of 1 - sigmoid."""
    odds = exponential(-z)
    s = 1.0 / (odds + 1.0)
    return s, (odds * s) * s


# tanh(x) = x P(x^2) / Q(x^2) for |x| <= 8, relative error under 2e-8: the coefficients of P and Q,
# fitted by linearised least squares whose weights follow the error (Lawson 1961).
_TANH_LIMIT = 8.0
_TANH = (
    (2.35084411e-11, -1.47041559e-8, 9.87863855e-6, 2.98585955e-3, 0.129792212, 0.999999981),
    (2.37202907e-4, 0.0240279148, 0.463125372, 1.0),
)


def tanh(z: Lanes) -> Lanes:
    """Return tanh(z), in float64 as (exp(2z) - 1) / (exp(2z) + 1)."""
    if z.is_single:
        z = at_most(at_least(z, -_TANH_LIMIT), _TANH_LIMIT)
        above, below = (polynomial(z * z, coefficients) for coefficients in _TANH)
        return z * above / below
    grown = exponential_minus_one(z + z)
    return grown / (grown + 2.0)


def log1p_of_exponential(z: Lanes) -> Lanes:
    """Return the softplus, max(z, 0) + log(1 + exp(-|z|))."""
    odds = exponential(-absolute(z))
    s = odds / (odds + 2.0)
    return at_least(z, 0.0) + s * polynomial(s * s, _LOGARITHM[z.is_single])


def _tail_coefficients(degree: int) -> tuple[float, ...]:
    """Return the polynomial of the normal tail, highest power first, economised to a degree."""
    powers = np.array(gaussian._TAIL_POLYNOMIAL).ravel()
    powers[0] = gaussian._CONSTANT
    series = np.polynomial.chebyshev.poly2cheb(powers)[: degree + 1]
    return tuple(float(c) for c in np.polynomial.chebyshev.cheb2poly(series)[::-1])


_TAIL = (_tail_coefficients(24), _tail_coefficients(11))


def normal_cdf_and_density(z: Lanes) -> tuple[Lanes, Lanes]:
    """Return the standard normal's distribution function and density (see `gaussian`)."""
    a = at_most(absolute(z), 40.0)
    bell = exponential(-0.5 * (a * a))
    tail = bell * polynomial((a - 4.0) / (a + 4.0), _TAIL[z.is_single]) / (a + 1.0)
    return where_positive(z, 1.0 - tail, tail), bell * _DENSITY_AT_0
