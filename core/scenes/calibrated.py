"""The calibrator that the experiment names, fitted on the validation part at a state."""

from __future__ import annotations

import functools
from typing import Protocol

import numpy as np

from core.data.dataset import VALIDATION, Floats
from core.heads import class_logits
from core.run import Run
from core.training import TrainState

NO_METHOD = "none"


class Calibrated(Protocol):
    """A fitted calibrator."""

    def probabilities(self, logits: Floats, /) -> Floats:
        """Return calibrated probabilities (n, K) of logits (n, K)."""


def calibrated_at(run: Run, state: TrainState) -> Calibrated | None:
    """Return the experiment's calibrator, fitted on the validation rows; None without one.

    Raises
    ------
    UserError
        Where the validation rows do not suffice.
    """
    method = run.experiment.calibration.method
    return None if method == NO_METHOD else _fitted(run, state, method)


def calibrated_probabilities(run: Run, state: TrainState, X: Floats) -> Floats | None:
    """Return calibrated probabilities (n, K) of rows X (n, n_inputs); None without a calibrator."""
    fitted = calibrated_at(run, state)
    return None if fitted is None else fitted.probabilities(class_logits(run.logits(state, X)))


@functools.lru_cache(maxsize=2)
def _fitted(run: Run, state: TrainState, method: str) -> Calibrated:
    from core.calibration.calibrators import CALIBRATORS

    X, y, _ = run.prepared.part(VALIDATION)
    logits = class_logits(run.logits(state, X))
    fitted: Calibrated = CALIBRATORS[method].fit(np.ascontiguousarray(logits), y)
    return fitted
