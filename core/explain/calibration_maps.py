"""A calibrator's map from score to probability, and its parameters in words."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.base.arrays import FloatArray
from core.calibration.recalibration import Recalibration

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationMap:
    """One calibrator's map.

    Attributes
    ----------
    name, label : str
    chosen : bool
        Whether it is the experiment's.
    x, p : (m,) arrays
        Score (the logit of what is judged) and probability, ascending in x: a line for two classes,
        some rows for more.
    meanings : tuple of (name, value, sentence)
    problem : str
    degenerate : str
        Why the fit is none to believe, in words; empty otherwise.
    """

    name: str
    label: str
    chosen: bool
    x: FloatArray
    p: FloatArray
    meanings: tuple[tuple[str, str, str], ...] = ()
    problem: str = ""
    degenerate: str = ""


def meanings_of(
    recalibration: Recalibration | None, classes: tuple[str, ...]
) -> tuple[tuple[str, str, str], ...]:
    """Return name, value and meaning of a calibrator's parameters, of which arrays by class."""
    if recalibration is None or recalibration.fitted is None:
        return ()
    found = []
    for name, parameter in recalibration.fitted.parameters.items():
        value = np.asarray(parameter.value, dtype=np.float64)
        found.append((name, _said(value, classes), parameter.meaning))
    return tuple(found)


MOST_SAID = 12  # numbers of one parameter


def _said(value: FloatArray, classes: tuple[str, ...]) -> str:
    """Return a parameter's numbers as text; of many only how many and between which they lie."""
    if value.size > MOST_SAID:
        low, high = (_number(float(it)) for it in (value.min(), value.max()))
        shape = " × ".join(str(n) for n in value.shape)
        return f"{shape} numbers from {low} to {high}"
    if value.ndim == 0:
        return _number(float(value))
    if value.shape == (len(classes),):
        pairs = zip(classes, value.tolist(), strict=True)
        return ", ".join(f"{name}: {_number(number)}" for name, number in pairs)
    return "; ".join(
        " ".join(_number(number) for number in line) for line in np.atleast_2d(value).tolist()
    )


def _number(value: float) -> str:
    return f"{value:.3g}".replace("-", "−") if math.isfinite(value) else "∞"
