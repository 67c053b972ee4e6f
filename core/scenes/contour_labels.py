"""Where the numbers on contour lines go: on straight stretches, clear of what else is there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.base.arrays import Floats
from core.scenes.planes import Limits
from core.scenes.surface import Contour

SPACING = 16.0  # pixels between the places tried on a line
EVERY = 5  # of the points of other lines, which lie about a pixel apart, are looked at
NOWHERE = np.empty((0, 2))
MOST_BEND = 2.0  # pixels between a stretch and its chord
APART = 70.0  # pixels between the middles of two numbers
ROWS_APART = 14.0  # pixels; rows further away count as out of the way
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
    rows: Floats,
    limits: Limits,
    pixels: tuple[float, float],
    size: tuple[float, float],
) -> tuple[LevelLabel, ...]:
    """Return at most one number a level; none where there is no room for it.

    Parameters
    ----------
    contours : sequence of Contour
        Those of a level; borders of classes, whose level is nan, get no number.
    rows : (m, 2) array
        Points that numbers had better not cover.
    limits : (x low, x high, y low, y high)
        What the plot spans.
    pixels : (width, height)
        How large it is on the screen.
    size : (width, height)
        How large a number is, in pixels.
    """
    lines = [_on_screen(contour.lines, limits, pixels) for contour in contours]
    dots = _on_screen(rows, limits, pixels)
    taken: list[Floats] = []
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
    """Return the angle of a line, in degrees, at which text on it does not stand on its head.

    Examples
    --------
    >>> upright(170.0), upright(-100.0), upright(90.0)
    (-10.0, 80.0, 90.0)
    """
    turned = (angle + 90.0) % 180.0 - 90.0
    return 90.0 if turned == -90.0 else turned


def _on_screen(points: Floats, limits: Limits, pixels: tuple[float, float]) -> Floats:
    """Return points (m, 2) in pixels, y downwards."""
    x = (points[:, 0] - limits[0]) / (limits[1] - limits[0]) * pixels[0]
    y = (limits[3] - points[:, 1]) / (limits[3] - limits[2]) * pixels[1]
    return np.column_stack([x, y])


def _stretches(
    line: Floats, pixels: tuple[float, float], size: tuple[float, float]
) -> tuple[Floats, Floats]:
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
    stretches: tuple[Floats, Floats],
    others: Floats,
    dots: Floats,
    taken: list[Floats],
    size: tuple[float, float],
) -> tuple[Floats, Floats] | None:
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


def _clearance(middle: Floats, along: Floats, points: Floats, size: tuple[float, float]) -> Floats:
    """Return how far each number's nearest of points (m, 2) is, sideways or beyond its ends."""
    offsets = points[None] - middle[:, None]
    forth = np.abs((offsets * along[:, None]).sum(axis=2))
    beside = np.abs(offsets[..., 1] * along[:, :1] - offsets[..., 0] * along[:, 1:])
    beyond = np.maximum(forth - 0.5 * size[0], 0.0)
    return np.asarray(np.hypot(beyond, beside).min(axis=1, initial=np.inf))
