"""The reliability panel's scene: predicted probability against observed frequency, with bands."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.base.arrays import FloatArray, read_only
from core.base.errors import UserError
from core.base.memo import remembered
from core.base.scipy_import import is_scipy_postponed
from core.calibration.bands import Band, Kind, curve_band
from core.calibration.calibration_knobs import CalibrationChoices
from core.calibration.calibrators import CALIBRATORS
from core.calibration.degenerate_fits import degenerate_fit
from core.calibration.recalibration import (
    base_class_of,
    changes_probabilities,
    is_judged_on_fitting_rows,
    is_manual,
    plain_method,
)
from core.experiment.view import View
from core.explain.binary_evaluation import (
    NO_FLOATS,
    BinaryEvaluation,
    CurveOptions,
    Subject,
    curve_of,
    evaluate_forecast,
    is_rounded,
    pooled,
    viewed_forecast,
)
from core.explain.brushing import LitRows, lit_rows
from core.explain.known_truth import Truth, true_curve
from core.predictions.predictions import Predictions, predictions_of
from core.run.run import Run
from core.training.problem import TrainState

HISTOGRAM_BINS = 30
FULL_DRAWS = 300


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
    fitted_here : bool
        Whether it is judged on the rows it was fitted on.
    degenerate : str
        Why its fit is none to believe, in words; empty otherwise.
    """

    name: str
    label: str
    judged: BinaryEvaluation | None
    problem: str = ""
    fitted_here: bool = False
    degenerate: str = ""


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
        None where nothing changes the probabilities.
    compared : tuple of Compared
    band : Band or None
        Where a perfectly calibrated model's curve of this kind would lie at this n (or, as
        confidence band, where else the curve could have been); None if not drawn.
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
    base_rates : (data, target)
        Share of one class, where another base rate is assumed; else empty.
    base_class : int
        Which one.
    brushed : tuple of float
        (low, high]; empty where no rows are picked out.
    problem : str
        Why there is no calibrated curve although a calibrator is chosen; empty otherwise.
    degenerate : str
        Why the calibrator's fit is none to believe, in words; empty otherwise.
    weighted_by : str
        The column of sample weights; empty where rows count alike.
    lit : LitRows or None
        The rows in the brushed interval; None where there is no brush.
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
    edges: FloatArray
    counts: FloatArray
    truth: tuple[FloatArray, FloatArray]
    method: str
    fitted_on: str
    fitted_here: bool
    base_rates: tuple[float, ...]
    base_class: int
    brushed: tuple[float, ...]
    problem: str
    degenerate: str = ""
    weighted_by: str = ""
    lit: LitRows | None = None
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
    """Return what the reliability panel shows of a run at a state; see `reliability_of`.

    Parameters
    ----------
    truth : Truth, optional
        Where it is known and wanted.
    """
    predictions, line = predictions_of(run, state), (NO_FLOATS, NO_FLOATS)
    if truth is not None and not is_scipy_postponed() and not predictions.part(view.split).is_empty:
        line = true_curve(run, state, viewed_forecast(view, predictions), truth)
    choices = run.experiment.calibration
    return reliability_of(predictions, choices, view, draws, previous, line, most, state.step)


def reliability_of(
    predictions: Predictions,
    choices: CalibrationChoices,
    view: View,
    draws: int = FULL_DRAWS,
    previous: ReliabilityScene | None = None,
    truth: tuple[FloatArray, FloatArray] = (NO_FLOATS, NO_FLOATS),
    most: int = 0,
    step: int = 0,
) -> ReliabilityScene:
    """Return what the reliability panel shows of predictions.

    Parameters
    ----------
    draws : int
        Sets of outcomes for the band; with 0 there is no new one.
    previous : ReliabilityScene, optional
        The scene of an earlier step. Its band is drawn again, and lags, where there is no new one
        and it is about the same forecast of the same part; nothing else is taken from it.
    truth : (x, y)
        The true curve, where it is known and wanted.
    most : int
        Follow a calibrator set by hand from no more rows or cells than this; 0 takes them all.
    step : int
        At which a run made the predictions.

    While scipy is postponed bars stand for the curve, and there is no new band.
    """
    empty = replace(_empty(predictions, choices, view), step=step)
    if predictions.part(view.split).is_empty:
        return empty
    options, n_classes = CurveOptions.of(view, choices), predictions.n_classes
    own = Subject.raw(view.split, empty.view, choices)
    calibrated, problem = None, ""
    if changes_probabilities(choices):
        shown = Subject.recalibrated(view.split, empty.view, choices, n_classes, most)
        calibrated, problem = _evaluated(predictions, shown, options)
    band, band_of_step = _band(predictions, own, options, view, draws), step
    if band is None and previous is not None and _has_band_for(previous, empty, view):
        band, band_of_step = previous.band, previous.band_of_step
    return replace(
        empty,
        lit=lit_rows(predictions, view),
        degenerate=degenerate_fit(predictions, choices),
        raw=evaluate_forecast(predictions, own, options),
        calibrated=calibrated,
        compared=_compared(predictions, choices, own, options),
        band=band,
        band_of_step=-1 if band is None else band_of_step,
        counts=_histogram(predictions, own),
        truth=truth,
        problem=problem,
        rounded=is_rounded(predictions, view.split, choices, most),
    )


def _empty(predictions: Predictions, choices: CalibrationChoices, view: View) -> ReliabilityScene:
    """Return the scene of a part before anything is judged."""
    part, n_classes = predictions.part(view.split), predictions.n_classes
    k = base_class_of(choices.base_class, n_classes)
    return ReliabilityScene(
        step=0,
        split=view.split,
        n_rows=part.n_rows,
        view=viewed_forecast(view, predictions),
        classes=predictions.classes,
        bins=choices.bins,
        binning=CurveOptions.of(view, choices).binning,
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
        fitted_here=is_judged_on_fitting_rows(choices, view.split, n_classes),
        base_rates=(float(part.base_rates[k]), choices.base_rate) if choices.base_rate else (),
        base_class=k,
        brushed=view.brushed,
        problem="",
        weighted_by=predictions.weighted_by,
    )


def _evaluated(
    predictions: Predictions, subject: Subject, options: CurveOptions
) -> tuple[BinaryEvaluation | None, str]:
    """Return an evaluation, or None and why the calibrator cannot be fitted."""
    try:
        return evaluate_forecast(predictions, subject, options), ""
    except UserError as error:
        return None, str(error)


def _compared(
    predictions: Predictions, choices: CalibrationChoices, own: Subject, options: CurveOptions
) -> tuple[Compared, ...]:
    found = []
    n_classes = predictions.n_classes
    for name in choices.compared:
        if name == choices.method and not is_manual(choices, n_classes):
            continue
        other = plain_method(choices, name)
        subject = Subject.recalibrated(own.split, own.forecast, other, n_classes)
        judged, problem = _evaluated(predictions, subject, options)
        is_here = is_judged_on_fitting_rows(other, own.split, n_classes)
        degenerate = degenerate_fit(predictions, other)
        label = CALIBRATORS[name].label
        found.append(Compared(name, label, judged, problem, is_here, degenerate))
    return tuple(found)


def _band(
    predictions: Predictions, subject: Subject, options: CurveOptions, view: View, draws: int
) -> Band | None:
    """Return the band of the curve that is drawn; bins need no draws for theirs.

    None where another base rate is assumed: outcomes then decide how much rows count.
    """
    if view.reliability_band == "none" or subject.base_rate[0] or is_scipy_postponed():
        return None
    if options.curve in ("width", "mass"):
        draws = 0
    elif not draws:
        return None
    return _drawn_band(predictions, subject, _of_curve(options), draws, _kind_of_band(view))


def _of_curve(options: CurveOptions) -> CurveOptions:
    """Return the options that the curve depends on, the others as they are for none."""
    bins = options.bins if options.curve in ("width", "mass") else 1
    smoothing = options.smoothing if options.curve == "smooth" else 0.0
    binning = options.curve if options.curve in ("width", "mass") else "width"
    return CurveOptions(options.curve, bins, binning, "none", smoothing)


def _has_band_for(previous: ReliabilityScene, empty: ReliabilityScene, view: View) -> bool:
    """Tell whether a scene has a band of the kind wanted for the same forecast and part."""
    if view.reliability_band == "none" or empty.base_rates or previous.band is None:
        return False
    same = (previous.split, previous.view, previous.classes) == (
        empty.split,
        empty.view,
        empty.classes,
    )
    wanted = _kind_of_band(view), empty.kind
    return same and (previous.band.kind, previous.band.binning) == wanted


def _kind_of_band(view: View) -> Kind:
    return "confidence" if view.reliability_band == "confidence" else "consistency"


@remembered(most=4)
def _drawn_band(
    predictions: Predictions, subject: Subject, options: CurveOptions, draws: int, kind: Kind
) -> Band:
    cells = pooled(predictions, subject).cells
    return curve_band(cells, curve_of(predictions, subject, options), draws=draws, kind=kind)


@remembered(most=4)
def _histogram(predictions: Predictions, subject: Subject) -> FloatArray:
    """Count the rows in bins (low, high], those in which it did not happen and those it did."""
    cells = pooled(predictions, subject).cells
    edges = np.linspace(0.0, 1.0, HISTOGRAM_BINS + 1)
    at = np.maximum(np.searchsorted(edges, cells.values, side="left") - 1, 0)
    happened = np.bincount(at, cells.positive, minlength=len(edges) - 1)
    every = np.bincount(at, cells.weight, minlength=len(edges) - 1)
    return read_only(np.stack([every - happened, happened]), np.float64)
