"""The training loss over a plane of parameters, and its curvature.

A plane goes through the present parameters along two chosen ones, or along two random directions.
A surface is slow, so that it is computed in the background, of a state that may be some steps old.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.base.arrays import FloatArray, IntArray, evenly_spaced, read_only
from core.experiment.view import View
from core.explain.curvature import LargestEigenvalue, Point, largest_eigenvalue
from core.explain.surface import Contour
from core.model.architecture import Architecture
from core.run.run import Run
from core.training.problem import TrainState

MOST_ROWS, FEWEST_ROWS = 2000, 200
COARSEST, FINEST = 17, 41
BUDGET = 3e9  # multiplications of a surface
LEVELS = 14
LEAST_SPAN = 1.5  # half the width of a pair's plane


ROOM_AROUND = 0.35  # of the path's extent, left on every side of the present point

PlaneKind = Literal["pair", "random"]


@dataclass(frozen=True, slots=True)
class PlaneChoice:
    """Which plane through the space of parameters.

    Attributes
    ----------
    kind : {"pair", "random"}
    first, second : int
        Of a pair, the parameters' places in the flat vector.
    seed : int
        Of the random directions.
    zoom : float
        How many times wider than fits the path the plane is.
    """

    kind: PlaneKind = "pair"
    first: int = 0
    second: int = 1
    seed: int = 0
    zoom: float = 1.0


def chosen_plane(view: View, architecture: Architecture) -> PlaneChoice:
    """Return the plane that a view asks for; of a pair not chosen, the network's usual one."""
    first, second = default_pair(architecture)
    if view.landscape_first >= 0:
        first = view.landscape_first
    if view.landscape_second >= 0:
        second = view.landscape_second
    kind: PlaneKind = "random" if view.landscape_plane == "random" else "pair"
    return PlaneChoice(kind, first, second, view.landscape_seed, view.landscape_zoom)


@dataclass(frozen=True, slots=True, eq=False)
class LossSurface:
    """The training loss over a plane.

    Attributes
    ----------
    choice : PlaneChoice
    architecture : Architecture
    state : TrainState
        At which the curvature is taken.
    plane : LossPlane
    x, y : (r,) arrays
    values : (r, r) array
        Losses, the first row at the lowest y; infinite where they are.
    contours : tuple of Contour
        Lines of equal loss.
    rows, total : int
        Over how many of how many train rows, evenly spaced.
    hessian : (2, 2) array
        In the plane's coordinates, at the state.
    largest : LargestEigenvalue
        Of the Hessian of all parameters.
    """

    choice: PlaneChoice
    architecture: Architecture
    state: TrainState
    plane: LossPlane
    x: FloatArray
    y: FloatArray
    values: FloatArray
    contours: tuple[Contour, ...]
    rows: int
    total: int
    hessian: FloatArray
    largest: LargestEigenvalue

    @property
    def eigenvalues(self) -> tuple[float, float]:
        """The smaller and the larger curvature within the plane."""
        low, high = np.linalg.eigvalsh(self.hessian)
        return float(low), float(high)

    @property
    def condition(self) -> float:
        """Larger by smaller curvature within the plane; nan where one is not positive."""
        low, high = self.eigenvalues
        return high / low if low > 0.0 else math.nan


def loss_surface(
    run: Run,
    state: TrainState,
    path: FloatArray,
    choice: PlaneChoice,
    finest: int = FINEST,
    wanted: Callable[[], bool] = lambda: True,
) -> LossSurface | None:
    """Return the training loss over the chosen plane through a state's parameters.

    Parameters
    ----------
    path : (m, 2) array
        Where the optimiser has been; the plane of a pair covers it.
    finest : int
        Grid points along each axis, where the budget allows them.
    wanted : callable
        Called after each line of the grid; None is returned where it returns False.
    """
    problem = run.history.problem
    resolution, most = _effort(problem.architecture, problem.n_rows, finest)
    rows = evenly_spaced(problem.n_rows, most)
    plane = plane_through(problem.architecture, state.parameters, choice)
    statistics = state.statistics.astype(np.float64)
    point = Point(problem, plane.origin, statistics, rows)
    x, y = _axes(plane, path, choice.zoom, resolution)
    values = np.empty((resolution, resolution))
    with np.errstate(all="ignore"):
        for r in range(resolution):
            if not wanted():
                return None
            at = np.stack([x, np.full(resolution, y[r])], axis=1)
            values[r] = [point.loss(plane.parameters(one)) for one in at]
        values = np.nan_to_num(values, nan=np.inf, posinf=np.inf)
        hessian = np.nan_to_num(point.plane_hessian(plane.directions))
        largest = largest_eigenvalue(point, wanted)
    return LossSurface(
        choice=choice,
        architecture=problem.architecture,
        state=state,
        plane=plane,
        x=read_only(x, np.float64),
        y=read_only(y, np.float64),
        values=read_only(values, np.float64),
        contours=contours_of_losses(x, y, values),
        rows=len(rows),
        total=problem.n_rows,
        hessian=read_only(hessian, np.float64),
        largest=largest,
    )


def contours_of_losses(x: FloatArray, y: FloatArray, values: FloatArray) -> tuple[Contour, ...]:
    """Return lines of equal loss; their levels are quadratic, closer where the loss is low."""
    import contourpy

    finite = values[np.isfinite(values)]
    if not finite.size or not finite.max() > finite.min():
        return ()
    low, high = float(finite.min()), float(finite.max())
    levels = low + (high - low) * (np.arange(1, LEVELS) / LEVELS) ** 2
    kind = contourpy.LineType.ChunkCombinedNan
    bounded = np.minimum(values, 2.0 * abs(high) + 1.0)
    generator = contourpy.contour_generator(x, y, bounded, line_type=kind)
    lines = []
    for level in levels.tolist():
        [found] = generator.lines(level)[0]
        if found is not None:
            lines.append(Contour(level, read_only(found, np.float64)))
    return tuple(lines)


def is_affordable(architecture: Architecture) -> bool:
    """Tell whether at least the coarsest surface of a network fits into the budget."""
    return _cost(architecture) * FEWEST_ROWS * COARSEST**2 <= BUDGET


def _cost(architecture: Architecture) -> float:
    """Return what one row costs, in multiplications; an activation counts as twenty."""
    units = sum(layer.units for layer in architecture.layers)
    return architecture.n_parameters + 20.0 * units


def _effort(architecture: Architecture, n_rows: int, finest: int) -> tuple[int, int]:
    """Return a resolution and a number of rows that fit into the budget."""
    cost = _cost(architecture)
    most = int(np.clip(BUDGET / (cost * COARSEST**2), FEWEST_ROWS, MOST_ROWS))
    rows = min(most, n_rows)
    return int(np.clip(np.sqrt(BUDGET / (cost * rows)), COARSEST, finest)), rows


def _axes(
    plane: LossPlane, path: FloatArray, zoom: float, resolution: int
) -> tuple[FloatArray, FloatArray]:
    """Return the grid's x and y, equally wide: a pair's plane covers the path."""
    if plane.kind == "random":
        middle, half = plane.centre, 1.0
    else:
        places = np.vstack([path, plane.centre])
        room = ROOM_AROUND * float(np.ptp(places, axis=0).max())
        places = np.vstack([places, plane.centre - room, plane.centre + room])
        low, high = places.min(axis=0), places.max(axis=0)
        middle = 0.5 * (low + high)
        half = max(0.6 * float((high - low).max()), LEAST_SPAN)
    span = np.linspace(-half * zoom, half * zoom, resolution)
    return middle[0] + span, middle[1] + span


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
    origin: FloatArray
    centre: FloatArray
    directions: FloatArray

    @property
    def indices(self) -> IntArray:
        """The places of the parameters that change within the plane."""
        return np.flatnonzero(np.any(self.directions != 0.0, axis=0))

    def parameters(self, at: FloatArray) -> FloatArray:
        """Return the parameters (p,) at coordinates (2,)."""
        return np.asarray(self.origin + (at - self.centre) @ self.directions)

    def coordinates(self, parameters: Sequence[FloatArray]) -> FloatArray:
        """Return where parameters lie (m, 2), those outside projected at right angles."""
        if not len(parameters):
            return np.empty((0, 2))
        places = self.indices
        moved = np.array([own[places] for own in parameters], np.float64) - self.origin[places]
        return np.asarray(self.centre + moved @ np.linalg.pinv(self.directions[:, places]))


def plane_through(
    architecture: Architecture, parameters: FloatArray, choice: PlaneChoice
) -> LossPlane:
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
    """Return two different parameters that exist: those chosen, where possible."""
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


def filter_normalised(architecture: Architecture, parameters: FloatArray, seed: int) -> FloatArray:
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
