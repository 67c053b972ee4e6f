"""Whether to believe a probability: curves, scores, bands, and calibrators that mend it.

A start needs few of the rooms: each is entered when one of its names is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.calibration.bands import Band, consistency_band
    from core.calibration.binned_error import (
        adaptive_calibration_error,
        debiased_calibration_error,
        expected_calibration_error,
        maximum_calibration_error,
        sweep_calibration_error,
    )
    from core.calibration.calibrators import CALIBRATORS, Calibrator, CrossFitted, Fitted
    from core.calibration.calibrators.cross_fit import cross_fit
    from core.calibration.cells import Cells, cells_of
    from core.calibration.compiling import warm_up
    from core.calibration.integrated import IntegratedError, integrated_calibration_index
    from core.calibration.intervals import INTERVALS, bars, frequency_interval
    from core.calibration.murphy import MurphyDecomposition, murphy_decomposition
    from core.calibration.null_distribution import Chance, chance
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

_EXPORTS = {
    "bands": ("Band", "consistency_band"),
    "binned_error": (
        "adaptive_calibration_error",
        "debiased_calibration_error",
        "expected_calibration_error",
        "maximum_calibration_error",
        "sweep_calibration_error",
    ),
    "calibrators": ("CALIBRATORS", "Calibrator", "CrossFitted", "Fitted", "cross_fit"),
    "cells": ("Cells", "cells_of"),
    "null_distribution": ("Chance", "chance"),
    "compiling": ("warm_up",),
    "integrated": ("IntegratedError", "integrated_calibration_index"),
    "intervals": ("INTERVALS", "bars", "frequency_interval"),
    "murphy": ("MurphyDecomposition", "murphy_decomposition"),
    "point": ("PointStatistics", "point_statistics"),
    "reliability": ("BINNINGS", "ReliabilityCurve", "reliability_curve", "reliability_curves"),
    "scores": ("SCORES", "Decomposition", "brier_score", "log_loss", "score_decomposition"),
    "significance": ("CalibrationTest", "kolmogorov_smirnov", "kuiper", "spiegelhalter"),
    "slope": ("CalibrationSlope", "calibration_slope"),
    "smooth": ("SmoothCalibrationError", "smooth_calibration_error"),
    "statistics": ("STATISTICS",),
}
_ROOMS = {name: room for room, names in _EXPORTS.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
    globals()[name] = value
    return value


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
