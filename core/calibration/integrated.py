"""ICI, E50 and E90: distances between the probabilities and a local regression through them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.calibration.cells import Cells, cells_of, coarsened
from core.calibration.inputs import FloatArray, View

SPAN = 2.0 / 3.0
MAX_CELLS = 400


@dataclass(frozen=True, slots=True)
class IntegratedError:
    """How far the smoothed frequency lies from the probability, over the rows.

    Parameters
    ----------
    ici : float
        Mean distance, the integrated calibration index.
    e50, e90 : float
        Median distance, and the distance that nine rows in ten stay below.
    emax : float
        Largest distance.
    """

    ici: float
    e50: float
    e90: float
    emax: float


def integrated_calibration_index(
    labels: ArrayLike,
    probabilities: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    view: View = None,
) -> IntegratedError:
    """Return ICI, E50, E90 and Emax of a local linear regression of outcomes on probabilities.

    The smoother is lowess without robustness steps over two thirds of the weight (Cleveland 1979),
    as in ``val.prob`` of R's rms; the distances are those of Austin & Steyerberg (2019), section 2.
    Beyond 400 distinct probabilities neighbours are pooled first.

    Parameters
    ----------
    labels : (n,) int array
        Classes 0..K-1.
    probabilities : (n,) or (n, K) array
        The probability of class 1, or of every class.
    weights : (n,) array, optional
        How much each row counts.
    view : int or "confidence", optional
        See `forecasts`.

    Raises
    ------
    UserError
        If the view does not exist or has several forecasts.
    ValueError
        If labels, probabilities or weights are impossible.

    Examples
    --------
    >>> integrated_calibration_index([0, 1, 1, 1], [0.5, 0.5, 0.5, 0.5]).ici
    0.25
    """
    return integrated_error(cells_of(labels, probabilities, weights, view))


def integrated_error(cells: Cells) -> IntegratedError:
    """Return ICI, E50, E90 and Emax of a pooled forecast; nan without rows."""
    few = coarsened(cells, MAX_CELLS)
    if not len(few.values):
        nan = float("nan")
        return IntegratedError(nan, nan, nan, nan)
    away = np.abs(local_regression(few) - few.values)
    e50, e90 = np.quantile(away, [0.5, 0.9], weights=few.weight, method="inverted_cdf")
    mean = float(np.average(away, weights=few.weight))
    return IntegratedError(mean, float(e50), float(e90), float(away.max()))


def local_regression(cells: Cells, span: float = SPAN) -> FloatArray:
    """Return lowess of the outcomes at every cell, (m,), kept within [0, 1].

    Each value is that of a straight line fitted to the nearest cells that hold ``span`` of the
    weight, by tricube weights of their distance; where that distance is 0, the mean there.
    """
    x, w = cells.values, cells.weight
    y = cells.positive / w
    distance = np.abs(x[:, None] - x)
    nearest = np.argsort(distance, axis=1, kind="stable")
    held = np.cumsum(w[nearest], axis=1)
    last = np.argmax(held >= span * cells.total * (1.0 - 1e-12), axis=1)
    rows = np.arange(len(x))
    reach = distance[rows, nearest[rows, last]][:, None]
    near = np.where(distance < reach, distance / np.maximum(reach, 1e-300), 1.0)
    tricube = np.where(reach > 0.0, (1.0 - near**3) ** 3, distance == 0.0) * w
    total = tricube.sum(axis=1)
    centre, mean = tricube @ x / total, tricube @ y / total
    away = x - centre[:, None]
    spread = (tricube * away**2).sum(axis=1)
    tilt = (tricube * away) @ y
    flat = spread <= 1e-12 * total * reach[:, 0] ** 2
    slope = np.where(flat, 0.0, tilt / np.where(flat, 1.0, spread))
    return np.asarray(np.clip(mean + slope * (x - centre), 0.0, 1.0))
