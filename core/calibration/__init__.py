"""Whether to believe a probability: curves, scores, bands, and calibrators that mend it."""

from core.calibration.bands import Band, consistency_band
from core.calibration.binned_error import (
    adaptive_calibration_error,
    debiased_calibration_error,
    expected_calibration_error,
    maximum_calibration_error,
    sweep_calibration_error,
)
from core.calibration.calibrators import CALIBRATORS, Calibrator, CrossFitted, Fitted, cross_fit
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
from core.calibration.slope import CalibrationSlope, calibration_slope
from core.calibration.smooth import SmoothCalibrationError, smooth_calibration_error

__all__ = [
    "BINNINGS",
    "CALIBRATORS",
    "SCORES",
    "Band",
    "CalibrationSlope",
    "Calibrator",
    "Cells",
    "CrossFitted",
    "Decomposition",
    "Fitted",
    "MurphyDecomposition",
    "ReliabilityCurve",
    "SmoothCalibrationError",
    "adaptive_calibration_error",
    "brier_score",
    "calibration_slope",
    "cells_of",
    "consistency_band",
    "cross_fit",
    "debiased_calibration_error",
    "expected_calibration_error",
    "log_loss",
    "maximum_calibration_error",
    "murphy_decomposition",
    "reliability_curve",
    "score_decomposition",
    "smooth_calibration_error",
    "sweep_calibration_error",
    "warm_up",
]
