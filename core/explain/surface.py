"""The model's probabilities over a plane: grid, averages, and the lines of equal probability.

`level_labels` places the numbers on the contour lines: on straight stretches, away from other lines
and from rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.base.arrays import FloatArray, read_only
from core.base.memo import remembered
from core.calibration.recalibration import Recalibration
from core.explain.planes import Limits, Plane
from core.functions.heads import HEADS, class_logits
from core.functions.sigmoid_family import logit
from core.model.architecture import Architecture
from core.run.run import Run
from core.training.problem import TrainState

LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
COARSEST = 32
_LEAST, _LEAST_SINGLE = 1e-300, np.float32(1e-37)  # least probability in a logarithm
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

    x: FloatArray
    y: FloatArray
    probabilities: FloatArray
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
    lines: FloatArray


def resolution_within(
    architecture: Architecture, averaged: int, budget: float, finest: int
) -> tuple[int, int]:
    """Return the resolution of the grid and the number of averaged rows that fit into a budget.

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
    calibrated: Recalibration | None = None,
) -> Surface:
    """Return the probabilities at a state on a square grid over a plane.

    Where the plane averages, this is the partial dependence over the first `averaged` of its
    background rows (Friedman 2001, section 8.2).
    """
    x, y, at = _grid(run, plane, resolution)
    if plane.kind == "average":
        flat = _averaged(run, state, plane, at, averaged, calibrated)
    else:
        flat = _probabilities(run, state, _inputs(run, plane, resolution), calibrated)
    shape = (max(len(y), 1), len(x), len(run.prepared.classes))
    used = min(averaged, len(plane.background_rows)) if plane.kind == "average" else 0
    return Surface(x, y, read_only(flat.reshape(shape), np.float64), used)


def contours_of(
    surface: Surface, levels: tuple[float, ...], in_logits: bool = True
) -> tuple[Contour, ...]:
    """Return the lines of equal probability for two classes, the borders of the classes for more.

    A border of class k is where p_k equals the largest of the others.

    Parameters
    ----------
    in_logits : bool
        Whether lines of two classes are interpolated between grid points in log-odds, as the
        borders are. Log-odds change evenly where confident probabilities jump from 0 to 1, which
        would turn a slanted line into steps.
    """
    p = surface.probabilities
    if not len(surface.y) or not np.isfinite(p).all() or p.shape[2] == 1:
        return ()
    if p.shape[2] > 2:
        return _borders(surface)
    if not in_logits:
        return _lines(surface, p[:, :, 1], {level: level for level in levels})
    p = np.maximum(p, _LEAST)  # both columns are used below, as 1 - p may round to 0
    at = dict(zip(logit(levels).tolist(), levels, strict=True))
    return _lines(surface, np.log(p[:, :, 1] / p[:, :, 0]), at)


def _borders(surface: Surface) -> tuple[Contour, ...]:
    """Return the borders of the classes, interpolated in log-probabilities of single precision.

    It takes a fifth of the time of double precision, and the lines look the same.
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
    """Return the lines where values (r, c) equal each key of levels, as contours of its value.

    The generator is constructed directly: `contourpy.contour_generator` first searches the values
    for masked ones, which takes as long as the lines.
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


@remembered(most=4)
def _grid(run: Run, plane: Plane, resolution: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    x_low, x_high, y_low, y_high = plane.limits
    if len(plane.axes) == 1:
        x = np.linspace(x_low, x_high, 4 * resolution)
        at = np.column_stack([x, np.zeros(len(x))])
        return read_only(x, np.float64), read_only(np.empty(0), np.float64), at
    x, y = np.linspace(x_low, x_high, resolution), np.linspace(y_low, y_high, resolution)
    at = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    return read_only(x, np.float64), read_only(y, np.float64), read_only(at, np.float64)


@remembered(most=3)
def _inputs(run: Run, plane: Plane, resolution: int) -> FloatArray:
    return read_only(plane.inputs(_grid(run, plane, resolution)[2]), np.float64)


def _averaged(
    run: Run,
    state: TrainState,
    plane: Plane,
    at: FloatArray,
    averaged: int,
    calibrated: Recalibration | None,
) -> FloatArray:
    rows = run.prepared.encode(plane.background_rows[:averaged])
    on_axes = {axis.feature for axis in plane.axes}
    other = np.flatnonzero([it.feature not in on_axes for it in run.prepared.inputs])
    X = plane.inputs(at)
    total = np.zeros((len(at), len(run.prepared.classes)))
    for row in rows:
        X[:, other] = row[other]
        total += _probabilities(run, state, X, calibrated)
    return total / len(rows)


def _probabilities(
    run: Run, state: TrainState, X: FloatArray, calibrated: Recalibration | None
) -> FloatArray:
    out = np.empty((len(X), len(run.prepared.classes)))
    for start in range(0, len(X), _CHUNK):
        part = slice(start, start + _CHUNK)
        logits = run.logits(state, X[part])
        if calibrated is not None:
            out[part] = calibrated.probabilities(class_logits(logits))
        else:
            out[part] = HEADS[run.architecture.head].probabilities(logits)
    return out


SPACING = 16.0  # pixels between the places tried on a line
EVERY = 5  # every fifth point of other lines is looked at; they are about a pixel apart
NOWHERE = np.empty((0, 2))
MOST_BEND = 2.0  # pixels between a stretch and its chord
APART = 70.0  # pixels between the middles of two numbers
ROWS_APART = 14.0  # pixels; rows further away do not matter
LINES_APART = 60.0  # likewise


@dataclass(frozen=True, slots=True)
class LevelLabel:
    """A number on a contour line.

    Attributes
    ----------
    level : float
    x, y : float
        Its middle, in the plane's coordinates.
    angle : float
        Of the line there, in degrees on the screen, clockwise, from -90 to 90.
    """

    level: float
    x: float
    y: float
    angle: float


def level_labels(
    contours: Sequence[Contour],
    rows: FloatArray,
    limits: Limits,
    pixels: tuple[float, float],
    size: tuple[float, float],
) -> tuple[LevelLabel, ...]:
    """Return the numbers on the contour lines: at most one a level, none where there is no room.

    Parameters
    ----------
    contours : sequence of Contour
        Borders of classes, whose level is nan, get no number.
    rows : (m, 2) array
        Points that numbers should not cover.
    limits : (x low, x high, y low, y high)
        What the plot spans.
    pixels : (width, height)
        How large it is on the screen.
    size : (width, height)
        How large a number is, in pixels.
    """
    lines = [_on_screen(contour.lines, limits, pixels) for contour in contours]
    dots = _on_screen(rows, limits, pixels)
    taken: list[FloatArray] = []
    labels = []
    for k, contour in enumerate(contours):
        if math.isnan(contour.level):
            continue
        others = np.vstack([NOWHERE, *(line[::EVERY] for j, line in enumerate(lines) if j != k)])
        others = others[np.isfinite(others[:, 0])]
        found = _best(_stretches(lines[k], pixels, size), others, dots, taken, size)
        if found is None:
            continue
        middle, along = found
        taken.append(middle)
        x = limits[0] + middle[0] / pixels[0] * (limits[1] - limits[0])
        y = limits[3] - middle[1] / pixels[1] * (limits[3] - limits[2])
        angle = math.degrees(math.atan2(along[1], along[0]))
        labels.append(LevelLabel(contour.level, float(x), float(y), upright(angle)))
    return tuple(labels)


def upright(angle: float) -> float:
    """Return the angle of a line, in degrees from -90 to 90, so that text on it is upright.

    Examples
    --------
    >>> upright(170.0), upright(-100.0), upright(90.0)
    (-10.0, 80.0, 90.0)
    """
    turned = (angle + 90.0) % 180.0 - 90.0
    return 90.0 if turned == -90.0 else turned


def _on_screen(points: FloatArray, limits: Limits, pixels: tuple[float, float]) -> FloatArray:
    """Return points (m, 2) in pixels, y downwards."""
    x = (points[:, 0] - limits[0]) / (limits[1] - limits[0]) * pixels[0]
    y = (limits[3] - points[:, 1]) / (limits[3] - limits[2]) * pixels[1]
    return np.column_stack([x, y])


def _stretches(
    line: FloatArray, pixels: tuple[float, float], size: tuple[float, float]
) -> tuple[FloatArray, FloatArray]:
    """Return the middles (c, 2) and directions (c, 2) of straight stretches as long as a number."""
    room = 0.5 * size[0] + 2.0
    middles, chords, bends = [np.empty((0, 2))], [np.empty((0, 2))], [np.empty(0)]
    for piece in np.split(line, np.flatnonzero(np.isnan(line[:, 0]))):
        points = piece[~np.isnan(piece[:, 0])]
        if len(points) < 2:
            continue
        lengths = np.concatenate([[0.0], np.hypot(*np.diff(points, axis=0).T).cumsum()])
        at = np.arange(room, lengths[-1] - room, SPACING)
        start, middle, end = (
            np.column_stack([np.interp(s, lengths, points[:, axis]) for axis in (0, 1)])
            for s in (at - room, at, at + room)
        )
        middles.append(middle)
        chords.append(end - start)
        bends.append(np.hypot(*(middle - (start + end) / 2.0).T))
    middle, chord = np.vstack(middles), np.vstack(chords)
    is_inside = ((middle > size[0]) & (middle < np.subtract(pixels, size[0]))).all(axis=1)
    is_good = is_inside & (np.concatenate(bends) <= MOST_BEND) & (np.hypot(*chord.T) > 0.0)
    return middle[is_good], chord[is_good] / np.hypot(*chord[is_good].T)[:, None]


def _best(
    stretches: tuple[FloatArray, FloatArray],
    others: FloatArray,
    dots: FloatArray,
    taken: list[FloatArray],
    size: tuple[float, float],
) -> tuple[FloatArray, FloatArray] | None:
    """Return the stretch furthest from other lines and rows, of those that are clear of lines."""
    middle, along = stretches
    from_lines = _clearance(middle, along, others, size)
    is_free = from_lines >= size[1]
    for other in taken:
        is_free &= np.hypot(*(middle - other).T) >= APART
    if not is_free.any():
        return None
    from_rows = np.minimum(_clearance(middle, along, dots, size), ROWS_APART)
    clear = np.where(is_free, from_rows + 0.1 * np.minimum(from_lines, LINES_APART), -1.0)
    best = int(clear.argmax())
    return middle[best], along[best]


def _clearance(
    middle: FloatArray, along: FloatArray, points: FloatArray, size: tuple[float, float]
) -> FloatArray:
    """Return how far each number's nearest of points (m, 2) is, sideways or beyond its ends."""
    offsets = points[None] - middle[:, None]
    forth = np.abs((offsets * along[:, None]).sum(axis=2))
    beside = np.abs(offsets[..., 1] * along[:, :1] - offsets[..., 0] * along[:, 1:])
    beyond = np.maximum(forth - 0.5 * size[0], 0.0)
    return np.asarray(np.hypot(beyond, beside).min(axis=1, initial=np.inf))
