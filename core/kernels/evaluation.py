"""The logits of many rows, as for a decision surface, in one compiled call."""

from __future__ import annotations

import functools

import numpy as np

from core.architecture import Architecture
from core.kernels.activations import activate
from core.kernels.jit import compiled
from core.kernels.layout import (
    ACTIVATION,
    COLUMNS,
    GAIN,
    INPUTS,
    OUTPUT,
    OUTPUT_STRIDE,
    SHARPNESS,
    SLOPES,
    SOURCE,
    SOURCE_STRIDE,
    STATISTICS,
    UNITS,
    WEIGHTS,
)
from core.kernels.products import combine
from core.kernels.scaling import standardise, sharpen
from core.kernels.vectors import Place, address, after, every, get, put, store, width


@compiled
def _through(
    plan: Place, n_layers: int, blocks: int, weights: Place, statistics: Place, source: Place,
    work: Place,
) -> None:  # fmt: skip
    lanes = width(work)
    for layer in range(n_layers):
        own = after(plan, layer * COLUMNS)
        units, stride = get(own, UNITS), get(own, OUTPUT_STRIDE)
        out = after(work, get(own, OUTPUT))
        inputs = after(work, get(own, SOURCE))
        if layer == 0:
            inputs = source
        combine(
            after(weights, get(own, WEIGHTS)), units, 1, inputs, get(own, SOURCE_STRIDE) * lanes,
            get(own, INPUTS) + 1, out, stride * lanes, units, blocks,
        )  # fmt: skip
        if layer == n_layers - 1:
            break
        slopes = after(work, get(own, SLOPES))
        if get(own, GAIN) >= 0:
            gains = after(weights, get(own, GAIN))
            standardise(out, stride, units, blocks, gains, after(statistics, get(own, STATISTICS)))
        if get(own, SHARPNESS) >= 0:
            sharpen(out, stride, slopes, units, blocks, after(weights, get(own, SHARPNESS)))
        activate(get(own, ACTIVATION), out, stride, slopes, units, blocks)
        for block in range(blocks):
            store(out, ((block + 1) * stride - 1) * lanes, every(out, 1.0))


def evaluate(
    plan_table: np.ndarray, chunk_blocks: int, stride: int, X: np.ndarray, n: int, features: int,
    weights: np.ndarray, statistics: np.ndarray, batch: np.ndarray, work: np.ndarray,
    logits: np.ndarray,
) -> None:  # fmt: skip
    """Write the logits (n, outputs) of rows X (n, features), all arrays flat.

    `batch` has room for `chunk_blocks` blocks of `stride` rows.
    """
    plan, source, rows = address(plan_table), address(batch), address(X)
    n_layers, lanes = len(plan_table), width(source)
    last = after(plan, (n_layers - 1) * COLUMNS)
    outputs, out = get(last, UNITS), after(address(work), get(last, OUTPUT))
    chunk = chunk_blocks * lanes
    for done in range(0, n, chunk):
        samples = min(chunk, n - done)
        blocks = (samples + lanes - 1) // lanes
        for block in range(blocks):
            place = after(source, block * stride * lanes)
            first = done + block * lanes
            for lane in range(min(lanes, n - first)):
                for feature in range(features):
                    put(place, feature * lanes + lane, get(rows, (first + lane) * features + feature))
            store(place, features * lanes, every(place, 1.0))
        _through(
            plan, n_layers, blocks, address(weights), address(statistics), source, address(work)
        )
        for sample in range(samples):
            place = after(out, sample // lanes * outputs * lanes + sample % lanes)
            for output in range(outputs):
                logits[(done + sample) * outputs + output] = get(place, output * lanes)
