"""The reliability panel's scene: what was said against what happened, and chance's part."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

import numpy as np

from core.base.arrays import SPLITS, Floats, read_only
from core.base.errors import UserError
from core.base.scipy_import import is_scipy_postponed
from core.calibration.bands import Band, Kind, band_of
from core.calibration.calibration_knobs import CalibrationChoices
from core.calibration.calibrators import CALIBRATORS
from core.calibration.pooled import PooledForecast
from core.experiment.view import View
from core.explain.binary_evaluation import (
    NO_FLOATS,
    BinaryEvaluation,
    CurveOptions,
    evaluate_forecast,
    is_rounded,
    pooled,
    viewed_forecast,
)
from core.explain.known_truth import Truth, true_curve
from core.run.recalibration import (
    CROSS_FITTED,
    NO_METHOD,
    base_class_of,
    base_rates,
    changes_probabilities,
    fitting_split,
    is_manual,
    plain_method,
)
from core.run.run import Run
from core.training.problem import TrainState

HISTOGRAM_BINS = 30
FULL_DRAWS = 300

__all__ = ["FULL_DRAWS", "HISTOGRAM_BINS", "Compared", "ReliabilityScene", "reliability_scene"]


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Another calibrator beside the chosen one.

    Attributes
    ----------
    name, label : str
    judged : BinaryEvaluation or None
        None where it cannot be fitted.
    problem : str
        Why, in words.
    """

    name: str
    label: str
    judged: BinaryEvaluation | None
    problem: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class ReliabilityScene:
    """What the reliability panel draws.

    Attributes
    ----------
    step : int
    split : str
    n_rows : int
    view : int or "confidence"
        The class judged, or the confidence in the class decided.
    classes : tuple of str
    bins : int
        As asked for; the equal-mass bars may be fewer.
    binning : str
    kind : str
        How curves are drawn; a name in ``core.experiment.view.CURVES``.
    raw : BinaryEvaluation or None
        None where the part has no rows.
    calibrated : BinaryEvaluation or None
        None where nothing mends the probabilities.
    compared : tuple of Compared
    band : Band or None
        Where a perfectly calibrated model's curve would lie at this n (or, as confidence band,
        where else the curve could have been); None if not drawn.
    band_of_step : int
        The step whose probabilities it is for; before `step` only where a previous scene was passed
        in, -1 where there is no band.
    edges : (HISTOGRAM_BINS + 1,) array
    counts : (2, HISTOGRAM_BINS) array
        How many rows got each probability: those in which it did not happen, and those in which
        it did.
    truth : (x, y)
        The true curve; empty where it is not known.
    method : str
        The calibrator's name; "none" without one.
    fitted_on : str
        A name in ``core.calibration.calibration_knobs.FITTING_ROWS``.
    fitted_here : bool
        Whether the calibrator is shown on the rows it was fitted on.
    base_rates : (data, in use)
        Share of one class, where another base rate is in use; else empty.
    base_class : int
        Which one.
    brushed : tuple of float
        (low, high]; empty where no rows are picked out.
    problem : str
        Why there is no calibrated curve although a calibrator is chosen; empty otherwise.
    rounded : bool
        Whether the calibrated curve is followed from fewer than all rows; see
        ``core.explain.binary_evaluation.is_rounded``.
    """

    step: int
    split: str
    n_rows: int
    view: int | str
    classes: tuple[str, ...]
    bins: int
    binning: str
    kind: str
    raw: BinaryEvaluation | None
    calibrated: BinaryEvaluation | None
    compared: tuple[Compared, ...]
    band: Band | None
    edges: Floats
    counts: Floats
    truth: tuple[Floats, Floats]
    method: str
    fitted_on: str
    fitted_here: bool
    base_rates: tuple[float, ...]
    base_class: int
    brushed: tuple[float, ...]
    problem: str
    rounded: bool = False
    band_of_step: int = -1


def reliability_scene(
    run: Run,
    state: TrainState,
    view: View,
    draws: int = FULL_DRAWS,
    previous: ReliabilityScene | None = None,
    truth: Truth | None = None,
    most: int = 0,
) -> ReliabilityScene:
    """Return what the reliability panel shows at a state.

    Parameters
    ----------
    draws : int
        Sets of outcomes for the band; with 0 there is no new one.
    previous : ReliabilityScene, optional
        The scene of an earlier step. Its band is drawn again, and lags, where there is no new one
        and it is about the same forecast of the same part; nothing else is taken from it.
    truth : Truth, optional
        Where it is known and wanted.
    most : int
        Follow a calibrator turned by hand from no more rows or cells than this; 0 takes them all.

    While scipy is postponed bars stand for the curve; there is neither a new band nor the truth.
    """
    empty = _empty(run, state, view)
    if not empty.n_rows:
        return empty
    code = SPLITS.index(view.split)
    choices = run.experiment.calibration
    drawing = CurveOptions.of(view, choices)
    index = pooled(run, state, code, empty.view, None)
    calibrated, problem = _calibrated(run, state, code, empty.view, drawing, most)
    band, band_of_step = _band(index.cells, view, draws, bool(empty.base_rates)), state.step
    if band is None and previous is not None and _has_band_for(previous, empty, view):
        band, band_of_step = previous.band, previous.band_of_step
    return replace(
        empty,
        raw=evaluate_forecast(index, drawing),
        calibrated=calibrated,
        compared=_compared(run, state, code, empty.view, drawing),
        band=band,
        band_of_step=-1 if band is None else band_of_step,
        counts=_histogram(index.cells),
        truth=true_curve(run, state, empty.view, truth)
        if truth and not is_scipy_postponed()
        else empty.truth,
        problem=problem,
        rounded=is_rounded(run, code, most),
    )


def _empty(run: Run, state: TrainState, view: View) -> ReliabilityScene:
    """Return the scene of a part before anything is judged."""
    choices = run.experiment.calibration
    classes = run.prepared.classes
    code = SPLITS.index(view.split)
    drawing = CurveOptions.of(view, choices)
    return ReliabilityScene(
        step=state.step,
        split=view.split,
        n_rows=int(np.count_nonzero(run.prepared.split == code)),
        view=viewed_forecast(view, len(classes)),
        classes=classes,
        bins=choices.bins,
        binning=drawing.binning,
        kind=view.reliability_curve,
        raw=None,
        calibrated=None,
        compared=(),
        band=None,
        edges=read_only(np.linspace(0.0, 1.0, HISTOGRAM_BINS + 1), np.float64),
        counts=read_only(np.zeros((2, HISTOGRAM_BINS)), np.float64),
        truth=(NO_FLOATS, NO_FLOATS),
        method=choices.method,
        fitted_on=choices.fitted_on,
        fitted_here=_is_fitted_here(choices, code, len(classes)),
        base_rates=_rates(run, code),
        base_class=base_class_of(choices.base_class, len(classes)),
        brushed=view.brushed,
        problem="",
    )


def _is_fitted_here(choices: CalibrationChoices, code: int, n_classes: int) -> bool:
    """Tell whether a calibrator is judged on rows that it saw; cross-fitted ones never are."""
    some = choices.method != NO_METHOD and not is_manual(choices, n_classes)
    return some and choices.fitted_on != CROSS_FITTED and fitting_split(choices) == code


def _rates(run: Run, code: int) -> tuple[float, ...]:
    rates, choices = base_rates(run.prepared, code), run.experiment.calibration
    k = base_class_of(choices.base_class, len(rates))
    return (float(rates[k]), choices.base_rate) if choices.base_rate else ()


def _calibrated(
    run: Run, state: TrainState, code: int, forecast: int | str, drawing: CurveOptions, most: int
) -> tuple[BinaryEvaluation | None, str]:
    choices = run.experiment.calibration
    if not changes_probabilities(choices):
        return None, ""
    try:
        return evaluate_forecast(pooled(run, state, code, forecast, choices, most), drawing), ""
    except UserError as error:
        return None, str(error)


def _compared(
    run: Run, state: TrainState, code: int, forecast: int | str, drawing: CurveOptions
) -> tuple[Compared, ...]:
    found = []
    choices = run.experiment.calibration
    for name in choices.compared:
        if name == choices.method and not is_manual(choices, len(run.prepared.classes)):
            continue
        label = CALIBRATORS[name].label
        try:
            index = pooled(run, state, code, forecast, plain_method(choices, name))
            found.append(Compared(name, label, evaluate_forecast(index, drawing)))
        except UserError as error:
            found.append(Compared(name, label, None, str(error)))
    return tuple(found)


def _band(cells: PooledForecast, view: View, draws: int, is_weighted: bool) -> Band | None:
    """Return the band; none where rows are weighted by their class, since outcomes decide that."""
    if view.reliability_band == "none" or is_weighted or not draws or is_scipy_postponed():
        return None
    return _drawn_band(cells, draws, _kind_of_band(view))


def _has_band_for(previous: ReliabilityScene, empty: ReliabilityScene, view: View) -> bool:
    """Tell whether a scene has the kind of band wanted, for the same forecast of the same part."""
    if view.reliability_band == "none" or empty.base_rates or previous.band is None:
        return False
    same = (previous.split, previous.view, previous.classes) == (
        empty.split,
        empty.view,
        empty.classes,
    )
    return same and previous.band.kind == _kind_of_band(view)


def _kind_of_band(view: View) -> Kind:
    return "confidence" if view.reliability_band == "confidence" else "consistency"


@functools.lru_cache(maxsize=4)
def _drawn_band(cells: PooledForecast, draws: int, kind: Kind) -> Band:
    return band_of(cells, draws=draws, kind=kind)


@functools.lru_cache(maxsize=4)
def _histogram(cells: PooledForecast) -> Floats:
    """Count the rows in bins (low, high], those in which it did not happen and those it did."""
    edges = np.linspace(0.0, 1.0, HISTOGRAM_BINS + 1)
    at = np.maximum(np.searchsorted(edges, cells.values, side="left") - 1, 0)
    happened = np.bincount(at, cells.positive, minlength=len(edges) - 1)
    every = np.bincount(at, cells.weight, minlength=len(edges) - 1)
    return read_only(np.stack([every - happened, happened]), np.float64)
