"""Where on their curve a layer's units really sit: the histogram of what they are applied to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.base.arrays import Floats, read_only
from core.functions.activations import ACTIVATIONS
from core.functions.heads import binary_logit
from core.model.network import forward
from core.run.run import Run
from core.training.problem import TrainState

BINS = 64
MOST_ROWS = 2000
SATURATED = 0.1
"""A unit is saturated on a row where its slope is below this share of the function's steepest."""


@dataclass(frozen=True, slots=True, eq=False)
class UnitsScene:
    """The inputs of a layer's activation over the train rows.

    Attributes
    ----------
    step : int
    layer : int
        0 is the first hidden layer; ``n_hidden`` the output.
    n_hidden : int
    layers : tuple of int
        Those that can be chosen.
    activation : str
        A name in ``ACTIVATIONS``: what the layer's units are; the sigmoid at the output.
    n_units, n_rows : int
        ``n_rows`` are those looked at, evenly spaced where there are many.
    edges : (BINS + 1,) array
    shares : (BINS,) array
        The share of all numbers in each bin; with ``below`` and ``above`` they sum to 1.
    below, above : float
        The shares beyond the edges.
    mean, sd : float
    saturated : float
        The share with a slope below a tenth of the function's steepest.
    stuck : int
        Units that are saturated on every row.
    """

    step: int
    layer: int
    n_hidden: int
    layers: tuple[int, ...]
    activation: str
    n_units: int
    n_rows: int
    edges: Floats
    shares: Floats
    below: float
    above: float
    mean: float
    sd: float
    saturated: float
    stuck: int


def units_scene(run: Run, state: TrainState, layer: int, span: float) -> UnitsScene | None:
    """Return the histogram of a layer's inputs to its activation, from -span to span.

    A layer that is not there is replaced by the nearest; None where there is none to look at,
    which is softmax regression of more than two classes, or where a number is not finite.
    """
    architecture = run.architecture
    n_hidden = len(architecture.layers) - 1
    layers = tuple(range(n_hidden + (architecture.n_classes == 2)))
    if not layers:
        return None
    layer = min(max(layer, 0), layers[-1])
    inputs, activation = _inputs(run, state, layer)
    if not len(inputs) or not np.isfinite(inputs).all():
        return None
    edges = np.linspace(-span, span, BINS + 1)
    counts, _ = np.histogram(inputs, edges)
    function = ACTIVATIONS[activation]
    steepest = np.abs(function.slope(edges)).max()
    flat = np.abs(function.slope(inputs)) < SATURATED * steepest
    return UnitsScene(
        step=state.step,
        layer=layer,
        n_hidden=n_hidden,
        layers=layers,
        activation=activation,
        n_units=inputs.shape[1],
        n_rows=len(inputs),
        edges=read_only(edges, np.float64),
        shares=read_only(counts / inputs.size, np.float64),
        below=float((inputs < -span).mean()),
        above=float((inputs > span).mean()),
        mean=float(inputs.mean()),
        sd=float(inputs.std()),
        saturated=float(flat.mean()),
        stuck=int(flat.all(axis=0).sum()),
    )


def _inputs(run: Run, state: TrainState, layer: int) -> tuple[Floats, str]:
    """Return what a layer's activation is applied to, (rows, units), and its name."""
    layers = run.architecture.layers
    train = np.flatnonzero(run.prepared.split == 0)
    rows = train[:: -(-len(train) // MOST_ROWS) or 1]
    passes = forward(run.architecture, state.parameters, state.statistics, run.prepared.X[rows])
    if layer == len(layers) - 1:
        return binary_logit(passes[-1].activations)[:, None], "sigmoid"
    return passes[layer].scaled, layers[layer].activation
