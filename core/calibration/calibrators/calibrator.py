"""What a calibrator is: fitted to logits and labels, it maps logits to probabilities.

Two classes have one logit a row, (n,), of class 1; two columns are taken as their difference. With
K > 2 columns a calibrator either has a form of its own for classes, or fits one map a class against
the rest and divides by their sum.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from core.base.arrays import FloatArray, IntArray, read_only
from core.base.errors import InputError, UserError
from core.functions.sigmoid_family import sigmoid
from core.functions.softmax_family import logsumexp
from core.predictions.forecasts import as_class_rows, checked_labels, checked_weights


@dataclass(frozen=True, slots=True, eq=False)
class Parameter:
    """A fitted number and what it says.

    Parameters
    ----------
    value : float or array
        The number, or one a class.
    meaning : str
        One sentence for the user.
    """

    value: float | FloatArray
    meaning: str


class Fitted(Protocol):
    """A fitted calibrator."""

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """The fitted parameters by name, with what they mean."""

    def probabilities(self, logits: ArrayLike) -> FloatArray:
        """Return calibrated probabilities, in the shape of the logits: (n,) or (n, K)."""


class BinaryMap:
    """A fitted map from one logit to the probability of class 1."""

    __slots__ = ()

    def positive(self, s: FloatArray) -> FloatArray:
        """Return the probability of class 1 at logits s, (n,)."""
        raise NotImplementedError

    def negative(self, s: FloatArray) -> FloatArray:
        """Return the probability of class 0 at logits s, (n,)."""
        return 1.0 - self.positive(s)

    def probabilities(self, logits: ArrayLike) -> FloatArray:
        """Return probabilities: (n,) of class 1 from (n,) logits, (n, 2) from two columns.

        Raises
        ------
        InputError
            If the logits have another shape, or one is NaN.
        """
        z = as_logits(logits)
        if z.ndim == 1:
            return self.positive(z)
        if z.shape[1] != 2:
            raise wrong_classes(2, z)
        s = z[:, 1] - z[:, 0]
        return np.column_stack((self.negative(s), self.positive(s)))


class LogisticMap(BinaryMap):
    """A fitted map whose outcome is again a logit."""

    __slots__ = ()

    def calibrated_logit(self, s: FloatArray) -> FloatArray:
        """Return the calibrated logit at logits s, (n,)."""
        raise NotImplementedError

    def positive(self, s: FloatArray) -> FloatArray:
        """Return the probability of class 1 at logits s, (n,)."""
        with np.errstate(over="ignore"):  # an infinite logit is a probability of 0 or 1
            return sigmoid(self.calibrated_logit(s))

    def negative(self, s: FloatArray) -> FloatArray:
        """Return the probability of class 0, exact also where it is tiny."""
        with np.errstate(over="ignore"):
            return sigmoid(-self.calibrated_logit(s))


FitBinary = Callable[[FloatArray, FloatArray, FloatArray | None], "BinaryFitted"]
FitClasses = Callable[[FloatArray, IntArray, FloatArray | None], Fitted]


class BinaryFitted(Fitted, Protocol):
    """A fitted calibrator of two classes."""

    def positive(self, s: FloatArray) -> FloatArray:
        """Return the probability of class 1 at logits s, (n,)."""


@dataclass(frozen=True, slots=True)
class Calibrator:
    """A way to turn logits into better probabilities.

    Parameters
    ----------
    name, label : str
        Its key, and what the user reads.
    formula : str
        LaTeX; s is the logit of class 1, z the logits of all classes.
    help : str
        What it is good for, in one or two sentences.
    fit_binary : callable
        ``fit_binary(s, y, weights)`` with (n,) logits and (n,) outcomes 0.0 or 1.0.
    fit_classes : callable or None
        ``fit_classes(z, labels, weights)`` with (n, K) logits, K > 2; None means one map a class.
    """

    name: str
    label: str
    formula: str
    help: str
    fit_binary: FitBinary
    fit_classes: FitClasses | None = None

    def fit(self, logits: ArrayLike, labels: ArrayLike, weights: ArrayLike | None = None) -> Fitted:
        """Fit to held-out rows that training never saw.

        Parameters
        ----------
        logits : (n,) or (n, K) array
            Of class 1, or of every class; finite.
        labels : (n,) int array
            Classes 0..K-1.
        weights : (n,) array, optional
            How much each row counts; rows of weight 0 are left out.

        Returns
        -------
        Fitted
            Frozen, with `probabilities`, `parameters`, and the parameters by name.

        Raises
        ------
        UserError
            If there are no rows, or a logit is infinite.
        InputError
            If shapes disagree, a logit is NaN, a label is no class or a weight is impossible.
        """
        z, y, w = self._checked(logits, labels, weights)
        if z.ndim == 2 and z.shape[1] == 2:
            z = z[:, 1] - z[:, 0]
        if z.ndim == 1:
            return self.fit_binary(z, y.astype(np.float64), w)
        if self.fit_classes is not None:
            return self.fit_classes(z, y, w)

        return fit_one_vs_rest(self.fit_binary, z, y, w)

    def _checked(
        self, logits: ArrayLike, labels: ArrayLike, weights: ArrayLike | None
    ) -> tuple[FloatArray, IntArray, FloatArray | None]:
        """Return logits, labels and weights that can be fitted."""
        z = as_logits(logits)
        y = checked_labels(labels, 2 if z.ndim == 1 else z.shape[1])
        if len(z) != len(y):
            raise InputError(f"The labels, {len(y)}, do not fit {len(z)} rows of logits.")
        w = checked_weights(weights, len(y))
        if w is not None:
            z, y, w = z[w > 0.0], y[w > 0.0], w[w > 0.0]
        what = f"The calibrator {self.label} was not fitted."
        if not len(y):
            raise UserError(what, "There are no rows to fit it on.", "Set rows aside for it.")
        if np.isinf(z).any():
            raise UserError(
                what,
                "A logit is infinite: a probability of exactly 0 or 1.",
                "Leave such rows out.",
            )
        return z, y, w


def as_logits(logits: ArrayLike) -> FloatArray:
    """Return (n,) or (n, K) float64 logits.

    Raises
    ------
    InputError
        If they have another shape, fewer than two columns, or one is NaN.
    """
    z = as_class_rows(logits, "logits")
    if np.isnan(z).any():
        raise InputError("The logits must be numbers; one is NaN.")
    return z


def wrong_classes(n_classes: int, logits: FloatArray) -> InputError:
    """Return the error of logits of another number of classes than was fitted on."""
    return InputError(
        f"The logits have the shape {logits.shape}.",
        f"The calibrator was fitted on {n_classes} classes.",
    )


@dataclass(frozen=True, slots=True, eq=False)
class OneVsRest:
    """A fitted map for each class, renormalised (Zadrozny & Elkan 2002, section 3.2).

    Parameters
    ----------
    members : tuple
        One fitted map a class, on the logit of that class against the rest.
    """

    members: tuple[BinaryFitted, ...]

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """Each parameter of the maps, one value a class."""
        first = self.members[0].parameters
        return {
            name: Parameter(
                read_only([float(np.asarray(m.parameters[name].value)) for m in self.members]),
                first[name].meaning,
            )
            for name in first
        }

    def probabilities(self, logits: ArrayLike) -> FloatArray:
        """Return (n, K) probabilities; a row whose maps all say 0 is shared evenly.

        Raises
        ------
        InputError
            If there is not one column a class, or a logit is NaN.
        """
        z = as_logits(logits)
        if z.ndim != 2 or z.shape[1] != len(self.members):
            raise wrong_classes(len(self.members), z)
        s = against_the_rest(z)
        p = np.column_stack([m.positive(s[:, k]) for k, m in enumerate(self.members)])
        total = p.sum(axis=1, keepdims=True)
        # Tiny sums are scaled up first, so that the division stays accurate.
        p = np.where(total > 0.0, p, 1.0)
        p = p / p.max(axis=1, keepdims=True)
        result: FloatArray = p / p.sum(axis=1, keepdims=True)
        return result


def fit_one_vs_rest(
    fit: FitBinary, z: FloatArray, labels: IntArray, weights: FloatArray | None
) -> OneVsRest:
    """Fit a separate map for each class of (n, K) logits."""
    s = against_the_rest(z)
    return OneVsRest(
        tuple(fit(s[:, k], (labels == k).astype(np.float64), weights) for k in range(z.shape[1]))
    )


def against_the_rest(z: FloatArray) -> FloatArray:
    """Return the logit of each class against all others, ln p_k / (1 - p_k), (n, K)."""
    columns = [z[:, k] - logsumexp(np.delete(z, k, axis=1), axis=1) for k in range(z.shape[1])]
    return np.ascontiguousarray(np.column_stack(columns))
