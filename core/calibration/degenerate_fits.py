"""Fits that have run to the end of their range: nothing to believe, however small the error."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.base.errors import UserError
from core.base.memo import remembered
from core.calibration.calibration_knobs import CalibrationChoices
from core.calibration.calibrators import CALIBRATORS
from core.calibration.calibrators.temperature import Temperature
from core.calibration.recalibration import (
    NO_METHOD,
    fit_calibrator,
    fitting_logits,
    fitting_split,
    is_manual,
)
from core.predictions.predictions import Predictions

CERTAIN = 1e-6  # what is left to all other classes
ALIKE = 1e-9
MOST_ROWS = 4_000


def degenerate_fit(predictions: Predictions, choices: CalibrationChoices) -> str:
    """Say why a calibrator's fit is degenerate; empty where it is not, or is none.

    A temperature of 0 or infinity is. So is any map that is certain of every row that it was fitted
    on, or says the same of each although their logits differ: its parameters have run to the end
    of their range.
    """
    if choices.method == NO_METHOD or is_manual(choices, predictions.n_classes):
        return ""
    try:
        # settings that only affect drawing are reset to keep them out of the memo's key
        plain = replace(choices, bins=1, binning="width", compared=(), base_rate=0.0)
        return _degenerate_fit(predictions, plain)
    except UserError:
        return ""


@remembered(most=16)
def _degenerate_fit(predictions: Predictions, choices: CalibrationChoices) -> str:
    fitted, label = fit_calibrator(predictions, choices), CALIBRATORS[choices.method].label
    split = fitting_split(choices)
    if isinstance(fitted, Temperature):
        if fitted.temperature == 0.0:
            return (
                f"Degenerate: every {split} row is on the right side, so that the fitted "
                "temperature is 0 and every probability 0 or 1."
            )
        if np.isinf(fitted.temperature):
            return (
                f"Degenerate: on the {split} rows the logits mislead, so that the fitted "
                "temperature is infinite and every class equally probable."
            )
    logits = fitting_logits(predictions, choices)
    logits = logits[:: -(-len(logits) // MOST_ROWS) or 1]
    p = fitted.probabilities(np.ascontiguousarray(logits))
    if not p.size:
        return ""
    if (p.max(axis=1) >= 1.0 - CERTAIN).all():
        return f"Degenerate: the fit of {label} is certain of every {split} row it was fitted on."
    if (np.ptp(p, axis=0) <= ALIKE).all() and np.ptp(logits, axis=0).any():
        return f"Degenerate: the fit of {label} says the same of every {split} row."
    return ""
