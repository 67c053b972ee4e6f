"""The logits of many rows, as for a decision surface, in one compiled call."""

from __future__ import annotations

from core.kernels.activations import activate
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
from core.kernels.scaling import sharpen, standardise
from core.kernels.source import compiled
from core.kernels.vectors import Place, after, every, get, load, store, width


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
        activate(get(own, ACTIVATION), out, stride, units, blocks)
        for block in range(blocks):
            store(out, ((block + 1) * stride - 1) * lanes, every(out, 1.0))


@compiled
def evaluate(
    n_layers: int, chunk_blocks: int, stride: int, n_blocks: int, features: int, plan: Place,
    given: Place, weights: Place, statistics: Place, source: Place, work: Place, written: Place,
) -> None:  # fmt: skip
    """Write the logits (outputs, n) of rows given feature by feature (features, n).

    All arrays are flat, and n is a whole number of blocks. `source` has room for `chunk_blocks`
    blocks of `stride` rows.
    """
    lanes = width(source)
    last = after(plan, (n_layers - 1) * COLUMNS)
    outputs, out = get(last, UNITS), after(work, get(last, OUTPUT))
    n = n_blocks * lanes
    for done in range(0, n_blocks, chunk_blocks):
        blocks = min(chunk_blocks, n_blocks - done)
        for block in range(blocks):
            place, first = after(source, block * stride * lanes), (done + block) * lanes
            for feature in range(features):
                store(place, feature * lanes, load(given, feature * n + first))
            store(place, features * lanes, every(place, 1.0))
        _through(plan, n_layers, blocks, weights, statistics, source, work)
        for block in range(blocks):
            first = (done + block) * lanes
            for output in range(outputs):
                store(written, output * n + first, load(out, (block * outputs + output) * lanes))
