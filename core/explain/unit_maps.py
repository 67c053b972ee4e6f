"""What each unit computes: its output over the input plane, or its distribution over train rows.

`preactivation_histogram` is the distribution of what a layer's activation is applied to.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.base.arrays import FloatArray, read_only
from core.base.memo import remembered
from core.explain.planes import Plane
from core.explain.saturation import is_saturated
from core.explain.surface import Surface
from core.functions.heads import HEADS, binary_logit
from core.model.network import forward
from core.run.run import Run
from core.training.problem import TrainState

INPUTS = -1  # the number of the input layer
MOST_ROWS = 400
MOST_AVERAGED = 20  # background rows that a unit's map is averaged over
BINS = 12


@dataclass(frozen=True, slots=True, eq=False)
class UnitMap:
    """One unit's output over the plane.

    Attributes
    ----------
    layer : int
        -1 for the inputs.
    unit : int
    low, high : float
        The least and the largest output on the grid.
    surface : Surface
        Of two "classes": the second's share is 1/2 where the output is 0, and 0 or 1 where it is as
        large as it gets, negative or positive.
    """

    layer: int
    unit: int
    low: float
    high: float
    surface: Surface


def unit_of(run: Run, unit: tuple[int, ...]) -> tuple[int, int] | None:
    """Return (layer, unit) where the network has it, else None."""
    if len(unit) != 2 or not INPUTS <= unit[0] < len(run.architecture.layers):
        return None
    layer, index = unit
    layers = run.architecture.layers
    widest = run.architecture.n_inputs if layer == INPUTS else layers[layer].units
    return (layer, index) if 0 <= index < widest else None


def outputs_of(run: Run, state: TrainState, X: FloatArray) -> tuple[FloatArray, ...]:
    """Return what every layer gives for rows X (n, n_inputs), the inputs first.

    The last is (n, outputs) probabilities: of a sigmoid head class 1's alone.
    """
    architecture = run.architecture
    passes = forward(architecture, state.parameters, state.statistics, X)
    probabilities = HEADS[architecture.head].probabilities(passes[-1].activations)
    hidden = [step.activations for step in passes[:-1]]
    return (X, *hidden, probabilities[:, -architecture.n_outputs :])


def signed_shades(outputs: FloatArray, is_probability: bool) -> FloatArray:
    """Return outputs (n, units) scaled to [-1, 1] by unit; probabilities become 2 p - 1.

    Examples
    --------
    >>> signed_shades(np.array([[-1.0], [4.0]]), False).tolist()
    [[-0.25], [1.0]]
    """
    if is_probability:
        return np.nan_to_num(2.0 * outputs - 1.0)
    largest = np.abs(outputs).max(axis=0)
    return np.nan_to_num(outputs / np.where(largest > 0.0, largest, 1.0))


def histograms(outputs: FloatArray, bins: int = BINS) -> FloatArray:
    """Return the share of rows (units, bins) in equal bins over the range of each unit's output.

    A unit with the same output for every row has all rows in the middle bin.
    """
    low, high = outputs.min(axis=0), outputs.max(axis=0)
    span = np.where(high > low, high - low, 1.0)
    places = np.nan_to_num((outputs - low) / span * bins).astype(np.int64).clip(0, bins - 1)
    places[:, ~(high > low)] = bins // 2
    units = outputs.shape[1]
    flat = (places + bins * np.arange(units)).ravel()
    counts = np.bincount(flat, minlength=units * bins).reshape(units, bins)
    return np.asarray(counts / max(len(outputs), 1))


@remembered(most=4)
def plane_inputs(run: Run, plane: Plane, resolution: int, background_row: int = 0) -> FloatArray:
    """Return the model's inputs on a square grid over a plane, row by row from below."""
    x_low, x_high, y_low, y_high = plane.limits
    x, y = np.linspace(x_low, x_high, resolution), np.linspace(y_low, y_high, resolution)
    at = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    return read_only(plane.inputs(at, background_row), np.float64)


@remembered(most=1)
def train_sample(run: Run) -> FloatArray:
    """Return at most 400 training rows, evenly spaced."""
    X, _, _ = run.prepared.part(0)
    chosen = np.linspace(0, len(X) - 1, min(len(X), MOST_ROWS)).round().astype(np.int64)
    return read_only(X[chosen], np.float64)


def unit_map(
    run: Run, state: TrainState, plane: Plane, unit: tuple[int, int], resolution: int
) -> UnitMap:
    """Return the map of one unit; where the plane averages, the mean over some of its rows."""
    layer, index = unit
    wide = 4 * resolution if len(plane.axes) == 1 else resolution
    x_low, x_high, y_low, y_high = plane.limits
    x = np.linspace(x_low, x_high, wide)
    y = np.linspace(y_low, y_high, resolution) if len(plane.axes) == 2 else np.empty(0)
    lines = np.stack(np.meshgrid(x, y if len(y) else [0.0]), axis=-1).reshape(-1, 2)
    used = min(MOST_AVERAGED, len(plane.background_rows)) if plane.kind == "average" else 1
    total = np.zeros(len(lines))
    for background_row in range(used):
        inputs = plane.inputs(lines, background_row)
        total += outputs_of(run, state, inputs)[layer + 1][:, index]
    outputs = total / used
    is_output = layer == len(run.architecture.layers) - 1
    share = 0.5 + 0.5 * signed_shades(outputs[:, None], is_output)[:, 0]
    shares = np.stack([1.0 - share, share], axis=-1).reshape(max(len(y), 1), wide, 2)
    surface = Surface(
        read_only(x, np.float64),
        read_only(y, np.float64),
        read_only(shares, np.float64),
        used if plane.kind == "average" else 0,
    )
    return UnitMap(layer, index, float(outputs.min()), float(outputs.max()), surface)


HISTOGRAM_BINS = 64
MOST_HISTOGRAM_ROWS = 2000


@dataclass(frozen=True, slots=True, eq=False)
class PreactivationHistogram:
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
        The share that is saturated; see `core.explain.saturation`.
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
    edges: FloatArray
    shares: FloatArray
    below: float
    above: float
    mean: float
    sd: float
    saturated: float
    stuck: int


def preactivation_histogram(
    run: Run, state: TrainState, layer: int, span: float
) -> PreactivationHistogram | None:
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
    edges = np.linspace(-span, span, HISTOGRAM_BINS + 1)
    counts, _ = np.histogram(inputs, edges)
    flat = is_saturated(activation, inputs)
    return PreactivationHistogram(
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


def _inputs(run: Run, state: TrainState, layer: int) -> tuple[FloatArray, str]:
    """Return what a layer's activation is applied to, (rows, units), and its name."""
    layers = run.architecture.layers
    train = np.flatnonzero(run.prepared.split == 0)
    rows = train[:: -(-len(train) // MOST_HISTOGRAM_ROWS) or 1]
    passes = forward(run.architecture, state.parameters, state.statistics, run.prepared.X[rows])
    if layer == len(layers) - 1:
        return binary_logit(passes[-1].activations)[:, None], "sigmoid"
    return passes[layer].scaled, layers[layer].activation
