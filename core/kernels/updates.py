"""The optimisers' updates and the penalties' gradients, fused over the flat vector, compiled.

Arrays are padded to whole vectors with zeros, which every rule leaves zero. The old parameters and
slots are kept beside the new ones, so that a step that is not finite can be refused.
"""

from __future__ import annotations

import math

from core.machine.lanes import Lanes, absolute, flushed, fma, square_root, where_positive
from core.machine.source import compiled, inlined
from core.machine.vectors import Place, Value, every, get, load, store, total, width

SGD, MOMENTUM, NESTEROV, RMSPROP, ADAM, ADAMW, ADAGRAD = range(7)
L1, L2 = 1, 2

# Places in the array of numbers.
LEARNING_RATE, MOMENTUM_RATE, DECAY_RATE, BETA2, WEIGHT_DECAY = range(5)
EPSILON, PENALTY_STRENGTH, SCHEDULE_EPOCHS, LOG_MOMENTUM, LOG_BETA2 = range(5, 10)
NUMBERS = 10
_NEGLIGIBLE_LOG = -40.0


@inlined
def schedule_factor(code: int, epochs: float, length: float) -> float:
    """Return what the learning rate is multiplied by (see `core.schedules`)."""
    if code == 1:
        return float(0.5 ** math.floor(epochs / length))
    if code == 2:
        return float(0.5 ** (epochs / length))
    if code == 3:
        return 0.5 * (1.0 + math.cos(math.pi * min(epochs / length, 1.0)))
    return 1.0


@inlined
def look_ahead(theta: Place, velocity: Place, momentum: float, size: int, point: Place) -> None:
    """Write where Nesterov's gradient is taken."""
    for i in range(0, size, width(point)):
        store(point, i, fma(load(velocity, i), momentum, load(theta, i)))


def _penalties(w: Lanes) -> tuple[Lanes, Lanes, Lanes, Lanes]:
    """Return L1's value and slope, and L2's."""
    return absolute(w), where_positive(w, 1.0, where_positive(-w, -1.0, 0.0)), 0.5 * w * w, w


@compiled
def add_penalty(
    code: int, strength: float, size: int, point: Place, mask: Place, gradient: Place
) -> float:
    """Add the penalty's gradient where `mask` is 1; return a number finite where the penalty is."""
    value = every(point, 0.0)
    for i in range(0, size, width(point)):
        share = load(mask, i) * strength
        one, one_slope, two, two_slope = _penalties(load(point, i))
        if code == L1:
            value = value + one * share
            store(gradient, i, load(gradient, i) + one_slope * share)
        else:
            value = value + two * share
            store(gradient, i, load(gradient, i) + two_slope * share)
    return float(total(value))


@compiled
def _debias(log_rate: float, step: int) -> float:
    """Return 1 / (1 - rate^t), with a power no dearer than an exponential."""
    logarithm = step * log_rate
    return 1.0 if logarithm < _NEGLIGIBLE_LOG else 1.0 / (1.0 - math.exp(logarithm))


def _adam(
    w: Lanes, m: Lanes, v: Lanes, g: Lanes, beta1: float, rest1: float, beta2: float, rest2: float,
    size: float, second: float, epsilon: float, shrink: Lanes,
) -> tuple[Lanes, Lanes, Lanes]:  # fmt: skip
    g = flushed(g, 2.0)
    m = flushed(fma(m, beta1, g * rest1))
    v = flushed(fma(v, beta2, g * g * rest2))
    return w - m * size / (square_root(v * second) + epsilon) - w * shrink, m, v


def _momentum(w: Lanes, v: Lanes, g: Lanes, momentum: float, size: float) -> tuple[Lanes, Lanes]:
    v = flushed(v * momentum - g * size)
    return w + v, v


def _by_root(
    w: Lanes, s: Lanes, g: Lanes, kept: float, added: float, size: float, epsilon: float
) -> tuple[Lanes, Lanes]:
    """RMSprop keeps gamma and adds 1 - gamma; Adagrad keeps and adds all."""
    g = flushed(g, 2.0)
    s = flushed(fma(s, kept, g * g * added))
    return w - g * size / (square_root(s) + epsilon), s


@inlined
def _by_moments(
    code: int, theta: Place, new_theta: Place, slots: Place, new_slots: Place, second_slot: int,
    gradient: Place, length: int, step: int, factor: float, numbers: Place, mask: Place,
) -> Value:  # fmt: skip
    """Do what `update` does, for Adam and AdamW; return a register, 0 where all is finite."""
    beta1, beta2, epsilon = get(numbers, MOMENTUM_RATE), get(numbers, BETA2), get(numbers, EPSILON)
    size = get(numbers, LEARNING_RATE) * factor * _debias(get(numbers, LOG_MOMENTUM), step)
    second = _debias(get(numbers, LOG_BETA2), step)
    shrink = factor * get(numbers, WEIGHT_DECAY) if code == ADAMW else 0.0
    check = every(theta, 0.0)
    for i in range(0, length, width(theta)):
        w, m, v = _adam(
            load(theta, i), load(slots, i), load(slots, second_slot + i), load(gradient, i),
            beta1, 1.0 - beta1, beta2, 1.0 - beta2, size, second, epsilon, load(mask, i) * shrink,
        )  # fmt: skip
        store(new_theta, i, w)
        store(new_slots, i, m)
        store(new_slots, second_slot + i, v)
        check = check + w * 0.0
    return check


@compiled
def update(
    code: int, theta: Place, new_theta: Place, slots: Place, new_slots: Place, second_slot: int,
    gradient: Place, length: int, step: int, factor: float, numbers: Place, mask: Place,
) -> float:  # fmt: skip
    """Write the parameters and slots after a step; return 0, or NaN where one is not finite.

    Parameters
    ----------
    second_slot : int
        How much further than the first slot the second one stands.
    length : int
        Of the padded parameters.
    step : int
        Counted from 1.
    factor : float
        The schedule's.
    mask : place
        1 where a weight stands, which is what AdamW decays.
    """
    size = get(numbers, LEARNING_RATE) * factor
    epsilon, momentum = get(numbers, EPSILON), get(numbers, MOMENTUM_RATE)
    lanes = width(theta)
    check = every(theta, 0.0)
    if code == SGD:
        for i in range(0, length, lanes):
            w = load(theta, i) - load(gradient, i) * size
            store(new_theta, i, w)
            check = check + w * 0.0
    elif code in (MOMENTUM, NESTEROV):
        for i in range(0, length, lanes):
            w, slot = _momentum(load(theta, i), load(slots, i), load(gradient, i), momentum, size)
            store(new_theta, i, w)
            store(new_slots, i, slot)
            check = check + w * 0.0
    elif code in (RMSPROP, ADAGRAD):
        kept = get(numbers, DECAY_RATE) if code == RMSPROP else 1.0
        added = 1.0 - kept if code == RMSPROP else 1.0
        for i in range(0, length, lanes):
            w, slot = _by_root(
                load(theta, i), load(slots, i), load(gradient, i), kept, added, size, epsilon
            )
            store(new_theta, i, w)
            store(new_slots, i, slot)
            check = check + w * 0.0
    else:
        check = _by_moments(
            code, theta, new_theta, slots, new_slots, second_slot, gradient, length, step, factor,
            numbers, mask,
        )  # fmt: skip
    return float(total(check))
