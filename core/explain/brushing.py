"""Rows whose probability lies in a brushed interval, and the intervals to brush."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.base.arrays import FloatArray, read_only
from core.calibration.reliability import ReliabilityCurve
from core.experiment.view import View
from core.explain.binary_evaluation import viewed_forecast
from core.predictions.forecasts import most_probable_class
from core.predictions.predictions import Predictions

HALF_WINDOW = 0.025  # around a point of a curve that has no parts


def brushed_rows(predictions: Predictions, view: View) -> NDArray[np.bool_]:
    """Return which rows are lit, (n,).

    They are rows of the part looked at whose judged probability, as the model says it, lies in the
    brushed interval (low, high].
    """
    lit = np.zeros(predictions.n_rows, dtype=np.bool_)
    if not view.brushed:
        return read_only(lit, np.bool_)
    p = judged_probabilities(predictions.part(view.split), view)
    low, high = view.brushed
    is_here = predictions.split == predictions.splits.index(view.split)
    lit[is_here] = (p > low) & (p <= high)
    return read_only(lit, np.bool_)


@dataclass(frozen=True, slots=True)
class LitRows:
    """What is known of the rows that a brush lights.

    Attributes
    ----------
    n_rows : int
        How many are lit.
    weight : float
        Of these rows; their number where none counts more than another.
    trials : float
        Their effective number, (sum w)^2 / sum w^2.
    mean, frequency : float
        Their mean judged probability, and how often it happened; nan where none counts.
    """

    n_rows: int
    weight: float
    trials: float
    mean: float
    frequency: float


def lit_rows(predictions: Predictions, view: View) -> LitRows | None:
    """Return what is known of the rows that `brushed_rows` picks out; None without a brush."""
    if not view.brushed:
        return None
    lit = predictions.at(np.flatnonzero(brushed_rows(predictions, view)))
    forecast = lit.forecast(viewed_forecast(view, lit))
    w = np.ones(lit.n_rows) if forecast.weights is None else forecast.weights
    total = float(w.sum())
    if not total > 0.0:
        return LitRows(lit.n_rows, 0.0, 0.0, math.nan, math.nan)
    trials = total * total / float(w @ w)
    mean, frequency = (float(w @ it) / total for it in (forecast.probabilities, forecast.outcomes))
    return LitRows(lit.n_rows, total, trials, mean, frequency)


def judged_probabilities(part: Predictions, view: View) -> FloatArray:
    """Return each row's probability of the forecast that is judged, (n,)."""
    p = part.probabilities
    forecast = viewed_forecast(view, part)
    if isinstance(forecast, int):
        return np.asarray(p[:, forecast])
    best = most_probable_class(np.ascontiguousarray(p[:, 1]) if p.shape[1] == 2 else p)
    return np.asarray(p[np.arange(len(p)), best])


def part_at(curve: ReliabilityCurve, x: float) -> int:
    """Return which part of a curve a probability belongs to: the bin it lies in, or the nearest.

    Returns -1 where the curve has no parts, or none with rows.

    Examples
    --------
    >>> from core.calibration.pooled import pool_forecast
    >>> from core.calibration.reliability import width_curve
    >>> part_at(width_curve(pool_forecast([0, 1], [0.3, 0.8]), 10), 0.3)
    2
    """
    full = np.flatnonzero(curve.counts > 0.0)
    if curve.binning == "smooth" or not len(full):
        return -1
    away = np.maximum(np.maximum(curve.low[full] - x, x - curve.high[full]), 0.0)
    return int(full[int(away.argmin())])


def interval_of(curve: ReliabilityCurve, x: float) -> tuple[float, float]:
    """Return the interval (low, high] that a click at a probability brushes.

    A block of a CORP curve holds both its ends; so does the first bin.
    """
    k = part_at(curve, x)
    if k < 0:
        return max(x - HALF_WINDOW, -HALF_WINDOW), min(x + HALF_WINDOW, 1.0)
    low, high = float(curve.low[k]), float(curve.high[k])
    if curve.binning == "corp" or low == 0.0:
        low = math.nextafter(low, -1.0)
    return low, high


def next_interval(
    curve: ReliabilityCurve, brushed: tuple[float, ...], step: int
) -> tuple[float, ...]:
    """Return the interval of the next part with rows, or of the one before; wraps round.

    Parameters
    ----------
    brushed : tuple of float
        The present one; empty begins at an end.
    step : {1, -1}
    """
    full = np.flatnonzero(curve.counts > 0.0)
    if curve.binning == "smooth" or not len(full):
        return ()
    at = -1 if step > 0 else 0
    if brushed:
        at = int(np.searchsorted(full, part_at(curve, brushed[1])))
    k = int(full[(at + step) % len(full)])
    return interval_of(curve, 0.5 * (float(curve.low[k]) + float(curve.high[k])))
