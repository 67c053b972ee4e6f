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
from core.calibration.chance import Chance, chance
from core.calibration.compiling import warm_up
from core.calibration.integrated import IntegratedError, integrated_calibration_index
from core.calibration.intervals import INTERVALS, bars, frequency_interval
from core.calibration.murphy import MurphyDecomposition, murphy_decomposition
from core.calibration.point import PointStatistics, point_statistics
from core.calibration.reliability import (
    BINNINGS,
    ReliabilityCurve,
    reliability_curve,
    reliability_curves,
)
from core.calibration.scores import (
    SCORES,
    Decomposition,
    brier_score,
    log_loss,
    score_decomposition,
)
from core.calibration.significance import (
    CalibrationTest,
    kolmogorov_smirnov,
    kuiper,
    spiegelhalter,
)
from core.calibration.slope import CalibrationSlope, calibration_slope
from core.calibration.smooth import SmoothCalibrationError, smooth_calibration_error
from core.calibration.statistics import STATISTICS

__all__ = [
    "BINNINGS",
    "CALIBRATORS",
    "INTERVALS",
    "SCORES",
    "STATISTICS",
    "Band",
    "CalibrationSlope",
    "CalibrationTest",
    "Calibrator",
    "Cells",
    "Chance",
    "CrossFitted",
    "Decomposition",
    "Fitted",
    "IntegratedError",
    "MurphyDecomposition",
    "PointStatistics",
    "ReliabilityCurve",
    "SmoothCalibrationError",
    "adaptive_calibration_error",
    "bars",
    "brier_score",
    "calibration_slope",
    "cells_of",
    "chance",
    "consistency_band",
    "cross_fit",
    "debiased_calibration_error",
    "expected_calibration_error",
    "frequency_interval",
    "integrated_calibration_index",
    "kolmogorov_smirnov",
    "kuiper",
    "log_loss",
    "maximum_calibration_error",
    "murphy_decomposition",
    "point_statistics",
    "reliability_curve",
    "reliability_curves",
    "score_decomposition",
    "smooth_calibration_error",
    "spiegelhalter",
    "sweep_calibration_error",
    "warm_up",
]
