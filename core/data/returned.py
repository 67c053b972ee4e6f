"""Columns that saving adds to a table, known again when the file is opened."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from core.base.arrays import SPLITS, TRAIN
from core.data.labels import ColumnLike

_PROBABILITY = re.compile(r"P\((.*)\)( \(\d+\))?", re.DOTALL)
_NUMBERED = re.compile(r" \(\d+\)$")
_TOLERANCE = 1e-6


def returned_roles(columns: Sequence[ColumnLike]) -> Mapping[str, str]:
    """Return what the columns that `core.data.saving.write_csv` adds are for, by name.

    A column ``split`` that only says train, validation and test divides the rows; a model's
    probabilities, ``P(class)``, which add up to 1, and its ``predicted`` are ignored; ``weight``
    beside one of these weighs the rows. Whatever else has such a name is left as it is.

    Examples
    --------
    >>> from core.data.reading.columns import Column
    >>> returned_roles([Column("split", "category", np.array(["train", "test"], object), 0)])
    {'split': 'split'}
    """
    roles: dict[str, str] = {}
    split = next((c.name for c in columns if _plain(c.name) == "split" and _divides(c)), None)
    chances = [c for c in columns if _PROBABILITY.fullmatch(c.name) and c.kind == "number"]
    if _add_up(chances):
        roles = dict.fromkeys((c.name for c in chances), "ignore")
        roles |= {c.name: "ignore" for c in columns if _plain(c.name) == "predicted"}
    if split is not None:
        roles[split] = "split"
    if roles:
        weight = next((c.name for c in columns if c.name == "weight" and _weighs(c)), None)
        roles |= {} if weight is None else {weight: "weight"}
    return {column.name: roles[column.name] for column in columns if column.name in roles}


def _plain(name: str) -> str:
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
