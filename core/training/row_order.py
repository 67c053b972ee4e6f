"""The order in which an epoch takes the rows: a function of seed and epoch, of nothing before.

No generator's state is stored, so that any step can be replayed exactly. The numbers below the next
power of two are permuted by rounds of what has an inverse: times an odd number, plus another, and
the high half of the bits added into the low half. Those that are rows are kept as they come.
"""

from __future__ import annotations

from typing import Any

import numpy as np

ROUNDS = 6
_GAMMA, _MIX1, _MIX2 = (
    np.uint64(c) for c in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
)
_LOW, _ONE, _27, _30, _31, _32 = (np.uint64(c) for c in (0xFFFFFFFF, 1, 27, 30, 31, 32))


def row_order(seed: int, epoch: int, n_rows: int) -> np.ndarray:
    """Return the order (n_rows,) in which an epoch takes the rows, as uint32.

    Parameters
    ----------
    seed, epoch : int
        At least 0.
    n_rows : int
        From 1 to 2**31.

    Examples
    --------
    >>> sorted(row_order(0, 0, 5).tolist())
    [0, 1, 2, 3, 4]
    """
    bits = bits_of(n_rows)
    x = np.arange(1 << bits, dtype=np.uint32)
    mask, shift = np.uint32((1 << bits) - 1), np.uint32((bits + 1) // 2)
    for key in round_key(np.arange(1, ROUNDS + 1).astype(np.uint64), seed, epoch):
        odd, added = np.uint32(key & _LOW | _ONE), np.uint32(key >> _32)
        x = (x * odd + added) & mask
        x ^= x >> shift
    return x[x < n_rows]


def write_row_order(seed: int, epoch: int, n_rows: int, order: Any) -> None:
    """Write what `row_order` returns into an array: its compiled form.

    Parameters
    ----------
    order : (2**bits,) uint32 array
        With room for all numbers of that many bits; the first n_rows are the order afterwards.
    """
    bits = bits_of(n_rows)
    mask, shift = np.uint32((1 << bits) - 1), np.uint32((bits + 1) // 2)
    for i in range(1 << bits):
        order[i] = i
    for k in range(1, ROUNDS + 1):
        key = round_key(np.uint64(k), seed, epoch)
        odd, added = np.uint32(key & _LOW | _ONE), np.uint32(key >> _32)
        for i in range(1 << bits):
            x = np.uint32(order[i] * odd + added) & mask
            order[i] = x ^ (x >> shift)
    place = 0
    for i in range(1 << bits):
        x = order[i]
        order[place] = x
        place += x < n_rows


def bits_of(n_rows: int) -> int:
    """Return how many bits it takes to tell the rows apart, at least one."""
    bits = 1
    while (1 << bits) < n_rows:
        bits += 1
    return bits


def round_key(k: Any, seed: int, epoch: int) -> Any:
    """Return the uint64 number for round k, or one for each round of an array."""
    return _mixed(_mixed(k * _GAMMA + np.uint64(seed)) + np.uint64(epoch))


def _mixed(k: Any) -> Any:
    """Return uint64 numbers mixed by SplitMix64's finaliser (Steele, Lea & Flood 2014)."""
    k = (k ^ (k >> _30)) * _MIX1
    k = (k ^ (k >> _27)) * _MIX2
    return k ^ (k >> _31)


LOOP_HELPERS = (_mixed, bits_of, round_key)
"""Plain functions that the compiled form calls."""
