"""Confidence intervals of an observed frequency: Jeffreys and Clopper-Pearson."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.base.arrays import FloatArray
from core.base.errors import InputError, UserError
from core.base.registry import Registry
from core.calibration.reliability import ReliabilityCurve


@dataclass(frozen=True, slots=True)
class Interval:
    """A way to put an interval around a frequency.

    Parameters
    ----------
    name, label : str
        Its key, and what the user reads.
    bounds : callable
        ``bounds(k, n, tail)`` gives (lower, upper) for k of n, leaving ``tail`` outside either.
    """

    name: str
    label: str
    bounds: Callable[[FloatArray, FloatArray, float], tuple[FloatArray, FloatArray]]


def frequency_interval(
    positives: ArrayLike, trials: ArrayLike, level: float = 0.9, method: str = "jeffreys"
) -> tuple[FloatArray, FloatArray]:
    """Return the interval for the probability behind ``positives`` of ``trials``.

    Parameters
    ----------
    positives, trials : (b,) arrays
        How often it happened, of how many; need not be whole.
    level : float
        Coverage, between 0 and 1.
    method : {"jeffreys", "clopper_pearson"}
        Jeffreys' prior interval, right on average (Brown, Cai & DasGupta 2001, section 4.3), or the
        exact one, never too short (Clopper & Pearson 1934).

    Returns
    -------
    lower, upper : (b,) float64 arrays
        Within [0, 1]; nan where there are no trials.

    Raises
    ------
    UserError
        If there is no such method, or the level is not between 0 and 1.
    InputError
        If it happened more often than it was tried, or a number is negative or not finite.

    Examples
    --------
    >>> lower, upper = frequency_interval([0, 5], [10, 10], 0.95, "clopper_pearson")
    >>> lower.round(4), upper.round(4)
    (array([0.    , 0.1871]), array([0.3085, 0.8129]))
    """
    bounds = INTERVALS[method].bounds
    if not 0.0 < level < 1.0:
        raise UserError(
            "The bars were not drawn.", f"The level is {level:g}.", "Choose one between 0 and 1."
        )
    k, n = np.broadcast_arrays(np.asarray(positives, float), np.asarray(trials, float))
    lower, upper = np.full(k.shape, np.nan), np.full(k.shape, np.nan)
    some = n > 0.0
    if not (np.isfinite(n) & (n >= 0.0)).all() or not (k[some] >= 0.0).all():
        raise InputError("The positives and trials must be at least 0, and finite.")
    if not (k[some] <= n[some]).all():
        raise InputError("It cannot have happened more often than it was tried.")
    if some.any():
        lower[some], upper[some] = bounds(k[some], n[some], 0.5 * (1.0 - level))
    return lower, upper


def bars(
    curve: ReliabilityCurve, level: float = 0.9, method: str = "jeffreys"
) -> tuple[FloatArray, FloatArray]:
    """Return the interval of every part of a binned curve, (b,) each; see `frequency_interval`.

    Weighted rows count by their effective number.
    """
    positives = np.nan_to_num(curve.frequency) * curve.trials
    return frequency_interval(positives, curve.trials, level, method)


def _jeffreys(k: FloatArray, n: FloatArray, tail: float) -> tuple[FloatArray, FloatArray]:
    """Return the equal-tailed interval of Beta(k + 1/2, n - k + 1/2); 0 and 1 at the ends."""
    from scipy.special import betainccinv, betaincinv

    lower = betaincinv(k + 0.5, n - k + 0.5, tail)
    upper = betainccinv(k + 0.5, n - k + 0.5, tail)
    return np.where(k > 0.0, lower, 0.0), np.where(k < n, upper, 1.0)


def _clopper_pearson(k: FloatArray, n: FloatArray, tail: float) -> tuple[FloatArray, FloatArray]:
    """Return the interval from the two one-sided binomial tests."""
    from scipy.special import betainccinv, betaincinv

    lower, upper = np.zeros(k.shape), np.ones(k.shape)
    some, not_all = k > 0.0, k < n
    lower[some] = betaincinv(k[some], n[some] - k[some] + 1.0, tail)
    upper[not_all] = betainccinv(k[not_all] + 1.0, n[not_all] - k[not_all], tail)
    return lower, upper


INTERVALS: Registry[Interval] = Registry(
    "interval",
    [
        Interval("jeffreys", "Jeffreys", _jeffreys),
        Interval("clopper_pearson", "Clopper-Pearson (exact)", _clopper_pearson),
    ],
)
