"""A burst of training steps as one compiled call.

A step gathers a batch into blocks of samples, feature by feature, carries it through the layers and
back in chunks that stay in the processor's cache, and updates the flat parameter vector.
"""

from __future__ import annotations

import math

from core.kernels.activations import activate_with_slopes
from core.kernels.gathering import FIRST_FEATURE, gather
from core.kernels.layout import (
    ACTIVATION,
    COLUMNS,
    GAIN,
    INPUTS,
    OUTPUT,
    OUTPUT_STRIDE,
    PLAIN,
    SHARPNESS,
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
from core.kernels.single import gradient_in_plane, gradient_of_blocks
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
from core.machine.source import compiled, inlined
from core.machine.vectors import Place, after, every, get, load, put, store, width

# Places in the array of settings.
N_FEATURES, ROW_STRIDE, CHUNK_BLOCKS, UPSTREAM, SUMS, BATCH_SIZE, SEED = range(7)
LOSS, PENALTY, OPTIMIZER, SCHEDULE, COLUMNS_OF_TABLE, SHAPE = range(7, 13)
SETTINGS = 13
NETWORK, LOGISTIC, PLANE = range(3)  # shapes: any, a single logit, one of two features
# Places in the array that says where training stands.
STEP, EPOCH, POSITION, CURRENT, DIVERGED = range(5)
ORDER_SEED, ORDER_EPOCH, MARKED_FOR, SPARE = range(5, 9)
PROGRESS = SPARE + 12


@inlined
def _forward(
    plan: Place, n_layers: int, source: Place, blocks: int, samples: int, weights: Place,
    statistics: Place, new_statistics: Place, work: Place,
) -> None:  # fmt: skip
    lanes = width(work)
    ones_step = get(plan, SOURCE_STRIDE) * lanes
    ones = after(source, ones_step - lanes)
    for layer in range(n_layers):
        own = after(plan, layer * COLUMNS)
        units, out_stride = get(own, UNITS), get(own, OUTPUT_STRIDE)
        out = after(work, get(own, OUTPUT))
        inputs = after(work, get(own, SOURCE))
        if layer == 0:
            inputs = after(source, FIRST_FEATURE * lanes)
        combine(
            after(weights, get(own, WEIGHTS)), units, 1, inputs, get(own, SOURCE_STRIDE) * lanes,
            get(own, INPUTS) + 1, out, out_stride * lanes, units, blocks,
        )  # fmt: skip
        if layer == n_layers - 1:
            break
        if get(own, GAIN) >= 0:
            moved = get(own, STATISTICS)
            normalise(
                out, out_stride, after(work, get(own, STANDARDS)), after(work, get(own, SPREADS)),
                units, blocks, ones, ones_step, samples, after(weights, get(own, GAIN)),
                after(statistics, moved), after(new_statistics, moved),
            )  # fmt: skip
        if get(own, SHARPNESS) >= 0:
            sharpen(
                out, out_stride, after(work, get(own, PLAIN)), units, blocks,
                after(weights, get(own, SHARPNESS)),
            )  # fmt: skip
        activate_with_slopes(
            get(own, ACTIVATION), out, out_stride, after(work, get(own, SLOPES)), units, blocks
        )
        for block in range(blocks):
            store(out, ((block + 1) * out_stride - 1) * lanes, load(ones, block * ones_step))


@inlined
def _backward(
    plan: Place, n_layers: int, source: Place, blocks: int, samples: int, weights: Place,
    work: Place, upstream: Place, sums: Place, gradient: Place,
) -> None:  # fmt: skip
    lanes = width(work)
    ones_step = get(plan, SOURCE_STRIDE) * lanes
    ones = after(source, ones_step - lanes)
    for layer in range(n_layers - 1, -1, -1):
        own = after(plan, layer * COLUMNS)
        units, inputs, at = get(own, UNITS), get(own, INPUTS), get(own, WEIGHTS)
        deltas = after(work, get(own, SLOPES))
        if layer < n_layers - 1:
            for i in range(0, units * blocks * lanes, lanes):
                store(deltas, i, load(deltas, i) * load(upstream, i))
        if get(own, SHARPNESS) >= 0:
            place = get(own, SHARPNESS)
            sharpen_back(
                deltas, after(work, get(own, PLAIN)), units, blocks, after(weights, place),
                after(gradient, place),
            )  # fmt: skip
        if get(own, GAIN) >= 0:
            place = get(own, GAIN)
            normalise_back(
                deltas, after(work, get(own, STANDARDS)), after(work, get(own, SPREADS)), units,
                blocks, ones, ones_step, samples, after(weights, place), after(gradient, place),
            )  # fmt: skip
        x = after(work, get(own, SOURCE))
        if layer == 0:
            x = after(source, FIRST_FEATURE * lanes)
        add_products(
            x, get(own, SOURCE_STRIDE) * lanes, inputs + 1, deltas, units, blocks,
            after(gradient, at), sums,
        )  # fmt: skip
        if get(own, GAIN) >= 0:  # the batch's mean takes the biases away again
            for unit in range(units):
                put(gradient, at + inputs * units + unit, 0.0)
        if layer > 0:
            combine(
                after(weights, at), 1, units, deltas, units * lanes, units, upstream,
                inputs * lanes, inputs, blocks,
            )  # fmt: skip


@inlined
def _add_gradient(
    plan: Place, n_layers: int, settings: Place, table: Place, n_rows: int, stored: Place,
    is_stored: bool, order: Place, samples: int, weights: Place, statistics: Place,
    new_statistics: Place, work: Place, batch: Place, gradient: Place, progress: Place,
) -> float:  # fmt: skip
    """Go through a batch chunk by chunk; return a number finite where its loss is.

    A batch of all rows is read from `stored`, where they stand in blocks in their own order.
    """
    lanes, shape, loss = width(work), get(settings, SHAPE), get(settings, LOSS)
    if shape == PLANE and not is_stored:
        return gradient_in_plane(
            loss, table, order, samples, n_rows, weights, 1.0 / samples, gradient
        )
    features, step = get(settings, N_FEATURES), get(settings, ROW_STRIDE) * lanes
    chunk = get(settings, CHUNK_BLOCKS) * lanes
    last = after(plan, (n_layers - 1) * COLUMNS)
    upstream, sums = after(work, get(settings, UPSTREAM)), after(work, get(settings, SUMS))
    value = 0.0
    for done in range(0, samples, chunk):
        in_chunk = min(chunk, samples - done)
        blocks = (in_chunk + lanes - 1) // lanes
        source = batch
        if is_stored:
            source = after(stored, done // lanes * step)
        else:
            gather(
                table, get(settings, COLUMNS_OF_TABLE), after(order, done), in_chunk, n_rows,
                features, batch, after(progress, MARKED_FOR),
            )  # fmt: skip
        if shape != NETWORK:
            value += gradient_of_blocks(
                loss, source, step, blocks, features, weights, 1.0 / samples, sums, gradient
            )
            continue
        _forward(plan, n_layers, source, blocks, samples, weights, statistics, new_statistics, work)
        value += loss_deltas(
            loss, after(work, get(last, OUTPUT)), after(work, get(last, SLOPES)),
            get(last, UNITS), source, step, blocks, 1.0 / samples,
        )  # fmt: skip
        _backward(plan, n_layers, source, blocks, samples, weights, work, upstream, sums, gradient)
    return value


@inlined
def _draw_once(seed: int, epoch: int, n: int, order: Place, progress: Place) -> None:
    """Draw an epoch's order of rows where that is not what stands there."""
    if get(progress, ORDER_EPOCH) != epoch or get(progress, ORDER_SEED) != seed:
        draw_order(seed, epoch, n, order, after(progress, SPARE))
        put(progress, ORDER_EPOCH, epoch)
        put(progress, ORDER_SEED, seed)


@inlined
def _factor(schedule: int, epoch: int, position: int, n: int, numbers: Place) -> float:
    """Return what the schedule multiplies the learning rate by."""
    if schedule == 0:
        return 1.0
    return schedule_factor(schedule, epoch + position / n, get(numbers, SCHEDULE_EPOCHS))


@inlined
def _write_down(progress: Place, step: int, epoch: int, position: int, current: int) -> None:
    put(progress, STEP, step)
    put(progress, EPOCH, epoch)
    put(progress, POSITION, position)
    put(progress, CURRENT, current)


@compiled
def take_steps(
    steps: int, n: int, n_layers: int, size: int, n_statistics: int, plan: Place, settings: Place,
    numbers: Place, table: Place, stored: Place, order: Place, theta: Place, slots: Place,
    statistics: Place, mask: Place, here: Place, slope: Place, work: Place, batch: Place,
    progress: Place,
) -> None:  # fmt: skip
    """Take some steps, stopping before one whose loss or parameters would not be finite.

    `theta` (2, size), `slots` (n_slots, 2, size) and `statistics` (2, n_statistics) hold the
    present values and room for the next ones, flat; ``progress[CURRENT]`` says which is which.
    `here` and `slope` (size,) are room for the point where the gradient is taken, and for it.
    """
    optimizer, penalty = get(settings, OPTIMIZER), get(settings, PENALTY)
    seed = get(settings, SEED)
    step, epoch, position = get(progress, STEP), get(progress, EPOCH), get(progress, POSITION)
    current = get(progress, CURRENT)
    for _ in range(steps):
        is_over = position >= n  # where the rows became fewer during the epoch
        epoch_now, first = epoch + 1 if is_over else epoch, 0 if is_over else position
        samples = min(get(settings, BATCH_SIZE), n - first)
        is_stored = samples == n
        if not is_stored:
            _draw_once(seed, epoch_now, n, order, progress)
        old, new = current * size, (1 - current) * size
        point = after(theta, old)
        if optimizer == NESTEROV:
            look_ahead(point, after(slots, old), get(numbers, MOMENTUM_RATE), size, here)
            point = here
        for i in range(0, size, width(slope)):
            store(slope, i, every(slope, 0.0))
        value = _add_gradient(
            plan, n_layers, settings, table, n, stored, is_stored, after(order, first), samples,
            point, after(statistics, current * n_statistics),
            after(statistics, (1 - current) * n_statistics), work, batch, slope, progress,
        )  # fmt: skip
        if penalty != 0:
            value += add_penalty(penalty, get(numbers, PENALTY_STRENGTH), size, point, mask, slope)
        factor = _factor(get(settings, SCHEDULE), epoch_now, first, n, numbers)
        value += update(
            optimizer, after(theta, old), after(theta, new), after(slots, old), after(slots, new),
            2 * size, slope, size, step + 1, factor, numbers, mask,
        )  # fmt: skip
        if not math.isfinite(value):
            put(progress, DIVERGED, 1)
            break
        step, current = step + 1, 1 - current
        is_done = first + samples >= n
        epoch, position = epoch_now + is_done, 0 if is_done else first + samples
    _write_down(progress, step, epoch, position, current)
