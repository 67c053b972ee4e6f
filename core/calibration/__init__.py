"""Reliability curves, calibration errors, proper scores, bands, tests and calibrators.

A file is imported when one of its names is first used: importing all of them would slow the start,
which needs few.
"""

from importlib import import_module
from typing import Any

_NAMES = {
    "bands": (
        "Band",
        "consistency_band",
    ),
    "calibration_error": (
        "adaptive_calibration_error",
        "debiased_calibration_error",
        "expected_calibration_error",
        "maximum_calibration_error",
        "sweep_calibration_error",
        "IntegratedCalibration",
        "integrated_calibration_index",
        "PointStatistics",
        "point_statistics",
    ),
    "calibrators": (
        "CALIBRATORS",
        "Calibrator",
        "CrossFitted",
        "Fitted",
        "cross_fit",
    ),
    "pooled": (
        "PooledForecast",
        "pool_forecast",
    ),
    "intervals": (
        "INTERVALS",
        "bars",
        "frequency_interval",
    ),
    "scores": (
        "MurphyDecomposition",
        "murphy_decomposition",
        "SCORES",
        "Decomposition",
        "brier_score",
        "log_loss",
        "score_decomposition",
    ),
    "null_distribution": (
        "NullDistribution",
        "simulate_null",
        "STATISTICS",
    ),
    "reliability": (
        "BINNINGS",
        "ReliabilityCurve",
        "reliability_curve",
        "reliability_curves",
    ),
    "significance": (
        "CalibrationTest",
        "kolmogorov_smirnov",
        "kuiper",
        "spiegelhalter",
    ),
    "logistic_regression": (
        "CalibrationSlope",
        "calibration_slope",
    ),
    "smoothing": (
        "SmoothCalibrationError",
        "smooth_calibration_error",
    ),
}
_FILES = {name: file for file, names in _NAMES.items() for name in names}
__all__ = list(_FILES)


def __getattr__(name: str) -> Any:
    if name not in _FILES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_FILES[name]}"), name)
