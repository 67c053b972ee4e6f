"""How one yes-or-no forecast did: its rows pooled once, then curve, bars and figures from cells."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

import numpy as np

from core.base.arrays import Floats, read_only, stride
from core.base.scipy_import import is_scipy_postponed
from core.calibration.binning import Bins, CumulativePool, indexed
from core.calibration.calibration_error import bin_error
from core.calibration.calibration_knobs import CalibrationChoices
from core.calibration.null_distribution import expected_null_error
from core.calibration.pooled import PooledForecast, pool_forecast
from core.calibration.reliability import (
    ReliabilityCurve,
    corp_curve,
    mass_curve,
    smooth_curve,
    width_curve,
)
from core.calibration.scores import SCORES, Decomposition, decompose, decompose_without_scipy
from core.calibration.smoothing import GRIDS, finest_sigma
from core.experiment.view import View
from core.explain.pooled_logits import (
    BaseRate,
    class_row_weights,
    is_increasing,
    logit_cells,
    recalibrated,
)
from core.run.recalibration import (
    Model,
    changes_probabilities,
    fit_recalibration,
    is_manual,
    part_probabilities,
)
from core.run.run import Run
from core.training.problem import TrainState

LEVEL = 0.9
JUDGED = 24  # forecasts remembered: a dozen classes, raw and calibrated
LEAST_HELD = 0.2  # rows within the width of a smooth curve's kernel
NO_FLOATS: Floats = read_only(np.empty(0), np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class BinaryEvaluation:
    """How one set of probabilities of one yes-or-no forecast did.

    Attributes
    ----------
    curve : ReliabilityCurve
        The curve that is drawn.
    bars : ReliabilityCurve
        The same rows in bins.
    low, high : (b,) arrays
        The interval of each bin's frequency; empty where none is drawn.
    ece : float
        Expected calibration error in those bins.
    chance_ece : float
        What a perfectly calibrated model with these probabilities would show on average; nan where
        rows are re-weighted by their class.
    brier : Decomposition
    """

    curve: ReliabilityCurve
    bars: ReliabilityCurve
    low: Floats
    high: Floats
    ece: float
    chance_ece: float
    brier: Decomposition


@dataclass(frozen=True, slots=True)
class CurveOptions:
    """How a forecast is drawn: the view's and the experiment's choices that matter here."""

    curve: str
    bins: int
    binning: str
    interval: str
    smoothing: float

    @classmethod
    def of(cls, view: View, choices: CalibrationChoices) -> CurveOptions:
        """Return how view and choices draw."""
        binning = choices.binning
        if view.reliability_curve in ("width", "mass"):
            binning = view.reliability_curve
        return cls(view.reliability_curve, choices.bins, binning, view.bar_interval, view.smoothing)


def viewed_forecast(view: View, n_classes: int) -> int | str:
    """Return which forecast is judged: the class asked for, else class 1 of two or confidence."""
    if 0 <= view.reliability_class < n_classes:
        return view.reliability_class
    return 1 if n_classes == 2 else "confidence"


def pooled(
    run: Run,
    state: TrainState,
    code: int,
    forecast: int | str,
    choices: CalibrationChoices | None,
    most: int = 0,
) -> CumulativePool:
    """Return a part's rows pooled by the probability of a forecast, ready for any slider.

    Parameters
    ----------
    code : int
        The part.
    forecast : int or "confidence"
    choices : CalibrationChoices or None
        What mends the probabilities; None judges the model's own. A base rate in use weights the
        rows either way.
    most : int
        From how many rows or cells a calibrator turned by hand is followed; see `is_rounded`.
        0 takes them all.

    Raises
    ------
    UserError
        Where the calibrator cannot be fitted.
    """
    mended = choices is not None and changes_probabilities(choices)
    chosen = run.experiment.calibration if choices is None else choices
    base_rate = chosen.base_rate, chosen.base_class
    # bins and ticks change no probability, so that they are left out of what is remembered
    key = replace(choices, bins=1, binning="width", compared=()) if mended and choices else None
    by_hand = key is not None and is_manual(key, len(run.prepared.classes))
    return _pooled(Model.at(run, state), code, forecast, key, base_rate, most if by_hand else 0)


def is_rounded(run: Run, code: int, most: int) -> bool:
    """Tell whether a calibrator turned by hand is followed from fewer than all rows of a part.

    Of two classes rows of neighbouring logits are then taken together; of more, some rows stand for
    all, evenly spaced.
    """
    by_hand = is_manual(run.experiment.calibration, len(run.prepared.classes))
    return by_hand and 0 < most < int(np.count_nonzero(run.prepared.split == code))


def evaluate_forecast(index: CumulativePool, drawing: CurveOptions) -> BinaryEvaluation:
    """Return curve, bars and figures of a pooled forecast.

    While scipy is postponed the bars stand for the curve, without intervals, and the Brier score is
    not taken apart.
    """
    cells, is_plain = index.cells, is_scipy_postponed()
    bars, ece, chance = _bars(index, drawing.binning, drawing.bins)
    low, high = NO_FLOATS, NO_FLOATS
    if drawing.interval != "none" and not is_plain:
        from core.calibration.intervals import bars as bar_intervals

        low, high = bar_intervals(bars, LEVEL, drawing.interval)
    return BinaryEvaluation(
        curve=bars if is_plain else _drawn(cells, bars, drawing),
        bars=bars,
        low=low,
        high=high,
        ece=ece,
        chance_ece=chance,
        brier=decompose_without_scipy(cells, SCORES["brier"]) if is_plain else _brier(cells),
    )


def polyline(curve: ReliabilityCurve) -> tuple[Floats, Floats]:
    """Return the corners (x, y) of a curve as it is drawn: bins by their means, CORP by blocks.

    The smooth curve ends where the kernel holds next to no rows: beyond, it would be invented.
    """
    if curve.binning == "corp":
        return curve.knots
    known = ~np.isnan(curve.frequency)
    if curve.binning == "smooth":
        held = np.flatnonzero(
            known & (curve.counts * len(curve.counts) * curve.sigma >= LEAST_HELD)
        )
        inside = np.arange(len(known))
        known &= (inside >= held.min(initial=len(known))) & (inside <= held.max(initial=-1))
    return curve.probability[known], curve.frequency[known]


@functools.lru_cache(maxsize=12)
def _pooled(
    model: Model,
    code: int,
    forecast: int | str,
    choices: CalibrationChoices | None,
    base_rate: BaseRate,
    most: int,
) -> CumulativePool:
    mended = None if choices is None else fit_recalibration(model, choices)
    if mended is not None and isinstance(forecast, int) and is_increasing(mended):
        cells = logit_cells(model, code, base_rate, most)
        if cells is not None:
            return indexed(recalibrated(cells, mended, forecast))
    rows = stride(len(model.labels(code)), most)
    if mended is None or rows is None:
        probabilities = part_probabilities(model, code, mended)
    else:
        probabilities = mended.probabilities(np.ascontiguousarray(model.logits(code)[rows]))
    weights, labels = class_row_weights(model.prepared, code, base_rate), model.labels(code)
    if rows is not None:
        labels, weights = labels[rows], None if weights is None else weights[rows]
    return indexed(pool_forecast(labels, probabilities, weights, forecast))


@functools.lru_cache(maxsize=JUDGED)
def _bars(index: CumulativePool, binning: str, bins: int) -> tuple[ReliabilityCurve, float, float]:
    """Return a forecast in bins, its error there, and what chance would show."""
    found = (mass_curve if binning == "mass" else width_curve)(index, bins)
    chance = expected_null_error(index.cells, found) if _is_counted(index.cells) else float("nan")
    return found, bin_error(_as_bins(found), "l1"), chance


def _drawn(
    cells: PooledForecast, bars: ReliabilityCurve, drawing: CurveOptions
) -> ReliabilityCurve:
    if drawing.curve == "corp":
        return _corp(cells)
    if drawing.curve == "smooth":
        return _smooth(cells, drawing.smoothing)
    return bars


def _as_bins(bars: ReliabilityCurve) -> Bins:
    return Bins(
        bars.edges, bars.counts, bars.trials, bars.positives, bars.probability, bars.frequency
    )


@functools.lru_cache(maxsize=12)
def _is_counted(cells: PooledForecast) -> bool:
    """Tell whether every row counts 1."""
    return bool(np.array_equal(cells.weight, cells.trials))


@functools.lru_cache(maxsize=JUDGED)
def _corp(cells: PooledForecast) -> ReliabilityCurve:
    return corp_curve(cells)


@functools.lru_cache(maxsize=8)
def _smooth(cells: PooledForecast, smoothing: float) -> ReliabilityCurve:
    sigma = max(smoothing, finest_sigma(GRIDS[-1])) if smoothing else None
    return smooth_curve(cells, sigma=sigma)


@functools.lru_cache(maxsize=JUDGED)
def _brier(cells: PooledForecast) -> Decomposition:
    return decompose(cells, SCORES["brier"])
