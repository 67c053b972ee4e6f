"""Curves over all thresholds (ROC, precision-recall) and the cost of errors.

A row is predicted positive where its probability is at least the threshold. All curves follow from
the pooled forecast, since they change only at observed probabilities.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.base.arrays import FloatArray, IntArray, read_only
from core.base.errors import UserError
from core.calibration.pooled import PooledForecast, pool_forecast
from core.evaluation.performance import ratio
from core.predictions.forecasts import ForecastKind


@dataclass(frozen=True, slots=True, eq=False)
class ThresholdTable:
    """What is predicted right and wrong at every threshold that changes a prediction.

    Parameters
    ----------
    thresholds : (m + 1,) float64 array
        Descending: infinity (nothing is predicted positive), then the m observed probabilities.
    true_positive, false_positive : (m + 1,) float64 arrays
        Weight of the rows predicted positive, by what they are.
    positives, negatives : float
        Weight of all rows of either class.
    """

    thresholds: FloatArray
    true_positive: FloatArray
    false_positive: FloatArray
    positives: float
    negatives: float

    @property
    def true_positive_rate(self) -> FloatArray:
        """Recall, the y of the ROC curve; nan without positives."""
        return ratio(self.true_positive, self.positives)

    @property
    def false_positive_rate(self) -> FloatArray:
        """The x of the ROC curve; nan without negatives."""
        return ratio(self.false_positive, self.negatives)

    @property
    def precision(self) -> FloatArray:
        """Share of the positive predictions that are right; nan where there are none."""
        return ratio(self.true_positive, self.true_positive + self.false_positive)

    @property
    def f1(self) -> FloatArray:
        """Harmonic mean of precision and recall; nan where both are undefined."""
        predicted = self.true_positive + self.false_positive
        return ratio(2.0 * self.true_positive, predicted + self.positives)

    @property
    def accuracy(self) -> FloatArray:
        """Share of all predictions that are right."""
        right = self.true_positive + (self.negatives - self.false_positive)
        return ratio(right, self.positives + self.negatives)

    @property
    def average_precision(self) -> float:
        """Precision averaged over the steps of recall; nan without positives."""
        recall = self.true_positive_rate
        if np.isnan(recall).any():
            return float("nan")
        return float(np.diff(recall) @ self.precision[1:])

    def cost(self, false_positive: float = 1.0, false_negative: float = 1.0) -> FloatArray:
        """Return the mean cost of a row at every threshold, in the units of the two costs."""
        missed = self.positives - self.true_positive
        paid = false_positive * self.false_positive + false_negative * missed
        return ratio(paid, self.positives + self.negatives)

    def at(self, threshold: float) -> int:
        """Return the index of the entry that predicts the same as this threshold."""
        return int(np.searchsorted(-self.thresholds, -threshold, side="right")) - 1


def threshold_table(
    labels: ArrayLike,
    probabilities: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    view: ForecastKind = None,
) -> ThresholdTable:
    """Return right and wrong predictions at every threshold: the ROC curve and its kin.

    Parameters
    ----------
    labels : (n,) int array
        Classes 0..K-1.
    probabilities : (n,) or (n, K) array
        The probability of class 1, or of every class.
    weights : (n,) array, optional
        How much each row counts.
    view : int or "confidence", optional
        Which class is positive; see `core.predictions.forecasts.forecasts`.

    Raises
    ------
    UserError
        If there is no such view.
    ValueError
        If labels, probabilities or weights are impossible.

    Examples
    --------
    >>> table = threshold_table([0, 1, 1], [0.2, 0.4, 0.8])
    >>> table.thresholds, table.true_positive
    (array([inf, 0.8, 0.4, 0.2]), array([0., 1., 2., 2.]))
    """
    return table_of(pool_forecast(labels, probabilities, weights, view))


def table_of(cells: PooledForecast) -> ThresholdTable:
    """Return the threshold table of a pooled forecast."""
    negative = cells.weight - cells.positive
    true_positive = np.concatenate(([0.0], np.cumsum(cells.positive[::-1])))
    false_positive = np.concatenate(([0.0], np.cumsum(negative[::-1])))
    return ThresholdTable(
        read_only(np.concatenate(([np.inf], cells.values[::-1]))),
        read_only(true_positive),
        read_only(false_positive),
        float(true_positive[-1]),
        float(false_positive[-1]),
    )


def expected_cost(
    labels: ArrayLike,
    probabilities: ArrayLike,
    threshold: float,
    *,
    false_positive: float = 1.0,
    false_negative: float = 1.0,
    weights: ArrayLike | None = None,
    view: ForecastKind = None,
) -> float:
    """Return the mean cost of a row if class 1 is predicted from this threshold on.

    Parameters
    ----------
    labels, probabilities, weights, view
        As `threshold_table` takes them.
    threshold : float
        In [0, 1]; more than 1 predicts nothing positive.
    false_positive, false_negative : float
        What either mistake costs, in one unit; the result is in that unit.

    Raises
    ------
    UserError
        If a cost is negative, or there is no such view.
    ValueError
        If labels, probabilities or weights are impossible.

    Examples
    --------
    >>> expected_cost([0, 1], [0.6, 0.4], 0.5, false_positive=1, false_negative=5)
    3.0
    """
    table = threshold_table(labels, probabilities, weights=weights, view=view)
    _check_costs(false_positive, false_negative)
    return float(table.cost(false_positive, false_negative)[table.at(threshold)])


def best_threshold(
    labels: ArrayLike,
    probabilities: ArrayLike,
    *,
    false_positive: float = 1.0,
    false_negative: float = 1.0,
    weights: ArrayLike | None = None,
    view: ForecastKind = None,
) -> float:
    """Return the threshold that costs least on these rows; the highest of several.

    It is one of the observed probabilities, or infinity where predicting nothing positive costs
    least; nan without rows. Compare it with `bayes_threshold`: they agree where the probabilities
    are calibrated. Parameters and errors are those of `expected_cost`.

    Examples
    --------
    >>> best_threshold([0, 1, 0, 1], [0.1, 0.3, 0.4, 0.9], false_negative=5)
    0.3
    """
    table = threshold_table(labels, probabilities, weights=weights, view=view)
    _check_costs(false_positive, false_negative)
    costs = table.cost(false_positive, false_negative)
    return float("nan") if np.isnan(costs[0]) else float(table.thresholds[costs.argmin()])


def bayes_threshold(false_positive: float = 1.0, false_negative: float = 1.0) -> float:
    """Return the threshold that costs least if the probabilities are right (Elkan 2001, eq. 5).

    Raises
    ------
    UserError
        If a cost is negative, or both are 0.

    Examples
    --------
    >>> bayes_threshold(false_positive=1, false_negative=4)
    0.2
    """
    _check_costs(false_positive, false_negative)
    return false_positive / (false_positive + false_negative)


def _check_costs(false_positive: float, false_negative: float) -> None:
    """Raise unless costs are at least 0 and not both 0."""
    if not (false_positive >= 0.0 and false_negative >= 0.0 and false_positive + false_negative):
        raise UserError(
            "The threshold was not computed.",
            f"The costs are {false_positive:g} and {false_negative:g}.",
            "Choose costs of at least 0, not both 0.",
        )


def decided(probabilities: FloatArray, threshold: float) -> IntArray:
    """Return the class decided for probabilities (..., K): of two, class 1 from the threshold on.

    Examples
    --------
    >>> decided(np.array([[0.6, 0.4], [0.7, 0.3]]), 0.4).tolist()
    [1, 0]
    """
    if probabilities.shape[-1] == 2:
        return np.asarray(probabilities[..., 1] >= threshold, dtype=np.int64)
    return np.asarray(probabilities.argmax(axis=-1), dtype=np.int64)
