"""The loops over rows that numba compiles; `core.training.engines` has them compiled early."""

from __future__ import annotations

from core.calibration.binning import count_rows
from core.calibration.null_distribution import mean_deviations
from core.calibration.scores import score_rows

LOOPS = (count_rows, score_rows, mean_deviations)
