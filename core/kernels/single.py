"""Logistic regression's gradient: one pass over the rows, forward and back in registers."""

from __future__ import annotations

from typing import Any

from core.kernels.gathering import FIRST_FEATURE, rows_at
from core.kernels.losses import CROSS_ENTROPY, binary
from core.machine.lanes import Lanes, fma, folded, transposed
from core.machine.places import Pointer, loop
from core.machine.scalars import compared
from core.machine.source import compiled
from core.machine.vectors import Place, after, every, get, load, prefetch, put, store, total, width

PLANE = 2  # features: with label and weight, four columns, which is what is transposed at a time
AHEAD = 4  # blocks: what the processor does not foresee by itself


def _delta(code: Any, logit: Lanes, label: Lanes, weight: Lanes) -> tuple[Lanes, Lanes]:
    """Return the loss's derivative by the logit, and a number finite where the loss is."""
    by_entropy, by_square, size = binary(logit, label, weight)
    is_entropy = compared("==", code, CROSS_ENTROPY).value
    select = logit.builder.select
    delta, value = (
        Lanes(logit.builder, select(is_entropy, a.value, b.value))
        for a, b in ((by_entropy, by_square), (size, by_square))
    )
    return delta, value


def _in_plane(
    code: Any, table: Pointer, order: Pointer, samples: Any, blank: Any, weights: Pointer,
    share: Any, gradient: Pointer,
) -> Any:  # fmt: skip
    """Write what `gradient_in_plane` does."""
    lanes = table.count
    first, second, bias = (weights.after(k).broadcast() for k in range(PLANE + 1))
    shares, zero = every(table, share), every(table, 0.0)
    with loop(table.builder, (samples + (lanes - 1)) // lanes, [zero] * 4) as each:
        done = each.index * lanes
        rows = rows_at(table, PLANE + 2, order.after(done), samples - done, blank)
        label, weight, a, b = transposed([row.load(4) for row in rows])
        logit = fma(a, first, fma(b, second, bias))
        delta, size = _delta(code, logit, label, weight * shares)
        by_first, by_second, by_bias, value = each.carried()
        sums = [fma(a, delta, by_first), fma(b, delta, by_second), by_bias + delta]
        each.carry([*sums, value + size])
    *sums, value = each.carried()
    found = folded([*sums, zero])
    gradient.store(found.shuffled(found.same(0.0), [0, 1, 2, 3, *[4] * (lanes - 4)]))
    return total(value)


@compiled
def gradient_in_plane(
    code: int, table: Place, order: Place, samples: int, blank: int, weights: Place, share: float,
    gradient: Place,
) -> float:  # fmt: skip
    """Write the gradient of a batch with two features; return a number finite where its loss is.

    Nothing is stored in between. Lanes without a sample have the weight 0.
    """
    return float(_in_plane(code, table, order, samples, blank, weights, share, gradient))


@compiled
def gradient_of_blocks(
    code: int, source: Place, step: int, blocks: int, features: int, weights: Place, share: float,
    sums: Place, gradient: Place,
) -> float:  # fmt: skip
    """Add the gradient of blocks of samples; return a number finite where their loss is.

    Each block is read from memory once. `sums` is room for a register for each parameter.
    """
    lanes = width(source)
    value = every(source, 0.0)
    for i in range(0, (features + 1) * lanes, lanes):
        store(sums, i, every(source, 0.0))
    for block in range(blocks):
        first = after(source, block * step)
        x = after(first, FIRST_FEATURE * lanes)
        even = every(source, get(weights, features))
        odd = every(source, 0.0)
        for k in range(0, features - 1, 2):
            even = fma(load(x, k * lanes), get(weights, k), even)
            odd = fma(load(x, k * lanes + lanes), get(weights, k + 1), odd)
        if features % 2 == 1:
            even = fma(load(x, (features - 1) * lanes), get(weights, features - 1), even)
        weight = load(first, lanes) * share
        delta, size = _delta(code, even + odd, load(first, 0), weight)
        value = value + size
        following = after(first, AHEAD * step)
        for k in range(features):
            at = k * lanes
            prefetch(following, at)
            store(sums, at, fma(load(x, at), delta, load(sums, at)))
        at = features * lanes
        prefetch(following, at)
        prefetch(following, at + lanes)
        store(sums, at, load(sums, at) + delta)
    for k in range(features + 1):
        put(gradient, k, get(gradient, k) + total(load(sums, k * lanes)))
    return float(total(value))
