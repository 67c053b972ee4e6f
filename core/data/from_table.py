"""Which of a table's columns can be features, and how they are coded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from core.base.arrays import SPLITS, TRAIN, FloatArray
from core.base.errors import UserError
from core.data.column_roles import roles_from_saved_columns
from core.data.dataset import Dataset, Feature
from core.data.labels import Bins, ColumnLike, code_column, code_target

MAX_LEVELS = 1000
KEY = "a row number or key"


class FeatureSelection:
    """Collects usable features, and why the other columns were left out."""

    def __init__(self, name: str, rows: NDArray[np.intp]) -> None:
        self.name = name
        self.rows = rows
        self.features: list[Feature] = []
        self.values: list[FloatArray] = []
        self.left_out: dict[str, list[str]] = {}
        self.infinite: list[str] = []
        self.keys: list[str] = []

    def consider(self, column: ColumnLike, asked: bool) -> None:
        """Add a column to the features, or record why it was left out."""
        reason = "" if asked else _unfit(column)
        if not reason:
            feature, values = self._coded(column)
            reason = _useless(feature, values)
        if reason:
            self.left_out.setdefault(reason, []).append(column.name)
        else:
            self.features.append(feature)
            self.values.append(values)

    def fall_back_on_keys(self, columns: Sequence[ColumnLike]) -> None:
        """Use row numbers and keys as features where there is no other."""
        if self.features or KEY not in self.left_out:
            return
        names = self.left_out.pop(KEY)
        for column in columns:
            if column.name in names:
                self.consider(column, asked=column.kind == "number")
        self.keys = [feature.name for feature in self.features]

    def _coded(self, column: ColumnLike) -> tuple[Feature, FloatArray]:
        if np.asarray(column.values).dtype.kind == "f":
            values = self._kept(np.asarray(column.values, dtype=np.float64))
            if np.isinf(values).any():
                self.infinite.append(column.name)
                values = np.where(np.isinf(values), np.nan, values)
            return Feature(column.name), values
        coded = code_column(column)
        codes = self._kept(coded.codes)
        return Feature(column.name, coded.names), np.where(codes < 0, np.nan, codes)

    def matrix(self) -> FloatArray:
        """Return the features side by side, or raise a UserError if there is none."""
        if not self.features:
            said = " ".join(self.notes()) or "There is no other column."
            raise UserError(
                f"{self.name} has no usable column besides the target.",
                said,
                "Choose a table with at least one column of numbers or categories that varies.",
            )
        X = np.empty((len(self.rows), len(self.features)))
        # Some rows at a time, so that the strided writes stay in the cache.
        for start in range(0, len(X), 4096):
            block = slice(start, start + 4096)
            for j, values in enumerate(self.values):
                X[block, j] = values[block]
        return X

    def _kept(self, values: NDArray[Any]) -> NDArray[Any]:
        return values if len(values) == len(self.rows) else values[self.rows]

    def notes(self) -> list[str]:
        """Say in words what was left out or altered."""
        notes = [f"Left out, {reason}: {listed(names)}." for reason, names in self.left_out.items()]
        if self.keys:
            notes.append(f"Used, though it looks like {KEY}: {listed(self.keys)}.")
        if self.infinite:
            notes.append(f"Infinite values count as missing in: {listed(self.infinite)}.")
        return notes


def _unfit(column: ColumnLike) -> str:
    if getattr(column, "is_id", False):
        return KEY
    return {"text": "free text", "date": "a date", "empty": "all missing"}.get(column.kind, "")


def _useless(feature: Feature, values: FloatArray) -> str:
    if np.isnan(values).all():
        return "all missing"
    if (values == values[0]).all():
        return "constant"
    if len(feature.levels) > min(MAX_LEVELS, max(20, len(values) // 2)):
        return "too many levels"
    return ""


def listed(names: Sequence[str]) -> str:
    """Return the first ten names, and how many more there are."""
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return ", ".join(names[:10]) + more


_PARTS = {
    **dict.fromkeys(("train", "training", "tr", "0"), 0),
    **dict.fromkeys(("validation", "valid", "val", "dev", "1"), 1),
    **dict.fromkeys(("test", "testing", "te", "holdout", "2"), 2),
}


def split_codes(column: ColumnLike) -> NDArray[np.int8]:
    """Return each row's part as its column names it, or raise a UserError."""
    coded = code_column(column)
    parts = [_PARTS.get(value.strip().casefold(), -1) for value in coded.names]
    unknown = [value for value, part in zip(coded.names, parts, strict=True) if part < 0]
    if unknown or (coded.codes < 0).any() or TRAIN not in parts:
        found = listed(unknown) or ("no train row" if TRAIN not in parts else "a missing value")
        raise UserError(
            f"{column.name!r} was not used to divide the rows.",
            f"Each row must say {', '.join(SPLITS[:2])} or {SPLITS[2]}; found: {found}.",
            "Choose another column, or let the rows be drawn.",
        )
    return np.array(parts, dtype=np.int8)[coded.codes]


def sample_weights(column: ColumnLike) -> FloatArray:
    """Return a column of weights, or raise a UserError."""
    values = np.asarray(column.values)
    if values.dtype.kind != "f" or not (np.isfinite(values) & (values >= 0)).all():
        raise UserError(
            f"{column.name!r} was not used as weights.",
            "Each row must have a number of 0 or more there.",
            "Choose another column, or weigh all rows alike.",
        )
    return np.asarray(values, dtype=np.float64)


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
        As `core.data.reading.table_reader.read_table` gives it.
    target : str
        The label's column.
    features : sequence of str
        The columns to use; empty means every one but ids, free text, dates, the target, the
        columns named below and what `core.data.saving.write_csv` adds, whose split and weights
        are then used (`core.data.column_roles`). The target, and columns that are constant or all
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
    saved_roles = {} if features else roles_from_saved_columns(table.columns)
    split = split or next((key for key, role in saved_roles.items() if role == "split"), "")
    weights = weights or next((key for key, role in saved_roles.items() if role == "weight"), "")
    predictions = [key for key, role in saved_roles.items() if role == "ignore" and key != target]
    _check(table, name, [target, *features, *filter(None, (split, weights))])
    label = code_target(columns[target], bins, merge)
    rows = np.flatnonzero(label.codes >= 0)
    notes = list(label.notes)
    if lost := table.n_rows - len(rows):
        notes.append(f"Rows left out for want of a value of {target}: {lost}.")
    if split in saved_roles:
        notes.append(f"The rows are divided as the column {split} says.")
    if predictions:
        notes.append(f"Left out, what a model predicted: {listed(predictions)}.")
    others = [key for key in columns if key not in (target, split, weights, *predictions)]
    chosen = FeatureSelection(name, rows)
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
        weight_name=weights,
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
