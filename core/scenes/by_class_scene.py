"""The by-class panel's scene: a reliability curve a class, and of three classes the triangle."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.base.arrays import FloatArray, IntArray, read_only
from core.base.errors import UserError
from core.base.memo import remembered
from core.calibration.calibration_knobs import CalibrationChoices
from core.calibration.recalibration import (
    changes_probabilities,
    fit_recalibration,
    is_judged_on_fitting_rows,
)
from core.experiment.view import View
from core.explain.binary_evaluation import (
    BinaryEvaluation,
    CurveOptions,
    Subject,
    evaluate_forecast,
    plain_choices,
)
from core.explain.ternary import CORNERS
from core.predictions.forecasts import forecasts
from core.predictions.predictions import Predictions, predictions_of
from core.run.run import Run
from core.training.problem import TrainState

MOST_TILES = 12
MOST_POINTS = 1500


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """One class's curve.

    Attributes
    ----------
    of_class : int
    n_rows : int
        How many rows it is about (their weight where they have one): all, or those decided as the
        class.
    raw : BinaryEvaluation
    calibrated : BinaryEvaluation or None
        None without a calibrator, or where it never decides for the class.
    """

    of_class: int
    n_rows: int
    raw: BinaryEvaluation
    calibrated: BinaryEvaluation | None


@dataclass(frozen=True, slots=True, eq=False)
class ByClassScene:
    """What the panel of classes draws.

    Attributes
    ----------
    step : int
    split : str
    classes : tuple of str
    top_label : bool
        Whether each class's curve is about the rows decided as that class, and how often that was
        right; else about all rows, and how often they were of the class.
    tiles : tuple of Tile
        At most 12; a class never decided for has none under top-label.
    ece : (raw, calibrated)
        Averaged over the classes: evenly, or under top-label by their rows; nan without.
    points : (m, 2) array
        Of three classes the rows in the triangle, thinned; else empty.
    labels : (m,) int array
    problem : str
    fitted_here : bool
        Whether the calibrated curves are of the rows that the calibrator was fitted on.
    weighted_by : str
        The column of sample weights; empty where rows count alike.
    """

    step: int
    split: str
    classes: tuple[str, ...]
    top_label: bool
    tiles: tuple[Tile, ...]
    ece: tuple[float, float]
    points: FloatArray
    labels: IntArray
    problem: str = ""
    fitted_here: bool = False
    weighted_by: str = ""


def by_class_scene(run: Run, state: TrainState, view: View) -> ByClassScene:
    """Return what the panel of classes shows of a run at a state; see `by_class_of`."""
    scene = by_class_of(predictions_of(run, state), run.experiment.calibration, view)
    return replace(scene, step=state.step)


def by_class_of(predictions: Predictions, choices: CalibrationChoices, view: View) -> ByClassScene:
    """Return what the panel of classes shows of predictions.

    Another base rate is left out: every row counts as in the data here.
    """
    part = predictions.part(view.split)
    empty = ByClassScene(
        step=0,
        split=view.split,
        classes=predictions.classes,
        top_label=view.top_label,
        tiles=(),
        ece=(float("nan"), float("nan")),
        points=read_only(np.empty((0, 2)), np.float64),
        labels=read_only(np.empty(0), np.int64),
        fitted_here=is_judged_on_fitting_rows(choices, view.split, predictions.n_classes),
        weighted_by=predictions.weighted_by,
    )
    if part.is_empty:
        return empty
    options = CurveOptions.of(view, choices)
    plain = replace(plain_choices(choices), base_rate=0.0)
    raw, raw_ece = _evaluated(predictions, view, None, options)
    after: dict[int, BinaryEvaluation] = {}
    after_ece, problem, shown = float("nan"), "", part.probabilities
    if changes_probabilities(plain):
        try:
            shown = _probabilities(predictions, view.split, plain)
            after, after_ece = _evaluated(predictions, view, plain, options)
        except UserError as error:
            problem = str(error)
    tiles = tuple(
        Tile(k, round(float(own.bars.counts.sum())), own, after.get(k)) for k, own in raw.items()
    )
    points, whose = _triangle(shown, part.labels)
    return replace(
        empty,
        tiles=tiles[:MOST_TILES],
        ece=(raw_ece, after_ece),
        points=points,
        labels=whose,
        problem=problem,
    )


def _evaluated(
    predictions: Predictions, view: View, choices: CalibrationChoices | None, options: CurveOptions
) -> tuple[dict[int, BinaryEvaluation], float]:
    """Return every class's evaluation, and the mean error by the classes' shares."""
    found, ece = {}, 0.0
    for of_class, share, subject in _subjects(predictions, view.split, choices, view.top_label):
        found[of_class] = evaluate_forecast(predictions, subject, options)
        ece += share * found[of_class].ece
    return found, ece


@remembered(most=4)
def _subjects(
    predictions: Predictions, split: str, choices: CalibrationChoices | None, top_label: bool
) -> tuple[tuple[int, float, Subject], ...]:
    """Return every forecast's class, share and subject."""
    if not top_label:
        n_classes = predictions.n_classes
        return tuple((k, 1.0 / n_classes, Subject(split, k, choices)) for k in range(n_classes))
    part, p = predictions.part(split), _probabilities(predictions, split, choices)
    shares = forecasts(part.labels, p, part.weights, "top-label")
    return tuple(
        (it.of_class, it.share, Subject(split, it.of_class, choices, top_label=True))
        for it in shares
    )


@remembered(most=2)
def _probabilities(
    predictions: Predictions, split: str, choices: CalibrationChoices | None
) -> FloatArray:
    part = predictions.part(split)
    recalibration = None if choices is None else fit_recalibration(predictions, choices)
    return part.probabilities if recalibration is None else recalibration.probabilities_of(part)


def _triangle(p: FloatArray, labels: IntArray) -> tuple[FloatArray, IntArray]:
    """Return where rows of three classes lie in the triangle, and their labels; else nothing."""
    if p.shape[1] != 3:
        return read_only(np.empty((0, 2)), np.float64), read_only(np.empty(0), np.int64)
    stride = max(-(-len(p) // MOST_POINTS), 1)
    return read_only(p[::stride] @ CORNERS, np.float64), read_only(labels[::stride], np.int64)
