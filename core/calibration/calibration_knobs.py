"""The knobs of calibration: a calibrator or none, the rows it is fitted on, and the bins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.base.knobs import ChoiceKnob, ChoicesKnob, IntegerKnob, NumberKnob, SwitchKnob, setting
from core.base.registry import Choice, Registry

if TYPE_CHECKING:
    from core.calibration.calibrators import Calibrator

NO_CALIBRATOR = Choice("none", "none")
FITTING_ROWS: Registry[Choice] = Registry(
    "choice of fitting rows",
    [
        Choice("validation", "validation"),
        Choice("cross_fitted", "validation, cross-fitted"),
        Choice("train", "train (leaks)"),
        Choice("test", "test (leaks)"),
    ],
)
BINNINGS: Registry[Choice] = Registry(
    "binning", [Choice("width", "equal width"), Choice("mass", "equal mass")]
)


def calibration_methods() -> Registry[Choice]:
    """Return what can be done to the probabilities: nothing, or any of the calibrators."""
    records = _calibrators().values()
    return Registry("calibrator", [NO_CALIBRATOR, *(Choice(r.name, r.label) for r in records)])


def _calibrators() -> Mapping[str, Calibrator]:
    from core.calibration.calibrators import CALIBRATORS

    return CALIBRATORS


METHOD = ChoiceKnob(
    label="calibrator",
    default="none",
    choices=calibration_methods,
    effect="view",
    help="The map, fitted on the validation part, from the model's probability to a better one.",
)
FITTED_ON = ChoiceKnob(
    label="fitted on",
    default="validation",
    choices=lambda: FITTING_ROWS,
    effect="view",
    advanced=True,
    help="The rows that calibrators are fitted on; with train or test rows they look too good.",
)
FOLDS = IntegerKnob(
    label="folds",
    default=5,
    low=2,
    high=20,
    effect="view",
    only_for=(("calibration.fitted_on", ("cross_fitted",)),),
    advanced=True,
    help="How many folds the validation rows are split into; each map is fitted without one.",
)
BY_HAND = SwitchKnob(
    label="by hand",
    default=False,
    effect="view",
    only_for=(("calibration.method", ("temperature", "platt")),),
    help="Use the calibrator's parameters as set below in place of the fitted ones.",
)
TEMPERATURE = NumberKnob(
    label="temperature",
    default=1.0,
    low=0.01,
    high=100.0,
    scale="log",
    effect="view",
    only_for=(("calibration.method", ("temperature",)), ("calibration.by_hand", (True,))),
    advanced=True,
    help="Divides the logits: above 1 every probability moves towards even odds.",
)
PLATT_A = NumberKnob(
    label="Platt's A",
    default=-1.0,
    low=-20.0,
    high=20.0,
    effect="view",
    only_for=(("calibration.method", ("platt",)), ("calibration.by_hand", (True,))),
    advanced=True,
    help="Minus the factor on the logit: -1 keeps it, values nearer 0 are less confident.",
)
PLATT_B = NumberKnob(
    label="Platt's B",
    default=0.0,
    low=-20.0,
    high=20.0,
    effect="view",
    only_for=(("calibration.method", ("platt",)), ("calibration.by_hand", (True,))),
    advanced=True,
    help="Minus the shift of the logit: below 0 the second class gains, and decisions move.",
)
UNDO_WEIGHTS = SwitchKnob(
    label="undo class weights",
    default=False,
    effect="view",
    only_for=(("data.class_weights", ("balanced", "custom")),),
    advanced=True,
    help="Subtract the log of each class's training weight from its logit.",
)
BASE_RATE = NumberKnob(
    label="base rate in use",
    default=0.0,
    low=0.0,
    high=1.0,
    effect="view",
    advanced=True,
    help="How common one class is where the model will be used; 0 is as in the data.",
)
BASE_CLASS = IntegerKnob(
    label="class of the base rate",
    unit="from 0; −1: last",
    default=-1,
    low=-1,
    high=9999,
    effect="view",
    advanced=True,
    help="The class that the base rate is about, by its number from 0; -1 is the last one.",
)
COMPARED = ChoicesKnob(
    label="compared",
    default=(),
    choices=_calibrators,
    effect="view",
    advanced=True,
    help="More calibrators, drawn beside the chosen one.",
)
BINS = IntegerKnob(
    label="bins",
    default=15,
    low=1,
    high=100,
    effect="view",
    help="More bins show finer detail, and more chance.",
)
BINNING = ChoiceKnob(
    label="binning",
    default="width",
    choices=lambda: BINNINGS,
    effect="view",
    help="Bins of equal width, or bins that hold the same number of rows.",
)


@dataclass(frozen=True, slots=True)
class CalibrationChoices:
    """How probabilities are recalibrated, and how they are binned."""

    method: str = setting(METHOD)
    fitted_on: str = setting(FITTED_ON)
    folds: int = setting(FOLDS)
    by_hand: bool = setting(BY_HAND)
    temperature: float = setting(TEMPERATURE)
    platt_a: float = setting(PLATT_A)
    platt_b: float = setting(PLATT_B)
    undo_weights: bool = setting(UNDO_WEIGHTS)
    base_rate: float = setting(BASE_RATE)
    base_class: int = setting(BASE_CLASS)
    compared: tuple[str, ...] = setting(COMPARED)
    bins: int = setting(BINS)
    binning: str = setting(BINNING)
