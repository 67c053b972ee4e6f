"""Reliability curves, calibration errors, proper scores, bands, tests and calibrators."""

from core.calibration.bands import (
    Band,
    consistency_band,
)
from core.calibration.calibration_error import (
    IntegratedCalibration,
    PointStatistics,
    adaptive_calibration_error,
    debiased_calibration_error,
    expected_calibration_error,
    integrated_calibration_index,
    maximum_calibration_error,
    point_statistics,
    sweep_calibration_error,
)
from core.calibration.calibrators import (
    CALIBRATORS,
    Calibrator,
    CrossFitted,
    Fitted,
    cross_fit,
)
from core.calibration.intervals import (
    INTERVALS,
    bars,
    frequency_interval,
)
from core.calibration.logistic_regression import (
    CalibrationSlope,
    calibration_slope,
)
from core.calibration.null_distribution import (
    STATISTICS,
    NullDistribution,
    simulate_null,
)
from core.calibration.pooled import (
    PooledForecast,
    pool_forecast,
)
from core.calibration.reliability import (
    BINNINGS,
    ReliabilityCurve,
    reliability_curve,
    reliability_curves,
)
from core.calibration.scores import (
    SCORES,
    Decomposition,
    MurphyDecomposition,
    brier_score,
    log_loss,
    murphy_decomposition,
    score_decomposition,
)
from core.calibration.significance import (
    CalibrationTest,
    kolmogorov_smirnov,
    kuiper,
    spiegelhalter,
)
from core.calibration.smoothing import (
    SmoothCalibrationError,
    smooth_calibration_error,
)

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
    "CrossFitted",
    "Decomposition",
    "Fitted",
    "IntegratedCalibration",
    "MurphyDecomposition",
    "NullDistribution",
    "PointStatistics",
    "PooledForecast",
    "ReliabilityCurve",
    "SmoothCalibrationError",
    "adaptive_calibration_error",
    "bars",
    "brier_score",
    "calibration_slope",
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
    "pool_forecast",
    "reliability_curve",
    "reliability_curves",
    "score_decomposition",
    "simulate_null",
    "smooth_calibration_error",
    "spiegelhalter",
    "sweep_calibration_error",
]
