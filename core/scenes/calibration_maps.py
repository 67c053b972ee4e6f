"""The maps from score to probability: every ticked calibrator's, with the rows it was fitted on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.base.arrays import Codes, Floats, read_only
from core.base.errors import UserError
from core.calibration.calibrators import CALIBRATORS
from core.calibration.intervals import frequency_interval
from core.experiment.view import View
from core.functions.sigmoid_family import logit, sigmoid
from core.functions.softmax_family import softmax
from core.predictions.forecasts import predicted
from core.run.recalibration import Mend, Model, fitting_part, mend, plain_method, undone_weights
from core.run.run import Run
from core.scenes.judging import LEVEL, judged_view
from core.scenes.meanings import meanings_of
from core.training.problem import TrainState

Flags = NDArray[np.bool_]
POINTS = 241
DATA_BINS = 12
MOST_POINTS = 400
FARTHEST = (
    12.0  # logits; beyond, a probability differs from 0 or 1 by less than a hundred-thousandth
)


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationMap:
    """One calibrator's map.

    Attributes
    ----------
    name, label : str
    chosen : bool
        Whether it is the experiment's.
    x, p : (m,) arrays
        Score (the logit of what is judged) and probability, ascending in x: a line for two classes,
        some rows for more.
    meanings : tuple of (name, value, sentence)
    problem : str
    """

    name: str
    label: str
    chosen: bool
    x: Floats
    p: Floats
    meanings: tuple[tuple[str, str, str], ...] = ()
    problem: str = ""


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
        Score, frequency, low, high and rows of groups of equal mass of the fitting rows.
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
    own: tuple[Floats, Floats]
    bins: Floats
    rug: tuple[Floats, Floats]
    limits: tuple[float, float]
    fitted_on: str


def maps_scene(run: Run, state: TrainState, view: View) -> MapsScene:
    """Return what the page of maps shows at a state."""
    model, choices = Model.at(run, state), run.experiment.calibration
    judged = judged_view(view, len(run.prepared.classes))
    code = fitting_part(choices)
    logits = model.logits(code)
    if choices.undo_weights:
        logits = logits + undone_weights(run.prepared)
    scores, happened, best = _scores(logits, model.labels(code), judged)
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
            mended = mend(model, which)
        except UserError as error:
            empty = np.empty(0)
            maps.append(CalibrationMap(name, label, chosen, empty, empty, problem=str(error)))
            continue
        x, p = _map(mended, logits, scores, best, judged, line)
        meanings = meanings_of(mended, run.prepared.classes)
        maps.append(CalibrationMap(name, label, chosen, x, p, meanings))
    return MapsScene(
        judged=judged,
        classes=run.prepared.classes,
        is_line=len(run.prepared.classes) == 2,
        maps=tuple(maps),
        own=(read_only(line, np.float64), read_only(sigmoid(line), np.float64)),
        bins=_bins(scores, happened),
        rug=(_thin(scores[~happened]), _thin(scores[happened])),
        limits=limits,
        fitted_on=choices.fitted_on,
    )


def _scores(logits: Floats, labels: Codes, judged: int | str) -> tuple[Floats, Flags, Codes]:
    """Return the logit of what is judged, whether it happened, and the class it is about, (n,)."""
    p = softmax(logits)
    if isinstance(judged, int):
        best = np.full(len(labels), judged)
    else:
        best = predicted(np.ascontiguousarray(p[:, 1]) if p.shape[1] == 2 else p)
    rows = np.arange(len(labels))
    if p.shape[1] == 2:
        scores = logits[rows, best] - logits[rows, 1 - best]
    else:
        scores = logit(p[rows, best])
    return np.clip(scores, -FARTHEST, FARTHEST), labels == best, best


def _map(
    mended: Mend | None,
    logits: Floats,
    scores: Floats,
    best: Codes,
    judged: int | str,
    line: Floats,
) -> tuple[Floats, Floats]:
    """Return a map's points: along the line of scores for two classes, of the rows for more."""
    if mended is None:
        return line, sigmoid(line)
    if logits.shape[1] == 2 and isinstance(judged, int):
        about = judged
        z = np.zeros((len(line), 2))
        # what was added before is in the scores already
        z[:, about] = line
        p = replace(mended, before=np.zeros(2)).probabilities(z)[:, about]
        return read_only(line, np.float64), read_only(p, np.float64)
    stride = max(-(-len(scores) // MOST_POINTS), 1)
    rows = np.arange(0, len(scores), stride)
    p = replace(mended, before=np.zeros(logits.shape[1])).probabilities(logits[rows])
    x, y = scores[rows], p[np.arange(len(rows)), best[rows]]
    order = np.argsort(x, kind="stable")
    return read_only(x[order], np.float64), read_only(y[order], np.float64)


def _bins(scores: Floats, happened: Flags) -> Floats:
    """Return score, frequency, interval and size of groups of about equal mass, (5, b)."""
    order = np.argsort(scores, kind="stable")
    groups = [it for it in np.array_split(order, min(DATA_BINS, max(len(order), 1))) if len(it)]
    if not groups:
        return read_only(np.empty((5, 0)), np.float64)
    n = np.array([float(len(it)) for it in groups])
    yes = np.array([float(happened[it].sum()) for it in groups])
    low, high = frequency_interval(yes, n, LEVEL)
    middle = [float(scores[it].mean()) for it in groups]
    return read_only(np.stack([middle, yes / n, low, high, n]), np.float64)


def _limits(scores: Floats) -> tuple[float, float]:
    reach = max(float(np.abs(scores).max(initial=1.0)), 1.0) * 1.05
    return -reach, reach


def _thin(scores: Floats) -> Floats:
    stride = max(-(-len(scores) // MOST_POINTS), 1)
    return read_only(scores[::stride], np.float64)
