"""The loss surface panel's scene: the training loss over a plane of parameters, and its curvature.

The surface is slow and made in the background; the scene adds what moves: the present point and
the optimiser's path.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.base.arrays import Floats, evenly_spaced, read_only
from core.experiment.view import PlaneChoice
from core.model.architecture import Architecture
from core.run.history import History
from core.run.run import Run
from core.scenes.curvature import Largest, Point, largest_eigenvalue
from core.scenes.loss_planes import LossPlane, plane_through
from core.scenes.surface import Contour
from core.training.problem import TrainState

MOST_ROWS, FEWEST_ROWS = 2000, 200
COARSEST, FINEST = 17, 41
BUDGET = 3e9  # multiplications of a surface
LEVELS = 14
LEAST_SPAN = 1.5  # half the width of a pair's plane
PATH_POINTS, PATH_NUMBERS = 400, 4_000_000
ROOM_AROUND = 0.35  # of the path's extent, left on every side of the present point
ELLIPSE_SHARE = 0.4  # of half the width, for the ellipse's longer axis


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
    largest : Largest
        Of the Hessian of all parameters.
    """

    choice: PlaneChoice
    architecture: Architecture
    state: TrainState
    plane: LossPlane
    x: Floats
    y: Floats
    values: Floats
    contours: tuple[Contour, ...]
    rows: int
    total: int
    hessian: Floats
    largest: Largest

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


@dataclass(frozen=True, slots=True, eq=False)
class LandscapeScene:
    """What the loss surface panel draws.

    Attributes
    ----------
    step : int
    surface : LossSurface or None
        None until the first has been made.
    at : (2,) array
        Where the present parameters lie.
    path : (m, 2) array
        Where the optimiser has been, up to the step looked at.
    ellipse : (k, 2) array
        Around the state whose curvature it shows, closed; empty where the plane curves down.
    rate, stable_rate : float
        The learning rate, and the largest that is stable; nan while it is not known.
    """

    step: int
    surface: LossSurface | None
    at: Floats
    path: Floats
    ellipse: Floats
    rate: float
    stable_rate: float


def landscape_scene(run: Run, state: TrainState, surface: LossSurface | None) -> LandscapeScene:
    """Return what the panel shows at a state over a surface made before."""
    rate = run.experiment.training.learning_rate
    if surface is None or surface.architecture is not run.architecture:
        none = np.empty((0, 2))
        return LandscapeScene(state.step, None, np.zeros(2), none, none, rate, math.nan)
    return LandscapeScene(
        step=state.step,
        surface=surface,
        at=surface.plane.coordinates([state.parameters])[0],
        path=path_of(run.history, surface.plane, state.step),
        ellipse=ellipse_of(surface),
        rate=rate,
        stable_rate=surface.largest.stable_rate,
    )


def path_of(history: History, plane: LossPlane, step: int) -> Floats:
    """Return where the checkpoints up to a step lie in a plane (m, 2), thinned evenly."""
    kept = [state for state in history.checkpoints if state.step <= step]
    most = int(np.clip(PATH_NUMBERS // max(len(plane.indices), 1), 16, PATH_POINTS))
    chosen = evenly_spaced(len(kept), most)
    return plane.coordinates([kept[k].parameters for k in chosen])


def ellipse_of(surface: LossSurface, points: int = 72) -> Floats:
    """Return where the quadratic form of the plane's Hessian is constant (k, 2), closed.

    Its axes are as 1 / sqrt(curvature); only its shape means something, not its size.
    """
    curvatures, axes = np.linalg.eigh(surface.hessian)
    if not curvatures[0] > 0.0:
        return np.empty((0, 2))
    reach = 1.0 / np.sqrt(curvatures)
    reach *= ELLIPSE_SHARE * 0.5 * (surface.x[-1] - surface.x[0]) / reach.max()
    angle = np.linspace(0.0, 2.0 * np.pi, points)
    around = np.stack([np.cos(angle), np.sin(angle)], axis=1) * reach
    return np.asarray(surface.plane.centre + around @ axes.T)


def loss_surface(
    run: Run,
    state: TrainState,
    path: Floats,
    choice: PlaneChoice,
    finest: int = FINEST,
    wanted: Callable[[], bool] = lambda: True,
) -> LossSurface | None:
    """Return the training loss over the chosen plane through a state's parameters.

    Parameters
    ----------
    path : (m, 2) array
        Where the optimiser has been, which a pair's plane covers.
    finest : int
        Grid points along each axis, where the budget allows them.
    wanted : callable
        Asked now and then; None is returned where it says no.
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


def contours_of_losses(x: Floats, y: Floats, values: Floats) -> tuple[Contour, ...]:
    """Return lines of equal loss, the closer the lower, as a bowl shows best."""
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
    """Tell whether even the coarsest surface of a network can be made in reasonable time."""
    return _cost(architecture) * FEWEST_ROWS * COARSEST**2 <= BUDGET


def _cost(architecture: Architecture) -> float:
    """Return what one row costs, in multiplications; an activation counts as twenty."""
    units = sum(layer.units for layer in architecture.layers)
    return architecture.n_parameters + 20.0 * units


def _effort(architecture: Architecture, n_rows: int, finest: int) -> tuple[int, int]:
    """Return a resolution and a number of rows that the budget pays for."""
    cost = _cost(architecture)
    most = int(np.clip(BUDGET / (cost * COARSEST**2), FEWEST_ROWS, MOST_ROWS))
    rows = min(most, n_rows)
    return int(np.clip(np.sqrt(BUDGET / (cost * rows)), COARSEST, finest)), rows


def _axes(plane: LossPlane, path: Floats, zoom: float, resolution: int) -> tuple[Floats, Floats]:
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
