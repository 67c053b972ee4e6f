"""The network in readable numpy: forward, and backward as its mirror.

A layer does, for a batch X (n, inputs)::

    z = X W + b                     pre-activation
    u = gain (z - mean) / sd + shift        with batch normalisation, else u = z
    a = f(t u)                      t is the trainable sharpness, else 1

Everything the two passes compute is exposed, since the app draws it. Sources: Rumelhart, Hinton &
Williams 1986 (back-propagation); Ioffe & Szegedy 2015, algorithm 1 (batch normalisation).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.functions.activations import ACTIVATIONS
from core.functions.losses import Loss
from core.model.architecture import Architecture, Layer, LayerParameters

NORM_EPSILON = 1e-5
NORM_MOMENTUM = 0.1  # the share of the running statistics that one batch replaces


@dataclass(frozen=True, slots=True, eq=False)
class Normalised:
    """What batch normalisation did to one layer's batch.

    Attributes
    ----------
    standard : (n, units) array
        (z - mean) / sd.
    mean, variance, inverse_sd : (units,) arrays
        Of the batch while training, of the running statistics otherwise.
    """

    standard: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    inverse_sd: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class LayerPass:
    """One layer's forward pass.

    Attributes
    ----------
    inputs : (n, inputs) array
    pre_activations : (n, units) array
        z = X W + b.
    normed : (n, units) array
        u, which is z itself without batch normalisation.
    scaled : (n, units) array
        t u, what the activation is applied to.
    activations : (n, units) array
    normalised : Normalised or None
    """

    inputs: np.ndarray
    pre_activations: np.ndarray
    normed: np.ndarray
    scaled: np.ndarray
    activations: np.ndarray
    normalised: Normalised | None


@dataclass(frozen=True, slots=True, eq=False)
class Backward:
    """The gradient of the mean weighted loss.

    Attributes
    ----------
    gradient : (n_parameters,) array
        In the order of the flat parameter vector; `Architecture.views` gives each layer's part.
    deltas : tuple of (n, units) arrays
        Derivative of the objective by each layer's pre-activations, first layer first.
    """

    gradient: np.ndarray
    deltas: tuple[np.ndarray, ...]


def forward(
    architecture: Architecture,
    parameters: np.ndarray,
    statistics: np.ndarray,
    X: np.ndarray,
    training: bool = False,
) -> tuple[LayerPass, ...]:
    """Run a batch through every layer; the last pass's activations are the logits.

    Parameters
    ----------
    parameters : (n_parameters,) array
    statistics : (n_statistics,) array
        Running means and variances, used where `training` is false.
    X : (n, n_inputs) array
    training : bool
        Whether batch normalisation uses the batch's own mean and variance.
    """
    passes = []
    for layer, own in zip(architecture.layers, architecture.views(parameters), strict=True):
        step = _forward_layer(layer, own, statistics, X, training)
        passes.append(step)
        X = step.activations
    return tuple(passes)


def _forward_layer(
    layer: Layer, own: LayerParameters, statistics: np.ndarray, X: np.ndarray, training: bool
) -> LayerPass:
    z = X @ own.W
    z += own.b
    u, normalised = z, None
    if own.gain is not None and own.shift is not None:
        normalised = _normalise(layer, statistics, z, training)
        u = own.gain * normalised.standard + own.shift
    scaled = u if own.sharpness is None else own.sharpness * u
    return LayerPass(X, z, u, scaled, ACTIVATIONS[layer.activation].value(scaled), normalised)


def _normalise(layer: Layer, statistics: np.ndarray, z: np.ndarray, training: bool) -> Normalised:
    if training:
        mean, variance = z.mean(axis=0), z.var(axis=0)
    else:
        start, units = layer.statistics_start, layer.units
        mean = statistics[start : start + units]
        variance = statistics[start + units : start + 2 * units]
    inverse_sd = 1.0 / np.sqrt(variance + NORM_EPSILON)
    return Normalised((z - mean) * inverse_sd, mean, variance, inverse_sd)


def backward(
    architecture: Architecture,
    parameters: np.ndarray,
    passes: tuple[LayerPass, ...],
    logit_gradients: np.ndarray,
) -> Backward:
    """Carry the derivative by the logits back through every layer, as `forward` went.

    Parameters
    ----------
    passes : tuple of LayerPass
        From `forward` with ``training=True``.
    logit_gradients : (n, n_outputs) array
        Derivative of the objective (already weighted and averaged) by the logits.
    """
    gradient = np.empty_like(parameters)
    deltas: list[np.ndarray] = []
    layers = zip(
        architecture.layers,
        architecture.views(parameters),
        architecture.views(gradient),
        passes,
        strict=True,
    )
    upstream = logit_gradients
    for layer, own, slot, step in reversed(list(layers)):
        delta = _backward_activation(layer, own, slot, step, upstream)
        np.matmul(step.inputs.T, delta, out=slot.W)
        delta.sum(axis=0, out=slot.b)
        if step.normalised is not None:
            slot.b[...] = 0.0  # exactly: batch normalisation subtracts b; the sum is rounding error
        deltas.append(delta)
        if layer.start:
            upstream = delta @ own.W.T
    return Backward(gradient, tuple(reversed(deltas)))


def _backward_activation(
    layer: Layer, own: LayerParameters, slot: LayerParameters, step: LayerPass, upstream: np.ndarray
) -> np.ndarray:
    """Return the derivative by z, and write those by sharpness, gain and shift into the slot."""
    delta = upstream * ACTIVATIONS[layer.activation].slope(step.scaled)
    if own.sharpness is not None and slot.sharpness is not None:
        (delta * step.normed).sum(axis=0, out=slot.sharpness)
        delta = delta * own.sharpness
    if step.normalised is not None and own.gain is not None:
        (delta * step.normalised.standard).sum(axis=0, out=slot.gain)
        delta.sum(axis=0, out=slot.shift)
        delta = _backward_norm(delta * own.gain, step.normalised)
    return delta


def _backward_norm(delta: np.ndarray, normalised: Normalised) -> np.ndarray:
    """Differentiate (z - mean) / sd by z, mean and variance moving too (Ioffe & Szegedy)."""
    standard = normalised.standard
    centred = delta - delta.mean(axis=0) - standard * (delta * standard).mean(axis=0)
    return np.asarray(centred * normalised.inverse_sd)


def updated_statistics(
    architecture: Architecture, statistics: np.ndarray, passes: tuple[LayerPass, ...]
) -> np.ndarray:
    """Return the running statistics after one more batch (variance unbiased, as in the paper)."""
    if not statistics.size:
        return statistics
    new = statistics.copy()
    for layer, step in zip(architecture.layers, passes, strict=True):
        if step.normalised is None:
            continue
        n = len(step.inputs)
        unbiased = step.normalised.variance * (n / max(n - 1, 1))
        batch = np.concatenate([step.normalised.mean, unbiased])
        own = new[layer.statistics_start : layer.statistics_start + 2 * layer.units]
        own += NORM_MOMENTUM * (batch - own)
    return new


def objective(
    architecture: Architecture,
    parameters: np.ndarray,
    statistics: np.ndarray,
    X: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray,
    loss: Loss,
) -> tuple[float, Backward, tuple[LayerPass, ...]]:
    """Return the mean weighted loss of a batch, its gradient and the forward passes.

    Parameters
    ----------
    X : (n, n_inputs) array
    labels : (n,) integer array
    weights : (n,) array
        Each sample's weight; the objective is sum(w_i loss_i) / n.
    """
    passes = forward(architecture, parameters, statistics, X, training=True)
    logits = passes[-1].activations
    values = loss.values(logits, labels)
    share = weights / len(labels)
    gradients = loss.gradients(logits, labels) * share[:, None]
    return float(values @ share), backward(architecture, parameters, passes, gradients), passes


def logits_of(
    architecture: Architecture, parameters: np.ndarray, statistics: np.ndarray, X: np.ndarray
) -> np.ndarray:
    """Return the (n, n_outputs) logits of rows X (n, n_inputs)."""
    return forward(architecture, parameters, statistics, X)[-1].activations
