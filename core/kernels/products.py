"""The products of a dense layer, on blocks of samples: forward, backward and the weights' gradient.

A block holds one vector's lanes of samples, feature by feature: row r of a block is one vector. Each
layer's inputs end with a row of ones (zeros in lanes without a sample), so that biases, which stand
right after the weights, are one more row of weights.
"""

from __future__ import annotations

import numpy as np

from core.kernels.jit import compiled
from core.kernels.vectors import broadcast, fma, load, splat, store, store_sums, width


@compiled
def _combine_eight(
    weights: np.ndarray, at: int, by_row: int, by_sum: int, source: np.ndarray, first: int,
    rows: int, target: np.ndarray, place: int,
) -> None:  # fmt: skip
    lanes = width(source)
    a = b = c = d = e = f = g = h = splat(source, 0.0)
    for row in range(rows):
        x = load(source, first + row * lanes)
        w = at + row * by_row
        a = fma(broadcast(weights, w), x, a)
        b = fma(broadcast(weights, w + by_sum), x, b)
        c = fma(broadcast(weights, w + 2 * by_sum), x, c)
        d = fma(broadcast(weights, w + 3 * by_sum), x, d)
        e = fma(broadcast(weights, w + 4 * by_sum), x, e)
        f = fma(broadcast(weights, w + 5 * by_sum), x, f)
        g = fma(broadcast(weights, w + 6 * by_sum), x, g)
        h = fma(broadcast(weights, w + 7 * by_sum), x, h)
    store(target, place, a)
    store(target, place + lanes, b)
    store(target, place + 2 * lanes, c)
    store(target, place + 3 * lanes, d)
    store(target, place + 4 * lanes, e)
    store(target, place + 5 * lanes, f)
    store(target, place + 6 * lanes, g)
    store(target, place + 7 * lanes, h)


@compiled
def _combine_two(
    weights: np.ndarray, at: int, by_row: int, by_sum: int, source: np.ndarray, first: int,
    rows: int, target: np.ndarray, place: int,
) -> None:  # fmt: skip
    lanes = width(source)
    a = b = splat(source, 0.0)
    for row in range(rows):
        x = load(source, first + row * lanes)
        w = at + row * by_row
        a = fma(broadcast(weights, w), x, a)
        b = fma(broadcast(weights, w + by_sum), x, b)
    store(target, place, a)
    store(target, place + lanes, b)


@compiled
def _combine_one(
    weights: np.ndarray, at: int, by_row: int, source: np.ndarray, first: int, rows: int,
    target: np.ndarray, place: int,
) -> None:  # fmt: skip
    """Sum even and odd rows apart, so that two additions are under way at a time."""
    lanes = width(source)
    even = odd = splat(source, 0.0)
    for row in range(0, rows - 1, 2):
        w = at + row * by_row
        even = fma(broadcast(weights, w), load(source, first + row * lanes), even)
        odd = fma(broadcast(weights, w + by_row), load(source, first + (row + 1) * lanes), odd)
    if rows % 2 == 1:
        last = load(source, first + (rows - 1) * lanes)
        even = fma(broadcast(weights, at + (rows - 1) * by_row), last, even)
    store(target, place, even + odd)


@compiled
def combine(
    weights: np.ndarray, at: int, by_row: int, by_sum: int,
    source: np.ndarray, first: int, source_stride: int, rows: int,
    target: np.ndarray, place: int, target_stride: int, sums: int, blocks: int,
) -> None:  # fmt: skip
    """Write weighted sums of each block's rows: target_s = sum over r of w[r, s] source_r.

    Parameters
    ----------
    weights : array
        w[r, s] stands at ``at + r * by_row + s * by_sum``; so W and its transpose alike.
    source, target : arrays
        Blocks begin at `first` and `place` and have `source_stride` and `target_stride` rows, of
        which `rows` are read and `sums` are written.
    """
    lanes = width(source)
    done = 0
    while done + 8 <= sums:
        for block in range(blocks):
            _combine_eight(
                weights, at + done * by_sum, by_row, by_sum, source,
                first + block * source_stride * lanes, rows, target,
                place + (block * target_stride + done) * lanes,
            )  # fmt: skip
        done += 8
    while done + 2 <= sums:
        for block in range(blocks):
            _combine_two(
                weights, at + done * by_sum, by_row, by_sum, source,
                first + block * source_stride * lanes, rows, target,
                place + (block * target_stride + done) * lanes,
            )  # fmt: skip
        done += 2
    if done < sums:
        for block in range(blocks):
            _combine_one(
                weights, at + done * by_sum, by_row, source,
                first + block * source_stride * lanes, rows, target,
                place + (block * target_stride + done) * lanes,
            )  # fmt: skip


@compiled
def _tile(
    source: np.ndarray, r0: int, r1: int, r2: int, r3: int, source_step: int,
    work: np.ndarray, s0: int, s1: int, delta_step: int, blocks: int, sums: int,
) -> None:  # fmt: skip
    """Write the eight sums over all samples of four inputs times two units."""
    a = b = c = d = e = f = g = h = splat(work, 0.0)
    for _ in range(blocks):
        x, y = load(work, s0), load(work, s1)
        p, q = load(source, r0), load(source, r1)
        a, b = fma(p, x, a), fma(p, y, b)
        c, d = fma(q, x, c), fma(q, y, d)
        p, q = load(source, r2), load(source, r3)
        e, f = fma(p, x, e), fma(p, y, f)
        g, h = fma(q, x, g), fma(q, y, h)
        r0 += source_step
        r1 += source_step
        r2 += source_step
        r3 += source_step
        s0 += delta_step
        s1 += delta_step
    store_sums(work, sums, a, b, c, d, e, f, g, h)


@compiled
def _column(
    source: np.ndarray, first: int, row: int, last: int, source_step: int,
    work: np.ndarray, delta: int, delta_step: int, blocks: int, sums: int,
) -> None:  # fmt: skip
    """Write the eight sums over all samples of eight inputs times one unit."""
    lanes = width(work)
    a = b = c = d = e = f = g = h = splat(work, 0.0)
    r0, r1 = first + row * lanes, first + min(row + 1, last) * lanes
    r2, r3 = first + min(row + 2, last) * lanes, first + min(row + 3, last) * lanes
    r4, r5 = first + min(row + 4, last) * lanes, first + min(row + 5, last) * lanes
    r6, r7 = first + min(row + 6, last) * lanes, first + min(row + 7, last) * lanes
    step = 0
    for _ in range(blocks):
        x = load(work, delta)
        a, b = fma(load(source, r0 + step), x, a), fma(load(source, r1 + step), x, b)
        c, d = fma(load(source, r2 + step), x, c), fma(load(source, r3 + step), x, d)
        e, f = fma(load(source, r4 + step), x, e), fma(load(source, r5 + step), x, f)
        g, h = fma(load(source, r6 + step), x, g), fma(load(source, r7 + step), x, h)
        step += source_step
        delta += delta_step
    store_sums(work, sums, a, b, c, d, e, f, g, h)


@compiled
def add_products(
    source: np.ndarray, first: int, source_stride: int, rows: int,
    work: np.ndarray, delta: int, units: int, blocks: int,
    gradient: np.ndarray, at: int, sums: int,
) -> None:  # fmt: skip
    """Add to the gradient (rows, units) the sum over all samples of inputs times deltas.

    Parameters
    ----------
    source : array
        The layer's inputs: `rows` rows (the ones last) in blocks of `source_stride` rows.
    work : array
        Where the deltas stand, from `delta` on, and eight places to work in, at `sums`.
    gradient : array
        Row by row from `at` on.
    """
    lanes = width(work)
    source_step, delta_step = source_stride * lanes, units * lanes
    last = rows - 1
    if units == 1:
        for row in range(0, rows, 8):
            _column(source, first, row, last, source_step, work, delta, delta_step, blocks, sums)
            for i in range(min(8, rows - row)):
                gradient[at + row + i] += work[sums + i]
        return
    for row in range(0, rows, 4):
        r0, r1 = first + row * lanes, first + min(row + 1, last) * lanes
        r2, r3 = first + min(row + 2, last) * lanes, first + min(row + 3, last) * lanes
        for unit in range(0, units, 2):
            s0 = delta + unit * lanes
            s1 = delta + min(unit + 1, units - 1) * lanes
            _tile(source, r0, r1, r2, r3, source_step, work, s0, s1, delta_step, blocks, sums)
            place = at + row * units + unit
            if unit + 1 < units:
                for i in range(min(4, rows - row)):
                    gradient[place + i * units] += work[sums + 2 * i]
                    gradient[place + i * units + 1] += work[sums + 2 * i + 1]
            else:
                for i in range(min(4, rows - row)):
                    gradient[place + i * units] += work[sums + 2 * i]
