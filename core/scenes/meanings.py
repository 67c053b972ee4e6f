"""A calibrator's parameters as words: name, value and what it means."""

from __future__ import annotations

import math

import numpy as np

from core.base.arrays import Floats
from core.run.recalibration import Mend


def meanings_of(mended: Mend | None, classes: tuple[str, ...]) -> tuple[tuple[str, str, str], ...]:
    """Return name, value and meaning of a calibrator's parameters, of which arrays by class."""
    if mended is None or mended.fitted is None:
        return ()
    found = []
    for name, parameter in mended.fitted.parameters.items():
        value = np.asarray(parameter.value, dtype=np.float64)
        found.append((name, _said(value, classes), parameter.meaning))
    return tuple(found)


def _said(value: Floats, classes: tuple[str, ...]) -> str:
    """Return a parameter's numbers as text."""
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
