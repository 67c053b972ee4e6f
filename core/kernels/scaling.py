"""What may stand between pre-activation and activation: normalisation and sharpness.

The same steps as `core.network`: u = gain (z - mean) / sd + shift, then t u, and back.
"""

from __future__ import annotations

import math

from core.machine.source import compiled
from core.machine.vectors import Place, every, get, load, put, store, total, width
from core.network import NORM_EPSILON, NORM_MOMENTUM


@compiled
def _move(old: Place, new: Place, at: int, number: float) -> None:
    """Move one running statistic towards a batch's."""
    was = get(old, at)
    put(new, at, was + NORM_MOMENTUM * (number - was))


@compiled
def normalise(
    values: Place, stride: int, standards: Place, spreads: Place, units: int, blocks: int,
    ones: Place, ones_step: int, samples: int, gains: Place, old: Place, new: Place,
) -> None:  # fmt: skip
    """Standardise each unit within the batch, scale it, and move the running statistics.

    Parameters
    ----------
    values : place
        The pre-activations, which are replaced, in blocks of `stride` rows.
    standards, spreads : places
        Where (z - mean) / sd and 1 / sd are kept for the backward pass.
    ones : place
        Each block's row of ones, `ones_step` numbers apart.
    gains : place
        Each unit's gain, then each one's shift.
    old, new : places
        The running means, then the variances, before and after.
    """
    lanes = width(values)
    for unit in range(units):
        summed = squares = every(values, 0.0)
        for block in range(blocks):
            valid = load(ones, block * ones_step)
            summed = summed + load(values, (block * stride + unit) * lanes) * valid
        mean = total(summed) / samples
        for block in range(blocks):
            valid = load(ones, block * ones_step)
            centred = (load(values, (block * stride + unit) * lanes) - mean) * valid
            squares = squares + centred * centred
        variance = total(squares) / samples
        inverse_sd = 1.0 / math.sqrt(variance + NORM_EPSILON)
        put(spreads, unit, inverse_sd)
        gain, shift = get(gains, unit), get(gains, units + unit)
        for block in range(blocks):
            at = (block * stride + unit) * lanes
            standard = (load(values, at) - mean) * inverse_sd
            store(standards, (block * units + unit) * lanes, standard)
            store(values, at, standard * gain + shift)
        _move(old, new, unit, mean)
        _move(old, new, units + unit, variance * (samples / max(samples - 1, 1)))


@compiled
def normalise_back(
    deltas: Place, standards: Place, spreads: Place, units: int, blocks: int,
    ones: Place, ones_step: int, samples: int, gains: Place, gradient: Place,
) -> None:  # fmt: skip
    """Turn derivatives by the scaled values into those by z; add those by gain and shift.

    `gradient` is laid out as `gains` is.
    """
    lanes = width(deltas)
    for unit in range(units):
        leaning = summed = every(deltas, 0.0)
        for block in range(blocks):
            at = (block * units + unit) * lanes
            delta = load(deltas, at)
            leaning = leaning + delta * load(standards, at)
            summed = summed + delta
        by_gain, by_shift = total(leaning), total(summed)
        put(gradient, unit, get(gradient, unit) + by_gain)
        put(gradient, units + unit, get(gradient, units + unit) + by_shift)
        scale = get(gains, unit) * get(spreads, unit)
        mean, slope = scale * by_shift / samples, scale * by_gain / samples
        for block in range(blocks):
            at = (block * units + unit) * lanes
            centred = scale * load(deltas, at) - mean - load(standards, at) * slope
            store(deltas, at, centred * load(ones, block * ones_step))


@compiled
def sharpen(
    values: Place, stride: int, plain: Place, units: int, blocks: int, sharpness: Place
) -> None:
    """Multiply each unit's values by its sharpness, and keep at `plain` what they were."""
    lanes = width(values)
    for block in range(blocks):
        for unit in range(units):
            at = (block * stride + unit) * lanes
            value = load(values, at)
            store(plain, (block * units + unit) * lanes, value)
            store(values, at, value * get(sharpness, unit))


@compiled
def sharpen_back(
    deltas: Place, plain: Place, units: int, blocks: int, sharpness: Place, gradient: Place
) -> None:
    """Turn derivatives by sharpened values into those by the plain ones; add those by sharpness."""
    lanes = width(deltas)
    for unit in range(units):
        summed = every(deltas, 0.0)
        for block in range(blocks):
            at = (block * units + unit) * lanes
            delta = load(deltas, at)
            summed = summed + delta * load(plain, at)
            store(deltas, at, delta * get(sharpness, unit))
        put(gradient, unit, get(gradient, unit) + total(summed))


@compiled
def standardise(
    values: Place, stride: int, units: int, blocks: int, gains: Place, statistics: Place
) -> None:
    """Standardise by the running statistics, as rows are evaluated."""
    lanes = width(values)
    for unit in range(units):
        mean = get(statistics, unit)
        scale = get(gains, unit) / math.sqrt(get(statistics, units + unit) + NORM_EPSILON)
        shift = get(gains, units + unit)
        for block in range(blocks):
            at = (block * stride + unit) * lanes
            store(values, at, (load(values, at) - mean) * scale + shift)
