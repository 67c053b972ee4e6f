"""Losses, computed from logits: the value of each sample and its derivative by the logits.

Conventions: a sigmoid head has logits (n,) and targets (n,) in [0, 1]; a softmax head has
logits (n, K) and integer labels (n,). Nothing is averaged and nothing is clipped here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.base.compiled_functions import exponential
from core.base.registry import Registry
from core.functions.sigmoid_family import binary_cross_entropy, sigmoid
from core.functions.softmax_family import categorical_cross_entropy, softmax

__all__ = ["LOSSES", "HeadLoss", "Loss"]

Array = NDArray[np.float64]
Function = Callable[[Array, Array], Array]


@dataclass(frozen=True, slots=True)
class HeadLoss:
    """A loss on one kind of output.

    Attributes
    ----------
    value : callable
        (logits, targets or labels) -> (n,) one value a sample.
    gradient : callable
        (logits, targets or labels) -> derivative by the logits, in their shape.
    formula, gradient_formula : str
        LaTeX.
    loop : callable or None
        The compiled form, plain Python that numba compiles; see `_binary_cross_entropy_loop`.
        Without it, networks with this loss are trained by numpy.
    """

    value: Function
    gradient: Function
    formula: str
    gradient_formula: str
    loop: Callable[..., Any] | None = None


@dataclass(frozen=True, slots=True)
class Loss:
    """What training lowers, on either head."""

    name: str
    label: str
    unit: str
    binary: HeadLoss
    categorical: HeadLoss

    def values(self, logits: Array, labels: Array) -> Array:
        """Return one value a sample, from either head's (n, outputs) logits."""
        if logits.shape[1] == 1:
            return self.binary.value(logits[:, 0], labels)
        return self.categorical.value(logits, labels)

    def gradients(self, logits: Array, labels: Array) -> Array:
        """Return the derivative of each sample's value by its (n, outputs) logits."""
        if logits.shape[1] == 1:
            return self.binary.gradient(logits[:, 0], labels)[:, None]
        return self.categorical.gradient(logits, labels)


def _binary_cross_entropy_gradient(logits: Array, targets: Array) -> Array:
    """Return p - y, written so that no digit is lost where p is near y = 1."""
    return sigmoid(logits) * (1.0 - targets) - sigmoid(-logits) * targets


def _label_errors(logits: Array, labels: Array) -> tuple[Array, Array]:
    """Return (p, p - y): p_label - 1 is minus the sum of the others, exact where p_label is near 1.

    Both are (n, K).
    """
    p = softmax(logits)
    errors = p.copy()
    rows = np.arange(len(labels))
    errors[rows, labels] = 0.0
    errors[rows, labels] = -errors.sum(axis=1)
    return p, errors


def _categorical_cross_entropy_gradient(logits: Array, labels: Array) -> Array:
    return _label_errors(logits, labels)[1]


def _binary_squared_error(logits: Array, targets: Array) -> Array:
    return np.square(_binary_cross_entropy_gradient(logits, targets))


def _binary_squared_error_gradient(logits: Array, targets: Array) -> Array:
    slope = sigmoid(logits) * sigmoid(-logits)
    return 2.0 * _binary_cross_entropy_gradient(logits, targets) * slope


def _categorical_squared_error(logits: Array, labels: Array) -> Array:
    return np.asarray(np.square(_label_errors(logits, labels)[1]).sum(axis=1))


def _categorical_squared_error_gradient(logits: Array, labels: Array) -> Array:
    """Multiply 2 (p - y) by the softmax Jacobian diag(p) - p p'."""
    p, errors = _label_errors(logits, labels)
    return np.asarray(2.0 * p * (errors - (p * errors).sum(axis=1, keepdims=True)))


# The compiled forms write the derivative of the mean weighted loss by the logits of one block of
# samples. What they return is finite where the loss is, at a fraction of its cost: training needs
# the loss only to see whether it diverged, and takes no logarithm for that.


def _binary_cross_entropy_loop(
    z: Any, delta: Any, spare: Any, layer: int, classes: int, rows: Any, block: int, share: float
) -> Any:
    """Write (p - y) w share.

    Parameters
    ----------
    z, delta, spare : (layers, units, samples) arrays
        Logits, where their derivatives go, and room to work in, at `layer`.
    classes : int
        The number of logits.
    rows : (blocks, features + 2, samples) array
        Each sample's features, label and weight.
    share : float
        One over the size of the batch.
    """
    zero, one, tiny = _constants(z)
    label, weight = rows.shape[1] - 2, rows.shape[1] - 1
    size = zero
    for s in range(z.shape[2]):
        sign = one - rows[block, label, s] - rows[block, label, s]
        w = rows[block, weight, s] * share
        wrong = z[layer, 0, s] * sign  # p - y = sign sigmoid(sign z), in which nothing cancels
        error = one / (one + exponential(-wrong))
        error = zero if error < tiny else error
        delta[layer, 0, s] = error * sign * w
        size += (wrong if wrong > zero else zero) * w
    return size


def _binary_squared_error_loop(
    z: Any, delta: Any, spare: Any, layer: int, classes: int, rows: Any, block: int, share: float
) -> Any:
    """Write 2 (p - y) p (1 - p) w share."""
    zero, one, tiny = _constants(z)
    label, weight = rows.shape[1] - 2, rows.shape[1] - 1
    size = zero
    for s in range(z.shape[2]):
        sign = one - rows[block, label, s] - rows[block, label, s]
        odds = exponential(-z[layer, 0, s] * sign)
        error = one / (one + odds)
        error = zero if error < tiny else error
        slope = odds * error * error
        found = (error + error) * slope * sign * rows[block, weight, s] * share
        delta[layer, 0, s] = found
        size += found
    return size


def _softmax_loop(
    z: Any, delta: Any, spare: Any, layer: int, classes: int, rows: Any, block: int, share: float
) -> Any:
    """Write the probabilities into z and p - y into delta; return what is finite with the loss.

    p_y - 1 is minus the sum of the other probabilities, as in `_label_errors`.
    """
    zero, one, tiny = _constants(z)
    label, weight = rows.shape[1] - 2, rows.shape[1] - 1
    for s in range(z.shape[2]):  # spare[layer, 0] holds the largest logit, spare[layer, 1] the sum
        spare[layer, 0, s] = z[layer, 0, s]
        spare[layer, 1, s] = zero
    for k in range(1, classes):
        for s in range(z.shape[2]):
            x, largest = z[layer, k, s], spare[layer, 0, s]
            spare[layer, 0, s] = largest if x <= largest else x  # NaN stays NaN
    size = zero
    for s in range(z.shape[2]):
        below = z[layer, int(rows[block, label, s]), s] - spare[layer, 0, s]
        size += below * rows[block, weight, s] * share
    for k in range(classes):
        for s in range(z.shape[2]):
            grown = exponential(z[layer, k, s] - spare[layer, 0, s])
            grown = zero if grown < tiny else grown
            spare[layer, 1, s] += grown
            z[layer, k, s] = grown
    for s in range(z.shape[2]):  # from here on spare[layer, 0] holds the sum of the others
        spare[layer, 1, s] = one / spare[layer, 1, s]
        spare[layer, 0, s] = zero
    for k in range(classes):
        for s in range(z.shape[2]):
            p = z[layer, k, s] * spare[layer, 1, s]
            z[layer, k, s] = p
            delta[layer, k, s] = p
            spare[layer, 0, s] += zero if rows[block, label, s] == k else p
    for s in range(z.shape[2]):
        delta[layer, int(rows[block, label, s]), s] = -spare[layer, 0, s]
    return size


def _categorical_cross_entropy_loop(
    z: Any, delta: Any, spare: Any, layer: int, classes: int, rows: Any, block: int, share: float
) -> Any:
    """Write (p_k - y_k) w share."""
    size = _softmax_loop(z, delta, spare, layer, classes, rows, block, share)
    weight = rows.shape[1] - 1
    for k in range(classes):
        for s in range(z.shape[2]):
            delta[layer, k, s] *= rows[block, weight, s] * share
    return size


def _categorical_squared_error_loop(
    z: Any, delta: Any, spare: Any, layer: int, classes: int, rows: Any, block: int, share: float
) -> Any:
    """Write 2 p_k ((p_k - y_k) - sum_j p_j (p_j - y_j)) w share."""
    _softmax_loop(z, delta, spare, layer, classes, rows, block, share)
    weight = rows.shape[1] - 1
    size = z.dtype.type(0.0)
    for s in range(z.shape[2]):
        spare[layer, 0, s] = size
    for k in range(classes):
        for s in range(z.shape[2]):
            spare[layer, 0, s] += z[layer, k, s] * delta[layer, k, s]
    for k in range(classes):
        for s in range(z.shape[2]):
            p = z[layer, k, s] * rows[block, weight, s] * share
            found = (p + p) * (delta[layer, k, s] - spare[layer, 0, s])
            delta[layer, k, s] = found
            size += found
    return size


def _constants(z: Any) -> tuple[Any, Any, Any]:
    """Return 0, 1 and the error below which nothing moves, in the precision of an array.

    Products of such an error with another would be subnormal, which processors compute slowly.
    """
    tiny = z.dtype.type(np.finfo(z.dtype).tiny ** 0.75)
    return z.dtype.type(0.0), z.dtype.type(1.0), tiny


LOOP_HELPERS: tuple[Callable[..., Any], ...] = (_constants, _softmax_loop)
"""Plain functions that the compiled forms call."""


LOSSES: Registry[Loss] = Registry(
    "loss",
    [
        Loss(
            "cross_entropy",
            "cross-entropy",
            "nats",
            HeadLoss(
                binary_cross_entropy,
                _binary_cross_entropy_gradient,
                r"-y \ln p - (1 - y) \ln (1 - p)",
                r"p - y",
                _binary_cross_entropy_loop,
            ),
            HeadLoss(
                categorical_cross_entropy,
                _categorical_cross_entropy_gradient,
                r"-\ln p_y",
                r"p_k - y_k",
                _categorical_cross_entropy_loop,
            ),
        ),
        Loss(
            "squared_error",
            "squared error",
            "",
            HeadLoss(
                _binary_squared_error,
                _binary_squared_error_gradient,
                r"(p - y)^2",
                r"2 (p - y) p (1 - p)",
                _binary_squared_error_loop,
            ),
            HeadLoss(
                _categorical_squared_error,
                _categorical_squared_error_gradient,
                r"\sum_k (p_k - y_k)^2",
                r"2 p_k ((p_k - y_k) - \sum_j p_j (p_j - y_j))",
                _categorical_squared_error_loop,
            ),
        ),
    ],
)
