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
from typing import Any, NamedTuple

import numpy as np

from core.model.network import NORM_EPSILON, NORM_MOMENTUM
from core.training.optimizers import Rates
from core.training.row_order import write_row_order

# The columns of the plan, which has a row a layer: sizes, where the layer's parameters and running
# statistics begin (sharpness and gain -1 where it has none), whether products are left to BLAS.
INPUTS, UNITS, WEIGHTS, SHARPNESS, GAIN, STATISTICS, IS_WIDE = range(7)

# Places in the array that says where training stands.
STEP, EPOCH, POSITION, DIVERGED, ORDER_SEED, ORDER_EPOCH = range(6)


class Work(NamedTuple):
    """The arrays that a block of samples passes through, beside the plan of the network.

    Attributes
    ----------
    plan : (layers, 7) int64 array
    values, slopes, deltas : (layers, units, samples) arrays
        Each layer's activations, the activation's slopes, the derivatives by the pre-activations.
    kept : array of the same shape, empty where nothing needs it
        What a trainable sharpness multiplies.
    standards : array of the same shape, empty where nothing needs it
        (z - mean) / sd.
    inverse_sd : (layers, units) array
    spare : (3, samples) array
        Room for the loss.
    transposed, product : (p,) arrays
        Each layer's weights as (units, inputs), and room for one layer's gradient.
    sums : (units, samples) array, empty where nothing needs it
        Room for the products of a wide layer.
    """

    plan: Any
    values: Any
    slopes: Any
    deltas: Any
    kept: Any
    standards: Any
    inverse_sd: Any
    spare: Any
    transposed: Any
    product: Any
    sums: Any


@dataclass(frozen=True, slots=True)
class ForwardParts:
    """The compiled functions that a forward pass consists of.

    Attributes
    ----------
    multiply, normalise, sharpen : callable
        Of layers that are wide, normalised or have a sharpness; `skip_forward` without such.
    activate : callable
        The `loop` of the activation.
    """

    multiply: Any
    normalise: Any
    sharpen: Any
    activate: Any


@dataclass(frozen=True, slots=True)
class PassParts:
    """The compiled functions that a pass forward and back consists of: `ForwardParts`, and these.

    Attributes
    ----------
    multiply_back, normalise_back, sharpen_back : callable
        The way back; `skip_backward` without such layers.
    loss : callable
        The `loop` of the loss.
    """

    multiply: Any
    normalise: Any
    sharpen: Any
    activate: Any
    multiply_back: Any
    normalise_back: Any
    sharpen_back: Any
    loss: Any


@dataclass(frozen=True, slots=True)
class StepParts:
    """The compiled functions that a step needs beside a pass.

    Attributes
    ----------
    penalty, schedule, point, update : callable
        The compiled forms of what was chosen.
    add_gradient : callable
        `network_pass` or `single_logit_pass`.
    """

    penalty: Any
    schedule: Any
    point: Any
    update: Any
    add_gradient: Any


def names_of(parts: type) -> tuple[str, ...]:
    """Return the names of a set of parts, in their order."""
    return tuple(field.name for field in fields(parts))


def forward_parts(multiply: Any, normalise: Any, sharpen: Any, activate: Any) -> Any:
    """Put a `ForwardParts` together, in compiled code."""
    return ForwardParts(multiply, normalise, sharpen, activate)


def pass_parts(
    multiply: Any, normalise: Any, sharpen: Any, activate: Any, multiply_back: Any,
    normalise_back: Any, sharpen_back: Any, loss: Any,
) -> Any:  # fmt: skip
    """Put a `PassParts` together, in compiled code."""
    return PassParts(
        multiply, normalise, sharpen, activate, multiply_back, normalise_back, sharpen_back, loss
    )


def step_parts(penalty: Any, schedule: Any, point: Any, update: Any, add_gradient: Any) -> Any:
    """Put a `StepParts` together, in compiled code."""
    return StepParts(penalty, schedule, point, update, add_gradient)


def add_weighted_sums(
    weights: Any, start: int, inputs: int, units: int, below: Any, at: int, out: Any, layer: int
) -> None:
    """Add W' x of each sample to ``out[layer]``, four inputs a pass.

    W (inputs, units) stands row by row at ``weights[start]``, x in ``below[at]``.
    """
    for u in range(units):
        for i in range(0, inputs - 3, 4):
            p = start + i * units + u
            w0, w1 = weights[p], weights[p + units]
            w2, w3 = weights[p + 2 * units], weights[p + 3 * units]
            for s in range(out.shape[2]):
                out[layer, u, s] += (
                    w0 * below[at, i, s]
                    + w1 * below[at, i + 1, s]
                    + w2 * below[at, i + 2, s]
                    + w3 * below[at, i + 3, s]
                )
        for i in range(inputs - inputs % 4, inputs):
            w = weights[start + i * units + u]
            for s in range(out.shape[2]):
                out[layer, u, s] += w * below[at, i, s]


def add_outer_products(
    gradient: Any, start: int, inputs: int, units: int, below: Any, at: int, deltas: Any, layer: int
) -> None:
    """Add the sum over samples of x delta' to W's place in the gradient, four inputs a pass."""
    zero = gradient.dtype.type(0.0)
    for u in range(units):
        for i in range(0, inputs - 3, 4):
            g0 = g1 = g2 = g3 = zero
            for s in range(deltas.shape[2]):
                delta = deltas[layer, u, s]
                g0 += delta * below[at, i, s]
                g1 += delta * below[at, i + 1, s]
                g2 += delta * below[at, i + 2, s]
                g3 += delta * below[at, i + 3, s]
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


def multiply(
    work: Any, layer: int, below: Any, at: int, weights: Any, statistics: Any,
    new_statistics: Any, samples: int,
) -> None:  # fmt: skip
    """Add W' x of each sample to the layer's values, by BLAS.

    Parameters
    ----------
    work : Work
    layer : int
    below : (layers, units, samples) array
        Where the layer's inputs stand, at ``below[at]``.
    weights : (p,) array
    statistics, new_statistics : (s,) arrays
        Running means and variances, and where the moved ones go.
    samples : int
        How many samples a mean and a variance are taken of; 0 to take the running ones.
    """
    inputs, units = work.plan[layer, INPUTS], work.plan[layer, UNITS]
    start = work.plan[layer, WEIGHTS]
    W = weights[start : start + inputs * units].reshape((inputs, units))
    sums = work.sums[:units]
    np.dot(W.T, below[at, :inputs], sums)
    for u in range(units):
        for s in range(sums.shape[1]):
            work.values[layer, u, s] += sums[u, s]


def multiply_back(
    work: Any, layer: int, below: Any, at: int, weights: Any, samples: int, gradient: Any
) -> None:
    """Add the sum over samples of x delta' to W's gradient; write W delta to the layer below."""
    inputs, units = work.plan[layer, INPUTS], work.plan[layer, UNITS]
    start, deltas = work.plan[layer, WEIGHTS], work.deltas
    product = work.product[: inputs * units]
    np.dot(below[at, :inputs], deltas[layer, :units].T, product.reshape((inputs, units)))
    for p in range(inputs * units):
        gradient[start + p] += product[p]
    if layer > 0:
        W = weights[start : start + inputs * units].reshape((inputs, units))
        np.dot(W, deltas[layer, :units], deltas[layer - 1, :inputs])


def normalise(
    work: Any, layer: int, below: Any, at: int, weights: Any, statistics: Any,
    new_statistics: Any, samples: int,
) -> None:  # fmt: skip
    """Standardise each unit of a layer, scale and shift it, and move the running statistics."""
    values, standards, units = work.values, work.standards, work.plan[layer, UNITS]
    gain, moved = work.plan[layer, GAIN], work.plan[layer, STATISTICS]
    real = values.dtype.type
    for u in range(units):
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
            new_statistics[moved + u] = mean + rate * (batch_mean - mean)
            new_statistics[moved + units + u] = variance + rate * (unbiased - variance)
            mean, variance = batch_mean, square / real(samples)
        inverse_sd = real(1.0) / np.sqrt(variance + real(NORM_EPSILON))
        work.inverse_sd[layer, u] = inverse_sd
        for s in range(values.shape[2]):
            standard = (values[layer, u, s] - mean) * inverse_sd
            standards[layer, u, s] = standard
            values[layer, u, s] = weights[gain + u] * standard + weights[gain + units + u]


def normalise_back(
    work: Any, layer: int, below: Any, at: int, weights: Any, samples: int, gradient: Any
) -> None:
    """Turn derivatives by the scaled values into those by z; add those by gain and shift."""
    deltas, standards, units = work.deltas, work.standards, work.plan[layer, UNITS]
    gain, real = work.plan[layer, GAIN], gradient.dtype.type
    for u in range(units):
        by_gain = by_shift = real(0.0)
        for s in range(samples):
            by_gain += deltas[layer, u, s] * standards[layer, u, s]
            by_shift += deltas[layer, u, s]
        gradient[gain + u] += by_gain
        gradient[gain + units + u] += by_shift
        scale = weights[gain + u] * work.inverse_sd[layer, u]
        mean, slope = by_shift / real(samples), by_gain / real(samples)
        for s in range(samples):
            centred = deltas[layer, u, s] - mean - standards[layer, u, s] * slope
            deltas[layer, u, s] = scale * centred
        for s in range(samples, deltas.shape[2]):
            deltas[layer, u, s] = real(0.0)


def sharpen(
    work: Any, layer: int, below: Any, at: int, weights: Any, statistics: Any,
    new_statistics: Any, samples: int,
) -> None:  # fmt: skip
    """Multiply each unit's values by its sharpness, and keep what they were."""
    values = work.values
    for u in range(work.plan[layer, UNITS]):
        sharpness = weights[work.plan[layer, SHARPNESS] + u]
        for s in range(values.shape[2]):
            work.kept[layer, u, s] = values[layer, u, s]
            values[layer, u, s] *= sharpness


def sharpen_back(
    work: Any, layer: int, below: Any, at: int, weights: Any, samples: int, gradient: Any
) -> None:
    """Turn derivatives by sharpened values into those by the plain ones; add those by sharpness."""
    deltas = work.deltas
    for u in range(work.plan[layer, UNITS]):
        place = work.plan[layer, SHARPNESS] + u
        total = gradient.dtype.type(0.0)
        for s in range(deltas.shape[2]):
            total += deltas[layer, u, s] * work.kept[layer, u, s]
            deltas[layer, u, s] *= weights[place]
        gradient[place] += total


def skip_forward(
    work: Any, layer: int, below: Any, at: int, weights: Any, statistics: Any,
    new_statistics: Any, samples: int,
) -> None:  # fmt: skip
    """Stand for a forward part that no layer of the network needs."""


def skip_backward(
    work: Any, layer: int, below: Any, at: int, weights: Any, samples: int, gradient: Any
) -> None:
    """Stand for a backward part that no layer of the network needs."""


def forward(
    work: Any, plan: Any, values: Any, slopes: Any, rows: Any, block: int, samples: int,
    weights: Any, statistics: Any, new_statistics: Any, multiply: Any, normalise: Any,
    sharpen: Any, activate: Any,
) -> None:  # fmt: skip
    """Carry a block of rows through every layer; the last one's values are the logits.

    Parameters
    ----------
    work : Work
    plan, values, slopes : arrays
        Those of `work`: numba counts a reference each time one is taken out of it.
    rows : (blocks, features + 2, samples) array
    block : int
    samples : int
        How many of the block's samples a normalised layer takes its mean and variance from; 0 to
        take the running ones.
    weights : (p,) array
    statistics, new_statistics : (s,) arrays
        Running means and variances, and where the moved ones go.
    multiply, normalise, sharpen, activate : callable
        See `ForwardParts`.
    """
    last = plan.shape[0] - 1
    for layer in range(last + 1):
        inputs, units, start = plan[layer, INPUTS], plan[layer, UNITS], plan[layer, WEIGHTS]
        for u in range(units):
            bias = weights[start + inputs * units + u]
            for s in range(values.shape[2]):
                values[layer, u, s] = bias
        if plan[layer, IS_WIDE] == 1:
            if layer == 0:
                multiply(work, layer, rows, block, weights, statistics, new_statistics, samples)
            else:
                multiply(
                    work, layer, values, layer - 1, weights, statistics, new_statistics, samples
                )
        elif layer == 0:
            add_weighted_sums(weights, start, inputs, units, rows, block, values, layer)
        else:
            add_weighted_sums(weights, start, inputs, units, values, layer - 1, values, layer)
        if layer == last:
            break
        if plan[layer, GAIN] >= 0:
            normalise(work, layer, values, layer, weights, statistics, new_statistics, samples)
        if plan[layer, SHARPNESS] >= 0:
            sharpen(work, layer, values, layer, weights, statistics, new_statistics, samples)
        activate(values, slopes, layer, units)


def backward(
    work: Any, plan: Any, values: Any, slopes: Any, deltas: Any, rows: Any, block: int,
    samples: int, weights: Any, transposed: Any, gradient: Any, multiply_back: Any,
    normalise_back: Any, sharpen_back: Any,
) -> None:  # fmt: skip
    """Carry the last layer's deltas back through every layer, as `forward` went."""
    zero = gradient.dtype.type(0.0)
    last = plan.shape[0] - 1
    for layer in range(last, -1, -1):
        inputs, units, start = plan[layer, INPUTS], plan[layer, UNITS], plan[layer, WEIGHTS]
        if layer < last:
            for u in range(units):
                for s in range(deltas.shape[2]):
                    deltas[layer, u, s] *= slopes[layer, u, s]
        if plan[layer, SHARPNESS] >= 0:
            sharpen_back(work, layer, values, layer, weights, samples, gradient)
        if plan[layer, GAIN] >= 0:
            normalise_back(work, layer, values, layer, weights, samples, gradient)
        else:  # a normalised layer's bias has no gradient: the mean takes it away again
            for u in range(units):
                total = zero
                for s in range(deltas.shape[2]):
                    total += deltas[layer, u, s]
                gradient[start + inputs * units + u] += total
        if layer == 0:
            if plan[layer, IS_WIDE] == 1:
                multiply_back(work, layer, rows, block, weights, samples, gradient)
            else:
                add_outer_products(gradient, start, inputs, units, rows, block, deltas, layer)
        elif plan[layer, IS_WIDE] == 1:
            multiply_back(work, layer, values, layer - 1, weights, samples, gradient)
        else:
            add_outer_products(gradient, start, inputs, units, values, layer - 1, deltas, layer)
            for i in range(inputs):
                for s in range(deltas.shape[2]):
                    deltas[layer - 1, i, s] = zero
            add_weighted_sums(transposed, start, units, inputs, deltas, layer, deltas, layer - 1)


def network_pass(
    work: Any, plan: Any, values: Any, slopes: Any, deltas: Any, spare: Any, transposed: Any,
    rows: Any, block: int, samples: int, weights: Any, statistics: Any, new_statistics: Any,
    share: Any, gradient: Any, parts: Any,
) -> Any:  # fmt: skip
    """Add the gradient of a block of rows; return a number that is finite where its loss is.

    Parameters
    ----------
    work : Work
    plan, values, slopes, deltas, spare, transposed : arrays
        Those of `work` (see `forward`).
    rows : (blocks, features + 2, samples) array
        Features, label and weight of each sample.
    block, samples : int
        Which block, and how many of its samples there are.
    weights : (p,) array
    statistics, new_statistics : (s,) arrays
        Running means and variances, and where the moved ones go.
    share : number
        One over the size of the batch.
    gradient : (p,) array
    parts : PassParts
    """
    forward(
        work, plan, values, slopes, rows, block, samples, weights, statistics, new_statistics,
        parts.multiply, parts.normalise, parts.sharpen, parts.activate,
    )  # fmt: skip
    last = plan.shape[0] - 1
    value = parts.loss(values, deltas, last, plan[last, UNITS], rows, block, share, spare)
    backward(
        work, plan, values, slopes, deltas, rows, block, samples, weights, transposed, gradient,
        parts.multiply_back, parts.normalise_back, parts.sharpen_back,
    )  # fmt: skip
    return value


def single_logit_pass(
    work: Any, plan: Any, values: Any, slopes: Any, deltas: Any, spare: Any, transposed: Any,
    rows: Any, block: int, samples: int, weights: Any, statistics: Any, new_statistics: Any,
    share: Any, gradient: Any, parts: Any,
) -> Any:  # fmt: skip
    """Do for logistic regression what `network_pass` does, in one go."""
    features, units, start = plan[0, INPUTS], plan[0, UNITS], plan[0, WEIGHTS]
    layer = plan.shape[0] - 1
    for s in range(values.shape[2]):
        values[layer, 0, s] = weights[features]
    add_weighted_sums(weights, start, features, units, rows, block, values, layer)
    value = parts.loss(values, deltas, layer, units, rows, block, share, spare)
    add_outer_products(gradient, start, features, units, rows, block, deltas, layer)
    total = gradient.dtype.type(0.0)
    for s in range(values.shape[2]):
        total += deltas[layer, 0, s]
    gradient[features] += total
    return value


def gather(table: Any, order: Any, first: int, count: int, batch: Any) -> None:
    """Copy `count` rows of the table, in their order, into the columns of a block.

    The block's other columns repeat the last row with the weight 0.
    """
    columns = table.shape[1]
    for s in range(batch.shape[2]):
        row = order[first + min(s, count - 1)]
        for column in range(columns):
            batch[0, column, s] = table[row, column]
    for s in range(count, batch.shape[2]):
        batch[0, columns - 1, s] = table.dtype.type(0.0)


def transpose_weights(plan: Any, weights: Any, transposed: Any) -> None:
    """Write the weights of each layer but the first as (units, inputs)."""
    for layer in range(1, plan.shape[0]):
        inputs, units, start = plan[layer, INPUTS], plan[layer, UNITS], plan[layer, WEIGHTS]
        if plan[layer, IS_WIDE] == 0:
            for u in range(units):
                for i in range(inputs):
                    transposed[start + u * inputs + i] = weights[start + i * units + u]


def take_steps(
    steps: int, n_rows: int, batch_size: int, seed: int, progress: Any, order: Any, table: Any,
    stored: Any, batch: Any, theta: Any, new_theta: Any, slots: Any, new_slots: Any,
    statistics: Any, new_statistics: Any, mask: Any, here: Any, gradient: Any, work: Any,
    plan: Any, values: Any, slopes: Any, deltas: Any, spare: Any, transposed: Any, rates: Any,
    strength: float, schedule_epochs: float, passing: Any, stepping: Any,
) -> None:  # fmt: skip
    """Take some steps, stopping before one whose loss or parameters would not be finite.

    Parameters
    ----------
    progress : (6,) int64 array
        Step, epoch, position in it; whether training diverged; of which epoch `order` is.
    order : uint32 array
    table : (n_rows, features + 2) array
        Features, label and weight of each row.
    stored : (blocks, features + 2, samples) array
        The same in blocks, for a batch of all rows, which takes them in their own order.
    batch : (1, features + 2, samples) array
    theta, new_theta, mask, here, gradient : (p,) arrays
        Parameters, room for the next ones, 1 where a weight stands, where the gradient is taken.
    slots, new_slots : (n_slots, p) arrays
    statistics, new_statistics : (s,) arrays
    work : Work
    plan, values, slopes, deltas, spare, transposed : arrays
        Those of `work` (see `forward`).
    rates : Rates
    strength, schedule_epochs : float
    passing : PassParts
    stepping : StepParts
    """
    step, epoch, position = progress[STEP], progress[EPOCH], progress[POSITION]
    samples_in_block = values.shape[2]
    for _ in range(steps):
        if position >= n_rows:  # the rows became fewer during the epoch
            epoch, position = epoch + 1, 0
        samples = min(batch_size, n_rows - position)
        takes_all = samples == n_rows
        if not takes_all and (progress[ORDER_EPOCH] != epoch or progress[ORDER_SEED] != seed):
            write_row_order(seed, epoch, n_rows, order)
            progress[ORDER_EPOCH], progress[ORDER_SEED] = epoch, seed
        factor = stepping.schedule(epoch + position / n_rows, schedule_epochs)
        present = Rates(
            rates.learning_rate, factor, rates.momentum, rates.decay_rate, rates.beta2,
            rates.weight_decay, rates.epsilon,
        )  # fmt: skip
        stepping.point(theta, slots, present, here)
        transpose_weights(plan, here, transposed)
        for p in range(gradient.shape[0]):
            gradient[p] = gradient.dtype.type(0.0)
        value, share = gradient.dtype.type(0.0), gradient.dtype.type(1.0 / samples)
        for start in range(0, samples, samples_in_block):
            count = min(samples_in_block, samples - start)
            if takes_all:
                value += stepping.add_gradient(
                    work, plan, values, slopes, deltas, spare, transposed, stored,
                    start // samples_in_block, count, here, statistics, new_statistics, share,
                    gradient, passing,
                )  # fmt: skip
            else:
                gather(table, order, position + start, count, batch)
                value += stepping.add_gradient(
                    work, plan, values, slopes, deltas, spare, transposed, batch, 0, count, here,
                    statistics, new_statistics, share, gradient, passing,
                )  # fmt: skip
        value += stepping.penalty(here, mask, strength, gradient)
        value += stepping.update(
            theta, slots, gradient, step + 1, present, mask, new_theta, new_slots
        )
        if not abs(value) < np.inf:  # math.isfinite subtracts, which reordering makes 0
            progress[DIVERGED] = 1
            break
        for p in range(theta.shape[0]):
            theta[p] = new_theta[p]
        for k in range(slots.shape[0]):
            for p in range(theta.shape[0]):
                slots[k, p] = new_slots[k, p]
        for k in range(statistics.shape[0]):
            statistics[k] = new_statistics[k]
        step, position = step + 1, position + samples
        if position >= n_rows:
            epoch, position = epoch + 1, 0
    progress[STEP], progress[EPOCH], progress[POSITION] = step, epoch, position


def logits_of_rows(
    work: Any, plan: Any, values: Any, slopes: Any, weights: Any, statistics: Any, X: Any,
    rows: Any, logits: Any, parts: Any,
) -> None:  # fmt: skip
    """Write the logits of many rows, as for a decision surface, block by block.

    Parameters
    ----------
    X : (n, features) float64 array
    rows : (1, features, samples) array
    logits : (n, outputs) float64 array
    parts : ForwardParts
    """
    size = values.shape[2]
    last = plan.shape[0] - 1
    for start in range(0, X.shape[0], size):
        count = min(size, X.shape[0] - start)
        for s in range(count):
            for i in range(X.shape[1]):
                rows[0, i, s] = X[start + s, i]
        forward(
            work, plan, values, slopes, rows, start - start, start - start, weights, statistics,
            statistics, parts.multiply, parts.normalise, parts.sharpen, parts.activate,
        )  # fmt: skip
        for s in range(count):
            for k in range(plan[last, UNITS]):
                logits[start + s, k] = values[last, k, s]


HELPERS = (add_weighted_sums, add_outer_products, forward, backward, gather, transpose_weights)
"""Plain functions that the compiled ones call."""
