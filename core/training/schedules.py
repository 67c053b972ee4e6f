"""Learning-rate schedules: what the learning rate is multiplied by, as epochs go on."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from core.base.registry import Registry


@dataclass(frozen=True, slots=True)
class Schedule:
    """A rule for the learning rate.

    Attributes
    ----------
    name, label : str
    factor : callable
        (epochs so far, length in epochs) -> what the learning rate is multiplied by, in [0, 1];
        plain Python that numba compiles as it stands.
    formula : str
        LaTeX; t is the epoch, T the length.
    uses_length : bool
        Whether the length matters; it is shown only then.
    """

    name: str
    label: str
    factor: Callable[[float, float], float]
    formula: str
    uses_length: bool = True


def _constant(epochs: float, length: float) -> float:
    return 1.0


def _step(epochs: float, length: float) -> float:
    return float(0.5 ** math.floor(epochs / length))


def _exponential(epochs: float, length: float) -> float:
    return float(0.5 ** (epochs / length))


def _cosine(epochs: float, length: float) -> float:
    """Follow Loshchilov & Hutter 2017 (SGDR), equation 5, one period and then zero."""
    return 0.5 * (1.0 + math.cos(math.pi * min(epochs / length, 1.0)))


SCHEDULES: Registry[Schedule] = Registry(
    "schedule",
    [
        Schedule("constant", "constant", _constant, r"1", uses_length=False),
        Schedule("step", "halved in steps", _step, r"2^{-\lfloor t / T \rfloor}"),
        Schedule("exponential", "halved smoothly", _exponential, r"2^{-t / T}"),
        Schedule("cosine", "cosine to zero", _cosine, r"\frac{1}{2} (1 + \cos \frac{\pi t}{T})"),
    ],
)
