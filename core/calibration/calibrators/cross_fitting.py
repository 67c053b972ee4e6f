"""Cross-fitting: every row is used to fit, and none is judged by a map that was fitted to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.base.arrays import FloatArray, IntArray, read_only
from core.base.errors import UserError
from core.calibration.calibrators.calibrator import Calibrator, Fitted, Parameter, as_logits
from core.predictions.forecasts import checked_labels, checked_weights


@dataclass(frozen=True, slots=True, eq=False)
class CrossFitted:
    """Maps fitted on all folds but one each; their probabilities are averaged.

    Parameters
    ----------
    members : tuple
        One fitted calibrator a fold.
    held_out : (n,) or (n, K) float64 array
        Probability of each fitting row by the one member that did not see it: what to judge by.
    folds : (n,) int64 array
        Which fold each row was in.
    """

    members: tuple[Fitted, ...]
    held_out: FloatArray
    folds: IntArray

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """The mean of each parameter over the members."""
        first = self.members[0].parameters
        return {
            name: Parameter(
                np.mean([np.asarray(m.parameters[name].value) for m in self.members], axis=0),
                f"{first[name].meaning} (mean over {len(self.members)} folds)",
            )
            for name in first
        }

    def probabilities(self, logits: ArrayLike) -> FloatArray:
        """Return the members' mean probability, in the shape of the logits, (n,) or (n, K)."""
        return averaged(self.members, logits)


def averaged(members: tuple[Fitted, ...], logits: ArrayLike) -> FloatArray:
    """Return the mean probability of several fitted calibrators at the same logits."""
    mean: FloatArray = np.mean([member.probabilities(logits) for member in members], axis=0)
    return mean


def cross_fit(
    calibrator: Calibrator,
    logits: ArrayLike,
    labels: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    folds: int = 5,
    seed: int = 0,
) -> CrossFitted:
    """Fit on all folds but one, in turn, and average the maps.

    So does scikit-learn's ``CalibratedClassifierCV(ensemble=True)``, where the classifier is
    already trained on other rows. Folds are stratified by class and drawn from the seed.

    Parameters
    ----------
    calibrator : Calibrator
        One of `CALIBRATORS`.
    logits : (n,) or (n, K) array
        Of rows that training never saw.
    labels : (n,) int array
        Classes 0..K-1.
    weights : (n,) array, optional
        How much each row counts.
    folds : int
        At least 2, at most n.
    seed : int
        Of the shuffle.

    Raises
    ------
    UserError
        If there are fewer than two folds or fewer rows than folds, or as `Calibrator.fit`.
    InputError
        As `Calibrator.fit`.
    """
    z = as_logits(logits)
    y = checked_labels(labels, 2 if z.ndim == 1 else z.shape[1])
    w = checked_weights(weights, len(y))
    if not 2 <= folds <= len(y):
        raise UserError(
            "The calibrator was not cross-fitted.",
            f"{len(y)} rows cannot be split into {folds} folds.",
            "Choose at least 2 folds, and no more than there are rows.",
        )
    fold = stratified_folds(y, folds, seed)
    held_out = np.empty(z.shape)
    members = []
    for k in range(folds):
        rest, here = fold != k, fold == k
        member = calibrator.fit(z[rest], y[rest], None if w is None else w[rest])
        held_out[here] = member.probabilities(z[here])
        members.append(member)
    return CrossFitted(tuple(members), read_only(held_out), fold)


def stratified_folds(labels: IntArray, folds: int, seed: int) -> IntArray:
    """Deal shuffled rows, class by class, to the folds in turn; return each row's fold, (n,)."""
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(len(labels))
    order = shuffled[np.argsort(labels[shuffled], kind="stable")]
    fold = np.empty(len(labels), dtype=np.int64)
    fold[order] = np.arange(len(labels)) % folds
    fold.flags.writeable = False
    return fold
