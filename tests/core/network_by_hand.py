"""The network once more, independently: loops over layers, units and inputs of the flat vector.

The functions are the textbooks' formulas, never from `core.functions`, and where
each number stands in the flat vector is counted here anew.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


def sigmoid_by_hand(z: np.ndarray) -> np.ndarray:
    """1 / (1 + e^-z), as the exponential of its logarithm."""
    return np.exp(-np.logaddexp(0.0, -z))


ACTIVATION_FORMULAS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "sigmoid": sigmoid_by_hand,
    "adaptive_sigmoid": sigmoid_by_hand,
    "tanh": np.tanh,
    "relu": lambda z: np.where(z > 0, z, 0.0),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "elu": lambda z: np.where(z > 0, z, np.exp(np.minimum(z, 0.0)) - 1.0),
    "gelu": lambda z: z * 0.5 * (1.0 + np.vectorize(math.erf)(z / math.sqrt(2.0))),
    "swish": lambda z: z / (1.0 + np.exp(-z)),
    "softplus": lambda z: np.log(1.0 + np.exp(z)),
    "linear": lambda z: z,
}


@dataclass(frozen=True)
class Pass:
    """What every layer does to some rows: z and a of each unit, (n, units) a layer.

    `places` says where in the flat vector each layer's weights, biases, sharpnesses, gains and
    shifts begin.
    """

    z: list[np.ndarray]
    u: list[np.ndarray]  # what the activation is applied to
    a: list[np.ndarray]
    places: list[dict[str, int]]

    @property
    def logits(self) -> np.ndarray:
        """One logit a class; of a single output the first class has 0."""
        last = self.a[-1]
        if last.shape[1] > 1:
            return last
        return np.column_stack([np.zeros(len(last)), last[:, 0]])

    @property
    def probabilities(self) -> np.ndarray:
        """The textbook's softmax of the logits, (n, K)."""
        return softmax_by_hand(self.logits)


def softmax_by_hand(z: np.ndarray) -> np.ndarray:
    """Exponentials over their sum, the largest logit taken away first."""
    odds = np.exp(z - z.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def widths_of(model, n_inputs: int, n_classes: int) -> list[int]:
    """Return how many units each layer has, from the choices of the model alone."""
    single = n_classes == 2 and model.head == "sigmoid"
    return [n_inputs, *model.hidden, 1 if single else n_classes]


def pass_by_hand(model, flat, X, n_classes: int, statistics=(), in_batch: bool = False) -> Pass:
    """Run rows X (n, inputs) through the network.

    Parameters
    ----------
    model : the experiment's choices of the model
    flat : (n_parameters,) array
    statistics : (n_statistics,) array
        Running means and variances of batch normalisation.
    in_batch : bool
        Whether batch normalisation uses the mean and variance of these rows.
    """
    flat, statistics = np.asarray(flat, float), np.asarray(statistics, float)
    a = np.asarray(X, float)
    widths = widths_of(model, a.shape[1], n_classes)
    at, statistics_at = 0, 0
    done = Pass([], [], [], [])
    for k in range(1, len(widths)):
        inputs, units, is_hidden = widths[k - 1], widths[k], k < len(widths) - 1
        place = {"weight": at, "bias": at + inputs * units}
        at = place["bias"] + units
        z = np.empty((len(a), units))
        for j in range(units):
            z[:, j] = flat[place["bias"] + j]
            for i in range(inputs):
                z[:, j] += a[:, i] * flat[place["weight"] + i * units + j]
        sharpness = np.ones(units)
        if is_hidden and model.activation == "adaptive_sigmoid":
            place["sharpness"], at = at, at + units
            sharpness = flat[place["sharpness"] : at]
        u = z
        if is_hidden and model.batch_norm:
            place["gain"], place["shift"], at = at, at + units, at + 2 * units
            mean = statistics[statistics_at : statistics_at + units]
            variance = statistics[statistics_at + units : statistics_at + 2 * units]
            statistics_at += 2 * units
            if in_batch:
                mean, variance = z.mean(axis=0), z.var(axis=0)
            gain = flat[place["gain"] : place["gain"] + units]
            u = gain * (z - mean) / np.sqrt(variance + 1e-5)
            u = u + flat[place["shift"] : place["shift"] + units]
        u = sharpness * u
        a = ACTIVATION_FORMULAS[model.activation](u) if is_hidden else u
        for found, of in ((z, done.z), (u, done.u), (a, done.a), (place, done.places)):
            of.append(found)
    assert at == len(flat), "the flat vector is longer or shorter than the layers need"
    return done
