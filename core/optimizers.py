"""Optimisers: pairs of pure functions (init, update), each its paper's equations.

All work on one flat vector of parameters. What an optimiser remembers between steps is its
*slots*, an array (slots, n_parameters).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.registry import Registry


@dataclass(frozen=True, slots=True)
class Rates:
    """The numbers an update needs beside the gradient.

    Attributes
    ----------
    learning_rate : float
        The step size alpha, before the schedule.
    factor : float
        The schedule's factor eta, in [0, 1].
    momentum : float
        mu of momentum and Nesterov; beta 1 of Adam.
    decay_rate : float
        gamma of RMSprop.
    beta2 : float
        beta 2 of Adam.
    weight_decay : float
        lambda of AdamW.
    epsilon : float
        What is added to a root before dividing by it.
    """

    learning_rate: float
    factor: float = 1.0
    momentum: float = 0.9
    decay_rate: float = 0.9
    beta2: float = 0.999
    weight_decay: float = 0.0
    epsilon: float = 1e-8

    @property
    def step_size(self) -> float:
        """The learning rate after the schedule."""
        return self.learning_rate * self.factor


# (parameters, slots, gradient, step from 1, rates, which parameters decay) -> (parameters, slots)
Update = Callable[
    [np.ndarray, np.ndarray, np.ndarray, int, Rates, np.ndarray | float],
    tuple[np.ndarray, np.ndarray],
]
# (parameters, slots, rates) -> where the gradient is to be taken
Point = Callable[[np.ndarray, np.ndarray, Rates], np.ndarray]


def _here(parameters: np.ndarray, slots: np.ndarray, rates: Rates) -> np.ndarray:
    return parameters


@dataclass(frozen=True, slots=True)
class Optimizer:
    """A rule that turns gradients into steps.

    Attributes
    ----------
    name, label : str
    n_slots : int
        How many numbers it remembers for each parameter.
    update : callable
        (parameters (p,), slots (n_slots, p), gradient (p,), step counted from 1, rates,
        decays (p,) of 0 and 1 or one number) -> (new parameters, new slots).
    formula : str
        LaTeX.
    source : str
    point : callable
        (parameters, slots, rates) -> the parameters at which the gradient is to be taken.
    """

    name: str
    label: str
    n_slots: int
    update: Update
    formula: str
    source: str
    point: Point = _here

    def init(self, parameters: np.ndarray) -> np.ndarray:
        """Return the slots before the first step: zeros (n_slots, n_parameters)."""
        return np.zeros((self.n_slots, parameters.size), dtype=parameters.dtype)


def _sgd(
    theta: np.ndarray,
    slots: np.ndarray,
    g: np.ndarray,
    t: int,
    r: Rates,
    decays: np.ndarray | float,
) -> tuple[np.ndarray, np.ndarray]:
    return theta - r.step_size * g, slots


def _momentum(
    theta: np.ndarray,
    slots: np.ndarray,
    g: np.ndarray,
    t: int,
    r: Rates,
    decays: np.ndarray | float,
) -> tuple[np.ndarray, np.ndarray]:
    velocity = r.momentum * slots - r.step_size * g
    return theta + velocity[0], velocity


def _look_ahead(parameters: np.ndarray, slots: np.ndarray, rates: Rates) -> np.ndarray:
    return np.asarray(parameters + rates.momentum * slots[0])


def _rmsprop(
    theta: np.ndarray,
    slots: np.ndarray,
    g: np.ndarray,
    t: int,
    r: Rates,
    decays: np.ndarray | float,
) -> tuple[np.ndarray, np.ndarray]:
    mean_square = r.decay_rate * slots + (1.0 - r.decay_rate) * g * g
    return theta - r.step_size * g / (np.sqrt(mean_square[0]) + r.epsilon), mean_square


def _adam_direction(
    slots: np.ndarray, g: np.ndarray, t: int, r: Rates
) -> tuple[np.ndarray, np.ndarray]:
    m = r.momentum * slots[0] + (1.0 - r.momentum) * g
    v = r.beta2 * slots[1] + (1.0 - r.beta2) * g * g
    m_hat = m / (1.0 - r.momentum**t)
    v_hat = v / (1.0 - r.beta2**t)
    return m_hat / (np.sqrt(v_hat) + r.epsilon), np.stack([m, v])


def _adam(
    theta: np.ndarray,
    slots: np.ndarray,
    g: np.ndarray,
    t: int,
    r: Rates,
    decays: np.ndarray | float,
) -> tuple[np.ndarray, np.ndarray]:
    direction, moments = _adam_direction(slots, g, t, r)
    return theta - r.step_size * direction, moments


def _adamw(
    theta: np.ndarray,
    slots: np.ndarray,
    g: np.ndarray,
    t: int,
    r: Rates,
    decays: np.ndarray | float,
) -> tuple[np.ndarray, np.ndarray]:
    direction, moments = _adam_direction(slots, g, t, r)
    shrinking = r.weight_decay * decays * theta
    return theta - r.factor * (r.learning_rate * direction + shrinking), moments


def _adagrad(
    theta: np.ndarray,
    slots: np.ndarray,
    g: np.ndarray,
    t: int,
    r: Rates,
    decays: np.ndarray | float,
) -> tuple[np.ndarray, np.ndarray]:
    total = slots + g * g
    return theta - r.step_size * g / (np.sqrt(total[0]) + r.epsilon), total


OPTIMIZERS: Registry[Optimizer] = Registry(
    "optimiser",
    [
        Optimizer(
            "sgd",
            "gradient descent",
            0,
            _sgd,
            r"\theta \leftarrow \theta - \alpha g",
            "Robbins & Monro 1951",
        ),
        Optimizer(
            "momentum",
            "momentum",
            1,
            _momentum,
            r"v \leftarrow \mu v - \alpha g, \quad \theta \leftarrow \theta + v",
            "Polyak 1964; Sutskever et al. 2013, equations 1-2",
        ),
        Optimizer(
            "nesterov",
            "Nesterov",
            1,
            _momentum,
            r"v \leftarrow \mu v - \alpha \nabla L(\theta + \mu v), \quad"
            r" \theta \leftarrow \theta + v",
            "Nesterov 1983; Sutskever et al. 2013, equations 3-4",
            _look_ahead,
        ),
        Optimizer(
            "rmsprop",
            "RMSprop",
            1,
            _rmsprop,
            r"s \leftarrow \gamma s + (1 - \gamma) g^2, \quad"
            r" \theta \leftarrow \theta - \alpha g / (\sqrt{s} + \epsilon)",
            "Tieleman & Hinton 2012, lecture 6e",
        ),
        Optimizer(
            "adam",
            "Adam",
            2,
            _adam,
            r"\theta \leftarrow \theta - \alpha \hat m / (\sqrt{\hat v} + \epsilon)",
            "Kingma & Ba 2015, algorithm 1",
        ),
        Optimizer(
            "adamw",
            "AdamW",
            2,
            _adamw,
            r"\theta \leftarrow \theta - \eta (\alpha \hat m / (\sqrt{\hat v} + \epsilon)"
            r" + \lambda \theta)",
            "Loshchilov & Hutter 2019, algorithm 2",
        ),
        Optimizer(
            "adagrad",
            "Adagrad",
            1,
            _adagrad,
            r"s \leftarrow s + g^2, \quad \theta \leftarrow \theta - \alpha g / (\sqrt{s}"
            r" + \epsilon)",
            "Duchi, Hazan & Singer 2011, equation 1",
        ),
    ],
)
