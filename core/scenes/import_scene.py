"""The import dialog's scene: the table as it will be read, and what will be learnt from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from core.base.arrays import IntArray
from core.base.errors import UserError
from core.data.column_roles import (
    are_default_features,
    guess_target,
    roles_as_used,
    roles_from_saved_columns,
    roles_of,
)
from core.data.data_knobs import DataChoices
from core.data.data_warnings import dataset_warnings, leaks_target
from core.data.dataset import Dataset
from core.data.from_table import dataset_from_table, listed
from core.data.import_options import ImportOptions
from core.data.labels import code_target, has_similar_labels
from core.data.reading.table import Column, Table

MANY_INCOMPLETE = 0.2
"""The share of rows with a missing value from which the user is warned."""

HALVES = 2


@dataclass(frozen=True, slots=True)
class Warned:
    """Something doubtful, in words, and the columns without which it would not be.

    Attributes
    ----------
    text : str
    columns : tuple of str
    """

    text: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class ImportScene:
    """What the import dialog shows.

    Attributes
    ----------
    table : Table
        As it is read, or its first rows.
    is_whole : bool
        Whether the table is the whole file.
    roles : tuple of str
        What each column is used for.
    target : str
        The column to predict; empty where none is chosen.
    bins : int
        Into how many classes the target is divided; 0 is each value as a class.
    may_bin : bool
        Whether the target is a number that could be divided.
    may_merge, merge : bool
        Whether labels look alike, and whether they then make one class.
    features : tuple of str
        For the experiment: empty where every usable column is used.
    dataset : Dataset or None
        None where the choices make none.
    counts : (K,) int array
        Rows of each class.
    warned : tuple of Warned
    notes : tuple of str
        What is left out or altered.
    error : UserError or None
        Why there is no dataset.
    """

    table: Table
    is_whole: bool
    roles: tuple[str, ...]
    target: str
    bins: int
    may_bin: bool
    may_merge: bool
    merge: bool
    features: tuple[str, ...]
    dataset: Dataset | None
    counts: IntArray
    warned: tuple[Warned, ...]
    notes: tuple[str, ...]
    error: UserError | None

    def column_of(self, role: str) -> str:
        """Return the first column of that role; empty where there is none."""
        pairs = zip(self.table.names, self.roles, strict=True)
        return next((name for name, found in pairs if found == role), "")

    def choices(self, base: DataChoices, path: str, options: ImportOptions) -> DataChoices:
        """Return the choices that import this table from a path, all else as in `base`."""
        return replace(
            base,
            source="file",
            path=path,
            target=self.target,
            features=self.features,
            reading=options.reading_json(self.table.names),
            target_bins=self.bins,
            merge_labels=self.may_merge and self.merge,
            split_column=self.column_of("split"),
            weight_column=self.column_of("weight"),
        )


def import_scene(
    table: Table, options: ImportOptions, is_whole: bool = True, drops_rows: bool = True
) -> ImportScene:
    """Return what the import dialog shows of a table under the user's choices.

    Parameters
    ----------
    table : Table
    options : ImportOptions
        Columns they name that the table does not have are left aside.
    is_whole : bool
        Whether the table is the whole file.
    drops_rows : bool
        Whether rows with a missing value will be left out.
    """
    target = _target(table, options)
    saved_roles = roles_from_saved_columns(table.columns)
    roles = roles_of(table, options, target, saved_roles)
    column = table.column(target) if target else None
    bins = _bins(column, options.bins)
    wanted = tuple(name for name, role in roles.items() if role == "feature")
    usual = are_default_features(table, roles, wanted, options, saved_roles)
    dataset, error = None, None
    try:
        dataset = _dataset(table, target, wanted, usual, bins, roles, options.merge)
        roles = roles_as_used(roles, dataset)
    except UserError as refused:
        error = refused
    used = () if dataset is None else tuple(feature.name for feature in dataset.features)
    return ImportScene(
        table=table,
        is_whole=is_whole,
        roles=tuple(roles[name] for name in table.names),
        target=target,
        bins=bins,
        may_bin=column is not None and _may_bin(column),
        may_merge=column is not None and bins == 0 and has_similar_labels(column),
        merge=options.merge,
        features=() if usual else used,
        dataset=dataset,
        counts=np.bincount(dataset.y, minlength=dataset.n_classes)
        if dataset is not None
        else np.zeros(0, np.int64),
        warned=() if dataset is None else _warned(table, dataset, drops_rows),
        notes=() if dataset is None else dataset.notes,
        error=error,
    )


def _target(table: Table, options: ImportOptions) -> str:
    if options.target in table.names:
        return options.target
    guess = guess_target(table) or ""
    return "" if guess in options.roles else guess


def _may_bin(column: Column) -> bool:
    """Tell whether a column has more numbers than two, which could be taken together."""
    if column.kind != "number":
        return False
    return len(np.unique(column.values[np.isfinite(column.values)])) > HALVES


def _bins(column: Column | None, chosen: int | None) -> int:
    """Return into how many classes the target is divided, halves where each value is too many."""
    if column is None or column.kind != "number":
        return 0
    if chosen is not None:
        return chosen
    try:
        code_target(column)
    except UserError:
        return HALVES if len(np.unique(column.values[np.isfinite(column.values)])) > 1 else 0
    return 0


def _dataset(
    table: Table,
    target: str,
    wanted: tuple[str, ...],
    usual: bool,
    bins: int,
    roles: Mapping[str, str],
    merge: bool,
) -> Dataset:
    if not target:
        raise UserError(
            "There is no target yet.",
            "No column looks like classes to predict.",
            "Choose the column that the model should learn to predict.",
        )
    if not usual and not wanted:
        raise UserError(
            "There is no feature.",
            "A model needs at least one column to look at.",
            "Make one of the columns a feature.",
        )
    columns = {role: name for name, role in roles.items()}
    return dataset_from_table(
        table,
        target,
        () if usual else wanted,
        bins=bins or None,
        merge=merge,
        split=columns.get("split", ""),
        weights=columns.get("weight", ""),
    )


def _warned(table: Table, dataset: Dataset, drops_rows: bool) -> tuple[Warned, ...]:
    telling = tuple(
        feature.name
        for feature, values in zip(dataset.features, dataset.X.T, strict=True)
        if leaks_target(values, dataset.y)
    )
    found = [Warned(text) for text in dataset_warnings(dataset)]
    if telling:  # it is the first thing that `dataset_warnings` names
        found[0] = Warned(found[0].text, telling if len(telling) < dataset.n_features else ())
    keys = tuple(feature.name for feature in dataset.features if table.column(feature.name).is_id)
    if keys and len(keys) < dataset.n_features:
        text = f"{listed(keys)}: a row number or key, by which a model can learn rows by heart."
        found.append(Warned(text, keys))
    if drops_rows and (lost := _incomplete(dataset)):
        found.append(lost)
    return tuple(found)


def _incomplete(dataset: Dataset) -> Warned | None:
    """Warn where many rows would be left out for a missing value."""
    gaps = np.isnan(dataset.X)
    lost = int(gaps.any(axis=1).sum())
    if lost < MANY_INCOMPLETE * dataset.n_samples:
        return None
    by_column = gaps.sum(axis=0)
    worst = int(by_column.argmax())
    name = dataset.features[worst].name
    text = (
        f"{lost} of {dataset.n_samples} rows lack a value and will be left out; "
        f"{name} alone lacks {by_column[worst]}. You can fill them in under “missing values” later."
    )
    return Warned(text, (name,) if dataset.n_features > 1 else ())
