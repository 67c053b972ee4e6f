"""Every class on one screen: a reliability curve each, and of three classes the triangle."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

import numpy as np

from core.base.arrays import SPLITS, Codes, Floats, read_only
from core.base.errors import UserError
from core.calibration.binning import CumulativePool, indexed
from core.calibration.calibration_knobs import CalibrationChoices
from core.calibration.pooled import pool_ties
from core.experiment.view import View
from core.explain.binary_evaluation import BinaryEvaluation, CurveOptions, evaluate_forecast
from core.explain.ternary import CORNERS
from core.predictions.forecasts import forecasts
from core.run.recalibration import (
    Model,
    changes_probabilities,
    fit_recalibration,
    part_probabilities,
)
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
        How many rows it is about: all, or those decided as the class.
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
    """

    step: int
    split: str
    classes: tuple[str, ...]
    top_label: bool
    tiles: tuple[Tile, ...]
    ece: tuple[float, float]
    points: Floats
    labels: Codes
    problem: str = ""


def by_class_scene(run: Run, state: TrainState, view: View) -> ByClassScene:
    """Return what the panel of classes shows at a state.

    A base rate in use is left out: every row counts alike here.
    """
    model, code = Model.at(run, state), SPLITS.index(view.split)
    labels = model.labels(code)
    empty = ByClassScene(
        step=state.step,
        split=view.split,
        classes=run.prepared.classes,
        top_label=view.top_label,
        tiles=(),
        ece=(float("nan"), float("nan")),
        points=read_only(np.empty((0, 2)), np.float64),
        labels=read_only(np.empty(0), np.int64),
    )
    if not len(labels):
        return empty
    mended, problem = _mended(run, state, code)
    drawing = CurveOptions.of(view, run.experiment.calibration)
    kind = "top-label" if view.top_label else "class-wise"
    raw, raw_ece = _judged(model, code, None, kind, drawing)
    after: dict[int, BinaryEvaluation] = {}
    after_ece = float("nan")
    if mended is not None:
        after, after_ece = _judged(model, code, _choices(run), kind, drawing)
    tiles = tuple(
        Tile(k, round(float(judged.bars.counts.sum())), judged, after.get(k))
        for k, judged in raw.items()
    )
    shown = _probabilities(model, code, None) if mended is None else mended
    points, whose = _triangle(shown, labels)
    return replace(
        empty,
        tiles=tiles[:MOST_TILES],
        ece=(raw_ece, after_ece),
        points=points,
        labels=whose,
        problem=problem,
    )


def _judged(
    model: Model, code: int, choices: CalibrationChoices | None, kind: str, drawing: CurveOptions
) -> tuple[dict[int, BinaryEvaluation], float]:
    """Return every class's figures, and the mean error by the classes' shares."""
    found, ece = {}, 0.0
    for of_class, share, index in _pooled(model, code, choices, kind):
        found[of_class] = evaluate_forecast(index, drawing)
        ece += share * found[of_class].ece
    return found, ece


@functools.lru_cache(maxsize=2)
def _probabilities(model: Model, code: int, choices: CalibrationChoices | None) -> Floats:
    return part_probabilities(
        model, code, None if choices is None else fit_recalibration(model, choices)
    )


@functools.lru_cache(maxsize=2)
def _pooled(
    model: Model, code: int, choices: CalibrationChoices | None, kind: str
) -> tuple[tuple[int, float, CumulativePool], ...]:
    """Return every forecast's class, share and pooled rows, for any bins and curve."""
    p = _probabilities(model, code, choices)
    parts = forecasts(model.labels(code), p, view=kind)
    return tuple((part.of_class, part.share, indexed(pool_ties(part))) for part in parts)


def _choices(run: Run) -> CalibrationChoices:
    """Return what mends the probabilities, without what only draws them."""
    plain = replace(run.experiment.calibration, base_rate=0.0)
    return replace(plain, bins=1, binning="width", compared=())


def _mended(run: Run, state: TrainState, code: int) -> tuple[Floats | None, str]:
    choices = _choices(run)
    if not changes_probabilities(choices):
        return None, ""
    try:
        return _probabilities(Model.at(run, state), code, choices), ""
    except UserError as error:
        return None, str(error)


def _triangle(p: Floats, labels: Codes) -> tuple[Floats, Codes]:
    """Return where rows of three classes lie in the triangle, and their labels; else nothing."""
    if p.shape[1] != 3:
        return read_only(np.empty((0, 2)), np.float64), read_only(np.empty(0), np.int64)
    stride = max(-(-len(p) // MOST_POINTS), 1)
    return read_only(p[::stride] @ CORNERS, np.float64), read_only(labels[::stride], np.int64)
