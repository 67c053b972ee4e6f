"""Isotonic regression and histogram binning: maps without a formula."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.base.arrays import FloatArray, read_only
from core.calibration.binning import fill, mass_edges
from core.calibration.calibrators.calibrator import BinaryMap, Calibrator, Parameter
from core.calibration.isotonic import isotonic_blocks
from core.calibration.pooled import PooledForecast, pool_ties
from core.functions.sigmoid_family import sigmoid
from core.predictions.forecasts import BinaryForecast

HISTOGRAM_BINS = 10


@dataclass(frozen=True, slots=True, eq=False)
class Isotonic(BinaryMap):
    """Fitted isotonic regression: a nondecreasing polyline from logit to probability.

    Parameters
    ----------
    logits : (m,) float64 array
        Where the line's corners lie, ascending.
    values : (m,) float64 array
        Probability at each corner; straight between, constant beyond the ends.
    """

    logits: FloatArray
    values: FloatArray

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """How many levels the fit has."""
        return {
            "levels": Parameter(
                float(len(np.unique(self.values))),
                "How many different probabilities the fit found room for.",
            )
        }

    def positive(self, s: FloatArray) -> FloatArray:
        """Return the probability of class 1 at logits s, (n,)."""
        return np.interp(s, self.logits, self.values)


@dataclass(frozen=True, slots=True, eq=False)
class Histogram(BinaryMap):
    """Fitted histogram binning: every bin answers with the frequency seen in it.

    Parameters
    ----------
    edges : (b + 1,) float64 array
        Of the bins (low, high] of probability; the first includes 0.
    values : (b,) float64 array
        Observed frequency in each bin.
    """

    edges: FloatArray
    values: FloatArray

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """How many bins there are."""
        return {"bins": Parameter(float(len(self.values)), "How many bins hold equal mass.")}

    def positive(self, s: FloatArray) -> FloatArray:
        """Return the probability of class 1 at logits s, (n,)."""
        return self.values[np.searchsorted(self.edges[1:-1], sigmoid(s), side="left")]


def pool_logits(s: FloatArray, y: FloatArray, weights: FloatArray | None) -> PooledForecast:
    """Pool rows of equal logit; the cells' values are logits here."""
    w = np.ones(len(s)) if weights is None else weights
    return pool_ties(BinaryForecast(y > 0.5, s, w))


def fit_isotonic(s: FloatArray, y: FloatArray, weights: FloatArray | None = None) -> Isotonic:
    """Fit by pool-adjacent-violators, ties pooled first (Zadrozny & Elkan 2002).

    One class only gives a constant 0 or 1.
    """
    cells = pool_logits(s, y, weights)
    blocks = isotonic_blocks(cells)
    last = np.append(blocks.starts[1:], len(cells.values)) - 1
    corners = np.unique(np.concatenate((blocks.starts, last)))
    return Isotonic(
        read_only(cells.values[corners]), read_only(blocks.spread(len(cells.values))[corners])
    )


def fit_histogram(s: FloatArray, y: FloatArray, weights: FloatArray | None = None) -> Histogram:
    """Fit in ten bins of equal mass that split no ties (Zadrozny & Elkan 2001)."""
    cells = pool_ties(BinaryForecast(y > 0.5, sigmoid(s), weights))
    bins = fill(cells, mass_edges(cells, HISTOGRAM_BINS))
    return Histogram(bins.edges, bins.frequency)


ISOTONIC = Calibrator(
    "isotonic",
    "isotonic",
    r"\hat p(s)\ \mathrm{nondecreasing}",
    "Any rising curve; needs a thousand rows or more, and can say 0 or 1.",
    fit_isotonic,
)
HISTOGRAM = Calibrator(
    "histogram",
    "histogram binning",
    r"\bar y_{b(p)}",
    "The frequency seen in each of ten bins of equal mass; a staircase that may fall.",
    fit_histogram,
)
