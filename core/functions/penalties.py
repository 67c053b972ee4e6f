"""Penalties on the weights (never on biases): a price for size that keeps the model simple."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.base.registry import Registry


@dataclass(frozen=True, slots=True)
class Penalty:
    """A price for the size of the weights, at strength 1.

    Attributes
    ----------
    name, label : str
    value : callable
        weights of any shape -> the sum of their prices.
    gradient : callable
        weights of any shape -> the derivative by each weight, same shape.
    formula : str
        LaTeX; lambda is the strength.
    loop : callable or None
        The compiled form, plain Python that numba compiles: (parameters (p,), mask (p,), strength,
        gradient (p,)) adds the penalty's gradient where a weight stands (mask 1, else 0) and
        returns a number that is finite where the penalty is.
    uses_strength : bool
        Whether the strength matters; it is shown only then.
    """

    name: str
    label: str
    value: Callable[[np.ndarray], float]
    gradient: Callable[[np.ndarray], np.ndarray]
    formula: str
    loop: Callable[..., Any] | None = None
    uses_strength: bool = True


def _no_value(weights: np.ndarray) -> float:
    return 0.0


def _l1_value(weights: np.ndarray) -> float:
    return float(np.abs(weights).sum())


def _l2_value(weights: np.ndarray) -> float:
    return 0.5 * float(np.square(weights).sum())


def _identity(weights: np.ndarray) -> np.ndarray:
    return weights


def _no_loop(theta: Any, mask: Any, strength: float, gradient: Any) -> Any:
    return theta.dtype.type(0.0)


def _l1_loop(theta: Any, mask: Any, strength: float, gradient: Any) -> Any:
    zero, one, share = theta.dtype.type(0.0), theta.dtype.type(1.0), theta.dtype.type(strength)
    value = zero
    for i in range(theta.shape[0]):
        w = theta[i]
        sign = one if w > zero else (-one if w < zero else zero)
        gradient[i] += share * mask[i] * sign
        value += share * mask[i] * sign * w
    return value


def _l2_loop(theta: Any, mask: Any, strength: float, gradient: Any) -> Any:
    share = theta.dtype.type(strength)
    value = theta.dtype.type(0.0)
    for i in range(theta.shape[0]):
        slope = share * mask[i] * theta[i]
        gradient[i] += slope
        value += slope * theta[i]
    return value


PENALTIES: Registry[Penalty] = Registry(
    "penalty",
    [
        Penalty("none", "none", _no_value, np.zeros_like, r"0", _no_loop, uses_strength=False),
        Penalty("l1", "L1", _l1_value, np.sign, r"\lambda \sum |w|", _l1_loop),
        Penalty("l2", "L2", _l2_value, _identity, r"\frac{\lambda}{2} \sum w^2", _l2_loop),
    ],
)
