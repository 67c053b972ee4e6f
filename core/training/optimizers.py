"""Optimisers: pairs of pure functions (init, update), each its paper's equations.

All work on one flat vector of parameters. What an optimiser remembers between steps is its
*slots*, an array (slots, n_parameters).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from core.base.registry import Registry


class Rates(NamedTuple):
    """The numbers an update needs beside the gradient; a named tuple, which numba knows too.

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


# (parameters, slots, gradient, step from 1, rates, which parameters decay) -> (parameters, slots)
Update = Callable[
    [np.ndarray, np.ndarray, np.ndarray, int, Rates, np.ndarray | float],
    tuple[np.ndarray, np.ndarray],
]
# (parameters, slots, rates) -> where the gradient is to be taken
Point = Callable[[np.ndarray, np.ndarray, Rates], np.ndarray]


def _here(parameters: np.ndarray, slots: np.ndarray, rates: Rates) -> np.ndarray:
    return parameters


def _here_loop(theta: Any, slots: Any, r: Any, here: Any) -> None:
    for i in range(theta.shape[0]):
        here[i] = theta[i]


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
    uses : tuple of str
        The hyperparameters that it reads from the rates beside the learning rate, by their names
        there; only these are shown.
    point : callable
        (parameters, slots, rates) -> the parameters at which the gradient is to be taken.
    loop : callable or None
        The compiled form of `update`, plain Python that numba compiles; see `_sgd_loop`. Without
        it, numpy trains.
    point_loop : callable
        The compiled form of `point`: (parameters, slots, rates, out) writes it into `out`.
    squares : tuple of int
        The slots that hold sums or means of squares, which are never negative.
    """

    name: str
    label: str
    n_slots: int
    update: Update
    formula: str
    source: str
    uses: tuple[str, ...] = ()
    point: Point = _here
    loop: Callable[..., Any] | None = None
    point_loop: Callable[..., None] = _here_loop
    squares: tuple[int, ...] = ()

    @property
    def decays_weights(self) -> bool:
        """Whether an update needs to know which parameters are weights, since it shrinks these."""
        return "weight_decay" in self.uses

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
    return theta - r.learning_rate * r.factor * g, slots


def _momentum(
    theta: np.ndarray,
    slots: np.ndarray,
    g: np.ndarray,
    t: int,
    r: Rates,
    decays: np.ndarray | float,
) -> tuple[np.ndarray, np.ndarray]:
    velocity = r.momentum * slots - r.learning_rate * r.factor * g
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
    return theta - r.learning_rate * r.factor * g / (
        np.sqrt(mean_square[0]) + r.epsilon
    ), mean_square


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
    return theta - r.learning_rate * r.factor * direction, moments


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
    return theta - r.learning_rate * r.factor * g / (np.sqrt(total[0]) + r.epsilon), total


# The compiled forms, which take the step in place. Slots too small to matter become 0, since
# processors compute slowly with subnormal numbers.


def _sgd_loop(theta: Any, slots: Any, g: Any, t: int, r: Any, decays: Any) -> Any:
    """Take a step; return 0, or NaN where a new parameter is not finite.

    Parameters
    ----------
    theta, g, decays : (p,) arrays
        Parameters, gradient, 1 where a weight stands and 0 elsewhere.
    slots : (n_slots, p) array
    t : int
        The step, counted from 1.
    r : Rates
    """
    zero, _ = _zero_and_tiny(theta)
    size = theta.dtype.type(r.learning_rate * r.factor)
    check = zero
    for i in range(theta.shape[0]):
        w = theta[i] - size * g[i]
        theta[i] = w
        check += w * zero
    return check


def _momentum_loop(theta: Any, slots: Any, g: Any, t: int, r: Any, decays: Any) -> Any:
    zero, tiny = _zero_and_tiny(theta)
    size, momentum = theta.dtype.type(r.learning_rate * r.factor), theta.dtype.type(r.momentum)
    check = zero
    for i in range(theta.shape[0]):
        velocity = momentum * slots[0, i] - size * g[i]
        velocity = zero if abs(velocity) < tiny else velocity
        w = theta[i] + velocity
        theta[i] = w
        slots[0, i] = velocity
        check += w * zero
    return check


def _look_ahead_loop(theta: Any, slots: Any, r: Any, here: Any) -> None:
    momentum = theta.dtype.type(r.momentum)
    for i in range(theta.shape[0]):
        here[i] = theta[i] + momentum * slots[0, i]


def _by_root(theta: Any, slots: Any, g: Any, r: Any, kept: float, added: float) -> Any:
    """Divide by the root of a sum of squares, of which `kept` stays and to which `added` comes."""
    zero, tiny = _zero_and_tiny(theta)
    size, epsilon = theta.dtype.type(r.learning_rate * r.factor), theta.dtype.type(r.epsilon)
    kept, added = theta.dtype.type(kept), theta.dtype.type(added)
    check = zero
    for i in range(theta.shape[0]):
        square = kept * slots[0, i] + added * g[i] * g[i]
        square = zero if square < tiny else square
        w = theta[i] - size * g[i] / (np.sqrt(square) + epsilon)
        theta[i] = w
        slots[0, i] = square
        check += w * zero
    return check


def _rmsprop_loop(theta: Any, slots: Any, g: Any, t: int, r: Any, decays: Any) -> Any:
    return _by_root(theta, slots, g, r, r.decay_rate, 1.0 - r.decay_rate)


def _adagrad_loop(theta: Any, slots: Any, g: Any, t: int, r: Any, decays: Any) -> Any:
    return _by_root(theta, slots, g, r, 1.0, 1.0)


def _by_moments(theta: Any, slots: Any, g: Any, t: int, r: Any, decays: Any, decay: float) -> Any:
    zero, tiny = _zero_and_tiny(theta)
    size = theta.dtype.type(r.learning_rate * r.factor / (1.0 - r.momentum**t))
    unbiased = theta.dtype.type(1.0 / (1.0 - r.beta2**t))
    beta1, rest1 = theta.dtype.type(r.momentum), theta.dtype.type(1.0 - r.momentum)
    beta2, rest2 = theta.dtype.type(r.beta2), theta.dtype.type(1.0 - r.beta2)
    epsilon, shrink = theta.dtype.type(r.epsilon), theta.dtype.type(r.factor * decay)
    check = zero
    for i in range(theta.shape[0]):
        m = beta1 * slots[0, i] + rest1 * g[i]
        m = zero if abs(m) < tiny else m
        v = beta2 * slots[1, i] + rest2 * g[i] * g[i]
        v = zero if v < tiny else v
        w = theta[i] - size * m / (np.sqrt(v * unbiased) + epsilon) - shrink * decays[i] * theta[i]
        theta[i] = w
        slots[0, i] = m
        slots[1, i] = v
        check += w * zero
    return check


def _adam_loop(theta: Any, slots: Any, g: Any, t: int, r: Any, decays: Any) -> Any:
    return _by_moments(theta, slots, g, t, r, decays, 0.0)


def _adamw_loop(theta: Any, slots: Any, g: Any, t: int, r: Any, decays: Any) -> Any:
    return _by_moments(theta, slots, g, t, r, decays, r.weight_decay)


def _zero_and_tiny(theta: Any) -> tuple[Any, Any]:
    """Return 0 and the smallest normal number, in the precision of an array."""
    return theta.dtype.type(0.0), np.finfo(theta.dtype).tiny


LOOP_HELPERS: tuple[Callable[..., Any], ...] = (_zero_and_tiny, _by_root, _by_moments)
"""Plain functions that the compiled forms call."""


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
            loop=_sgd_loop,
        ),
        Optimizer(
            "momentum",
            "momentum",
            1,
            _momentum,
            r"v \leftarrow \mu v - \alpha g, \quad \theta \leftarrow \theta + v",
            "Polyak 1964; Sutskever et al. 2013, equations 1-2",
            uses=("momentum",),
            loop=_momentum_loop,
        ),
        Optimizer(
            "nesterov",
            "Nesterov",
            1,
            _momentum,
            r"v \leftarrow \mu v - \alpha \nabla L(\theta + \mu v), \quad"
            r" \theta \leftarrow \theta + v",
            "Nesterov 1983; Sutskever et al. 2013, equations 3-4",
            uses=("momentum",),
            point=_look_ahead,
            loop=_momentum_loop,
            point_loop=_look_ahead_loop,
        ),
        Optimizer(
            "rmsprop",
            "RMSprop",
            1,
            _rmsprop,
            r"s \leftarrow \gamma s + (1 - \gamma) g^2, \quad"
            r" \theta \leftarrow \theta - \alpha g / (\sqrt{s} + \epsilon)",
            "Tieleman & Hinton 2012, lecture 6e",
            uses=("decay_rate",),
            loop=_rmsprop_loop,
            squares=(0,),
        ),
        Optimizer(
            "adam",
            "Adam",
            2,
            _adam,
            r"\theta \leftarrow \theta - \alpha \hat m / (\sqrt{\hat v} + \epsilon)",
            "Kingma & Ba 2015, algorithm 1",
            uses=("momentum", "beta2"),
            loop=_adam_loop,
            squares=(1,),
        ),
        Optimizer(
            "adamw",
            "AdamW",
            2,
            _adamw,
            r"\theta \leftarrow \theta - \eta (\alpha \hat m / (\sqrt{\hat v} + \epsilon)"
            r" + \lambda \theta)",
            "Loshchilov & Hutter 2019, algorithm 2",
            uses=("momentum", "beta2", "weight_decay"),
            loop=_adamw_loop,
            squares=(1,),
        ),
        Optimizer(
            "adagrad",
            "Adagrad",
            1,
            _adagrad,
            r"s \leftarrow s + g^2, \quad \theta \leftarrow \theta - \alpha g / (\sqrt{s}"
            r" + \epsilon)",
            "Duchi, Hazan & Singer 2011, equation 1",
            loop=_adagrad_loop,
            squares=(0,),
        ),
    ],
)
