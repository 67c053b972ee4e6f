"""The reliability panel's scene: what was said against what happened, and chance's part."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.calibration.bands import Band, band_of
from core.calibration.binned_error import binned_error
from core.calibration.cells import Cells, cells_of
from core.calibration.reliability import BINNINGS, ReliabilityCurve, corp_curve
from core.calibration.scores import SCORES, Decomposition, decompose
from core.data.dataset import Floats, read_only
from core.errors import UserError
from core.run import Run
from core.scenes.calibrated import calibrated_probabilities
from core.scenes.chance import chance_error
from core.training import TrainState
from core.view import SPLITS, View

HISTOGRAM_BINS = 30
FULL_DRAWS = 300


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """How one set of probabilities of one yes-or-no forecast did.

    Attributes
    ----------
    curve : ReliabilityCurve
        The CORP curve.
    bars : ReliabilityCurve
        The same rows in bins.
    ece : float
        Expected calibration error in those bins.
    chance_ece : float
        What a perfectly calibrated model with these probabilities would show on average.
    brier : Decomposition
    """

    curve: ReliabilityCurve
    bars: ReliabilityCurve
    ece: float
    chance_ece: float
    brier: Decomposition


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
    raw : Judged or None
        None where the part has no rows.
    calibrated : Judged or None
        None without a calibrator.
    band : Band or None
        Where a perfectly calibrated model's curve would lie at this n; None if not drawn.
    edges : (HISTOGRAM_BINS + 1,) array
    counts : (2, HISTOGRAM_BINS) array
        How many rows got each probability: those in which it did not happen, and those in which
        it did.
    method : str
        The calibrator's name; "none" without one.
    fitted_here : bool
        Whether the calibrator is shown on the rows it was fitted on.
    problem : str
        Why there is no calibrated curve although a calibrator is chosen; empty otherwise.
    """

    step: int
    split: str
    n_rows: int
    view: int | str
    classes: tuple[str, ...]
    bins: int
    binning: str
    raw: Judged | None
    calibrated: Judged | None
    band: Band | None
    edges: Floats
    counts: Floats
    method: str
    fitted_here: bool
    problem: str


def judged_view(view: View, n_classes: int) -> int | str:
    """Return which forecast is judged: the class asked for, else class 1 of two or confidence."""
    if 0 <= view.reliability_class < n_classes:
        return view.reliability_class
    return 1 if n_classes == 2 else "confidence"


def reliability_scene(
    run: Run,
    state: TrainState,
    view: View,
    draws: int = FULL_DRAWS,
    earlier: Band | None = None,
) -> ReliabilityScene:
    """Return what the reliability panel shows at a state.

    Parameters
    ----------
    draws : int
        Sets of outcomes for the band; 0 keeps an earlier band.
    earlier : Band, optional
    """
    X, y, _ = run.prepared.part(SPLITS.index(view.split))
    empty = _empty(run, state, view, len(y))
    if not len(y):
        return empty
    cells = cells_of(y, run.probabilities(state, X), view=empty.view)
    mended, problem = _mended(run, state, X)
    calibrated = None
    if mended is not None:
        calibrated = judge(cells_of(y, mended, view=empty.view), empty.bins, empty.binning)
    return replace(
        empty,
        raw=judge(cells, empty.bins, empty.binning),
        calibrated=calibrated,
        band=band_of(cells, draws=draws) if draws else earlier,
        counts=_histogram(cells, empty.edges),
        problem=problem,
    )


def _empty(run: Run, state: TrainState, view: View, n_rows: int) -> ReliabilityScene:
    """Return the scene of a part before anything is judged."""
    choices = run.experiment.calibration
    classes = run.prepared.classes
    return ReliabilityScene(
        step=state.step,
        split=view.split,
        n_rows=n_rows,
        view=judged_view(view, len(classes)),
        classes=classes,
        bins=choices.bins,
        binning=choices.binning,
        raw=None,
        calibrated=None,
        band=None,
        edges=read_only(np.linspace(0.0, 1.0, HISTOGRAM_BINS + 1), np.float64),
        counts=read_only(np.zeros((2, HISTOGRAM_BINS)), np.float64),
        method=choices.method,
        fitted_here=choices.method != "none" and view.split == "validation",
        problem="",
    )


def judge(cells: Cells, bins: int, binning: str) -> Judged:
    """Return curve, bars and figures of a pooled forecast."""
    bars = BINNINGS[binning].curve(cells, bins)
    return Judged(
        curve=corp_curve(cells),
        bars=bars,
        ece=binned_error(cells, bins, binning),
        chance_ece=chance_error(cells, bars),
        brier=decompose(cells, SCORES["brier"]),
    )


def _mended(run: Run, state: TrainState, X: Floats) -> tuple[Floats | None, str]:
    try:
        return calibrated_probabilities(run, state, X), ""
    except UserError as error:
        return None, str(error)


def _histogram(cells: Cells, edges: Floats) -> Floats:
    """Count the rows in bins (low, high], those in which it did not happen and those it did."""
    at = np.maximum(np.searchsorted(edges, cells.values, side="left") - 1, 0)
    happened = np.bincount(at, cells.positive, minlength=len(edges) - 1)
    every = np.bincount(at, cells.weight, minlength=len(edges) - 1)
    return read_only(np.stack([every - happened, happened]), np.float64)
