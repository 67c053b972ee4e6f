"""A calibrator set by hand: the loss along each parameter, and what the setting costs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from core.base.arrays import FloatArray, IntArray, read_only, stride
from core.base.knobs import NumberKnob
from core.base.memo import remembered
from core.calibration.calibration_error import binned_error
from core.calibration.calibration_knobs import CalibrationChoices
from core.calibration.calibrators.logistic_maps import smoothed_targets
from core.calibration.calibrators.temperature import Temperature
from core.calibration.pooled import PooledForecast, pool_forecast
from core.calibration.recalibration import (
    Recalibration,
    fit_calibrator,
    fitting_logits,
    fitting_split,
    is_manual,
)
from core.calibration.scores import log_loss
from core.evaluation.thresholds import decided
from core.experiment.experiment import knob_at
from core.experiment.view import View
from core.explain.binary_evaluation import plain_choices, viewed_forecast
from core.explain.pooled_logits import (
    AS_IN_DATA,
    IDENTITY,
    calibrated_probability,
    is_increasing,
    logit_cells,
    mean_log_loss,
    recalibrated_cells,
)
from core.functions.sigmoid_family import softplus
from core.functions.softmax_family import categorical_cross_entropy, log_softmax
from core.predictions.predictions import Predictions

GRID_POINTS = 81
MOST_ROWS = 4_000  # or cells that the loss is drawn from
HALF_WIDTH = 4.0  # of the range drawn around Platt's parameters
COLDEST, HOTTEST = 0.1, 10.0


def grid_of(method: str, value: float, fitted: float) -> tuple[float, ...]:
    """Return where the loss is drawn: a range that holds the fitted and the present value.

    It grows by doubling, so that it stays while the value moves a little; the fitted value is one
    of its points.
    """
    if method == "temperature":
        low, high = min(COLDEST, fitted), max(HOTTEST, fitted)
        while low > value:
            low /= 2.0
        while high < value:
            high *= 2.0
        points = np.geomspace(low, high, GRID_POINTS)
    else:
        half = HALF_WIDTH
        while abs(value - fitted) > half:
            half *= 2.0
        points = np.linspace(fitted - half, fitted + half, GRID_POINTS)
    return tuple(np.unique(np.append(points, fitted)).tolist())


def losses_along(
    predictions: Predictions,
    choices: CalibrationChoices,
    values: tuple[float, ...],
    turned: int,
    grid: tuple[float, ...],
) -> FloatArray:
    """Return the loss (m,) on the fitting rows with one parameter at each point of a grid.

    For temperature the log loss; for Platt the cross-entropy with Platt's smoothed targets, with
    the other parameter as it is. Of two classes rows of neighbouring logits are taken together
    where there are more than 4000; of more classes some rows serve then, evenly spaced.

    Parameters
    ----------
    values : tuple of float
        Of the parameters, in force now.
    turned : int
        Which of them the grid replaces.
    """
    # settings that the loss does not depend on are reset to keep them out of the memo's key
    fit = replace(plain_choices(choices), temperature=1.0, platt_a=-1.0, platt_b=0.0)
    if choices.method == "temperature":
        return _temperature_losses(predictions, fit, grid)
    other = values[1 - turned]
    pairs = tuple((x, other) if turned == 0 else (other, x) for x in grid)
    return _platt_losses(predictions, fit, pairs)


@remembered(most=8)
def _temperature_losses(
    predictions: Predictions, choices: CalibrationChoices, temperatures: tuple[float, ...]
) -> FloatArray:
    cells = _fitting_cells(predictions, choices)
    if cells is not None:
        yes, share = cells.positive / cells.total, cells.weight / cells.total
        return _cross_entropies((cells.values / t for t in temperatures), yes, share - yes)
    part, logits = predictions.part(fitting_split(choices)), fitting_logits(predictions, choices)
    rows = stride(part.n_rows, MOST_ROWS) or slice(None)
    logits, labels = logits[rows], part.labels[rows]
    weights = None if part.weights is None else part.weights[rows]
    at = np.arange(len(labels))
    losses = [
        -float(np.average(log_softmax(logits / t)[at, labels], weights=weights))
        for t in temperatures
    ]
    return read_only(np.array(losses), np.float64)


@remembered(most=8)
def _platt_losses(
    predictions: Predictions, choices: CalibrationChoices, pairs: tuple[tuple[float, float], ...]
) -> FloatArray:
    cells = _fitting_cells(predictions, choices)
    assert cells is not None
    positives = float(cells.positive.sum())
    counts = np.array([positives, cells.total - positives])
    happened, failed = smoothed_targets(np.array([1.0, 0.0]), counts)
    yes, share = cells.positive / cells.total, cells.weight / cells.total
    aims = yes * happened + (share - yes) * failed
    return _cross_entropies((-(a * cells.values + b) for a, b in pairs), aims, share - aims)


def _cross_entropies(logits: Iterable[FloatArray], yes: FloatArray, no: FloatArray) -> FloatArray:
    """Return sum yes softplus(-z) + no softplus(z) for each set of logits z."""
    losses = [float(yes @ softplus(-z) + no @ softplus(z)) for z in logits]
    return read_only(np.array(losses), np.float64)


def _fitting_cells(predictions: Predictions, choices: CalibrationChoices) -> PooledForecast | None:
    """Return the fitting rows of two classes pooled by their logit; None of other rows."""
    cells = logit_cells(predictions, fitting_split(choices), AS_IN_DATA, MOST_ROWS)
    if cells is None or not choices.undo_weights:
        return cells
    before = predictions.log_weight_correction
    return replace(cells, values=cells.values + float(before[1] - before[0]))


MANUAL = {"temperature": ("temperature",), "platt": ("platt_a", "platt_b")}
FITTED_NAMES = {"temperature": "temperature", "platt_a": "a", "platt_b": "b"}


@dataclass(frozen=True, slots=True)
class ParameterProfile:
    """A parameter that can be set by hand.

    Attributes
    ----------
    path : str
        Its choice in the experiment.
    label : str
    value : float
        In force now.
    fitted : float
        What the fit gives.
    """

    path: str
    label: str
    value: float
    fitted: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one set of probabilities costs on the part looked at."""

    log_loss: float
    ece: float


def handles_of(
    predictions: Predictions, choices: CalibrationChoices
) -> tuple[ParameterProfile, ...]:
    """Return the parameters of the chosen calibrator that can be set by hand."""
    names = MANUAL.get(choices.method, ())
    if choices.method == "platt" and predictions.n_classes != 2:
        return ()
    fitted = (
        fit_calibrator(predictions, replace(choices, by_hand=False)).parameters if names else {}
    )
    found = []
    by_hand = is_manual(choices, predictions.n_classes)
    for name in names:
        knob = knob_at(f"calibration.{name}")
        best = float(np.asarray(fitted[FITTED_NAMES[name]].value))
        if isinstance(knob, NumberKnob):
            best = min(max(best, knob.low), knob.high)
        value = float(getattr(choices, name)) if by_hand else best
        found.append(ParameterProfile(f"calibration.{name}", knob.label, value, best))
    return tuple(found)


def outcomes(
    predictions: Predictions,
    recalibration: Recalibration | None,
    view: View,
    choices: CalibrationChoices,
    most: int,
) -> tuple[Outcome, Outcome, float]:
    """Return what the part looked at costs before and after, and the share of decisions changed.

    Parameters
    ----------
    most : int
        Follow from no more rows or cells than this; 0 takes them all.
    """
    if recalibration is not None and is_increasing(recalibration):
        cells = logit_cells(predictions, view.split, AS_IN_DATA, most)
        if cells is not None:
            return _from_cells(predictions, cells, recalibration, choices, view, most)
    return _from_rows(predictions.part(view.split), recalibration, view, choices, most)


def _from_cells(
    predictions: Predictions,
    cells: PooledForecast,
    recalibration: Recalibration,
    choices: CalibrationChoices,
    view: View,
    most: int,
) -> tuple[Outcome, Outcome, float]:
    """Return the outcomes of two classes' logits, pooled."""
    forecast = viewed_forecast(view, predictions)
    assert isinstance(forecast, int)
    bins, binning = choices.bins, choices.binning
    raw = _raw_outcome(predictions, view.split, most, forecast, bins, binning)
    error = binned_error(recalibrated_cells(cells, recalibration, forecast), bins, binning)
    after = Outcome(mean_log_loss(cells, recalibration), error)
    before, now = (
        calibrated_probability(cells.values, by, 1) >= view.threshold
        for by in (IDENTITY, recalibration)
    )
    return raw, after, float(cells.weight[before != now].sum()) / cells.total


@remembered(most=4)
def _raw_outcome(
    predictions: Predictions, split: str, most: int, forecast: int, bins: int, binning: str
) -> Outcome:
    cells = logit_cells(predictions, split, AS_IN_DATA, most)
    assert cells is not None
    error = binned_error(recalibrated_cells(cells, IDENTITY, forecast), bins, binning)
    return Outcome(mean_log_loss(cells, IDENTITY), error)


def _from_rows(
    part: Predictions,
    recalibration: Recalibration | None,
    view: View,
    choices: CalibrationChoices,
    most: int,
) -> tuple[Outcome, Outcome, float]:
    """Return the outcomes of rows of any number of classes."""
    rows = stride(part.n_rows, most) or slice(None)
    z, y, before = part.logits[rows], part.labels[rows], part.probabilities[rows]
    weights = None if part.weights is None else part.weights[rows]
    after = before if recalibration is None else recalibration.probabilities_of(part, rows)
    has_changed = decided(before, view.threshold) != decided(after, view.threshold)
    losses = _mean_cross_entropy(z, y, weights), log_loss(y, after, weights)
    fitted = None if recalibration is None else recalibration.fitted
    if recalibration is not None and isinstance(fitted, Temperature) and fitted.temperature:
        tempered = (z + recalibration.before) / fitted.temperature  # exact where p would be 0
        losses = losses[0], _mean_cross_entropy(tempered, y, weights)
    forecast = viewed_forecast(view, part)
    errors = (
        binned_error(pool_forecast(y, p, weights, forecast), choices.bins, choices.binning)
        for p in (before, after)
    )
    raw, changed = (Outcome(*both) for both in zip(losses, errors, strict=True))
    return raw, changed, float(np.average(has_changed, weights=weights))


def _mean_cross_entropy(logits: FloatArray, labels: IntArray, weights: FloatArray | None) -> float:
    return float(np.average(categorical_cross_entropy(logits, labels), weights=weights))
