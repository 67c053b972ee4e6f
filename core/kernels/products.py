"""The products of a dense layer, on blocks of samples: forward, backward and the weights' gradient.

A block holds one register's lanes of samples, feature by feature: row r of a block is one register.
Each layer's inputs end with a row of ones (zeros in lanes without a sample), so that biases, which
stand right after the weights, are one more row of weights.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

from core.machine.lanes import REGISTER_BYTES, Lanes, fma, folded
from core.machine.places import Pointer, loop
from core.machine.scalars import Number, chosen, compared
from core.machine.source import compiled
from core.machine.vectors import Place, after, every, get, put, switch, width

Sums = list[Lanes]
_BLOCKS = 2 if REGISTER_BYTES == 64 else 1  # at a time: there are twice as many wider registers


def _summed(places: list[Pointer], by_row: Number, xs: list[Pointer], rows: Number) -> Sums:
    """Return the sums of some blocks' rows weighted from these places on, each sum for each block.

    Narrow ones add every n-th row apart, so that more additions are under way at a time.
    """
    apart = {1: 4, 2: 2, 4: 2, 8: 1}[len(places)]
    size = len(places) * len(xs)

    def added(index: Number, so_far: Sums) -> Sums:
        w = [place.after(index * by_row).broadcast() for place in places]
        lanes = [x.after(index * x.count).load() for x in xs]
        pairs = zip(itertools.product(w, lanes), so_far, strict=True)
        return [fma(*pair, each) for pair, each in pairs]

    with loop(xs[0].builder, rows // apart, [every(xs[0], 0.0)] * size * apart) as rounds:
        so_far, done = rounds.carried(), []
        for k in range(apart):
            done += added(rounds.index * apart + k, so_far[k * size : (k + 1) * size])
        rounds.carry(done)
    result = rounds.carried()
    if apart == 1:
        return result
    left = rows % apart
    result = [sum(result[k + size :: size], result[k]) for k in range(size)]
    with loop(xs[0].builder, left, result) as rest:
        rest.carry(added(rows - left + rest.index, rest.carried()))
    return rest.carried()


def _combining(sums: int, by_sum_is_one: bool) -> Callable[..., None]:
    """Return what writes so many weighted sums of each block's rows.

    Its arguments are the weights, their steps from row to row and from sum to sum, the blocks' rows
    with the step from block to block, how many rows, where the sums go with the step from block to
    block, and how many blocks. Blocks go in pairs where there are registers for them.
    """

    def combining(
        w: Pointer, by_row: Number, by_sum: Number, x: Pointer, x_step: Number, rows: Number,
        out: Pointer, out_step: Number, blocks: Number,
    ) -> None:  # fmt: skip
        places = [w.after(k if by_sum_is_one else by_sum * k) for k in range(sums)]

        def write(first: Number, count: int) -> None:
            xs = [x.after((first + k) * x_step) for k in range(count)]
            outs = [out.after((first + k) * out_step) for k in range(count)]
            result = iter(_summed(places, by_row, xs, rows))
            for k in range(sums):
                for each in outs:
                    each.after(k * out.count).store(next(result))

        with loop(w.builder, blocks // _BLOCKS, []) as each:
            write(each.index * _BLOCKS, _BLOCKS)
        if _BLOCKS > 1:
            with loop(w.builder, blocks % _BLOCKS, []) as each:
                write(blocks - 1, 1)

    return combining


_FORWARD = {sums: _combining(sums, True) for sums in (8, 4, 2, 1)}
_BACKWARD = {sums: _combining(sums, False) for sums in (8, 4, 2, 1)}


def _forward(size: Any, *arguments: Any) -> None:
    switch(size, {sums: functools.partial(f, *arguments) for sums, f in _FORWARD.items()})


def _backward(size: Any, *arguments: Any) -> None:
    switch(size, {sums: functools.partial(f, *arguments) for sums, f in _BACKWARD.items()})


@compiled
def combine(
    weights: Place, by_row: int, by_sum: int, source: Place, source_step: int, rows: int,
    target: Place, target_step: int, sums: int, blocks: int,
) -> None:  # fmt: skip
    """Write weighted sums of each block's rows: target_s = sum over r of w[r, s] source_r.

    Parameters
    ----------
    weights : place
        w[r, s] stands ``r * by_row + s * by_sum`` further; so W and its transpose alike.
    source, target : places
        Blocks are `source_step` and `target_step` numbers apart; `rows` rows of the source's are
        read and `sums` rows of the target's are written.
    """
    lanes = width(source)
    done = 0
    while done < sums:
        left = sums - done
        size = 8 if left >= 8 else (4 if left >= 4 else (2 if left >= 2 else 1))
        w, z = after(weights, done * by_sum), after(target, done * lanes)
        if by_sum == 1:
            _forward(size, w, by_row, by_sum, source, source_step, rows, z, target_step, blocks)
        else:
            _backward(size, w, by_row, by_sum, source, source_step, rows, z, target_step, blocks)
        done += size


def _summing(rows: int, units: int) -> Callable[..., None]:
    """Return what sums `rows` inputs times `units` deltas over all samples.

    Its arguments are the inputs, the last row there is (read again instead of any beyond), the step
    from block to block, the deltas with the same two, the number of blocks, where the sums are
    added with the step from row to row, whether all of them exist, and else where they are written.
    """

    def places(first: Pointer, count: int, highest: Number) -> list[Pointer]:
        least = (chosen(compared("<", k, highest), k, highest) for k in range(count))
        return [first.after(k * first.count) for k in least]

    def summing(
        x: Pointer, last: Number, step: Number, delta: Pointer, last_delta: Number,
        step_delta: Number, blocks: Number, target: Pointer, wide: Number, whole: Number,
        spare: Pointer,
    ) -> None:  # fmt: skip
        sources, deltas = places(x, rows, last), places(delta, units, last_delta)
        with loop(x.builder, blocks, [every(x, 0.0)] * rows * units) as rounds:
            loaded = [place.after(rounds.index * step_delta).load() for place in deltas]
            so_far, done = iter(rounds.carried()), []
            for place in sources:
                inputs = place.after(rounds.index * step).load()
                done += [fma(inputs, each, next(so_far)) for each in loaded]
            rounds.carry(done)
        sums = folded(rounds.carried())
        with x.builder.if_else(whole.value) as (then, otherwise):
            with then:
                for row in range(rows if units > 1 else 1):
                    count = units if units > 1 else rows
                    place = target.after(wide * row)
                    part = sums.shuffled(sums, range(row * count, (row + 1) * count))
                    place.store(part + place.load(count))
            with otherwise:
                spare.store(sums)

    return summing


# As many sums at a time as there are registers for.
_TALL = 4
_WIDE = 4 if REGISTER_BYTES == 64 else 2
_tile, _column, _row = _summing(_TALL, _WIDE), _summing(8, 1), _summing(1, 8)


@compiled
def _add_tile(
    rows: int, units: int, height: int, breadth: int, gradient: Place, wide: int, sums: Place
) -> None:
    """Add the sums of a tile that lies partly beyond the weights' edge."""
    for row in range(min(height, rows)):
        for unit in range(min(breadth, units)):
            at = row * wide + unit
            put(gradient, at, get(gradient, at) + get(sums, row * breadth + unit))


@compiled
def add_products(
    source: Place, source_step: int, rows: int, delta: Place, units: int, blocks: int,
    gradient: Place, sums: Place,
) -> None:  # fmt: skip
    """Add to the gradient (rows, units) the sum over all samples of inputs times deltas.

    Parameters
    ----------
    source : place
        The layer's inputs: `rows` rows (the ones last) in blocks `source_step` numbers apart.
    delta : place
        Blocks of `units` rows.
    sums : place
        Room for a tile of sums.
    """
    lanes = width(source)
    delta_step = units * lanes
    row = 0
    while row < rows:
        x = after(source, row * lanes)
        left = rows - row
        height, breadth = _TALL, _WIDE
        if units == 1:
            height, breadth = 8, 1
        elif left == 1:
            height, breadth = 1, 8
        for unit in range(0, units, breadth):
            d, place = after(delta, unit * lanes), after(gradient, row * units + unit)
            beside = units - unit
            whole = left >= height and beside >= breadth
            if height == 1:
                _row(
                    x, left - 1, source_step, d, beside - 1, delta_step, blocks, place, units,
                    whole, sums,
                )  # fmt: skip
            elif breadth == 1:
                _column(
                    x, left - 1, source_step, d, beside - 1, delta_step, blocks, place, units,
                    whole, sums,
                )  # fmt: skip
            else:
                _tile(
                    x, left - 1, source_step, d, beside - 1, delta_step, blocks, place, units,
                    whole, sums,
                )  # fmt: skip
            if not whole:
                _add_tile(left, beside, height, breadth, place, units, sums)
        row += height
