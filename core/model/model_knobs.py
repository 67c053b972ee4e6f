"""The knobs of the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.base.knobs import ChoiceKnob, IntegerKnob, SizesKnob, SwitchKnob, setting
from core.base.registry import Named


def _activations() -> Mapping[str, Named]:
    from core.functions.activations import ACTIVATIONS

    return ACTIVATIONS


def _heads() -> Mapping[str, Named]:
    from core.functions.heads import HEADS

    return HEADS


def _initialisations() -> Mapping[str, Named]:
    from core.model.initialisation import INITIALISATIONS

    return INITIALISATIONS


HIDDEN = SizesKnob(
    label="hidden layers",
    default=(8, 8),
    most=32,
    widest=1024,
    help="More or wider layers bend the boundary more; with none this is logistic regression.",
)
ACTIVATION = ChoiceKnob(
    label="activation",
    default="tanh",
    choices=_activations,
    help="The curve each hidden unit puts its weighted sum through.",
)
HEAD = ChoiceKnob(
    label="output",
    default="sigmoid",
    choices=_heads,
    help="One logit through a sigmoid, or a logit for each class through softmax; "
    "more than two classes always use softmax.",
)
BATCH_NORM = SwitchKnob(
    label="batch normalisation",
    default=False,
    advanced=True,
    help="Each hidden unit's input is standardised within its batch, which steadies deep networks.",
)
INITIALISATION = ChoiceKnob(
    label="first weights",
    default="glorot",
    choices=_initialisations,
    advanced=True,
    help="How the first weights are drawn; all zero keeps hidden units identical for ever.",
)
SEED = IntegerKnob(
    label="seed",
    default=0,
    low=0,
    high=999_999,
    advanced=True,
    help="Another seed draws other first weights and another order of the rows.",
)


@dataclass(frozen=True, slots=True)
class ModelChoices:
    """The network: layers, activation, output and first parameters."""

    hidden: tuple[int, ...] = setting(HIDDEN)
    activation: str = setting(ACTIVATION)
    head: str = setting(HEAD)
    batch_norm: bool = setting(BATCH_NORM)
    initialisation: str = setting(INITIALISATION)
    seed: int = setting(SEED)
