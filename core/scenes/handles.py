"""A calibrator's parameters turned by hand: the loss along each, and what follows from them."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

import numpy as np

from core.base.arrays import SPLITS, Floats, every, read_only
from core.base.errors import UserError
from core.base.knobs import NumberKnob
from core.calibration.calibration_error import binned_error
from core.calibration.calibration_knobs import CalibrationChoices
from core.calibration.calibrators import CALIBRATORS
from core.calibration.calibrators.cross_fitting import CrossFitted
from core.calibration.calibrators.temperature import Temperature
from core.calibration.pooled import Cells, cells_of
from core.calibration.scores import log_loss
from core.evaluation.thresholds import decided
from core.experiment.experiment import knob_at
from core.experiment.view import View
from core.functions.softmax_family import categorical_cross_entropy, softmax
from core.run.recalibration import Mend, Model, fit_calibrator, is_by_hand, mend, part_probabilities
from core.run.run import Run
from core.scenes.handle_losses import grid_of, losses_along
from core.scenes.judging import judged_view
from core.scenes.meanings import meanings_of
from core.scenes.moving import AS_IN_DATA, UNTOUCHED, logit_cells, moved, rises, said, surprise
from core.training.problem import TrainState

TURNED = {"temperature": ("temperature",), "platt": ("platt_a", "platt_b")}
FITTED_NAMES = {"temperature": "temperature", "platt_a": "a", "platt_b": "b"}


@dataclass(frozen=True, slots=True)
class Handle:
    """A parameter that can be turned by hand.

    Attributes
    ----------
    path : str
        Its choice in the experiment.
    label : str
    value : float
        In force now.
    fitted : float
        What the fit gives.
    """

    path: str
    label: str
    value: float
    fitted: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one set of probabilities costs on the part looked at."""

    log_loss: float
    ece: float


@dataclass(frozen=True, slots=True, eq=False)
class HandlesScene:
    """What the page of handles shows.

    Attributes
    ----------
    method : str
    handles : tuple of Handle
        Empty where the calibrator has none.
    turned : int
        The handle that the loss is drawn against.
    by_hand : bool
    grid, loss : (m,) arrays
        The loss that the fit minimises, on the rows it is fitted on, the other handles as they are.
    here, best : (x, y)
        The present value, and the lowest point of the drawn curve.
    raw, mended : Outcome
        On the part looked at.
    changed, n_rows : int
        Decisions of that part that the calibrator changes, of how many rows.
    rounded : bool
        Whether fewer than all rows were asked: neighbours taken together, or some for all.
    threshold : float
        From which the second of two classes is decided; nan of more classes.
    meanings : tuple of (name, value, sentence)
        The parameters in force.
    problem : str
    """

    method: str
    handles: tuple[Handle, ...]
    turned: int
    by_hand: bool
    grid: Floats
    loss: Floats
    here: tuple[float, float]
    best: tuple[float, float]
    raw: Outcome
    mended: Outcome
    changed: int
    n_rows: int
    threshold: float
    meanings: tuple[tuple[str, str, str], ...]
    problem: str = ""
    rounded: bool = False


def handles_scene(
    run: Run, state: TrainState, view: View, turned: int = 0, most: int = 0
) -> HandlesScene:
    """Return what the page of handles shows at a state.

    Parameters
    ----------
    turned : int
        The handle that the loss is drawn against.
    most : int
        Follow from no more rows or cells than this; 0 takes them all.
    """
    model = Model.at(run, state)
    # another base rate would make the calibrator look wrong on the data as they are
    choices = replace(run.experiment.calibration, base_rate=0.0)
    empty = _empty(run, view)
    if choices.method == "none" or not empty.n_rows:
        return empty
    try:
        mended = mend(model, choices)
        handles = handles_of(model, choices)
    except UserError as error:
        return replace(empty, problem=str(error))
    scene = _with_outcomes(empty, run, state, view, mended, most)
    if not handles:
        return scene
    turned = min(turned, len(handles) - 1)
    values = tuple(handle.value for handle in handles)
    fitted = tuple(handle.fitted for handle in handles)
    grid = grid_of(choices.method, values[turned], fitted[turned])
    loss = losses_along(model, choices, values, turned, grid)
    at_value = losses_along(model, choices, values, turned, values[turned : turned + 1])
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


def handles_of(model: Model, choices: CalibrationChoices) -> tuple[Handle, ...]:
    """Return the handles of the chosen calibrator, by hand or as fitted."""
    names = TURNED.get(choices.method, ())
    if choices.method == "platt" and len(model.prepared.classes) != 2:
        return ()
    fitted = fit_calibrator(model, replace(choices, by_hand=False)).parameters if names else {}
    found = []
    by_hand = is_by_hand(choices, len(model.prepared.classes))
    for name in names:
        knob = knob_at(f"calibration.{name}")
        best = float(np.asarray(fitted[FITTED_NAMES[name]].value))
        if isinstance(knob, NumberKnob):
            best = min(max(best, knob.low), knob.high)
        value = float(getattr(choices, name)) if by_hand else best
        found.append(Handle(f"calibration.{name}", knob.label, value, best))
    return tuple(found)


def _with_outcomes(
    empty: HandlesScene, run: Run, state: TrainState, view: View, mended: Mend | None, most: int
) -> HandlesScene:
    model, choices = Model.at(run, state), run.experiment.calibration
    code, n = SPLITS.index(view.split), empty.n_rows
    cells = None
    if mended is not None and rises(mended):
        cells = logit_cells(model, code, AS_IN_DATA, most)
    if cells is not None and mended is not None:
        raw, after, share = _from_cells(cells, mended, choices, view)
    else:
        raw, after, share = _from_rows(model, code, mended, view, choices, most)
    return replace(
        empty,
        raw=raw,
        mended=after,
        changed=round(share * n),
        meanings=meanings_of(mended, run.prepared.classes),
        rounded=0 < most < n,
    )


def _from_cells(
    cells: Cells, mended: Mend, choices: CalibrationChoices, view: View
) -> tuple[Outcome, Outcome, float]:
    """Return both outcomes and the share of decisions changed, of cells of two classes' logits."""
    forecast = int(judged_view(view, 2))
    raw = _raw_outcome(cells, forecast, choices.bins, choices.binning)
    error = binned_error(moved(cells, mended, forecast), choices.bins, choices.binning)
    after = Outcome(surprise(cells, mended), error)
    before, now = (said(cells.values, by, 1) >= view.threshold for by in (UNTOUCHED, mended))
    return raw, after, float(cells.weight[before != now].sum()) / cells.total


@functools.lru_cache(maxsize=4)
def _raw_outcome(cells: Cells, forecast: int, bins: int, binning: str) -> Outcome:
    error = binned_error(moved(cells, UNTOUCHED, forecast), bins, binning)
    return Outcome(surprise(cells, UNTOUCHED), error)


def _from_rows(
    model: Model,
    code: int,
    mended: Mend | None,
    view: View,
    choices: CalibrationChoices,
    most: int,
) -> tuple[Outcome, Outcome, float]:
    """Return both outcomes and the share of decisions changed, of rows of any classes."""
    labels = model.labels(code)
    rows = every(len(labels), most) or slice(None)
    z, y = model.logits(code)[rows], labels[rows]
    before, after = softmax(z), _mended(model, code, mended, rows)
    has_moved = decided(before, view.threshold) != decided(after, view.threshold)
    forecast = judged_view(view, before.shape[1])
    losses = float(categorical_cross_entropy(z, y).mean()), log_loss(y, after)
    if mended is not None and isinstance(mended.fitted, Temperature) and mended.fitted.temperature:
        tempered = (z + mended.before) / mended.fitted.temperature  # exact where p would be 0
        losses = losses[0], float(categorical_cross_entropy(tempered, y).mean())
    errors = (
        binned_error(cells_of(y, p, view=forecast), choices.bins, choices.binning)
        for p in (before, after)
    )
    raw, changed = (Outcome(*both) for both in zip(losses, errors, strict=True))
    return raw, changed, float(np.mean(has_moved))


def _mended(model: Model, code: int, mended: Mend | None, rows: slice) -> Floats:
    if mended is None:
        return np.asarray(softmax(model.logits(code)[rows]))
    if isinstance(mended.fitted, CrossFitted):
        return part_probabilities(model, code, mended)[rows]
    return mended.probabilities(np.ascontiguousarray(model.logits(code)[rows]))


def _empty(run: Run, view: View) -> HandlesScene:
    none = read_only(np.empty(0), np.float64)
    nan = float("nan")
    choices = run.experiment.calibration
    code = SPLITS.index(view.split)
    return HandlesScene(
        method=choices.method if choices.method in CALIBRATORS else "none",
        handles=(),
        turned=0,
        by_hand=is_by_hand(choices, len(run.prepared.classes)),
        grid=none,
        loss=none,
        here=(nan, nan),
        best=(nan, nan),
        raw=Outcome(nan, nan),
        mended=Outcome(nan, nan),
        changed=0,
        n_rows=int(np.count_nonzero(run.prepared.split == code)),
        threshold=view.threshold if len(run.prepared.classes) == 2 else nan,
        meanings=(),
    )
