"""The Brier score in bins: Murphy's three terms, and what the bins hide."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.base.errors import UserError
from core.calibration.binning import fill, mass_edges, width_edges
from core.calibration.cells import cells_of
from core.calibration.inputs import View
from core.calibration.scores import SCORES


@dataclass(frozen=True, slots=True)
class MurphyDecomposition:
    """The Brier score in bins, with what the bins hide (Stephenson, Coelho & Jolliffe 2008).

    ``score = reliability - resolution + uncertainty + within_variance - within_covariance``, exact.

    Parameters
    ----------
    score : float
        The Brier score of the forecasts themselves.
    reliability, resolution, uncertainty : float
        Murphy's (1973) three terms, of forecasts replaced by the mean of their bin.
    within_variance : float
        Mean squared distance of the forecasts from the mean of their bin.
    within_covariance : float
        Twice the mean product of that distance with the outcome's.
    """

    score: float
    reliability: float
    resolution: float
    uncertainty: float
    within_variance: float
    within_covariance: float


def murphy_decomposition(
    labels: ArrayLike,
    probabilities: ArrayLike,
    bins: int = 15,
    binning: str = "width",
    *,
    weights: ArrayLike | None = None,
    view: View = None,
) -> MurphyDecomposition:
    """Split the Brier score by bins: reliability, resolution, uncertainty and within-bin terms.

    Parameters are those of `expected_calibration_error`, but a view must have a single forecast.

    Raises
    ------
    UserError
        If there is no such binning or view, or no bin.
    InputError
        If labels, probabilities or weights are impossible.

    References
    ----------
    Stephenson, Coelho & Jolliffe (2008), "Two extra components in the Brier score decomposition",
    Weather and Forecasting 23, equation 9.
    """
    cells = cells_of(labels, probabilities, weights, view)
    if binning not in ("width", "mass"):
        raise UserError(f"{binning!r} has no bins.", "", "Choose 'width' or 'mass'.")
    edges = width_edges(bins) if binning == "width" else mass_edges(cells, bins)
    if not len(cells.values):
        return MurphyDecomposition(*(float("nan"),) * 6)
    parts = fill(cells, edges)
    full = parts.counts > 0.0
    share = parts.counts[full] / cells.total
    mean, seen, base = parts.probability[full], parts.frequency[full], cells.frequency
    at = np.searchsorted(edges[1:-1], cells.values, side="left")
    away = cells.values - parts.probability[at]
    happened = cells.positive - cells.weight * parts.frequency[at]
    return MurphyDecomposition(
        SCORES["brier"].mean(cells.values, cells.positive, cells.weight),
        float(share @ (mean - seen) ** 2),
        float(share @ (seen - base) ** 2),
        base * (1.0 - base),
        float(cells.weight @ away**2) / cells.total,
        2.0 * float(happened @ away) / cells.total,
    )
