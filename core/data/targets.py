"""Which column is most likely the one to predict."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from core.data.reading.columns import Column, Table
from core.data.returned import returned_roles

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

    A column named as targets are comes first; then the last column that holds few classes, else
    the first such. Of two alike the one with two classes is it. Id columns, dates, constant columns
    and ones that mostly lack a value are never it, nor what a model predicted.

    Examples
    --------
    >>> from core.data.reading.columns import Column, Table
    >>> x = Column("x", "number", np.array([0.1, 0.2, 0.3, 0.4]), 0)
    >>> kind = Column("kind", "category", np.array(["a", "b", "a", "b"], object), 0)
    >>> guess_target(Table((x, kind), 4))
    'kind'
    """
    returned = returned_roles(table.columns)
    fit = {
        place: column
        for place, column in enumerate(table.columns)
        if column.name not in returned and _may_be_classes(column)
    }
    if not fit:
        return None
    last = max(place for place, column in enumerate(table.columns) if _counts(column, returned))
    return fit[max(fit, key=lambda place: _likelihood(fit[place], place, last))].name


def _counts(column: Column, returned: Mapping[str, str]) -> bool:
    """Tell whether a column stands in the way of being last."""
    return column.kind != "empty" and column.name not in returned


def _likelihood(column: Column, place: int, last: int) -> float:
    """Return how likely a column is the target; only the order of these numbers means something."""
    name, words = _plain(column.name), _plain(column.name).split("_")
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


def _plain(name: str) -> str:
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
