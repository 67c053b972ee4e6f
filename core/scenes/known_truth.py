"""The known truth beside the boundary: the best possible border, and how far the model is from it.

A generator gives P(y | x) exactly. Bayes' rule, which decides the likeliest class, errs least of
all rules; where two classes are equally likely it changes its mind: the Bayes boundary
(Duda, Hart & Stork 2001, section 2.3). The distance between the model's probabilities q and the
true ones p is their total variation, sum_k |p_k - q_k| / 2: of two classes |p_1 - q_1|.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from core.base.arrays import TRAIN, Floats, read_only
from core.data.dataset import Dataset
from core.data.preparing import Prepared
from core.functions.heads import class_logits
from core.run.recalibration import Mend, calibrated_at
from core.run.run import Run
from core.scenes.boundary import BoundaryScene
from core.scenes.planes import Plane
from core.scenes.surface import surface_of
from core.training.problem import TrainState

MOST_ROWS = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class TrueMap:
    """True probabilities over a plane.

    Attributes
    ----------
    x : (c,) array
    y : (r,) array
    probabilities : (r, c, K) array
    border : (m, 2) array
        Where Bayes' rule changes its mind; a row of nan separates two lines.
    """

    x: Floats
    y: Floats
    probabilities: Floats
    border: Floats

    @property
    def resolution(self) -> int:
        """The grid's points along each axis."""
        return len(self.x)


@dataclass(frozen=True, slots=True, eq=False)
class TrueRows:
    """True probabilities of train rows.

    Attributes
    ----------
    X : (m, n_inputs) array
        As the model sees them.
    probabilities : (m, K) array
    best : float
        How often Bayes' rule is right on rows like these: the mean of the largest probability.
    """

    X: Floats
    probabilities: Floats
    best: float


@dataclass(frozen=True, slots=True, eq=False)
class TruthScene:
    """What the boundary panel shows of the truth.

    Attributes
    ----------
    map : TrueMap
    error : (r, c) array or None
        How far the model is from the truth on the map's grid, where that is asked for.
    best : float
        How often the best possible rule is right; nan while it is not known yet.
    mean_error : float
        How far the model is from the truth on average; nan while that is not known yet.
    """

    map: TrueMap
    error: Floats | None
    best: float
    mean_error: float


def truth_scene(
    run: Run,
    state: TrainState,
    scene: BoundaryScene,
    truth: TrueMap,
    rows: TrueRows | None,
    with_error: bool,
) -> TruthScene:
    """Return what the boundary panel shows of the truth beside a scene."""
    error = error_map(run, state, scene, truth) if with_error else None
    if rows is None:
        return TruthScene(truth, error, float("nan"), float("nan"))
    mend = calibrated_at(run, state) if scene.calibrated else None
    return TruthScene(truth, error, rows.best, mean_error(run, state, rows, mend))


def is_known(dataset: Dataset) -> bool:
    """Tell whether the truth of a data set is known and can be drawn on a plane."""
    return dataset.truth is not None and dataset.n_features == 2


def true_map(dataset: Dataset, plane: Plane, resolution: int) -> TrueMap:
    """Return the truth over a plane of two features, on a square grid of that resolution."""
    assert dataset.truth is not None
    x_low, x_high, y_low, y_high = plane.limits
    x, y = np.linspace(x_low, x_high, resolution), np.linspace(y_low, y_high, resolution)
    at = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    raw = np.empty_like(at)
    for column, axis in enumerate(plane.axes):
        raw[:, axis.feature] = at[:, column]
    p = dataset.truth(raw).reshape(resolution, resolution, -1)
    arrays = (read_only(array, np.float64) for array in (x, y, p, bayes_border(x, y, p)))
    return TrueMap(*arrays)


def bayes_border(x: Floats, y: Floats, probabilities: Floats) -> Floats:
    """Return the lines (m, 2) where the likeliest class of probabilities (r, c, K) changes.

    Between classes j and k it is where p_j = p_k, sought where one of the two is the likeliest.
    """
    import contourpy

    likeliest = probabilities.argmax(axis=2)
    found, gap = [np.empty((0, 2))], np.full((1, 2), np.nan)
    for j, k in itertools.combinations(np.unique(likeliest).tolist(), 2):
        others = (likeliest != j) & (likeliest != k)
        difference = np.ma.array(probabilities[:, :, j] - probabilities[:, :, k], mask=others)
        generator = contourpy.contour_generator(
            x, y, difference, line_type=contourpy.LineType.ChunkCombinedNan, corner_mask=True
        )
        [lines] = generator.lines(0.0)[0]
        if lines is not None:
            found += [gap, lines] if len(found) > 1 else [lines]
    return np.vstack(found)


def true_rows(dataset: Dataset, prepared: Prepared) -> TrueRows:
    """Return the truth of the train rows, of more than 10 000 of so many, evenly spaced."""
    assert dataset.truth is not None
    train = np.flatnonzero(prepared.split == TRAIN)
    train = train[:: max(-(-len(train) // MOST_ROWS), 1)]
    p = dataset.truth(dataset.X[prepared.rows[train]])
    X = read_only(prepared.X[train], np.float64)
    return TrueRows(X, read_only(p, np.float64), float(p.max(axis=1).mean()))


def distance(probabilities: Floats, truth: Floats) -> Floats:
    """Return the total variation between probabilities (..., K) and the truth (..., K).

    Examples
    --------
    >>> distance(np.array([[0.9, 0.1], [0.5, 0.5]]), np.array([[0.6, 0.4], [0.5, 0.5]])).round(3)
    array([0.3, 0. ])
    """
    return np.asarray(0.5 * np.abs(probabilities - truth).sum(axis=-1))


def error_map(run: Run, state: TrainState, scene: BoundaryScene, truth: TrueMap) -> Floats:
    """Return how far the model is from the truth on the truth's grid, (r, c)."""
    surface = scene.surface
    if scene.unit is not None or len(surface.x) != truth.resolution:
        mend = calibrated_at(run, state) if scene.calibrated else None
        surface = surface_of(run, state, scene.plane, truth.resolution, 0, mend)
    return read_only(distance(surface.probabilities, truth.probabilities), np.float64)


def mean_error(run: Run, state: TrainState, truth: TrueRows, mend: Mend | None = None) -> float:
    """Return the mean distance from the truth over its rows; with a calibrator, calibrated."""
    if mend is None:
        said = run.probabilities(state, truth.X)
    else:
        said = mend.probabilities(class_logits(run.logits(state, truth.X)))
    return float(distance(said, truth.probabilities).mean())
