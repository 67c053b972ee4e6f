"""The loss surface panel's scene: the surface, the optimiser's path over it, and how it curves."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from core.base.arrays import FloatArray, evenly_spaced
from core.explain.loss_surface import LossPlane, LossSurface
from core.run.history import History
from core.run.run import Run
from core.training.problem import TrainState

PATH_POINTS, PATH_NUMBERS = 400, 4_000_000


ELLIPSE_SHARE = 0.4  # of half the width, for the ellipse's longer axis


@dataclass(frozen=True, slots=True, eq=False)
class LandscapeScene:
    """What the loss surface panel draws.

    Attributes
    ----------
    step : int
    surface : LossSurface or None
        The one passed in: it may lag, and says in `surface_of_step` of which step it is. None until
        there is one for this network.
    at : (2,) array
        Where the present parameters lie.
    path : (m, 2) array
        Where the optimiser has been, up to the step looked at.
    ellipse : (k, 2) array
        Around the state whose curvature it shows, closed; empty where the plane curves down.
    rate, stable_rate : float
        The learning rate, and the largest that is stable; nan while it is not known.
    loss : float
        The surface's height at the present parameters; nan outside.
    """

    step: int
    surface: LossSurface | None
    at: FloatArray
    path: FloatArray
    ellipse: FloatArray
    rate: float
    stable_rate: float
    loss: float = math.nan

    @property
    def surface_of_step(self) -> int:
        """The step whose parameters the surface goes through; -1 where there is none."""
        return -1 if self.surface is None else self.surface.state.step


def landscape_scene(run: Run, state: TrainState, surface: LossSurface | None) -> LandscapeScene:
    """Return what the panel shows at a state, over a surface computed before.

    Parameters
    ----------
    surface : LossSurface or None
        Of this state or an earlier one; what is drawn over it is of this state.
    """
    rate = run.experiment.training.learning_rate
    if surface is None or surface.architecture is not run.architecture:
        none = np.empty((0, 2))
        return LandscapeScene(state.step, None, np.zeros(2), none, none, rate, math.nan)
    at = surface.plane.coordinates([state.parameters])[0]
    return LandscapeScene(
        step=state.step,
        surface=surface,
        at=at,
        path=path_of(run.history, surface.plane, state.step),
        ellipse=ellipse_of(surface),
        rate=rate,
        stable_rate=surface.largest.stable_rate,
        loss=height_at(surface, float(at[0]), float(at[1])),
    )


def height_at(surface: LossSurface, x: float, y: float) -> float:
    """Return the loss at a point of a surface, linear between its points; nan outside."""
    columns, rows = surface.x, surface.y
    if not (columns[0] <= x <= columns[-1] and rows[0] <= y <= rows[-1]):
        return math.nan
    j = min(int(np.searchsorted(columns, x, side="right")) - 1, len(columns) - 2)
    i = min(int(np.searchsorted(rows, y, side="right")) - 1, len(rows) - 2)
    across = float((x - columns[j]) / (columns[j + 1] - columns[j]))
    up = float((y - rows[i]) / (rows[i + 1] - rows[i]))
    corners = surface.values[i : i + 2, j : j + 2]
    return float(np.array([1.0 - up, up]) @ corners @ np.array([1.0 - across, across]))


def path_of(history: History, plane: LossPlane, step: int) -> FloatArray:
    """Return where the checkpoints up to a step lie in a plane (m, 2), thinned evenly."""
    kept = [state for state in history.checkpoints if state.step <= step]
    most = int(np.clip(PATH_NUMBERS // max(len(plane.indices), 1), 16, PATH_POINTS))
    chosen = evenly_spaced(len(kept), most)
    return plane.coordinates([kept[k].parameters for k in chosen])


def ellipse_of(surface: LossSurface, points: int = 72) -> FloatArray:
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
