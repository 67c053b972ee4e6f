"""Calibration errors: the distance between curve and diagonal as one number.

ECE, MCE and their kin average it over bins; ICI, E50 and E90 over a local regression of the
outcomes on the probabilities. `point_statistics` gives a curve with its errors and scores at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from core.base.arrays import FloatArray
from core.base.errors import UserError
from core.calibration.binning import (
    Bins,
    CumulativePool,
    count,
    fill,
    indexed,
    mass_edges,
    width_edges,
)
from core.calibration.pooled import PooledForecast, coarsened, pool_forecast, pool_ties
from core.calibration.reliability import ReliabilityCurve, binned_curve, corp_curve
from core.calibration.scores import brier_score, log_loss, mean_scores
from core.predictions.forecasts import BinaryForecast, ForecastKind, forecasts, one_forecast

Norm = Literal["l1", "l2", "max"]


def expected_calibration_error(
    labels: ArrayLike,
    probabilities: ArrayLike,
    bins: int = 15,
    binning: str = "width",
    norm: Norm = "l1",
    *,
    weights: ArrayLike | None = None,
    view: ForecastKind = None,
) -> float:
    """Return the mean distance between predicted probability and observed frequency over bins.

    Parameters
    ----------
    labels : (n,) int array
        Classes 0..K-1.
    probabilities : (n,) or (n, K) array
        The probability of class 1, or of every class.
    bins : int
        How many bins.
    binning : {"width", "mass", "corp"}
        Bins (low, high] of equal width, of equal mass without splitting ties, or CORP's blocks,
        however many there are.
    norm : {"l1", "l2", "max"}
        Mean absolute gap (Naeini, Cooper & Hauskrecht 2015; Guo et al. 2017, equation 5), root mean
        square gap (Kumar, Liang & Ma 2019, definition 2.2), or the largest gap. Bins count by the
        weight of their rows; empty ones not at all.
    weights : (n,) array, optional
        How much each row counts.
    view : optional
        See `forecasts`. None means class 1 for two classes, confidence for more; the values of a
        view with several forecasts are averaged by their shares.

    Returns
    -------
    float
        Between 0 and 1; nan without rows.

    Raises
    ------
    UserError
        If there is no such binning, norm or view, or no bin.
    InputError
        If labels, probabilities or weights are impossible.

    Examples
    --------
    >>> round(expected_calibration_error([0, 1, 1, 1], [0.3, 0.3, 0.6, 0.9], bins=10), 6)
    0.225
    """
    parts = forecasts(labels, probabilities, weights, view)
    if binning == "width" and parts:
        return float(sum(part.share * bin_error(count(part, bins), norm) for part in parts))
    return _averaged(parts, lambda cells: binned_error(cells, bins, binning, norm))


def maximum_calibration_error(
    labels: ArrayLike,
    probabilities: ArrayLike,
    bins: int = 15,
    binning: str = "width",
    *,
    weights: ArrayLike | None = None,
    view: ForecastKind = None,
) -> float:
    """Return the largest gap of any bin (Guo et al. 2017, equation 6).

    Parameters and errors are those of `expected_calibration_error`.

    Examples
    --------
    >>> round(maximum_calibration_error([0, 1, 1, 1], [0.3, 0.3, 0.6, 0.9], bins=10), 6)
    0.4
    """
    return expected_calibration_error(
        labels, probabilities, bins, binning, "max", weights=weights, view=view
    )


def adaptive_calibration_error(
    labels: ArrayLike,
    probabilities: ArrayLike,
    bins: int = 15,
    *,
    weights: ArrayLike | None = None,
) -> float:
    """Return the class-wise error in bins of equal mass (Nixon et al. 2019, equation 4).

    Each class is judged one-vs-rest and the K values are averaged. Where ties make the bins
    unequal they count by their weight. Parameters and errors are those of
    `expected_calibration_error`.
    """
    return expected_calibration_error(
        labels, probabilities, bins, "mass", weights=weights, view="class-wise"
    )


def debiased_calibration_error(
    labels: ArrayLike,
    probabilities: ArrayLike,
    bins: int = 15,
    binning: str = "mass",
    *,
    weights: ArrayLike | None = None,
    view: ForecastKind = None,
) -> float:
    """Return the root mean square gap, freed of the part that chance alone adds.

    From each squared gap the estimated variance of the bin's frequency, f (1 - f) / (n - 1), is
    subtracted (Kumar, Liang & Ma 2019, section 5). A bin with a single row has no such estimate
    and is left out; if the mean comes out negative the error is 0.

    Parameters and errors are those of `expected_calibration_error`.

    Returns
    -------
    float
        Between 0 and 1; nan if no bin has two rows.
    """
    parts = forecasts(labels, probabilities, weights, view)
    return _averaged(parts, lambda cells: debiased_error(cells, bins, binning))


def sweep_calibration_error(
    labels: ArrayLike,
    probabilities: ArrayLike,
    norm: Norm = "l1",
    *,
    weights: ArrayLike | None = None,
    view: ForecastKind = None,
) -> float:
    """Return the error in as many equal-mass bins as leave the observed frequencies monotone.

    The number of bins grows from 1 until a frequency falls below the one before; the last number
    that was still monotone counts (Roelofs et al. 2022, algorithm 1). Ties are not split.

    Parameters and errors are those of `expected_calibration_error`.
    """
    parts = forecasts(labels, probabilities, weights, view)
    return _averaged(parts, lambda cells: monotonic_sweep(cells, norm)[0])


def binned_error(
    cells: PooledForecast, bins: int, binning: str = "width", norm: Norm = "l1"
) -> float:
    """Return the gap between curve and diagonal of a pooled forecast, in some norm."""
    return bin_error(bins_of(cells, bins, binning), norm)


def debiased_error(cells: PooledForecast, bins: int, binning: str = "mass") -> float:
    """Return the debiased root mean square gap of a pooled forecast."""
    parts = bins_of(cells, bins, binning)
    several = parts.trials > 1.0 + 1e-9
    if not several.any():
        return float("nan")
    f, trials = parts.frequency[several], parts.trials[several]
    squares = (parts.probability[several] - f) ** 2 - f * (1.0 - f) / (trials - 1.0)
    return float(np.sqrt(max(np.average(squares, weights=parts.counts[several]), 0.0)))


def monotonic_sweep(cells: PooledForecast, norm: Norm = "l1") -> tuple[float, int]:
    """Return the error by monotone sweep of a pooled forecast, and the number of bins it chose."""
    index = indexed(cells)
    chosen, best = bins_of(index, 1, "mass"), 1
    for bins in range(2, len(cells.values) + 1):
        parts = bins_of(index, bins, "mass")
        if np.any(np.diff(parts.frequency) < 0.0):
            break
        chosen, best = parts, bins
    return bin_error(chosen, norm), best


def bin_error(parts: Bins, norm: Norm) -> float:
    """Return the distance between frequency and probability over bins; nan without rows."""
    full = parts.counts > 0.0
    if not full.any():
        return float("nan")
    distance = np.abs(parts.frequency[full] - parts.probability[full])
    if norm == "l1":
        return float(np.average(distance, weights=parts.counts[full]))
    if norm == "l2":
        return float(np.sqrt(np.average(distance**2, weights=parts.counts[full])))
    if norm == "max":
        return float(distance.max())
    raise UserError(f"There is no norm named {norm!r}.", "", "Choose one of: l1, l2, max.")


def bins_of(cells: PooledForecast | CumulativePool, bins: int, binning: str) -> Bins:
    """Return the filled bins of a pooled forecast.

    Raises
    ------
    UserError
        If the binning has no bins, or none were asked for.
    """
    if binning not in BINNED:
        raise UserError(f"{binning!r} has no bins.", "", f"Choose one of: {', '.join(BINNED)}.")
    return BINNED[binning](cells, bins)


def _blocks(cells: PooledForecast) -> Bins:
    """Return CORP's blocks as bins."""
    curve = corp_curve(cells)
    return Bins(
        curve.edges,
        curve.counts,
        curve.trials,
        curve.positives,
        curve.probability,
        curve.frequency,
    )


def _averaged(parts: list[BinaryForecast], statistic: Callable[[PooledForecast], float]) -> float:
    """Return a statistic averaged over a view's forecasts by their shares."""
    if not parts:
        return float("nan")
    return float(sum(part.share * statistic(pool_ties(part)) for part in parts))


BINNED: dict[str, Callable[[PooledForecast | CumulativePool, int], Bins]] = {
    "width": lambda cells, bins: fill(cells, width_edges(bins)),
    "mass": lambda cells, bins: fill(index := indexed(cells), mass_edges(index, bins)),
    "corp": lambda cells, bins: _blocks(indexed(cells).cells),
}


SPAN = 2.0 / 3.0
MAX_CELLS = 400


@dataclass(frozen=True, slots=True)
class IntegratedCalibration:
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
    view: ForecastKind = None,
) -> IntegratedCalibration:
    """Return ICI, E50, E90 and Emax of a local linear regression of outcomes on probabilities.

    The smoother is lowess without robustness steps over two thirds of the weight (Cleveland 1979),
    as in ``val.prob`` of R's rms; the distances are those of Austin & Steyerberg (2019), section 2.
    Beyond 400 distinct probabilities neighbours are pooled first.

    Parameters
    ----------
    labels, probabilities, weights, view
        (n,), (n,) or (n, K), (n,) and one forecast, as `pool_forecast` takes them.

    Raises
    ------
    UserError
        As `pool_forecast`.

    Examples
    --------
    >>> integrated_calibration_index([0, 1, 1, 1], [0.5, 0.5, 0.5, 0.5]).ici
    0.25
    """
    return integrated_error(pool_forecast(labels, probabilities, weights, view))


def integrated_error(cells: PooledForecast) -> IntegratedCalibration:
    """Return ICI, E50, E90 and Emax of a pooled forecast; nan without rows."""
    if not len(cells.values):
        nan = float("nan")
        return IntegratedCalibration(nan, nan, nan, nan)
    few = coarsened(cells, MAX_CELLS)
    [ici], [e50], [e90], [emax] = distances(few, few.positive[None, :])
    return IntegratedCalibration(float(ici), float(e50), float(e90), float(emax))


def distances(cells: PooledForecast, outcomes: FloatArray) -> FloatArray:
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


def smoother(cells: PooledForecast, span: float = SPAN) -> FloatArray:
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
    view: ForecastKind = None,
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
        binned_curve("width", parts),
        bin_error(parts, "l1"),
        bin_error(parts, "max"),
        brier,
        surprise,
    )
