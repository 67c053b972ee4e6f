"""Each activation's value and slope together, compiled.

Values replace the pre-activations where they stand; slopes go to a place of their own, where the
backward pass multiplies them by what comes from above.
"""

from __future__ import annotations

import functools
from typing import Any

from core.activations import LEAK
from core.kernels.functions import (
    exponential_minus_one,
    log1p_of_exponential,
    normal_cdf_and_density,
    sigmoid,
    sigmoid_and_slope,
    tanh,
)
from core.kernels.layout import ACTIVATION_CODES
from core.machine.lanes import Lanes, at_least, at_most, fma, where_positive
from core.machine.source import compiled, inlined
from core.machine.translation import call
from core.machine.vectors import Place, load, store, switch, width

Both = tuple[Lanes, Lanes]


def _linear(z: Lanes) -> Both:
    return z, z.same(1.0)


def _tanh(z: Lanes) -> Both:
    a = tanh(z)
    return a, fma(a, -a, 1.0)


def _relu(z: Lanes) -> Both:
    return at_least(z, 0.0), where_positive(z, 1.0, 0.0)


def _leaky_relu(z: Lanes) -> Both:
    return where_positive(z, z, LEAK * z), where_positive(z, 1.0, LEAK)


def _elu(z: Lanes) -> Both:
    grown = exponential_minus_one(z)
    return where_positive(z, z, grown), where_positive(z, 1.0, grown + 1.0)


def _gelu(z: Lanes) -> Both:
    probability, density = normal_cdf_and_density(z)
    z = at_least(z, -40.0)
    return z * probability, fma(at_most(z, 40.0), density, probability)


def _swish(z: Lanes) -> Both:
    s, slope = sigmoid_and_slope(z)
    z = at_least(z, -750.0)
    return z * s, fma(at_most(z, 750.0), slope, s)


def _softplus(z: Lanes) -> Both:
    return log1p_of_exponential(z), sigmoid(z)


FUNCTIONS = {
    "linear": _linear,
    "sigmoid": sigmoid_and_slope,
    "tanh": _tanh,
    "relu": _relu,
    "leaky_relu": _leaky_relu,
    "elu": _elu,
    "gelu": _gelu,
    "swish": _swish,
    "softplus": _softplus,
}


@inlined
def _replace(function: Any, values: Place, stride: int, units: int, blocks: int) -> None:
    lanes = width(values)
    for block in range(blocks):
        for unit in range(units):
            at = (block * stride + unit) * lanes
            value, _ = function(load(values, at))
            store(values, at, value)


@inlined
def _replace_and_keep(
    function: Any, values: Place, stride: int, slopes: Place, units: int, blocks: int
) -> None:
    lanes = width(values)
    for block in range(blocks):
        for unit in range(units):
            at = (block * stride + unit) * lanes
            value, slope = function(load(values, at))
            store(values, at, value)
            store(slopes, (block * units + unit) * lanes, slope)


def _switch(code: Any, written: Any, *arguments: Any) -> None:
    """Write a loop for every activation, of which one runs."""
    cases = {
        ACTIVATION_CODES[name]: functools.partial(call, code.builder, written, (f, *arguments))
        for name, f in FUNCTIONS.items()
    }
    switch(code, cases)


@compiled
def activate(code: int, values: Place, stride: int, units: int, blocks: int) -> None:
    """Apply an activation to `units` rows of each block of a layer, whose blocks have `stride`."""
    _switch(code, _replace, values, stride, units, blocks)


@compiled
def activate_with_slopes(
    code: int, values: Place, stride: int, slopes: Place, units: int, blocks: int
) -> None:
    """Apply an activation, and keep the slopes of `units` rows of each block."""
    _switch(code, _replace_and_keep, values, stride, slopes, units, blocks)
