"""Prepare a dataset for training: split, impute, encode one-hot, scale and weight.

Everything that is fitted (fill values, shift, scale, the levels that exist) comes from train rows
only. Numbers are scaled, the 0/1 inputs of a category are not; a category with two levels is one
input, with more it is one input a level. The split is stratified and seeded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.base.arrays import TEST, TRAIN, VALIDATION, FloatArray, IntArray, read_only, take_columns
from core.base.errors import UserError
from core.data.class_weights import fit_class_weights, row_weights
from core.data.dataset import Dataset, Feature
from core.data.missing_values import MISSING, OWN_LEVEL, complete_rows, fit_fill
from core.data.scaling import SCALINGS, counted_rows, fit_scaling


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A dataset ready for training; every array is read-only.

    Parameters
    ----------
    inputs : tuple of Input
        One a column of ``X``.
    X : ndarray, shape (n, f)
        Scaled inputs of all kept rows, without missing values.
    y : ndarray, shape (n,)
        int64 labels.
    split : ndarray, shape (n,)
        int8: 0 train, 1 validation, 2 test.
    rows : ndarray, shape (n,)
        Which row of the dataset each one is.
    weights : ndarray, shape (n,)
        Sample weight times class weight, scaled to mean 1 over the train rows.
    classes : tuple of str
    class_weights : ndarray, shape (K,)
        As fitted, before that scaling.
    fill : ndarray, shape (n_features,)
        The value imputed for a missing one, for each raw column.
    notes : tuple of str
        What was left out or altered, in words for the user.
    sample_weights : ndarray, shape (n,), optional
        How much each row counts in every figure: class weights are left out, and nothing is scaled.
    """

    inputs: tuple[Input, ...]
    X: FloatArray
    y: IntArray
    split: NDArray[np.int8]
    rows: IntArray
    weights: FloatArray
    classes: tuple[str, ...]
    class_weights: FloatArray
    fill: FloatArray
    notes: tuple[str, ...] = ()
    sample_weights: FloatArray | None = None

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        for name in ("X", "y", "split", "rows", "weights", "class_weights", "fill"):
            array = getattr(self, name)
            object.__setattr__(self, name, read_only(array, array.dtype.type))
        if self.sample_weights is not None:
            object.__setattr__(self, "sample_weights", read_only(self.sample_weights, np.float64))

    def part(self, split: int) -> tuple[FloatArray, IntArray, FloatArray]:
        """Return X, y and weights of one part (0 train, 1 validation, 2 test), contiguous."""
        mine = np.flatnonzero(self.split == split)
        return (
            read_only(self.X[mine], np.float64),
            read_only(self.y[mine], np.int64),
            read_only(self.weights[mine], np.float64),
        )

    def encode(self, raw: FloatArray) -> FloatArray:
        """Turn raw rows of shape (m, n_features) into inputs of shape (m, f).

        A missing value is filled as fitted; a level that no train row had becomes all zeros.
        """
        return encode(np.asarray(raw, dtype=np.float64), self.inputs, self.fill)

    def to_raw(self, values: FloatArray, column: int) -> FloatArray:
        """Turn values of one input column back into raw units."""
        it = self.inputs[column]
        return np.asarray(values) * it.scale + it.shift


def prepare(
    dataset: Dataset,
    *,
    train: float = 0.6,
    validation: float = 0.2,
    scaling: str = "standard",
    missing: str = "drop",
    class_weights: str | Sequence[float] = "none",
    seed: int = 0,
) -> Prepared:
    """Split, impute, encode, scale and weight a dataset.

    Parameters
    ----------
    dataset : Dataset
        Its own ``split``, where given, takes the place of the draw.
    train, validation : float
        Shares of the rows; what remains is test.
    scaling, missing : str
        Keys of `SCALINGS` and `MISSING`.
    class_weights : str or sequence of float
        ``"none"``, ``"balanced"``, or K positive numbers.
    seed : int
        Of the draw.

    Raises
    ------
    UserError
        If the shares do not fit, no train row or a single class is left, or the weights do not fit.

    Examples
    --------
    >>> from core.data.generators import GENERATORS
    >>> prepared = prepare(GENERATORS["two_moons"].make(rows=100))
    >>> [len(prepared.part(split)[1]) for split in (0, 1, 2)]
    [60, 20, 20]
    """
    for registry, key in ((SCALINGS, scaling), (MISSING, missing)):
        registry[key]  # an unknown key raises, listing the choices
    rows, notes = complete_rows(dataset, drop=missing == "drop")
    y = dataset.y[rows]
    if dataset.split is None:
        split = stratified_split(y, train, validation, dataset.n_classes, seed)
    else:
        split = dataset.split[rows]
    in_train = split == TRAIN
    if not in_train.any():
        raise UserError(
            f"{dataset.name} was not prepared.", "No train row is left.", "Add train rows."
        )
    raw = dataset.X if len(rows) == dataset.n_samples else dataset.X[rows]
    seen = raw[in_train]
    own = None if dataset.weights is None else dataset.weights[rows][in_train]
    counted, counts = counted_rows(seen, own)
    fill, fill_notes = fit_fill(dataset.features, counted, missing, counts)
    inputs, input_notes = fit_inputs(dataset.features, counted, fill, scaling, missing, counts)
    per_class = fit_class_weights(class_weights, y[in_train], dataset.classes, own)
    weights = row_weights(dataset, rows, per_class[y], in_train)
    absent = [c for k, c in enumerate(dataset.classes) if not (y[in_train] == k).any()]
    class_notes = [f"No train row has the class {name}." for name in absent]
    return Prepared(
        inputs=inputs,
        X=encode(raw, inputs, fill),
        y=y,
        split=split,
        rows=rows,
        weights=weights,
        classes=dataset.classes,
        class_weights=per_class,
        fill=fill,
        notes=(*notes, *fill_notes, *input_notes, *class_notes),
        sample_weights=None if dataset.weights is None else dataset.weights[rows],
    )


ABSENT = -1
_CELLS = 2_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Input:
    """One column of what the network sees: X = (raw - shift) / scale.

    Parameters
    ----------
    name : str
        The column's name; for a category with its level ("island = Dream").
    feature : int
        The raw column it comes from.
    level : int or None
        None for a number; else the level for which it is 1, or -1: it is 1 where the value is
        missing.
    shift, scale : float
        In raw units; 0 and 1 for a level.
    """

    name: str
    feature: int
    level: int | None
    shift: float
    scale: float


def fit_inputs(
    features: tuple[Feature, ...],
    X: FloatArray,
    fill: FloatArray,
    scaling: str,
    missing: str,
    weights: FloatArray | None = None,
) -> tuple[tuple[Input, ...], list[str]]:
    """Fit the inputs on raw train rows, in the order of the raw columns.

    Parameters
    ----------
    features : tuple of Feature
    X : ndarray, shape (n, n_features)
        Raw train rows; a missing number counts as its fill.
    fill : ndarray, shape (n_features,)
    scaling, missing : str
        Keys of `core.data.scaling.SCALINGS` and `core.data.missing_values.MISSING`.
    weights : ndarray, shape (n,), optional
        How much each row counts, above 0.

    Returns
    -------
    inputs : tuple of Input
    notes : list of str
        On columns without spread and levels that no train row has.
    """
    numbers = [j for j, feature in enumerate(features) if not feature.levels]
    block = take_columns(X, numbers)
    gaps = np.isnan(block)
    lacking = np.atleast_1d(gaps.any(axis=0))
    if lacking.any():
        block = np.where(gaps, fill[numbers], block)
    shift, scale, flat = fit_scaling(scaling, block, weights)
    inputs: list[list[Input]] = [[] for _ in features]
    notes = []
    for i, j in enumerate(numbers):
        name = features[j].name
        inputs[j].append(Input(name, j, None, float(shift[i]), float(scale[i])))
        if missing == "category" and lacking[i]:
            inputs[j].append(Input(f"{name} is missing", j, ABSENT, 0.0, 1.0))
        if flat[i]:
            notes.append(f"{name} has no spread in the train rows, so it was not scaled.")
    for j, feature in enumerate(features):
        if feature.levels:
            inputs[j], unseen = _level_inputs(feature, j, X[:, j], fill[j] == OWN_LEVEL)
            notes += unseen
    return tuple(it for some in inputs for it in some), notes


def _level_inputs(
    feature: Feature, j: int, codes: FloatArray, own_level: bool
) -> tuple[list[Input], list[str]]:
    """Return one input for each level the train rows have, or a single one for two levels."""
    seen = np.unique(codes[~np.isnan(codes)]).astype(np.int64).tolist()
    names = {k: f"{feature.name} = {feature.levels[k]}" for k in seen}
    notes = []
    if unseen := [level for k, level in enumerate(feature.levels) if k not in names]:
        shown = ", ".join(unseen[:5]) + (" and others" if len(unseen) > 5 else "")
        notes.append(f"{feature.name}: no train row has {shown}.")
    if own_level:
        seen.append(ABSENT)
        names[ABSENT] = f"{feature.name} is missing"
    if len(seen) == 1:
        notes.append(f"{feature.name} has one level in the train rows.")
    chosen = seen[1:] if len(seen) == 2 else seen
    return [Input(names[k], j, k, 0.0, 1.0) for k in chosen], notes


def encode(raw: FloatArray, inputs: tuple[Input, ...], fill: FloatArray) -> FloatArray:
    """Turn raw rows of shape (m, n_features) into inputs of shape (m, f), some rows at a time."""
    numbers = np.flatnonzero([it.level is None for it in inputs])
    levels = np.flatnonzero([it.level is not None for it in inputs])
    feature = np.array([it.feature for it in inputs], dtype=np.int64)
    level = np.array([ABSENT if it.level is None else it.level for it in inputs])[levels]
    shift = np.array([it.shift for it in inputs])[numbers]
    scale = np.array([it.scale for it in inputs])[numbers]
    out = np.empty((len(raw), len(inputs)))
    step = max(1, _CELLS // max(len(inputs), 1))
    for start in range(0, len(raw), step):
        part, rows = raw[start : start + step], slice(start, start + step)
        values = _filled(take_columns(part, feature[numbers]), fill[feature[numbers]]) - shift
        values /= scale
        out[rows, numbers if len(levels) else slice(None)] = values
        if len(levels):
            codes = part[:, feature[levels]]
            known = _filled(codes, fill[feature[levels]]) == level
            out[rows, levels] = np.where(level == ABSENT, np.isnan(codes), known)
    return out


def _filled(values: FloatArray, fill: FloatArray) -> FloatArray:
    gaps = np.isnan(values)
    return np.where(gaps, fill, values) if gaps.any() else values


def stratified_split(
    y: IntArray, train: float, validation: float, n_classes: int, seed: int
) -> NDArray[np.int8]:
    """Draw each row's part (0 train, 1 validation, 2 test), class by class.

    Each class gets its share in each part rounded down or up; its spare rows go by largest
    remainder, counting what the parts are short of from earlier classes, so that the totals keep to
    the shares as well. A class with at least as many rows as there are parts appears in each; of a
    smaller class the first row goes to train. One row more at the end changes the part of a few
    others at most.

    Parameters
    ----------
    y : ndarray, shape (n,)
        Labels 0..K-1.
    train, validation : float
        Shares; what remains is test.
    n_classes, seed : int

    Raises
    ------
    UserError
        If a share is negative, train is 0, or they add up to more than 1.
    """
    shares = _shares(train, validation)
    # a row's random number does not depend on later rows, so that an added row moves few others
    order = np.argsort(np.random.default_rng((seed, 7)).random(len(y)), kind="stable")
    shuffled, split = y[order], np.empty(len(y), dtype=np.int8)
    owed = np.zeros(3)
    for k in range(n_classes):
        members = order[shuffled == k]
        counts = divide(len(members), shares, owed)
        owed += len(members) * shares - counts
        split[members] = np.repeat(np.array([TRAIN, VALIDATION, TEST], dtype=np.int8), counts)
    return split


def divide(rows: int, shares: FloatArray, owed: FloatArray) -> IntArray:
    """Divide one class's rows among the parts, of which earlier classes still owe them some.

    Examples
    --------
    >>> divide(7, np.array([0.6, 0.2, 0.2]), np.zeros(3)).tolist()
    [4, 2, 1]
    """
    quota = rows * shares
    counts = np.floor(quota + 1e-9).astype(np.int64)
    # Only a part whose share is not whole may be rounded up.
    rank = np.where(quota - counts > 1e-9, np.round(quota - counts + owed, 9), -np.inf)
    counts[np.argsort(-rank, kind="stable")[: rows - int(counts.sum())]] += 1
    wanted = [TRAIN] if rows < np.count_nonzero(shares) else np.flatnonzero(shares)
    for part in wanted if rows else ():
        if counts[part] == 0:
            counts[counts.argmax()] -= 1
            counts[part] = 1
    return counts


def _shares(train: float, validation: float) -> FloatArray:
    test = round(1 - train - validation, 9)
    if not (train > 0 and validation >= 0 and test >= 0):
        raise UserError(
            "The rows were not divided.",
            f"The train share is {train:g} and the validation share {validation:g}.",
            "Choose a train share above 0 and a validation share that leaves the sum at most 1.",
        )
    return np.array([train, validation, test])
