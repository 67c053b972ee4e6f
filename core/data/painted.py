"""Painted points: a data set that the user draws, and the tools that draw it.

A data set of two numbers can be turned into points to paint on. A tool is a pure function from
points to points; it acts within a brush, an ellipse in the data's units (a circle on screen). Its
random draws come from the stroke's seed and the count of its moves, so that a stroke can be
repeated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from core.base.arrays import FloatArray
from core.base.errors import UserError
from core.base.registry import Registry
from core.data.dataset import Dataset, Feature

Point = tuple[float, float, int]


LEAST_POINTS, LEAST_CLASSES = 3, 2


def classes_of(points: tuple[Point, ...]) -> int:
    """Return how many classes have points."""
    return len({kind for _, _, kind in points})


def can_be_learnt(points: tuple[Point, ...]) -> bool:
    """Tell whether points are enough to learn from: at least three, of two classes.

    Examples
    --------
    >>> can_be_learnt(((0.0, 0.0, 0), (1.0, 0.0, 0))), can_be_learnt(((0.0, 0.0, 0),) * 3)
    (False, False)
    """
    return len(points) >= LEAST_POINTS and classes_of(points) >= LEAST_CLASSES


def dataset_of_points(points: tuple[Point, ...]) -> Dataset:
    """Return painted points (x, y, class) as a data set with features x1 and x2.

    Classes are named by their number; a class that lies between others may be without points.

    Raises
    ------
    UserError
        Where there are fewer than two classes, or fewer than three points.
    """
    if not can_be_learnt(points):
        why = f"There are {len(points)} points of {classes_of(points)} classes."
        mend = "Paint at least three points, of two classes."
        raise UserError("There is nothing to learn yet.", why, mend)
    cells = np.array(points)
    names = tuple(str(kind) for kind in range(int(cells[:, 2].max()) + 1))
    return Dataset(
        "Painted",
        (Feature("x1"), Feature("x2")),
        cells[:, :2],
        cells[:, 2].astype(np.int64),
        names,
    )


def points_of(dataset: Dataset, most: int) -> tuple[Point, ...]:
    """Return a data set of two numbers as points, at most that many, spread evenly over its rows.

    Rows with a missing value are left out; a data set of another form gives no points.
    """
    if dataset.n_features != 2 or any(feature.levels for feature in dataset.features):
        return ()
    known = np.flatnonzero(np.isfinite(dataset.X).all(axis=1))
    if len(known) > most:
        known = known[np.linspace(0, len(known) - 1, most).astype(np.int64)]
    return tuple((float(dataset.X[i, 0]), float(dataset.X[i, 1]), int(dataset.y[i])) for i in known)


MOST_POINTS = 5_000
SPACING = 1.0  # between the dots of a pen, in radii of the brush
SHAKE = 0.12  # a jitter's standard deviation, in radii of the brush
TICKS_A_SECOND = 30
_DIGITS = 9

Points = tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Brush:
    """What a tool paints, and how far it reaches.

    Attributes
    ----------
    kind : int
        The class painted.
    x_radius, y_radius : float
        In the data's units.
    density : float
        Points a second that an airbrush sprays.
    """

    kind: int
    x_radius: float
    y_radius: float
    density: float = 60.0

    def distances(self, points: Points, x: float, y: float) -> FloatArray:
        """Return how far points (n) lie from (x, y), in radii of the brush; shape (n,)."""
        cells = np.array(points, dtype=np.float64).reshape(-1, 3)
        return np.asarray(
            np.hypot((cells[:, 0] - x) / self.x_radius, (cells[:, 1] - y) / self.y_radius)
        )

    def within(self, points: Points, x: float, y: float) -> tuple[int, ...]:
        """Return the indices of the points that lie within the brush at (x, y)."""
        return tuple(np.flatnonzero(self.distances(points, x, y) <= 1.0).tolist())


@dataclass(frozen=True, slots=True)
class Stroke:
    """A stroke under way: what was painted so far and where the tool is.

    Attributes
    ----------
    points : tuple of (x, y, class)
        The sheet as the stroke has made it.
    brush : Brush
    x, y : float
        Where the tool last acted.
    seed : int
        Of what the stroke draws at random.
    moves : int
        How often the tool has acted.
    held : tuple of int
        The points that the tool carries along.
    """

    points: Points
    brush: Brush
    x: float
    y: float
    seed: int = 0
    moves: int = 0
    held: tuple[int, ...] = ()

    def random(self) -> np.random.Generator:
        """Return the source of chance for the tool's present move."""
        return np.random.default_rng((self.seed, self.moves))

    def after(self, points: Points, x: float, y: float) -> Stroke:
        """Return the stroke after one more move, at (x, y)."""
        return replace(self, points=points, x=x, y=y, moves=self.moves + 1)

    def places_to(self, x: float, y: float, step: float) -> FloatArray:
        """Return places (m, 2) on the way to (x, y), `step` radii apart, the first a step away."""
        reach = np.array([self.brush.x_radius, self.brush.y_radius])
        way = (np.array([x, y]) - [self.x, self.y]) / reach
        length = float(np.hypot(*way))
        count = int(length / step + 1e-9)
        along = step * np.arange(1, count + 1)[:, None] * (way / max(length, 1e-300))
        return np.asarray(np.array([self.x, self.y]) + along * reach)


Act = Callable[[Stroke, float, float], Stroke]


def _stay(stroke: Stroke, x: float, y: float) -> Stroke:
    return stroke


@dataclass(frozen=True, slots=True)
class Tool:
    """A painting tool.

    Attributes
    ----------
    name, label, help : str
    press, drag, hold : callable
        (stroke, x, y) -> stroke: when the button goes down, when the mouse moves, and thirty times
        a second while the button is down.
    """

    name: str
    label: str
    help: str
    press: Act
    drag: Act = _stay
    hold: Act = _stay


def _added(stroke: Stroke, places: FloatArray, x: float, y: float) -> Stroke:
    room = max(MOST_POINTS - len(stroke.points), 0)
    new = tuple((_short(a), _short(b), stroke.brush.kind) for a, b in places[:room].tolist())
    return stroke.after(stroke.points + new, x, y)


def _short(value: float) -> float:
    """Return a number to nine digits: finer than a pixel, and short in a file."""
    return float(f"{value:.{_DIGITS}g}")


def _dot(stroke: Stroke, x: float, y: float) -> Stroke:
    return _added(stroke, np.array([[x, y]]), x, y)


def _line(stroke: Stroke, x: float, y: float) -> Stroke:
    places = stroke.places_to(x, y, SPACING)
    return _added(stroke, places, *places[-1].tolist()) if len(places) else stroke


def _spray(stroke: Stroke, x: float, y: float) -> Stroke:
    """Add this tick's points, spread evenly over the brush's disc; the first tick adds one."""
    each = stroke.brush.density / TICKS_A_SECOND
    count = int(stroke.moves * each) - int((stroke.moves - 1) * each) if stroke.moves else 1
    radius, turn = stroke.random().random((2, count))
    disc = np.sqrt(radius) * np.array([np.cos(2 * np.pi * turn), np.sin(2 * np.pi * turn)])
    reach = np.array([stroke.brush.x_radius, stroke.brush.y_radius])
    return _added(stroke, np.array([x, y]) + disc.T * reach, x, y)


def _follow(stroke: Stroke, x: float, y: float) -> Stroke:
    return replace(stroke, x=x, y=y)


def _grab(stroke: Stroke, x: float, y: float) -> Stroke:
    held = stroke.brush.within(stroke.points, x, y)
    return replace(stroke, x=x, y=y, held=held)


def _carry(stroke: Stroke, x: float, y: float) -> Stroke:
    held = set(stroke.held)
    dx, dy = x - stroke.x, y - stroke.y
    points = tuple(
        (_short(a + dx), _short(b + dy), k) if i in held else (a, b, k)
        for i, (a, b, k) in enumerate(stroke.points)
    )
    return stroke.after(points, x, y)


def _erase_at(points: Points, brush: Brush, x: float, y: float) -> Points:
    """Return the points outside the brush; the last take the places of those that go.

    A row's part in training hangs on its place in the list, so that few may change theirs.
    """
    gone = set(brush.within(points, x, y))
    keep = len(points) - len(gone)
    spare = iter([point for i, point in enumerate(points) if i >= keep and i not in gone])
    return tuple(next(spare) if i in gone else point for i, point in enumerate(points[:keep]))


def _erase(stroke: Stroke, x: float, y: float) -> Stroke:
    points = stroke.points
    for a, b in (*stroke.places_to(x, y, 1.0).tolist(), (x, y)):
        points = _erase_at(points, stroke.brush, a, b)
    return stroke.after(points, x, y)


def _turn(stroke: Stroke, x: float, y: float) -> Stroke:
    points = stroke.points
    for a, b in (*stroke.places_to(x, y, 1.0).tolist(), (x, y)):
        mine = set(stroke.brush.within(points, a, b))
        points = tuple(
            (*point[:2], stroke.brush.kind) if i in mine else point
            for i, point in enumerate(points)
        )
    return stroke.after(points, x, y)


def _shake(stroke: Stroke, x: float, y: float) -> Stroke:
    mine = stroke.brush.within(stroke.points, x, y)
    reach = np.array([stroke.brush.x_radius, stroke.brush.y_radius])
    offsets = SHAKE * reach * stroke.random().standard_normal((len(mine), 2))
    moved = dict(zip(mine, offsets.tolist(), strict=True))
    points = tuple(
        (_short(a + moved[i][0]), _short(b + moved[i][1]), k) if i in moved else (a, b, k)
        for i, (a, b, k) in enumerate(stroke.points)
    )
    return stroke.after(points, x, y)


TOOLS: Registry[Tool] = Registry(
    "tool",
    [
        Tool("pen", "Pen", "Click for one point, drag for a line of them", _dot, _line),
        Tool(
            "airbrush", "Airbrush", "Hold to spray points over the circle", _spray, _follow, _spray
        ),
        Tool("move", "Move", "Drag the points in the circle elsewhere", _grab, _carry),
        Tool("erase", "Erase", "Rub out the points in the circle", _erase, _erase),
        Tool("recolour", "Class", "Give the points in the circle the chosen class", _turn, _turn),
        Tool(
            "jitter", "Jitter", "Hold to scatter the points in the circle", _shake, _follow, _shake
        ),
    ],
)
"""Every painting tool, in the order of the palette."""
