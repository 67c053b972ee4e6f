"""One map a class against the rest, divided by their sum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.base.arrays import FloatArray, IntArray, frozen
from core.calibration.calibrators.record import (
    BinaryFitted,
    FitBinary,
    Parameter,
    as_logits,
    wrong_classes,
)
from core.functions.softmax_family import logsumexp


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
                frozen([float(np.asarray(m.parameters[name].value)) for m in self.members]),
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
