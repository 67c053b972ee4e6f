"""The loss's derivative by the logits, on blocks of samples, compiled.

What is returned beside is finite exactly where the loss itself is, at a fraction of its cost: no
logarithm is taken, since training needs the loss only to see whether it diverged.
"""

from __future__ import annotations

from core.kernels.functions import exponential, sigmoid_and_slope
from core.machine.lanes import Lanes, absolute, at_least, flushed, fma, gap, where_positive
from core.machine.source import compiled, inlined
from core.machine.vectors import Place, Value, after, every, load, store, total, width

CROSS_ENTROPY, SQUARED_ERROR = 0, 1
SMALL = 1.5  # an error whose power of this is subnormal moves nothing, but slows what follows


def binary(logit: Lanes, label: Lanes, weight: Lanes) -> tuple[Lanes, Lanes, Lanes]:
    """Return both losses' derivatives, and a number finite where both losses are.

    p - y is s sigmoid(s z), with s = 1 for y = 0 and -1 for y = 1: no digit is lost.
    """
    sign = 1.0 - 2.0 * label
    wrong = logit * sign
    error, slope = sigmoid_and_slope(wrong)
    signed = sign * weight
    error = flushed(error, SMALL)
    by_square = flushed(2.0 * error * slope * signed, SMALL)
    return error * signed, by_square, at_least(wrong, 0.0) * weight


@inlined
def _one_logit(
    code: int, logits: Place, deltas: Place, source: Place, step: int, blocks: int, share: float
) -> float:
    lanes = width(logits)
    value = every(logits, 0.0)
    for block in range(blocks):
        at = block * lanes
        label, weight = load(source, block * step), load(source, block * step + lanes) * share
        by_entropy, by_square, size = binary(load(logits, at), label, weight)
        if code == CROSS_ENTROPY:
            store(deltas, at, by_entropy)
            value = value + size
        else:
            store(deltas, at, by_square)
            value = value + by_square
    return float(total(value))


def _grown(
    logit: Lanes, top: Lanes, label: Lanes, k: float, behind: Lanes
) -> tuple[Lanes, Lanes, Lanes]:
    """Return exp(z - top), the same but 0 for the label, and the label's z - top once k is it."""
    distance = gap(logit, top)
    grown = exponential(distance)
    is_label = 0.5 - absolute(label - k)
    return grown, where_positive(is_label, 0.0, grown), where_positive(is_label, distance, behind)


def _error(p: Lanes, others: Lanes, label: Lanes, k: float) -> Lanes:
    """Return p - y: for the label minus the sum of the other probabilities."""
    return flushed(where_positive(0.5 - absolute(label - k), -others, p), SMALL)


@compiled
def _softmax(
    code: int, logits: Place, deltas: Place, classes: int, label: Value, weight: Value
) -> Value:
    """Write the derivatives of one block; return a number finite where the loss is."""
    lanes = width(logits)
    top = load(logits, 0)
    for k in range(1, classes):
        top = at_least(top, load(logits, k * lanes))
    everything = others = behind = every(logits, 0.0)
    for k in range(classes):
        grown, other, behind = _grown(load(logits, k * lanes), top, label, k, behind)
        everything = everything + grown
        others = others + other
        store(deltas, k * lanes, grown)
    norm = 1.0 / everything
    others = others * norm
    if code == CROSS_ENTROPY:
        for k in range(classes):
            error = _error(load(deltas, k * lanes) * norm, others, label, k)
            store(deltas, k * lanes, error * weight)
        return behind * weight
    lean = every(logits, 0.0)
    for k in range(classes):
        p = load(deltas, k * lanes) * norm
        lean = fma(p, _error(p, others, label, k), lean)
    for k in range(classes):
        p = load(deltas, k * lanes) * norm
        error = _error(p, others, label, k)
        store(deltas, k * lanes, 2.0 * p * (error - lean) * weight)
    return lean * weight


@inlined
def loss_deltas(
    code: int, logits: Place, deltas: Place, outputs: int, source: Place, step: int, blocks: int,
    share: float,
) -> float:  # fmt: skip
    """Write the objective's derivative by each logit; return a number finite where the loss is.

    Parameters
    ----------
    source : place
        Blocks, `step` numbers apart, whose first two rows are the labels and the sample weights.
    share : float
        One over the number of samples in the batch.
    """
    if outputs == 1:
        return _one_logit(code, logits, deltas, source, step, blocks, share)
    lanes = width(logits)
    value = every(logits, 0.0)
    for block in range(blocks):
        at = block * outputs * lanes
        label, weight = load(source, block * step), load(source, block * step + lanes) * share
        value = value + _softmax(code, after(logits, at), after(deltas, at), outputs, label, weight)
    return float(total(value))
