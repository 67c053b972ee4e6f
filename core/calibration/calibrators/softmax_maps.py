"""Vector scaling and Dirichlet calibration: linear maps before a softmax.

They are fitted by Newton's method, whose linear systems are solved by conjugate gradients. Where
the Hessian is small enough to be written out, its inverse preconditions them: the logits of a
confident model are so collinear that hundreds of iterations would be needed otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.base.arrays import FloatArray, IntArray, read_only
from core.base.errors import UserError
from core.calibration.calibrators.calibrator import Calibrator, Parameter, as_logits, wrong_classes
from core.functions.softmax_family import categorical_cross_entropy, log_softmax, softmax

PULL = 1e-6  # towards the identity: decides only what the rows leave open
OFF_DIAGONAL = 1e-3  # ODIR: keeps Dirichlet's matrix near a diagonal one


@dataclass(frozen=True, slots=True, eq=False)
class VectorScaling:
    """Fitted vector scaling, softmax(w * z + b), one factor and one shift a class.

    Parameters
    ----------
    factors : (K,) float64 array
        w; 1 leaves a logit as it is.
    shifts : (K,) float64 array
        b; only their differences matter.
    """

    factors: FloatArray
    shifts: FloatArray

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """The parameters, with what they mean."""
        return {
            "factors": Parameter(self.factors, "Factor on each class's logit; 1 changes nothing."),
            "shifts": Parameter(self.shifts, "Shift of each class's logit; 0 changes nothing."),
        }

    def probabilities(self, logits: ArrayLike) -> FloatArray:
        """Return probabilities in the shape of the logits, (n,) or (n, K).

        Raises
        ------
        InputError
            If there is not one column a class, or a logit is NaN.
        """
        z = as_logits(logits)
        return _in_shape(z, class_columns(z, len(self.factors)) * self.factors + self.shifts)

    def positive(self, s: FloatArray) -> FloatArray:
        """Return the probability of class 1 at logits s, (n,)."""
        return self.probabilities(s)


@dataclass(frozen=True, slots=True, eq=False)
class Dirichlet:
    """Fitted Dirichlet calibration, softmax(W ln p + b).

    Parameters
    ----------
    matrix : (K, K) float64 array
        W; the identity leaves the probabilities as they are.
    shifts : (K,) float64 array
        b; only their differences matter.
    """

    matrix: FloatArray
    shifts: FloatArray

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """The parameters, with what they mean."""
        return {
            "matrix": Parameter(
                self.matrix,
                "How each class's log-probability (column) adds to each logit (row); "
                "the identity changes nothing.",
            ),
            "shifts": Parameter(self.shifts, "Shift of each class's logit; 0 changes nothing."),
        }

    def probabilities(self, logits: ArrayLike) -> FloatArray:
        """Return probabilities in the shape of the logits, (n,) or (n, K).

        Raises
        ------
        InputError
            If there is not one column a class, or a logit is NaN.
        """
        z = as_logits(logits)
        x = log_softmax(class_columns(z, len(self.shifts)), axis=1)
        return _in_shape(z, x @ self.matrix.T + self.shifts)

    def positive(self, s: FloatArray) -> FloatArray:
        """Return the probability of class 1 at logits s, (n,)."""
        return self.probabilities(s)


def class_columns(z: FloatArray, n_classes: int) -> FloatArray:
    """Return (n, K) logits; one logit s stands for the two columns -s/2 and s/2."""
    columns = np.column_stack((-0.5 * z, 0.5 * z)) if z.ndim == 1 else z
    if columns.shape[1] == 2:
        # Only the difference is known where a single logit was fitted.
        half = 0.5 * (columns[:, 1] - columns[:, 0])
        columns = np.column_stack((-half, half))
    if columns.shape[1] != n_classes:
        raise wrong_classes(n_classes, z)
    return columns


def fit_vector(z: FloatArray, labels: IntArray, weights: FloatArray | None = None) -> VectorScaling:
    """Fit a factor and a shift a class by maximum likelihood (Guo et al. 2017, section 4.2).

    Half of ``PULL`` times the squared distance from the identity is added to the mean log loss: it
    decides what rows leave open, and keeps the result finite where they are parted perfectly.
    """
    k = z.shape[1]
    eye = np.eye(k)
    fit = fit_softmax(z, labels, weights, SoftmaxPenalty(eye * PULL, PULL, eye > 0.0))
    return VectorScaling(read_only(fit[0].diagonal().copy()), read_only(fit[1]))


def fit_dirichlet(z: FloatArray, labels: IntArray, weights: FloatArray | None = None) -> Dirichlet:
    """Fit a matrix and a shift a class (Kull et al. 2019, section 3), regularised as ODIR there.

    Half of ``OFF_DIAGONAL`` times the mean square of the off-diagonal entries and of the shifts is
    added to the mean log loss, and half of ``PULL`` times the squared distance of the diagonal
    from 1, which keeps the result finite where rows are parted perfectly.
    """
    k = z.shape[1]
    diagonal = np.eye(k) > 0.0
    weight = np.where(diagonal, PULL, OFF_DIAGONAL / (k * (k - 1)))
    penalty = SoftmaxPenalty(weight, OFF_DIAGONAL / k, np.ones((k, k), dtype=np.bool_))
    matrix, shifts = fit_softmax(log_softmax(z, axis=1), labels, weights, penalty)
    return Dirichlet(read_only(matrix), read_only(shifts))


def _vector_two(s: FloatArray, y: FloatArray, weights: FloatArray | None = None) -> VectorScaling:
    """Fit vector scaling to one logit a row."""
    return fit_vector(class_columns(s, 2), y.astype(np.int64), weights)


def _dirichlet_two(s: FloatArray, y: FloatArray, weights: FloatArray | None = None) -> Dirichlet:
    """Fit Dirichlet calibration to one logit a row."""
    return fit_dirichlet(class_columns(s, 2), y.astype(np.int64), weights)


def _in_shape(z: FloatArray, calibrated: FloatArray) -> FloatArray:
    """Return softmax probabilities: of class 1 alone where one logit a row was given."""
    p = np.asarray(softmax(calibrated, axis=1))
    return p if z.ndim == 2 else np.ascontiguousarray(p[:, 1])


VECTOR = Calibrator(
    "vector",
    "vector scaling",
    r"\mathrm{softmax}(w \odot z + b)",
    "A factor and a shift a class; can mend classes that are said too often.",
    _vector_two,
    fit_vector,
)
DIRICHLET = Calibrator(
    "dirichlet",
    "Dirichlet",
    r"\mathrm{softmax}(W \ln p + b)",
    "A matrix that lets classes borrow from each other; needs many rows for many classes.",
    _dirichlet_two,
    fit_dirichlet,
)


_STEPS = 200
MOST_WORK = 2e9  # multiplications to write a Hessian out
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

        step = conjugate_gradients(curve, gradient, _inverse_hessian(p, X, w, cost, free))
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
    if n * float(size) ** 2 > MOST_WORK:
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


def conjugate_gradients(
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
