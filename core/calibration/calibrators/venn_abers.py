"""Venn-Abers predictors: two isotonic fits that bracket the probability."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.base.arrays import FloatArray, IntArray, read_only
from core.base.errors import InputError
from core.calibration.calibrators.calibrator import BinaryMap, Calibrator, Parameter, as_logits
from core.calibration.calibrators.stepwise_maps import pool_logits


@dataclass(frozen=True, slots=True, eq=False)
class VennAbers(BinaryMap):
    """Fitted inductive Venn-Abers predictor (Vovk, Petej & Fedorova 2015, section 2).

    A new row is added to the fitting rows once as class 0 and once as class 1; the isotonic fits
    give p0 and p1 there, and p1 / (1 - p0 + p1) merges them with least regret in log loss.

    Parameters
    ----------
    logits : (m,) float64 array
        Distinct logits of the fitting rows, ascending.
    lower_at, upper_at : (m,) float64 arrays
        p0 and p1 of a new row with one of those logits.
    lower_between, upper_between : (m + 1,) float64 arrays
        p0 and p1 of a new row before the first, between two of them, or after the last.
    """

    logits: FloatArray
    lower_at: FloatArray
    upper_at: FloatArray
    lower_between: FloatArray
    upper_between: FloatArray

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """How far the two fits are apart."""
        width = float(np.mean(self.upper_at - self.lower_at))
        return {"width": Parameter(width, "Mean distance of the two probabilities.")}

    def interval(self, logits: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return p0 and p1 at (n,) logits of class 1; p0 < p1.

        Raises
        ------
        InputError
            If the logits have another shape, or one is NaN.
        """
        s = as_logits(logits)
        if s.ndim != 1:
            raise InputError(f"The logits have the shape {s.shape}.", "", "Give one a row.")
        after = np.searchsorted(self.logits, s, side="left")
        at = np.minimum(after, len(self.logits) - 1)
        same = self.logits[at] == s
        return (
            np.where(same, self.lower_at[at], self.lower_between[after]),
            np.where(same, self.upper_at[at], self.upper_between[after]),
        )

    def positive(self, s: FloatArray) -> FloatArray:
        """Return the merged probability of class 1 at logits s, (n,)."""
        lower, upper = self.interval(s)
        return upper / (1.0 - lower + upper)


@dataclass(frozen=True, slots=True, eq=False)
class _Tops:
    """For every prefix of a list, the last block of its isotonic fit.

    Entry i describes the first i items: where their last block starts (the blocks before it are
    those of that shorter prefix), its positive weight and its weight.
    """

    start: IntArray
    positive: FloatArray
    weight: FloatArray


def fit_venn_abers(s: FloatArray, y: FloatArray, weights: FloatArray | None = None) -> VennAbers:
    """Find p0 and p1 for every place a new row can take among the fitting rows.

    Weights are scaled to a mean of 1, so that a new row counts as much as an average one.
    """
    w = np.ones(len(s)) if weights is None else weights * (len(s) / weights.sum())
    cells = pool_logits(s, y, w)
    before = _tops(cells.positive, cells.weight)
    # Seen from the other end, with outcomes reversed, the fit rises again.
    after = _tops((cells.weight - cells.positive)[::-1], cells.weight[::-1])
    i, m = np.arange(len(cells.values)), len(cells.values)
    gaps = np.arange(m + 1)
    zeros = np.zeros(m + 1)
    return VennAbers(
        cells.values,
        *(
            read_only(
                _settle(before, after, i, m - 1 - i, cells.positive + new, cells.weight + 1.0)
            )
            for new in (0.0, 1.0)
        ),
        *(
            read_only(_settle(before, after, gaps, m - gaps, zeros + new, zeros + 1.0))
            for new in (0.0, 1.0)
        ),
    )


def _tops(positive: FloatArray, weight: FloatArray) -> _Tops:
    """Pool adjacent violators from the left, remembering the last block of every prefix."""
    start, sums, weights = [0], [0.0], [0.0]
    for i, (item, w) in enumerate(zip(positive.tolist(), weight.tolist(), strict=True)):
        at = i
        while at > 0 and sums[at] * w >= item * weights[at]:
            item += sums[at]  # noqa: PLW2901
            w += weights[at]  # noqa: PLW2901
            at = start[at]
        start.append(at)
        sums.append(item)
        weights.append(w)
    return _Tops(np.array(start), np.array(sums), np.array(weights))


def _settle(
    before: _Tops,
    after: _Tops,
    left: IntArray,
    right: IntArray,
    positive: FloatArray,
    weight: FloatArray,
) -> FloatArray:
    """Merge each new block with violators on its left and right until none is left.

    ``left`` and ``right`` say how many cells lie on either side of each block; all blocks are
    settled at once. Returns their frequency.
    """
    left, right = left.copy(), right.copy()
    while True:
        w = before.weight[left]
        join = (left > 0) & (before.positive[left] * weight >= positive * w)
        positive = positive + np.where(join, before.positive[left], 0.0)
        weight = weight + np.where(join, w, 0.0)
        left = np.where(join, before.start[left], left)
        w = after.weight[right]
        above = w - after.positive[right]
        pull = (right > 0) & (above * weight <= positive * w)
        positive = positive + np.where(pull, above, 0.0)
        weight = weight + np.where(pull, w, 0.0)
        right = np.where(pull, after.start[right], right)
        if not (join.any() or pull.any()):
            return positive / weight


VENN_ABERS = Calibrator(
    "venn_abers",
    "Venn-Abers",
    r"\frac{p_1}{1 - p_0 + p_1}",
    "Two isotonic fits, with the new row as either class; never 0 or 1, and valid on average.",
    fit_venn_abers,
)
