"""Whether to believe a probability: curves, scores, bands, and calibrators that mend it."""

from core.calibration.bands import Band, consistency_band
from core.calibration.binned_error import (
    adaptive_calibration_error,
    debiased_calibration_error,
    expected_calibration_error,
    maximum_calibration_error,
    sweep_calibration_error,
)
from core.calibration.cells import Cells, cells_of
from core.calibration.compiling import warm_up
from core.calibration.reliability import BINNINGS, ReliabilityCurve, reliability_curve
from core.calibration.scores import (
    SCORES,
    Decomposition,
    MurphyDecomposition,
    brier_score,
    log_loss,
    murphy_decomposition,
    score_decomposition,
)

__all__ = [
    "BINNINGS",
    "SCORES",
    "Band",
    "Cells",
    "Decomposition",
    "MurphyDecomposition",
    "ReliabilityCurve",
    "adaptive_calibration_error",
    "brier_score",
    "cells_of",
    "consistency_band",
    "debiased_calibration_error",
    "expected_calibration_error",
    "log_loss",
    "maximum_calibration_error",
    "murphy_decomposition",
    "reliability_curve",
    "score_decomposition",
    "sweep_calibration_error",
    "warm_up",
]
