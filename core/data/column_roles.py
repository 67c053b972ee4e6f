"""The role of each column while a table is imported: the target, features, weights, split, ids.

A guess at the target, and the roles of columns that `core.data.saving` added, come first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from core.base.arrays import SPLITS, TRAIN
from core.data.dataset import Dataset
from core.data.import_options import ImportOptions
from core.data.labels import ColumnLike
from core.data.reading.table import Column, Table


def roles_of(
    table: Table, options: ImportOptions, target: str, saved_roles: Mapping[str, str]
) -> dict[str, str]:
    """Return each column's role: chosen by the user, known from a saved file, or by its kind.

    Parameters
    ----------
    table : Table
    options : ImportOptions
    target : str
        The column to predict; empty where there is none.
    saved_roles : mapping
        See `roles_from_saved_columns`.
    """
    chosen = options.roles.values()  # only one column can be the split or the weights
    known = {
        name: role for name, role in saved_roles.items() if role == "ignore" or role not in chosen
    }
    if options.features:
        known = {}
    return {
        column.name: "target"
        if column.name == target
        else options.roles.get(column.name)
        or known.get(column.name)
        or _role(column, options.features)
        for column in table.columns
    }


def _role(column: Column, features: tuple[str, ...]) -> str:
    if features and column.name in features:
        return "feature"
    if column.is_id:
        return "id"
    return "ignore" if features or not _is_usable(column) else "feature"


def _is_usable(column: Column) -> bool:
    return column.kind in ("number", "category", "boolean") and not column.is_id


def are_default_features(
    table: Table,
    roles: Mapping[str, str],
    wanted: Sequence[str],
    options: ImportOptions,
    saved_roles: Mapping[str, str],
) -> bool:
    """Tell whether the features are those that would be used if the user had chosen none."""
    if any(roles[name] not in (role, "target") for name, role in saved_roles.items()):
        return False
    usual = [
        column.name
        for column in table.columns
        if _is_usable(column)
        and roles[column.name] not in ("target", "weight", "split")
        and column.name not in saved_roles
    ]
    refused = any(options.roles.get(name) in ("ignore", "id") for name in table.names)
    return list(wanted) == usual and (len(usual) > 0 or not refused)


def roles_as_used(roles: Mapping[str, str], dataset: Dataset) -> dict[str, str]:
    """Return the roles in the dataset: unusable features are ignored, ids may have been used."""
    used = {feature.name for feature in dataset.features}
    found = {}
    for name, role in roles.items():
        if name in used:
            found[name] = "feature"
        elif role == "feature":
            found[name] = "ignore"
        else:
            found[name] = role
    return found


_PROBABILITY = re.compile(r"P\((.*)\)( \(\d+\))?", re.DOTALL)
_NUMBERED = re.compile(r" \(\d+\)$")
_TOLERANCE = 1e-6


def roles_from_saved_columns(columns: Sequence[ColumnLike]) -> Mapping[str, str]:
    """Return what the columns that `core.data.saving.write_csv` adds are for, by name.

    A column ``split`` that only says train, validation and test divides the rows; a model's
    probabilities, ``P(class)``, which add up to 1, and its ``predicted`` are ignored; ``weight``
    beside one of these weighs the rows. Whatever else has such a name is left as it is.

    Examples
    --------
    >>> from core.data.reading.table import Column
    >>> split = Column("split", "category", np.array(["train", "test"], object), 0)
    >>> roles_from_saved_columns([split])
    {'split': 'split'}
    """
    roles: dict[str, str] = {}
    split = next(
        (c.name for c in columns if _without_number(c.name) == "split" and _divides(c)), None
    )
    chances = [c for c in columns if _PROBABILITY.fullmatch(c.name) and c.kind == "number"]
    if _add_up(chances):
        roles = dict.fromkeys((c.name for c in chances), "ignore")
        roles |= {c.name: "ignore" for c in columns if _without_number(c.name) == "predicted"}
    if split is not None:
        roles[split] = "split"
    if roles:
        weight = next((c.name for c in columns if c.name == "weight" and _weighs(c)), None)
        roles |= {} if weight is None else {weight: "weight"}
    return {column.name: roles[column.name] for column in columns if column.name in roles}


def _without_number(name: str) -> str:
    return _NUMBERED.sub("", name)


def _divides(column: ColumnLike) -> bool:
    values = set(np.asarray(column.values).tolist()) if column.kind != "number" else set()
    return SPLITS[TRAIN] in values and len(values) > 1 and values <= set(SPLITS)


def _add_up(columns: Sequence[ColumnLike]) -> bool:
    if len(columns) < 2:
        return False
    total = np.sum([column.values for column in columns], axis=0)
    low = min(float(np.min(column.values)) for column in columns)
    return low >= 0.0 and bool(np.all(np.abs(total - 1.0) <= _TOLERANCE))


def _weighs(column: ColumnLike) -> bool:
    values = np.asarray(column.values)
    return column.kind == "number" and bool(np.all(np.isfinite(values) & (values >= 0)))


# fmt: off
_STRONG = (
    "target", "label", "labels", "survived", "outcome", "diagnosis", "species", "churn",
    "attrition", "is_fraud", "fraud", "is_spam", "spam", "class", "y",
)
"""Names that only a target has, the surest first."""

_USUAL = (
    "default", "response", "result", "status", "category", "type", "group", "quality", "grade",
    "decision", "income", "disease", "num", "edible", "num_class", "cls", "classes",
    "classification", "variety", "iris", "approved", "purchased", "exited", "play",
)
"""Names that targets often have, and other columns too."""

_UNLIKELY = ("sex", "gender", "year", "month", "day", "age", "hour", "index", "fold")
# fmt: on
_MOST_CLASSES = 20
_MANY_CLASSES = 10
_MOST_MISSING = 0.5
_HEAD = 1000


def guess_target(table: Table) -> str | None:
    """Return the name of the column that is most likely the target, or None where none will do.

    A column with a usual name of targets comes first; then the last column with few classes, else
    the first one. Two classes are preferred. Ids, dates, constant columns, mostly missing ones and
    a model's predictions are never the target.

    Examples
    --------
    >>> from core.data.reading.table import Column, Table
    >>> x = Column("x", "number", np.array([0.1, 0.2, 0.3, 0.4]), 0)
    >>> kind = Column("kind", "category", np.array(["a", "b", "a", "b"], object), 0)
    >>> guess_target(Table((x, kind), 4))
    'kind'
    """
    saved_roles = roles_from_saved_columns(table.columns)
    fit = {
        place: column
        for place, column in enumerate(table.columns)
        if column.name not in saved_roles and _may_be_classes(column)
    }
    if not fit:
        return None
    last = max(place for place, column in enumerate(table.columns) if _counts(column, saved_roles))
    return fit[max(fit, key=lambda place: _likelihood(fit[place], place, last))].name


def _counts(column: Column, saved_roles: Mapping[str, str]) -> bool:
    """Tell whether a column counts when the last column of a table is looked for."""
    return column.kind != "empty" and column.name not in saved_roles


def _likelihood(column: Column, place: int, last: int) -> float:
    """Return how likely a column is the target; only the order of these numbers means something."""
    name, words = _plain_name(column.name), _plain_name(column.name).split("_")
    score = 0.0
    if name in _STRONG:
        score += 20.0 - 0.2 * _STRONG.index(name)
    elif name in _USUAL:
        score += 12.0 - 0.02 * _USUAL.index(name)
    elif any(word in words for word in _STRONG if len(word) > 1):
        score += 8.0
    score += 4.0 if place == last else 2.0 * (place >= 0.75 * (last + 1)) or 1.0 * (place == 0)
    classes = _n_classes(column)
    score += (classes == 2) - (classes > _MANY_CLASSES) + (column.kind != "number")
    return score - 3.0 * (name in _UNLIKELY)


def _plain_name(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _may_be_classes(column: Column) -> bool:
    """Tell whether a column holds from 2 to 20 classes, each with some rows."""
    if column.kind not in ("category", "boolean", "number") or column.is_id:
        return False
    if column.missing > _MOST_MISSING * len(column) or not any(c.isalnum() for c in column.name):
        return False
    if column.kind == "number":
        head = column.values[:_HEAD]
        if np.any(head[~np.isnan(head)] % 1):
            return False
        present = column.values[~np.isnan(column.values)]
        classes = np.unique(present)
        whole = len(classes) <= _MOST_CLASSES and bool(np.all(classes == np.floor(classes)))
        return whole and len(classes) >= 2 and 2 * len(classes) <= max(len(present), 4)
    return 2 <= _n_classes(column) <= _MOST_CLASSES


def _n_classes(column: Column) -> int:
    if column.kind == "number":
        return len(np.unique(column.values[~np.isnan(column.values)]))
    return len(set(column.values.tolist()) - {None})
