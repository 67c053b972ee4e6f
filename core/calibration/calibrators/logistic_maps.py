"""Platt scaling and beta calibration: logistic regressions on the logit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.base.arrays import FloatArray
from core.calibration.calibrators.calibrator import Calibrator, LogisticMap, Parameter
from core.calibration.logistic_regression import LogisticFit, fit_logistic, separated
from core.functions.sigmoid_family import log_sigmoid, sigmoid, softplus


@dataclass(frozen=True, slots=True)
class Platt(LogisticMap):
    """Fitted Platt scaling, p = 1 / (1 + exp(a s + b)).

    Parameters
    ----------
    a : float
        Minus the factor on the logit; -1 leaves it as it is.
    b : float
        Minus the shift of the logit; 0 leaves it as it is.
    """

    a: float
    b: float

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """The parameters, with what they mean."""
        return {
            "a": Parameter(
                self.a, "Minus the factor on the logit: -1 changes nothing, nearer 0 is more timid."
            ),
            "b": Parameter(self.b, "Minus the shift of the logit: below 0 raises the probability."),
        }

    def calibrated_logit(self, s: FloatArray) -> FloatArray:
        """Return -(a s + b)."""
        return -(self.a * s + self.b)


@dataclass(frozen=True, slots=True)
class Beta(LogisticMap):
    """Fitted beta calibration, logit q = a ln p - b ln(1 - p) + c, with p = sigmoid(s).

    Parameters
    ----------
    a, b : float
        How much ln p and -ln(1 - p) count; at least 0; 1 leaves them as they are.
    c : float
        The shift of the logit; 0 leaves it as it is.
    smoothed : bool
        Whether the classes were parted perfectly, so that Platt's targets had to serve.
    """

    a: float
    b: float
    c: float
    smoothed: bool = False

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """The parameters, with what they mean."""
        return {
            "a": Parameter(self.a, "How much small probabilities are spread; 1 changes nothing."),
            "b": Parameter(self.b, "How much large probabilities are spread; 1 changes nothing."),
            "c": Parameter(self.c, "The shift of the logit: above 0 raises the probability."),
        }

    def calibrated_logit(self, s: FloatArray) -> FloatArray:
        """Return a ln p - b ln(1 - p) + c."""
        return self.a * log_sigmoid(s) + self.b * softplus(s) + self.c


def smoothed_targets(y: FloatArray, weights: FloatArray | None) -> FloatArray:
    """Return Platt's targets, (N+ + 1) / (N+ + 2) and 1 / (N- + 2), for outcomes 1 and 0.

    With weights, N+ and N- are the weights of the two classes (Platt 1999, section 2.2).
    """
    w = np.ones(len(y)) if weights is None else weights
    positives = float(w @ y)
    negatives = float(w.sum()) - positives
    return np.where(y > 0.5, (positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0))


def fit_platt(s: FloatArray, y: FloatArray, weights: FloatArray | None = None) -> Platt:
    """Fit by Newton's method to smoothed targets; the optimum is always finite.

    Equal logits, or a single row, leave the factor undefined: a is 0, and every row gets the mean
    target.
    """
    fit = fit_logistic(s[:, None], smoothed_targets(y, weights), weights)
    return Platt(-float(fit.slopes[0]) + 0.0, -fit.intercept)


def fit_beta(s: FloatArray, y: FloatArray, weights: FloatArray | None = None) -> Beta:
    """Fit by maximum likelihood under a, b >= 0 (Kull, Silva Filho & Flach 2017, section 4).

    A parameter that would come out negative is 0 and the others are fitted again, so that the
    result is the best under both constraints. Where the logits part the classes perfectly, or only
    one class occurs, no finite optimum exists: Platt's smoothed targets take the outcomes' place.
    """
    smoothed = separated(s, y)
    t = smoothed_targets(y, weights) if smoothed else y
    w = np.ones(len(y)) if weights is None else weights
    X = np.column_stack((log_sigmoid(s), softplus(s)))
    slopes, fit = min(
        (_fit_kept(X, t, w, kept) for kept in ([], [0], [1])),
        key=lambda pair: pair[1].loss if pair[0].min() >= 0.0 else np.inf,
    )
    if _more_would_help(X, t, w, slopes, fit.intercept):
        both = fit_logistic(X, t, w)
        # Convexity puts the optimum inside the quadrant now; rounding may not move it out.
        if both.slopes.min() >= 0.0:
            slopes, fit = both.slopes, both
    return Beta(float(slopes[0]), float(slopes[1]), fit.intercept, smoothed)


def _fit_kept(
    X: FloatArray, t: FloatArray, w: FloatArray, kept: list[int]
) -> tuple[FloatArray, LogisticFit]:
    """Fit with some of the two features; return both slopes, 0 for one left out, and the fit."""
    fit = fit_logistic(X[:, kept], t, w)
    slopes = np.zeros(2)
    slopes[kept] = fit.slopes
    return slopes, fit


def _more_would_help(
    X: FloatArray, t: FloatArray, w: FloatArray, slopes: FloatArray, intercept: float
) -> bool:
    """Tell whether raising a slope that is 0 lowers the loss (the Karush-Kuhn-Tucker condition)."""
    residual = sigmoid(X @ slopes + intercept) - t
    centred = X - (w @ X) / w.sum()
    size = np.abs(centred).max(axis=0)
    centred = centred / np.where(size > 0.0, size, 1.0)
    gradient = (w * residual) @ centred
    scale = np.sqrt(w.sum() * (w @ centred**2))
    return bool(np.any((slopes == 0.0) & (gradient < -1e-10 * scale)))


PLATT = Calibrator(
    "platt",
    "Platt",
    r"\frac{1}{1 + e^{a s + b}}",
    "Two numbers that stretch and shift the logit; good with few rows. The shift moves decisions.",
    fit_platt,
)
BETA = Calibrator(
    "beta",
    "beta",
    r"\sigma\left(a \ln p - b \ln(1 - p) + c\right)",
    "Three numbers; bends small and large probabilities apart, and can leave them as they are.",
    fit_beta,
)
