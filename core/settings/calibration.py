"""The knobs of calibration."""

from __future__ import annotations

from collections.abc import Mapping

from core.knobs import ChoiceKnob, IntegerKnob
from core.registry import Named


def _methods() -> Mapping[str, Named]:
    from core.calibration.choices import METHODS

    return METHODS


def _binnings() -> Mapping[str, Named]:
    from core.calibration.choices import BINNINGS

    return BINNINGS


METHOD = ChoiceKnob(
    label="calibrator",
    default="none",
    choices=_methods,
    effect="view",
    help="The map, fitted on the validation part, from the model's probability to a better one.",
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
    choices=_binnings,
    effect="view",
    help="Bins of equal width, or bins that hold the same number of rows.",
)
