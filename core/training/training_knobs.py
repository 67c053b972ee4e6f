"""The knobs of training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.base.knobs import ChoiceKnob, IntegerKnob, NumberKnob, SwitchKnob, setting
from core.base.registry import Choice, Named, Registry


def _losses() -> Mapping[str, Named]:
    from core.functions.losses import LOSSES

    return LOSSES


def _optimizers() -> Mapping[str, Named]:
    from core.training.optimizers import OPTIMIZERS

    return OPTIMIZERS


def _schedules() -> Mapping[str, Named]:
    from core.training.schedules import SCHEDULES

    return SCHEDULES


def _penalties() -> Mapping[str, Named]:
    from core.functions.penalties import PENALTIES

    return PENALTIES


def _optimizers_with(hyperparameter: str) -> Callable[[], tuple[str, ...]]:
    """Return a function that names the optimisers that use a hyperparameter."""

    def names() -> tuple[str, ...]:
        from core.training.optimizers import OPTIMIZERS

        return tuple(one.name for one in OPTIMIZERS.values() if hyperparameter in one.uses)

    return names


def _schedules_with_length() -> tuple[str, ...]:
    from core.training.schedules import SCHEDULES

    return tuple(one.name for one in SCHEDULES.values() if one.uses_length)


def _penalties_with_strength() -> tuple[str, ...]:
    from core.functions.penalties import PENALTIES

    return tuple(one.name for one in PENALTIES.values() if one.uses_strength)


_PRECISIONS: Registry[Choice] = Registry(
    "precision",
    [Choice("float32", "float32 (faster)"), Choice("float64", "float64 (finer)")],
)

LEARNING_RATE = NumberKnob(
    label="learning rate",
    default=0.1,
    low=1e-6,
    high=100.0,
    scale="log",
    effect="live",
    help="Higher moves faster, until the steps overshoot and the loss jumps or diverges.",
)
BATCH_SIZE = IntegerKnob(
    label="batch size",
    default=10,
    low=1,
    high=1_000_000,
    scale="log",
    unit="rows",
    effect="live",
    help="Larger batches give a calmer but costlier step; beyond the rows there are, all are used.",
)
LOSS = ChoiceKnob(
    label="loss",
    default="cross_entropy",
    choices=_losses,
    help="What training lowers: cross-entropy learns fast from confident mistakes, "
    "squared error slowly.",
)
OPTIMIZER = ChoiceKnob(
    label="optimiser",
    default="sgd",
    choices=_optimizers,
    help="The rule that turns gradients into steps.",
)
MOMENTUM = NumberKnob(
    label="momentum",
    default=0.9,
    low=0.0,
    high=0.999,
    effect="live",
    help="How much of the last step is kept: higher rolls through flat valleys, and overshoots.",
    only_for=(("training.optimizer", _optimizers_with("momentum")),),
)
DECAY_RATE = NumberKnob(
    label="decay rate",
    default=0.9,
    low=0.5,
    high=0.9999,
    effect="live",
    help="How slowly the running mean of squared gradients forgets; higher gives steadier steps.",
    only_for=(("training.optimizer", _optimizers_with("decay_rate")),),
)
BETA2 = NumberKnob(
    label="beta 2",
    default=0.999,
    low=0.5,
    high=0.99999,
    effect="live",
    help="How slowly Adam's mean of squared gradients forgets; higher gives steadier steps.",
    only_for=(("training.optimizer", _optimizers_with("beta2")),),
)
WEIGHT_DECAY = NumberKnob(
    label="weight decay",
    default=1e-4,
    low=1e-8,
    high=0.1,
    scale="log",
    effect="live",
    help="AdamW shrinks every weight by this share at every step, apart from the gradient.",
    only_for=(("training.optimizer", _optimizers_with("weight_decay")),),
)
SCHEDULE = ChoiceKnob(
    label="schedule",
    default="constant",
    choices=_schedules,
    effect="live",
    advanced=True,
    help="How the learning rate changes as training goes on.",
)
SCHEDULE_EPOCHS = NumberKnob(
    label="schedule length",
    default=50.0,
    low=1.0,
    high=100_000.0,
    scale="log",
    unit="epochs",
    effect="live",
    advanced=True,
    help="Epochs until the learning rate is halved, or until the cosine reaches zero.",
    only_for=(("training.schedule", _schedules_with_length),),
)
PENALTY = ChoiceKnob(
    label="penalty",
    default="none",
    choices=_penalties,
    effect="live",
    help="L2 pulls all weights towards zero; L1 sets the useless ones to zero.",
)
PENALTY_STRENGTH = NumberKnob(
    label="penalty strength",
    default=0.001,
    low=1e-7,
    high=10.0,
    scale="log",
    effect="live",
    help="Higher keeps the weights smaller and the boundary smoother.",
    only_for=(("training.penalty", _penalties_with_strength),),
)
EARLY_STOPPING = SwitchKnob(
    label="early stopping",
    default=False,
    effect="live",
    advanced=True,
    help="Training stops when validation loss has stopped falling, and the best step is restored.",
)
PATIENCE = IntegerKnob(
    label="patience",
    default=20,
    low=1,
    high=10_000,
    scale="log",
    unit="epochs",
    effect="live",
    advanced=True,
    help="How many epochs without a better validation loss are waited for.",
    only_for=(("training.early_stopping", (True,)),),
)
STOP_EPOCH = IntegerKnob(
    label="stop at epoch",
    default=0,
    low=0,
    high=10_000_000,
    scale="log",
    effect="live",
    advanced=True,
    help="Training pauses by itself at this epoch; 0 lets it run on.",
)
PRECISION = ChoiceKnob(
    label="precision",
    default="float32",
    choices=lambda: _PRECISIONS,
    advanced=True,
    help="How many digits the compiled engine computes with; the numpy engine always has float64.",
)


@dataclass(frozen=True, slots=True)
class TrainingChoices:
    """How the parameters move: loss, optimiser, learning rate, batches, penalty, stopping."""

    learning_rate: float = setting(LEARNING_RATE)
    batch_size: int = setting(BATCH_SIZE)
    loss: str = setting(LOSS)
    optimizer: str = setting(OPTIMIZER)
    momentum: float = setting(MOMENTUM)
    decay_rate: float = setting(DECAY_RATE)
    beta2: float = setting(BETA2)
    weight_decay: float = setting(WEIGHT_DECAY)
    schedule: str = setting(SCHEDULE)
    schedule_epochs: float = setting(SCHEDULE_EPOCHS)
    penalty: str = setting(PENALTY)
    penalty_strength: float = setting(PENALTY_STRENGTH)
    early_stopping: bool = setting(EARLY_STOPPING)
    patience: int = setting(PATIENCE)
    stop_epoch: int = setting(STOP_EPOCH)
    precision: str = setting(PRECISION)
