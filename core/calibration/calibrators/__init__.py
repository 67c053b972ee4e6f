"""Calibrators: maps from logits to better probabilities, fitted on rows training never saw."""

from core.base.registry import Registry
from core.calibration.calibrators.calibrator import Calibrator, Fitted, OneVsRest, Parameter
from core.calibration.calibrators.cross_fitting import CrossFitted, cross_fit
from core.calibration.calibrators.logistic_maps import BETA, PLATT, Beta, Platt
from core.calibration.calibrators.softmax_maps import DIRICHLET, VECTOR, Dirichlet, VectorScaling
from core.calibration.calibrators.stepwise_maps import HISTOGRAM, ISOTONIC, Histogram, Isotonic
from core.calibration.calibrators.temperature import TEMPERATURE, Temperature
from core.calibration.calibrators.venn_abers import VENN_ABERS, VennAbers

CALIBRATORS: Registry[Calibrator] = Registry(
    "calibrator",
    [PLATT, TEMPERATURE, ISOTONIC, BETA, HISTOGRAM, VENN_ABERS, VECTOR, DIRICHLET],
)

__all__ = [
    "CALIBRATORS",
    "Beta",
    "Calibrator",
    "CrossFitted",
    "Dirichlet",
    "Fitted",
    "Histogram",
    "Isotonic",
    "OneVsRest",
    "Parameter",
    "Platt",
    "Temperature",
    "VectorScaling",
    "VennAbers",
    "cross_fit",
]
