"""The known truth beside the boundary: the best possible border, and how far the model is from it.

A generator knows P(y | x) exactly. Bayes' rule, which decides for the most probable class, has the
lowest error of all rules; its decision changes where two classes are equally probable: the Bayes
boundary (Duda, Hart & Stork 2001, section 2.3). The distance between the model's probabilities q
and the true ones p is their total variation, sum_k |p_k - q_k| / 2: of two classes |p_1 - q_1|.

The true reliability curve is the mean true probability of the rows to which the model gives p.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from core.base.arrays import TRAIN, FloatArray, read_only
from core.base.memo import remembered
from core.calibration.recalibration import (
    Recalibration,
    base_rate_ratios,
    training_base_rates,
)
from core.calibration.smoothing import SmoothForecast, grid_for, smooth_fit, spectrum
from core.data.dataset import Dataset
from core.data.preparing import Prepared
from core.explain.planes import Plane
from core.functions.heads import class_logits
from core.predictions.forecasts import most_probable_class
from core.predictions.predictions import predictions_of
from core.run.run import Run
from core.training.problem import TrainState

MOST_ROWS = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class TrueMap:
    """True probabilities over a plane.

    Attributes
    ----------
    x : (c,) array
    y : (r,) array
    probabilities : (r, c, K) array
    border : (m, 2) array
        The Bayes boundary; a row of nan separates two lines.
    """

    x: FloatArray
    y: FloatArray
    probabilities: FloatArray
    border: FloatArray

    @property
    def resolution(self) -> int:
        """The grid's points along each axis."""
        return len(self.x)


@dataclass(frozen=True, slots=True, eq=False)
class TrueRows:
    """True probabilities of train rows.

    Attributes
    ----------
    X : (m, n_inputs) array
        As the model sees them.
    probabilities : (m, K) array
    bayes_accuracy : float
        The accuracy to be expected of Bayes' rule on rows like these: the mean of the largest
        probability.
    """

    X: FloatArray
    probabilities: FloatArray
    bayes_accuracy: float


def is_known(dataset: Dataset) -> bool:
    """Tell whether the truth of a data set is known and can be drawn on a plane."""
    return dataset.truth is not None and dataset.n_features == 2


def true_map(dataset: Dataset, plane: Plane, resolution: int) -> TrueMap:
    """Return the truth over a plane of two features, on a square grid of that resolution."""
    assert dataset.truth is not None
    x_low, x_high, y_low, y_high = plane.limits
    x, y = np.linspace(x_low, x_high, resolution), np.linspace(y_low, y_high, resolution)
    at = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    raw = np.empty_like(at)
    for column, axis in enumerate(plane.axes):
        raw[:, axis.feature] = at[:, column]
    p = dataset.truth(raw).reshape(resolution, resolution, -1)
    arrays = (read_only(array, np.float64) for array in (x, y, p, bayes_border(x, y, p)))
    return TrueMap(*arrays)


def bayes_border(x: FloatArray, y: FloatArray, probabilities: FloatArray) -> FloatArray:
    """Return the lines (m, 2) where the most probable class of probabilities (r, c, K) changes.

    Between classes j and k it is where p_j = p_k, as far as one of the two is the most probable.
    """
    import contourpy

    likeliest = probabilities.argmax(axis=2)
    found, gap = [np.empty((0, 2))], np.full((1, 2), np.nan)
    for j, k in itertools.combinations(np.unique(likeliest).tolist(), 2):
        others = (likeliest != j) & (likeliest != k)
        difference = np.ma.array(probabilities[:, :, j] - probabilities[:, :, k], mask=others)
        generator = contourpy.contour_generator(
            x, y, difference, line_type=contourpy.LineType.ChunkCombinedNan, corner_mask=True
        )
        [lines] = generator.lines(0.0)[0]
        if lines is not None:
            found += [gap, lines] if len(found) > 1 else [lines]
    return np.vstack(found)


def true_rows(dataset: Dataset, prepared: Prepared) -> TrueRows:
    """Return the true probabilities of the train rows; at most 10 000 of them, evenly spaced."""
    assert dataset.truth is not None
    train = np.flatnonzero(prepared.split == TRAIN)
    train = train[:: max(-(-len(train) // MOST_ROWS), 1)]
    p = dataset.truth(dataset.X[prepared.rows[train]])
    X = read_only(prepared.X[train], np.float64)
    return TrueRows(X, read_only(p, np.float64), float(p.max(axis=1).mean()))


def total_variation(probabilities: FloatArray, truth: FloatArray) -> FloatArray:
    """Return the total variation between probabilities (..., K) and the truth (..., K).

    Examples
    --------
    >>> total_variation(np.array([[0.9, 0.1]]), np.array([[0.6, 0.4]])).round(3)
    array([0.3])
    """
    return np.asarray(0.5 * np.abs(probabilities - truth).sum(axis=-1))


def mean_error(
    run: Run, state: TrainState, truth: TrueRows, recalibration: Recalibration | None = None
) -> float:
    """Return the mean total variation from the truth of a model's probabilities.

    Parameters
    ----------
    recalibration : Recalibration, optional
        By which the probabilities are calibrated first.
    """
    if recalibration is None:
        probabilities = run.probabilities(state, truth.X)
    else:
        logits = class_logits(run.logits(state, truth.X))
        probabilities = recalibration.probabilities(logits)
    return float(total_variation(probabilities, truth.probabilities).mean())


WIDTH = 0.15  # of the kernel, in probability, for one row; it shrinks with the fifth root
POINTS = 128
MOST_CURVE_ROWS = 20_000
_GRIDS = (64, 128, 256, 512, 1024)  # with twice as many points, straight lines are the curve


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """True class probabilities of some rows of every part.

    Attributes
    ----------
    prepared : Prepared
    X : (n, n_inputs) array
    probabilities : (n, K) array
    """

    prepared: Prepared
    X: FloatArray
    probabilities: FloatArray


@remembered(most=1)
def true_probabilities(run: Run) -> Truth | None:
    """Return P(class | row) of up to 20 000 rows, evenly spaced; None where it is not known."""
    dataset, prepared = run.dataset, run.prepared
    if dataset.truth is None:
        return None
    stride = max(-(-len(prepared.rows) // MOST_CURVE_ROWS), 1)
    X = read_only(prepared.X[::stride], np.float64)
    truth = dataset.truth(dataset.X[prepared.rows[::stride]])
    return Truth(prepared, X, read_only(truth, np.float64))


def true_curve(
    run: Run, state: TrainState, forecast: int | str, truth: Truth
) -> tuple[FloatArray, FloatArray]:
    """Return (x, y), (m,) each: y is the mean true probability of rows to which the model gives x.

    Rows of all three parts are used, since the truth is the same for all. They are averaged by a
    kernel of width 0.15 n^(-1/5) in probability (Silverman 1986, section 3.4). Where a base rate is
    in use, truth and rows are reweighted to it. x covers the probabilities that occur.

    Parameters
    ----------
    forecast : int or "confidence"
    """
    choices = run.experiment.calibration
    rates = None
    if choices.base_rate:
        learnt = training_base_rates(predictions_of(run, state))
        rates = base_rate_ratios(learnt, choices.base_rate, choices.base_class)
    ratios = None if rates is None else tuple(rates.tolist())
    return _curve(run, state, forecast, truth, ratios)


@remembered(most=4)
def _curve(
    run: Run,
    state: TrainState,
    forecast: int | str,
    truth: Truth,
    ratios: tuple[float, ...] | None,
) -> tuple[FloatArray, FloatArray]:
    p_model = _probabilities(run, state, truth)
    joint = truth.probabilities * (1.0 if ratios is None else np.array(ratios))
    weight = joint.sum(axis=1)
    if isinstance(forecast, int):
        p, positive = p_model[:, forecast], joint[:, forecast]
    else:
        best = most_probable_class(
            np.ascontiguousarray(p_model[:, 1]) if p_model.shape[1] == 2 else p_model
        )
        rows = np.arange(len(p_model))
        p, positive = p_model[rows, best], joint[rows, best]
    return _smoothed(np.ascontiguousarray(p), weight, positive)


def _smoothed(
    p: FloatArray, weight: FloatArray, positive: FloatArray
) -> tuple[FloatArray, FloatArray]:
    if not len(p) or not np.isfinite(p).all():
        return read_only(np.empty(0), np.float64), read_only(np.empty(0), np.float64)
    width = WIDTH * len(p) ** -0.2
    grid = 2 * grid_for(width, _GRIDS)
    waves = SmoothForecast(
        spectrum(p, weight, grid), spectrum(p, positive, grid), float(weight.sum())
    )
    frequency, _ = smooth_fit(waves, width)
    x = np.linspace(float(p.min()), float(p.max()), POINTS)
    known = ~np.isnan(frequency)
    y = np.interp(x, ((np.arange(grid) + 0.5) / grid)[known], frequency[known])
    return read_only(x, np.float64), read_only(y, np.float64)


@remembered(most=2)
def _probabilities(run: Run, state: TrainState, truth: Truth) -> FloatArray:
    return read_only(run.probabilities(state, truth.X), np.float64)
