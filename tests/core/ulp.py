"""Errors in units in the last place, measured against mpmath at 50 digits."""

from __future__ import annotations

from collections.abc import Iterable

import mpmath as mp
import numpy as np

mp.mp.dps = 50


def ulp(exact: mp.mpf) -> mp.mpf:
    """Spacing of float64 at a number: 2⁻⁵² of its binade, 2⁻¹⁰⁷⁴ among the subnormals."""
    exponent = int(mp.frexp(exact)[1]) if exact else -2000
    return mp.mpf(2) ** max(exponent - 53, -1074)


def largest_error(
    got: np.ndarray, exact: Iterable[mp.mpf], scale: Iterable[mp.mpf] | None = None
) -> float:
    """Return the largest error in ulp of the exact value, or of `scale`."""
    exact = list(exact)
    scales = exact if scale is None else list(scale)
    worst = mp.mpf(0)
    for value, truth, size in zip(np.ravel(got).tolist(), exact, scales, strict=True):
        if not np.isfinite(value):
            return float("inf")
        worst = max(worst, abs(mp.mpf(value) - truth) / ulp(size))
    return float(worst)


def arguments(seed: int, n: int = 200) -> np.ndarray:
    """Return ordinary, tiny, subnormal, huge and tail arguments, and some that are hard."""
    rng = np.random.default_rng(seed)
    sign = rng.choice([-1.0, 1.0], n)
    return np.concatenate(
        [
            rng.normal(size=2 * n) * 3,
            rng.uniform(-60, 60, n),
            rng.uniform(-760, 760, n),
            sign * 10.0 ** rng.uniform(-323, -1, n),
            sign * 10.0 ** rng.uniform(2, 308, n),
            # exp(z) just above a power of two, 1 / (1 + exp(-z)) just below it
            np.log(2.0 ** -rng.integers(1, 12, n)) + rng.uniform(0, 0.3, n) ** 2,
            # halfway between multiples of 1/8
            (rng.integers(-330, 330, n) + 0.5) / 8,
            [
                0.0,
                -0.0,
                5e-324,
                -5e-324,
                2.2e-308,
                40.0,
                -40.0,
                np.nextafter(40, 41),
                709.7,
                -745.1,
            ],
            [np.nextafter(-40, -41), np.finfo(float).max, -np.finfo(float).max, 36.7, -36.7],
        ]
    )
