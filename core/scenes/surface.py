"""The model's probabilities over a plane: grid, averages, and the lines of equal probability."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from core.base.arrays import Floats, read_only
from core.functions.heads import HEADS, class_logits
from core.functions.sigmoid_family import logit
from core.model.architecture import Architecture
from core.run.recalibration import Mend
from core.run.run import Run
from core.scenes.planes import Plane
from core.training.problem import TrainState

LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
COARSEST = 32
_LEAST, _LEAST_SINGLE = 1e-300, np.float32(1e-37)  # of which the logarithm is taken
_CHUNK = 16_384  # rows at a time, so that layers stay in the processor's cache


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """Probabilities on a grid.

    Attributes
    ----------
    x : (c,) array
    y : (r,) array
        Empty where the plane has one axis.
    probabilities : (r, c, K) array
        With one axis (1, c, K).
    averaged : int
        Over how many rows each point is averaged; 0 where it is not.
    """

    x: Floats
    y: Floats
    probabilities: Floats
    averaged: int


@dataclass(frozen=True, slots=True, eq=False)
class Contour:
    """Lines on a surface.

    Attributes
    ----------
    level : float
        The probability of class 1, or nan for the border of a class.
    lines : (m, 2) array
        Points in the plane; a row of nan separates two lines.
    """

    level: float
    lines: Floats


def resolution_within(
    architecture: Architecture, averaged: int, budget: float, finest: int
) -> tuple[int, int]:
    """Return a grid's resolution and a number of averaged rows that a budget pays for.

    Parameters
    ----------
    averaged : int
        Over how many rows each grid point would be averaged; 0 or 1 for none.
    budget : float
        In multiplications; an activation counts as twenty.
    finest : int
        The resolution to return where the budget allows it.
    """
    units = sum(layer.units for layer in architecture.layers)
    points = budget / (architecture.n_parameters + 20.0 * units)
    if averaged <= 1:
        return int(np.clip(np.sqrt(points), COARSEST, finest)), averaged
    resolution = int(np.clip(np.sqrt(points / averaged), COARSEST, finest))
    return resolution, int(np.clip(points / resolution**2, min(8, averaged), averaged))


def surface_of(
    run: Run,
    state: TrainState,
    plane: Plane,
    resolution: int,
    averaged: int,
    calibrated: Mend | None = None,
) -> Surface:
    """Return the probabilities at a state on a square grid over a plane.

    Where the plane averages, the first `averaged` of its rows stand in one after the other
    (Friedman 2001, section 8.2: partial dependence).
    """
    x, y, at = _grid(plane, resolution)
    if plane.kind == "average":
        flat = _averaged(run, state, plane, at, averaged, calibrated)
    else:
        flat = _probabilities(run, state, _inputs(plane, resolution), calibrated)
    shape = (max(len(y), 1), len(x), len(run.prepared.classes))
    used = min(averaged, len(plane.stand_ins)) if plane.kind == "average" else 0
    return Surface(x, y, read_only(flat.reshape(shape), np.float64), used)


def contours_of(
    surface: Surface, levels: tuple[float, ...], in_logits: bool = True
) -> tuple[Contour, ...]:
    """Return the lines of equal probability for two classes, the borders of the classes for more.

    A border of class k is where p_k equals the largest of the others.

    Parameters
    ----------
    in_logits : bool
        Whether lines of two classes are placed between grid points by the logarithms of odds, as
        borders are: they run evenly where sure probabilities leap from 0 to 1, which would make
        steps of a slanting line.
    """
    p = surface.probabilities
    if not len(surface.y) or not np.isfinite(p).all() or p.shape[2] == 1:
        return ()
    if p.shape[2] > 2:
        return _borders(surface)
    if not in_logits:
        return _lines(surface, p[:, :, 1], {level: level for level in levels})
    p = np.maximum(p, _LEAST)  # logit alone would not know how near to 1 it is
    at = dict(zip(logit(levels).tolist(), levels, strict=True))
    return _lines(surface, np.log(p[:, :, 1] / p[:, :, 0]), at)


def _borders(surface: Surface) -> tuple[Contour, ...]:
    """Return the borders of the classes, placed by logarithms in single precision.

    That takes a fifth of the time of double, and the difference is seen nowhere.
    """
    logs = np.log(np.maximum(surface.probabilities.astype(np.float32), _LEAST_SINGLE))
    borders: list[Contour] = []
    second, largest = np.moveaxis(np.partition(logs, -2, axis=2)[:, :, -2:], 2, 0)
    for k in range(logs.shape[2]):
        own = logs[:, :, k]
        rival = np.where(own == largest, second, largest)
        if (own == largest).any() and not (own == largest).all():
            borders += _lines(surface, own - rival, {0.0: float("nan")})
    return tuple(borders)


def _lines(surface: Surface, values: np.ndarray, levels: dict[float, float]) -> tuple[Contour, ...]:
    """Return the lines where values (r, c) equal each key, as contours of the level it maps to.

    The generator is made by hand: `contourpy.contour_generator` searches finite values for masks,
    which takes as long as the lines.
    """
    import contourpy

    generator = contourpy.SerialContourGenerator(
        np.broadcast_to(surface.x, values.shape),
        np.broadcast_to(surface.y[:, None], values.shape),
        values,
        np.asarray(False),  # no mask
        corner_mask=False,
        line_type=contourpy.LineType.ChunkCombinedNan,
        fill_type=contourpy.FillType.OuterOffset,
        quad_as_tri=False,
        z_interp=contourpy.ZInterp.Linear,
    )
    contours = []
    for at, level in levels.items():
        [found] = generator.lines(at)[0]
        lines = np.empty((0, 2)) if found is None else found
        contours.append(Contour(level, read_only(lines, np.float64)))
    return tuple(contours)


@functools.lru_cache(maxsize=4)
def _grid(plane: Plane, resolution: int) -> tuple[Floats, Floats, Floats]:
    x_low, x_high, y_low, y_high = plane.limits
    if len(plane.axes) == 1:
        x = np.linspace(x_low, x_high, 4 * resolution)
        at = np.column_stack([x, np.zeros(len(x))])
        return read_only(x, np.float64), read_only(np.empty(0), np.float64), at
    x, y = np.linspace(x_low, x_high, resolution), np.linspace(y_low, y_high, resolution)
    at = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    return read_only(x, np.float64), read_only(y, np.float64), read_only(at, np.float64)


@functools.lru_cache(maxsize=3)
def _inputs(plane: Plane, resolution: int) -> Floats:
    return read_only(plane.inputs(_grid(plane, resolution)[2]), np.float64)


def _averaged(
    run: Run,
    state: TrainState,
    plane: Plane,
    at: Floats,
    averaged: int,
    calibrated: Mend | None,
) -> Floats:
    rows = run.prepared.encode(plane.stand_ins[:averaged])
    on_axes = {axis.feature for axis in plane.axes}
    other = np.flatnonzero([it.feature not in on_axes for it in run.prepared.inputs])
    X = plane.inputs(at)
    total = np.zeros((len(at), len(run.prepared.classes)))
    for row in rows:
        X[:, other] = row[other]
        total += _probabilities(run, state, X, calibrated)
    return total / len(rows)


def _probabilities(run: Run, state: TrainState, X: Floats, calibrated: Mend | None) -> Floats:
    out = np.empty((len(X), len(run.prepared.classes)))
    for start in range(0, len(X), _CHUNK):
        part = slice(start, start + _CHUNK)
        logits = run.logits(state, X[part])
        if calibrated is not None:
            out[part] = calibrated.probabilities(class_logits(logits))
        else:
            out[part] = HEADS[run.architecture.head].probabilities(logits)
    return out
