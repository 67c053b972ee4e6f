"""The loss that a calibrator's fit minimises, along one of its parameters."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from core.base.arrays import Floats, read_only, stride
from core.base.knobs import NumberKnob
from core.calibration.calibration_error import binned_error
from core.calibration.calibration_knobs import CalibrationChoices
from core.calibration.calibrators.cross_fitting import CrossFitted
from core.calibration.calibrators.logistic_maps import smoothed_targets
from core.calibration.calibrators.temperature import Temperature
from core.calibration.pooled import PooledForecast, pool_forecast
from core.calibration.scores import log_loss
from core.evaluation.thresholds import decided
from core.experiment.experiment import knob_at
from core.experiment.view import View
from core.explain.binary_evaluation import viewed_forecast
from core.explain.pooled_logits import (
    AS_IN_DATA,
    IDENTITY,
    calibrated_probability,
    logit_cells,
    mean_log_loss,
    recalibrated,
)
from core.functions.sigmoid_family import softplus
from core.functions.softmax_family import categorical_cross_entropy, log_softmax, softmax
from core.run.recalibration import (
    Model,
    Recalibration,
    fit_calibrator,
    fitting_split,
    is_manual,
    log_weight_correction,
    part_probabilities,
)

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
    model: Model,
    choices: CalibrationChoices,
    values: tuple[float, ...],
    turned: int,
    grid: tuple[float, ...],
) -> Floats:
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
    code, undo = fitting_split(choices), choices.undo_weights
    if choices.method == "temperature":
        return _temperature_losses(model, code, undo, grid)
    other = values[1 - turned]
    pairs = tuple((x, other) if turned == 0 else (other, x) for x in grid)
    return _platt_losses(model, code, undo, pairs)


@functools.lru_cache(maxsize=8)
def _temperature_losses(
    model: Model, code: int, undo: bool, temperatures: tuple[float, ...]
) -> Floats:
    cells = _fitting_cells(model, code, undo)
    if cells is not None:
        yes, share = cells.positive / cells.total, cells.weight / cells.total
        return _cross_entropies((cells.values / t for t in temperatures), yes, share - yes)
    logits, labels = model.logits(code), model.labels(code)
    rows = stride(len(labels), MOST_ROWS) or slice(None)
    logits, labels = logits[rows], labels[rows]
    if undo:
        logits = logits + log_weight_correction(model.prepared)
    at = np.arange(len(labels))
    losses = [-float(log_softmax(logits / t)[at, labels].mean()) for t in temperatures]
    return read_only(np.array(losses), np.float64)


@functools.lru_cache(maxsize=8)
def _platt_losses(
    model: Model, code: int, undo: bool, pairs: tuple[tuple[float, float], ...]
) -> Floats:
    cells = _fitting_cells(model, code, undo)
    assert cells is not None
    positives = float(cells.positive.sum())
    counts = np.array([positives, cells.total - positives])
    happened, failed = smoothed_targets(np.array([1.0, 0.0]), counts)
    yes, share = cells.positive / cells.total, cells.weight / cells.total
    aims = yes * happened + (share - yes) * failed
    return _cross_entropies((-(a * cells.values + b) for a, b in pairs), aims, share - aims)


def _cross_entropies(logits: Iterable[Floats], yes: Floats, no: Floats) -> Floats:
    """Return sum yes softplus(-z) + no softplus(z) for each set of logits z."""
    losses = [float(yes @ softplus(-z) + no @ softplus(z)) for z in logits]
    return read_only(np.array(losses), np.float64)


def _fitting_cells(model: Model, code: int, undo: bool) -> PooledForecast | None:
    """Return the fitting rows of two classes pooled by their logit; None of other rows."""
    cells = logit_cells(model, code, AS_IN_DATA, MOST_ROWS)
    if cells is None or not undo:
        return cells
    before = log_weight_correction(model.prepared)
    return replace(cells, values=cells.values + float(before[1] - before[0]))


TURNED = {"temperature": ("temperature",), "platt": ("platt_a", "platt_b")}
FITTED_NAMES = {"temperature": "temperature", "platt_a": "a", "platt_b": "b"}


@dataclass(frozen=True, slots=True)
class ParameterProfile:
    """A parameter that can be turned by hand.

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


def handles_of(model: Model, choices: CalibrationChoices) -> tuple[ParameterProfile, ...]:
    """Return the handles of the chosen calibrator, by hand or as fitted."""
    names = TURNED.get(choices.method, ())
    if choices.method == "platt" and len(model.prepared.classes) != 2:
        return ()
    fitted = fit_calibrator(model, replace(choices, by_hand=False)).parameters if names else {}
    found = []
    by_hand = is_manual(choices, len(model.prepared.classes))
    for name in names:
        knob = knob_at(f"calibration.{name}")
        best = float(np.asarray(fitted[FITTED_NAMES[name]].value))
        if isinstance(knob, NumberKnob):
            best = min(max(best, knob.low), knob.high)
        value = float(getattr(choices, name)) if by_hand else best
        found.append(ParameterProfile(f"calibration.{name}", knob.label, value, best))
    return tuple(found)


def _from_cells(
    cells: PooledForecast, mended: Recalibration, choices: CalibrationChoices, view: View
) -> tuple[Outcome, Outcome, float]:
    """Return both outcomes and the share of decisions changed, of cells of two classes' logits."""
    forecast = int(viewed_forecast(view, 2))
    raw = _raw_outcome(cells, forecast, choices.bins, choices.binning)
    error = binned_error(recalibrated(cells, mended, forecast), choices.bins, choices.binning)
    after = Outcome(mean_log_loss(cells, mended), error)
    before, now = (
        calibrated_probability(cells.values, by, 1) >= view.threshold for by in (IDENTITY, mended)
    )
    return raw, after, float(cells.weight[before != now].sum()) / cells.total


@functools.lru_cache(maxsize=4)
def _raw_outcome(cells: PooledForecast, forecast: int, bins: int, binning: str) -> Outcome:
    error = binned_error(recalibrated(cells, IDENTITY, forecast), bins, binning)
    return Outcome(mean_log_loss(cells, IDENTITY), error)


def _from_rows(
    model: Model,
    code: int,
    mended: Recalibration | None,
    view: View,
    choices: CalibrationChoices,
    most: int,
) -> tuple[Outcome, Outcome, float]:
    """Return both outcomes and the share of decisions changed, of rows of any classes."""
    labels = model.labels(code)
    rows = stride(len(labels), most) or slice(None)
    z, y = model.logits(code)[rows], labels[rows]
    before, after = softmax(z), _mended(model, code, mended, rows)
    has_moved = decided(before, view.threshold) != decided(after, view.threshold)
    forecast = viewed_forecast(view, before.shape[1])
    losses = float(categorical_cross_entropy(z, y).mean()), log_loss(y, after)
    if mended is not None and isinstance(mended.fitted, Temperature) and mended.fitted.temperature:
        tempered = (z + mended.before) / mended.fitted.temperature  # exact where p would be 0
        losses = losses[0], float(categorical_cross_entropy(tempered, y).mean())
    errors = (
        binned_error(pool_forecast(y, p, view=forecast), choices.bins, choices.binning)
        for p in (before, after)
    )
    raw, changed = (Outcome(*both) for both in zip(losses, errors, strict=True))
    return raw, changed, float(np.mean(has_moved))


def _mended(model: Model, code: int, mended: Recalibration | None, rows: slice) -> Floats:
    if mended is None:
        return np.asarray(softmax(model.logits(code)[rows]))
    if isinstance(mended.fitted, CrossFitted):
        return part_probabilities(model, code, mended)[rows]
    return mended.probabilities(np.ascontiguousarray(model.logits(code)[rows]))
