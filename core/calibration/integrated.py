"""ICI, E50 and E90: distances between the probabilities and a local regression through them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.base.arrays import FloatArray
from core.calibration.cells import Cells, cells_of, coarsened
from core.calibration.inputs import View

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
    labels, probabilities, weights, view
        (n,), (n,) or (n, K), (n,) and one forecast, as `cells_of` takes them.

    Raises
    ------
    UserError
        As `cells_of`.

    Examples
    --------
    >>> integrated_calibration_index([0, 1, 1, 1], [0.5, 0.5, 0.5, 0.5]).ici
    0.25
    """
    return integrated_error(cells_of(labels, probabilities, weights, view))


def integrated_error(cells: Cells) -> IntegratedError:
    """Return ICI, E50, E90 and Emax of a pooled forecast; nan without rows."""
    if not len(cells.values):
        nan = float("nan")
        return IntegratedError(nan, nan, nan, nan)
    few = coarsened(cells, MAX_CELLS)
    [ici], [e50], [e90], [emax] = distances(few, few.positive[None, :])
    return IntegratedError(float(ici), float(e50), float(e90), float(emax))


def distances(cells: Cells, outcomes: FloatArray) -> FloatArray:
    """Return ICI, E50, E90 and Emax of each row of (r, m) positive weights, (4, r)."""
    share = np.ascontiguousarray(outcomes / cells.weight)
    away = np.abs(np.clip(share @ smoother(cells).T, 0.0, 1.0) - cells.values)
    order = np.argsort(away, axis=1)
    ranked = np.take_along_axis(away, order, axis=1)
    held = np.cumsum(cells.weight[order], axis=1) / cells.total
    quantiles = [
        ranked[np.arange(len(ranked)), np.argmax(held >= level - 1e-12, axis=1)]
        for level in (0.5, 0.9)
    ]
    mean = away @ (cells.weight / cells.total)
    return np.stack((mean, *quantiles, ranked[:, -1]))


def smoother(cells: Cells, span: float = SPAN) -> FloatArray:
    """Return the matrix of lowess, (m, m): times the frequencies of the cells it gives the fit.

    Each value is that of a straight line fitted to the nearest cells that hold ``span`` of the
    weight, by tricube weights of their distance; where that distance is 0, the mean there.
    """
    x, w = cells.values, cells.weight
    distance = np.abs(x[:, None] - x)
    nearest = np.argsort(distance, axis=1, kind="stable")
    held = np.cumsum(w[nearest], axis=1)
    last = np.argmax(held >= span * cells.total * (1.0 - 1e-12), axis=1)
    rows = np.arange(len(x))
    reach = distance[rows, nearest[rows, last]][:, None]
    near = np.where(distance < reach, distance / np.maximum(reach, 1e-300), 1.0)
    tricube = np.where(reach > 0.0, (1.0 - near**3) ** 3, distance == 0.0) * w
    tricube /= tricube.sum(axis=1, keepdims=True)
    centre = np.einsum("ij,j->i", tricube, x)
    away = x - centre[:, None]
    spread = np.einsum("ij,ij,ij->i", tricube, away, away)
    flat = spread <= 1e-12 * reach[:, 0] ** 2
    lever = np.where(flat, 0.0, (x - centre) / np.where(flat, 1.0, spread))
    return np.asarray(tricube * (1.0 + lever[:, None] * away))
