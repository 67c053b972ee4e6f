"""The gradients panel's scene: gradient norm, saturation and update size of each layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.base.arrays import TRAIN, FloatArray, IntArray, evenly_spaced, read_only
from core.experiment.view import View
from core.explain.chain_rule import RowGradients, row_gradients
from core.explain.saturation import is_saturated, steepest_slope
from core.functions.losses import LOSSES
from core.model.network import LayerPass
from core.run.run import Run
from core.training.numpy_engine import gradient_at
from core.training.optimizers import OPTIMIZERS
from core.training.problem import Problem, TrainState, rates_at

MOST_ROWS, FEWEST_ROWS = 400, 32
BUDGET = 2e7  # rows times parameters
BINS = 24
SIGMOID_SLOPE = 0.25  # the largest that a sigmoid has, at 0
_LIMITS = {"sigmoid": (0.0, 1.0), "adaptive_sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}


@dataclass(frozen=True, slots=True, eq=False)
class LayerGradient:
    """How much one layer learns.

    Attributes
    ----------
    units : int
    norm : float
        Euclidean norm of the objective's gradient by the layer's weights.
    bound : float
        The output layer's norm times 0.25 for each layer in between: what is left after sigmoids at
        their steepest, if weights neither enlarge nor shrink it. No bound of a network's gradient,
        since its weights multiply too.
    saturated : float
        The share of activations, over rows and units, whose slope is below 5 % of the steepest;
        nan for the output layer, which is linear.
    ratio : float
        Norm of the next update of the weights by the norm of the weights.
    low, high : float
        What the histogram spans.
    histogram : (bins,) array
        Shares of activations, over rows and units.
    """

    units: int
    norm: float
    bound: float
    saturated: float
    ratio: float
    low: float
    high: float
    histogram: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class GradientsScene:
    """What the gradients panel draws.

    Attributes
    ----------
    step : int
    activation : str
    steepest : float
        The largest slope of the hidden units' activation.
    layers : tuple of LayerGradient
        First hidden layer first; the last is the output.
    rows, total : int
        Over how many of how many train rows the gradient is taken.
    row : RowGradients or None
        Both passes of the selected row; None where none is selected.
    """

    step: int
    activation: str
    steepest: float
    layers: tuple[LayerGradient, ...]
    rows: int
    total: int
    row: RowGradients | None


def gradients_scene(run: Run, state: TrainState, view: View) -> GradientsScene:
    """Return what the gradients panel shows at a state, computed on some evenly spaced train rows.

    The update is the one that the optimiser would make with this gradient.
    """
    problem = run.history.problem_at(state.step)
    most = int(np.clip(BUDGET / problem.architecture.n_parameters, FEWEST_ROWS, MOST_ROWS))
    rows = evenly_spaced(problem.n_rows, most)
    with np.errstate(all="ignore"):
        gradient, update, passes = _next_update(problem, state, rows)
        views = problem.architecture.views
        norms = [float(np.linalg.norm(own.W)) for own in views(gradient)]
        ratios = [
            _ratio(moved.W, own.W)
            for moved, own in zip(views(update), views(state.parameters), strict=True)
        ]
        last = len(passes) - 1
        layers = tuple(
            LayerGradient(
                layer.units,
                norms[k],
                norms[last] * SIGMOID_SLOPE ** (last - k),
                float(is_saturated(layer.activation, done.scaled).mean())
                if k < last
                else float("nan"),
                ratios[k],
                *_histogram(layer.activation, done.activations),
            )
            for k, (layer, done) in enumerate(zip(problem.architecture.layers, passes, strict=True))
        )
    activation = run.experiment.model.activation
    return GradientsScene(
        step=state.step,
        activation=activation,
        steepest=steepest_slope(activation),
        layers=layers,
        rows=len(rows),
        total=problem.n_rows,
        row=row_gradients(run, state, view.selected),
    )


def highest_loss_row(run: Run, state: TrainState) -> int:
    """Return the row of the data set, among the train rows, with the largest loss."""
    mine = np.flatnonzero(run.prepared.split == TRAIN)
    logits = run.logits(state, run.prepared.X[mine])
    labels: np.ndarray = run.prepared.y[mine]
    losses = LOSSES[run.experiment.training.loss].values(logits, labels)
    return int(run.prepared.rows[mine[np.nan_to_num(losses, nan=-1.0).argmax()]])


def _next_update(
    problem: Problem, state: TrainState, rows: IntArray
) -> tuple[FloatArray, FloatArray, tuple[LayerPass, ...]]:
    """Return the gradient at the parameters, the optimiser's update with it, and the passes."""
    parameters = state.parameters.astype(np.float64)
    slots = state.slots.astype(np.float64)
    statistics = state.statistics.astype(np.float64)
    training = problem.training
    rates = rates_at(training, state.epoch + state.position / problem.n_rows)
    optimizer = OPTIMIZERS[training.optimizer]
    _, gradient, passes = gradient_at(problem, parameters, statistics, rows)
    point = optimizer.point(parameters, slots, rates)
    ahead = gradient
    if point is not parameters:
        ahead = gradient_at(problem, point, statistics, rows)[1]
    decays = problem.architecture.weight_mask() if optimizer.decays_weights else 0.0
    after, _ = optimizer.update(parameters, slots, ahead, state.step + 1, rates, decays)
    return gradient, after - parameters, passes


def _ratio(moved: FloatArray, weights: FloatArray) -> float:
    size = float(np.linalg.norm(weights))
    return float(np.linalg.norm(moved)) / size if size > 0.0 else float("nan")


def _histogram(activation: str, activations: FloatArray) -> tuple[float, float, FloatArray]:
    """Return what the histogram spans, and the shares (bins,) of all activations."""
    a = np.nan_to_num(activations)
    low, high = _LIMITS.get(activation, (float(a.min()), float(a.max())))
    high = high if high > low else low + 1.0
    places = ((a - low) / (high - low) * BINS).astype(np.int64).clip(0, BINS - 1)
    counts = np.bincount(places.ravel(), minlength=BINS)
    return low, high, read_only(counts / a.size, np.float64)
