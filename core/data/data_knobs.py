"""The knobs of the data: which rows there are, and how they are split, scaled and weighted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.base.knobs import (
    ChoiceKnob,
    ColumnKnob,
    ColumnsKnob,
    FileKnob,
    IntegerKnob,
    NumberKnob,
    NumbersKnob,
    PointsKnob,
    ReadOptionsKnob,
    SourceKnob,
    SwitchKnob,
    TextKnob,
    setting,
)
from core.base.registry import Named


def _generators() -> tuple[object, ...]:
    from core.data.generators import GENERATORS

    return tuple(GENERATORS)


def _sources() -> Mapping[str, Named]:
    from core.data.gallery import sources

    return sources()


def _scalings() -> Mapping[str, Named]:
    from core.data.scaling import SCALINGS

    return SCALINGS


def _missing() -> Mapping[str, Named]:
    from core.data.missing_values import MISSING

    return MISSING


def _class_weights() -> Mapping[str, Named]:
    from core.data.class_weights import CLASS_WEIGHTS

    return CLASS_WEIGHTS


SOURCE = SourceKnob(
    label="data set",
    default="two_moons",
    choices=_sources,
    continuing=("painted",),
    help="Where the rows come from: drawn by a formula, a bundled table, or your own file.",
)
PATH = FileKnob(
    label="file",
    default="",
    help="The table on your disk.",
    only_for=(("data.source", ("file",)),),
)
TARGET = ColumnKnob(
    label="target column",
    default="",
    help="The column that the model learns to predict; empty lets Credence guess.",
    only_for=(("data.source", ("file",)),),
)
FEATURES = ColumnsKnob(
    label="feature columns",
    default=(),
    advanced=True,
    help="The columns that the model sees; an empty list means every usable one.",
)
READING = ReadOptionsKnob(
    label="reading",
    default="",
    help="How the file is read where your word differs from the guess, as JSON.",
    only_for=(("data.source", ("file",)),),
)
TARGET_BINS = IntegerKnob(
    label="target bins",
    default=0,
    low=0,
    high=10,
    advanced=True,
    help="A numeric target is split at its quantiles into this many classes; "
    "0 takes each value as a class.",
    only_for=(("data.source", ("file",)),),
)
MERGE_LABELS = SwitchKnob(
    label="merge similar labels",
    default=False,
    advanced=True,
    help="Labels that differ only in capitals, blanks or letters drawn alike make one class.",
    only_for=(("data.source", ("file",)),),
)
SPLIT_COLUMN = TextKnob(
    label="split column",
    default="",
    advanced=True,
    help="A column that says which rows are train, validation and test; empty draws them.",
    only_for=(("data.source", ("file",)),),
)
WEIGHT_COLUMN = TextKnob(
    label="weight column",
    default="",
    advanced=True,
    help="A column of sample weights; empty counts every row once.",
    only_for=(("data.source", ("file",)),),
)
PAINTED = PointsKnob(
    label="painted points",
    default=(),
    most=5_000,
    classes=8,
    effect="rows",
    help="The points that you painted; the model keeps its weights while you paint.",
    only_for=(("data.source", ("painted",)),),
)
ROWS = IntegerKnob(
    label="rows",
    default=500,
    low=20,
    high=100_000,
    scale="log",
    effect="rows",
    help="More rows leave less to chance: the curves calm down and the bands narrow.",
    only_for=(("data.source", _generators),),
)
NOISE = NumberKnob(
    label="noise",
    default=0.45,
    low=0.0,
    high=1.0,
    effect="rows",
    help="More noise makes the classes overlap, so that no model can be sure there.",
    only_for=(("data.source", _generators),),
)
IMBALANCE = NumberKnob(
    label="imbalance",
    default=0.0,
    low=0.0,
    high=0.98,
    effect="rows",
    advanced=True,
    help="Towards 1 the first class crowds out the others, and accuracy begins to flatter.",
)
LABEL_FLIPS = NumberKnob(
    label="label flips",
    default=0.0,
    low=0.0,
    high=0.5,
    effect="rows",
    advanced=True,
    help="This share of the labels is wrong, so that a sure model must sometimes be wrong.",
)
TRAIN = NumberKnob(
    label="train share",
    default=0.6,
    low=0.05,
    high=0.9,
    effect="rows",
    reloads=False,
    advanced=True,
    help="The share of the rows that the model learns from.",
)
VALIDATION = NumberKnob(
    label="validation share",
    default=0.2,
    low=0.05,
    high=0.9,
    effect="rows",
    reloads=False,
    advanced=True,
    help="The share of the rows that calibrators are fitted on; what remains is the test part.",
)
SCALING = ChoiceKnob(
    label="scaling",
    default="standard",
    choices=_scalings,
    reloads=False,
    advanced=True,
    help="Putting the columns on one scale rounds the loss bowl, so that training goes faster.",
)
MISSING = ChoiceKnob(
    label="missing values",
    default="drop",
    choices=_missing,
    reloads=False,
    advanced=True,
    help="What is done where a cell is empty.",
)
CLASS_WEIGHTS = ChoiceKnob(
    label="class weights",
    default="none",
    choices=_class_weights,
    effect="rows",
    reloads=False,
    advanced=True,
    help="Weighting rare classes up finds more of them, but shifts every probability.",
)
CUSTOM_WEIGHTS = NumbersKnob(
    label="weights by class",
    default=(),
    low=1e-3,
    high=1e3,
    effect="rows",
    reloads=False,
    advanced=True,
    help="One weight for each class, in the order of the legend.",
    only_for=(("data.class_weights", ("custom",)),),
)
SEED = IntegerKnob(
    label="data seed",
    default=0,
    low=0,
    high=999_999,
    effect="rows",
    advanced=True,
    help="Another seed draws other rows of the same kind and splits them anew.",
)


@dataclass(frozen=True, slots=True)
class DataChoices:
    """Which rows the model learns from, and how they are split, scaled and weighted."""

    source: str = setting(SOURCE)
    path: str = setting(PATH)
    target: str = setting(TARGET)
    features: tuple[str, ...] = setting(FEATURES)
    reading: str = setting(READING)
    target_bins: int = setting(TARGET_BINS)
    merge_labels: bool = setting(MERGE_LABELS)
    split_column: str = setting(SPLIT_COLUMN)
    weight_column: str = setting(WEIGHT_COLUMN)
    painted: tuple[tuple[float, float, int], ...] = setting(PAINTED)
    rows: int = setting(ROWS)
    noise: float = setting(NOISE)
    imbalance: float = setting(IMBALANCE)
    label_flips: float = setting(LABEL_FLIPS)
    train: float = setting(TRAIN)
    validation: float = setting(VALIDATION)
    scaling: str = setting(SCALING)
    missing: str = setting(MISSING)
    class_weights: str = setting(CLASS_WEIGHTS)
    custom_weights: tuple[float, ...] = setting(CUSTOM_WEIGHTS)
    seed: int = setting(SEED)
