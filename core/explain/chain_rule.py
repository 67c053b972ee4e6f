"""Forward and backward pass of one row: derivatives by the chain rule and by finite differences.

Batch normalisation uses its running statistics, as it does for predictions: a single row has no
batch of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.base.arrays import FloatArray, read_only
from core.functions.activations import ACTIVATIONS
from core.functions.heads import HEADS
from core.functions.losses import LOSSES, Loss
from core.model.architecture import Architecture, Layer, LayerParameters
from core.model.network import NORM_EPSILON
from core.run.run import Run
from core.training.problem import TrainState

WIDTH = 1e-3  # of the widest of three central differences
SHARES = (0.25, 0.5, 1.0)
WEIGHTS = (64.0 / 45.0, -20.0 / 45.0, 1.0 / 45.0)  # Richardson 1911
TINY = 1e-12
MOST_CHECKED = 64  # units of a layer compared with finite differences
BUDGET = 5e8  # multiplications for that


@dataclass(frozen=True, slots=True, eq=False)
class LayerRow:
    """One layer for one row; every array is (units,).

    Attributes
    ----------
    z : array
        Pre-activations.
    a : array
        Activations; of the output layer the logits.
    slope : array
        da/dz.
    upstream : array
        Derivative of the loss by a.
    delta : array
        Derivative of the loss by z: upstream times slope.
    differences : array
        The same by finite differences of the loss; nan where they were not computed.
    """

    z: FloatArray
    a: FloatArray
    slope: FloatArray
    upstream: FloatArray
    delta: FloatArray
    differences: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class RowGradients:
    """One row's whole forward and backward pass.

    Attributes
    ----------
    row : int
        Of the data set.
    label : int
    x : (n_inputs,) array
        What the network sees.
    layers : tuple of LayerRow
    probabilities : (K,) array
    loss : float
        Of this row alone, without weight and penalty, in the unit of the loss.
    """

    row: int
    label: int
    x: FloatArray
    layers: tuple[LayerRow, ...]
    probabilities: FloatArray
    loss: float

    @property
    def relative_error(self) -> float:
        """The largest difference between the two, relative to its layer's largest derivative."""
        worst = 0.0
        for layer in self.layers:
            scale = max(np.abs(layer.delta).max(), np.nanmax(np.abs(layer.differences)), TINY)
            gap = np.nanmax(np.abs(layer.delta - layer.differences))
            worst = max(worst, float(gap / scale))
        return worst


def row_gradients(run: Run, state: TrainState, row: int) -> RowGradients | None:
    """Return both passes of a row of the data set; None where the model does not see it."""
    at = int(np.searchsorted(run.prepared.rows, row))
    if row < 0 or at == len(run.prepared.rows) or run.prepared.rows[at] != row:
        return None
    x, label = run.prepared.X[at], int(run.prepared.y[at])
    architecture = run.architecture
    own = architecture.views(state.parameters.astype(np.float64))
    statistics = state.statistics.astype(np.float64)
    loss = LOSSES[run.experiment.training.loss]
    passes = _forward(architecture, own, statistics, x)
    logits = passes[-1][1]
    labels = np.array([label])
    upstream = loss.gradients(logits[None], labels)[0]
    layers: list[LayerRow] = []
    for k in range(len(passes) - 1, -1, -1):
        z, a, slope = passes[k]
        delta = upstream * slope
        differences = _differences(architecture, own, statistics, loss, label, k, z)
        parts = (z, a, slope, upstream, delta, differences)
        layers.insert(0, LayerRow(*(read_only(part, np.float64) for part in parts)))
        upstream = own[k].W @ delta
    probabilities = HEADS[architecture.head].probabilities(logits[None])[0]
    value = float(loss.values(logits[None], labels)[0])
    return RowGradients(row, label, x, tuple(layers), read_only(probabilities, np.float64), value)


def _forward(
    architecture: Architecture,
    own: tuple[LayerParameters, ...],
    statistics: FloatArray,
    x: FloatArray,
) -> list[tuple[FloatArray, FloatArray, FloatArray]]:
    """Return each layer's z, a and da/dz."""
    passes, a = [], x
    for layer, parameters in zip(architecture.layers, own, strict=True):
        z = a @ parameters.W + parameters.b
        a, slope = _activate(layer, parameters, statistics, z)
        passes.append((z, a, slope))
    return passes


def _activate(
    layer: Layer, own: LayerParameters, statistics: FloatArray, z: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return activations and their derivative by z, for z of shape (..., units)."""
    scale: FloatArray = np.ones(layer.units)
    u = z
    if own.gain is not None and own.shift is not None:
        start, units = layer.statistics_start, layer.units
        mean, variance = statistics[start : start + units], statistics[start + units :][:units]
        scale = own.gain / np.sqrt(variance + NORM_EPSILON)
        u = scale * (z - mean) + own.shift
    if own.sharpness is not None:
        u, scale = own.sharpness * u, own.sharpness * scale
    activation = ACTIVATIONS[layer.activation]
    return activation.value(u), activation.slope(u) * scale


def _differences(
    architecture: Architecture,
    own: tuple[LayerParameters, ...],
    statistics: FloatArray,
    loss: Loss,
    label: int,
    k: int,
    z: FloatArray,
) -> FloatArray:
    """Return the derivative of the loss by layer k's z (units,), all shifts in one batch.

    Of large networks only the first units are checked; the others are nan.
    """
    affordable = BUDGET / (6.0 * len(own) * architecture.n_parameters)
    checked = min(len(z), int(np.clip(affordable, 1, MOST_CHECKED)))
    total = np.zeros(checked)
    for share, weight in zip(SHARES, WEIGHTS, strict=True):
        shift = share * WIDTH * np.eye(checked, len(z))
        a, _ = _activate(
            architecture.layers[k], own[k], statistics, np.vstack([z + shift, z - shift])
        )
        for layer, parameters in zip(architecture.layers[k + 1 :], own[k + 1 :], strict=True):
            a, _ = _activate(layer, parameters, statistics, a @ parameters.W + parameters.b)
        upper, lower = np.split(loss.values(a, np.full(len(a), label)), 2)
        total += weight * (upper - lower) / (2.0 * share * WIDTH)
    return np.concatenate([total, np.full(len(z) - checked, np.nan)])
