"""The loss that a calibrator's fit minimises, along one of its parameters."""

from __future__ import annotations

import functools
import math

import numpy as np

from core.calibrated import Model, fitting_part, undone_weights
from core.calibration.calibrators.logistic_maps import smoothed_targets
from core.data.dataset import Floats, read_only
from core.experiment import CalibrationChoices
from core.functions import log_sigmoid, log_softmax

GRID_POINTS = 81
MOST_ROWS = 4_000  # that the loss is drawn from, evenly spaced
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
    the other parameter as it is. Of more than 4000 rows some serve, evenly spaced.

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


def _fitting_rows(model: Model, code: int, undo: bool) -> tuple[Floats, np.ndarray]:
    logits, labels = model.logits(code), model.labels(code)
    stride = max(math.ceil(len(labels) / MOST_ROWS), 1)
    logits = logits[::stride]
    return (logits + undone_weights(model.prepared) if undo else logits), labels[::stride]


@functools.lru_cache(maxsize=8)
def _temperature_losses(
    model: Model, code: int, undo: bool, temperatures: tuple[float, ...]
) -> Floats:
    logits, labels = _fitting_rows(model, code, undo)
    rows = np.arange(len(labels))
    losses = [-float(log_softmax(logits / t)[rows, labels].mean()) for t in temperatures]
    return read_only(np.array(losses), np.float64)


@functools.lru_cache(maxsize=8)
def _platt_losses(
    model: Model, code: int, undo: bool, pairs: tuple[tuple[float, float], ...]
) -> Floats:
    logits, labels = _fitting_rows(model, code, undo)
    s = logits[:, 1] - logits[:, 0]
    t = smoothed_targets(labels.astype(np.float64), None)
    losses = []
    for a, b in pairs:
        z = -(a * s + b)
        losses.append(-float((t * log_sigmoid(z) + (1.0 - t) * log_sigmoid(-z)).mean()))
    return read_only(np.array(losses), np.float64)
