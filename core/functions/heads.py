"""How logits become probabilities: one logit through a sigmoid, or K through softmax."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.base.registry import Registry
from core.functions.sigmoid_family import sigmoid
from core.functions.softmax_family import softmax


@dataclass(frozen=True, slots=True)
class Head:
    """An output layer's last function.

    Attributes
    ----------
    name, label : str
    probabilities : callable
        (n, outputs) logits -> (n, K) probabilities that sum to one.
    formula : str
        LaTeX.
    """

    name: str
    label: str
    probabilities: Callable[[np.ndarray], np.ndarray]
    formula: str

    def outputs(self, n_classes: int) -> int:
        """Return how many logits there are for that many classes."""
        return 1 if self.name == "sigmoid" else n_classes


def head_for(name: str, n_classes: int) -> Head:
    """Return the head that serves that many classes: more than two always use softmax."""
    return HEADS[name] if n_classes == 2 else HEADS["softmax"]


def class_logits(logits: np.ndarray) -> np.ndarray:
    """Return one logit a class from either head's output: the sigmoid's other class has logit 0.

    Parameters
    ----------
    logits : (n, 1) or (n, K) array

    Returns
    -------
    (n, K) array
    """
    if logits.shape[1] > 1:
        return logits
    return np.concatenate([np.zeros_like(logits), logits], axis=1)


def binary_logit(logits: np.ndarray) -> np.ndarray:
    """Return the log-odds of class 1 against class 0.

    Parameters
    ----------
    logits : (n, 1) or (n, 2) array

    Returns
    -------
    (n,) array
    """
    if logits.shape[1] == 1:
        return np.ascontiguousarray(logits[:, 0])
    return np.asarray(logits[:, 1] - logits[:, 0])


def _sigmoid_probabilities(logits: np.ndarray) -> np.ndarray:
    return sigmoid(np.concatenate([-logits, logits], axis=1))


HEADS: Registry[Head] = Registry(
    "output",
    [
        Head("sigmoid", "sigmoid", _sigmoid_probabilities, r"p = \frac{1}{1 + e^{-z}}"),
        Head("softmax", "softmax", softmax, r"p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}"),
    ],
)
