"""The optimisers' updates and the penalties' gradients, fused over the flat vector, compiled.

Arrays are padded to whole vectors with zeros, which every rule leaves zero. The old parameters and
slots are kept beside the new ones, so that a step that is not finite can be refused.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from core.kernels.jit import compiled, inlined
from core.kernels.vectors import (
    absolute,
    fma,
    load,
    splat,
    square_root,
    store,
    total,
    where_positive,
    width,
)

SGD, MOMENTUM, NESTEROV, RMSPROP, ADAM, ADAMW, ADAGRAD = range(7)
L1, L2 = 1, 2

# Places in the array of numbers.
LEARNING_RATE, MOMENTUM_RATE, DECAY_RATE, BETA2, WEIGHT_DECAY = range(5)
EPSILON, PENALTY_STRENGTH, SCHEDULE_EPOCHS = range(5, 8)
NUMBERS = 8
_NEGLIGIBLE_LOG = -40.0


@compiled
def schedule_factor(code: int, epochs: float, length: float) -> float:
    """Return what the learning rate is multiplied by (see `core.schedules`)."""
    if code == 1:
        return 0.5 ** math.floor(epochs / length)
    if code == 2:
        return 0.5 ** (epochs / length)
    if code == 3:
        return 0.5 * (1.0 + math.cos(math.pi * min(epochs / length, 1.0)))
    return 1.0


@compiled
def look_ahead(
    theta: np.ndarray, at: int, velocity: np.ndarray, momentum: float, point: np.ndarray
) -> None:
    """Write where Nesterov's gradient is taken; with momentum 0, where the parameters are."""
    if momentum == 0.0:
        for i in range(0, len(point), width(point)):
            store(point, i, load(theta, at + i))
        return
    for i in range(0, len(point), width(point)):
        store(point, i, fma(load(velocity, at + i), momentum, load(theta, at + i)))


@compiled
def add_penalty(
    code: int, strength: float, point: np.ndarray, mask: np.ndarray, gradient: np.ndarray
) -> float:
    """Add the penalty's gradient where `mask` is 1; return a number finite where the penalty is."""
    value = splat(point, 0.0)
    for i in range(0, len(point), width(point)):
        w, is_weight = load(point, i), load(mask, i)
        if code == L1:
            slope = where_positive(w, 1.0, where_positive(0.0 - w, -1.0, 0.0))
            size = absolute(w)
        else:
            slope, size = w, 0.5 * w * w
        store(gradient, i, fma(slope * strength, is_weight, load(gradient, i)))
        value = fma(size * strength, is_weight, value)
    return total(value)  # type: ignore[no-any-return]


@inlined
def _debias(rate: float, step: int) -> float:
    """Return 1 / (1 - rate^t), with a power no dearer than an exponential."""
    if rate == 0.0:
        return 1.0
    logarithm = step * math.log(rate)
    return 1.0 if logarithm < _NEGLIGIBLE_LOG else 1.0 / (1.0 - math.exp(logarithm))


@compiled
def _adam(
    theta: np.ndarray, old: int, new: int, slots: np.ndarray, second: int,
    gradient: np.ndarray, step: int, numbers: np.ndarray, size: float, shrink: float,
    mask: np.ndarray,
) -> Any:  # fmt: skip
    beta1, beta2, epsilon = numbers[MOMENTUM_RATE], numbers[BETA2], numbers[EPSILON]
    first_debias, second_debias = _debias(beta1, step), _debias(beta2, step)
    check = splat(theta, 0.0)
    for i in range(0, len(gradient), width(theta)):
        g, w = load(gradient, i), load(theta, old + i)
        m = fma(load(slots, old + i), beta1, g * (1.0 - beta1))
        v = fma(load(slots, second + old + i), beta2, g * g * (1.0 - beta2))
        direction = m * first_debias / (square_root(v * second_debias) + epsilon)
        moved = w - direction * size - load(mask, i) * w * shrink
        store(slots, new + i, m)
        store(slots, second + new + i, v)
        store(theta, new + i, moved)
        check = fma(moved, 0.0, check)
    return total(check)


@compiled
def _first_order(
    code: int, theta: np.ndarray, old: int, new: int, slots: np.ndarray, gradient: np.ndarray,
    numbers: np.ndarray, size: float,
) -> Any:  # fmt: skip
    momentum, decay, epsilon = numbers[MOMENTUM_RATE], numbers[DECAY_RATE], numbers[EPSILON]
    check = splat(theta, 0.0)
    for i in range(0, len(gradient), width(theta)):
        g, w = load(gradient, i), load(theta, old + i)
        if code == SGD:
            moved = w - g * size
        else:
            memory = load(slots, old + i)
            if code in (MOMENTUM, NESTEROV):
                memory = memory * momentum - g * size
                moved = w + memory
            else:
                if code == RMSPROP:
                    memory = fma(memory, decay, g * g * (1.0 - decay))
                else:
                    memory = fma(g, g, memory)
                moved = w - g * size / (square_root(memory) + epsilon)
            store(slots, new + i, memory)
        store(theta, new + i, moved)
        check = fma(moved, 0.0, check)
    return total(check)


@compiled
def update(
    code: int, theta: np.ndarray, old: int, new: int, slots: np.ndarray, gradient: np.ndarray,
    step: int, factor: float, numbers: np.ndarray, mask: np.ndarray,
) -> float:  # fmt: skip
    """Write the parameters and slots after a step; return 0, or NaN where one is not finite.

    Parameters
    ----------
    theta, slots : arrays
        Two sets of padded parameters, and of each slot: the old ones from `old` on, the new ones
        from `new` on; the second slot stands after both sets of the first.
    step : int
        Counted from 1.
    factor : float
        The schedule's.
    mask : array
        1 where a weight stands, which is what AdamW decays.
    """
    size = numbers[LEARNING_RATE] * factor
    if code in (ADAM, ADAMW):
        shrink = factor * numbers[WEIGHT_DECAY] if code == ADAMW else 0.0
        second = 2 * len(gradient)
        return _adam(  # type: ignore[no-any-return]
            theta, old, new, slots, second, gradient, step, numbers, size, shrink, mask
        )
    return _first_order(code, theta, old, new, slots, gradient, numbers, size)  # type: ignore[no-any-return]
