"""From a model's logits to the probabilities shown: class weights, calibrator, base rate.

The log of the class weights is taken off the logits, the calibrator is applied, and the
probabilities are moved from the base rate of the data to the target base rate. Each of the three
steps may be missing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.base.arrays import FloatArray, IntArray, read_only
from core.base.errors import UserError
from core.base.memo import Memo, remembered
from core.calibration.calibration_knobs import CalibrationChoices
from core.calibration.calibrators import CALIBRATORS
from core.calibration.calibrators.calibrator import Fitted
from core.calibration.calibrators.cross_fitting import CrossFitted, cross_fit
from core.calibration.calibrators.logistic_maps import Platt
from core.calibration.calibrators.temperature import Temperature
from core.functions.softmax_family import softmax
from core.predictions.predictions import Places, Predictions

NO_METHOD = "none"
CROSS_FITTED = "cross_fitted"
KEEPS_BASE_RATE = (NO_METHOD, "temperature")  # cannot learn another base rate from its rows


@dataclass(frozen=True, slots=True, eq=False)
class Recalibration:
    """The map from the model's logits to the probabilities that are shown.

    Attributes
    ----------
    method : str
        The calibrator's name; "none" without one.
    fitted : Fitted or None
    before : (K,) array
        Added to the class logits before the calibrator.
    after : (K,) array
        Added to the log probabilities after it.
    fitting_rows : (m,) int64 array or None
        The table's rows, all different, for which a cross-fitted calibrator has held-out
        probabilities.
    """

    method: str
    fitted: Fitted | None
    before: FloatArray
    after: FloatArray
    fitting_rows: IntArray | None = None

    def probabilities(self, logits: FloatArray, /) -> FloatArray:
        """Return (n, K) probabilities of (n, K) class logits of rows that were not fitted on."""
        z = logits + self.before if self.before.any() else logits
        if self.fitted is None:
            return self.at_target_rates(softmax(z))
        return self.at_target_rates(self.fitted.probabilities(np.ascontiguousarray(z)))

    def probabilities_of(self, predictions: Predictions, some: slice = slice(None)) -> FloatArray:
        """Return (n, K) probabilities of any rows, or of some of them.

        Of a cross-fitted calibrator each fitting row is judged by the one map that did not see it.
        """
        fitted, fitting_rows = self.fitted, self.fitting_rows
        if fitting_rows is None or not isinstance(fitted, CrossFitted):
            return self.probabilities(np.ascontiguousarray(predictions.logits[some]))
        order, rows = np.argsort(fitting_rows, kind="stable"), predictions.rows[some]
        at = np.searchsorted(fitting_rows, rows, sorter=order)
        places = order[np.minimum(at, len(order) - 1)]
        held_out = fitting_rows[places] == rows
        if held_out.all():
            return self.at_target_rates(fitted.held_out[places])
        p = np.array(self.probabilities(predictions.logits[some]))
        p[held_out] = self.at_target_rates(fitted.held_out[places[held_out]])
        return p

    def at_target_rates(self, probabilities: FloatArray) -> FloatArray:
        """Return (n, K) probabilities moved to the target base rate."""
        return with_base_rates(probabilities, self.after) if self.after.any() else probabilities


def recalibrated(predictions: Predictions, recalibration: Recalibration | None) -> Predictions:
    """Return the same rows with the probabilities that are shown.

    They are computed when they are first asked for; of a part, only its own.
    """
    if recalibration is None:
        return predictions

    def probabilities(places: Places) -> FloatArray:
        return recalibration.probabilities_of(predictions.at(places))

    return replace(predictions, given="probabilities", values=probabilities, memo=Memo())


def fit_recalibration(
    predictions: Predictions, choices: CalibrationChoices
) -> Recalibration | None:
    """Return the map that the choices ask for; None where they change no probability.

    Raises
    ------
    UserError
        Where the rows to fit on do not suffice.
    """
    none = read_only(np.zeros(predictions.n_classes), np.float64)
    before = predictions.log_weight_correction if choices.undo_weights else none
    after = _base_rate_shift(predictions, choices)
    after = none if after is None else after
    if choices.method == NO_METHOD and not before.any() and not after.any():
        return None
    if choices.method == NO_METHOD:
        return Recalibration(NO_METHOD, None, before, after)
    fitted, rows = fit_calibrator(predictions, choices), None
    if isinstance(fitted, CrossFitted):
        rows = predictions.part(fitting_split(choices)).rows
    return Recalibration(choices.method, fitted, before, after, rows)


def changes_probabilities(choices: CalibrationChoices) -> bool:
    """Tell whether anything stands between the model's probabilities and those shown."""
    return choices.method != NO_METHOD or choices.undo_weights or choices.base_rate > 0.0


def fit_calibrator(predictions: Predictions, choices: CalibrationChoices) -> Fitted:
    """Return the calibrator that the choices name: fitted, or with its parameters by hand."""
    if is_manual(choices, predictions.n_classes):
        if choices.method == "temperature":
            return Temperature(choices.temperature)
        return Platt(choices.platt_a, choices.platt_b)
    folds = choices.folds if choices.fitted_on == CROSS_FITTED else 0
    return _fit(predictions, choices.method, fitting_split(choices), folds, choices.undo_weights)


def is_manual(choices: CalibrationChoices, n_classes: int) -> bool:
    """Tell whether the calibrator's parameters are those set by hand: temperature, or Platt of two.

    For other calibrators, and Platt with a map a class, the switch has no meaning.
    """
    by_hand = choices.method == "temperature" or (choices.method == "platt" and n_classes == 2)
    return choices.by_hand and by_hand


def fitting_split(choices: CalibrationChoices) -> str:
    """Return the name of the part that calibrators are fitted on."""
    return "validation" if choices.fitted_on == CROSS_FITTED else choices.fitted_on


def is_judged_on_fitting_rows(choices: CalibrationChoices, split: str, n_classes: int) -> bool:
    """Tell whether a part's rows are those that the calibrator was fitted on.

    It then looks better than it is. Set by hand it was not fitted, and a cross-fitted one judges
    each row by a map that did not see it.
    """
    is_fitted = choices.method != NO_METHOD and not is_manual(choices, n_classes)
    return is_fitted and choices.fitted_on != CROSS_FITTED and fitting_split(choices) == split


def plain_method(choices: CalibrationChoices, method: str) -> CalibrationChoices:
    """Return the choices with another calibrator, fitted and not by hand."""
    return replace(choices, method=method, by_hand=False)


def fitting_logits(predictions: Predictions, choices: CalibrationChoices) -> FloatArray:
    """Return the (n, K) logits that a calibrator is fitted on: class weights undone if chosen."""
    logits = predictions.part(fitting_split(choices)).logits
    return logits + predictions.log_weight_correction if choices.undo_weights else logits


def with_base_rates(probabilities: FloatArray, log_ratios: FloatArray) -> FloatArray:
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


def target_base_rates(rates: FloatArray, base_rate: float, base_class: int = -1) -> FloatArray:
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


def base_rate_ratios(
    rates: FloatArray, base_rate: float, base_class: int = -1
) -> FloatArray | None:
    """Return by what each class becomes more common (K,), 1 where it does not occur.

    None where every class is as common as in the data; see `target_base_rates`.
    """
    moved = target_base_rates(rates, base_rate, base_class)
    if moved is rates:
        return None
    return np.asarray(np.where(rates > 0.0, moved / np.where(rates > 0.0, rates, 1.0), 1.0))


@remembered(most=16)
def _fit(predictions: Predictions, method: str, split: str, folds: int, undo: bool) -> Fitted:
    part, record = predictions.part(split), CALIBRATORS[method]
    logits = part.logits + predictions.log_weight_correction if undo else part.logits
    if predictions.given == "logits" and not np.isfinite(logits).all():
        raise UserError(
            f"The calibrator {record.label} was not fitted.",
            "The model's logits are no longer finite.",
            "Lower the learning rate and train again.",
        )
    if folds:
        return cross_fit(record, logits, part.labels, part.weights, folds=folds)
    return record.fit(logits, part.labels, part.weights)


def _base_rate_shift(predictions: Predictions, choices: CalibrationChoices) -> FloatArray | None:
    """Return the log of how much more common each class becomes, (K,); None where none does."""
    if not choices.base_rate:
        return None
    learnt = training_base_rates(predictions)
    if not choices.undo_weights and choices.method in KEEPS_BASE_RATE:
        weights = predictions.class_weights
        learnt = learnt * weights / (learnt @ weights)
    ratios = base_rate_ratios(learnt, choices.base_rate, choices.base_class)
    if ratios is None:
        return None
    with np.errstate(divide="ignore"):
        return read_only(np.log(ratios), np.float64)


@remembered(most=1)
def training_base_rates(predictions: Predictions) -> FloatArray:
    """Return the shares of the classes (K,) in the train part; in all rows where there is none."""
    has_train = "train" in predictions.splits
    return predictions.part("train").base_rates if has_train else predictions.base_rates
