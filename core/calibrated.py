"""The model with a calibrator behind it: fitted on rows that training never saw."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from core.calibration.calibrators import CALIBRATORS
from core.heads import binary_logit
from core.run import Run
from core.training import TrainState
from core.view import SPLITS


class FittedCalibrator(Protocol):
    """A map from logits to better probabilities."""

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Return (n,) probabilities of class 1 for (n,) logits, or (n, K) for (n, K)."""


def scores(run: Run, state: TrainState, X: np.ndarray) -> np.ndarray:
    """Return what calibrators take: the (n,) logit of class 1, or (n, K) logits of more classes."""
    logits = run.logits(state, X)
    return binary_logit(logits) if run.architecture.n_classes == 2 else logits


def fit_calibrator(run: Run, state: TrainState, method: str, split: str) -> FittedCalibrator:
    """Fit a calibrator on one part of the rows.

    Raises
    ------
    UserError
        Where the part cannot be fitted, for instance because it holds one class only.
    """
    X, y, _ = run.prepared.part(SPLITS.index(split))
    fitted: FittedCalibrator = CALIBRATORS[method].fit(scores(run, state, X), y)
    return fitted


def fit_on_validation(run: Run, state: TrainState, method: str) -> FittedCalibrator:
    """Fit a calibrator where it should be fitted: on the validation part."""
    return fit_calibrator(run, state, method, "validation")


def calibrated_probabilities(
    run: Run, state: TrainState, fitted: FittedCalibrator, X: np.ndarray
) -> np.ndarray:
    """Return the (n, K) calibrated probabilities of prepared rows X (n, n_inputs)."""
    p = fitted.probabilities(scores(run, state, X))
    return np.column_stack((1.0 - p, p)) if p.ndim == 1 else p
