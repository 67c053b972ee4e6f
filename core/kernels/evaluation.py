"""The logits of many rows, as for a decision surface, in one compiled call."""

from __future__ import annotations

from typing import Any

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
from core.machine.lanes import Lanes
from core.machine.places import Pointer
from core.machine.scalars import INDEX, REAL, ir
from core.machine.source import compiled, inlined
from core.machine.vectors import Place, after, every, get, load, put, store, width


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


def _column(rows: Pointer, features: Any, feature: Any, block: Pointer) -> Lanes:
    """Return one feature of a whole block of float64 rows."""
    builder = rows.builder
    values = ir.Constant(ir.VectorType(REAL, block.count), ir.Undefined)
    for lane in range(block.count):
        value = rows.after(features * lane + feature).get().value
        values = builder.insert_element(values, value, ir.Constant(INDEX, lane))
    return _narrowed(Lanes(builder, values), block)


def _narrowed(numbers: Lanes, block: Pointer) -> Lanes:
    """Return float64 numbers in a block's own precision."""
    builder, value, kind = numbers.builder, numbers.value, block.register
    return Lanes(builder, value if value.type == kind else builder.fptrunc(value, kind))


def _two_columns(rows: Pointer, block: Pointer) -> None:
    """Write both features of a whole block of float64 rows."""
    count = block.count
    first, second = (_narrowed(rows.after(k * count).load(count), block) for k in range(2))
    for k in range(2):
        block.after(k * count).store(first.shuffled(second, range(k, 2 * count, 2)))


def _store_doubles(place: Pointer, register: Lanes) -> None:
    """Store a register as float64 numbers."""
    kind = ir.VectorType(REAL, register.count)
    builder, value = register.builder, register.value
    place.store(Lanes(builder, value if value.type == kind else builder.fpext(value, kind)))


@inlined
def _read(rows: Place, features: int, samples: int, stride: int, source: Place) -> None:
    """Lay rows out as blocks of `stride` rows, the last of which is all ones."""
    lanes = width(source)
    for first in range(0, samples, lanes):
        block = after(source, first * stride)
        store(block, features * lanes, every(block, 1.0))
        if features == 2 and samples - first >= lanes:
            _two_columns(after(rows, first * features), block)
            continue
        if samples - first >= lanes:
            for feature in range(features):
                column = _column(after(rows, first * features), features, feature, block)
                store(block, feature * lanes, column)
            continue
        for lane in range(samples - first):
            for feature in range(features):
                at = (first + lane) * features + feature
                put(block, feature * lanes + lane, get(rows, at))


@inlined
def _write(out: Place, outputs: int, samples: int, logits: Place) -> None:
    """Lay blocks of logits out as rows."""
    lanes = width(out)
    for first in range(0, samples, lanes):
        block = after(out, first * outputs)
        if outputs == 1 and samples - first >= lanes:
            _store_doubles(after(logits, first), load(block, 0))
            continue
        for lane in range(min(lanes, samples - first)):
            row = after(logits, (first + lane) * outputs)
            for output in range(outputs):
                put(row, output, get(block, output * lanes + lane))


@compiled
def evaluate(
    n_layers: int, chunk_blocks: int, stride: int, n: int, features: int, plan: Place,
    source: Place, work: Place, weights: Place, statistics: Place, rows: Place, logits: Place,
) -> None:  # fmt: skip
    """Write the float64 logits (n, outputs) of float64 rows (n, features).

    `source` has room for `chunk_blocks` blocks of `stride` rows.
    """
    lanes = width(source)
    last = after(plan, (n_layers - 1) * COLUMNS)
    outputs, out = get(last, UNITS), after(work, get(last, OUTPUT))
    for done in range(0, n, chunk_blocks * lanes):
        samples = min(chunk_blocks * lanes, n - done)
        _read(after(rows, done * features), features, samples, stride, source)
        blocks = (samples + lanes - 1) // lanes
        _through(plan, n_layers, blocks, weights, statistics, source, work)
        _write(out, outputs, samples, after(logits, done * outputs))
