"""The boundary panel's scene: probabilities over a plane, their contours, and the rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.base.arrays import SPLITS, FloatArray, IntArray, read_only
from core.base.memo import remembered
from core.calibration.recalibration import Recalibration, fit_recalibration
from core.evaluation.thresholds import decided
from core.experiment.view import View
from core.explain.brushing import brushed_rows
from core.explain.known_truth import TrueMap, TrueRows, mean_error, total_variation
from core.explain.planes import MAX_BACKGROUND_ROWS, Limits, Plane, plane_of, spanning
from core.explain.surface import LEVELS, Contour, Surface, contours_of, surface_of
from core.explain.unit_maps import UnitMap, unit_map, unit_of
from core.functions.heads import class_logits
from core.predictions.predictions import predictions_of
from core.run.run import Run
from core.training.problem import TrainState

MOST_POINTS = 10_000
MOST_RAW_VALUES = 4
THINNED_POINTS = 4_000  # drawn where there are more than the most


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows drawn as points.

    Attributes
    ----------
    points : (m, 2) array
        Where they lie in the plane.
    labels, splits, rows : (m,) int arrays
        Their class, their part (0 train, 1 validation, 2 test), their row of the data set.
    total : int
        How many rows the shown parts have; more than m where the points are thinned.
    """

    points: FloatArray
    labels: IntArray
    splits: NDArray[np.int8]
    rows: IntArray
    total: int


@dataclass(frozen=True, slots=True, eq=False)
class BoundaryScene:
    """What the boundary panel draws.

    Attributes
    ----------
    step : int
    classes : tuple of str
    plane : Plane
    surface : Surface
    contours : tuple of Contour
    threshold : float
    discrete : bool
        Whether the decided class is shown in place of the probability.
    rows : Rows
    wrong : (m,) bool array
        Which of the drawn rows are decided wrongly, each at its own values.
    wrong_of_step : int
        The step at which they were; before `step` only where a previous scene was passed in.
    lit : (m,) bool array
        Which of the drawn rows are highlighted by the brush on the probabilities.
    selected : (2,) array or None
        Where the selected row lies.
    calibrated : bool
        Whether the probabilities are calibrated ones.
    unit : UnitMap or None
        The unit whose output is the surface; None where that is the model's.
    """

    step: int
    classes: tuple[str, ...]
    plane: Plane
    surface: Surface
    contours: tuple[Contour, ...]
    threshold: float
    discrete: bool
    rows: Rows
    wrong: NDArray[np.bool_]
    wrong_of_step: int
    lit: NDArray[np.bool_]
    selected: FloatArray | None
    calibrated: bool
    unit: UnitMap | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What the model says at one point of the plane.

    Attributes
    ----------
    values : tuple of float
        The coordinates.
    raw : tuple of (name, value)
        On a plane of components: the numbers with the largest loadings, in raw units.
    logits, probabilities : (K,) arrays
        One a class; over averaged rows their means.
    """

    values: tuple[float, ...]
    raw: tuple[tuple[str, float], ...]
    logits: FloatArray
    probabilities: FloatArray


def boundary_scene(
    run: Run,
    state: TrainState,
    view: View,
    resolution: int = 100,
    averaged: int = MAX_BACKGROUND_ROWS,
    limits: Limits | None = None,
    previous: BoundaryScene | None = None,
) -> BoundaryScene:
    """Return what the boundary panel shows at a state.

    Parameters
    ----------
    resolution : int
        Grid points along each axis.
    averaged : int
        The largest number of rows that a partial dependence is averaged over.
    limits : (x low, x high, y low, y high), optional
        What a plane of two axes spans; by default its rows with a margin.
    previous : BoundaryScene, optional
        The scene of an earlier step. `wrong` is taken from it, and may lag, where the same rows are
        drawn and decided in the same way; nothing else is.
    """
    plane = plane_of(run, view)
    if limits is not None and len(plane.axes) == 2:
        plane = spanning(run, plane, limits)
    calibrated = _recalibration(run, state) if view.calibrated else None
    at = unit_of(run, view.unit)
    unit = unit_map(run, state, plane, at, resolution) if at else None
    if unit is not None:
        surface = unit.surface
    else:
        surface = surface_of(run, state, plane, resolution, averaged, calibrated)
    rows = _rows(run, plane, tuple(name in view.shown for name in SPLITS))
    if previous is not None and _is_decided_alike(previous, rows, view, calibrated):
        wrong, wrong_of_step = previous.wrong, previous.wrong_of_step
    else:
        wrong = _wrong(run, state, rows, view.threshold, calibrated)
        wrong_of_step = state.step
    return BoundaryScene(
        step=state.step,
        classes=run.prepared.classes,
        plane=plane,
        surface=surface,
        contours=contours_of(surface, _levels(view, unit), in_logits=unit is None),
        threshold=view.threshold,
        discrete=view.discrete and unit is None,
        rows=rows,
        wrong=wrong,
        wrong_of_step=wrong_of_step,
        lit=_lit(run, state, view, rows),
        selected=_selected(plane, view.selected),
        calibrated=calibrated is not None,
        unit=unit,
    )


def reading_at(run: Run, state: TrainState, view: View, x: float, y: float) -> Reading:
    """Return what the model says at a point of the plane."""
    plane = plane_of(run, view)
    at = np.array([[x, y]])
    X = plane.inputs_of_all(at[0]) if plane.kind == "average" else plane.inputs(at)
    raw_logits = run.logits(state, X)
    calibrated = _recalibration(run, state) if view.calibrated else None
    logits = class_logits(raw_logits)
    probabilities = (
        run.probabilities(state, X) if calibrated is None else calibrated.probabilities(logits)
    )
    values = (x,) if len(plane.axes) == 1 else (x, y)
    raw = _raw_values(plane, X[0]) if plane.kind == "components" else ()
    return Reading(values, raw, logits.mean(axis=0), probabilities.mean(axis=0))


def _raw_values(plane: Plane, inputs: FloatArray) -> tuple[tuple[str, float], ...]:
    turned = np.abs(plane.directions[1:]).max(axis=0)
    numbers = [k for k, it in enumerate(plane.prepared.inputs) if it.level is None]
    chosen = sorted(sorted(numbers, key=lambda k: -turned[k])[:MOST_RAW_VALUES])
    values = [float(plane.prepared.to_raw(inputs[k], k)) for k in chosen]
    return tuple(zip((plane.prepared.inputs[k].name for k in chosen), values, strict=True))


def _recalibration(run: Run, state: TrainState) -> Recalibration | None:
    return fit_recalibration(predictions_of(run, state), run.experiment.calibration)


def _levels(view: View, unit: UnitMap | None) -> tuple[float, ...]:
    if unit is not None:
        return (0.5,)
    return (view.threshold,) if view.discrete else tuple(sorted({*LEVELS, view.threshold}))


@remembered(most=4)
def _rows(run: Run, plane: Plane, shown: tuple[bool, ...]) -> Rows:
    prepared = plane.prepared
    mine = np.flatnonzero(np.array(shown)[prepared.split])
    total = len(mine)
    if total > MOST_POINTS:
        chosen = np.random.default_rng(0).choice(total, THINNED_POINTS, replace=False)
        mine = mine[np.sort(chosen)]
    return Rows(
        read_only(plane.points[mine], np.float64),
        read_only(prepared.y[mine], np.int64),
        read_only(prepared.split[mine], np.int8),
        read_only(prepared.rows[mine], np.int64),
        total,
    )


def _is_decided_alike(
    previous: BoundaryScene, rows: Rows, view: View, calibrated: Recalibration | None
) -> bool:
    """Tell whether a scene draws the same rows and decides them in the same way."""
    return (
        previous.rows is rows
        and previous.threshold == view.threshold
        and previous.calibrated == (calibrated is not None)
    )


def _wrong(
    run: Run,
    state: TrainState,
    rows: Rows,
    threshold: float,
    calibrated: Recalibration | None,
) -> NDArray[np.bool_]:
    """Return which of the drawn rows (m,) are decided wrongly."""
    plane_rows = np.searchsorted(run.prepared.rows, rows.rows)
    X = run.prepared.X[plane_rows]
    if calibrated is None:
        probabilities = run.probabilities(state, X)
    else:
        probabilities = calibrated.probabilities(class_logits(run.logits(state, X)))
    return read_only(decided(probabilities, threshold) != rows.labels, np.bool_)


def _lit(run: Run, state: TrainState, view: View, rows: Rows) -> NDArray[np.bool_]:
    if not view.brushed:
        return read_only(np.zeros(len(rows.rows)), np.bool_)
    here = np.searchsorted(run.prepared.rows, rows.rows)
    return read_only(brushed_rows(predictions_of(run, state), view)[here], np.bool_)


def _selected(plane: Plane, row: int) -> FloatArray | None:
    at = int(np.searchsorted(plane.prepared.rows, row))
    if row < 0 or at == len(plane.prepared.rows) or plane.prepared.rows[at] != row:
        return None
    return np.asarray(plane.points[at])


@dataclass(frozen=True, slots=True, eq=False)
class TruthScene:
    """What the boundary panel shows of the truth.

    Attributes
    ----------
    map : TrueMap
    error : (r, c) array or None
        How far the model is from the truth on the map's grid, where that is asked for.
    bayes_accuracy : float
        The accuracy of the best possible rule; nan while it is not known yet.
    mean_error : float
        How far the model is from the truth on average; nan while that is not known yet.
    """

    map: TrueMap
    error: FloatArray | None
    bayes_accuracy: float
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
    recalibration = _recalibration(run, state) if scene.calibrated else None
    return TruthScene(
        truth, error, rows.bayes_accuracy, mean_error(run, state, rows, recalibration)
    )


def error_map(run: Run, state: TrainState, scene: BoundaryScene, truth: TrueMap) -> FloatArray:
    """Return how far the model is from the truth on the truth's grid, (r, c)."""
    surface = scene.surface
    if scene.unit is not None or len(surface.x) != truth.resolution:
        recalibration = _recalibration(run, state) if scene.calibrated else None
        surface = surface_of(run, state, scene.plane, truth.resolution, 0, recalibration)
    return read_only(total_variation(surface.probabilities, truth.probabilities), np.float64)
