"""Forecasts that the calibration tests share: plain, tied, certain, one-sided, tiny, weighted."""

from __future__ import annotations

import numpy as np

from core.calibration.binning import count_rows
from core.calibration.null_distribution import mean_deviations
from core.calibration.scores import score_rows
from core.training import engines


def use_compiled(is_compiled, monkeypatch):
    """Let machine code run the loops over rows, or numpy in their place."""
    assert engines.make_ready("calibration")
    if not is_compiled:
        for loop in (count_rows, score_rows, mean_deviations):
            monkeypatch.setattr(loop, "compiled", None)


def drawn(seed: int, n: int, decimals: int | None = None, slope: float = 0.6):
    """Outcomes of forecasts that are overconfident if the slope is below 1."""
    rng = np.random.default_rng(seed)
    p = rng.beta(0.6, 0.8, n)
    if decimals is not None:
        p = np.round(p, decimals)
    y = (rng.random(n) < 0.5 + slope * (p - 0.5)).astype(int)
    return y, p


def binary_cases():
    """(name, labels, probabilities) of every awkward kind."""
    edges = np.linspace(0.0, 1.0, 11)
    return [
        ("plain", *drawn(0, 300)),
        ("ties of one decimal, the edges of ten bins", *drawn(1, 300, 1)),
        ("literal tenths", np.arange(40) % 3 // 2, np.repeat([0.1, 0.2, 0.3, 0.6, 0.7], 8)),
        ("the edges themselves", np.arange(11) % 2, edges),
        ("certain", np.array([0, 1, 1, 0, 1]), np.array([0.0, 1.0, 1.0, 0.25, 0.25])),
        ("all the same", np.array([0, 1, 1]), np.array([0.4, 0.4, 0.4])),
        ("one class only", np.ones(5, dtype=int), np.linspace(0.1, 0.9, 5)),
        ("one row", np.array([1]), np.array([0.3])),
        ("negative zero", np.array([1, 0, 0]), np.array([-0.0, 0.0, 0.5])),
    ]


def class_case(seed: int = 0, n: int = 200, k: int = 4):
    """Labels and (n, k) probabilities that they were drawn from."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.full(k, 0.7), n)
    y = np.array([rng.choice(k, p=row) for row in p])
    return y, p


def integer_weights(n: int, seed: int = 9):
    """Whole weights, so that repeating the rows is an oracle; some are 0."""
    return np.random.default_rng(seed).integers(0, 4, n)
