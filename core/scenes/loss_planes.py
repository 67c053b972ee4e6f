"""Planes through the space of parameters: two chosen ones, or two random directions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.base.arrays import Codes, Floats, read_only
from core.experiment.view import PlaneChoice, PlaneKind
from core.model.architecture import Architecture


@dataclass(frozen=True, slots=True, eq=False)
class LossPlane:
    """A plane: theta = origin + (at - centre) directions.

    Attributes
    ----------
    kind : {"pair", "random"}
    origin : (p,) float64 array
        Parameters that lie in the plane.
    centre : (2,) array
        Their coordinates.
    directions : (2, p) array
    """

    kind: PlaneKind
    origin: Floats
    centre: Floats
    directions: Floats

    @property
    def indices(self) -> Codes:
        """The places of the parameters that change within the plane."""
        return np.flatnonzero(np.any(self.directions != 0.0, axis=0))

    def parameters(self, at: Floats) -> Floats:
        """Return the parameters (p,) at coordinates (2,)."""
        return np.asarray(self.origin + (at - self.centre) @ self.directions)

    def coordinates(self, parameters: Sequence[Floats]) -> Floats:
        """Return where parameters lie (m, 2), those outside projected at right angles."""
        if not len(parameters):
            return np.empty((0, 2))
        places = self.indices
        moved = np.array([own[places] for own in parameters], np.float64) - self.origin[places]
        return np.asarray(self.centre + moved @ np.linalg.pinv(self.directions[:, places]))


def plane_through(architecture: Architecture, parameters: Floats, choice: PlaneChoice) -> LossPlane:
    """Return the chosen plane through parameters (p,)."""
    origin = read_only(parameters.astype(np.float64), np.float64)
    if choice.kind == "random":
        directions = filter_normalised(architecture, origin, choice.seed)
        return LossPlane("random", origin, np.zeros(2), directions)
    first, second = pair_of(choice, origin.size)
    directions = np.zeros((2, origin.size))
    directions[0, first] = directions[1, second] = 1.0
    return LossPlane("pair", origin, np.array([origin[first], origin[second]]), directions)


def pair_of(choice: PlaneChoice, n_parameters: int) -> tuple[int, int]:
    """Return two different places that exist, those chosen where possible."""
    first = choice.first if 0 <= choice.first < n_parameters else 0
    second = choice.second if 0 <= choice.second < n_parameters else 1
    return (first, second) if first != second else (first, (first + 1) % n_parameters)


def default_pair(architecture: Architecture) -> tuple[int, int]:
    """Return the places of the first unit's first two weights, or of its only one and its bias.

    Examples
    --------
    >>> from core.model.architecture import build_architecture
    >>> default_pair(build_architecture(2, 2, (8,))), default_pair(build_architecture(1, 2))
    ((0, 8), (0, 1))
    """
    first = architecture.layers[0]
    return (0, first.units) if first.inputs > 1 else (0, first.n_weights)


def filter_normalised(architecture: Architecture, parameters: Floats, seed: int) -> Floats:
    """Return two random directions (2, p), each unit's weights as long as the unit's own.

    Li et al. 2018, section 4: d <- d / |d| |w| for each filter; here a filter is what comes into
    one unit. Biases and the parameters of normalisation stay where they are. Where all weights of a
    unit are 0 their length counts as 1.
    """
    generator = np.random.default_rng(seed)
    directions = np.zeros((2, architecture.n_parameters))
    for direction in directions:
        pairs = zip(architecture.views(direction), architecture.views(parameters), strict=True)
        for drawn, own in pairs:
            drawn.W[...] = generator.normal(size=own.W.shape)
            length = np.linalg.norm(own.W, axis=0)
            drawn.W[...] *= np.where(length > 0.0, length, 1.0) / np.linalg.norm(drawn.W, axis=0)
    return directions
