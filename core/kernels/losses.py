"""The loss's derivative by the logits, on blocks of samples, compiled.

What is returned beside is finite exactly where the loss itself is, at a fraction of its cost: no
logarithm is taken, since training needs the loss only to see whether it diverged.
"""

from __future__ import annotations

import numpy as np

from core.kernels.functions import exponential, sigmoid_and_slope
from core.kernels.jit import compiled
from core.kernels.vectors import (
    absolute,
    at_least,
    fma,
    gap,
    load,
    splat,
    store,
    total,
    where_positive,
    width,
)

CROSS_ENTROPY, SQUARED_ERROR = 0, 1


@compiled
def _one_logit(
    code: int, work: np.ndarray, logits: int, deltas: int, source: np.ndarray, first: int,
    source_stride: int, blocks: int, share: float,
) -> float:  # fmt: skip
    """Use p - y = s sigmoid(s z), with s = 1 for y = 0 and -1 for y = 1: no digit is lost."""
    lanes = width(work)
    value = splat(work, 0.0)
    for block in range(blocks):
        block_end = first + (block + 1) * source_stride * lanes
        weight = load(source, block_end - lanes) * share
        sign = 1.0 - 2.0 * load(source, block_end - 2 * lanes)
        wrong = load(work, logits + block * lanes) * sign
        error, slope = sigmoid_and_slope(wrong)
        if code == CROSS_ENTROPY:
            value = fma(at_least(wrong, 0.0), weight, value)
            delta = error * sign
        else:
            value = fma(error * error, weight, value)
            delta = 2.0 * error * slope * sign
        store(work, deltas + block * lanes, delta * weight)
    return total(value)  # type: ignore[no-any-return]


@compiled
def _softmax_block(
    code: int, work: np.ndarray, logits: int, deltas: int, classes: int, label: np.ndarray,
    weight: np.ndarray,
) -> np.ndarray:  # fmt: skip
    lanes = width(work)
    top = load(work, logits)
    for k in range(1, classes):
        top = at_least(top, load(work, logits + k * lanes))
    everything = others = behind = splat(work, 0.0)
    for k in range(classes):
        distance = gap(load(work, logits + k * lanes), top)
        grown = exponential(distance)
        is_label = 0.5 - absolute(label - k)
        everything = everything + grown
        others = others + where_positive(is_label, 0.0, grown)
        behind = where_positive(is_label, distance, behind)
        store(work, deltas + k * lanes, grown)
    norm = 1.0 / everything
    lean = splat(work, 0.0)
    for k in range(classes):
        p = load(work, deltas + k * lanes) * norm
        is_label = 0.5 - absolute(label - k)
        error = where_positive(is_label, 0.0 - others * norm, p)
        lean = fma(p, error, lean)
        if code == CROSS_ENTROPY:
            store(work, deltas + k * lanes, error * weight)
        else:
            store(work, deltas + k * lanes, p)
    if code == SQUARED_ERROR:
        for k in range(classes):
            p = load(work, deltas + k * lanes)
            is_label = 0.5 - absolute(label - k)
            error = where_positive(is_label, 0.0 - others * norm, p)
            store(work, deltas + k * lanes, 2.0 * p * (error - lean) * weight)
        return lean * weight
    return behind * weight


@compiled
def loss_deltas(
    code: int, work: np.ndarray, logits: int, deltas: int, outputs: int, source: np.ndarray,
    first: int, source_stride: int, blocks: int, share: float,
) -> float:  # fmt: skip
    """Write the objective's derivative by each logit; return a number finite where the loss is.

    Parameters
    ----------
    source : array
        Blocks whose last two rows are the labels and the sample weights.
    share : float
        One over the number of samples in the batch.
    """
    if outputs == 1:
        return _one_logit(
            code, work, logits, deltas, source, first, source_stride, blocks, share
        )
    lanes = width(work)
    value = splat(work, 0.0)
    for block in range(blocks):
        block_end = first + (block + 1) * source_stride * lanes
        weight = load(source, block_end - lanes) * share
        label = load(source, block_end - 2 * lanes)
        at = block * outputs * lanes
        value = value + _softmax_block(
            code, work, logits + at, deltas + at, outputs, label, weight
        )
    return total(value)  # type: ignore[no-any-return]
