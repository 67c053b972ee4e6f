"""Penalties on the weights (never on biases): a price for size that keeps the model simple."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.registry import Registry


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
    """

    name: str
    label: str
    value: Callable[[np.ndarray], float]
    gradient: Callable[[np.ndarray], np.ndarray]
    formula: str


def _no_value(weights: np.ndarray) -> float:
    return 0.0


def _l1_value(weights: np.ndarray) -> float:
    return float(np.abs(weights).sum())


def _l2_value(weights: np.ndarray) -> float:
    return 0.5 * float(np.square(weights).sum())


def _identity(weights: np.ndarray) -> np.ndarray:
    return weights


PENALTIES: Registry[Penalty] = Registry(
    "penalty",
    [
        Penalty("none", "none", _no_value, np.zeros_like, r"0"),
        Penalty("l1", "L1", _l1_value, np.sign, r"\lambda \sum |w|"),
        Penalty("l2", "L2", _l2_value, _identity, r"\frac{\lambda}{2} \sum w^2"),
    ],
)
