"""Accuracy, precision, recall, AUC, log loss, Brier score and ECE of predictions, in one record.

A row is predicted positive where its probability is at least the threshold; with more than two
classes the most probable class is predicted. What is undefined (a precision where nothing was
predicted, an AUC of one class) is nan, never an error. `core.evaluation.thresholds` has the curves
and costs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.base.arrays import FloatArray, IntArray, read_only
from core.base.scipy_import import is_scipy_postponed
from core.calibration.binning import count
from core.calibration.calibration_error import bin_error, binned_error
from core.calibration.pooled import PooledForecast, pool_ties
from core.calibration.scores import (
    SCORES,
    brier_score,
    decompose,
    decompose_without_scipy,
    log_loss,
)
from core.functions.sigmoid_family import binary_cross_entropy
from core.functions.softmax_family import categorical_cross_entropy
from core.predictions.forecasts import (
    BinaryForecast,
    checked,
    checked_labels,
    checked_weights,
    one_forecast,
)
from core.predictions.predictions import Predictions


@dataclass(frozen=True, slots=True, eq=False)
class Performance:
    """The figures of one set of rows.

    Parameters
    ----------
    rows : int
        How many rows.
    threshold : float
        From which probability class 1 is predicted; used with two classes only.
    accuracy : float
        Share of the weight predicted right.
    balanced_accuracy : float
        Mean recall of the classes that occur.
    precision, recall, f1 : float
        Two classes: of class 1. More: the mean over classes for which each is defined (macro).
    macro_f1 : float
        Mean F1 of the classes that occur or are predicted.
    auc : float
        Area under the ROC curve, ties counting half. K > 2: the mean of one-vs-rest over the
        classes that occur.
    log_loss : float
        Mean -ln p of what happened, in nats; infinite once a certainty is wrong.
    brier : float
        Two classes: mean (p - y)^2. K > 2: mean sum over classes.
    ece : float
        Expected calibration error in 15 bins of equal width, of class 1 (K > 2: of the confidence).
    confusion : (K, K) float64 array
        Weight of the rows of class i (row) predicted j (column).
    class_precision, class_recall, class_f1 : (K,) float64 arrays
        The same figures for each class against the rest.
    """

    rows: int
    threshold: float
    accuracy: float
    balanced_accuracy: float
    precision: float
    recall: float
    f1: float
    macro_f1: float
    auc: float
    log_loss: float
    brier: float
    ece: float
    confusion: FloatArray
    class_precision: FloatArray
    class_recall: FloatArray
    class_f1: FloatArray


def evaluate(
    labels: ArrayLike,
    probabilities: ArrayLike,
    threshold: float = 0.5,
    *,
    weights: ArrayLike | None = None,
    logits: ArrayLike | None = None,
) -> Performance:
    """Return the figures of predicted probabilities.

    Parameters
    ----------
    labels : (n,) int array
        Classes 0..K-1.
    probabilities : (n,) or (n, K) array
        The probability of class 1, or of every class.
    threshold : float
        Class 1 is predicted where its probability is at least this; two classes only.
    weights : (n,) array, optional
        How much each row counts.
    logits : array, optional
        In the shape of the probabilities. The log loss is then computed from them, and is finite
        where a probability was merely rounded to 0 or 1.

    Raises
    ------
    ValueError
        If labels, probabilities or weights are impossible.

    Examples
    --------
    >>> figures = evaluate([0, 0, 1, 1], [0.1, 0.6, 0.6, 0.9])
    >>> figures.accuracy, figures.auc, figures.precision
    (0.75, 0.875, 0.6666666666666666)
    """
    y, p, w = checked(labels, probabilities, weights)
    if p.ndim == 1:
        cells = pool_ties(BinaryForecast(y == 1, p, w))
        table = _count(y, (p >= threshold).astype(np.int64), 2, w)
        losses = (
            SCORES["log_loss"].mean(cells.values, cells.positive, cells.weight)
            if logits is None
            else _cross_entropy(y, logits, w),
            SCORES["brier"].mean(cells.values, cells.positive, cells.weight),
            binned_error(cells, 15),
        )
        return _figures(y, threshold, table, area_under_roc(cells), losses)
    k = p.shape[1]
    best = p.argmax(axis=1)
    confidence = BinaryForecast(best == y, p[np.arange(len(y)), best], w)
    surprise = log_loss(y, p, w) if logits is None else _cross_entropy(y, logits, w)
    losses = surprise, brier_score(y, p, w), binned_error(pool_ties(confidence), 15)
    areas = [area_under_roc(pool_ties(BinaryForecast(y == c, p[:, c], w))) for c in range(k)]
    return _figures(y, threshold, _count(y, best, k, w), _mean_of_known(np.array(areas)), losses)


def performance_of(predictions: Predictions, threshold: float = 0.5) -> Performance:
    """Return the figures of predictions; see `evaluate`.

    The log loss is computed from the logits where those were given.
    """
    return evaluate(
        predictions.labels,
        predictions.probabilities,
        threshold,
        weights=predictions.weights,
        logits=predictions.logits if predictions.given == "logits" else None,
    )


def recorded_performance(
    labels: IntArray,
    probabilities: FloatArray,
    logits: FloatArray,
    weights: FloatArray | None = None,
) -> dict[str, float]:
    """Return the figures that are recorded while training goes on, by name, in one go.

    They are those of `evaluate` at the threshold 1/2 and of `score_decomposition`; two classes,
    for which rows are sorted once and nothing else is worked out, take a third of the time. While
    scipy is postponed miscalibration and discrimination are nan.

    Parameters
    ----------
    labels : (n,) int array
        Classes 0..K-1; n is at least 1.
    probabilities, logits : (n,) or (n, K) arrays
        Of class 1, or of every class; finite.
    weights : (n,) array, optional
        How much each row counts.

    Examples
    --------
    >>> from core.functions import logit
    >>> p = np.array([0.1, 0.6, 0.6, 0.9])
    >>> figures = recorded_performance(np.array([0, 0, 1, 1]), p, logit(p))
    >>> figures["accuracy"], figures["auc"], round(figures["brier"], 3)
    (0.75, 0.875, 0.135)
    """
    split_up = decompose_without_scipy if is_scipy_postponed() else decompose
    if probabilities.ndim == 2:
        scored = evaluate(labels, probabilities, weights=weights, logits=logits)
        parts = split_up(pool_ties(one_forecast(labels, probabilities, weights)), SCORES["brier"])
        names = ("accuracy", "auc", "brier", "log_loss", "ece")
        found = {name: float(getattr(scored, name)) for name in names}
    else:
        forecast = BinaryForecast(labels == 1, probabilities, weights)
        cells = pool_ties(forecast)
        parts = split_up(cells, SCORES["brier"])
        is_right = (probabilities >= 0.5) == forecast.outcomes
        found = {
            "accuracy": float(np.average(is_right, weights=weights)),
            "auc": area_under_roc(cells),
            "brier": parts.score,
            "log_loss": float(np.average(binary_cross_entropy(logits, labels), weights=weights)),
            "ece": bin_error(count(forecast, 15), "l1"),
        }
    found |= {"mcb": parts.miscalibration, "dsc": parts.discrimination, "unc": parts.uncertainty}
    return found


def confusion_matrix(
    labels: ArrayLike,
    predictions: ArrayLike,
    n_classes: int,
    *,
    weights: ArrayLike | None = None,
) -> FloatArray:
    """Return the weight of the rows of each class (row) predicted as each class (column).

    Parameters
    ----------
    labels, predictions : (n,) int arrays
        Classes 0..n_classes-1.
    n_classes : int
        K, how many classes there are, whether they occur or not.
    weights : (n,) array, optional
        How much each row counts.

    Returns
    -------
    (K, K) float64 array

    Raises
    ------
    ValueError
        If a label or a prediction is no class, or shapes disagree.

    Examples
    --------
    >>> confusion_matrix([0, 0, 1], [0, 1, 1], 2)
    array([[1., 1.],
           [0., 1.]])
    """
    y, predicted = checked_labels(labels, n_classes), checked_labels(predictions, n_classes)
    if y.shape != predicted.shape:
        raise ValueError(f"labels {y.shape} do not fit predictions {predicted.shape}")
    return _count(y, predicted, n_classes, checked_weights(weights, len(y)))


def area_under_roc(cells: PooledForecast) -> float:
    """Return the probability that a positive row ranks above a negative one, ties counting half.

    That is the area under the ROC curve (Hanley & McNeil 1982); nan if only one class occurs.
    """
    negative = cells.weight - cells.positive
    positives, negatives = float(cells.positive.sum()), float(negative.sum())
    if positives <= 0.0 or negatives <= 0.0:
        return float("nan")
    below = np.cumsum(negative) - 0.5 * negative
    return float(cells.positive @ below) / (positives * negatives)


def _cross_entropy(y: IntArray, logits: ArrayLike, w: FloatArray | None) -> float:
    """Return the mean log loss of logits, (n,) or (n, K); nan without rows."""
    z = np.asarray(logits, dtype=np.float64)
    if len(z) != len(y) or z.ndim not in (1, 2):
        raise ValueError(f"labels {y.shape} do not fit logits {z.shape}")
    if not len(y) or (w is not None and not w.any()):
        return float("nan")
    loss = binary_cross_entropy(z, y) if z.ndim == 1 else categorical_cross_entropy(z, y)
    return float(np.average(loss, weights=w))


def _count(y: IntArray, predicted: IntArray, k: int, w: FloatArray | None) -> FloatArray:
    """Return the (k, k) confusion matrix."""
    counts = np.bincount(y * k + predicted, weights=w, minlength=k * k)
    return counts.astype(np.float64).reshape(k, k)


def _figures(
    y: IntArray,
    threshold: float,
    table: FloatArray,
    auc: float,
    losses: tuple[float, float, float],
) -> Performance:
    """Return the figures that follow from the confusion matrix, beside the others."""
    hits, actual, predicted = table.diagonal(), table.sum(axis=1), table.sum(axis=0)
    precision, recall = ratio(hits, predicted), ratio(hits, actual)
    f1 = ratio(2.0 * hits, actual + predicted)
    two = len(table) == 2
    return Performance(
        rows=len(y),
        threshold=threshold,
        accuracy=float(ratio(hits.sum(), table.sum())),
        balanced_accuracy=_mean_of_known(recall),
        precision=float(precision[1]) if two else _mean_of_known(precision),
        recall=float(recall[1]) if two else _mean_of_known(recall),
        f1=float(f1[1]) if two else _mean_of_known(f1),
        macro_f1=_mean_of_known(f1),
        auc=auc,
        log_loss=losses[0],
        brier=losses[1],
        ece=losses[2],
        confusion=read_only(table),
        class_precision=read_only(precision),
        class_recall=read_only(recall),
        class_f1=read_only(f1),
    )


def ratio(part: ArrayLike, whole: ArrayLike) -> FloatArray:
    """Return part / whole elementwise, nan where the whole is 0."""
    below = np.asarray(whole, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below > 0.0, np.asarray(part, dtype=np.float64) / below, np.nan)


def _mean_of_known(values: FloatArray) -> float:
    """Return the mean of what is defined; nan if nothing is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
