"""The figures of a model at one glance: its curve, and the errors and scores read beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.calibration.binned_error import gap
from core.calibration.binning import count
from core.calibration.inputs import View, one_forecast
from core.calibration.reliability import ReliabilityCurve, binned_curve
from core.calibration.scores import brier_score, log_loss, mean_scores


@dataclass(frozen=True, slots=True, eq=False)
class PointStatistics:
    """A reliability curve in bins of equal width, and the figures that need no more than a pass.

    Parameters
    ----------
    curve : ReliabilityCurve
        See `reliability_curve`.
    expected_error, maximum_error : float
        See `expected_calibration_error` and `maximum_calibration_error`.
    brier, log_loss : float
        See `brier_score` and `log_loss`.
    """

    curve: ReliabilityCurve
    expected_error: float
    maximum_error: float
    brier: float
    log_loss: float


def point_statistics(
    labels: ArrayLike,
    probabilities: ArrayLike,
    bins: int = 15,
    *,
    weights: ArrayLike | None = None,
    view: View = None,
) -> PointStatistics:
    """Return curve, ECE, MCE, Brier score and log loss, checking and counting the rows only once.

    Each is what the function of its name gives; parameters and errors are those of
    `reliability_curve`. Brier score and log loss are of the class probabilities whatever the view.

    Examples
    --------
    >>> found = point_statistics([0, 1, 1, 1], [0.3, 0.3, 0.6, 0.9], bins=10)
    >>> round(found.expected_error, 6), round(found.maximum_error, 6), round(found.brier, 6)
    (0.225, 0.4, 0.1875)
    """
    forecast = one_forecast(labels, probabilities, weights, view)
    parts = count(forecast, bins)
    quick = None
    if forecast.of_class == 1 and weights is None and np.ndim(probabilities) == 1:
        quick = mean_scores(forecast.outcomes, forecast.probabilities)
    brier, surprise = quick or (
        brier_score(labels, probabilities, weights),
        log_loss(labels, probabilities, weights),
    )
    return PointStatistics(
        binned_curve("width", parts), gap(parts, "l1"), gap(parts, "max"), brier, surprise
    )
