"""Gradients held against finite differences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


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
    value: Callable[[np.ndarray], float],
    gradient: Callable[[np.ndarray], np.ndarray],
    point: np.ndarray,
    width: float = 1e-3,
) -> GradientCheck:
    """Compare a function's gradient at a point (p,) with its finite differences there.

    Parameters
    ----------
    value : callable
        (p,) -> float, smooth around the point.
    gradient : callable
        (p,) -> (p,), what claims to be its gradient.
    width : float
        The widest step of the differences.

    Examples
    --------
    >>> check = check_gradient(lambda w: float(w @ w), lambda w: 2.0 * w, np.array([1.0, -2.0]))
    >>> check.relative_error < 1e-9
    True
    """
    return GradientCheck(gradient(point), finite_differences(value, point, width))
