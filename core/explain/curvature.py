"""How the training loss curves: Hessian products, the plane's Hessian and the largest eigenvalue.

A product with the Hessian is a central difference of exact gradients, so that no second derivative
is needed: H v = (g(theta + e v) - g(theta - e v)) / 2e.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.base.arrays import FloatArray, IntArray
from core.functions.losses import LOSSES
from core.functions.penalties import PENALTIES
from core.model.network import forward
from core.training.numpy_engine import gradient_at
from core.training.problem import Problem

STEP = 1e-4  # how far the parameters move for a difference of gradients
MOST_ITERATIONS = 200
TOLERANCE = 1e-4  # of the eigenvalue, relative, from one iteration to the next


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """Parameters at which the loss curves: a problem, parameters in double precision, some rows.

    Attributes
    ----------
    problem : Problem
    parameters : (p,) float64 array
    statistics : (s,) float64 array
    rows : (n,) int array
        Train rows over which the loss is taken.
    """

    problem: Problem
    parameters: FloatArray
    statistics: FloatArray
    rows: IntArray

    def loss(self, parameters: FloatArray) -> float:
        """Return the penalised training loss at other parameters (p,)."""
        problem, training = self.problem, self.problem.training
        X, labels, weights = (array[self.rows] for array in (problem.X, problem.y, problem.weights))
        architecture = problem.architecture
        passes = forward(architecture, parameters, self.statistics, X, training=True)
        values = LOSSES[training.loss].values(passes[-1].activations, labels)
        total = float(values @ weights) / len(labels)
        if training.penalty == "none":
            return total
        price = PENALTIES[training.penalty].value
        prices = sum(price(own.W) for own in architecture.views(parameters))
        return total + training.penalty_strength * prices

    def gradient(self, parameters: FloatArray) -> FloatArray:
        """Return the exact gradient (p,) of the loss at other parameters (p,)."""
        return gradient_at(self.problem, parameters, self.statistics, self.rows)[1]

    def hessian_product(self, v: FloatArray) -> FloatArray:
        """Return the Hessian times v (p,)."""
        size = float(np.linalg.norm(v))
        if not size:
            return np.zeros_like(v)
        shift = v * (STEP / size)
        ahead, behind = (
            self.gradient(self.parameters + shift),
            self.gradient(self.parameters - shift),
        )
        return np.asarray((ahead - behind) * (size / (2.0 * STEP)))

    def plane_hessian(self, directions: FloatArray) -> FloatArray:
        """Return the Hessian (2, 2) in the coordinates of directions (2, p), symmetric."""
        products = np.stack([self.hessian_product(direction) for direction in directions])
        hessian = directions @ products.T
        return np.asarray(0.5 * (hessian + hessian.T))


@dataclass(frozen=True, slots=True)
class LargestEigenvalue:
    """The largest eigenvalue of the Hessian of all parameters.

    Attributes
    ----------
    value : float
        Nan where it was not found.
    iterations : int
    converged : bool
    """

    value: float
    iterations: int
    converged: bool

    @property
    def stable_rate(self) -> float:
        """The learning rate beyond which gradient descent on all rows overshoots: 2 / lambda.

        Infinite where the loss curves downwards everywhere.
        """
        return (
            2.0 / self.value if self.value > 0.0 else float("inf" if self.value <= 0.0 else "nan")
        )


def largest_eigenvalue(
    point: Point, wanted: Callable[[], bool] = lambda: True
) -> LargestEigenvalue:
    """Return the largest eigenvalue of the Hessian (not of the largest magnitude), by iteration.

    Where the eigenvalue of the largest magnitude is negative, the Hessian is shifted by it and
    iterated again.

    Parameters
    ----------
    wanted : callable
        Called between iterations; the iteration ends where it returns False.
    """
    found = _power(point, 0.0, wanted)
    if found.value >= 0.0 or not found.converged:
        return found
    shifted = _power(point, found.value, wanted)
    value = shifted.value + found.value
    return LargestEigenvalue(value, found.iterations + shifted.iterations, shifted.converged)


def _power(point: Point, shift: float, wanted: Callable[[], bool]) -> LargestEigenvalue:
    """Iterate v <- (H - shift) v (von Mises & Pollaczek-Geiringer 1929), by Rayleigh quotients."""
    v = np.random.default_rng(0).normal(size=point.parameters.size)
    v /= np.linalg.norm(v)
    before = float("nan")
    for k in range(1, MOST_ITERATIONS + 1):
        product = point.hessian_product(v) - shift * v
        value = float(v @ product)
        size = float(np.linalg.norm(product))
        if not np.isfinite(size) or not wanted():
            return LargestEigenvalue(float("nan"), k, False)
        if size == 0.0:
            return LargestEigenvalue(0.0, k, True)
        if abs(value - before) <= TOLERANCE * abs(value):
            return LargestEigenvalue(value, k, True)
        v, before = product / size, value
    return LargestEigenvalue(before, MOST_ITERATIONS, False)
