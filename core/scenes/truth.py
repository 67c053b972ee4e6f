"""The true reliability curve: what really happens, on average, where the model says p."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from core.base.arrays import Floats, read_only
from core.calibration.smoothing import SmoothForecast, grid_for, smooth_fit, spectrum
from core.data.dataset import Dataset
from core.data.preparing import Prepared
from core.predictions.forecasts import predicted
from core.run.recalibration import Model, base_rate_ratios, base_rates
from core.run.run import Run
from core.training.engines import probabilities_at
from core.training.problem import TrainState

WIDTH = 0.15  # of the kernel, in probability, for one row; it shrinks with the fifth root
POINTS = 128
MOST_ROWS = 20_000
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
    X: Floats
    probabilities: Floats


@functools.lru_cache(maxsize=2)
def true_probabilities(dataset: Dataset, prepared: Prepared) -> Truth | None:
    """Return P(class | row) of up to 20 000 rows, evenly spaced; None where it is not known."""
    if dataset.truth is None:
        return None
    stride = max(-(-len(prepared.rows) // MOST_ROWS), 1)
    X = read_only(prepared.X[::stride], np.float64)
    truth = dataset.truth(dataset.X[prepared.rows[::stride]])
    return Truth(prepared, X, read_only(truth, np.float64))


def true_curve(
    run: Run, state: TrainState, forecast: int | str, truth: Truth
) -> tuple[Floats, Floats]:
    """Return (x, y), (m,) each: the mean true probability of rows that the model gives x.

    Rows of all parts serve, since the truth is the same for all; a kernel of width 0.15 n^(-1/5) in
    probability averages them (Silverman 1986, section 3.4). Where a base rate is in use, truth and
    rows are moved to it. It is drawn over the range of probabilities that occur.

    Parameters
    ----------
    forecast : int or "confidence"
    """
    choices = run.experiment.calibration
    rates = base_rate_ratios(base_rates(run.prepared), choices.base_rate, choices.base_class)
    ratios = None if rates is None else tuple(rates.tolist())
    return _curve(Model.at(run, state), forecast, truth, ratios)


@functools.lru_cache(maxsize=4)
def _curve(
    model: Model, forecast: int | str, truth: Truth, ratios: tuple[float, ...] | None
) -> tuple[Floats, Floats]:
    said = _said(model, truth)
    joint = truth.probabilities * (1.0 if ratios is None else np.array(ratios))
    weight = joint.sum(axis=1)
    if isinstance(forecast, int):
        p, positive = said[:, forecast], joint[:, forecast]
    else:
        best = predicted(np.ascontiguousarray(said[:, 1]) if said.shape[1] == 2 else said)
        rows = np.arange(len(said))
        p, positive = said[rows, best], joint[rows, best]
    return _smoothed(np.ascontiguousarray(p), weight, positive)


def _smoothed(p: Floats, weight: Floats, positive: Floats) -> tuple[Floats, Floats]:
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


@functools.lru_cache(maxsize=2)
def _said(model: Model, truth: Truth) -> Floats:
    return read_only(probabilities_at(model.architecture, model.state, truth.X), np.float64)
