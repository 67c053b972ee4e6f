"""The calibrators panel's scene: parameters set by hand, maps, or weights and base rates."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.base.arrays import FloatArray, IntArray, read_only
from core.base.errors import UserError
from core.base.memo import remembered
from core.calibration.calibration_knobs import CalibrationChoices
from core.calibration.calibrators import CALIBRATORS
from core.calibration.degenerate_fits import degenerate_fit
from core.calibration.intervals import frequency_interval
from core.calibration.pooled import effective_rows
from core.calibration.recalibration import (
    Recalibration,
    base_class_of,
    fit_recalibration,
    fitting_logits,
    fitting_split,
    is_judged_on_fitting_rows,
    is_manual,
    plain_method,
    target_base_rates,
)
from core.calibration.scores import log_loss
from core.experiment.view import View
from core.explain.binary_evaluation import LEVEL, viewed_forecast
from core.explain.calibration_maps import CalibrationMap, Flags, meanings_of
from core.explain.hand_calibration import (
    Outcome,
    ParameterProfile,
    grid_of,
    handles_of,
    losses_along,
    outcomes,
)
from core.explain.prior_shift import log_odds_shifts
from core.functions.sigmoid_family import logit, sigmoid
from core.functions.softmax_family import softmax
from core.predictions.forecasts import most_probable_class
from core.predictions.predictions import Predictions, predictions_of
from core.run.run import Run
from core.training.problem import TrainState


@dataclass(frozen=True, slots=True, eq=False)
class CalibratorsScene:
    """What the open page of the calibrators panel shows.

    Attributes
    ----------
    step : int
    split : str
    page : {"handles", "maps", "priors"}
    of : ParametersScene, MapsScene or PriorsScene
    """

    step: int
    split: str
    page: str
    of: ParametersScene | MapsScene | PriorsScene


def calibrators_scene(
    run: Run, state: TrainState, view: View, page: str, turned: int = 0, most: int = 0
) -> CalibratorsScene:
    """Return what a page shows of a run at a state; for `turned` and `most` see `parameters_of`."""
    of: ParametersScene | MapsScene | PriorsScene
    if page == "handles":
        of = parameters_scene(run, state, view, turned, most)
    elif page == "maps":
        of = maps_scene(run, state, view)
    else:
        of = priors_scene(run, state, view)
    return CalibratorsScene(state.step, view.split, page, of)


@dataclass(frozen=True, slots=True, eq=False)
class ParametersScene:
    """What the page of parameters shows.

    Attributes
    ----------
    method : str
    handles : tuple of ParameterProfile
        Empty where the calibrator has none.
    turned : int
        The parameter that the loss is drawn against.
    by_hand : bool
    grid, loss : (m,) arrays
        The loss that the fit minimises, on the rows it is fitted on, the other parameter as it is.
    here, best : (x, y)
        The present value, and the lowest point of the drawn curve.
    raw, calibrated : Outcome
        On the part looked at.
    changed, n_rows : int
        Decisions of that part that the calibrator changes, of how many rows.
    rounded : bool
        Whether fewer than all rows were used: neighbours pooled, or some standing for all.
    threshold : float
        From which the second of two classes is decided; nan of more classes.
    meanings : tuple of (name, value, sentence)
        The parameters in force.
    problem : str
    degenerate : str
        Why the fit is none to believe, in words; empty otherwise.
    fitted_here : bool
        Whether the part looked at holds the rows it was fitted on.
    weighted_by : str
        The column of sample weights; empty where rows count alike.
    """

    method: str
    handles: tuple[ParameterProfile, ...]
    turned: int
    by_hand: bool
    grid: FloatArray
    loss: FloatArray
    here: tuple[float, float]
    best: tuple[float, float]
    raw: Outcome
    calibrated: Outcome
    changed: int
    n_rows: int
    threshold: float
    meanings: tuple[tuple[str, str, str], ...]
    problem: str = ""
    rounded: bool = False
    degenerate: str = ""
    fitted_here: bool = False
    weighted_by: str = ""


def parameters_scene(
    run: Run, state: TrainState, view: View, turned: int = 0, most: int = 0
) -> ParametersScene:
    """Return what the page of parameters shows of a run at a state; see `parameters_of`."""
    choices = run.experiment.calibration
    return parameters_of(predictions_of(run, state), choices, view, turned, most)


def parameters_of(
    predictions: Predictions,
    choices: CalibrationChoices,
    view: View,
    turned: int = 0,
    most: int = 0,
) -> ParametersScene:
    """Return what the page of parameters shows of predictions.

    Parameters
    ----------
    turned : int
        The parameter that the loss is drawn against.
    most : int
        Follow from no more rows or cells than this; 0 takes them all.
    """
    empty = _empty(predictions, choices, view)
    # another base rate would make the calibrator look wrong on the data as they are
    choices = replace(choices, base_rate=0.0)
    if choices.method == "none" or predictions.part(view.split).is_empty:
        return empty
    try:
        recalibration = fit_recalibration(predictions, choices)
        handles = handles_of(predictions, choices)
    except UserError as error:
        return replace(empty, problem=str(error))
    raw, after, share = outcomes(predictions, recalibration, view, choices, most)
    scene = replace(
        empty,
        raw=raw,
        calibrated=after,
        changed=round(share * empty.n_rows),
        meanings=meanings_of(recalibration, predictions.classes),
        degenerate=degenerate_fit(predictions, choices),
        fitted_here=is_judged_on_fitting_rows(choices, view.split, predictions.n_classes),
        rounded=0 < most < empty.n_rows,
    )
    if not handles:
        return scene
    turned = min(turned, len(handles) - 1)
    values = tuple(handle.value for handle in handles)
    grid = grid_of(choices.method, values[turned], handles[turned].fitted)
    loss = losses_along(predictions, choices, values, turned, grid)
    at_value = losses_along(predictions, choices, values, turned, values[turned : turned + 1])
    k = int(np.argmin(loss))
    return replace(
        scene,
        handles=handles,
        turned=turned,
        grid=read_only(np.array(grid), np.float64),
        loss=loss,
        here=(values[turned], float(at_value[0])),
        best=(grid[k], float(loss[k])),
    )


def _empty(predictions: Predictions, choices: CalibrationChoices, view: View) -> ParametersScene:
    none = read_only(np.empty(0), np.float64)
    nan = float("nan")
    return ParametersScene(
        method=choices.method if choices.method in CALIBRATORS else "none",
        handles=(),
        turned=0,
        by_hand=is_manual(choices, predictions.n_classes),
        grid=none,
        loss=none,
        here=(nan, nan),
        best=(nan, nan),
        raw=Outcome(nan, nan),
        calibrated=Outcome(nan, nan),
        changed=0,
        n_rows=predictions.part(view.split).n_rows,
        threshold=view.threshold if predictions.n_classes == 2 else nan,
        meanings=(),
        weighted_by=predictions.weighted_by,
    )


POINTS = 241
DATA_BINS = 12
MOST_POINTS = 400
FARTHEST = (
    12.0  # logits; beyond, a probability differs from 0 or 1 by less than a hundred-thousandth
)


@dataclass(frozen=True, slots=True, eq=False)
class MapsScene:
    """What the page of maps draws.

    Attributes
    ----------
    judged : int or "confidence"
    classes : tuple of str
    is_line : bool
        Whether a map is a function of the score, as it is for two classes.
    maps : tuple of CalibrationMap
    own : (x, p)
        The model's own map, the sigmoid.
    bins : (5, b) array
        Score, frequency, low, high and weight of groups of equal mass of the fitting rows.
    rug : (no, yes)
        Scores of rows in which it did not happen, and in which it did, thinned.
    limits : (low, high)
        Of the score.
    fitted_on : str
    """

    judged: int | str
    classes: tuple[str, ...]
    is_line: bool
    maps: tuple[CalibrationMap, ...]
    own: tuple[FloatArray, FloatArray]
    bins: FloatArray
    rug: tuple[FloatArray, FloatArray]
    limits: tuple[float, float]
    fitted_on: str


def maps_scene(run: Run, state: TrainState, view: View) -> MapsScene:
    """Return what the page of maps shows of a run at a state."""
    return maps_of(predictions_of(run, state), run.experiment.calibration, view)


def maps_of(predictions: Predictions, choices: CalibrationChoices, view: View) -> MapsScene:
    """Return what the page of maps shows of predictions."""
    judged = viewed_forecast(view, predictions)
    part, logits = predictions.part(fitting_split(choices)), fitting_logits(predictions, choices)
    scores, happened, best = _scores(logits, part.labels, judged)
    limits = _limits(scores)
    line = np.linspace(*limits, POINTS)
    names = [name for name in CALIBRATORS if name in (*choices.compared, choices.method)]
    maps = []
    for name in names:
        chosen = name == choices.method
        which = choices if chosen else plain_method(choices, name)
        which = replace(which, base_rate=0.0)
        label = CALIBRATORS[name].label
        try:
            recalibration = fit_recalibration(predictions, which)
        except UserError as error:
            empty = np.empty(0)
            maps.append(CalibrationMap(name, label, chosen, empty, empty, problem=str(error)))
            continue
        x, p = _map(recalibration, logits, scores, best, judged, line)
        meanings = meanings_of(recalibration, predictions.classes)
        degenerate = degenerate_fit(predictions, which)
        maps.append(CalibrationMap(name, label, chosen, x, p, meanings, degenerate=degenerate))
    return MapsScene(
        judged=judged,
        classes=predictions.classes,
        is_line=predictions.n_classes == 2,
        maps=tuple(maps),
        own=(read_only(line, np.float64), read_only(sigmoid(line), np.float64)),
        bins=_bins(scores, happened, part.weights),
        rug=(_thin(scores[~happened]), _thin(scores[happened])),
        limits=limits,
        fitted_on=choices.fitted_on,
    )


def _scores(
    logits: FloatArray, labels: IntArray, judged: int | str
) -> tuple[FloatArray, Flags, IntArray]:
    """Return the logit of what is judged, whether it happened, and the class it is about, (n,)."""
    p = softmax(logits)
    if isinstance(judged, int):
        best = np.full(len(labels), judged)
    else:
        best = most_probable_class(np.ascontiguousarray(p[:, 1]) if p.shape[1] == 2 else p)
    rows = np.arange(len(labels))
    if p.shape[1] == 2:
        scores = logits[rows, best] - logits[rows, 1 - best]
    else:
        scores = logit(p[rows, best])
    return np.clip(scores, -FARTHEST, FARTHEST), labels == best, best


def _map(
    recalibration: Recalibration | None,
    logits: FloatArray,
    scores: FloatArray,
    best: IntArray,
    judged: int | str,
    line: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return a map's points: along the line of scores for two classes, of the rows for more."""
    if recalibration is None:
        return line, sigmoid(line)
    if logits.shape[1] == 2 and isinstance(judged, int):
        about = judged
        z = np.zeros((len(line), 2))
        # what was added before is in the scores already
        z[:, about] = line
        p = replace(recalibration, before=np.zeros(2)).probabilities(z)[:, about]
        return read_only(line, np.float64), read_only(p, np.float64)
    stride = max(-(-len(scores) // MOST_POINTS), 1)
    rows = np.arange(0, len(scores), stride)
    p = replace(recalibration, before=np.zeros(logits.shape[1])).probabilities(logits[rows])
    x, y = scores[rows], p[np.arange(len(rows)), best[rows]]
    order = np.argsort(x, kind="stable")
    return read_only(x[order], np.float64), read_only(y[order], np.float64)


def _bins(scores: FloatArray, happened: Flags, weights: FloatArray | None) -> FloatArray:
    """Return score, frequency, interval and weight of groups of about equal mass, (5, b)."""
    order = np.argsort(scores, kind="stable")
    w = np.ones(len(order)) if weights is None else weights[order]
    order, w = order[w > 0.0], w[w > 0.0]
    if not len(order):
        return read_only(np.empty((5, 0)), np.float64)
    # a row belongs to the group in which the middle of its weight lies
    middle_of = (np.cumsum(w) - 0.5 * w) / w.sum()
    group = (middle_of * min(DATA_BINS, len(order))).astype(np.int64)
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    mass = np.add.reduceat(w, starts)
    trials = effective_rows(mass, np.add.reduceat(w * w, starts))
    frequency = np.add.reduceat(w * happened[order], starts) / mass
    low, high = frequency_interval(frequency * trials, trials, LEVEL)
    middle = np.add.reduceat(w * scores[order], starts) / mass
    return read_only(np.stack([middle, frequency, low, high, mass]), np.float64)


def _limits(scores: FloatArray) -> tuple[float, float]:
    reach = max(float(np.abs(scores).max(initial=1.0)), 1.0) * 1.05
    return -reach, reach


def _thin(scores: FloatArray) -> FloatArray:
    stride = max(-(-len(scores) // MOST_POINTS), 1)
    return read_only(scores[::stride], np.float64)


NORMAL_90 = 1.6448536269514722  # the 95 % quantile of the standard normal


@dataclass(frozen=True, slots=True, eq=False)
class PriorsScene:
    """What the page of weights and base rates shows.

    Attributes
    ----------
    classes : tuple of str
    weights : (K,) array
        Class weights in training; all equal where there are none.
    predicted : (K - 1,) array
        How much too high the weights make each class's logit against the first class's: the log of
        their ratio.
    observed, error : (K - 1,) arrays
        The shift found on the part looked at, and the half width of its 90 % interval; nan where a
        class is missing.
    rates : (K,) array
        The shares of the classes in that part.
    base_rate : float
        In use; 0 is as in the data.
    base_class : int
        The class it is about; the others keep their proportions.
    in_use : (K,) array
        The shares of the classes in use.
    undone : bool
        Whether the weights are undone.
    log_losses : (raw, corrected)
        On that part, of the model's probabilities and with the weights undone.
    split : str
    """

    classes: tuple[str, ...]
    weights: FloatArray
    predicted: FloatArray
    observed: FloatArray
    error: FloatArray
    rates: FloatArray
    base_rate: float
    base_class: int
    in_use: FloatArray
    undone: bool
    log_losses: tuple[float, float]
    split: str

    @property
    def is_weighted(self) -> bool:
        """Whether the classes counted unequally in training."""
        return bool(np.ptp(self.weights) > 1e-12 * float(self.weights.max()))


def priors_scene(run: Run, state: TrainState, view: View) -> PriorsScene:
    """Return what the page of weights and base rates shows of a run at a state."""
    return priors_of(predictions_of(run, state), run.experiment.calibration, view)


def priors_of(predictions: Predictions, choices: CalibrationChoices, view: View) -> PriorsScene:
    """Return what the page of weights and base rates shows of predictions."""
    shift, error, log_losses = _observed_shift(predictions, view.split)
    logs, rates = np.log(predictions.class_weights), predictions.part(view.split).base_rates
    return PriorsScene(
        classes=predictions.classes,
        weights=predictions.class_weights,
        predicted=read_only(logs[1:] - logs[0], np.float64),
        observed=read_only(-shift, np.float64),
        error=read_only(NORMAL_90 * error, np.float64),
        rates=rates,
        base_rate=choices.base_rate,
        base_class=base_class_of(choices.base_class, predictions.n_classes),
        in_use=read_only(
            target_base_rates(rates, choices.base_rate, choices.base_class), np.float64
        ),
        undone=choices.undo_weights,
        log_losses=log_losses,
        split=view.split,
    )


@remembered(most=2)
def _observed_shift(
    predictions: Predictions, split: str
) -> tuple[FloatArray, FloatArray, tuple[float, float]]:
    """Return shifts, their errors and both log losses: what no choice of calibration moves."""
    part = predictions.part(split)
    labels, logits, weights = part.labels, part.logits, part.weights
    undone = softmax(logits + predictions.log_weight_correction)
    losses = log_loss(labels, part.probabilities, weights), log_loss(labels, undone, weights)
    return *log_odds_shifts(logits, labels, weights), losses
