"""How long calibration takes beside scikit-learn, and netcal and relplot where installed.

Run it as ``python -m benchmarks.calibration [ROWS [ROUNDS]]``. All tasks take turns in every round,
so that whatever else the machine does strikes all alike; shown are medians, and each as a ratio
against its peer and against scikit-learn's reliability curve on the same rows.
"""

from __future__ import annotations

import importlib
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.calibration import (
    SCORES,
    brier_score,
    consistency_band,
    expected_calibration_error,
    log_loss,
    point_statistics,
    reliability_curve,
    score_decomposition,
    simulate_null,
    smooth_calibration_error,
)
from core.calibration.binning import indexed
from core.calibration.pooled import pool_forecast
from core.calibration.reliability import mass_curve, width_curve
from core.calibration.scores import decompose
from core.calibration.smoothing import smooth_fit, smooth_forecast
from core.evaluation.performance import evaluate
from core.training import engines

Work = Callable[[], object]
CURVE = "scikit-learn: curve, 15 equal widths"
POINTS = "scikit-learn: curve, Brier, log loss"


@dataclass(frozen=True, slots=True)
class Task:
    """Something to time, what it should take at a million rows, and the peer that does the same."""

    name: str
    work: Work
    aim: float | None = None
    peer: str | None = None


def rows(n: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Draw overconfident forecasts, no two alike, and what happened."""
    rng = np.random.default_rng(0)
    p = rng.beta(0.5, 0.7, n)
    return (rng.random(n) < 0.5 + 0.8 * (p - 0.5)).astype(np.int64), p


def library(name: str) -> Any:
    """Return an installed module, or None."""
    try:
        return importlib.import_module(name)
    except ImportError:
        print(f"{name} is not installed; left out")
        return None


def peers(y: NDArray[np.int64], p: NDArray[np.float64]) -> list[Task]:
    """Return what other libraries do of it."""
    found = []
    if curves := library("sklearn.calibration"):
        metrics, isotonic = library("sklearn.metrics"), library("sklearn.isotonic")
        found += [
            Task(CURVE, lambda: curves.calibration_curve(y, p, n_bins=15)),
            Task("scikit-learn: Brier", lambda: metrics.brier_score_loss(y, p)),
            Task("scikit-learn: log loss", lambda: metrics.log_loss(y, p)),
            Task(
                POINTS,
                lambda: (
                    curves.calibration_curve(y, p, n_bins=15),
                    metrics.brier_score_loss(y, p),
                    metrics.log_loss(y, p),
                ),
            ),
            Task("scikit-learn: AUC", lambda: metrics.roc_auc_score(y, p)),
            Task("scikit-learn: isotonic", lambda: isotonic.IsotonicRegression().fit(p, y)),
        ]
    if netcal := library("netcal.metrics"):
        found.append(Task("netcal: ECE", lambda: netcal.ECE(15).measure(p, y)))
    if relplot := library("relplot"):
        found.append(Task("relplot: smECE", lambda: relplot.smECE(p, y)))
    return found


def from_rows(y: NDArray[np.int64], p: NDArray[np.float64]) -> list[Task]:
    """Return what Credence computes from rows."""
    return [
        Task("curve, 15 equal widths", lambda: reliability_curve(y, p), 20.0, CURVE),
        Task("curve, 15 equal masses", lambda: reliability_curve(y, p, 15, "mass"), None, CURVE),
        Task("CORP curve", lambda: reliability_curve(y, p, 15, "corp"), None, CURVE),
        Task("ECE", lambda: expected_calibration_error(y, p), 20.0, "netcal: ECE"),
        Task("Brier", lambda: brier_score(y, p), 20.0, "scikit-learn: Brier"),
        Task("log loss", lambda: log_loss(y, p), 20.0, "scikit-learn: log loss"),
        Task("curve, ECE, MCE, Brier, log loss", lambda: point_statistics(y, p), 20.0, POINTS),
        Task(
            "CORP with decomposition",
            lambda: score_decomposition(y, p),
            100.0,
            "scikit-learn: isotonic",
        ),
        Task("smECE", lambda: smooth_calibration_error(y, p), 60.0, "relplot: smECE"),
        Task("consistency band", lambda: consistency_band(y, p), 100.0, CURVE),
        Task("every figure of evaluate", lambda: evaluate(y, p), None, "scikit-learn: AUC"),
        Task("ECE beside chance, 500 draws", lambda: simulate_null(y, p), None, CURVE),
    ]


def from_cells(y: NDArray[np.int64], p: NDArray[np.float64]) -> list[Task]:
    """Return what a slider asks for once the rows are pooled."""
    cells = pool_forecast(y, p)
    index, smooth = indexed(cells), smooth_forecast(cells)
    return [
        Task("pooling the rows (once)", lambda: pool_forecast(y, p), None, CURVE),
        Task("slider: 15 equal widths", lambda: width_curve(index, 15), 2.0, CURVE),
        Task("slider: 15 equal masses", lambda: mass_curve(index, 15), 2.0, CURVE),
        Task("slider: 100 equal widths", lambda: width_curve(index, 100), 2.0, CURVE),
        Task("slider: sigma", lambda: smooth_fit(smooth, 0.05), 2.0, CURVE),
        Task("decomposition of cells", lambda: decompose(cells, SCORES["brier"]), None, CURVE),
    ]


def measure(tasks: list[Task], rounds: int) -> dict[str, float]:
    """Run every task once a round, after one round unmeasured; return medians in milliseconds."""
    seconds: dict[str, list[float]] = {task.name: [] for task in tasks}
    for turn in range(rounds + 1):
        for task in tasks:
            began = time.perf_counter()
            task.work()
            if turn:
                seconds[task.name].append(time.perf_counter() - began)
    return {name: 1e3 * statistics.median(times) for name, times in seconds.items()}


def main(n: int = 1_000_000, rounds: int = 7) -> None:
    """Print medians, aims and ratios."""
    is_ready = engines.make_ready("calibration")
    print(f"{n} rows, {rounds} rounds, {'compiled' if is_ready else 'not compiled'}")
    y, p = rows(n)
    others, ours = peers(y, p), [*from_rows(y, p), *from_cells(y, p)]
    median = measure([*others, *ours], rounds)
    for other in others:
        print(f"{other.name:38} {median[other.name]:10.2f} ms")
    print(f"{'':38} {'median':>13} {'aim':>9} {'to peer':>9} {'to curve':>9}")
    for task in ours:
        aim = f"{task.aim:g} ms" if task.aim is not None and n == 1_000_000 else ""
        ratios = [
            f"{median[task.name] / median[name]:.3f}" if name in median else ""
            for name in (task.peer or "", CURVE)
        ]
        print(f"{task.name:38} {median[task.name]:10.2f} ms {aim:>9} {ratios[0]:>9} {ratios[1]:>9}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
