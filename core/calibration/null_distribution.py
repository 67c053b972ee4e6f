"""What a perfectly calibrated model would show at this n: the yardstick beside every number.

Outcomes are drawn from the probabilities themselves and the number is computed again. An error of
0.03 says nothing until one knows that chance alone would show 0.028.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.base.arrays import FloatArray
from core.base.errors import UserError
from core.calibration.bands import MAX_CELLS, draw_outcomes
from core.calibration.cells import Cells, cells_of, coarsened
from core.calibration.inputs import View
from core.calibration.scores import SCORES
from core.calibration.statistics import STATISTICS, Statistic


@dataclass(frozen=True, slots=True)
class Chance:
    """A number beside what chance alone would show.

    Parameters
    ----------
    statistic : str
        Which number; a name in `STATISTICS`.
    value : float
        The number itself.
    median : float
        What a calibrated model would show half the time.
    low, high : float
        Between which it would stay with probability ``level``.
    level : float
        In (0, 1).
    p_value : float
        How often it would show as much or more, (1 + hits) / (1 + draws).
    """

    statistic: str
    value: float
    median: float
    low: float
    high: float
    level: float
    p_value: float


def chance(
    labels: ArrayLike,
    probabilities: ArrayLike,
    statistic: str = "ece",
    *,
    bins: int = 15,
    level: float = 0.9,
    draws: int = 500,
    seed: int = 0,
    weights: ArrayLike | None = None,
    view: View = None,
) -> Chance:
    """Return a number, and its distribution if the probabilities were right.

    Parameters
    ----------
    labels : (n,) int array
        Classes 0..K-1.
    probabilities : (n,) or (n, K) array
        The probability of class 1, or of every class.
    statistic : str
        A name in `STATISTICS`: "ece", "brier", "mcb", "smece", ...
    bins : int
        How many bins, where the number has any.
    level : float
        Of the interval.
    draws : int
        How many sets of outcomes.
    seed : int
        Of the draws; the same seed gives the same answer.
    weights : (n,) array, optional
        How much each row counts.
    view : int or "confidence", optional
        See `forecasts`; of a confidence, the outcome drawn is whether the prediction is right.

    Raises
    ------
    UserError
        If there is no such statistic or view, or level or draws are impossible.
    InputError
        If labels, probabilities or weights are impossible.

    Examples
    --------
    >>> found = chance([0, 0, 0, 0, 0, 0, 0, 0], [0.5] * 8)
    >>> found.value, found.median, found.p_value < 0.05
    (0.5, 0.125, True)
    """
    cells = cells_of(labels, probabilities, weights, view)
    return chance_of(cells, statistic, bins=bins, level=level, draws=draws, seed=seed)


def chance_of(
    cells: Cells,
    statistic: str = "ece",
    *,
    bins: int = 15,
    level: float = 0.9,
    draws: int = 500,
    seed: int = 0,
) -> Chance:
    """Return a number of a pooled forecast beside what chance would show; see `chance`."""
    record = STATISTICS[statistic]
    if not 0.0 < level < 1.0 or draws < 1:
        raise UserError(
            "Chance was not simulated.",
            f"Level {level:g} and {draws} draws were asked for.",
            "Choose a level between 0 and 1, and at least 1 draw.",
        )
    value = record.of(cells, bins) if len(cells.values) else float("nan")
    if np.isnan(value):
        return Chance(statistic, *(float("nan"),) * 4, level, float("nan"))
    shown = null_distribution(cells, record, bins, draws, seed)
    low, median, high = np.quantile(shown, [(1.0 - level) / 2.0, 0.5, (1.0 + level) / 2.0])
    # What equals the value up to rounding counts as much.
    hits = int((shown >= value - 1e-12 * abs(value)).sum()) if np.isfinite(value) else 0
    p_value = (1 + hits) / (1 + draws)
    return Chance(statistic, value, float(median), float(low), float(high), level, p_value)


def null_distribution(
    cells: Cells, record: Statistic, bins: int, draws: int, seed: int
) -> FloatArray:
    """Return the number in each of (draws,) sets of outcomes drawn from the probabilities.

    Beyond 512 distinct probabilities neighbours are pooled; a mean score is then shifted by what
    pooling takes from its expectation, which is known exactly.
    """
    few = coarsened(cells, MAX_CELLS)
    outcomes = draw_outcomes(few, few.values, draws, seed)
    shown = record.of_many(few, outcomes, bins)
    if record.score is not None and few is not cells:
        shown = shown + expected_score(cells, record.score) - expected_score(few, record.score)
    return shown


def expected_score(cells: Cells, score: str) -> float:
    """Return the mean score that calibrated forecasts expect of themselves."""
    return SCORES[score].mean(cells.values, cells.values * cells.weight, cells.weight)
