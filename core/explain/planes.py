"""Planes through the input space: what two axes show, and what is done with the other features.

A plane has two chosen features, or the first two principal components, as its axes. Coordinates are
in raw units (components: in the model's scaled units); a category's coordinate is the code of its
level.

`most_separating_pair` chooses the features on the axes for a data set that is new.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from core.base.arrays import TRAIN, FloatArray, read_only
from core.base.memo import remembered
from core.data.dataset import Dataset
from core.data.missing_values import OWN_LEVEL
from core.data.preparing import Prepared
from core.experiment.view import View
from core.run.run import Run

Limits = tuple[float, float, float, float]
Kind = Literal["whole", "slice", "average", "components"]
MARGIN = 0.06
JITTER = 0.17  # in levels, so that rows of one level do not hide each other
LANE = 0.06  # half the height of a class's strip, in probability
MAX_BACKGROUND_ROWS = 200


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a plane.

    Attributes
    ----------
    name : str
        The feature's name; empty for a principal component.
    feature : int
        The data set's column; for a component its number, from 0.
    low, high : float
        What the axis spans, in its own units.
    ticks : tuple of (value, name)
        The levels of a category; empty for a number.
    share : float
        The share of the variance that a component explains; nan for a feature.
    """

    name: str
    feature: int
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...] = ()
    share: float = float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """A plane: its axes, the rows on it, and how its points become inputs of the model.

    Attributes
    ----------
    kind : {"whole", "slice", "average", "components"}
        Every feature is on an axis; the others are held; averaged over rows; or the plane of the
        first two principal components.
    axes : tuple of Axis
        Two, or one where there is a single feature.
    points : (n, 2) array
        Where each prepared row lies. With one axis the second column is a strip for each class:
        of two below 0 and above 1, of more all below 0. Levels and strips are spread a little, so
        that rows do not hide each other.
    background_rows : (r, n_features) array
        Raw rows that give the features on no axis their values: one for a slice, up to 200 for an
        average (a partial dependence), none for components.
    directions : (3, n_inputs) array
        Components: the mean of the train inputs and the two unit directions; empty otherwise.
    prepared : Prepared
    """

    kind: Kind
    axes: tuple[Axis, ...]
    points: FloatArray
    background_rows: FloatArray
    directions: FloatArray
    prepared: Prepared

    @property
    def limits(self) -> Limits:
        """The lowest and highest x, then y; with one axis y is a probability and room for rows."""
        x = self.axes[0]
        if len(self.axes) == 1:
            lanes = _lanes(len(self.prepared.classes))
            return x.low, x.high, lanes.min() - LANE, max(lanes.max() + LANE, 1.0 + LANE)
        return x.low, x.high, self.axes[1].low, self.axes[1].high

    def inputs(self, at: FloatArray, background_row: int = 0) -> FloatArray:
        """Return the model's inputs (m, n_inputs) at points (m, 2) of the plane."""
        if self.kind == "components":
            return np.asarray(self.directions[0] + at @ self.directions[1:])
        return self._placed(
            np.repeat(self.background_rows[background_row : background_row + 1], len(at), axis=0),
            at,
        )

    def inputs_of_all(self, point: FloatArray) -> FloatArray:
        """Return the model's inputs (r, n_inputs) at one point (2,), one row a stand-in."""
        return self._placed(self.background_rows.copy(), point[None, :])

    def _placed(self, raw: FloatArray, at: FloatArray) -> FloatArray:
        for column, axis in enumerate(self.axes):
            raw[:, axis.feature] = np.rint(at[:, column]) if axis.ticks else at[:, column]
        return self.prepared.encode(raw)


def axes_of(view: View, n_features: int) -> tuple[int, ...]:
    """Return the features on the axes: those asked for, as far as they exist and differ."""
    if n_features == 1:
        return (0,)
    x = view.x_axis if 0 <= view.x_axis < n_features else 0
    y = view.y_axis if 0 <= view.y_axis < n_features else 1
    return (x, y) if x != y else (x, (x + 1) % n_features)


def plane_of(run: Run, view: View) -> Plane:
    """Return the plane that a view asks for; the same arguments give the same object."""
    n_features = run.dataset.n_features
    if n_features <= 2:
        return _plane(run, axes_of(view, n_features), "whole", ())
    if view.section == "components" and len(run.prepared.inputs) > 1:
        return _components(run)
    kind: Kind = "average" if view.section == "average" else "slice"
    held = view.held if kind == "slice" else ()
    return _plane(run, axes_of(view, n_features), kind, held)


@remembered(most=4)
def spanning(run: Run, plane: Plane, limits: Limits) -> Plane:
    """Return a plane of two axes that spans other limits: low and high x, then y."""
    x, y = plane.axes
    x = replace(x, low=limits[0], high=limits[1])
    y = replace(y, low=limits[2], high=limits[3])
    return replace(plane, axes=(x, y))


def held_values(
    dataset: Dataset, prepared: Prepared, held: tuple[tuple[int, float], ...]
) -> FloatArray:
    """Return the raw row (n_features,) that a slice goes through.

    A feature not held takes what stands in for a missing value: its train mean or median, a
    category its commonest level.
    """
    row = np.array(prepared.fill)
    for feature, value in held:
        if 0 <= feature < dataset.n_features:
            row[feature] = value
    return row


@remembered(most=4)
def _plane(
    run: Run,
    axes: tuple[int, ...],
    kind: Kind,
    held: tuple[tuple[int, float], ...],
) -> Plane:
    dataset, prepared = run.dataset, run.prepared
    raw = dataset.X[prepared.rows]
    points = np.zeros((len(raw), 2))
    made = []
    for column, feature in enumerate(axes):
        values = np.where(np.isnan(raw[:, feature]), prepared.fill[feature], raw[:, feature])
        made.append(_axis(dataset, feature, values))
        if dataset.features[feature].levels:
            values = values + np.random.default_rng(column).uniform(-JITTER, JITTER, len(values))
        points[:, column] = values
    if len(axes) == 1:
        spread = np.random.default_rng(1).uniform(-0.5, 0.5, len(raw)) * LANE
        points[:, 1] = _lanes(len(prepared.classes))[prepared.y] + spread
    background_rows = held_values(dataset, prepared, held)[None]
    if kind == "average":
        background_rows = _sample(raw[prepared.split == TRAIN])
    none = read_only(np.empty((0, len(prepared.inputs))), np.float64)
    frozen = read_only(points, np.float64), read_only(background_rows, np.float64)
    return Plane(kind, tuple(made), *frozen, none, prepared)


def _axis(dataset: Dataset, feature: int, values: FloatArray) -> Axis:
    column = dataset.features[feature]
    if not column.levels:
        low, high = _padded(values)
        return Axis(column.name, feature, low, high)
    ticks = [(float(code), name) for code, name in enumerate(column.levels)]
    if (values == OWN_LEVEL).any():
        ticks.insert(0, (OWN_LEVEL, "missing"))
    return Axis(column.name, feature, ticks[0][0] - 0.5, ticks[-1][0] + 0.5, tuple(ticks))


def _lanes(n_classes: int) -> FloatArray:
    """Return the middle of each class's strip on the axis of probability."""
    if n_classes == 2:
        return np.array([-1.5 * LANE, 1.0 + 1.5 * LANE])
    return np.asarray(-LANE * (1.0 + 1.5 * np.arange(n_classes)))


def _padded(values: FloatArray) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    pad = MARGIN * (high - low) or max(abs(high), 1.0) * 0.5
    return low - pad, high + pad


def _sample(rows: FloatArray) -> FloatArray:
    if len(rows) <= MAX_BACKGROUND_ROWS:
        return rows
    chosen = np.random.default_rng(0).choice(len(rows), MAX_BACKGROUND_ROWS, replace=False)
    return np.asarray(rows[np.sort(chosen)])


@remembered(most=1)
def _components(run: Run) -> Plane:
    """Return the plane of the first two principal components of the scaled train inputs."""
    prepared = run.prepared
    X = prepared.X[prepared.split == TRAIN]
    mean = X.mean(axis=0)
    variances, vectors = np.linalg.eigh(np.atleast_2d(np.cov(X, rowvar=False, bias=True)))
    first = vectors[:, ::-1][:, :2].T
    # the sign of a direction is arbitrary: make its largest entry positive
    largest = np.abs(first).argmax(axis=1)
    first = first * np.sign(first[[0, 1], largest])[:, None]
    shares = variances[::-1][:2] / max(float(variances.sum()), np.finfo(np.float64).tiny)
    points = (prepared.X - mean) @ first.T
    axes = tuple(
        Axis("", k, *_padded(points[:, k]), share=float(np.clip(shares[k], 0.0, 1.0)))
        for k in (0, 1)
    )
    directions = read_only(np.vstack([mean, first]), np.float64)
    none = read_only(np.empty((0, 0)), np.float64)
    return Plane("components", axes, read_only(points, np.float64), none, directions, prepared)


MOST_ROWS = 2_000
MOST_ALIKE = 0.9  # correlation above which a second axis would show the first again


def most_separating_pair(dataset: Dataset) -> tuple[int, int]:
    """Return the two features that separate the classes best one by one and are not alike.

    Features are ranked by the F ratio of a one-way analysis of variance (Fisher 1925), numbers
    before categories; the second is the best whose correlation with the first is below 0.9. With
    two features or fewer they are returned in their order.

    Examples
    --------
    >>> from core.data.gallery import load
    >>> iris = load("iris")
    >>> [iris.features[j].name for j in most_separating_pair(iris)]
    ['petal length (cm)', 'sepal length (cm)']
    """
    if dataset.n_features < 3:
        return 0, dataset.n_features - 1
    stride = -(-dataset.n_samples // MOST_ROWS)
    X, y = dataset.X[::stride], dataset.y[::stride]
    known = np.isfinite(X)
    means = np.where(known, X, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    X = np.where(known, X, means)
    is_category = [bool(feature.levels) for feature in dataset.features]
    telling = np.where(is_category, -np.inf, _f_ratios(X, y))
    order = np.argsort(-telling, kind="stable")
    first = order[0]
    alike = np.abs(_correlations(X, first))
    second = next((j for j in order[1:] if alike[j] < MOST_ALIKE), order[1])
    return int(first), int(second)


def _f_ratios(X: FloatArray, y: np.ndarray) -> FloatArray:
    """Return each column's variance between classes over that within, degrees of freedom aside."""
    centred = X - X.mean(axis=0)
    classes, codes = np.unique(y, return_inverse=True)
    of_class = (codes[:, None] == np.arange(len(classes))).astype(np.float64)
    between = (np.square(of_class.T @ centred) / of_class.sum(axis=0)[:, None]).sum(axis=0)
    within = np.square(centred).sum(axis=0) - between
    is_spread = within > 1e-12 * between
    ratios = between / np.where(is_spread, within, 1.0)
    return np.where(is_spread, ratios, np.where(between > 0.0, np.inf, 0.0))


def _correlations(X: FloatArray, first: int) -> FloatArray:
    centred = X - X.mean(axis=0)
    lengths = np.sqrt(np.square(centred).sum(axis=0))
    lengths[lengths == 0.0] = 1.0
    units = centred / lengths
    return np.asarray(units.T @ units[:, first])
