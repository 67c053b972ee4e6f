"""Temperature scaling: one number for all classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.base.arrays import FloatArray, IntArray
from core.calibration.calibrators.calibrator import Calibrator, LogisticMap, Parameter, as_logits
from core.functions.softmax_family import softmax


@dataclass(frozen=True, slots=True)
class Temperature(LogisticMap):
    """Fitted temperature, softmax(z / T); for two classes sigmoid(s / T).

    Parameters
    ----------
    temperature : float
        T, from 0 (always certain) to infinity (always undecided); 1 leaves everything as it is.
    """

    temperature: float

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """The parameter, with what it means."""
        return {
            "temperature": Parameter(
                self.temperature,
                "Divides the logits: above 1 the model was too sure, below 1 too timid. "
                "It changes no decision.",
            )
        }

    def calibrated_logit(self, s: FloatArray) -> FloatArray:
        """Return s / T; at T = 0 infinite, but 0 where s is 0."""
        if self.temperature == 0.0:
            return np.where(s == 0.0, 0.0, np.copysign(np.inf, s))
        return s / self.temperature

    def probabilities(self, logits: ArrayLike) -> FloatArray:
        """Return probabilities in the shape of the logits, (n,) or (n, K).

        At T = 0 the largest logits share the probability.

        Raises
        ------
        InputError
            If the logits have another shape, or one is NaN.
        """
        z = as_logits(logits)
        if z.ndim == 1:
            return self.positive(z)
        if self.temperature == 0.0:
            top = (z == z.max(axis=1, keepdims=True)).astype(np.float64)
            shared: FloatArray = top / top.sum(axis=1, keepdims=True)
            return shared
        return np.asarray(softmax(z, temperature=self.temperature, axis=1))


def fit_temperature(
    z: FloatArray, labels: IntArray, weights: FloatArray | None = None
) -> Temperature:
    """Minimise the log loss of softmax(z / T) over T (Guo et al. 2017, section 4.2).

    The loss is convex in 1 / T. Where every label has the largest logit there is no finite
    optimum: T is 0, the limit. Where shrinking the logits always helps T is infinite, and where
    the logits of every row are equal T is 1.
    """
    w = np.full(len(z), 1.0 / len(z)) if weights is None else weights / weights.sum()
    z = z - z[np.arange(len(z)), labels][:, None]  # now the label's logit is 0
    scale = float(np.abs(z).max())
    if scale == 0.0:
        return Temperature(1.0)
    z /= scale
    if z.max() <= 0.0:
        return Temperature(0.0)
    if w @ z.mean(axis=1) >= 0.0:
        return Temperature(float("inf"))
    return Temperature(scale / _root(z, w))


def _fit_two(s: FloatArray, y: FloatArray, weights: FloatArray | None = None) -> Temperature:
    """Fit to one logit a row: the other class has logit 0."""
    z = np.column_stack((np.zeros_like(s), s))
    return fit_temperature(z, y.astype(np.int64), weights)


def _root(z: FloatArray, w: FloatArray) -> float:
    """Return the factor at which the slope of the loss is 0, by Newton's method in a bracket."""
    low, high = 0.0, 1.0
    while _slope(z, w, high)[0] < 0.0:
        low, high = high, 2.0 * high
    factor = 0.5 * (low + high)
    for _ in range(200):
        slope, curvature = _slope(z, w, factor)
        low, high = (factor, high) if slope < 0.0 else (low, factor)
        step = factor - slope / curvature if curvature > 0.0 else low
        following = step if low < step < high else 0.5 * (low + high)
        if abs(following - factor) <= 1e-15 * factor:
            break
        factor = following
    return factor


def _slope(z: FloatArray, w: FloatArray, factor: float) -> tuple[float, float]:
    """Return first and second derivative of the mean loss by the factor on the logits."""
    p = softmax(z * factor, axis=1)
    mean = (p * z).sum(axis=1)
    return float(w @ mean), float(w @ (p * (z - mean[:, None]) ** 2).sum(axis=1))


TEMPERATURE = Calibrator(
    "temperature",
    "temperature",
    r"\mathrm{softmax}(z / T)",
    "One number that makes all probabilities more or less extreme; no decision changes.",
    _fit_two,
    fit_temperature,
)
