"""The model with what mends its probabilities behind it: undone weights, calibrator, base rate.

A row's class logits lose the log of the class weights, pass the calibrator, and are moved from the
base rate of the data to the one in use. Each of the three may be missing.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

import numpy as np

from core.base.arrays import SPLITS, TRAIN, VALIDATION, Codes, Floats, read_only
from core.base.errors import UserError
from core.calibration.calibration_knobs import CalibrationChoices
from core.calibration.calibrators import CALIBRATORS
from core.calibration.calibrators.calibrator import Fitted
from core.calibration.calibrators.cross_fitting import CrossFitted, cross_fit
from core.calibration.calibrators.logistic_maps import Platt
from core.calibration.calibrators.temperature import Temperature
from core.data.preparing import Prepared
from core.functions.heads import class_logits
from core.functions.softmax_family import softmax
from core.model.architecture import Architecture
from core.run.run import Run
from core.training.engines import logits_at, probabilities_at
from core.training.problem import TrainState

NO_METHOD = "none"
CROSS_FITTED = "cross_fitted"
KEEPS_BASE_RATE = (NO_METHOD, "temperature")  # cannot learn another base rate from its rows


@dataclass(frozen=True, slots=True)
class Model:
    """A network at a step, with the rows it is judged on: what probabilities depend on.

    Attributes
    ----------
    architecture : Architecture
    prepared : Prepared
    state : TrainState
    """

    architecture: Architecture
    prepared: Prepared
    state: TrainState

    @classmethod
    def at(cls, run: Run, state: TrainState) -> Model:
        """Return a run's model at a state."""
        return cls(run.architecture, run.prepared, state)

    def logits(self, code: int) -> Floats:
        """Return the (n, K) class logits of a part's rows, computed once a state."""
        return _logits(self, code)

    def labels(self, code: int) -> Codes:
        """Return the (n,) labels of a part's rows."""
        return _labels(self.prepared, code)


@dataclass(frozen=True, slots=True, eq=False)
class Recalibration:
    """What stands between the model's logits and the probabilities that are shown.

    Attributes
    ----------
    method : str
        The calibrator's name; "none" without one.
    fitted : Fitted or None
    before : (K,) array
        Added to the class logits before the calibrator.
    after : (K,) array
        Added to the log probabilities after it.
    """

    method: str
    fitted: Fitted | None
    before: Floats
    after: Floats

    def probabilities(self, logits: Floats, /) -> Floats:
        """Return (n, K) probabilities of (n, K) class logits."""
        z = logits + self.before if self.before.any() else logits
        if self.fitted is None:
            return self.in_use(softmax(z))
        return self.in_use(self.fitted.probabilities(np.ascontiguousarray(z)))

    def in_use(self, probabilities: Floats) -> Floats:
        """Return (n, K) probabilities moved to the base rate in use."""
        return with_base_rates(probabilities, self.after) if self.after.any() else probabilities


def with_base_rates(probabilities: Floats, log_ratios: Floats) -> Floats:
    """Return p_k r_k / sum_j p_j r_j: the same evidence under other base rates.

    Saerens, Latinne & Decaestecker (2002), "Adjusting the outputs of a classifier to new a priori
    probabilities", equation 2.4, with r_k the new base rate of class k over the old one.

    Parameters
    ----------
    probabilities : (n, K) array
    log_ratios : (K,) array
        ln r_k.

    Examples
    --------
    >>> with_base_rates(np.array([[0.5, 0.5]]), np.log([0.8 / 0.5, 0.2 / 0.5])).round(9).tolist()
    [[0.8, 0.2]]
    """
    joint = probabilities * np.exp(log_ratios - log_ratios.max())
    total = joint.sum(axis=1, keepdims=True)
    return np.asarray(
        np.where(total > 0.0, joint / np.where(total > 0.0, total, 1.0), probabilities)
    )


def recalibration_at(
    run: Run, state: TrainState, choices: CalibrationChoices | None = None
) -> Recalibration | None:
    """Return what the experiment's choices (or others) mend at a state; None where nothing is.

    Raises
    ------
    UserError
        Where the rows to fit on do not suffice.
    """
    chosen = run.experiment.calibration if choices is None else choices
    return fit_recalibration(Model.at(run, state), chosen)


def fit_recalibration(model: Model, choices: CalibrationChoices) -> Recalibration | None:
    """Return what choices mend of a model; see `recalibration_at`."""
    before = (
        log_weight_correction(model.prepared) if choices.undo_weights else _none(model.prepared)
    )
    after = _base_rate_shift(model.prepared, choices)
    if choices.method == NO_METHOD and not before.any() and not after.any():
        return None
    fitted = None
    if choices.method != NO_METHOD:
        fitted = fit_calibrator(model, choices)
    return Recalibration(choices.method, fitted, before, after)


def changes_probabilities(choices: CalibrationChoices) -> bool:
    """Tell whether anything stands between the model's probabilities and those shown."""
    return choices.method != NO_METHOD or choices.undo_weights or choices.base_rate > 0.0


def fit_calibrator(model: Model, choices: CalibrationChoices) -> Fitted:
    """Return the calibrator that the choices name: fitted, or with its parameters by hand."""
    if is_manual(choices, len(model.prepared.classes)):
        if choices.method == "temperature":
            return Temperature(choices.temperature)
        return Platt(choices.platt_a, choices.platt_b)
    folds = choices.folds if choices.fitted_on == CROSS_FITTED else 0
    return _fit(model, choices.method, fitting_split(choices), folds, choices.undo_weights)


def is_manual(choices: CalibrationChoices, n_classes: int) -> bool:
    """Tell whether the calibrator's parameters are those set by hand: temperature, or Platt of two.

    For other calibrators, and Platt with a map a class, the switch has no meaning.
    """
    turned = choices.method == "temperature" or (choices.method == "platt" and n_classes == 2)
    return choices.by_hand and turned


def fitting_split(choices: CalibrationChoices) -> int:
    """Return the part (0 train, 1 validation, 2 test) that calibrators are fitted on."""
    return VALIDATION if choices.fitted_on == CROSS_FITTED else SPLITS.index(choices.fitted_on)


def log_weight_correction(prepared: Prepared) -> Floats:
    """Return what is added to the class logits to undo the training weights of the classes, (K,).

    A model trained with class weights w_k learns probabilities in proportion to w_k P(k | x), so
    that each logit is too high by ln w_k (Elkan 2001, theorem 2).
    """
    return read_only(-np.log(prepared.class_weights / prepared.class_weights.mean()), np.float64)


@functools.lru_cache(maxsize=6)
def base_rates(prepared: Prepared, code: int = TRAIN) -> Floats:
    """Return the share of every class among a part's rows, (K,); nan without rows."""
    counts = np.bincount(prepared.y[prepared.split == code], minlength=len(prepared.classes))
    with np.errstate(invalid="ignore"):
        return read_only(counts / counts.sum(), np.float64)


def target_base_rates(rates: Floats, base_rate: float, base_class: int = -1) -> Floats:
    """Return the shares of the classes (K,) where one of them has another base rate.

    The other classes keep their proportions to each other.

    Parameters
    ----------
    rates : (K,) array
        Shares that sum to 1.
    base_rate : float
        Of that class; 0 keeps the shares, and so do shares that leave it no row or no other class.
    base_class : int
        Which one; a number that is no class stands for the last.

    Examples
    --------
    >>> target_base_rates(np.array([0.5, 0.3, 0.2]), 0.6).round(9).tolist()
    [0.25, 0.15, 0.6]
    """
    k = base_class_of(base_class, len(rates))
    rest = float(np.delete(rates, k).sum())
    if not base_rate or not rest > 0.0 or not rates[k] > 0.0:
        return rates
    moved = rates / rest * (1.0 - base_rate)
    moved[k] = base_rate
    return moved


def base_class_of(base_class: int, n_classes: int) -> int:
    """Return the class that a base rate is about; a number that is no class stands for the last."""
    return base_class if 0 <= base_class < n_classes else n_classes - 1


def base_rate_ratios(rates: Floats, base_rate: float, base_class: int = -1) -> Floats | None:
    """Return by what each class becomes more common (K,), 1 where it does not occur.

    None where every class is as common as in the data; see `target_base_rates`.
    """
    moved = target_base_rates(rates, base_rate, base_class)
    if moved is rates:
        return None
    return np.asarray(np.where(rates > 0.0, moved / np.where(rates > 0.0, rates, 1.0), 1.0))


def part_probabilities(model: Model, code: int, mend: Recalibration | None) -> Floats:
    """Return (n, K) probabilities of a part's rows.

    Of a cross-fitted calibrator each of its own rows is judged by the one map that did not see it.
    """
    if mend is None:
        return probabilities_at(model.architecture, model.state, model.prepared.part(code)[0])
    if isinstance(mend.fitted, CrossFitted) and code == VALIDATION:
        return mend.in_use(mend.fitted.held_out)
    return mend.probabilities(model.logits(code))


def calibrated_at(run: Run, state: TrainState) -> Recalibration | None:
    """Return what mends the probabilities at a state, as the experiment says; None if nothing."""
    return recalibration_at(run, state)


def plain_method(choices: CalibrationChoices, method: str) -> CalibrationChoices:
    """Return the choices with another calibrator, fitted and not by hand."""
    return replace(choices, method=method, by_hand=False)


@functools.lru_cache(maxsize=6)
def _logits(model: Model, code: int) -> Floats:
    logits = logits_at(model.architecture, model.state, model.prepared.part(code)[0])
    return read_only(class_logits(logits), np.float64)


@functools.lru_cache(maxsize=6)
def _labels(prepared: Prepared, code: int) -> Codes:
    return prepared.part(code)[1]


@functools.lru_cache(maxsize=16)
def _fit(model: Model, method: str, code: int, folds: int, undo: bool) -> Fitted:
    logits = model.logits(code)
    if undo:
        logits = logits + log_weight_correction(model.prepared)
    labels = model.labels(code)
    record = CALIBRATORS[method]
    if not np.isfinite(logits).all():
        raise UserError(
            f"The calibrator {record.label} was not fitted.",
            "The model's logits are no longer finite.",
            "Lower the learning rate and train again.",
        )
    if folds:
        return cross_fit(record, logits, labels, folds=folds)
    return record.fit(logits, labels)


def _base_rate_shift(prepared: Prepared, choices: CalibrationChoices) -> Floats:
    learnt = base_rates(prepared)
    if not choices.undo_weights and choices.method in KEEPS_BASE_RATE:
        learnt = learnt * prepared.class_weights / (learnt @ prepared.class_weights)
    ratios = base_rate_ratios(learnt, choices.base_rate, choices.base_class)
    if ratios is None:
        return _none(prepared)
    with np.errstate(divide="ignore"):
        return read_only(np.log(ratios), np.float64)


def _none(prepared: Prepared) -> Floats:
    return read_only(np.zeros(len(prepared.classes)), np.float64)
