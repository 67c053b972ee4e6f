"""Gradients held against finite differences: used by the tests and shown by the app."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.training.numpy_engine import gradient_at
from core.training.problem import Problem


@dataclass(frozen=True, slots=True, eq=False)
class GradientCheck:
    """A gradient beside its finite differences.

    Attributes
    ----------
    gradient, differences : (p,) arrays
    relative_error : float
        Largest |gradient - differences| / the larger of the two gradients' largest magnitudes.
    """

    gradient: np.ndarray
    differences: np.ndarray

    @property
    def relative_error(self) -> float:
        """The largest difference, relative to the largest component."""
        scale = max(np.abs(self.gradient).max(), np.abs(self.differences).max(), 1e-12)
        return float(np.abs(self.gradient - self.differences).max() / scale)

    def assert_close(self, tolerance: float = 1e-6) -> None:
        """Raise an AssertionError that shows both gradients side by side unless they agree."""
        if self.relative_error <= tolerance:
            return
        lines = [
            f"{i:5d} {a: .12e} {b: .12e} {a - b: .1e}"
            for i, (a, b) in enumerate(zip(self.gradient, self.differences, strict=True))
        ]
        table = "\n".join(lines)
        raise AssertionError(
            f"gradients differ by {self.relative_error:.2e} (allowed {tolerance:.0e})\n"
            f"index  gradient            differences         gap\n{table}"
        )


def finite_differences(
    function: Callable[[np.ndarray], float], point: np.ndarray, width: float = 1e-3
) -> np.ndarray:
    """Return the gradient (p,) of a smooth function by central differences.

    Two widths are combined by Richardson's extrapolation (Richardson 1911), so that the error falls
    with the sixth power of the width: 64 D(h/4) - 20 D(h/2) + D(h), over 45.
    """

    def central(i: int, h: float) -> float:
        upper, lower = point.copy(), point.copy()
        upper[i] += h
        lower[i] -= h
        return (function(upper) - function(lower)) / float(upper[i] - lower[i])

    return np.array(
        [
            (64.0 * central(i, width / 4) - 20.0 * central(i, width / 2) + central(i, width)) / 45.0
            for i in range(point.size)
        ]
    )


def check_gradient(
    problem: Problem,
    parameters: np.ndarray,
    statistics: np.ndarray,
    rows: np.ndarray,
    width: float = 1e-3,
) -> GradientCheck:
    """Compare the gradient of some rows' penalised objective with finite differences."""

    def value(point: np.ndarray) -> float:
        return gradient_at(problem, point, statistics, rows)[0]

    gradient = gradient_at(problem, parameters, statistics, rows)[1]
    return GradientCheck(gradient, finite_differences(value, parameters, width))
