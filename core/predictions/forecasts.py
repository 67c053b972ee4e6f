"""Binary forecasts: outcomes, probabilities and weights, checked once.

With two classes there is one probability a row, that of class 1, and the outcome is the label. With
K > 2 classes a *view* says which binary forecast is judged (Gupta & Ramdas 2022, section 2):

- ``"confidence"``: the largest probability, and whether that class was right (Guo et al. 2017);
- ``k``, an integer: the probability of class k, and whether the label is k (one-vs-rest);
- ``"class-wise"``: every class in turn, averaged (Kull et al. 2019, equation 3);
- ``"top-label"``: confidence among the rows predicted k, for every k, averaged by their weight.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.base.arrays import FloatArray, IntArray
from core.base.errors import InputError, UserError

ForecastKind = str | int | None

_BITS_OF_ONE = np.float64(1.0).view(np.uint64)
VIEWS = ("confidence", "class-wise", "top-label")


@dataclass(frozen=True, slots=True, eq=False)
class BinaryForecast:
    """Binary forecasts and what happened.

    Parameters
    ----------
    outcomes : (n,) bool array
        Whether it happened.
    probabilities : (n,) float64 array
        The probability given to it, in [0, 1].
    weights : (n,) float64 array or None
        How much each row counts; None means 1 each.
    share : float
        This forecast's part in the average over a view's forecasts; the shares sum to 1.
    of_class : int
        The class it is about; -1 if it is about whichever was predicted.
    """

    outcomes: NDArray[np.bool_]
    probabilities: FloatArray
    weights: FloatArray | None = None
    share: float = 1.0
    of_class: int = -1


def checked(
    labels: ArrayLike, probabilities: ArrayLike, weights: ArrayLike | None = None
) -> tuple[IntArray, FloatArray, FloatArray | None]:
    """Return labels, probabilities and weights as arrays, or say which of them is impossible.

    Two columns are reduced to the second one, the probability of class 1.

    Parameters
    ----------
    labels : (n,) array of int or bool
        The class of each row, 0..K-1.
    probabilities : (n,) or (n, K) array
        The probability of class 1, or of every class.
    weights : (n,) array, optional
        How much each row counts; at least 0.

    Raises
    ------
    InputError
        If shapes disagree, a label is no class, a probability lies outside [0, 1] or is NaN, a row
        of probabilities does not sum to 1 within 1e-6, or a weight is negative or not finite.
    """
    p = as_class_rows(probabilities, "probabilities")
    y = checked_labels(labels, 2 if p.ndim == 1 else p.shape[1])
    if len(p) != len(y):
        raise InputError(f"The labels, {len(y)}, do not fit {len(p)} rows of probabilities.")
    if not _within_unit(p):
        raise InputError("The probabilities must lie in [0, 1], none of them NaN.")
    if p.ndim == 2:
        if p.size and np.abs(p.sum(axis=1) - 1.0).max() > 1e-6:
            raise InputError("Each row of probabilities must sum to 1.")
        if p.shape[1] == 2:
            p = np.ascontiguousarray(p[:, 1])
    return y, p, checked_weights(weights, len(y))


def as_floats(values: ArrayLike, what: str) -> FloatArray:
    """Return numbers as a float64 array.

    Raises
    ------
    InputError
        If they are none.
    """
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"The {what} are not numbers.", str(error)) from error


def as_class_rows(values: ArrayLike, what: str) -> FloatArray:
    """Return (n,) or (n, K) float64 numbers: of class 1, or of every class.

    Raises
    ------
    InputError
        If they have another shape, fewer than two columns, or are no numbers.
    """
    given = as_floats(values, what)
    if given.ndim not in (1, 2) or (given.ndim == 2 and given.shape[1] < 2):
        mend = "Give one a row, or one column for each of at least two classes."
        raise InputError(f"The {what} have the shape {given.shape}.", "", mend)
    return given


def _within_unit(p: FloatArray) -> bool:
    """Tell whether every number lies in [0, 1].

    Read as whole numbers without a sign, the bits of what lies in [0, 1] are at most those of 1.0,
    and those of NaN and of what has a sign are larger: one pass, but for -0.0.
    """
    if not p.size or (p.flags.c_contiguous and p.view(np.uint64).max() <= _BITS_OF_ONE):
        return True
    return bool(p.min() >= 0.0 and p.max() <= 1.0)


def checked_labels(labels: ArrayLike, n_classes: int) -> IntArray:
    """Return (n,) integer labels that lie in 0..n_classes - 1.

    Raises
    ------
    InputError
        If they are not integers in that range, or not one-dimensional.
    """
    y = np.asarray(labels)
    if y.ndim != 1:
        raise InputError(f"The labels have the shape {y.shape}.", "", "Give one a row.")
    if y.dtype.kind not in "bui":
        numbers = as_floats(y, "labels")
        y = numbers.astype(np.int64) if np.isfinite(numbers).all() else np.full(len(y), -1)
        if not np.array_equal(y, numbers):
            raise InputError("The labels must be whole numbers.")
    y = y.astype(np.int64, copy=False)
    # Read without its sign, a negative number is a very large one.
    if y.view(np.uint64).max(initial=0) >= n_classes:
        raise InputError(
            f"The labels must lie in 0 to {n_classes - 1}.", f"There are {n_classes} classes."
        )
    return y


def checked_weights(weights: ArrayLike | None, n: int) -> FloatArray | None:
    """Return (n,) weights, or None where there are none.

    Raises
    ------
    InputError
        If a weight is negative or not finite, or there are not n of them.
    """
    if weights is None:
        return None
    w = as_floats(weights, "weights")
    if w.shape != (n,):
        raise InputError(f"The weights have the shape {w.shape}, for {n} rows.")
    if w.size and not (w.min() >= 0.0 and w.max() < np.inf):
        raise InputError("The weights must be finite and at least 0.")
    return w


def most_probable_class(probabilities: FloatArray) -> IntArray:
    """Return the (n,) most probable class; for two classes, class 1 from p = 0.5 on."""
    if probabilities.ndim == 1:
        return (probabilities >= 0.5).astype(np.int64)
    best: IntArray = probabilities.argmax(axis=1)
    return best


def forecasts(
    labels: ArrayLike,
    probabilities: ArrayLike,
    weights: ArrayLike | None = None,
    view: ForecastKind = None,
) -> list[BinaryForecast]:
    """Return the binary forecasts that a view of the classes judges, with their shares.

    Parameters
    ----------
    labels, probabilities, weights
        As `checked` takes them.
    view : {"confidence", "class-wise", "top-label"}, int or None
        See the module's text. None means class 1 for two classes, confidence for more.

    Raises
    ------
    UserError
        If there is no such view.
    InputError
        As `checked`.

    Examples
    --------
    >>> [forecast] = forecasts([1, 0], [[0.1, 0.7, 0.2], [0.3, 0.6, 0.1]])
    >>> forecast.outcomes, forecast.probabilities
    (array([ True, False]), array([0.7, 0.6]))
    """
    y, p, w = checked(labels, probabilities, weights)
    if view is None:
        view = 1 if p.ndim == 1 else "confidence"
    columns = np.column_stack((1.0 - p, p)) if p.ndim == 1 and view != 1 else p
    if isinstance(view, int):
        return [_one_class(y, columns, w, view)]
    if view not in VIEWS:
        raise UserError(
            f"There is no view named {view!r}.",
            "",
            f"Choose one of: {', '.join(VIEWS)}, or a class by its number.",
        )
    if view == "class-wise":
        k = columns.shape[1]
        return [_one_class(y, columns, w, c, 1.0 / k) for c in range(k)]
    best = most_probable_class(p)
    confidence = BinaryForecast(best == y, columns[np.arange(len(y)), best], w)
    return [confidence] if view == "confidence" else _by_prediction(confidence, best)


def one_forecast(
    labels: ArrayLike,
    probabilities: ArrayLike,
    weights: ArrayLike | None = None,
    view: ForecastKind = None,
) -> BinaryForecast:
    """Return the single forecast of a view that has one: a class, or confidence.

    Raises
    ------
    UserError
        If the view has several forecasts or does not exist.
    InputError
        As `checked`.
    """
    if view in ("class-wise", "top-label"):
        raise UserError(
            f"The view {view!r} has one curve a class.", "", "Ask for one class by its number."
        )
    return forecasts(labels, probabilities, weights, view)[0]


def _one_class(
    y: IntArray, p: FloatArray, w: FloatArray | None, k: int, share: float = 1.0
) -> BinaryForecast:
    """Return the one-vs-rest forecast of class k."""
    if p.ndim == 1:
        return BinaryForecast(y == 1, p, w, share, 1)
    if not 0 <= k < p.shape[1]:
        raise UserError(f"There is no class {k}.", f"There are {p.shape[1]}, from 0.")
    return BinaryForecast(y == k, np.ascontiguousarray(p[:, k]), w, share, k)


def _by_prediction(confidence: BinaryForecast, best: IntArray) -> list[BinaryForecast]:
    """Split a confidence forecast by the class predicted; shares are parts of the weight."""
    w = confidence.weights
    total = float(len(best)) if w is None else float(w.sum())
    parts = []
    for k in np.unique(best):
        rows = best == k
        part = None if w is None else w[rows]
        share = float(rows.sum()) if part is None else float(part.sum())
        right, p = confidence.outcomes[rows], confidence.probabilities[rows]
        parts.append(BinaryForecast(right, p, part, share / total, int(k)))
    return parts
