"""Softmax regression by Newton's method, its linear systems solved by conjugate gradients.

Where the Hessian is small enough to be written out, its inverse preconditions them: logits of a
sure model are so alike that they would take hundreds of rounds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.base.arrays import FloatArray, IntArray
from core.base.errors import UserError
from core.functions.softmax_family import categorical_cross_entropy, softmax

_STEPS = 200
_MOST_WORK = 2e9  # multiplications to write a Hessian out
_RIDGE = 1e-11  # of its largest entry, along which it may be flat
_LARGEST = 1e100  # whose square is finite by far


@dataclass(frozen=True, slots=True, eq=False)
class SoftmaxPenalty:
    """What is added to the mean log loss, and which entries are free.

    Parameters
    ----------
    matrix : (K, K) float64 array
        Half of this times the squared distance of W from the identity.
    shift : float
        Half of this times the squared length of b.
    free : (K, K) bool array
        Which entries of W may leave the identity.
    """

    matrix: FloatArray
    shift: float
    free: NDArray[np.bool_]


def fit_softmax(
    X: FloatArray, labels: IntArray, weights: FloatArray | None, penalty: SoftmaxPenalty
) -> tuple[FloatArray, FloatArray]:
    """Minimise the penalised mean log loss of softmax(X W^T + b); return W (K, K) and b (K,).

    The loss is strictly convex where every free entry is penalised, so that the optimum is the one.
    """
    n, k = X.shape
    w = np.full(n, 1.0 / n) if weights is None else weights / weights.sum()
    # With logits of size 1 the linear systems are well conditioned; W is then larger by the scale.
    scale = float(np.abs(X).max())
    if scale > _LARGEST:
        raise UserError(
            "The calibrator was not fitted.", f"A logit is {scale:.0e}.", "Leave such rows out."
        )
    scale = scale if scale > 1.0 / _LARGEST else 1.0  # what is smaller is as good as 0
    X = X / scale
    goal = scale * np.eye(k, k + 1)
    cost = np.column_stack((penalty.matrix / scale**2, np.full(k, penalty.shift)))
    free = np.column_stack((penalty.free, np.ones(k, dtype=np.bool_)))
    truth = np.eye(k)[labels]
    theta = np.zeros((k, k + 1))  # W, then b; at 0 the loss is curved whatever the logits

    def logits(theta: FloatArray) -> FloatArray:
        return X @ theta[:, :k].T + theta[:, k]

    def value(theta: FloatArray) -> float:
        loss = w @ categorical_cross_entropy(logits(theta), labels)
        return float(loss + 0.5 * (cost * (theta - goal) ** 2).sum())

    def pull_back(residual: FloatArray, pulled: FloatArray) -> FloatArray:
        r = residual * w[:, None]
        return np.where(free, np.column_stack((r.T @ X, r.sum(axis=0))) + cost * pulled, 0.0)

    loss = value(theta)
    for _ in range(_STEPS):
        p = softmax(logits(theta), axis=1)
        gradient = pull_back(p - truth, theta - goal)

        def curve(v: FloatArray, p: FloatArray = p) -> FloatArray:
            d = p * (X @ v[:, :k].T + v[:, k])
            return pull_back(d - p * d.sum(axis=1, keepdims=True), v)

        step = _conjugate_gradients(curve, gradient, _inverse_hessian(p, X, w, cost, free))
        decrement = float((gradient * step).sum())
        if decrement <= 1e-22:
            break
        trial, new = _search(value, theta, step, loss, decrement)
        if new > loss * (1.0 + 1e-14):
            break  # rounding hides any further descent
        theta, loss = trial, new
    return theta[:, :k] / scale, theta[:, k]


def _search(
    value: Callable[[FloatArray], float],
    theta: FloatArray,
    step: FloatArray,
    loss: float,
    decrement: float,
) -> tuple[FloatArray, float]:
    """Halve the step until the loss falls enough; return the new place and its loss."""
    size = 1.0
    while True:
        trial = theta - size * step
        new = value(trial)
        if new <= loss - 1e-4 * size * decrement + 1e-15 * loss or size < 1e-10:
            return trial, new
        size *= 0.5


def _inverse_hessian(
    p: FloatArray, X: FloatArray, w: FloatArray, cost: FloatArray, free: NDArray[np.bool_]
) -> Callable[[FloatArray], FloatArray]:
    """Return what nearly multiplies by the inverse Hessian; the identity where that is too large.

    With x' the row and a one, the Hessian is the mean of (diag(p) - p p^T) times x' x'^T
    (Boehning 1992), and the penalty; entries that are not free stay where they are.
    """
    n, k = X.shape
    size = k * (k + 1)
    if n * float(size) ** 2 > _MOST_WORK:
        return lambda residual: residual
    rows = np.column_stack((X, np.ones(n)))
    outer = (p[:, :, None] * rows[:, None, :]).reshape(n, size)
    hessian = -(outer.T * w) @ outer
    for j in range(k):
        block = slice(j * (k + 1), (j + 1) * (k + 1))
        hessian[block, block] += (rows.T * (w * p[:, j])) @ rows
    hessian[np.diag_indices(size)] += cost.ravel() + _RIDGE * np.abs(hessian).max()
    held = ~free.ravel()
    hessian[held, :] = hessian[:, held] = 0.0
    hessian[held, held] = 1.0
    try:
        inverse = np.linalg.inv(hessian)
    except np.linalg.LinAlgError:
        return lambda residual: residual
    inverse = (inverse + inverse.T) / 2.0
    return lambda residual: (inverse @ residual.ravel()).reshape(residual.shape)


def _conjugate_gradients(
    curve: Callable[[FloatArray], FloatArray],
    gradient: FloatArray,
    precondition: Callable[[FloatArray], FloatArray],
) -> FloatArray:
    """Solve curve(step) = gradient for a positive definite ``curve`` (Hestenes & Stiefel 1952)."""
    step = np.zeros_like(gradient)
    residual = gradient.copy()
    eased = direction = precondition(residual)
    size = float((residual * eased).sum())
    goal = float((residual**2).sum()) * 1e-20
    for _ in range(4 * gradient.size):
        if float((residual**2).sum()) <= goal or size <= 0.0:
            break
        bent = curve(direction)
        length = size / float((direction * bent).sum())
        step = step + length * direction
        residual = residual - length * bent
        eased = precondition(residual)
        size, last = float((residual * eased).sum()), size
        direction = eased + (size / last) * direction
    return step
