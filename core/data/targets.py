"""Which column is most likely the one to predict."""

from __future__ import annotations

import re

import numpy as np

from core.data.reading.columns import Column, Table

# fmt: off
_NAMES = [
        "class", "target", "label", "labels", "species", "diagnosis", "survived", "outcome",
        "y", "churn", "attrition", "default", "response", "result", "status", "category",
        "type", "group", "quality", "grade", "decision", "income", "spam", "fraud", "disease",
        "num", "edible", "num_class", "cls", "classes", "classification", "is_fraud",
        "is_spam", "variety", "iris", "sex",
]
# fmt: on
_MOST_CLASSES = 20


def guess_target(table: Table) -> str | None:
    """Return the name of the column that is most likely the target, or None where none will do.

    A column named as targets are comes first; then the last column that holds few classes, else
    the first such; id columns, dates and constant columns are never it.

    Examples
    --------
    >>> from core.data.reading.columns import Column, Table
    >>> x = Column("x", "number", np.array([0.1, 0.2, 0.3, 0.4]), 0)
    >>> kind = Column("kind", "category", np.array(["a", "b", "a", "b"], object), 0)
    >>> guess_target(Table((x, kind), 4))
    'kind'
    """
    fit = [column for column in table.columns if _may_be_classes(column)]
    if not fit:
        return None
    for name in _NAMES[:-1]:
        for column in fit:
            if _plain(column.name) == name:
                return column.name
    for name in _NAMES[:10]:
        for column in fit:
            if name in _plain(column.name).split("_") and len(name) > 1:
                return column.name
    if fit[-1].name == table.columns[-1].name:
        return fit[-1].name
    words = [column for column in fit if column.kind in ("category", "boolean")]
    return (words or fit)[-1 if _near_end(table, (words or fit)[-1]) else 0].name


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _near_end(table: Table, column: Column) -> bool:
    return table.names.index(column.name) >= 0.75 * len(table.columns)


def _may_be_classes(column: Column) -> bool:
    """Tell whether a column holds from 2 to 20 classes, each with some rows."""
    if column.kind not in ("category", "boolean", "number") or column.is_id:
        return False
    if column.kind == "number":
        present = column.values[~np.isnan(column.values)]
        classes = np.unique(present)
        whole = len(classes) <= _MOST_CLASSES and bool(np.all(classes == np.floor(classes)))
        return whole and len(classes) >= 2 and 2 * len(classes) <= max(len(present), 4)
    present = {value for value in column.values if value is not None}
    return 2 <= len(present) <= max(_MOST_CLASSES, 2)
