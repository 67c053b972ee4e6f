"""Vector scaling and Dirichlet calibration: linear maps before a softmax."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.base.arrays import FloatArray, IntArray, frozen
from core.calibration.calibrators.record import Calibrator, Parameter, as_logits, wrong_classes
from core.calibration.calibrators.softmax_regression import SoftmaxPenalty, fit_softmax
from core.functions.softmax_family import log_softmax, softmax

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
    return VectorScaling(frozen(fit[0].diagonal().copy()), frozen(fit[1]))


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
    return Dirichlet(frozen(matrix), frozen(shifts))


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
