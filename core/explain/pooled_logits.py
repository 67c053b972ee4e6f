"""Pooled logits of two classes: an increasing calibrator moves the cells without a new sort."""

from __future__ import annotations

import numpy as np

from core.base.arrays import FloatArray, read_only
from core.base.memo import remembered
from core.calibration.calibrators.calibrator import LogisticMap
from core.calibration.calibrators.logistic_maps import Platt
from core.calibration.calibrators.stepwise_maps import pool_logits
from core.calibration.calibrators.temperature import Temperature
from core.calibration.pooled import PooledForecast, coarsened, merged, run_starts
from core.calibration.recalibration import Recalibration, base_rate_ratios
from core.functions.sigmoid_family import softplus
from core.predictions.predictions import Predictions

BaseRate = tuple[float, int]  # the target rate, and of which class; (0, ...) is as in the data
AS_IN_DATA: BaseRate = (0.0, -1)
MOST_LIVE = 10_000  # rows or cells used while a calibrator's slider is dragged
IDENTITY = Recalibration("temperature", Temperature(1.0), np.zeros(2), np.zeros(2))


def row_weights(part: Predictions, base_rate: BaseRate) -> FloatArray | None:
    """Return how much each row counts (n,): its own weight, and that of the target base rate.

    None where all count 1.
    """
    ratios = base_rate_ratios(part.base_rates, *base_rate) if base_rate[0] else None
    if ratios is None:
        return part.weights
    weights = ratios[part.labels]
    return np.asarray(weights if part.weights is None else weights * part.weights)


def calibrated_probability(
    s: FloatArray, recalibration: Recalibration, forecast: int
) -> FloatArray:
    """Return the probability of a class (n,) at logits (n,) of the second of two classes."""
    fitted = recalibration.fitted
    assert isinstance(fitted, LogisticMap)
    s = _unweighted(s, recalibration)
    if not recalibration.after.any():
        return fitted.positive(s) if forecast else fitted.negative(s)
    both = np.column_stack((fitted.negative(s), fitted.positive(s)))
    return recalibration.at_target_rates(both)[:, forecast]


def mean_log_loss(cells: PooledForecast, recalibration: Recalibration) -> float:
    """Return the mean log loss of cells of logits after an increasing map, from logits."""
    assert isinstance(recalibration.fitted, LogisticMap)
    z = recalibration.fitted.calibrated_logit(_unweighted(cells.values, recalibration))
    cost = cells.positive @ softplus(-z) + (cells.weight - cells.positive) @ softplus(z)
    return float(cost) / cells.total


def _unweighted(s: FloatArray, recalibration: Recalibration) -> FloatArray:
    """Return logits of the second class with the training weights undone, where they are."""
    return s + float(recalibration.before[1] - recalibration.before[0])


def is_increasing(recalibration: Recalibration) -> bool:
    """Tell whether the calibrator never gives a higher logit of two classes less probability."""
    fitted = recalibration.fitted
    if isinstance(fitted, Temperature):
        return fitted.temperature > 0.0
    return isinstance(fitted, Platt) and fitted.a <= 0.0


@remembered(most=4)
def logit_cells(
    predictions: Predictions, split: str, base_rate: BaseRate, most: int
) -> PooledForecast | None:
    """Return a part's rows pooled by the logit of the second of two classes; None without one.

    The cells' values are logits.

    Parameters
    ----------
    base_rate : BaseRate
        It weights the rows.
    most : int
        Pool neighbours until no more cells than this are left; 0 keeps them all.
    """
    part = predictions.part(split)
    logits = part.logits
    if logits.shape[1] != 2 or not np.isfinite(logits).all():
        return None
    labels = part.labels.astype(np.float64)
    cells = pool_logits(logits[:, 1] - logits[:, 0], labels, row_weights(part, base_rate))
    return coarsened(cells, most) if most else cells


def recalibrated_cells(
    cells: PooledForecast, recalibration: Recalibration, forecast: int
) -> PooledForecast:
    """Return cells of logits as the cells of a class's probability after an increasing map.

    Parameters
    ----------
    cells : PooledForecast
        As `logit_cells` gives them.
    recalibration : Recalibration
        For which `is_increasing` holds.
    forecast : int
        The class, 0 or 1.
    """
    p = calibrated_probability(cells.values, recalibration, forecast)
    if forecast:
        return _pooled_again(cells, p)
    failed = read_only(np.maximum(cells.weight - cells.positive, 0.0)[::-1])
    turned = PooledForecast(cells.values[::-1], cells.weight[::-1], failed, cells.trials[::-1])
    return _pooled_again(turned, p[::-1])


def _pooled_again(cells: PooledForecast, p: FloatArray) -> PooledForecast:
    """Return cells with other values (m,), ascending but for rounding; equal ones are pooled."""
    p = np.maximum.accumulate(p)  # each is right to an ulp only, so that neighbours may cross
    parts = PooledForecast(
        read_only(p),
        *(np.ascontiguousarray(it) for it in (cells.weight, cells.positive, cells.trials)),
    )
    starts = run_starts(p)
    return parts if len(starts) == len(p) else merged(parts, starts)
