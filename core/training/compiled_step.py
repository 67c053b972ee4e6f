"""A burst of training steps, compiled: `core.model.network` and `core.training.numpy_engine.step`
once more, as loops.

Arrays are laid out (layer, unit, sample) or (block, feature, sample), so that the innermost loop
runs over samples, where the processor takes several at a time. A batch is worked through in blocks
of as many samples as stay in the cache. What the user chose (activation, loss, penalty, schedule,
optimiser) comes in as compiled functions, the `loop` of each record.

Everything here is plain Python that numba compiles; `core.training.engines` says when.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from core.model.network import NORM_EPSILON, NORM_MOMENTUM
from core.training.optimizers import Rates

LARGE = 200_000  # numbers; a larger table does not fit into the L2 cache
WIDE = 4096  # weights of a layer: from here on BLAS multiplies faster than loops do

# The columns of the plan, which has a row a layer: sizes, where the layer's parameters and running
# statistics begin (sharpness and gain -1 where it has none).
INPUTS, UNITS, WEIGHTS, SHARPNESS, GAIN, STATISTICS = range(6)

# Places in the array that says where training stands.
STEP, EPOCH, POSITION, DIVERGED, ORDER_SEED, ORDER_EPOCH = range(6)

# Places in `kept`: (z - mean) / sd, one over sd (the same for every sample), what is sharpened.
STANDARD, INVERSE_SD, UNSHARPENED = range(3)


@dataclass(frozen=True, slots=True)
class ForwardParts:
    """The compiled functions that a forward pass consists of.

    Attributes
    ----------
    multiply : callable
        `multiply`, or `multiply_by_blas` for a wide network.
    adjust : callable
        `adjust`, or `leave` where no layer is normalised or has a sharpness.
    activate : callable
        The `loop` of the activation.
    """

    multiply: Any
    adjust: Any
    activate: Any


@dataclass(frozen=True, slots=True)
class StepParts:
    """The compiled functions that a step consists of: `ForwardParts`, and these.

    Attributes
    ----------
    write_order : callable
        `write_row_order`.
    add_gradient, adjust_back : callable
        The way back.
    loss, penalty, schedule, point, update : callable
        The compiled forms of what was chosen.
    """

    multiply: Any
    adjust: Any
    activate: Any
    write_order: Any
    add_gradient: Any
    adjust_back: Any
    loss: Any
    penalty: Any
    schedule: Any
    point: Any
    update: Any


def names_of(parts: type) -> tuple[str, ...]:
    """Return the names of a set of parts, in their order."""
    return tuple(field.name for field in fields(parts))


def forward_parts(multiply: Any, adjust: Any, activate: Any) -> Any:
    """Put a `ForwardParts` together, in compiled code."""
    return ForwardParts(multiply, adjust, activate)


def step_parts(
    multiply: Any, adjust: Any, activate: Any, write_order: Any, add_gradient: Any,
    adjust_back: Any, loss: Any, penalty: Any, schedule: Any, point: Any, update: Any,
) -> Any:  # fmt: skip
    """Put a `StepParts` together, in compiled code."""
    return StepParts(
        multiply, adjust, activate, write_order, add_gradient, adjust_back, loss, penalty,
        schedule, point, update,
    )  # fmt: skip


def multiply(
    weights: Any, start: int, by_input: int, by_unit: int, biases: int, inputs: int, units: int,
    below: Any, at: int, out: Any, layer: int,
) -> None:  # fmt: skip
    """Write weighted sums of ``below[at]`` to ``out[layer]``: z = W' x + b, or on the way back W d.

    Several units and inputs are taken in one pass over the samples.

    Parameters
    ----------
    weights : (p,) array
    start, by_input, by_unit : int
        The weight of input i in unit u stands at ``start + i * by_input + u * by_unit``.
    biases : int
        Where the units' biases stand; -1 without any.
    inputs, units : int
    below, out : (layers, units, samples) arrays
    """
    zero = weights.dtype.type(0.0)
    for u in range(0, units - 3, 4):
        a0 = b0 = c0 = d0 = zero
        if biases >= 0:
            a0, b0 = weights[biases + u], weights[biases + u + 1]
            c0, d0 = weights[biases + u + 2], weights[biases + u + 3]
        for s in range(out.shape[2]):
            out[layer, u, s], out[layer, u + 1, s] = a0, b0
            out[layer, u + 2, s], out[layer, u + 3, s] = c0, d0
        for i in range(0, inputs - 1, 2):
            p = start + i * by_input + u * by_unit
            q = p + by_input
            a0, a1 = weights[p], weights[q]
            b0, b1 = weights[p + by_unit], weights[q + by_unit]
            c0, c1 = weights[p + 2 * by_unit], weights[q + 2 * by_unit]
            d0, d1 = weights[p + 3 * by_unit], weights[q + 3 * by_unit]
            for s in range(out.shape[2]):
                x0, x1 = below[at, i, s], below[at, i + 1, s]
                out[layer, u, s] += a0 * x0 + a1 * x1
                out[layer, u + 1, s] += b0 * x0 + b1 * x1
                out[layer, u + 2, s] += c0 * x0 + c1 * x1
                out[layer, u + 3, s] += d0 * x0 + d1 * x1
        for i in range(inputs - inputs % 2, inputs):
            p = start + i * by_input + u * by_unit
            a0, b0 = weights[p], weights[p + by_unit]
            c0, d0 = weights[p + 2 * by_unit], weights[p + 3 * by_unit]
            for s in range(out.shape[2]):
                x0 = below[at, i, s]
                out[layer, u, s] += a0 * x0
                out[layer, u + 1, s] += b0 * x0
                out[layer, u + 2, s] += c0 * x0
                out[layer, u + 3, s] += d0 * x0
    for u in range(units - units % 4, units):
        bias = weights[biases + u] if biases >= 0 else zero
        for s in range(out.shape[2]):
            out[layer, u, s] = bias
        for i in range(0, inputs - 3, 4):
            p = start + i * by_input + u * by_unit
            a0, a1 = weights[p], weights[p + by_input]
            a2, a3 = weights[p + 2 * by_input], weights[p + 3 * by_input]
            for s in range(out.shape[2]):
                out[layer, u, s] += (
                    a0 * below[at, i, s]
                    + a1 * below[at, i + 1, s]
                    + a2 * below[at, i + 2, s]
                    + a3 * below[at, i + 3, s]
                )
        for i in range(inputs - inputs % 4, inputs):
            a0 = weights[start + i * by_input + u * by_unit]
            for s in range(out.shape[2]):
                out[layer, u, s] += a0 * below[at, i, s]


def add_gradient(
    gradient: Any, start: int, inputs: int, units: int, below: Any, at: int, deltas: Any, layer: int
) -> None:
    """Add the gradient by W and b: the sums over samples of x d' and of d.

    Parameters
    ----------
    gradient : (p,) array
    start : int
        Where W (inputs, units) begins, row by row, with b behind it.
    below, deltas : (layers, units, samples) arrays
        x stands at ``below[at]``, d at ``deltas[layer]``.
    """
    zero = gradient.dtype.type(0.0)
    biases = start + inputs * units
    for u in range(0, units - 1, 2):
        g0 = h0 = zero
        for s in range(deltas.shape[2]):
            g0 += deltas[layer, u, s]
            h0 += deltas[layer, u + 1, s]
        gradient[biases + u] += g0
        gradient[biases + u + 1] += h0
        for i in range(0, inputs - 3, 4):
            g0 = g1 = g2 = g3 = h0 = h1 = h2 = h3 = zero
            for s in range(deltas.shape[2]):
                x0, x1, x2, x3 = (
                    below[at, i, s], below[at, i + 1, s], below[at, i + 2, s], below[at, i + 3, s],
                )  # fmt: skip
                d, e = deltas[layer, u, s], deltas[layer, u + 1, s]
                g0 += d * x0
                g1 += d * x1
                g2 += d * x2
                g3 += d * x3
                h0 += e * x0
                h1 += e * x1
                h2 += e * x2
                h3 += e * x3
            p = start + i * units + u
            gradient[p] += g0
            gradient[p + 1] += h0
            gradient[p + units] += g1
            gradient[p + units + 1] += h1
            gradient[p + 2 * units] += g2
            gradient[p + 2 * units + 1] += h2
            gradient[p + 3 * units] += g3
            gradient[p + 3 * units + 1] += h3
        for i in range(inputs - inputs % 4, inputs):
            g0 = h0 = zero
            for s in range(deltas.shape[2]):
                g0 += deltas[layer, u, s] * below[at, i, s]
                h0 += deltas[layer, u + 1, s] * below[at, i, s]
            gradient[start + i * units + u] += g0
            gradient[start + i * units + u + 1] += h0
    for u in range(units - units % 2, units):
        g0 = zero
        for s in range(deltas.shape[2]):
            g0 += deltas[layer, u, s]
        gradient[biases + u] += g0
        for i in range(0, inputs - 3, 4):
            g0 = g1 = g2 = g3 = zero
            for s in range(deltas.shape[2]):
                d = deltas[layer, u, s]
                g0 += d * below[at, i, s]
                g1 += d * below[at, i + 1, s]
                g2 += d * below[at, i + 2, s]
                g3 += d * below[at, i + 3, s]
            p = start + i * units + u
            gradient[p] += g0
            gradient[p + units] += g1
            gradient[p + 2 * units] += g2
            gradient[p + 3 * units] += g3
        for i in range(inputs - inputs % 4, inputs):
            g0 = zero
            for s in range(deltas.shape[2]):
                g0 += deltas[layer, u, s] * below[at, i, s]
            gradient[start + i * units + u] += g0


def multiply_by_blas(
    weights: Any, start: int, by_input: int, by_unit: int, biases: int, inputs: int, units: int,
    below: Any, at: int, out: Any, layer: int,
) -> None:  # fmt: skip
    """Do what `multiply` does, by BLAS."""
    flat = weights[start : start + inputs * units]
    if by_unit == 1:
        np.dot(flat.reshape((inputs, units)).T, below[at, :inputs], out[layer, :units])
    else:
        np.dot(flat.reshape((units, inputs)), below[at, :inputs], out[layer, :units])
    for u in range(units if biases >= 0 else 0):
        bias = weights[biases + u]
        for s in range(out.shape[2]):
            out[layer, u, s] += bias


def add_gradient_by_blas(
    gradient: Any, start: int, inputs: int, units: int, below: Any, at: int, deltas: Any, layer: int
) -> None:
    """Do what `add_gradient` does, by BLAS."""
    product = np.dot(below[at, :inputs], deltas[layer, :units].T)
    for i in range(inputs):
        for u in range(units):
            gradient[start + i * units + u] += product[i, u]
    for u in range(units):
        total = gradient.dtype.type(0.0)
        for s in range(deltas.shape[2]):
            total += deltas[layer, u, s]
        gradient[start + inputs * units + u] += total


def adjust(
    plan: Any, layer: int, values: Any, kept: Any, weights: Any, statistics: Any, samples: int
) -> None:
    """Normalise a layer's values, and multiply them by each unit's sharpness, where it has that.

    Parameters
    ----------
    kept : (3, layers, units, samples) array
        What the way back needs: see `STANDARD`, `INVERSE_SD` and `UNSHARPENED`.
    statistics : (s,) array
        Running means and variances, which the batch moves.
    samples : int
        How many samples a mean and a variance are taken of; 0 to take the running ones.
    """
    units, gain, moved = plan[layer, UNITS], plan[layer, GAIN], plan[layer, STATISTICS]
    real = values.dtype.type
    for u in range(units if gain >= 0 else 0):
        mean, variance = statistics[moved + u], statistics[moved + units + u]
        if samples > 0:
            total = square = real(0.0)
            for s in range(samples):
                total += values[layer, u, s]
            batch_mean = total / real(samples)
            for s in range(samples):
                centred = values[layer, u, s] - batch_mean
                square += centred * centred
            rate, unbiased = real(NORM_MOMENTUM), square / real(max(samples - 1, 1))
            statistics[moved + u] = mean + rate * (batch_mean - mean)
            statistics[moved + units + u] = variance + rate * (unbiased - variance)
            mean, variance = batch_mean, square / real(samples)
        inverse_sd = real(1.0) / np.sqrt(variance + real(NORM_EPSILON))
        kept[INVERSE_SD, layer, u, 0] = inverse_sd
        for s in range(values.shape[2]):
            standard = (values[layer, u, s] - mean) * inverse_sd
            kept[STANDARD, layer, u, s] = standard
            values[layer, u, s] = weights[gain + u] * standard + weights[gain + units + u]
    for u in range(units if plan[layer, SHARPNESS] >= 0 else 0):
        sharpness = weights[plan[layer, SHARPNESS] + u]
        for s in range(values.shape[2]):
            kept[UNSHARPENED, layer, u, s] = values[layer, u, s]
            values[layer, u, s] *= sharpness


def adjust_back(
    plan: Any, layer: int, deltas: Any, kept: Any, weights: Any, gradient: Any, samples: int
) -> None:
    """Turn derivatives by adjusted values into those by z; add those by sharpness, gain, shift."""
    units, gain, real = plan[layer, UNITS], plan[layer, GAIN], gradient.dtype.type
    for u in range(units if plan[layer, SHARPNESS] >= 0 else 0):
        place = plan[layer, SHARPNESS] + u
        total = real(0.0)
        for s in range(deltas.shape[2]):
            total += deltas[layer, u, s] * kept[UNSHARPENED, layer, u, s]
            deltas[layer, u, s] *= weights[place]
        gradient[place] += total
    for u in range(units if gain >= 0 else 0):
        by_gain = by_shift = real(0.0)
        for s in range(samples):
            by_gain += deltas[layer, u, s] * kept[STANDARD, layer, u, s]
            by_shift += deltas[layer, u, s]
        gradient[gain + u] += by_gain
        gradient[gain + units + u] += by_shift
        scale = weights[gain + u] * kept[INVERSE_SD, layer, u, 0]
        mean, slope = by_shift / real(samples), by_gain / real(samples)
        for s in range(samples):
            centred = deltas[layer, u, s] - mean - kept[STANDARD, layer, u, s] * slope
            deltas[layer, u, s] = scale * centred
        for s in range(samples, deltas.shape[2]):
            deltas[layer, u, s] = real(0.0)


def leave(
    plan: Any, layer: int, values: Any, kept: Any, weights: Any, statistics: Any, samples: int
) -> None:
    """Stand for `adjust`, and for the way back, where no layer needs that."""


def gather(table: Any, order: Any, first: int, count: int, rows: Any) -> None:
    """Copy `count` rows of the table, in their order, into the columns of a block.

    The block's other columns repeat the last row with the weight 0.
    """
    columns = table.shape[1]
    if table.size > LARGE:  # column by column: rows from afar are then fetched side by side
        for column in range(columns):
            for s in range(rows.shape[2]):
                rows[0, column, s] = table[order[first + min(s, count - 1)], column]
    else:
        for s in range(rows.shape[2]):
            row = order[first + min(s, count - 1)]
            for column in range(columns):
                rows[0, column, s] = table[row, column]
    for s in range(count, rows.shape[2]):
        rows[0, columns - 1, s] = table.dtype.type(0.0)


def take_steps(
    steps: int, n_rows: int, batch_size: int, seed: int, takes_all: bool, progress: Any,
    order: Any, table: Any, rows: Any, theta: Any, slots: Any, statistics: Any, mask: Any,
    here: Any, gradient: Any, plan: Any, values: Any, slopes: Any, deltas: Any, kept: Any,
    rates: Any, strength: float, schedule_epochs: float, parts: Any,
) -> None:  # fmt: skip
    """Take some steps in place, stopping after one whose loss or parameters are not finite.

    Parameters
    ----------
    takes_all : bool
        Whether each batch takes all rows, in their own order: then they stand in `rows` already.
    progress : (6,) int64 array
        Step, epoch, position in it; whether training diverged; of which epoch `order` is.
    order : uint32 array
    table : (n_rows, features + 2) array
        Features, label and weight of each row.
    rows : (blocks, features + 2, samples) array
        The same in blocks, or room for one block of a batch.
    theta, mask, here, gradient : (p,) arrays
        Parameters, 1 where a weight stands, where the gradient is taken, the gradient.
    slots : (n_slots, p) array
    statistics : (s,) array
    plan : (layers, 6) int64 array
    values, slopes, deltas : (layers, units, samples) arrays
        Activations, their slopes, and the derivatives by the pre-activations.
    kept : (3, layers, units, samples) array
        See `adjust`; empty where no layer is.
    rates : Rates
    strength, schedule_epochs : float
    parts : StepParts
    """
    step, epoch, position = progress[STEP], progress[EPOCH], progress[POSITION]
    samples_in_block, last = values.shape[2], plan.shape[0] - 1
    outputs = plan[last, UNITS]
    for _ in range(steps):
        if position >= n_rows:  # the rows became fewer during the epoch
            epoch, position = epoch + 1, 0
        samples = min(batch_size, n_rows - position)
        if not takes_all and (progress[ORDER_EPOCH] != epoch or progress[ORDER_SEED] != seed):
            parts.write_order(seed, epoch, n_rows, order)
            progress[ORDER_EPOCH], progress[ORDER_SEED] = epoch, seed
        factor = parts.schedule(epoch + position / n_rows, schedule_epochs)
        present = Rates(
            rates.learning_rate, factor, rates.momentum, rates.decay_rate, rates.beta2,
            rates.weight_decay, rates.epsilon,
        )  # fmt: skip
        parts.point(theta, slots, present, here)
        for p in range(gradient.shape[0]):
            gradient[p] = gradient.dtype.type(0.0)
        value, share = gradient.dtype.type(0.0), gradient.dtype.type(1.0 / samples)
        for start in range(0, samples, samples_in_block):
            count = min(samples_in_block, samples - start)
            block = start // samples_in_block
            if not takes_all:
                gather(table, order, position + start, count, rows)
                block = 0
            inputs, units = plan[0, INPUTS], plan[0, UNITS]
            parts.multiply(here, 0, units, 1, inputs * units, inputs, units, rows, block, values, 0)
            for layer in range(last):
                if plan[layer, GAIN] >= 0 or plan[layer, SHARPNESS] >= 0:
                    parts.adjust(plan, layer, values, kept, here, statistics, count)
                parts.activate(values, slopes, layer, plan[layer, UNITS])
                at = plan[layer + 1, WEIGHTS]
                inputs, units = plan[layer, UNITS], plan[layer + 1, UNITS]
                parts.multiply(
                    here, at, units, 1, at + inputs * units, inputs, units, values, layer, values,
                    layer + 1,
                )  # fmt: skip
            value += parts.loss(values, deltas, slopes, last, outputs, rows, block, share)
            for layer in range(last, 0, -1):
                at, inputs, units = plan[layer, WEIGHTS], plan[layer, INPUTS], plan[layer, UNITS]
                parts.add_gradient(gradient, at, inputs, units, values, layer - 1, deltas, layer)
                parts.multiply(
                    here, at, 1, units, -1, units, inputs, deltas, layer, deltas, layer - 1
                )
                for u in range(inputs):
                    for s in range(samples_in_block):
                        deltas[layer - 1, u, s] *= slopes[layer - 1, u, s]
                if plan[layer - 1, GAIN] >= 0 or plan[layer - 1, SHARPNESS] >= 0:
                    parts.adjust_back(plan, layer - 1, deltas, kept, here, gradient, count)
            inputs, units = plan[0, INPUTS], plan[0, UNITS]
            parts.add_gradient(gradient, 0, inputs, units, rows, block, deltas, 0)
        for layer in range(plan.shape[0]):
            if plan[layer, GAIN] >= 0:  # batch normalisation subtracts the bias
                bias = plan[layer, WEIGHTS] + plan[layer, INPUTS] * plan[layer, UNITS]
                for p in range(bias, bias + plan[layer, UNITS]):
                    gradient[p] = gradient.dtype.type(0.0)
        value += parts.penalty(here, mask, strength, gradient)
        value += parts.update(theta, slots, gradient, step + 1, present, mask)
        if not abs(value) < np.inf:  # math.isfinite subtracts, which reordering makes 0
            progress[DIVERGED] = 1
            break
        step, position = step + 1, position + samples
        if position >= n_rows:
            epoch, position = epoch + 1, 0
    progress[STEP], progress[EPOCH], progress[POSITION] = step, epoch, position


def logits_of_rows(
    X: Any, rows: Any, logits: Any, weights: Any, statistics: Any, plan: Any, values: Any,
    slopes: Any, kept: Any, parts: Any,
) -> None:  # fmt: skip
    """Write the logits of many rows, as for a decision surface, block by block.

    Parameters
    ----------
    X : (n, features) float64 array
    rows : (1, features, samples) array
    logits : (n, outputs) float64 array
    weights : (p,) array
    statistics : (s,) array
    plan, values, slopes, kept : arrays
        See `take_steps`.
    parts : ForwardParts
    """
    size, last = values.shape[2], plan.shape[0] - 1
    for start in range(0, X.shape[0], size):
        count = min(size, X.shape[0] - start)
        for s in range(count):
            for i in range(X.shape[1]):
                rows[0, i, s] = X[start + s, i]
        inputs, units = plan[0, INPUTS], plan[0, UNITS]
        parts.multiply(weights, 0, units, 1, inputs * units, inputs, units, rows, 0, values, 0)
        for layer in range(last):
            if plan[layer, GAIN] >= 0 or plan[layer, SHARPNESS] >= 0:
                parts.adjust(plan, layer, values, kept, weights, statistics, 0)
            parts.activate(values, slopes, layer, plan[layer, UNITS])
            at, inputs, units = plan[layer + 1, WEIGHTS], plan[layer, UNITS], plan[layer + 1, UNITS]
            parts.multiply(
                weights, at, units, 1, at + inputs * units, inputs, units, values, layer, values,
                layer + 1,
            )  # fmt: skip
        for s in range(count):
            for k in range(plan[last, UNITS]):
                logits[start + s, k] = values[last, k, s]
