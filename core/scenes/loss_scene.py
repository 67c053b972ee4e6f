"""The loss panel's scene: a recorded figure against step or epoch, thinned for the screen."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.base.arrays import SPLITS, FloatArray, read_only
from core.base.knobs import ChoiceKnob, Knob, knobs_of
from core.experiment.experiment import knob_at
from core.experiment.view import View
from core.explain.metric_lines import mean_along, overconfidence_onset, thinned
from core.run.history import History, Metrics
from core.run.run import Run
from core.training.recorded_metrics import DECOMPOSITION, Metric, drawn_metrics
from core.training.training_knobs import TrainingChoices

SMOOTHING_SHARE = 0.05  # of the line's width, averaged around each record
TOGETHER = {"log loss": "log_loss", "MCB": "mcb", "DSC": "dsc", "UNC": "unc"}
SHARES = ("accuracy", "auc", "ece", "brier", "mcb", "dsc", "unc")  # never above 1


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One line of the diagram.

    Attributes
    ----------
    split : str
        "train", "validation" or "test"; empty for a figure of the whole run; where several figures
        are drawn together, the figure's name.
    x, y : (m,) arrays
        On a logarithmic axis only what is positive.
    last : float
        The figure at the step looked at, not smoothed; nan where there is none.
    """

    split: str
    x: FloatArray
    y: FloatArray
    last: float


@dataclass(frozen=True, slots=True)
class Ghost:
    """An earlier run beside the present one.

    Attributes
    ----------
    name : str
        What differs from the present run; empty where nothing but the training does.
    lines : tuple of Line
    """

    name: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class EditMark:
    """A step at which training was edited.

    Attributes
    ----------
    place : float
        On the horizontal axis.
    changes : tuple of (label, old, new)
        The knobs that changed; empty where the data changed.
    by_hand : bool
        Whether parameters were set by hand.
    """

    place: float
    changes: tuple[tuple[str, object, object], ...]
    by_hand: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class LossScene:
    """What the loss panel draws.

    Attributes
    ----------
    metric : Metric
    by_epoch, log_x, log_y : bool
    lines : tuple of Line
        The figures as recorded.
    smoothed : tuple of Line
        The same, smoothed; empty where that is not asked for.
    ghosts : tuple of Ghost
        Earlier runs of these data, the oldest first; none where they are hidden.
    hidden_ghosts : int
        How many earlier runs are kept but not drawn: hidden, or of other data.
    edits : tuple of EditMark
    best : float
        Where the validation loss was lowest; nan before there are two to compare.
    turn : float
        Where the validation log loss begins to rise although the accuracy does not fall; nan if it
        does not.
    now : float
        Where the step looked at is; nan while it is the latest.
    x_range, y_range : (low, high)
        The present run's alone, once it has two records: no earlier run, nor one that diverged,
        leaves it no room.
    weighted_by : str
        The column of sample weights; empty where rows count alike.
    brier_is_summed : bool
        Whether the Brier score is a sum over more than two classes.
    """

    metric: Metric
    by_epoch: bool
    log_x: bool
    log_y: bool
    lines: tuple[Line, ...]
    smoothed: tuple[Line, ...]
    ghosts: tuple[Ghost, ...]
    hidden_ghosts: int
    edits: tuple[EditMark, ...]
    best: float
    turn: float
    now: float
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    weighted_by: str = ""
    brier_is_summed: bool = False


def loss_scene(run: Run, ghosts: Sequence[Run], view: View, step: int) -> LossScene:
    """Return what the loss panel shows while a step is looked at.

    Parameters
    ----------
    ghosts : sequence of Run
        Earlier runs.
    step : int
        The step looked at.
    """
    metric = drawn_metrics()[view.metric]
    history = run.history
    lines = _lines(history.metrics, metric, view, step)
    smoothed = _lines(history.metrics, metric, view, step, True) if view.smoothed else ()
    comparable = [ghost for ghost in ghosts if _is_comparable(ghost, run)]
    earlier = _ghosts(comparable, run, metric, view, step) if view.ghosts else ()
    fixing = lines
    if all(len(line.x) < 2 for line in lines):
        steady = (line for ghost in earlier for line in ghost.lines if not has_blown_up(line))
        fixing = (*lines, *steady)
    is_past = step < history.latest.step
    return LossScene(
        metric=metric,
        by_epoch=view.by_epoch,
        log_x=view.log_steps,
        log_y=view.log_metric,
        lines=lines,
        smoothed=smoothed,
        ghosts=earlier,
        hidden_ghosts=len(ghosts) - len(earlier),
        edits=_edits(history, view),
        best=_best(history.metrics, view),
        turn=_turn(history.metrics, view),
        now=_places(history, [step], view)[0] if is_past else float("nan"),
        x_range=_x_range(fixing, view.log_steps),
        y_range=_y_range(fixing, view.log_metric, _is_share(metric, run)),
        weighted_by=run.weighted_by,
        brier_is_summed=len(run.classes) > 2,
    )


MOST_GROWN = 100.0  # times a line's first value, or times 1 where that is less


def has_blown_up(line: Line) -> bool:
    """Tell whether a line has left its beginning so far behind that its run must have diverged."""
    return float(line.y.max()) > MOST_GROWN * max(float(line.y[0]), 1.0)


def _is_share(metric: Metric, run: Run) -> bool:
    """Tell whether a figure cannot exceed 1; a Brier score summed over classes can."""
    return metric.name in SHARES and not (metric.name == "brier" and len(run.classes) > 2)


def _is_comparable(ghost: Run, run: Run) -> bool:
    """Tell whether an earlier run is about the same table and classes."""
    same_data = ghost.dataset.name == run.dataset.name
    return same_data and ghost.target == run.target and ghost.classes == run.classes


def _ghosts(
    ghosts: Sequence[Run], run: Run, metric: Metric, view: View, step: int
) -> tuple[Ghost, ...]:
    found = (
        Ghost(what_differs(it, run), _lines(it.history.metrics, metric, view, step))
        for it in ghosts
    )
    return tuple(ghost for ghost in found if ghost.lines)


MOST_NAMED = 2  # choices in a run's name


def what_differs(ghost: Run, run: Run) -> str:
    """Return an earlier run's choices that are not those of the present run, in words.

    What only changes a view is no difference. Empty where there is none. Of training the choices
    count that the earlier run's last step was taken with.
    """
    history = ghost.history
    trained = history.problem_at(max(history.latest.step - 1, history.first_step)).training
    experiment = replace(ghost.experiment, training=trained)
    paths = [
        path
        for path in run.experiment.changes(experiment)
        if knob_at(path).effect_between(run.experiment.value(path), experiment.value(path))
        != "view"
    ]
    named = [
        f"{knob_at(path).label} {choice_text(knob_at(path), experiment.value(path))}"
        for path in paths
    ]
    more = f", +{len(named) - MOST_NAMED}" if len(named) > MOST_NAMED else ""
    return ", ".join(named[:MOST_NAMED]) + more


def choice_text(knob: Knob, value: object) -> str:
    """Return a choice's value as a person says it: its label, a number, or "none".

    Examples
    --------
    >>> choice_text(knob_at("model.hidden"), (8, 4)), choice_text(knob_at("model.hidden"), ())
    ('8 4', 'none')
    >>> choice_text(knob_at("training.optimizer"), "adam")
    'Adam'
    """
    if isinstance(knob, ChoiceKnob):
        return str(getattr(knob.choices().get(str(value)), "label", value))
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return " ".join(str(it) for it in value) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value) or "none"


def _lines(
    metrics: Metrics, metric: Metric, view: View, step: int, smoothed: bool = False
) -> tuple[Line, ...]:
    at = int(np.searchsorted(metrics.column("step"), step, side="right")) - 1
    x = _horizontal(metrics, view)
    places = np.log10(np.where(x > 0.0, x, np.nan)) if view.log_steps else x
    made = []
    for split, column in _columns(metric):
        recorded = metrics.column(column)
        known = np.flatnonzero(np.isfinite(recorded) & np.isfinite(places))
        y = recorded[known]
        if smoothed and len(y):
            y = mean_along(places[known], y, SMOOTHING_SHARE * float(np.ptp(places[known])))
        if view.log_metric:
            known, y = known[y > 0.0], y[y > 0.0]
        kept = thinned(places[known], y)
        if len(kept):
            last = float(recorded[at]) if at >= 0 else math.nan
            few_x, few_y = read_only(x[known[kept]], np.float64), read_only(y[kept], np.float64)
            made.append(Line(split, few_x, few_y, last))
    return tuple(made)


def _columns(metric: Metric) -> list[tuple[str, str]]:
    """Return the lines' names and the recorded columns that they draw."""
    if metric is DECOMPOSITION:
        return [(name, f"validation.{column}") for name, column in TOGETHER.items()]
    if not metric.by_split:
        return [("", metric.name)]
    return [(split, f"{split}.{metric.name}") for split in SPLITS]


def _horizontal(metrics: Metrics, view: View) -> FloatArray:
    """Return where the records lie on the horizontal axis."""
    return metrics.column("epoch" if view.by_epoch else "step")


def _places(history: History, steps: list[int], view: View) -> tuple[float, ...]:
    """Return where steps lie on the horizontal axis."""
    if not view.by_epoch:
        return tuple(float(step) for step in steps)
    known = history.metrics.column("step")
    if not len(known):
        return tuple(float("nan") for _ in steps)
    return tuple(np.interp(steps, known, history.metrics.column("epoch")).tolist())


def _edits(history: History, view: View) -> tuple[EditMark, ...]:
    places = _places(history, [edit.step for edit in history.edits[1:]], view)
    pairs = itertools.pairwise(history.edits)
    return tuple(
        EditMark(place, _changes(old.problem.training, new.problem.training), new.state is not None)
        for place, (old, new) in zip(places, pairs, strict=True)
    )


def _changes(old: TrainingChoices, new: TrainingChoices) -> tuple[tuple[str, object, object], ...]:
    return tuple(
        (knob.label, getattr(old, name), getattr(new, name))
        for name, knob in knobs_of(new).items()
        if getattr(old, name) != getattr(new, name)
    )


def _best(metrics: Metrics, view: View) -> float:
    loss = metrics.column("validation.loss")
    if np.isfinite(loss).sum() < 2:
        return float("nan")
    x = _horizontal(metrics, view)
    return float(x[np.nanargmin(np.where(np.isfinite(loss), loss, np.nan))])


def _turn(metrics: Metrics, view: View) -> float:
    all_seen = metrics.column("epoch") >= 1.0
    loss = np.where(all_seen, metrics.column("validation.log_loss"), np.nan)
    at = overconfidence_onset(
        loss, metrics.column("validation.accuracy"), metrics.column("train.log_loss")
    )
    return float(_horizontal(metrics, view)[at]) if at >= 0 else math.nan


def _x_range(lines: Sequence[Line], is_log: bool) -> tuple[float, float]:
    if not lines:
        return (1.0, 10.0) if is_log else (0.0, 1.0)
    low = min(float(line.x[0]) for line in lines)
    high = max(float(line.x[-1]) for line in lines)
    if is_log:
        return low, max(high, 2.0 * low)
    return low, high if high > low else low + 1.0


def _y_range(lines: Sequence[Line], is_log: bool, is_share: bool) -> tuple[float, float]:
    """Return a range of round numbers, so that it stays while the lines move a little.

    On a linear axis what has blown up leaves the picture at ten times where it began.
    """
    if not lines:
        return (0.1, 1.0) if is_log else (0.0, 1.0)
    low = min(float(line.y.min()) for line in lines)
    high = max(_highest(line, is_log) for line in lines)
    if is_log:
        low, high = _round_down(low), _round_up(high)
        return (low, high) if high > low else (low / 2.0, high * 2.0)
    if is_share and low > 0.5:  # accuracy and AUC: the upper part is what matters
        return np.floor(low * 10.0 - 0.3) / 10.0, 1.0
    return min(low, 0.0), (min(_round_up(high), 1.0) if is_share else _round_up(high)) or 1.0


def _highest(line: Line, is_log: bool) -> float:
    if is_log or not has_blown_up(line):
        return float(line.y.max())
    limit = 10.0 * max(float(line.y[0]), 1.0)
    return float(line.y[line.y <= limit].max(initial=float(line.y[0])))


def _round_up(value: float) -> float:
    """Return the least of 1, 1.5, 2, 3, 5, 7 times a power of ten that is not below a value."""
    if value <= 0.0:
        return 0.0
    scale = 10.0 ** np.floor(np.log10(value))
    return float(
        next(m * scale for m in (1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0) if m * scale >= value)
    )


def _round_down(value: float) -> float:
    """Return the largest of 1, 2, 5 times a power of ten that is not above a positive value."""
    scale = 10.0 ** np.floor(np.log10(value))
    return float(max(m * scale for m in (0.5, 1.0, 2.0, 5.0) if m * scale <= value))
