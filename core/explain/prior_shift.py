"""The shift of the logits that class weights or another base rate cause, estimated from rows."""

from __future__ import annotations

import numpy as np

from core.base.arrays import FloatArray, IntArray
from core.functions.softmax_family import softmax

STEPS = 50


def log_odds_shifts(
    logits: FloatArray, labels: IntArray, weights: FloatArray | None = None
) -> tuple[FloatArray, FloatArray]:
    """Return what must be added to each logit against the first class's, and its standard error.

    The maximum-likelihood intercepts of a multinomial regression with the logits as an offset, by
    Newton's method; for two classes the calibration intercept in the large. Standard errors are
    those of the inverse information matrix.

    Parameters
    ----------
    logits : (n, K) array
    labels : (n,) int array
    weights : (n,) array, optional
        How much each row counts; they tell as much as (sum w)^2 / sum w^2 rows (Kish 1965).

    Returns
    -------
    shift, error : (K - 1,) arrays
        nan where a class has no rows or the logits are not finite.

    Examples
    --------
    >>> shift, _ = log_odds_shifts(np.zeros((4, 2)), np.array([0, 1, 1, 1]))
    >>> bool(abs(shift[0] - np.log(3.0)) < 1e-12)
    True
    """
    k = logits.shape[1]
    unknown = np.full(k - 1, np.nan)
    w = np.ones(len(labels)) if weights is None else weights / max(weights.max(initial=0.0), 1e-300)
    total = max(float(w.sum()), 1e-300)
    share = w / total
    seen = np.asarray(np.bincount(labels, weights=share, minlength=k), dtype=np.float64)
    if not (seen > 0.0).all() or not np.isfinite(logits).all():
        return unknown, unknown
    shift = np.zeros(k)
    for _ in range(STEPS):
        p = softmax(logits + shift)
        gradient, information = _slopes(p, seen, share)
        try:
            step = np.linalg.solve(information, gradient)
        except np.linalg.LinAlgError:
            return unknown, unknown
        step *= min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-300))  # far off, step by step
        shift[1:] += step
        if np.abs(step).max() <= 1e-12:
            break
    information = _slopes(softmax(logits + shift), seen, share)[1]
    variance = np.linalg.pinv(information / float(share @ share)).diagonal()
    return shift[1:], np.sqrt(np.maximum(variance, 0.0))


def _slopes(p: FloatArray, seen: FloatArray, share: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return gradient (K - 1,) and information (K - 1, K - 1) of the mean log likelihood."""
    mean = share @ p
    information = np.diag(mean) - (p.T * share) @ p
    return (seen - mean)[1:], information[1:, 1:]
