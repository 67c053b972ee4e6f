"""A dataset: what was loaded or drawn, in raw units, and never changed afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.base.arrays import Codes, Floats, read_only
from core.base.errors import UserError
from core.data.basics import Feature, Truth
from core.data.choosing import Chosen, listed, sample_weights, split_codes
from core.data.labels import Bins, ColumnLike, code_target
from core.data.returned import returned_roles

__all__ = ["Dataset", "dataset_from_table"]


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """A table of features with one label a row, in raw units.

    Parameters
    ----------
    name : str
        What the window calls it.
    features : tuple of Feature
        One a column of ``X``.
    X : ndarray, shape (n_samples, n_features)
        float64, raw units; NaN is missing; a category stands as its level's code. Read-only.
    y : ndarray, shape (n_samples,)
        int64 labels 0..K-1, in the order of ``classes``. Read-only.
    classes : tuple of str
        The K class names, in the order they are shown.
    target, source, licence : str
        Name of the label's column; where the data come from and under what licence.
    notes : tuple of str
        What was left out or altered, in words for the user.
    truth : callable, optional
        Raw ``X`` of shape (n, n_features) -> P(y | x) of shape (n, K), where it is known.
    split : ndarray, shape (n_samples,), optional
        A given split: 0 train, 1 validation, 2 test. Read-only.
    weights : ndarray, shape (n_samples,), optional
        Sample weights. Read-only.

    Raises
    ------
    ValueError
        If the shapes do not agree or a label is not one of the classes.

    Examples
    --------
    >>> data = Dataset("two", (Feature("x"),), [[0.0], [1.0]], [0, 1], ("a", "b"))
    >>> data.n_samples, data.n_features, data.n_classes
    (2, 1, 2)
    """

    name: str
    features: tuple[Feature, ...]
    X: Floats
    y: Codes
    classes: tuple[str, ...]
    target: str = "class"
    source: str = ""
    licence: str = ""
    notes: tuple[str, ...] = ()
    truth: Truth | None = None
    split: NDArray[np.int8] | None = None
    weights: Floats | None = None

    def __post_init__(self) -> None:
        """Check the shapes and make the arrays read-only."""
        object.__setattr__(self, "X", read_only(self.X, np.float64))
        object.__setattr__(self, "y", read_only(self.y, np.int64))
        if self.X.ndim != 2 or self.X.shape[1] != len(self.features):
            raise ValueError(f"X has shape {self.X.shape} for {len(self.features)} features")
        if self.y.shape != self.X.shape[:1]:
            raise ValueError(f"y has shape {self.y.shape} for {len(self.X)} rows")
        if self.y.size and not 0 <= self.y.min() <= self.y.max() < len(self.classes):
            raise ValueError(f"labels must be 0 to {len(self.classes) - 1}")
        for name, dtype in (("split", np.int8), ("weights", np.float64)):
            if (given := getattr(self, name)) is not None:
                object.__setattr__(self, name, read_only(given, dtype))
                if getattr(self, name).shape != self.y.shape:
                    raise ValueError(f"{name} must have one value a row")

    @property
    def n_samples(self) -> int:
        """The number of rows."""
        return int(self.X.shape[0])

    @property
    def n_features(self) -> int:
        """The number of columns the classifier may look at."""
        return int(self.X.shape[1])

    @property
    def n_classes(self) -> int:
        """The number of classes, K."""
        return len(self.classes)


class TableLike(Protocol):
    """What is asked of a table: its columns and how many rows they have."""

    @property
    def columns(self) -> Sequence[ColumnLike]:
        """The columns, in order."""

    @property
    def n_rows(self) -> int:
        """The number of rows."""


def dataset_from_table(
    table: TableLike,
    target: str,
    features: Sequence[str] = (),
    name: str = "",
    *,
    bins: Bins = None,
    merge: bool = False,
    split: str = "",
    weights: str = "",
) -> Dataset:
    """Choose and code a table's columns.

    Numbers stay numbers (infinite ones count as missing). A category, and a boolean written in
    words, becomes a category whose levels are in natural order (no before yes, False before True).
    Rows without a label are left out. Whatever is left out is in the dataset's notes.

    Parameters
    ----------
    table : TableLike
        As `core.data.tables.read_table` gives it.
    target : str
        The label's column.
    features : sequence of str
        The columns to use; empty means every one but ids, free text, dates, the target, the
        columns named below and what `core.data.saving.write_csv` adds, whose split and weights
        are then used (`core.data.returned`). The target, and columns that are constant or all
        missing, are left out in any case.
    name : str
        What the window calls the dataset.
    bins, merge
        See `core.data.labels.code_target`.
    split : str
        A column that says which part each row belongs to (train, validation or test).
    weights : str
        A column of sample weights.

    Raises
    ------
    UserError
        If there are fewer than two rows or classes, too many classes, no usable column, or no
        column of a name that was given.
    """
    name = name or str(getattr(table, "source", "")) or "The table"
    columns = {column.name: column for column in table.columns}
    returned = {} if features else returned_roles(table.columns)
    split = split or next((key for key, role in returned.items() if role == "split"), "")
    weights = weights or next((key for key, role in returned.items() if role == "weight"), "")
    predictions = [key for key, role in returned.items() if role == "ignore" and key != target]
    _check(table, name, [target, *features, *filter(None, (split, weights))])
    label = code_target(columns[target], bins, merge)
    rows = np.flatnonzero(label.codes >= 0)
    notes = list(label.notes)
    if lost := table.n_rows - len(rows):
        notes.append(f"Rows left out for want of a value of {target}: {lost}.")
    if split in returned:
        notes.append(f"The rows are divided as the column {split} says.")
    if predictions:
        notes.append(f"Left out, what a model predicted: {listed(predictions)}.")
    others = [key for key in columns if key not in (target, split, weights, *predictions)]
    chosen = Chosen(name, rows)
    for key in [key for key in features if key in others] if features else others:
        chosen.consider(columns[key], asked=bool(features))
    chosen.fall_back_on_keys([columns[key] for key in others])
    return Dataset(
        name=name,
        features=tuple(chosen.features),
        X=chosen.matrix(),
        y=label.codes[rows],
        classes=label.names,
        target=target,
        notes=(*notes, *chosen.notes()),
        split=split_codes(columns[split])[rows] if split else None,
        weights=sample_weights(columns[weights])[rows] if weights else None,
    )


def _check(table: TableLike, name: str, wanted: Sequence[str]) -> None:
    if table.n_rows < 2:
        rows = "1 row" if table.n_rows == 1 else "no data"
        why = f"It has {rows}; you need at least 2 rows of 2 classes."
        raise UserError(f"{name} cannot be learnt from.", why, "Choose a table with more rows.")
    names = [column.name for column in table.columns]
    shown = ", ".join(names[:30]) + (", …" if len(names) > 30 else "")
    for key in wanted:
        if key not in names:
            what = f"has no column {key!r}" if key else "has no target column yet"
            raise UserError(f"{name} {what}.", "", f"Choose one of: {shown}.")
