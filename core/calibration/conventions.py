"""The same predictions, six answers: how packages put a probability into a bin of equal width.

The expected calibration error (Naeini, Cooper & Hauskrecht 2015, equation 3) leaves open which bin
an edge belongs to, and packages decide differently. By the definition of Guo et al. (2017,
section 3) bins are (low, high], the first with 0; the other ways are here to be compared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.base.arrays import FloatArray, IntArray
from core.base.registry import Registry
from core.calibration.binning import CellIndex, indexed
from core.calibration.cells import Cells

_FEW = 10_000  # cells; so many are sooner asked than searched


@dataclass(frozen=True, slots=True)
class Convention:
    """A way to put probabilities into bins of equal width.

    Parameters
    ----------
    name, label : str
        Its key, and what the user reads.
    help : str
        One sentence on what it does to whom.
    bin_of : callable
        ``bin_of(values, bins)`` gives each probability's bin, at least 0; -1 leaves it out. A
        higher probability never lies in a lower bin.
    """

    name: str
    label: str
    help: str
    bin_of: Callable[[FloatArray, int], IntArray]

    def error(self, cells: Cells | CellIndex, bins: int) -> float:
        """Return the expected calibration error in these bins; nan without rows.

        Rows left out count neither as rows nor as gaps.

        Examples
        --------
        >>> from core.calibration.cells import cells_of
        >>> cells = cells_of([0, 1, 1], [0.1, 0.5, 0.9])
        >>> round(CONVENTIONS["right"].error(cells, 2), 3), round(
        ...     CONVENTIONS["left"].error(cells, 2), 3
        ... )
        (0.167, 0.233)
        """
        index = indexed(cells)
        starts = self._starts(index.cells.values, bins)
        ends = np.append(starts[1:], len(index.cells.values))
        filled = ends > starts
        if not filled.any():
            return float("nan")
        weight, _, positive, mass = index.sums(starts[filled], ends[filled])
        return float(np.abs(positive - mass).sum()) / float(weight.sum())

    def _starts(self, values: FloatArray, bins: int) -> IntArray:
        """Return the first cell of each bin 0..bins; of many cells few are asked, by bisection."""
        wanted = np.arange(bins + 1)
        if len(values) <= _FEW:
            return np.searchsorted(self.bin_of(values, bins), wanted)
        low, high = np.zeros(bins + 1, dtype=np.int64), np.full(bins + 1, len(values))
        while (low < high).any():
            middle = (low + high) // 2
            at = np.minimum(middle, len(values) - 1)
            reached = (self.bin_of(values[at], bins) >= wanted) | (middle >= high)
            low, high = np.where(reached, low, middle + 1), np.where(reached, middle, high)
        return low


def _edges(bins: int) -> FloatArray:
    return np.linspace(0.0, 1.0, bins + 1)


def _right(p: FloatArray, bins: int) -> IntArray:
    return np.searchsorted(_edges(bins)[1:-1], p, side="left")


def _left(p: FloatArray, bins: int) -> IntArray:
    return np.searchsorted(_edges(bins)[1:-1], p, side="right")


def _one_apart(p: FloatArray, bins: int) -> IntArray:
    return np.searchsorted(_edges(bins)[1:], p, side="right")


def _divided(p: FloatArray, bins: int) -> IntArray:
    return np.minimum((p / (1.0 / bins)).astype(np.int64), bins - 1)


def _zero_dropped(p: FloatArray, bins: int) -> IntArray:
    return np.where(p > 0.0, _right(p, bins), -1)


def _one_fewer(p: FloatArray, bins: int) -> IntArray:
    return _right(p, max(bins - 1, 1))


CONVENTIONS: Registry[Convention] = Registry(
    "convention",
    [
        Convention("right", "(low, high], 0 in the first", "As defined; used here.", _right),
        Convention("left", "[low, high), 1 in the last", "Edges such as 0.3 move up a bin.", _left),
        Convention(
            "one_apart",
            "[low, high), 1 by itself",
            "A certain yes gets a bin of its own.",
            _one_apart,
        ),
        Convention(
            "divided",
            "int(p / width)",
            "0.3 / 0.1 is 2.999… in floats, so that some edges move and others do not.",
            _divided,
        ),
        Convention(
            "zero_dropped", "(low, high], 0 left out", "A certain no is not counted.", _zero_dropped
        ),
        Convention(
            "one_fewer",
            "one bin fewer",
            "The number of edges is taken for that of bins.",
            _one_fewer,
        ),
    ],
)
