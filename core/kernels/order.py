"""The order of the rows in an epoch, the same as `core.training.row_order` draws with numpy.

Seeding and drawing anew takes numpy 20 microseconds an epoch, longer than a small network needs to
train through it. Sources: O'Neill 2014 (PCG XSL-RR 128/64), O'Neill 2015 (seed sequence),
Fisher & Yates 1938 in Durstenfeld's form, with masks and rejection.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from core.machine.scalars import Number, ir
from core.machine.source import compiled, inlined
from core.machine.vectors import Place, after, get, put

Word = Any  # an unsigned 64-bit integer inside compiled code

_LOW = 0xFFFFFFFF
_MULTIPLIER_HIGH = 2549297995355413924
_MULTIPLIER_LOW = 4865540595714422341
_POOL = 4


def high_product(a: Number, b: int) -> Number:
    """Return the upper 64 bits of the product of two unsigned 64-bit integers."""
    builder, wide = a.builder, ir.IntType(128)
    product = builder.mul(a.cast(wide), ir.Constant(wide, b))
    high = builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), ir.IntType(64))
    return Number(builder, high, True)


@compiled
def _seed_words(seed: int, epoch: int, pool: Place, words: Place) -> None:
    """Stir (seed, epoch) into eight 32-bit words, as numpy's SeedSequence does."""
    constant = 0x43B0D7E5
    for i in range(_POOL):
        entropy = seed if i == 0 else (epoch if i == 1 else 0)
        value = entropy ^ constant
        constant = (constant * 0x931E8875) & _LOW
        value = (value * constant) & _LOW
        put(pool, i, value ^ (value >> 16))
    for source in range(_POOL):
        for target in range(_POOL):
            if source == target:
                continue
            value = get(pool, source) ^ constant
            constant = (constant * 0x931E8875) & _LOW
            value = (value * constant) & _LOW
            value ^= value >> 16
            left, right = 0xCA01F9DD * get(pool, target), 0x4973F715 * value
            mixed = (left - right) & _LOW
            put(pool, target, mixed ^ (mixed >> 16))
    constant = 0x8B51F9DD
    for i in range(2 * _POOL):
        value = get(pool, i % _POOL) ^ constant
        constant = (constant * 0x58F38DED) & _LOW
        value = (value * constant) & _LOW
        put(words, i, value ^ (value >> 16))


@inlined
def _advance(high: Word, low: Word, step_high: Word, step_low: Word) -> tuple[Word, Word]:
    """Return state * multiplier + step, modulo 2^128."""
    product_high = high_product(low, _MULTIPLIER_LOW)
    product_high += high * _MULTIPLIER_LOW + low * _MULTIPLIER_HIGH
    product_low = low * _MULTIPLIER_LOW
    new_low = product_low + step_low
    carry = 1 if new_low < product_low else 0
    return product_high + step_high + carry, new_low


@inlined
def _joined(words: Place, index: int) -> Word:
    """Return two 32-bit words as one unsigned 64-bit integer, the lower word first."""
    return np.uint64(get(words, index) | (get(words, index + 1) << 32))


@compiled
def draw_order(seed: int, epoch: int, n: int, order: Place, spare: Place) -> None:
    """Write at `order` the order in which that epoch takes n rows.

    Parameters
    ----------
    seed, epoch : int
        Each under 2^32.
    order : place
        Of int32 integers.
    spare : place
        Of twelve int64 integers to work with.
    """
    words = after(spare, _POOL)
    _seed_words(seed, epoch, spare, words)
    start_high, start_low = _joined(words, 0), _joined(words, 2)
    choice_high, choice_low = _joined(words, 4), _joined(words, 6)
    step_high = (choice_high << 1) | (choice_low >> 63)
    step_low = (choice_low << 1) | 1
    low = step_low + start_low
    carry = 1 if low < step_low else 0
    high, low = _advance(step_high + start_high + carry, low, step_high, step_low)
    for i in range(n):
        put(order, i, i)
    if n > 1:
        _shuffle(order, n, high, low, step_high, step_low)


@inlined
def _swap(order: Place, i: Any, mask: Any, bits: Any) -> Any:
    """Swap row i with the one drawn if it is not above i; return the next i.

    Without a branch, since the processor could not guess it: a draw refused swaps i with itself.
    """
    drawn = bits & mask
    accepted = drawn <= i
    j = drawn if accepted else i
    here = get(order, i)
    put(order, i, get(order, j))
    put(order, j, here)
    return i - np.int64(accepted)


@inlined
def _drawn(high: Word, low: Word) -> Word:
    """Return the 64 random bits of a state of the generator."""
    turn = high >> 58
    mixed = high ^ low
    return (mixed >> turn) | (mixed << ((64 - turn) & 63))


@compiled
def _shuffle(order: Place, n: Any, high: Word, low: Word, step_high: Word, step_low: Word) -> None:
    """Fisher and Yates' shuffle from the last row down, each generator output used as two draws."""
    i, mask = n - 1, 1
    while mask < i:
        mask = 2 * mask + 1
    while i > 0:
        half = mask >> 1
        while i > half + 2:  # two draws leave the mask as it is
            high, low = _advance(high, low, step_high, step_low)
            bits = _drawn(high, low)
            i = _swap(order, i, mask, np.int64(bits & _LOW))
            i = _swap(order, i, mask, np.int64(bits >> 32))
        high, low = _advance(high, low, step_high, step_low)
        bits = _drawn(high, low)
        i = _swap(order, i, mask, np.int64(bits & _LOW))
        mask = half if i <= half else mask
        i = _swap(order, i, mask, np.int64(bits >> 32))
        mask = mask >> 1 if i <= mask >> 1 else mask
