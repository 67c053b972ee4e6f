"""Losses and their gradients against the logit of the true class: which learn from mistakes.

At z of the true class far below the others, cross-entropy's gradient p - 1 is nearly -1, whereas
squared error's carries the softmax's own slope as a factor and vanishes: a confident mistake is
hardly corrected.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.base.arrays import FloatArray, read_only
from core.functions.losses import LOSSES

BELOW, ABOVE = 10.0, 6.0  # how far the axis reaches around the largest of the other logits
_POINTS = 257


@dataclass(frozen=True, slots=True, eq=False)
class LossCurve:
    """One loss against the true class's logit.

    Attributes
    ----------
    name : str
        A name in ``LOSSES``.
    label, unit : str
    values, gradients : (n,) arrays
        The loss, and its derivative by that logit.
    value : float
        At the present logits.
    gradient : (K,) array
        By every logit, at the present ones.
    """

    name: str
    label: str
    unit: str
    values: FloatArray
    gradients: FloatArray
    value: float
    gradient: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class LossComparison:
    """Every loss against the true class's logit, with the other logits fixed.

    Attributes
    ----------
    true_class : int
    x : (n,) array
    now : float
        The present logit.
    level : float
        The largest of the other logits; to the left of it the decision is wrong.
    curves : tuple of LossCurve
    """

    true_class: int
    x: FloatArray
    now: float
    level: float
    curves: tuple[LossCurve, ...]


def compare_losses(logits: FloatArray, true_class: int, temperature: float = 1.0) -> LossComparison:
    """Return each loss of softmax(z / T) and its derivative by z, along the true class's logit.

    Parameters
    ----------
    logits : (K,) array
    """
    level = float(np.delete(logits, true_class).max())
    x = np.linspace(
        min(level - BELOW, float(logits[true_class])),
        max(level + ABOVE, float(logits[true_class])),
        _POINTS,
    )
    moved = np.tile(logits, (_POINTS + 1, 1))
    moved[:-1, true_class] = x
    labels = np.full(_POINTS + 1, true_class)
    curves = []
    for loss in LOSSES.values():
        values = loss.values(moved / temperature, labels)
        gradients = loss.gradients(moved / temperature, labels) / temperature
        curves.append(
            LossCurve(
                loss.name,
                loss.label,
                loss.unit,
                read_only(values[:-1], np.float64),
                read_only(gradients[:-1, true_class], np.float64),
                float(values[-1]),
                read_only(gradients[-1], np.float64),
            )
        )
    return LossComparison(
        true_class, read_only(x, np.float64), float(logits[true_class]), level, tuple(curves)
    )
