"""What may stand between pre-activation and activation: batch normalisation and sharpness, compiled.

The same steps as `core.network`: u = gain (z - mean) / sd + shift, then t u, and back.
"""

from __future__ import annotations

import math

import numpy as np

from core.kernels.jit import compiled
from core.kernels.vectors import fma, load, splat, store, total, width
from core.network import NORM_EPSILON, NORM_MOMENTUM


@compiled
def normalise(
    work: np.ndarray, values: int, stride: int, standards: int, spreads: int, units: int,
    blocks: int, source: np.ndarray, mask: int, mask_step: int, samples: int,
    weights: np.ndarray, gain: int, shift: int,
    statistics: np.ndarray, old: int, new: int,
) -> None:  # fmt: skip
    """Standardise each unit within the batch, scale it, and move the running statistics.

    Parameters
    ----------
    values : int
        Place of the pre-activations, which are replaced.
    standards : int
        Where (z - mean) / sd is kept for the backward pass.
    spreads : int
        Where each unit's 1 / sd is kept.
    mask : int
        Place, in `source`, of the first block's row of ones; the next one's is `mask_step` further.
    old, new : int
        Places of the running means (variances follow) before and after.
    """
    lanes = width(work)
    for unit in range(units):
        place = values + unit * lanes
        summed = splat(work, 0.0)
        for block in range(blocks):
            valid = load(source, mask + block * mask_step)
            summed = fma(load(work, place + block * stride * lanes), valid, summed)
        mean = total(summed) / samples
        squares = splat(work, 0.0)
        for block in range(blocks):
            valid = load(source, mask + block * mask_step)
            centred = (load(work, place + block * stride * lanes) - mean) * valid
            squares = fma(centred, centred, squares)
        variance = total(squares) / samples
        inverse_sd = 1.0 / math.sqrt(variance + NORM_EPSILON)
        work[spreads + unit] = inverse_sd
        for block in range(blocks):
            at = place + block * stride * lanes
            standard = (load(work, at) - mean) * inverse_sd
            store(work, standards + (block * units + unit) * lanes, standard)
            store(work, at, fma(standard, weights[gain + unit], weights[shift + unit]))
        unbiased = variance * (samples / max(samples - 1, 1))
        was = statistics[old + unit]
        statistics[new + unit] = was + NORM_MOMENTUM * (mean - was)
        was = statistics[old + units + unit]
        statistics[new + units + unit] = was + NORM_MOMENTUM * (unbiased - was)


@compiled
def normalise_back(
    work: np.ndarray, deltas: int, standards: int, spreads: int, units: int, blocks: int,
    source: np.ndarray, mask: int, mask_step: int, samples: int,
    weights: np.ndarray, gradient: np.ndarray, gain: int, shift: int,
) -> None:  # fmt: skip
    """Turn derivatives by the scaled values into those by z; add those by gain and shift."""
    lanes = width(work)
    for unit in range(units):
        leaning = summed = splat(work, 0.0)
        for block in range(blocks):
            at = (block * units + unit) * lanes
            delta = load(work, deltas + at)
            leaning = fma(delta, load(work, standards + at), leaning)
            summed = summed + delta
        by_gain, by_shift = total(leaning), total(summed)
        gradient[gain + unit] += by_gain
        gradient[shift + unit] += by_shift
        scale = weights[gain + unit] * work[spreads + unit]
        mean, slope = scale * by_shift / samples, scale * by_gain / samples
        for block in range(blocks):
            at = (block * units + unit) * lanes
            standard = load(work, standards + at)
            centred = scale * load(work, deltas + at) - mean - standard * slope
            store(work, deltas + at, centred * load(source, mask + block * mask_step))


@compiled
def sharpen(
    work: np.ndarray, values: int, stride: int, plain: int, units: int, blocks: int,
    weights: np.ndarray, sharpness: int,
) -> None:  # fmt: skip
    """Multiply each unit's values by its sharpness, and keep what they were at `plain`."""
    lanes = width(work)
    for block in range(blocks):
        for unit in range(units):
            at = values + (block * stride + unit) * lanes
            value = load(work, at)
            store(work, plain + (block * units + unit) * lanes, value)
            store(work, at, value * weights[sharpness + unit])


@compiled
def sharpen_back(
    work: np.ndarray, deltas: int, plain: int, units: int, blocks: int,
    weights: np.ndarray, gradient: np.ndarray, sharpness: int,
) -> None:  # fmt: skip
    """Turn derivatives by sharpened values into those by the plain ones; add those by sharpness."""
    lanes = width(work)
    for unit in range(units):
        summed = splat(work, 0.0)
        for block in range(blocks):
            at = (block * units + unit) * lanes
            delta = load(work, deltas + at)
            summed = fma(delta, load(work, plain + at), summed)
            store(work, deltas + at, delta * weights[sharpness + unit])
        gradient[sharpness + unit] += total(summed)


@compiled
def standardise(
    work: np.ndarray, values: int, stride: int, units: int, blocks: int,
    weights: np.ndarray, gain: int, shift: int, statistics: np.ndarray, at: int,
) -> None:  # fmt: skip
    """Standardise by the running statistics, as rows are evaluated."""
    lanes = width(work)
    for unit in range(units):
        mean = statistics[at + unit]
        inverse_sd = 1.0 / math.sqrt(statistics[at + units + unit] + NORM_EPSILON)
        for block in range(blocks):
            place = values + (block * stride + unit) * lanes
            standard = (load(work, place) - mean) * inverse_sd
            store(work, place, fma(standard, weights[gain + unit], weights[shift + unit]))
