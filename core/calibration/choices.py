"""What a user can choose of calibration: a calibrator or none, its rows, how bars are binned."""

from __future__ import annotations

from core.base.registry import Choice, Registry
from core.calibration.calibrators import CALIBRATORS

NO_CALIBRATOR = Choice("none", "none")
METHODS: Registry[Choice] = Registry(
    "calibrator",
    [NO_CALIBRATOR, *(Choice(name, record.label) for name, record in CALIBRATORS.items())],
)
FITTING_ROWS: Registry[Choice] = Registry(
    "choice of fitting rows",
    [
        Choice("validation", "validation"),
        Choice("cross_fitted", "validation, cross-fitted"),
        Choice("train", "train (leaks)"),
        Choice("test", "test (leaks)"),
    ],
)
BINNINGS: Registry[Choice] = Registry(
    "binning", [Choice("width", "equal width"), Choice("mass", "equal mass")]
)
