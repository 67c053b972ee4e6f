"""Calibration error in bins: one number for the distance between curve and diagonal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from core.base.errors import UserError
from core.calibration.binning import Bins, CellIndex, count, fill, indexed, mass_edges, width_edges
from core.calibration.cells import Cells, pool_ties
from core.calibration.inputs import Forecast, View, forecasts
from core.calibration.reliability import corp_curve

Norm = Literal["l1", "l2", "max"]


def expected_calibration_error(
    labels: ArrayLike,
    probabilities: ArrayLike,
    bins: int = 15,
    binning: str = "width",
    norm: Norm = "l1",
    *,
    weights: ArrayLike | None = None,
    view: View = None,
) -> float:
    """Return the mean distance between predicted probability and observed frequency over bins.

    Parameters
    ----------
    labels : (n,) int array
        Classes 0..K-1.
    probabilities : (n,) or (n, K) array
        The probability of class 1, or of every class.
    bins : int
        How many bins.
    binning : {"width", "mass", "corp"}
        Bins (low, high] of equal width, of equal mass without splitting ties, or CORP's blocks,
        however many there are.
    norm : {"l1", "l2", "max"}
        Mean absolute gap (Naeini, Cooper & Hauskrecht 2015; Guo et al. 2017, equation 5), root mean
        square gap (Kumar, Liang & Ma 2019, definition 2.2), or the largest gap. Bins count by the
        weight of their rows; empty ones not at all.
    weights : (n,) array, optional
        How much each row counts.
    view : optional
        See `forecasts`. None means class 1 for two classes, confidence for more; the values of a
        view with several forecasts are averaged by their shares.

    Returns
    -------
    float
        Between 0 and 1; nan without rows.

    Raises
    ------
    UserError
        If there is no such binning, norm or view, or no bin.
    InputError
        If labels, probabilities or weights are impossible.

    Examples
    --------
    >>> round(expected_calibration_error([0, 1, 1, 1], [0.3, 0.3, 0.6, 0.9], bins=10), 6)
    0.225
    """
    parts = forecasts(labels, probabilities, weights, view)
    if binning == "width" and parts:
        return float(sum(part.share * gap(count(part, bins), norm) for part in parts))
    return _averaged(parts, lambda cells: binned_error(cells, bins, binning, norm))


def maximum_calibration_error(
    labels: ArrayLike,
    probabilities: ArrayLike,
    bins: int = 15,
    binning: str = "width",
    *,
    weights: ArrayLike | None = None,
    view: View = None,
) -> float:
    """Return the largest gap of any bin (Guo et al. 2017, equation 6).

    Parameters and errors are those of `expected_calibration_error`.

    Examples
    --------
    >>> round(maximum_calibration_error([0, 1, 1, 1], [0.3, 0.3, 0.6, 0.9], bins=10), 6)
    0.4
    """
    return expected_calibration_error(
        labels, probabilities, bins, binning, "max", weights=weights, view=view
    )


def adaptive_calibration_error(
    labels: ArrayLike,
    probabilities: ArrayLike,
    bins: int = 15,
    *,
    weights: ArrayLike | None = None,
) -> float:
    """Return the class-wise error in bins of equal mass (Nixon et al. 2019, equation 4).

    Each class is judged one-vs-rest and the K values are averaged. Where ties make the bins
    unequal they count by their weight. Parameters and errors are those of
    `expected_calibration_error`.
    """
    return expected_calibration_error(
        labels, probabilities, bins, "mass", weights=weights, view="class-wise"
    )


def debiased_calibration_error(
    labels: ArrayLike,
    probabilities: ArrayLike,
    bins: int = 15,
    binning: str = "mass",
    *,
    weights: ArrayLike | None = None,
    view: View = None,
) -> float:
    """Return the root mean square gap, freed of the part that chance alone adds.

    From each squared gap the estimated variance of the bin's frequency, f (1 - f) / (n - 1), is
    subtracted (Kumar, Liang & Ma 2019, section 5). A bin with a single row has no such estimate
    and is left out; if the mean comes out negative the error is 0.

    Parameters and errors are those of `expected_calibration_error`.

    Returns
    -------
    float
        Between 0 and 1; nan if no bin has two rows.
    """
    parts = forecasts(labels, probabilities, weights, view)
    return _averaged(parts, lambda cells: debiased_error(cells, bins, binning))


def sweep_calibration_error(
    labels: ArrayLike,
    probabilities: ArrayLike,
    norm: Norm = "l1",
    *,
    weights: ArrayLike | None = None,
    view: View = None,
) -> float:
    """Return the error in as many equal-mass bins as leave the observed frequencies monotone.

    The number of bins grows from 1 until a frequency falls below the one before; the last number
    that was still monotone counts (Roelofs et al. 2022, algorithm 1). Ties are not split.

    Parameters and errors are those of `expected_calibration_error`.
    """
    parts = forecasts(labels, probabilities, weights, view)
    return _averaged(parts, lambda cells: sweep(cells, norm)[0])


def binned_error(cells: Cells, bins: int, binning: str = "width", norm: Norm = "l1") -> float:
    """Return the gap between curve and diagonal of a pooled forecast, in some norm."""
    return gap(parts_of(cells, bins, binning), norm)


def debiased_error(cells: Cells, bins: int, binning: str = "mass") -> float:
    """Return the debiased root mean square gap of a pooled forecast."""
    parts = parts_of(cells, bins, binning)
    several = parts.trials > 1.0 + 1e-9
    if not several.any():
        return float("nan")
    f, trials = parts.frequency[several], parts.trials[several]
    squares = (parts.probability[several] - f) ** 2 - f * (1.0 - f) / (trials - 1.0)
    return float(np.sqrt(max(np.average(squares, weights=parts.counts[several]), 0.0)))


def sweep(cells: Cells, norm: Norm = "l1") -> tuple[float, int]:
    """Return the error by monotone sweep of a pooled forecast, and the number of bins it chose."""
    index = indexed(cells)
    chosen, best = parts_of(index, 1, "mass"), 1
    for bins in range(2, len(cells.values) + 1):
        parts = parts_of(index, bins, "mass")
        if np.any(np.diff(parts.frequency) < 0.0):
            break
        chosen, best = parts, bins
    return gap(chosen, norm), best


def gap(parts: Bins, norm: Norm) -> float:
    """Return the distance between frequency and probability over bins; nan without rows."""
    full = parts.counts > 0.0
    if not full.any():
        return float("nan")
    distance = np.abs(parts.frequency[full] - parts.probability[full])
    if norm == "l1":
        return float(np.average(distance, weights=parts.counts[full]))
    if norm == "l2":
        return float(np.sqrt(np.average(distance**2, weights=parts.counts[full])))
    if norm == "max":
        return float(distance.max())
    raise UserError(f"There is no norm named {norm!r}.", "", "Choose one of: l1, l2, max.")


def parts_of(cells: Cells | CellIndex, bins: int, binning: str) -> Bins:
    """Return the filled bins of a pooled forecast.

    Raises
    ------
    UserError
        If the binning has no bins, or none were asked for.
    """
    if binning not in BINNED:
        raise UserError(f"{binning!r} has no bins.", "", f"Choose one of: {', '.join(BINNED)}.")
    return BINNED[binning](cells, bins)


def _blocks(cells: Cells) -> Bins:
    """Return CORP's blocks as bins."""
    curve = corp_curve(cells)
    return Bins(
        curve.edges,
        curve.counts,
        curve.trials,
        curve.positives,
        curve.probability,
        curve.frequency,
    )


def _averaged(parts: list[Forecast], statistic: Callable[[Cells], float]) -> float:
    """Return a statistic averaged over a view's forecasts by their shares."""
    if not parts:
        return float("nan")
    return float(sum(part.share * statistic(pool_ties(part)) for part in parts))


BINNED: dict[str, Callable[[Cells | CellIndex, int], Bins]] = {
    "width": lambda cells, bins: fill(cells, width_edges(bins)),
    "mass": lambda cells, bins: fill(index := indexed(cells), mass_edges(index, bins)),
    "corp": lambda cells, bins: _blocks(indexed(cells).cells),
}
