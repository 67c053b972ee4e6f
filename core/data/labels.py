"""Encode a target column as classes: their names, their order, and labels that look alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from core.base.arrays import FloatArray, IntArray
from core.base.errors import UserError
from core.data.reading.column_kinds import normalised_label

MAX_CLASSES = 100
MAX_NUMERIC_CLASSES = 20

Bins = int | Literal["median"] | None


class ColumnLike(Protocol):
    """What is asked of a column: a name, a kind, values (NaN or None where missing)."""

    @property
    def name(self) -> str:
        """The column's name."""

    @property
    def kind(self) -> str:
        """One of number, category, boolean, date, text, empty."""

    @property
    def values(self) -> NDArray[Any]:
        """float64 with NaN where missing, or text with None where missing."""


@dataclass(frozen=True, slots=True, eq=False)
class EncodedLabels:
    """A column as codes into an ordered list of names; -1 where it is missing."""

    names: tuple[str, ...]
    codes: IntArray
    notes: tuple[str, ...] = ()


def natural_order(names: Iterable[str]) -> list[str]:
    """Sort numbers by value, and other names so that digits in them count as numbers.

    Capitals make no difference. So no comes before yes and False before True.

    Examples
    --------
    >>> natural_order(["10", "9", "-1"])
    ['-1', '9', '10']
    >>> natural_order(["group 10", "Group 9", "control"])
    ['control', 'Group 9', 'group 10']
    """
    names = list(names)
    try:
        values = {name: float(name) for name in names}
    except ValueError:
        return sorted(names, key=_natural_key)
    # The text "nan" has no place among numbers.
    if any(np.isnan(value) for value in values.values()):
        return sorted(names, key=_natural_key)
    return sorted(names, key=lambda name: (values[name], name))


def _natural_key(name: str) -> tuple[list[tuple[int, int, str]], str]:
    parts = re.findall(r"[0-9]+|[^0-9]+", name.casefold())
    return [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts], name


def code_column(column: ColumnLike) -> EncodedLabels:
    """Code a column's values by their names in natural order.

    Numbers are named by their shortest form ("1", "0.5").
    """
    values = np.asarray(column.values)
    if values.dtype.kind == "f":
        found, inverse = np.unique(values, return_inverse=True)
        known = found[~np.isnan(found)]
        codes = np.where(np.isnan(values), -1, inverse)
        return EncodedLabels(tuple(number_name(v) for v in known), codes)
    import pandas as pd

    first_seen, found = pd.factorize(values, use_na_sentinel=True)
    texts = [str(value) for value in found]
    names = natural_order(texts)
    place = {name: code for code, name in enumerate(names)}
    # The last entry serves pandas' -1 for missing.
    codes = np.array([*(place[text] for text in texts), -1])[first_seen]
    return EncodedLabels(tuple(names), codes)


def number_name(value: float) -> str:
    """Return a number's shortest exact form, without a trailing ".0"."""
    return repr(float(value)).removesuffix(".0")


def code_target(column: ColumnLike, bins: Bins = None, merge: bool = False) -> EncodedLabels:
    """Code a target column by its classes.

    Parameters
    ----------
    column : ColumnLike
    bins : None, "median" or int
        Divide a number at its median, or into that many equally full bins; bins are (low, high].
    merge : bool
        Make one class of labels that look alike; else they stay apart and a note says so.

    Raises
    ------
    UserError
        If it has no value, one class, or too many; if bins are asked for of a column of text.
    """
    number = np.asarray(column.values).dtype.kind == "f"
    if bins is not None:
        coded = _binned(column, bins, number)
    else:
        coded = code_column(column)
        _refuse_many(column.name, coded, number)
        coded = _look_alikes(column.name, coded, merge)
    if len(coded.names) < 2:
        only = f"every row is {coded.names[0]!r}: one class" if coded.names else "it has no value"
        raise UserError(
            f"{column.name!r} cannot be the target.",
            f"There must be two classes or more, and {only}.",
            "Choose another target column.",
        )
    return coded


def _refuse_many(name: str, coded: EncodedLabels, number: bool) -> None:
    classes, rows = len(coded.names), int((coded.codes >= 0).sum())
    counting = number and coded.names in (
        tuple(str(first + i) for i in range(classes)) for first in (0, 1)
    )
    many = MAX_NUMERIC_CLASSES if number and not counting else MAX_CLASSES
    if classes <= many and not (classes > 10 and classes > rows / 2):
        return
    raise UserError(
        f"{name!r} cannot be the target as it stands.",
        f"It has {classes} classes in {rows} rows.",
        "Divide it into bins (above and below the median, or quantiles), or choose another target."
        if number
        else "Choose another target column.",
    )


def _binned(column: ColumnLike, bins: Bins, number: bool) -> EncodedLabels:
    if not number or not (bins == "median" or (isinstance(bins, int) and bins >= 2)):
        raise UserError(
            f"{column.name!r} was not divided into bins.",
            f"It is a column of kind {column.kind}, and {bins!r} bins were asked for.",
            "Choose a column of numbers, and the median or 2 bins or more.",
        )
    values: FloatArray = np.asarray(column.values, dtype=np.float64)
    known = np.unique(values[np.isfinite(values)])
    if len(known) < 2:
        return EncodedLabels(
            tuple(number_name(v) for v in known), np.where(np.isnan(values), -1, 0)
        )
    count = 2 if bins == "median" else int(bins or 2)
    inner = np.quantile(values[np.isfinite(values)], np.arange(1, count) / count)
    # An edge at the top would leave the last bin empty: it moves below the largest value.
    edges = np.unique(np.minimum(inner, known[-2]))
    codes = np.where(np.isnan(values), -1, np.searchsorted(edges, values, side="left"))
    shown = [f"{edge:.6g}" for edge in edges]
    if len(set(shown)) < len(shown):
        shown = [number_name(edge) for edge in edges]
    middle = [f"> {low} to {high}" for low, high in pairwise(shown)]
    return EncodedLabels((f"≤ {shown[0]}", *middle, f"> {shown[-1]}"), codes)


def has_similar_labels(column: ColumnLike) -> bool:
    """Tell whether labels of a column of words look alike and yet differ.

    Examples
    --------
    >>> from core.data.reading.table import Column
    >>> has_similar_labels(Column("y", "category", np.array(["Yes", "YES", "no"], object), 0))
    True
    """
    if np.asarray(column.values).dtype.kind == "f":
        return False
    names = {str(value) for value in column.values if value is not None}
    return len({normalised_label(name) for name in names}) < len(names)


def _look_alikes(name: str, coded: EncodedLabels, merge: bool) -> EncodedLabels:
    groups: dict[str, list[int]] = {}
    for code, label in enumerate(coded.names):
        groups.setdefault(normalised_label(label), []).append(code)
    alike = [group for group in groups.values() if len(group) > 1]
    if not alike:
        return coded
    shown = "; ".join(" and ".join(ascii(coded.names[c]) for c in group) for group in alike[:5])
    if not merge:
        note = f"{name}: these classes look alike but are kept apart: {shown}."
        return EncodedLabels(coded.names, coded.codes, (note,))
    return _merged(coded, list(groups.values()), f"{name}: these classes were made one: {shown}.")


def _merged(coded: EncodedLabels, groups: Sequence[list[int]], note: str) -> EncodedLabels:
    """Make each group one class, under the spelling that most rows have."""
    counts = np.bincount(coded.codes[coded.codes >= 0], minlength=len(coded.names))
    kept = sorted(max(group, key=lambda c: int(counts[c])) for group in groups)
    lookup = np.full(len(coded.names) + 1, -1)
    for group in groups:
        target = next(place for place, code in enumerate(kept) if code in group)
        lookup[group] = target
    return EncodedLabels(tuple(coded.names[c] for c in kept), lookup[coded.codes], (note,))
