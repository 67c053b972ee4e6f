"""From raw columns to what the network sees: split, imputed, one-hot, scaled and weighted.

Everything that is estimated (a fill, a shift, a scale, which levels exist) comes from train rows
only. Numbers are scaled; the 0/1 inputs of a category are not. A category with two levels is one
input, with more one input a level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.base.arrays import TRAIN, Codes, Floats, read_only
from core.base.errors import UserError
from core.data.dataset import Dataset
from core.data.encoding import Input, encode, fit_inputs
from core.data.imputing import MISSING, complete_rows, fit_fill
from core.data.scaling import SCALINGS
from core.data.splitting import stratified_split
from core.data.weighting import fit_class_weights, row_weights

__all__ = ["Prepared", "prepare"]


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
        What stands in for a missing value of each raw column.
    notes : tuple of str
        What was left out or altered, in words for the user.
    """

    inputs: tuple[Input, ...]
    X: Floats
    y: Codes
    split: NDArray[np.int8]
    rows: Codes
    weights: Floats
    classes: tuple[str, ...]
    class_weights: Floats
    fill: Floats
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        for name in ("X", "y", "split", "rows", "weights", "class_weights", "fill"):
            array = getattr(self, name)
            object.__setattr__(self, name, read_only(array, array.dtype.type))

    def part(self, split: int) -> tuple[Floats, Codes, Floats]:
        """Return X, y and weights of one part (0 train, 1 validation, 2 test), contiguous."""
        mine = np.flatnonzero(self.split == split)
        return (
            read_only(self.X[mine], np.float64),
            read_only(self.y[mine], np.int64),
            read_only(self.weights[mine], np.float64),
        )

    def encode(self, raw: Floats) -> Floats:
        """Turn raw rows of shape (m, n_features) into inputs of shape (m, f).

        A missing value is filled as fitted; a level that no train row had becomes all zeros.
        """
        return encode(np.asarray(raw, dtype=np.float64), self.inputs, self.fill)

    def to_raw(self, values: Floats, column: int) -> Floats:
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
    fill, fill_notes = fit_fill(dataset.features, seen, missing)
    inputs, input_notes = fit_inputs(dataset.features, seen, fill, scaling, missing)
    per_class = fit_class_weights(class_weights, y[in_train], dataset.classes)
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
    )
