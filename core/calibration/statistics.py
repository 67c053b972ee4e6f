"""The headline numbers of calibration, each for one set of outcomes and for many drawn ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.base.arrays import FloatArray
from core.base.registry import Registry
from core.calibration.binned_error import Norm, binned_error, debiased_error, parts_of, sweep
from core.calibration.cells import Cells
from core.calibration.integrated import distances, integrated_error
from core.calibration.scores import SCORES, decompose
from core.calibration.significance import excess
from core.calibration.smooth import smooth_error_of, smooth_errors

One = Callable[[Cells, int], float]
Many = Callable[[Cells, FloatArray, int], FloatArray]


@dataclass(frozen=True, slots=True)
class Statistic:
    """A number that measures calibration; larger is worse.

    Parameters
    ----------
    name, label : str
        Its key, and what the user reads.
    help : str
        One sentence on what it says.
    of : callable
        ``of(cells, bins)`` gives the number.
    many : callable or None
        ``many(cells, outcomes, bins)`` gives it for each row of (r, m) positive weights at once;
        None means one by one.
    score : str or None
        Which of `SCORES` it is the mean of, if it is one.
    """

    name: str
    label: str
    help: str
    of: One
    many: Many | None = None
    score: str | None = None

    def of_many(self, cells: Cells, outcomes: FloatArray, bins: int) -> FloatArray:
        """Return the number for each row of (r, m) positive weights, (r,)."""
        if self.many is not None:
            return self.many(cells, outcomes, bins)
        return np.array([self.of(cells.with_positive(row), bins) for row in outcomes])


def _binned(binning: str, norm: Norm) -> tuple[One, Many]:
    """Return a binned error for one set of outcomes and for many."""

    def one(cells: Cells, bins: int) -> float:
        return binned_error(cells, bins, binning, norm)

    def many(cells: Cells, outcomes: FloatArray, bins: int) -> FloatArray:
        parts = parts_of(cells, bins, binning)
        full = parts.counts > 0.0
        at = np.searchsorted(parts.edges[1:-1], cells.values, side="left")
        starts = np.searchsorted(at, np.flatnonzero(full), side="left")
        counts = parts.counts[full]
        happened = np.add.reduceat(outcomes, starts, axis=1)
        gaps = np.abs(happened / counts - parts.probability[full])
        if norm == "max":
            return np.asarray(gaps.max(axis=1))
        share = counts / counts.sum()
        return np.asarray(gaps @ share if norm == "l1" else np.sqrt(gaps**2 @ share))

    return one, many


def _mean_score(name: str) -> tuple[One, Many]:
    """Return a mean score for one set of outcomes and for many: it is linear in them."""
    score = SCORES[name]

    def one(cells: Cells, bins: int) -> float:
        return score.mean(cells.values, cells.positive, cells.weight)

    def many(cells: Cells, outcomes: FloatArray, bins: int) -> FloatArray:
        # A certain forecast comes true in every draw, so that its cost must be 0, not 0 times inf.
        with np.errstate(divide="ignore"):
            yes = np.where(cells.values > 0.0, score.happened(cells.values), 0.0)
            no = np.where(cells.values < 1.0, score.failed(cells.values), 0.0)
        return (outcomes @ yes + (cells.weight - outcomes) @ no) / cells.total

    return one, many


def _path_statistic(kuiper: bool) -> tuple[One, Many]:
    """Return Kolmogorov-Smirnov's or Kuiper's number for one set of outcomes and for many."""

    def one(cells: Cells, bins: int) -> float:
        return float(_measure(excess(cells)[None, :], kuiper)[0])

    def many(cells: Cells, outcomes: FloatArray, bins: int) -> FloatArray:
        paths = np.cumsum(outcomes - cells.weight * cells.values, axis=1) / cells.total
        return _measure(np.pad(paths, ((0, 0), (1, 0))), kuiper)

    return one, many


def _measure(paths: FloatArray, kuiper: bool) -> FloatArray:
    """Return the range of each path, or its largest distance from 0."""
    if kuiper:
        return np.asarray(paths.max(axis=1) - paths.min(axis=1))
    return np.asarray(np.abs(paths).max(axis=1))


STATISTICS: Registry[Statistic] = Registry(
    "calibration statistic",
    [
        Statistic("ece", "ECE", "Mean gap over bins of equal width.", *_binned("width", "l1")),
        Statistic("ece_l2", "ECE, L2", "Root mean square gap.", *_binned("width", "l2")),
        Statistic("mce", "MCE", "Largest gap of any bin.", *_binned("width", "max")),
        Statistic(
            "ece_mass", "ECE, equal mass", "Mean gap over equal masses.", *_binned("mass", "l1")
        ),
        Statistic(
            "ece_debiased",
            "debiased L2",
            "Root mean square gap, less what chance adds on average.",
            debiased_error,
        ),
        Statistic(
            "ece_sweep",
            "ECE, sweep",
            "Mean gap over as many bins as stay monotone.",
            lambda cells, bins: sweep(cells)[0],
        ),
        Statistic(
            "smece",
            "smECE",
            "Mean gap after smoothing as widely as the gap is large.",
            lambda cells, bins: smooth_error_of(cells).value,
            lambda cells, outcomes, bins: smooth_errors(cells, outcomes),
        ),
        Statistic("brier", "Brier", "Mean squared error.", *_mean_score("brier"), score="brier"),
        Statistic(
            "log_loss",
            "log loss",
            "Mean surprise, in nats.",
            *_mean_score("log_loss"),
            score="log_loss",
        ),
        Statistic(
            "mcb",
            "MCB (Brier)",
            "What isotonic recalibration would save of the Brier score.",
            lambda cells, bins: decompose(cells, SCORES["brier"]).miscalibration,
        ),
        Statistic(
            "mcb_log_loss",
            "MCB (log loss)",
            "What isotonic recalibration would save of the log loss.",
            lambda cells, bins: decompose(cells, SCORES["log_loss"]).miscalibration,
        ),
        Statistic(
            "ici",
            "ICI",
            "Mean gap to a local regression.",
            lambda cells, bins: integrated_error(cells).ici,
            lambda cells, outcomes, bins: distances(cells, outcomes)[0],
        ),
        Statistic(
            "e50",
            "E50",
            "Median gap to a local regression.",
            lambda cells, bins: integrated_error(cells).e50,
            lambda cells, outcomes, bins: distances(cells, outcomes)[1],
        ),
        Statistic(
            "e90",
            "E90",
            "The gap to a local regression that nine rows in ten stay below.",
            lambda cells, bins: integrated_error(cells).e90,
            lambda cells, outcomes, bins: distances(cells, outcomes)[2],
        ),
        Statistic("ks", "KS", "Largest cumulative excess.", *_path_statistic(kuiper=False)),
        Statistic("kuiper", "Kuiper", "Range of the cumulative excess.", *_path_statistic(True)),
    ],
)
