"""The loss that a calibrator's fit minimises, along one of its parameters."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from core.base.arrays import Floats, every, read_only
from core.calibration.calibration_knobs import CalibrationChoices
from core.calibration.calibrators.logistic_maps import smoothed_targets
from core.calibration.pooled import Cells
from core.functions.sigmoid_family import softplus
from core.functions.softmax_family import log_softmax
from core.run.recalibration import Model, fitting_part, undone_weights
from core.scenes.moving import AS_IN_DATA, logit_cells

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
    code, undo = fitting_part(choices), choices.undo_weights
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
    rows = every(len(labels), MOST_ROWS) or slice(None)
    logits, labels = logits[rows], labels[rows]
    if undo:
        logits = logits + undone_weights(model.prepared)
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


def _fitting_cells(model: Model, code: int, undo: bool) -> Cells | None:
    """Return the fitting rows of two classes pooled by their logit; None of other rows."""
    cells = logit_cells(model, code, AS_IN_DATA, MOST_ROWS)
    if cells is None or not undo:
        return cells
    before = undone_weights(model.prepared)
    return replace(cells, values=cells.values + float(before[1] - before[0]))
