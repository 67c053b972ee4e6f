"""How the first weights are drawn; biases always start at zero."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.base.registry import Registry


@dataclass(frozen=True, slots=True)
class Initialisation:
    """A rule for the first weights of a layer.

    Attributes
    ----------
    name, label : str
    draw : callable
        (generator, inputs, units) -> (inputs, units) weights.
    formula : str
        LaTeX.
    source : str
    """

    name: str
    label: str
    draw: Callable[[np.random.Generator, int, int], np.ndarray]
    formula: str
    source: str


def _glorot(generator: np.random.Generator, inputs: int, units: int) -> np.ndarray:
    limit = np.sqrt(6.0 / (inputs + units))
    return generator.uniform(-limit, limit, (inputs, units))


def _he(generator: np.random.Generator, inputs: int, units: int) -> np.ndarray:
    return generator.normal(0.0, np.sqrt(2.0 / inputs), (inputs, units))


def _zero(generator: np.random.Generator, inputs: int, units: int) -> np.ndarray:
    return np.zeros((inputs, units))


INITIALISATIONS: Registry[Initialisation] = Registry(
    "initialisation",
    [
        Initialisation(
            "glorot",
            "Glorot",
            _glorot,
            r"w \sim U(\pm\sqrt{6 / (n_{in} + n_{out})})",
            "Glorot & Bengio 2010, equation 16",
        ),
        Initialisation("he", "He", _he, r"w \sim N(0, 2 / n_{in})", "He et al. 2015, equation 10"),
        Initialisation("zero", "zero", _zero, r"w = 0", ""),
    ],
)
