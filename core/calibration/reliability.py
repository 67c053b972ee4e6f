"""Reliability curves: observed frequency against predicted probability."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.base.arrays import FloatArray, IntArray, read_only
from core.base.registry import Registry
from core.calibration.binning import (
    Bins,
    CumulativePool,
    count,
    fill,
    indexed,
    mass_edges,
    width_edges,
)
from core.calibration.isotonic import isotonic_blocks
from core.calibration.pooled import PooledForecast, effective_rows, pool_ties, squared_weight
from core.calibration.smoothing import (
    CURVE_POINTS,
    GRIDS,
    SmoothForecast,
    finest_sigma,
    grid_for,
    smooth_error_of,
    smooth_fit,
    smooth_forecast,
)
from core.predictions.forecasts import ForecastKind, forecasts, one_forecast


@dataclass(frozen=True, slots=True, eq=False)
class ReliabilityCurve:
    """A reliability curve of b parts: bins, blocks of equal fitted frequency, or grid cells.

    Parameters
    ----------
    binning : str
        Which of `BINNINGS` made it.
    low, high : (b,) float64 arrays
        Where each part begins and ends. Bins: their edges. CORP: the lowest and the highest
        probability pooled, between which the fit is flat. Smooth: the edges of the grid's cells.
    counts : (b,) float64 array
        Weight of the rows in each part (their number where no weights were given); for the smooth
        curve the weight that the kernel spreads there.
    trials : (b,) float64 array
        Effective number of rows behind it, (sum w)^2 / sum w^2.
    positives : (b,) float64 array
        Weight of the rows in which it happened.
    probability : (b,) float64 array
        Mean predicted probability (smooth: the grid point); nan in an empty bin.
    frequency : (b,) float64 array
        Observed frequency (CORP, smooth: the fit); nan in an empty bin.
    sigma : float
        Width of the smooth curve's kernel, in probability; nan for the others.
    """

    binning: str
    low: FloatArray
    high: FloatArray
    counts: FloatArray
    trials: FloatArray
    positives: FloatArray
    probability: FloatArray
    frequency: FloatArray
    sigma: float = float("nan")

    @property
    def edges(self) -> FloatArray:
        """The (b + 1,) edges of the bins; for CORP the lows, then the last high."""
        return np.append(self.low, self.high[-1:])

    @property
    def empty(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which parts hold no rows, (b,)."""
        return np.asarray(self.counts == 0.0)

    @property
    def knots(self) -> tuple[FloatArray, FloatArray]:
        """The CORP curve as a polyline, x and y (2b,) each: flat over blocks, linear between."""
        return np.column_stack((self.low, self.high)).ravel(), np.repeat(self.frequency, 2)


@dataclass(frozen=True, slots=True)
class Binning:
    """A way to draw a reliability curve.

    Parameters
    ----------
    name : str
        Its key.
    label : str
        How the convention is stated on the diagram.
    curve : callable
        ``curve(cells, bins)`` gives the `ReliabilityCurve`; the number of bins may be ignored.
    """

    name: str
    label: str
    curve: Callable[[PooledForecast, int], ReliabilityCurve]


def reliability_curve(
    labels: ArrayLike,
    probabilities: ArrayLike,
    bins: int = 15,
    binning: str = "width",
    *,
    weights: ArrayLike | None = None,
    view: ForecastKind = None,
) -> ReliabilityCurve:
    """Return observed frequency against predicted probability.

    Parameters
    ----------
    labels : (n,) int array
        Classes 0..K-1.
    probabilities : (n,) or (n, K) array
        The probability of class 1, or of every class.
    bins : int
        How many bins; CORP and the smooth curve need none.
    binning : {"width", "mass", "corp", "smooth"}
        Bins of equal width; of equal mass (never splitting ties); pool-adjacent-violators
        (Dimitriadis, Gneiting & Jordan 2021); reflected Gaussian kernel (Blasiok & Nakkiran 2023).
    weights : (n,) array, optional
        How much each row counts.
    view : int or "confidence", optional
        A class by its number, or the confidence of the predicted class. None means class 1 for two
        classes and confidence for more.

    Raises
    ------
    UserError
        If there is no such binning or view, or no bin.
    InputError
        If labels, probabilities or weights are impossible.

    Examples
    --------
    >>> curve = reliability_curve([0, 1, 1, 1], [0.3, 0.3, 0.6, 0.9], bins=10)
    >>> curve.counts
    array([0., 0., 2., 0., 0., 1., 0., 0., 1., 0.])
    >>> reliability_curve([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4], binning="corp").frequency
    array([0. , 0.5, 1. ])
    """
    draw = BINNINGS[binning].curve
    forecast = one_forecast(labels, probabilities, weights, view)
    if binning == "width":
        return binned_curve(binning, count(forecast, bins))
    return draw(pool_ties(forecast), bins)


def reliability_curves(
    labels: ArrayLike,
    probabilities: ArrayLike,
    bins: int = 15,
    binning: str = "width",
    *,
    weights: ArrayLike | None = None,
    view: ForecastKind = "class-wise",
) -> dict[int, ReliabilityCurve]:
    """Return one curve a class, by its number, for a view that has several.

    "class-wise" judges the probability of every class; "top-label" the confidence of the rows
    predicted as each class, and leaves out classes that are never predicted. Other parameters and
    errors are those of `reliability_curve`.

    Examples
    --------
    >>> p = [[0.1, 0.7, 0.2], [0.3, 0.6, 0.1]]
    >>> list(reliability_curves([1, 0], p)), list(reliability_curves([1, 0], p, view="top-label"))
    ([0, 1, 2], [1])
    """
    draw = BINNINGS[binning].curve
    parts = forecasts(labels, probabilities, weights, view)
    return {part.of_class: draw(pool_ties(part), bins) for part in parts}


def width_curve(cells: PooledForecast | CumulativePool, bins: int = 15) -> ReliabilityCurve:
    """Return the curve in bins of equal width; indexed cells answer at once for any number."""
    return binned_curve("width", fill(cells, width_edges(bins)))


def mass_curve(cells: PooledForecast | CumulativePool, bins: int = 15) -> ReliabilityCurve:
    """Return the curve in bins of equal mass that split no ties; many ties give fewer bins."""
    index = indexed(cells)
    return binned_curve("mass", fill(index, mass_edges(index, bins)))


def corp_curve(cells: PooledForecast, bins: int = 0) -> ReliabilityCurve:
    """Return the CORP curve: one part a block of pooled cells; ``bins`` is ignored."""
    blocks = isotonic_blocks(cells)
    if not len(blocks.starts):
        none = read_only(np.empty(0))
        return ReliabilityCurve("corp", none, none, none, none, none, none, none)
    last = np.append(blocks.starts[1:], len(cells.values)) - 1
    low, high = cells.values[blocks.starts], cells.values[last]
    mean = np.add.reduceat(cells.values * cells.weight, blocks.starts) / blocks.weight
    squares = np.add.reduceat(squared_weight(cells), blocks.starts)
    return ReliabilityCurve(
        "corp",
        read_only(low),
        read_only(high),
        blocks.weight,
        read_only(effective_rows(blocks.weight, squares)),
        blocks.positive,
        read_only(np.clip(mean, low, high)),
        read_only(blocks.frequency),
    )


def smooth_curve(
    cells: PooledForecast,
    bins: int = 0,
    sigma: float | None = None,
    waves: SmoothForecast | None = None,
) -> ReliabilityCurve:
    """Return the kernel-smoothed curve on a grid; ``bins`` is ignored.

    Parameters
    ----------
    cells : PooledForecast
        The forecast.
    sigma : float, optional
        Width of the kernel, in probability; None means the fixed point of smECE, but no less than
        the grid can show.
    waves : SmoothForecast, optional
        The cells' `smooth_forecast`, where it is kept for many widths.
    """
    if not len(cells.values):
        none = read_only(np.empty(0))
        return ReliabilityCurve("smooth", none, none, none, none, none, none, none)
    if sigma is None:
        sigma = max(smooth_error_of(cells).sigma, finest_sigma(GRIDS[-1]))
    if waves is None:
        waves = smooth_forecast(cells, grid_for(sigma))
    frequency, density = smooth_fit(waves, sigma)
    # Neighbouring grid points are joined where the grid is finer than any screen.
    happened = np.nan_to_num(frequency) * density
    counts = density.reshape(CURVE_POINTS, -1).mean(axis=1) / CURVE_POINTS
    positives = happened.reshape(CURVE_POINTS, -1).mean(axis=1) / CURVE_POINTS
    edges = np.linspace(0.0, 1.0, CURVE_POINTS + 1)
    with np.errstate(invalid="ignore"):
        fit = np.where(counts > 0.0, np.minimum(positives / counts, 1.0), np.nan)
    return ReliabilityCurve(
        "smooth",
        read_only(edges[:-1]),
        read_only(edges[1:]),
        read_only(counts),
        read_only(counts * (cells.total / float(squared_weight(cells).sum()))),
        read_only(positives),
        read_only(0.5 * (edges[:-1] + edges[1:])),
        read_only(fit),
        sigma,
    )


LEAST_HELD = 0.2  # rows within the width of a smooth curve's kernel


def drawn_points(curve: ReliabilityCurve) -> IntArray:
    """Return which parts of a curve are drawn, (m,): those with rows.

    The smooth curve ends where the kernel holds next to no rows: beyond, it would be invented.
    """
    known = ~np.isnan(curve.frequency)
    if curve.binning == "smooth":
        held = np.flatnonzero(
            known & (curve.counts * len(curve.counts) * curve.sigma >= LEAST_HELD)
        )
        inside = np.arange(len(known))
        known &= (inside >= held.min(initial=len(known))) & (inside <= held.max(initial=-1))
    return np.flatnonzero(known)


def binned_curve(name: str, bins: Bins) -> ReliabilityCurve:
    """Return filled bins as a curve."""
    return ReliabilityCurve(
        name,
        bins.edges[:-1],
        bins.edges[1:],
        bins.counts,
        bins.trials,
        bins.positives,
        bins.probability,
        bins.frequency,
    )


BINNINGS: Registry[Binning] = Registry(
    "binning",
    [
        Binning("width", "equal width, each with its upper edge", width_curve),
        Binning("mass", "equal mass, equal values together", mass_curve),
        Binning("corp", "CORP (pool adjacent violators)", corp_curve),
        Binning("smooth", "reflected Gaussian kernel", smooth_curve),
    ],
)
