"""A burst of training steps as one compiled call.

A step gathers a batch into blocks of samples, feature by feature, carries it through the layers and
back in chunks that stay in the processor's cache, and updates the flat parameter vector.
"""

from __future__ import annotations

import numpy as np

from core.kernels.activations import activate
from core.kernels.jit import compiled, entry
from core.kernels.layout import (
    ACTIVATION,
    GAIN,
    INPUTS,
    OUTPUT,
    OUTPUT_STRIDE,
    PLAIN,
    SHARPNESS,
    SHIFT,
    SLOPES,
    SOURCE,
    SOURCE_STRIDE,
    SPREADS,
    STANDARDS,
    STATISTICS,
    UNITS,
    WEIGHTS,
)
from core.kernels.losses import loss_deltas
from core.kernels.order import draw_order
from core.kernels.products import add_products, combine
from core.kernels.scaling import normalise, normalise_back, sharpen, sharpen_back
from core.kernels.updates import (
    MOMENTUM_RATE,
    NESTEROV,
    PENALTY_STRENGTH,
    SCHEDULE_EPOCHS,
    add_penalty,
    look_ahead,
    schedule_factor,
    update,
)
from core.kernels.vectors import load, splat, store, width

# Places in the array of settings.
N_FEATURES, ROW_STRIDE, CHUNK_BLOCKS, UPSTREAM, SUMS, BATCH_SIZE, SEED = range(7)
LOSS, PENALTY, OPTIMIZER, SCHEDULE = range(7, 11)
SETTINGS = 11
# Places in the array that says where training stands.
STEP, EPOCH, POSITION, CURRENT, DIVERGED = range(5)
ORDER_SEED, ORDER_EPOCH, ORDER_ROWS, CLEARED_FOR = range(5, 9)
PROGRESS = 9


@compiled
def _gather(
    X: np.ndarray, y: np.ndarray, weights: np.ndarray, order: np.ndarray, start: int,
    samples: int, features: int, batch: np.ndarray, progress: np.ndarray,
) -> None:  # fmt: skip
    """Copy rows into blocks: features, a row of ones, labels, sample weights.

    Lanes without a sample stay zero; they are cleared when another number of samples comes.
    """
    lanes = width(batch)
    stride = (features + 3) * lanes
    if samples % lanes != 0 and progress[CLEARED_FOR] != samples:
        for i in range(0, stride, lanes):
            store(batch, samples // lanes * stride + i, splat(batch, 0.0))
    progress[CLEARED_FOR] = samples
    for sample in range(samples):
        row = order[start + sample]
        at = (sample // lanes) * stride + sample % lanes
        for feature in range(features):
            batch[at + feature * lanes] = X[row * features + feature]
        at += features * lanes
        batch[at] = 1.0
        batch[at + lanes] = y[row]
        batch[at + 2 * lanes] = weights[row]


@compiled
def _forward(
    plan: np.ndarray, source: np.ndarray, first: int, blocks: int, samples: int,
    weights: np.ndarray, statistics: np.ndarray, old: int, new: int, work: np.ndarray,
) -> None:  # fmt: skip
    lanes = width(work)
    ones_step = plan[0, SOURCE_STRIDE] * lanes
    ones = first + plan[0, INPUTS] * lanes
    for layer in range(len(plan)):
        own = plan[layer]
        units, out, out_stride = own[UNITS], own[OUTPUT], own[OUTPUT_STRIDE]
        if layer == 0:
            combine(
                weights, own[WEIGHTS], units, 1, source, first, own[SOURCE_STRIDE],
                own[INPUTS] + 1, work, out, out_stride, units, blocks,
            )  # fmt: skip
        else:
            combine(
                weights, own[WEIGHTS], units, 1, work, own[SOURCE], own[SOURCE_STRIDE],
                own[INPUTS] + 1, work, out, out_stride, units, blocks,
            )  # fmt: skip
        if layer == len(plan) - 1:
            break
        if own[GAIN] >= 0:
            normalise(
                work, out, out_stride, own[STANDARDS], own[SPREADS], units, blocks,
                source, ones, ones_step, samples, weights, own[GAIN], own[SHIFT],
                statistics, old + own[STATISTICS], new + own[STATISTICS],
            )  # fmt: skip
        if own[SHARPNESS] >= 0:
            sharpen(work, out, out_stride, own[PLAIN], units, blocks, weights, own[SHARPNESS])
        activate(own[ACTIVATION], work, out, out_stride, own[SLOPES], units, blocks)
        for block in range(blocks):
            ones_here = load(source, ones + block * ones_step)
            store(work, out + ((block + 1) * out_stride - 1) * lanes, ones_here)


@compiled
def _backward(
    plan: np.ndarray, source: np.ndarray, first: int, blocks: int, samples: int,
    weights: np.ndarray, work: np.ndarray, upstream: int, sums: int, gradient: np.ndarray,
) -> None:  # fmt: skip
    lanes = width(work)
    ones_step = plan[0, SOURCE_STRIDE] * lanes
    ones = first + plan[0, INPUTS] * lanes
    for layer in range(len(plan) - 1, -1, -1):
        own = plan[layer]
        units, inputs, deltas = own[UNITS], own[INPUTS], own[SLOPES]
        if layer < len(plan) - 1:
            for i in range(deltas, deltas + units * blocks * lanes, lanes):
                store(work, i, load(work, i) * load(work, upstream + i - deltas))
        if own[SHARPNESS] >= 0:
            sharpen_back(
                work, deltas, own[PLAIN], units, blocks, weights, gradient, own[SHARPNESS]
            )
        if own[GAIN] >= 0:
            normalise_back(
                work, deltas, own[STANDARDS], own[SPREADS], units, blocks, source, ones,
                ones_step, samples, weights, gradient, own[GAIN], own[SHIFT],
            )  # fmt: skip
        if layer == 0:
            add_products(
                source, first, own[SOURCE_STRIDE], inputs + 1, work, deltas, units, blocks,
                gradient, own[WEIGHTS], sums,
            )  # fmt: skip
        else:
            add_products(
                work, own[SOURCE], own[SOURCE_STRIDE], inputs + 1, work, deltas, units, blocks,
                gradient, own[WEIGHTS], sums,
            )  # fmt: skip
            combine(
                weights, own[WEIGHTS], 1, units, work, deltas, units, units,
                work, upstream, inputs, inputs, blocks,
            )  # fmt: skip


@compiled
def _add_gradient(
    plan: np.ndarray, settings: np.ndarray, X: np.ndarray, y: np.ndarray, row_weights: np.ndarray,
    stored: np.ndarray, order: np.ndarray, start: int, samples: int, weights: np.ndarray,
    statistics: np.ndarray, old: int, new: int, work: np.ndarray, batch: np.ndarray,
    gradient: np.ndarray, progress: np.ndarray,
) -> float:  # fmt: skip
    """Go through a batch chunk by chunk; return a number finite where its loss is.

    A batch of all rows is read from `stored`, where they stand in blocks in their own order.
    """
    lanes = width(work)
    features, stride = settings[N_FEATURES], settings[ROW_STRIDE]
    chunk = settings[CHUNK_BLOCKS] * lanes
    last = plan[len(plan) - 1]
    value = 0.0
    for done in range(0, samples, chunk):
        in_chunk = min(chunk, samples - done)
        blocks = -(-in_chunk // lanes)
        source, first = stored, done * stride
        if len(stored) == 0:
            _gather(
                X, y, row_weights, order, start + done, in_chunk, features, batch, progress
            )
            source, first = batch, 0
        _forward(
            plan, source, first, blocks, samples, weights, statistics, old, new, work
        )
        value += loss_deltas(
            settings[LOSS], work, last[OUTPUT], last[SLOPES], last[UNITS], source, first,
            stride, blocks, 1.0 / samples,
        )  # fmt: skip
        _backward(
            plan, source, first, blocks, samples, weights, work, settings[UPSTREAM],
            settings[SUMS], gradient,
        )  # fmt: skip
    return value


@compiled
def _set_order(settings: np.ndarray, epoch: int, order: np.ndarray, progress: np.ndarray) -> None:
    """Draw the epoch's order, unless it is the one that stands there."""
    seed = settings[SEED]
    if (
        progress[ORDER_EPOCH] != epoch
        or progress[ORDER_SEED] != seed
        or progress[ORDER_ROWS] != len(order)
    ):
        draw_order(seed, epoch, order)
        progress[ORDER_SEED], progress[ORDER_EPOCH], progress[ORDER_ROWS] = seed, epoch, len(order)


@entry
def take_steps(
    steps: int, plan: np.ndarray, settings: np.ndarray, numbers: np.ndarray,
    X: np.ndarray, y: np.ndarray, row_weights: np.ndarray, stored: np.ndarray, order: np.ndarray,
    theta: np.ndarray, slots: np.ndarray, statistics: np.ndarray, mask: np.ndarray,
    point: np.ndarray, gradient: np.ndarray, work: np.ndarray, batch: np.ndarray,
    progress: np.ndarray,
) -> None:  # fmt: skip
    """Take some steps, stopping before one whose loss or parameters would not be finite.

    `theta` (2, p), `slots` (n_slots, 2, p) and `statistics` (2, s) hold the present values and room
    for the next ones, flat; ``progress[CURRENT]`` says which is which.
    """
    n, padded, n_statistics = len(y), len(point), len(statistics) // 2
    optimizer, penalty = settings[OPTIMIZER], settings[PENALTY]
    momentum = numbers[MOMENTUM_RATE] if optimizer == NESTEROV else 0.0
    for _ in range(steps):
        epoch, position, current = progress[EPOCH], progress[POSITION], progress[CURRENT]
        if position >= n:
            epoch, position = epoch + 1, 0
        samples = min(settings[BATCH_SIZE], n - position)
        if samples < n:
            _set_order(settings, epoch, order, progress)
        look_ahead(theta, current * padded, slots, momentum, point)
        for i in range(0, padded, width(gradient)):
            store(gradient, i, splat(gradient, 0.0))
        value = _add_gradient(
            plan, settings, X, y, row_weights, stored if samples == n else stored[:0], order,
            position, samples, point, statistics, current * n_statistics,
            (1 - current) * n_statistics, work, batch, gradient, progress,
        )  # fmt: skip
        if penalty != 0:
            value += add_penalty(penalty, numbers[PENALTY_STRENGTH], point, mask, gradient)
        factor = schedule_factor(
            settings[SCHEDULE], epoch + position / n, numbers[SCHEDULE_EPOCHS]
        )
        value += update(
            optimizer, theta, current * padded, (1 - current) * padded, slots, gradient,
            progress[STEP] + 1, factor, numbers, mask,
        )  # fmt: skip
        if not value - value == 0.0:
            progress[DIVERGED] = 1
            return
        position += samples
        if position >= n:
            epoch, position = epoch + 1, 0
        progress[STEP] += 1
        progress[EPOCH], progress[POSITION], progress[CURRENT] = epoch, position, 1 - current
