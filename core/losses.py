"""Losses, computed from logits: the value of each sample and its derivative by the logits.

Conventions: a sigmoid head has logits (n,) and targets (n,) in [0, 1]; a softmax head has
logits (n, K) and integer labels (n,). Nothing is averaged and nothing is clipped here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.functions import (
    binary_cross_entropy,
    categorical_cross_entropy,
    sigmoid,
    softmax,
)
from core.registry import Registry

__all__ = ["LOSSES", "HeadLoss", "Loss", "binary_cross_entropy", "categorical_cross_entropy"]

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
    """

    value: Function
    gradient: Function
    formula: str
    gradient_formula: str


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
            ),
            HeadLoss(
                categorical_cross_entropy,
                _categorical_cross_entropy_gradient,
                r"-\ln p_y",
                r"p_k - y_k",
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
            ),
            HeadLoss(
                _categorical_squared_error,
                _categorical_squared_error_gradient,
                r"\sum_k (p_k - y_k)^2",
                r"2 p_k ((p_k - y_k) - \sum_j p_j (p_j - y_j))",
            ),
        ),
    ],
)
