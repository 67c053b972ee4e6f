"""Facts about an activation function: range, symmetry, steepest slope, centre; its derivatives."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.functions.activations import ACTIVATIONS, Activation, Array, normal_density

Symmetry = Literal["point", "identity", "none"]
_REACH = 12.0
_STEPS = 2401
_SAME = 1e-12


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts about f(t z).

    Attributes
    ----------
    low, high : float
        Infimum and supremum over all z.
    low_at : float
        Where the infimum is attained; -inf or inf where it is the limit there.
    symmetry : {"point", "identity", "none"}
        "point": f(z) + f(-z) is the same everywhere; "identity": f(z) - f(-z) is a multiple of z.
    constant : float
        f(z) + f(-z), or (f(z) - f(-z)) / z; NaN without symmetry.
    steepest : float
        The supremum of |slope|.
    steepest_at : float
        Where it is attained; -inf or inf where it is the limit there.
    mean, sd : float
        Of f(t z) where z is standard normal.
    """

    low: float
    high: float
    low_at: float
    symmetry: Symmetry
    constant: float
    steepest: float
    steepest_at: float
    mean: float
    sd: float

    @property
    def is_bounded(self) -> bool:
        """Whether the range is finite."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    @property
    def is_centred(self) -> bool:
        """Whether outputs are centred on 0 where inputs are."""
        return abs(self.mean) < 1e-6


@functools.lru_cache(maxsize=256)
def facts_about(function: str, sharpness: float = 1.0) -> Facts:
    """Return the facts about f(t z).

    Examples
    --------
    >>> facts = facts_about("sigmoid", 2.0)
    >>> facts.low, facts.high, facts.steepest, facts.steepest_at
    (0.0, 1.0, 0.5, 0.0)
    """
    f = ACTIVATIONS[function]
    grid = np.linspace(-_REACH, _REACH, _STEPS)
    low, low_at = _lowest(f.value, f.slope, grid)
    negative, _ = _lowest(lambda u: -f.value(u), lambda u: -f.slope(u), grid)
    steepest, steepest_at = _lowest(lambda u: -f.slope(u), lambda u: -f.curvature(u), grid)
    symmetry, constant = _symmetry(f.value)
    mean, sd = _moments(lambda z: f.value(sharpness * z))
    return Facts(
        low=low,
        high=-negative,
        low_at=low_at / sharpness,
        symmetry=symmetry,
        constant=sharpness * constant if symmetry == "identity" else constant,
        steepest=-steepest * sharpness,
        steepest_at=steepest_at / sharpness,
        mean=mean,
        sd=sd,
    )


def _lowest(
    f: Callable[[Array], Array], slope: Callable[[Array], Array], grid: Array
) -> tuple[float, float]:
    """Return the infimum over the whole line and where it is."""
    values = f(grid)
    k = int(values.argmin())
    ends = np.array([-np.inf, np.inf])
    at_ends = f(ends)
    end = int(at_ends.argmin())
    if at_ends[end] <= values[k]:
        return float(at_ends[end]), float(ends[end])
    low, high = float(grid[k - 1]), float(grid[k + 1])
    for _ in range(80):  # the slope goes from - to + at a minimum
        middle = 0.5 * (low + high)
        rises = float(slope(np.array([middle]))[0])
        if rises == 0.0:
            low = high = middle
        elif rises > 0.0:
            high = middle
        else:
            low = middle
    at = 0.5 * (low + high)
    return float(f(np.array([at]))[0]), at


def _symmetry(f: Callable[[Array], Array]) -> tuple[Symmetry, float]:
    z = np.linspace(0.25, 10.0, 40)
    right, left = f(z), f(-z)
    for kind, quantity in (("point", right + left), ("identity", (right - left) / z)):
        if np.ptp(quantity) < _SAME:
            return ("point" if kind == "point" else "identity"), round(float(quantity[0]), 12)
    return "none", math.nan


def _moments(f: Callable[[Array], Array]) -> tuple[float, float]:
    """Return mean and standard deviation of f(z) for standard normal z, by the trapezoidal rule."""
    z = np.linspace(-_REACH, _REACH, 8 * (_STEPS - 1) + 1)
    weights = normal_density(z) * (2.0 * _REACH / (len(z) - 1))
    values = f(z)
    mean = float(weights @ values)
    return mean, math.sqrt(max(float(weights @ np.square(values - mean)), 0.0))


def derivatives(
    activation: Activation, axis: str, sharpness: float, z: Array
) -> tuple[Array, Array, Array]:
    """Return f(t z) and its first and second derivative by z, on an axis.

    By the chain rule these are f(t z), t f'(t z) and t² f''(t z). The sigmoid's odds p / (1 - p)
    are exp(t z), and their logarithm is t z.

    Parameters
    ----------
    z : (n,) array

    Returns
    -------
    three (n,) arrays
    """
    t, u = sharpness, sharpness * z
    if axis == "odds":
        with np.errstate(over="ignore"):
            odds = np.exp(u)
            return odds, t * odds, t * t * odds
    if axis == "log_odds":
        return u, np.full_like(u, t), np.zeros_like(u)
    return activation.value(u), t * activation.slope(u), t * t * activation.curvature(u)


def slope_by_sharpness(activation: Activation, z: float, sharpness: Array) -> Array:
    """Return the slope t f'(t z) at one place for every sharpness (n,)."""
    return sharpness * activation.slope(sharpness * z)


def sharpness_of_steepest(z: float) -> float:
    """Return the sharpness that makes the sigmoid's slope at z the largest; infinite at z = 0.

    The slope t σ'(t z) is largest where 1 = u tanh(u / 2) with u = t |z|, which is u = 1.5434.

    Examples
    --------
    >>> round(sharpness_of_steepest(2.0), 4)
    0.7717
    """
    return STEEPEST_U / abs(z) if z else math.inf


STEEPEST_U = 1.543404638418205
"""The root of u tanh(u / 2) = 1."""
