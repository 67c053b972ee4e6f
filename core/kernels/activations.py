"""Each activation's value and slope on whole layers, compiled.

Values replace the pre-activations where they stand; slopes go to a place of their own, where the
backward pass multiplies them by what comes from above.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from core.kernels.functions import (
    Lanes,
    exponential_minus_one,
    log1p_of_exponential,
    normal_cdf_and_density,
    sigmoid,
    sigmoid_and_slope,
    tanh,
)
from core.kernels.jit import compiled, inlined
from core.activations import LEAK
from core.kernels.vectors import at_least, at_most, fma, load, splat, store, where_positive, width

@inlined
def _sigmoid(z: Lanes) -> tuple[Lanes, Lanes]:
    return sigmoid_and_slope(z)


@inlined
def _tanh(z: Lanes) -> tuple[Lanes, Lanes]:
    a = tanh(z)
    return a, fma(a, 0.0 - a, 1.0)


@inlined
def _relu(z: Lanes) -> tuple[Lanes, Lanes]:
    return at_least(z, 0.0), where_positive(z, 1.0, 0.0)


@inlined
def _leaky_relu(z: Lanes) -> tuple[Lanes, Lanes]:
    return where_positive(z, z, LEAK * z), where_positive(z, 1.0, LEAK)


@inlined
def _elu(z: Lanes) -> tuple[Lanes, Lanes]:
    grown = exponential_minus_one(z)
    return where_positive(z, z, grown), where_positive(z, 1.0, grown + 1.0)


@inlined
def _gelu(z: Lanes) -> tuple[Lanes, Lanes]:
    probability, density = normal_cdf_and_density(z)
    z = at_least(z, -40.0)
    return z * probability, fma(at_most(z, 40.0), density, probability)


@inlined
def _swish(z: Lanes) -> tuple[Lanes, Lanes]:
    s, slope = sigmoid_and_slope(z)
    z = at_least(z, -750.0)
    return z * s, fma(at_most(z, 750.0), slope, s)


@inlined
def _softplus(z: Lanes) -> tuple[Lanes, Lanes]:
    return log1p_of_exponential(z), sigmoid(z)


Apply = Callable[[np.ndarray, int, int, int, int, int], None]


def _on_layer(function: Callable[[Lanes], tuple[Lanes, Lanes]]) -> Apply:
    """Return what applies an activation to `units` rows of each block of a layer.

    Its arguments are the work array, the first value's place, the rows a block of values has, the
    first slope's place, the number of units and the number of blocks.
    """

    @compiled
    def apply(
        work: np.ndarray, values: int, stride: int, slopes: int, units: int, blocks: int
    ) -> None:
        lanes = width(work)
        for block in range(blocks):
            at = values + block * stride * lanes
            slope_at = slopes + block * units * lanes
            for unit in range(units):
                value, slope = function(load(work, at + unit * lanes))
                store(work, at + unit * lanes, value)
                store(work, slope_at + unit * lanes, slope)

    return apply


_apply_sigmoid = _on_layer(_sigmoid)
_apply_tanh = _on_layer(_tanh)
_apply_relu = _on_layer(_relu)
_apply_leaky_relu = _on_layer(_leaky_relu)
_apply_elu = _on_layer(_elu)
_apply_gelu = _on_layer(_gelu)
_apply_swish = _on_layer(_swish)
_apply_softplus = _on_layer(_softplus)


@compiled
def _apply_linear(work: np.ndarray, slopes: int, units: int, blocks: int) -> None:
    lanes = width(work)
    for i in range(units * blocks):
        store(work, slopes + i * lanes, splat(work, 1.0))


@compiled
def activate(
    code: int, work: np.ndarray, values: int, stride: int, slopes: int, units: int, blocks: int
) -> None:
    """Apply the activation of that code (see `core.kernels.layout.ACTIVATION_CODES`)."""
    if code == 0:
        _apply_linear(work, slopes, units, blocks)
    elif code == 1:
        _apply_sigmoid(work, values, stride, slopes, units, blocks)
    elif code == 2:
        _apply_tanh(work, values, stride, slopes, units, blocks)
    elif code == 3:
        _apply_relu(work, values, stride, slopes, units, blocks)
    elif code == 4:
        _apply_leaky_relu(work, values, stride, slopes, units, blocks)
    elif code == 5:
        _apply_elu(work, values, stride, slopes, units, blocks)
    elif code == 6:
        _apply_gelu(work, values, stride, slopes, units, blocks)
    elif code == 7:
        _apply_swish(work, values, stride, slopes, units, blocks)
    elif code == 8:
        _apply_softplus(work, values, stride, slopes, units, blocks)
