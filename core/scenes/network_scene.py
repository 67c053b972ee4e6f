"""The network panel's scene: what each unit computes, and where every parameter is stored."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from core.base.arrays import FloatArray, IntArray, read_only
from core.experiment.view import View
from core.explain.planes import plane_of
from core.explain.unit_maps import (
    INPUTS,
    histograms,
    outputs_of,
    plane_inputs,
    signed_shades,
    train_sample,
)
from core.model.architecture import Architecture, Layer
from core.run.run import Run
from core.training.problem import TrainState

MOST_LAYERS = 8  # hidden layers drawn
MOST_UNITS = 16  # units drawn of a layer
RESOLUTION, COARSE = 20, 10
LARGE = 50_000  # parameters, beyond which maps are coarse
VECTORS = ("bias", "sharpness", "gain", "shift")


@dataclass(frozen=True, slots=True, eq=False)
class Vector:
    """One parameter of each unit drawn in a layer.

    Attributes
    ----------
    name : {"bias", "sharpness", "gain", "shift"}
    values : (shown,) array
    indices : (shown,) int array
        Places in the flat parameter vector.
    """

    name: str
    values: FloatArray
    indices: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """The units drawn of one layer.

    Attributes
    ----------
    layer : int
        -1 for the inputs.
    units : tuple of int
        Which are drawn.
    total : int
        How many there are.
    pictures : array
        A map (shown, r, c) of each unit drawn, from -1 to 1, its first row at the bottom; or a
        histogram (shown, bins) of shares.
    low, high : (shown,) arrays
        The smallest and the largest output on the grid or the rows.
    vectors : tuple of Vector
        Its parameters other than weights; none for the inputs.
    """

    layer: int
    units: tuple[int, ...]
    total: int
    pictures: FloatArray
    low: FloatArray
    high: FloatArray
    vectors: tuple[Vector, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """The weights drawn between two neighbouring columns.

    Attributes
    ----------
    source, target : int
        Columns of the scene.
    weights : (a, b) array
    indices : (a, b) int array
        Places in the flat parameter vector.
    """

    source: int
    target: int
    weights: FloatArray
    indices: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class NetworkScene:
    """What the network panel draws.

    Attributes
    ----------
    step : int
    architecture : Architecture
    parameters : (n_parameters,) array
    columns : tuple of Column
        Inputs, hidden layers, output.
    links : tuple of Links
    has_maps : bool
        Whether the pictures are maps over the input plane rather than histograms.
    input_names, output_names : tuple of str
    left_out : int
        Hidden layers that are not drawn; they lie before the last hidden one.
    """

    step: int
    architecture: Architecture
    parameters: FloatArray
    columns: tuple[Column, ...]
    links: tuple[Links, ...]
    has_maps: bool
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class Place:
    """One parameter of a unit.

    Attributes
    ----------
    name : {"bias", "sharpness", "gain", "shift", "weight"}
    source : int
        The unit of the layer before from which a weight comes; -1 for the others.
    index : int
        Its place in the flat parameter vector.
    """

    name: str
    source: int
    index: int


def network_scene(run: Run, state: TrainState, view: View) -> NetworkScene:
    """Return what the network panel shows at a state."""
    architecture = run.architecture
    has_maps = run.dataset.n_features <= 2
    plane = plane_of(run, view)
    is_large = architecture.n_parameters > LARGE
    resolution = COARSE if is_large else RESOLUTION
    X = plane_inputs(run, plane, resolution) if has_maps else train_sample(run)
    outputs = outputs_of(run, state, X)
    layers = layers_shown(len(architecture.layers) - 1)
    columns = tuple(
        _column(architecture, state, layer, outputs[layer + 1], has_maps) for layer in layers
    )
    classes = run.prepared.classes
    return NetworkScene(
        step=state.step,
        architecture=architecture,
        parameters=state.parameters,
        columns=columns,
        links=_links(architecture, state, columns),
        has_maps=has_maps,
        input_names=tuple(made.name for made in run.prepared.inputs),
        output_names=classes[-architecture.n_outputs :],
        left_out=len(architecture.layers) + 1 - len(layers),
    )


def layers_shown(n_hidden: int, most: int = MOST_LAYERS) -> tuple[int, ...]:
    """Return the layers drawn, -1 being the inputs; if there are too many, the first and last ones.

    Examples
    --------
    >>> layers_shown(2)
    (-1, 0, 1, 2)
    >>> layers_shown(12, most=3)
    (-1, 0, 1, 11, 12)
    """
    if n_hidden <= most:
        return tuple(range(INPUTS, n_hidden + 1))
    return (*range(INPUTS, most - 1), n_hidden - 1, n_hidden)


def places_of(architecture: Architecture, layer: int, unit: int) -> tuple[Place, ...]:
    """Return every parameter of a unit: bias and the like, then its incoming weights."""
    if layer == INPUTS:
        return ()
    own = architecture.layers[layer]
    vectors = [Place(name, -1, at + unit) for name, at in _vector_starts(own)]
    weights = range(own.start + unit, own.start + own.n_weights, own.units)
    return (*vectors, *(Place("weight", source, at) for source, at in enumerate(weights)))


def _vector_starts(layer: Layer) -> tuple[tuple[str, int], ...]:
    """Return where in the flat vector each parameter but the weights begins, by name."""
    present = (True, layer.has_sharpness, layer.batch_norm, layer.batch_norm)
    names = [name for name, is_there in zip(VECTORS, present, strict=True) if is_there]
    first = layer.start + layer.n_weights
    return tuple((name, first + k * layer.units) for k, name in enumerate(names))


def _column(
    architecture: Architecture, state: TrainState, layer: int, outputs: FloatArray, has_maps: bool
) -> Column:
    total = outputs.shape[1]
    units = tuple(range(min(total, MOST_UNITS)))
    shown = outputs[:, : len(units)]
    if has_maps:
        side = math.isqrt(len(outputs))
        shades = signed_shades(shown, layer == len(architecture.layers) - 1)
        pictures = np.ascontiguousarray(shades.T).reshape(len(units), side, side)
    else:
        pictures = histograms(shown)
    return Column(
        layer,
        units,
        total,
        read_only(pictures, np.float64),
        read_only(shown.min(axis=0), np.float64),
        read_only(shown.max(axis=0), np.float64),
        _vectors(architecture, state, layer, len(units)),
    )


def _vectors(
    architecture: Architecture, state: TrainState, layer: int, shown: int
) -> tuple[Vector, ...]:
    if layer == INPUTS:
        return ()
    vectors = []
    for name, at in _vector_starts(architecture.layers[layer]):
        values = read_only(state.parameters[at : at + shown], np.float64)
        vectors.append(Vector(name, values, read_only(np.arange(at, at + shown), np.int64)))
    return tuple(vectors)


def _links(
    architecture: Architecture, state: TrainState, columns: tuple[Column, ...]
) -> tuple[Links, ...]:
    links = []
    for source, (before, after) in enumerate(pairwise(columns)):
        if after.layer != before.layer + 1:
            continue
        layer = architecture.layers[after.layer]
        rows, units = np.array(before.units), np.array(after.units)
        indices = read_only(layer.start + rows[:, None] * layer.units + units, np.int64)
        weights = read_only(state.parameters[indices], np.float64)
        links.append(Links(source, source + 1, weights, indices))
    return tuple(links)
