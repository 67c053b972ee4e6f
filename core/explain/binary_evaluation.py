"""The evaluation of one binary forecast: curve, bars and figures from rows pooled once."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.base.arrays import FloatArray, read_only, stride
from core.base.memo import remembered
from core.base.scipy_import import is_scipy_postponed
from core.calibration.binning import Bins, CumulativePool, indexed
from core.calibration.calibration_error import bin_error
from core.calibration.calibration_knobs import CalibrationChoices
from core.calibration.null_distribution import cumulative_variance, expected_null_error
from core.calibration.pooled import pool_forecast, pool_ties
from core.calibration.recalibration import fit_recalibration, is_manual
from core.calibration.reliability import (
    ReliabilityCurve,
    corp_curve,
    drawn_points,
    mass_curve,
    smooth_curve,
    width_curve,
)
from core.calibration.scores import SCORES, Decomposition, decompose, decompose_without_scipy
from core.calibration.smoothing import (
    GRIDS,
    SmoothForecast,
    finest_sigma,
    grid_for,
    smooth_error_of,
    smooth_forecast,
)
from core.experiment.view import View
from core.explain.pooled_logits import (
    BaseRate,
    is_increasing,
    logit_cells,
    recalibrated_cells,
    row_weights,
)
from core.predictions.forecasts import forecasts
from core.predictions.predictions import EVERY, Predictions

LEVEL = 0.9
JUDGED = 24  # forecasts remembered of one set of predictions: a dozen classes, raw and calibrated
NO_FLOATS: FloatArray = read_only(np.empty(0), np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class BinaryEvaluation:
    """How one set of probabilities of one binary forecast did.

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
        another base rate is assumed, since outcomes then decide how much rows count.
    brier : Decomposition
    """

    curve: ReliabilityCurve
    bars: ReliabilityCurve
    low: FloatArray
    high: FloatArray
    ece: float
    chance_ece: float
    brier: Decomposition


@dataclass(frozen=True, slots=True)
class CurveOptions:
    """How a forecast is drawn: the view's and the experiment's choices that matter here.

    Attributes
    ----------
    curve : str
        A name in ``core.experiment.view.CURVES``.
    bins : int
    binning : {"width", "mass"}
    interval : str
        A name in ``core.experiment.view.BAR_INTERVALS``.
    smoothing : float
        Width of the smooth curve's kernel; 0 is its fixed point.
    """

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


@dataclass(frozen=True, slots=True)
class Subject:
    """Which probabilities of which rows are evaluated: what the pooled rows depend on.

    What only draws is left out of the choices, so that equal subjects have equal rows.

    Attributes
    ----------
    split : str
        The part.
    forecast : int or "confidence"
        A class by its number, or whether the most probable class is right.
    choices : CalibrationChoices or None
        What recalibrates the probabilities; None evaluates the model's own.
    base_rate : BaseRate
        It weights the rows.
    most : int
        From how many rows or cells a calibrator set by hand is followed; see `is_rounded`. 0 takes
        them all.
    top_label : bool
        Of a class, whether only the rows decided as it are looked at, and how often that was right.
    """

    split: str
    forecast: int | str
    choices: CalibrationChoices | None = None
    base_rate: BaseRate = (0.0, -1)
    most: int = 0
    top_label: bool = False

    @classmethod
    def raw(cls, split: str, forecast: int | str, choices: CalibrationChoices) -> Subject:
        """Return the subject of the model's own probabilities."""
        return cls(split, forecast, None, _base_rate(choices))

    @classmethod
    def recalibrated(
        cls,
        split: str,
        forecast: int | str,
        choices: CalibrationChoices,
        n_classes: int,
        most: int = 0,
    ) -> Subject:
        """Return the subject of the probabilities that choices give."""
        most = most if is_manual(choices, n_classes) else 0
        return cls(split, forecast, plain_choices(choices), _base_rate(choices), most)


def _base_rate(choices: CalibrationChoices) -> BaseRate:
    return (choices.base_rate, choices.base_class if choices.base_rate else -1)


def plain_choices(choices: CalibrationChoices) -> CalibrationChoices:
    """Return the choices without what only draws: bins, and calibrators to compare."""
    return replace(choices, bins=1, binning="width", compared=())


def viewed_forecast(view: View, predictions: Predictions) -> int | str:
    """Return which forecast is judged: the class asked for, else the predictions' own default."""
    if 0 <= view.reliability_class < predictions.n_classes:
        return view.reliability_class
    return predictions.default_forecast


def is_rounded(
    predictions: Predictions, split: str, choices: CalibrationChoices, most: int
) -> bool:
    """Tell whether a calibrator set by hand is followed from fewer than all rows of a part.

    Of two classes rows of neighbouring logits are then taken together; of more, some rows stand for
    all, evenly spaced.
    """
    by_hand = is_manual(choices, predictions.n_classes)
    return by_hand and 0 < most < predictions.part(split).n_rows


@remembered(most=JUDGED)
def pooled(predictions: Predictions, subject: Subject) -> CumulativePool:
    """Return a subject's rows pooled by their probability, ready for any number of bins.

    Raises
    ------
    UserError
        Where the calibrator cannot be fitted.
    """
    choices, forecast, split = subject.choices, subject.forecast, subject.split
    recalibration = None if choices is None else fit_recalibration(predictions, choices)
    if recalibration is not None and is_increasing(recalibration) and not subject.top_label:
        cells = logit_cells(predictions, split, subject.base_rate, subject.most)
        if cells is not None and isinstance(forecast, int):
            return indexed(recalibrated_cells(cells, recalibration, forecast))
    part = predictions.part(split)
    labels, weights = part.labels, row_weights(part, subject.base_rate)
    rows = stride(part.n_rows, subject.most)
    if rows is not None:
        labels, weights = labels[rows], None if weights is None else weights[rows]
    if recalibration is None:
        probabilities = part.probabilities
    else:
        probabilities = recalibration.probabilities_of(part, rows or EVERY)
    if not subject.top_label:
        return indexed(pool_forecast(labels, probabilities, weights, forecast))
    by_class = forecasts(labels, probabilities, weights, "top-label")
    [chosen] = [it for it in by_class if it.of_class == forecast]
    return indexed(pool_ties(chosen))


def evaluate_forecast(
    predictions: Predictions, subject: Subject, options: CurveOptions
) -> BinaryEvaluation:
    """Return curve, bars and figures of a subject.

    While scipy is postponed the bars stand for the curve, without intervals, and the Brier score is
    not taken apart.

    Raises
    ------
    UserError
        As `pooled`.
    """
    is_plain = is_scipy_postponed()
    bars, ece, chance = _bars(predictions, subject, options.binning, options.bins)
    low, high = NO_FLOATS, NO_FLOATS
    if options.interval != "none" and not is_plain:
        from core.calibration.intervals import bars as bar_intervals

        low, high = bar_intervals(bars, LEVEL, options.interval)
    curve = bars if is_plain else curve_of(predictions, subject, options)
    brier = _plain_brier if is_plain else _brier
    return BinaryEvaluation(curve, bars, low, high, ece, chance, brier(predictions, subject))


def curve_of(predictions: Predictions, subject: Subject, options: CurveOptions) -> ReliabilityCurve:
    """Return the curve of a subject, which needs scipy where it is CORP or smooth.

    Raises
    ------
    UserError
        As `pooled`.
    """
    if options.curve == "corp":
        return _corp(predictions, subject)
    if options.curve == "smooth":
        return _smooth(predictions, subject, options.smoothing)
    return _bars(predictions, subject, options.binning, options.bins)[0]


def polyline(curve: ReliabilityCurve) -> tuple[FloatArray, FloatArray]:
    """Return the corners (x, y) of a curve as it is drawn: bins by their means, CORP by blocks.

    A smooth curve is drawn as far as its kernel holds rows.
    """
    if curve.binning == "corp":
        return curve.knots
    drawn = drawn_points(curve)
    return curve.probability[drawn], curve.frequency[drawn]


@remembered(most=JUDGED)
def _bars(
    predictions: Predictions, subject: Subject, binning: str, bins: int
) -> tuple[ReliabilityCurve, float, float]:
    """Return a forecast in bins, its error there, and what chance would show."""
    index = pooled(predictions, subject)
    found = (mass_curve if binning == "mass" else width_curve)(index, bins)
    chance = float("nan")
    if not subject.base_rate[0]:
        chance = expected_null_error(index.cells, found, _variance(predictions, subject))
    return found, bin_error(_as_bins(found), "l1"), chance


def _as_bins(bars: ReliabilityCurve) -> Bins:
    return Bins(
        bars.edges, bars.counts, bars.trials, bars.positives, bars.probability, bars.frequency
    )


@remembered(most=JUDGED)
def _variance(predictions: Predictions, subject: Subject) -> tuple[FloatArray, FloatArray]:
    """Return what the chance error of any bins needs."""
    return cumulative_variance(pooled(predictions, subject).cells)


@remembered(most=JUDGED)
def _corp(predictions: Predictions, subject: Subject) -> ReliabilityCurve:
    return corp_curve(pooled(predictions, subject).cells)


@remembered(most=8)
def _smooth(predictions: Predictions, subject: Subject, smoothing: float) -> ReliabilityCurve:
    cells = pooled(predictions, subject).cells
    if not len(cells.values):
        return smooth_curve(cells)
    sigma = smoothing or _natural_sigma(predictions, subject)
    sigma = max(sigma, finest_sigma(GRIDS[-1]))
    return smooth_curve(cells, sigma=sigma, waves=_waves(predictions, subject, grid_for(sigma)))


@remembered(most=JUDGED)
def _natural_sigma(predictions: Predictions, subject: Subject) -> float:
    """Return the kernel width that equals the smooth calibration error."""
    return smooth_error_of(pooled(predictions, subject).cells).sigma


@remembered(most=4)
def _waves(predictions: Predictions, subject: Subject, grid: int) -> SmoothForecast:
    return smooth_forecast(pooled(predictions, subject).cells, grid)


@remembered(most=JUDGED)
def _brier(predictions: Predictions, subject: Subject) -> Decomposition:
    return decompose(pooled(predictions, subject).cells, SCORES["brier"])


def _plain_brier(predictions: Predictions, subject: Subject) -> Decomposition:
    return decompose_without_scipy(pooled(predictions, subject).cells, SCORES["brier"])
