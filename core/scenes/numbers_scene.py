"""The numbers panel's scene: error against bins, six conventions, and summary statistics."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from core.base.arrays import FloatArray, read_only
from core.base.errors import UserError
from core.base.memo import remembered
from core.calibration.binning import CONVENTIONS, CumulativePool
from core.calibration.calibration_error import bin_error, bins_of
from core.calibration.calibration_knobs import CalibrationChoices
from core.calibration.logistic_regression import calibration_slope
from core.calibration.null_distribution import (
    STATISTICS,
    NullDistribution,
    chance_of,
    cumulative_variance,
    expected_null_error,
)
from core.calibration.pooled import PooledForecast, squared_weight
from core.calibration.recalibration import changes_probabilities, is_judged_on_fitting_rows
from core.calibration.reliability import ReliabilityCurve, mass_curve, width_curve
from core.experiment.view import View
from core.explain.binary_evaluation import LEVEL, Subject, pooled, viewed_forecast
from core.functions.sigmoid_family import logit
from core.predictions.predictions import Predictions, predictions_of
from core.run.run import Run
from core.training.problem import TrainState

MOST_BINS = 100
NORMAL_90 = 1.6448536269514722  # the 95 % quantile of the standard normal
DRAWS, FEWER = 200, 40  # sets of outcomes; fewer for what is slow
SLOW = ("ece_sweep",)


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """Expected calibration error against the number of bins, 1 to 100.

    Attributes
    ----------
    bins, width, mass : (100,) arrays
        The error in bins of equal width and of equal mass.
    chance : (100,) array
        What a calibrated model would show on average in bins of equal width; see
        `core.calibration.null_distribution.expected_null_error`.
    """

    bins: FloatArray
    width: FloatArray
    mass: FloatArray
    chance: FloatArray


@dataclass(frozen=True, slots=True)
class Answer:
    """The error by one convention."""

    name: str
    label: str
    help: str
    value: float


@dataclass(frozen=True, slots=True)
class Headline:
    """A number beside what a perfect model would show."""

    label: str
    help: str
    chance: NullDistribution


@dataclass(frozen=True, slots=True, eq=False)
class NumbersScene:
    """What the numbers panel draws; the headlines are computed apart, by `headlines`.

    Attributes
    ----------
    step : int
    split : str
    n_rows : int
    bins : int
    view : int or "confidence"
    classes : tuple of str
    of_calibrated : bool
        Whether the calibrated probabilities are judged.
    index : CumulativePool or None
        The rows pooled; None where the part has none.
    strip : Strip or None
    answers : tuple of Answer
    problem : str
    fitted_here : bool
        Whether the probabilities are calibrated ones of the rows that the calibrator was fitted on.
    weighted_by : str
        The column of sample weights; empty where rows count alike.
    """

    step: int
    split: str
    n_rows: int
    bins: int
    view: int | str
    classes: tuple[str, ...]
    of_calibrated: bool
    index: CumulativePool | None
    strip: Strip | None
    answers: tuple[Answer, ...]
    problem: str = ""
    fitted_here: bool = False
    weighted_by: str = ""


def numbers_scene(
    run: Run, state: TrainState, view: View, of_calibrated: bool = False
) -> NumbersScene:
    """Return what the numbers panel shows of a run at a state; see `numbers_of`."""
    choices = run.experiment.calibration
    scene = numbers_of(predictions_of(run, state), choices, view, of_calibrated)
    return replace(scene, step=state.step)


def numbers_of(
    predictions: Predictions, choices: CalibrationChoices, view: View, of_calibrated: bool = False
) -> NumbersScene:
    """Return what the numbers panel shows of predictions.

    Another base rate is left out: what chance would show is known for rows that count alike.
    """
    choices = replace(choices, base_rate=0.0)
    is_calibrated = of_calibrated and changes_probabilities(choices)
    forecast = viewed_forecast(view, predictions)
    empty = NumbersScene(
        step=0,
        split=view.split,
        n_rows=predictions.part(view.split).n_rows,
        bins=choices.bins,
        view=forecast,
        classes=predictions.classes,
        of_calibrated=is_calibrated,
        index=None,
        strip=None,
        answers=(),
        fitted_here=is_calibrated
        and is_judged_on_fitting_rows(choices, view.split, predictions.n_classes),
        weighted_by=predictions.weighted_by,
    )
    if predictions.part(view.split).is_empty:
        return empty
    subject = Subject.raw(view.split, forecast, choices)
    if is_calibrated:
        subject = Subject.recalibrated(view.split, forecast, choices, predictions.n_classes)
    try:
        index = pooled(predictions, subject)
    except UserError as error:
        return replace(empty, problem=str(error))
    answers = tuple(
        Answer(it.name, it.label, it.help, it.error(index, choices.bins))
        for it in CONVENTIONS.values()
    )
    return replace(empty, index=index, strip=_strip(predictions, subject), answers=answers)


@remembered(most=2)
def _strip(predictions: Predictions, subject: Subject) -> Strip:
    return strip_of(pooled(predictions, subject))


def strip_of(index: CumulativePool) -> Strip:
    """Return the error for every number of bins up to 100."""
    bins = range(1, MOST_BINS + 1)
    cumulated = cumulative_variance(index.cells)
    curves = [width_curve(index, b) for b in bins]
    chance = [expected_null_error(index.cells, it, cumulated) for it in curves]
    mass = [bin_error(bins_of(index, b, "mass"), "l1") for b in bins]
    return Strip(
        read_only(np.array(bins), np.float64),
        read_only(np.array([_error(it) for it in curves]), np.float64),
        read_only(np.array(mass), np.float64),
        read_only(np.array(chance), np.float64),
    )


def _error(curve: ReliabilityCurve) -> float:
    """Return the mean gap of a binned curve."""
    gaps = np.nan_to_num(np.abs(curve.frequency - curve.probability))
    return float(gaps @ curve.counts / curve.counts.sum())


def headlines(
    cells: PooledForecast, bins: int, draws: int = DRAWS, fewer: int = FEWER
) -> tuple[Headline, ...]:
    """Return every headline number with its mean, 90 % interval and p-value if calibrated.

    The mean calibration error in bins is worked out as the strip and the diagram have it. The other
    numbers of `STATISTICS` come by simulation; Spiegelhalter's z, slope and intercepts by their
    normal distribution for many rows.
    """
    exact = {"ece": width_curve, "ece_mass": mass_curve}
    found = []
    for name, it in STATISTICS.items():
        chance = chance_of(cells, name, bins=bins, draws=fewer if name in SLOW else draws)
        if name in exact and len(cells.values):
            chance = replace(chance, mean=expected_null_error(cells, exact[name](cells, bins)))
        found.append(Headline(it.label, it.help, chance))
    return (*found, *_regressions(cells))


def _regressions(cells: PooledForecast) -> Iterator[Headline]:
    """Yield Spiegelhalter's z, the slope and both intercepts.

    Under calibration the estimates are normal about 0 or 1, with the inverse of the information
    sum w p (1 - p) (1, s)(1, s)' at the logits s as their covariance.
    """
    p, w = cells.values, cells.weight
    lean = 1.0 - 2.0 * p
    spread = math.sqrt(float(squared_weight(cells) @ (lean**2 * p * (1.0 - p))))
    z = float((cells.positive - w * p) @ lean) / spread if spread else float("nan")
    yield _normal("Spiegelhalter z", "Brier score against what its forecasts expect.", z, 0.0, 1.0)
    fit = calibration_slope(
        np.repeat([1, 0], len(p)),
        np.concatenate((p, p)),
        weights=np.concatenate((cells.positive, w - cells.positive)),
    )
    inside = (p > 0.0) & (p < 1.0)
    s, mass = logit(p[inside]), (w * p * (1.0 - p))[inside]
    information = np.array([[mass.sum(), mass @ s], [mass @ s, mass @ s**2]])
    joint = [float("nan")] * 2
    if np.linalg.cond(information) < 1e12:
        joint = np.sqrt(np.linalg.inv(information).diagonal()).tolist()
    large = 1.0 / math.sqrt(mass.sum()) if mass.sum() > 0.0 else float("nan")
    yield _normal("slope", "Below 1 the forecasts are too extreme.", fit.slope, 1.0, joint[1])
    yield _normal("intercept, joint", "Beside that slope.", fit.intercept, 0.0, joint[0])
    yield _normal(
        "intercept, in the large",
        "With slope 1; above 0 the forecasts are too low.",
        fit.intercept_in_the_large,
        0.0,
        large,
    )


def _normal(label: str, says: str, value: float, centre: float, error: float) -> Headline:
    """Return a number that is normal about its centre if calibrated, with a two-sided p-value."""
    p_value = math.erfc(abs(value - centre) / error / math.sqrt(2.0)) if error else float("nan")
    low, high = centre - NORMAL_90 * error, centre + NORMAL_90 * error
    return Headline(
        label, says, NullDistribution(label, value, centre, centre, low, high, LEVEL, p_value)
    )
