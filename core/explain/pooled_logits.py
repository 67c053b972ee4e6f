"""A calibrator turned by hand, followed from cells of equal logit: no row is sorted again."""

from __future__ import annotations

import functools

import numpy as np

from core.base.arrays import Floats, frozen
from core.calibration.calibrators.calibrator import LogisticMap
from core.calibration.calibrators.logistic_maps import Platt
from core.calibration.calibrators.stepwise_maps import pool_logits
from core.calibration.calibrators.temperature import Temperature
from core.calibration.pooled import PooledForecast, coarsened, merged, run_starts
from core.data.preparing import Prepared
from core.functions.sigmoid_family import softplus
from core.run.recalibration import Model, Recalibration, base_rate_ratios, base_rates

BaseRate = tuple[float, int]  # in use, and of which class; (0, ...) is as in the data
AS_IN_DATA: BaseRate = (0.0, -1)
MOST_LIVE = 10_000  # rows or cells that a calibrator is followed from while it is turned
IDENTITY = Recalibration("temperature", Temperature(1.0), np.zeros(2), np.zeros(2))


def class_row_weights(prepared: Prepared, code: int, base_rate: BaseRate) -> Floats | None:
    """Return what each of a part's rows counts for where another base rate is in use; or None."""
    ratios = base_rate_ratios(base_rates(prepared, code), *base_rate)
    return None if ratios is None else np.asarray(ratios[prepared.part(code)[1]])


def calibrated_probability(s: Floats, mended: Recalibration, forecast: int) -> Floats:
    """Return the probability of a class at logits of the second one."""
    fitted = mended.fitted
    assert isinstance(fitted, LogisticMap)
    s = _unweighted(s, mended)
    if not mended.after.any():
        return fitted.positive(s) if forecast else fitted.negative(s)
    return mended.in_use(np.column_stack((fitted.negative(s), fitted.positive(s))))[:, forecast]


def mean_log_loss(cells: PooledForecast, mended: Recalibration) -> float:
    """Return the mean log loss of cells of logits after a calibrator that rises, from logits."""
    assert isinstance(mended.fitted, LogisticMap)
    z = mended.fitted.calibrated_logit(_unweighted(cells.values, mended))
    cost = cells.positive @ softplus(-z) + (cells.weight - cells.positive) @ softplus(z)
    return float(cost) / cells.total


def _unweighted(s: Floats, mended: Recalibration) -> Floats:
    """Return logits of the second class with the training weights undone, where they are."""
    return s + float(mended.before[1] - mended.before[0])


def is_increasing(mended: Recalibration) -> bool:
    """Tell whether the calibrator never gives a higher logit of two classes less probability."""
    fitted = mended.fitted
    if isinstance(fitted, Temperature):
        return fitted.temperature > 0.0
    return isinstance(fitted, Platt) and fitted.a <= 0.0


@functools.lru_cache(maxsize=4)
def logit_cells(model: Model, code: int, base_rate: BaseRate, most: int) -> PooledForecast | None:
    """Return a part's rows pooled by the logit of the second of two classes; None without one.

    The cells' values are logits.

    Parameters
    ----------
    base_rate : BaseRate
        It weights the rows.
    most : int
        Pool neighbours until no more cells than this are left; 0 keeps them all.
    """
    logits = model.logits(code)
    if logits.shape[1] != 2 or not np.isfinite(logits).all():
        return None
    weights = class_row_weights(model.prepared, code, base_rate)
    labels = model.labels(code).astype(np.float64)
    cells = pool_logits(logits[:, 1] - logits[:, 0], labels, weights)
    return coarsened(cells, most) if most else cells


def recalibrated(cells: PooledForecast, mended: Recalibration, forecast: int) -> PooledForecast:
    """Return cells of logits as the cells of a class's probability after a calibrator that rises.

    Parameters
    ----------
    cells : PooledForecast
        As `logit_cells` gives them.
    mended : Recalibration
        For which `is_increasing` holds.
    forecast : int
        The class, 0 or 1.
    """
    p = calibrated_probability(cells.values, mended, forecast)
    if forecast:
        return _pooled_again(cells, p)
    failed = frozen(np.maximum(cells.weight - cells.positive, 0.0)[::-1])
    turned = PooledForecast(cells.values[::-1], cells.weight[::-1], failed, cells.trials[::-1])
    return _pooled_again(turned, p[::-1])


def _pooled_again(cells: PooledForecast, p: Floats) -> PooledForecast:
    """Return cells with other values, (m,), that rise but for rounding; equal ones are pooled."""
    p = np.maximum.accumulate(p)  # right to an ulp, it need not rise at every step
    parts = PooledForecast(
        frozen(p),
        *(np.ascontiguousarray(it) for it in (cells.weight, cells.positive, cells.trials)),
    )
    starts = run_starts(p)
    return parts if len(starts) == len(p) else merged(parts, starts)
