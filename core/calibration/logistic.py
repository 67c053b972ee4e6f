"""Logistic regression by Newton's method: for Platt scaling, beta, and the calibration slope."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.base.arrays import FloatArray, chunks
from core.functions.sigmoid_family import binary_cross_entropy, sigmoid, sigmoid_slope

_STEPS = 100


@dataclass(frozen=True, slots=True, eq=False)
class LogisticFit:
    """The optimum of a logistic regression.

    Parameters
    ----------
    slopes : (d,) float64 array
        One a feature; 0 for a feature that does not vary.
    intercept : float
        Of the linear predictor, without the offset.
    loss : float
        Mean cross-entropy at the optimum, in nats.
    """

    slopes: FloatArray
    intercept: float
    loss: float


def fit_logistic(
    features: FloatArray,
    targets: FloatArray,
    weights: FloatArray | None = None,
    offset: FloatArray | float = 0.0,
) -> LogisticFit:
    """Minimise the mean cross-entropy of sigmoid(offset + features @ slopes + intercept).

    The caller sees to it that an optimum exists: no hyperplane may part targets of 0 from those
    of 1. Features are standardised while the steps are taken, so that no scale is too large.

    Parameters
    ----------
    features : (n, d) array
        d may be 0.
    targets : (n,) array
        In [0, 1].
    weights : (n,) array, optional
        How much each row counts.
    offset : (n,) array or float
        A part of the linear predictor that is given.

    References
    ----------
    Lin, Lin & Weng (2007), "A note on Platt's probabilistic outputs for support vector machines",
    section 3: Newton's method with backtracking.
    """
    w = np.full(len(targets), 1.0 / len(targets)) if weights is None else weights / weights.sum()
    # A power of two changes no digit, and keeps the squares of any features finite.
    scale = np.ldexp(1.0, np.frexp(np.abs(features).max(axis=0, initial=0.0))[1])
    features = features / scale
    centre = np.einsum("i,ij->j", w, features)
    spread = np.sqrt(np.einsum("i,ij->j", w, (features - centre) ** 2))
    # A feature that is constant up to rounding has no slope.
    spread = np.where(spread > 1e-12 * np.abs(centre), spread, np.inf)
    X = np.column_stack(((features - centre) / spread, np.ones(len(targets))))
    theta, loss = _newton(X, targets, w, np.broadcast_to(offset, len(targets)))
    slopes = theta[:-1] / spread
    return LogisticFit(slopes / scale, float(theta[-1] - slopes @ centre), loss)


def separated(scores: FloatArray, outcomes: FloatArray) -> bool:
    """Tell whether a threshold on rising scores parts the outcomes 0 from 1; ties may touch it.

    Then, and if only one class occurs, the likelihood has no finite maximum.
    """
    yes = outcomes > 0.5
    if yes.all() or not yes.any():
        return True
    return bool(scores[~yes].max() <= scores[yes].min())


def _newton(
    X: FloatArray, t: FloatArray, w: FloatArray, offset: FloatArray
) -> tuple[FloatArray, float]:
    """Return the minimiser of the mean cross-entropy, and its value."""
    theta = np.zeros(X.shape[1])
    loss, gradient, hessian = _entropy(theta, X, t, w, offset)
    for _ in range(_STEPS):
        step = np.linalg.lstsq(hessian, gradient, rcond=1e-14)[0]
        decrement = float(gradient @ step)
        if decrement <= 1e-26:
            break
        size = 1.0
        while True:
            trial = theta - size * step
            new, gradient, hessian = _entropy(trial, X, t, w, offset)
            if new <= loss - 1e-4 * size * decrement + 1e-15 * loss or size < 1e-10:
                break
            size *= 0.5
        theta, loss = trial, new
    return theta, loss


def _entropy(
    theta: FloatArray, X: FloatArray, t: FloatArray, w: FloatArray, offset: FloatArray
) -> tuple[float, FloatArray, FloatArray]:
    """Return the mean cross-entropy, its gradient (d,) and its Hessian (d, d)."""
    loss, gradient, hessian = 0.0, np.zeros(len(theta)), np.zeros((len(theta), len(theta)))
    for rows in chunks(len(t)):
        x, target, weight = X[rows], t[rows], w[rows]
        # einsum, because products with so few columns are not worth a library's threads
        z = np.einsum("ij,j->i", x, theta) + offset[rows]
        loss += float(weight @ binary_cross_entropy(z, target))
        gradient += np.einsum("ij,i->j", x, weight * (sigmoid(z) - target))
        hessian += (x * (weight * sigmoid_slope(z))[:, None]).T @ x
    return loss, gradient, hessian
