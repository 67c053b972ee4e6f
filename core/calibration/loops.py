"""The loops that numpy cannot do at once, in plain Python that numba can compile.

The interpreter runs them over lists, compiled code over arrays; the operations and their order are
the same, so that both give the same bits.
"""

from __future__ import annotations

import math
from collections.abc import MutableSequence, Sequence

import numpy as np
from numpy.typing import NDArray

from core.calibration.inputs import FloatArray, IntArray

ORDERS = 6  # of the moments in a cell: leaves a relative error below 1e-7
RUN = 256  # rows whose sums are kept apart, so that few digits are lost
LEAST = 1e-200  # a likelihood below it might become subnormal


def pool_violators(
    positive: Sequence[float] | FloatArray,
    weight: Sequence[float] | FloatArray,
    starts: MutableSequence[int] | IntArray,
    sums: MutableSequence[float] | FloatArray,
    weights: MutableSequence[float] | FloatArray,
) -> int:
    """Pool adjacent violators: fill in the blocks' starts, sums and weights; return their number.

    Neighbours of equal mean are pooled too, so that the blocks are the longest possible. Means are
    compared by cross-multiplication: exact while the weights are whole numbers.
    (Ayer et al. 1955; one pass with a stack, as in Best & Chakravarti 1990.)
    """
    k = 0
    for i in range(len(positive)):
        start = i
        s = positive[i]
        w = weight[i]
        while k > 0 and sums[k - 1] * w >= s * weights[k - 1]:
            k -= 1
            s = sums[k] + s
            w = weights[k] + w
            start = starts[k]
        starts[k] = start
        sums[k] = s
        weights[k] = w
        k += 1
    return k


def fit_many(
    draws: FloatArray,
    weight: FloatArray,
    columns: IntArray,
    fits: FloatArray,
    starts: IntArray,
    sums: FloatArray,
    weights: FloatArray,
) -> None:
    """Fit each row of ``draws`` isotonically; fill ``fits`` with its values at some columns.

    ``draws`` (r, m) holds the positive weight of each cell, ``columns`` (k,) ascending indices of
    cells, ``fits`` is (r, k); the last three arrays, (m,) each, are working space.
    """
    for r in range(len(draws)):
        k = pool_violators(draws[r], weight, starts, sums, weights)
        block = 0
        for j in range(len(columns)):
            while block + 1 < k and starts[block + 1] <= columns[j]:
                block += 1
            fits[r, j] = sums[block] / weights[block]


def cell_moments(points: FloatArray, weights: FloatArray, out: FloatArray) -> None:
    """Add w d^q / q! to ``out[q, cell]`` for every point, d being its distance from the middle."""
    grid = out.shape[1]
    for i in range(len(points)):
        cell = min(int(points[i] * grid), grid - 1)
        away = points[i] - (cell + 0.5) / grid
        term = weights[i]
        for q in range(ORDERS):
            out[q, cell] += term
            term *= away / (q + 1)


def surprise(likelihood: float, missed: float) -> float:
    """Return -ln of a likelihood that is above 0 and 1 - missed; exact also where it is near 1."""
    if likelihood < 0.5:
        return -math.log(likelihood)
    return -math.log1p(-missed)


def score_rows(outcomes: NDArray[np.bool_], points: FloatArray, out: FloatArray) -> None:
    """Add sum (y - p)^2 to ``out[0]``, and sum -ln q to ``out[1]``, q being what y was given.

    The logarithm is taken of products of q: a run's likelihood, and beside it 1 - likelihood as
    sum_i (1 - q_i) prod_{j < i} q_j, whose terms are all positive, so that nothing cancels.
    """
    for start in range(0, len(points), RUN):
        squares, likelihood, missed = 0.0, 1.0, 0.0
        for i in range(start, min(start + RUN, len(points))):
            p = points[i]
            q, rest = (p, 1.0 - p) if outcomes[i] else (1.0 - p, p)
            squares += rest * rest
            product = likelihood * q
            if product < LEAST:
                out[1] += surprise(likelihood, missed)
                out[1] += -math.log(q) if q > 0.0 else math.inf
                likelihood, missed = 1.0, 0.0
            else:
                missed += rest * likelihood
                likelihood = product
        out[0] += squares
        out[1] += surprise(likelihood, missed)


def count_rows(
    outcomes: NDArray[np.bool_],
    points: FloatArray,
    edges: FloatArray,
    rows: IntArray,
    mass: FloatArray,
) -> None:
    """Add every row to its bin (low, high] of equal width, those that did not happen apart.

    ``rows`` and ``mass`` (2 b,) hold how many rows and their probabilities' sum: of each bin first
    where it did not happen, then where it did.
    """
    bins = len(edges) - 1
    for i in range(len(points)):
        p = points[i]
        b = min(int(p * bins), bins - 1)
        # The quotient may miss by one; the edges decide.
        b += (p > edges[b + 1]) - (p <= edges[b])
        at = 2 * max(b, 0) + outcomes[i]  # no branch: it would be guessed wrong half the time
        rows[at] += 1
        mass[at] += p


def mean_deviations(
    p: FloatArray, counts: IntArray, chance: FloatArray, deviations: FloatArray
) -> None:
    """Fill ``deviations`` (b,) with E |S - E S| of groups of independent rows.

    S counts the rows of a group that happen. ``p`` holds the probabilities, group after group;
    ``counts`` (b,) the rows of each; ``chance`` is working space for one row more than the largest
    group has.
    """
    first = 0
    for b in range(len(counts)):
        n = counts[b]
        expected = 0.0
        chance[0] = 1.0
        for k in range(n):
            happens = p[first + k]
            expected += happens
            chance[k + 1] = 0.0
            for j in range(k + 1, 0, -1):
                chance[j] += happens * (chance[j - 1] - chance[j])
            chance[0] -= happens * chance[0]
        first += n
        total = 0.0
        for j in range(n + 1):
            total += chance[j] * abs(j - expected)
        deviations[b] = total
