"""The shape of a network, and where each layer's parameters stand in one flat vector.

In the flat vector, layer by layer: weights W (inputs x units, row-major), biases b (units),
then, where the layer has them, sharpness t (units), batch normalisation's gain and shift (units
each). The running statistics are a flat vector of their own: means, then variances, a layer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.functions.activations import ACTIVATIONS
from core.functions.heads import head_for
from core.model.initialisation import INITIALISATIONS


@dataclass(frozen=True, slots=True)
class Layer:
    """One dense layer, and where its numbers stand.

    Attributes
    ----------
    inputs, units : int
    activation : str
        A name in ``ACTIVATIONS``; the output layer is linear (its head follows outside).
    batch_norm : bool
        Whether pre-activations are normalised within the batch.
    start : int
        Index of its first parameter in the flat vector.
    statistics_start : int
        Index of its first running statistic.
    """

    inputs: int
    units: int
    activation: str
    batch_norm: bool
    start: int
    statistics_start: int

    @property
    def has_sharpness(self) -> bool:
        """Whether each unit has a trainable sharpness."""
        return ACTIVATIONS[self.activation].trainable_sharpness

    @property
    def n_weights(self) -> int:
        """The number of weights, biases not counted."""
        return self.inputs * self.units

    @property
    def n_parameters(self) -> int:
        """The number of parameters: weights, biases, sharpness, gain and shift."""
        vectors = 1 + self.has_sharpness + 2 * self.batch_norm
        return self.n_weights + vectors * self.units

    @property
    def n_statistics(self) -> int:
        """The number of running statistics: a mean and a variance for each normalised unit."""
        return 2 * self.units * self.batch_norm


@dataclass(frozen=True, slots=True, eq=False)
class LayerParameters:
    """Views of one layer's part of a flat vector (parameters, a gradient or a slot alike).

    Attributes
    ----------
    W : (inputs, units) array
    b : (units,) array
    sharpness : (units,) array or None
    gain, shift : (units,) arrays or None
        Batch normalisation's gamma and beta.
    """

    W: np.ndarray
    b: np.ndarray
    sharpness: np.ndarray | None
    gain: np.ndarray | None
    shift: np.ndarray | None


@dataclass(frozen=True, slots=True)
class Architecture:
    """A stack of dense layers under a head.

    Attributes
    ----------
    layers : tuple of Layer
        Hidden layers, then the output layer.
    head : str
        A name in ``HEADS``.
    n_classes : int
    """

    layers: tuple[Layer, ...]
    head: str
    n_classes: int

    @property
    def n_inputs(self) -> int:
        """The number of inputs."""
        return self.layers[0].inputs

    @property
    def n_outputs(self) -> int:
        """The number of logits."""
        return self.layers[-1].units

    @property
    def n_parameters(self) -> int:
        """The length of the flat parameter vector."""
        return sum(layer.n_parameters for layer in self.layers)

    @property
    def n_statistics(self) -> int:
        """The length of the flat vector of running statistics."""
        return sum(layer.n_statistics for layer in self.layers)

    def views(self, flat: np.ndarray) -> tuple[LayerParameters, ...]:
        """Return each layer's views of a flat (n_parameters,) vector; nothing is copied."""
        return tuple(_views(layer, flat) for layer in self.layers)

    def weight_mask(self) -> np.ndarray:
        """Return (n_parameters,) ones where a weight stands and zeros elsewhere."""
        mask = np.zeros(self.n_parameters)
        for view in self.views(mask):
            view.W[...] = 1.0
        return mask

    def initial_parameters(self, initialisation: str, seed: int) -> np.ndarray:
        """Draw the first flat parameter vector; the same seed draws the same numbers.

        Biases and shifts are 0; sharpness and gain are 1.
        """
        draw = INITIALISATIONS[initialisation].draw
        generator = np.random.default_rng((seed, 0))
        flat = np.zeros(self.n_parameters)
        for layer, view in zip(self.layers, self.views(flat), strict=True):
            view.W[...] = draw(generator, layer.inputs, layer.units)
            for ones in (view.sharpness, view.gain):
                if ones is not None:
                    ones[...] = 1.0
        return flat

    def variance_mask(self) -> np.ndarray:
        """Return (n_statistics,) True where a running variance stands, False at a mean."""
        mask = np.zeros(self.n_statistics, bool)
        for layer in self.layers:
            if layer.batch_norm:
                middle = layer.statistics_start + layer.units
                mask[middle : middle + layer.units] = True
        return mask

    def initial_statistics(self) -> np.ndarray:
        """Return the first running statistics: means 0, variances 1."""
        return self.variance_mask().astype(np.float64)


def _views(layer: Layer, flat: np.ndarray) -> LayerParameters:
    weights_end = layer.start + layer.n_weights
    W = flat[layer.start : weights_end].reshape(layer.inputs, layer.units)
    vectors = iter(flat[weights_end : layer.start + layer.n_parameters].reshape(-1, layer.units))
    b = next(vectors)
    sharpness = next(vectors) if layer.has_sharpness else None
    gain, shift = (next(vectors), next(vectors)) if layer.batch_norm else (None, None)
    return LayerParameters(W, b, sharpness, gain, shift)


def build_architecture(
    n_inputs: int,
    n_classes: int,
    hidden: tuple[int, ...] = (),
    activation: str = "tanh",
    head: str = "sigmoid",
    batch_norm: bool = False,
) -> Architecture:
    """Lay out a network; no hidden layer makes it logistic or softmax regression.

    Parameters
    ----------
    n_inputs, n_classes : int
    hidden : tuple of int
        Widths of the hidden layers.
    activation : str
        Of every hidden unit.
    head : str
        "sigmoid" or "softmax" for two classes; more always use softmax.
    batch_norm : bool
        Whether each hidden layer is normalised.

    Examples
    --------
    >>> build_architecture(2, 2, (8, 8)).n_parameters
    105
    """
    chosen = head_for(head, n_classes)
    widths = (*hidden, chosen.outputs(n_classes))
    layers: list[Layer] = []
    inputs, start, statistics = n_inputs, 0, 0
    for i, units in enumerate(widths):
        is_hidden = i < len(hidden)
        name = activation if is_hidden else "linear"
        layer = Layer(inputs, units, name, batch_norm and is_hidden, start, statistics)
        layers.append(layer)
        inputs, start = units, start + layer.n_parameters
        statistics += layer.n_statistics
    return Architecture(tuple(layers), chosen.name, n_classes)
