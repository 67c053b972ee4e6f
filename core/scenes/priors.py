"""Class weights and base rates: the shift of the logits they predict, and the one observed."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from core.base.arrays import SPLITS, Codes, Floats, read_only
from core.calibration.scores import log_loss
from core.experiment.view import View
from core.functions.softmax_family import softmax
from core.run.recalibration import (
    Model,
    base_class_of,
    base_rates,
    part_probabilities,
    rates_in_use,
)
from core.run.run import Run
from core.training.problem import TrainState

STEPS = 50
NORMAL_90 = 1.6448536269514722  # the 95 % quantile of the standard normal


@dataclass(frozen=True, slots=True, eq=False)
class PriorsScene:
    """What the page of weights and base rates shows.

    Attributes
    ----------
    classes : tuple of str
    weights : (K,) array
        Class weights in training; all equal where there are none.
    predicted : (K - 1,) array
        How much too high the weights make each class's logit against the first class's: the log of
        their ratio.
    observed, error : (K - 1,) arrays
        The shift found on the part looked at, and the half width of its 90 % interval; nan where a
        class is missing.
    rates : (K,) array
        The shares of the classes in that part.
    base_rate : float
        In use; 0 is as in the data.
    base_class : int
        The class it is about; the others keep their proportions.
    in_use : (K,) array
        The shares of the classes in use.
    undone : bool
        Whether the weights are undone.
    log_losses : (raw, corrected)
        On that part, of the model's probabilities and with the weights undone.
    split : str
    """

    classes: tuple[str, ...]
    weights: Floats
    predicted: Floats
    observed: Floats
    error: Floats
    rates: Floats
    base_rate: float
    base_class: int
    in_use: Floats
    undone: bool
    log_losses: tuple[float, float]
    split: str

    @property
    def is_weighted(self) -> bool:
        """Whether the classes counted unequally in training."""
        return bool(np.ptp(self.weights) > 1e-12 * float(self.weights.max()))


def priors_scene(run: Run, state: TrainState, view: View) -> PriorsScene:
    """Return what the page of weights and base rates shows at a state."""
    model, code = Model.at(run, state), SPLITS.index(view.split)
    prepared, choices = run.prepared, run.experiment.calibration
    shift, error, log_losses = _found(model, code)
    logs, rates = np.log(prepared.class_weights), base_rates(prepared, code)
    return PriorsScene(
        classes=prepared.classes,
        weights=prepared.class_weights,
        predicted=read_only(logs[1:] - logs[0], np.float64),
        observed=read_only(-shift, np.float64),
        error=read_only(NORMAL_90 * error, np.float64),
        rates=rates,
        base_rate=choices.base_rate,
        base_class=base_class_of(choices.base_class, len(prepared.classes)),
        in_use=read_only(rates_in_use(rates, choices.base_rate, choices.base_class), np.float64),
        undone=choices.undo_weights,
        log_losses=log_losses,
        split=view.split,
    )


@functools.lru_cache(maxsize=2)
def _found(model: Model, code: int) -> tuple[Floats, Floats, tuple[float, float]]:
    """Return shifts, their errors and both log losses: what no choice of calibration moves."""
    labels, logits = model.labels(code), model.logits(code)
    raw = part_probabilities(model, code, None)
    undone = softmax(logits - np.log(model.prepared.class_weights))
    return *class_shifts(logits, labels), (log_loss(labels, raw), log_loss(labels, undone))


def class_shifts(logits: Floats, labels: Codes) -> tuple[Floats, Floats]:
    """Return what must be added to each logit against the first class's, and its standard error.

    The maximum-likelihood intercepts of a multinomial regression with the logits as an offset, by
    Newton's method; for two classes the calibration intercept in the large. Standard errors are
    those of the inverse information matrix.

    Parameters
    ----------
    logits : (n, K) array
    labels : (n,) int array

    Returns
    -------
    shift, error : (K - 1,) arrays
        nan where a class has no rows or the logits are not finite.

    Examples
    --------
    >>> shift, _ = class_shifts(np.zeros((4, 2)), np.array([0, 1, 1, 1]))
    >>> bool(abs(shift[0] - np.log(3.0)) < 1e-12)
    True
    """
    k = logits.shape[1]
    unknown = np.full(k - 1, np.nan)
    seen = np.bincount(labels, minlength=k) / max(len(labels), 1)
    if not (seen > 0.0).all() or not np.isfinite(logits).all():
        return unknown, unknown
    shift = np.zeros(k)
    for _ in range(STEPS):
        p = softmax(logits + shift)
        gradient, information = _slopes(p, seen)
        try:
            step = np.linalg.solve(information, gradient)
        except np.linalg.LinAlgError:
            return unknown, unknown
        step *= min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-300))  # far off, step by step
        shift[1:] += step
        if np.abs(step).max() <= 1e-12:
            break
    information = _slopes(softmax(logits + shift), seen)[1]
    variance = np.linalg.pinv(information * len(labels)).diagonal()
    return shift[1:], np.sqrt(np.maximum(variance, 0.0))


def _slopes(p: Floats, seen: Floats) -> tuple[Floats, Floats]:
    """Return gradient (K - 1,) and information (K - 1, K - 1) of the mean log likelihood."""
    mean = p.mean(axis=0)
    information = np.diag(mean) - p.T @ p / len(p)
    return (seen - mean)[1:], information[1:, 1:]
