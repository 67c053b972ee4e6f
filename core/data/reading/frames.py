"""From a pandas frame to the columns of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.data.reading.assembling import build_columns
from core.data.reading.columns import Column
from core.data.reading.ids import is_id_number
from core.data.reading.numerals import Numerals
from core.data.reading.problems import ProblemLog
from core.data.reading.settings import Settings

if TYPE_CHECKING:
    import pandas as pd


def columns_of(
    frame: pd.DataFrame,
    names: Sequence[str],
    lines: NDArray[np.int64] | None,
    numerals: Numerals,
    settings: Settings,
    log: ProblemLog,
) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """Turn each column of a frame into a `Column`; also the marks read as missing.

    Numeric columns are taken as they are; the others are judged by their cells.

    Parameters
    ----------
    frame : DataFrame
        Its own names are disregarded.
    names : sequence of str
        One a column.
    lines : ndarray of int, shape (n_rows,), optional
        The line on which each row starts, where it is known.
    """
    numbers = np.arange(1, len(frame) + 1) if lines is None else lines
    columns: list[Column] = []
    met: set[str] = set()
    for j, name in enumerate(names):
        series = frame.iloc[:, j]
        wanted = settings.kinds.get(name)
        if series.dtype.kind in "iuf" and wanted in (None, "number"):
            numeric = np.asarray(series.to_numpy(np.float64, na_value=np.nan), np.float64)
            columns.append(number_column(name, numeric, lines, log))
            continue
        cells = [_text(value) for value in series.tolist()]
        built, _, marks = build_columns(
            [name], [cells], numbers.tolist(), numerals, None, settings.missing, settings.kinds, log
        )
        columns += built
        met.update(marks)
    return tuple(columns), tuple(sorted(met))


def number_column(
    name: str, values: NDArray[np.float64], lines: NDArray[np.int64] | None, log: ProblemLog
) -> Column:
    """Return a column of numbers; infinite ones are missing, and told."""
    infinite = np.isinf(values)
    if infinite.any():
        values = np.where(infinite, np.nan, values)
        for row in np.flatnonzero(infinite)[:100]:
            line = None if lines is None else int(lines[row])
            log.add("infinite", "An infinite value was read as missing.", line, name)
        log.count("infinite", int(infinite.sum()) - 100)
    missing = int(np.isnan(values).sum())
    if missing == len(values) and missing:
        log.add("empty", "Its values are all missing.", column=name)
        texts = np.full(len(values), None, object)
        texts.flags.writeable = False
        return Column(name, "empty", texts, missing)
    if values.flags.writeable:
        values.flags.writeable = False
    return Column(name, "number", values, missing, is_id_number(name, values))


def _text(value: object) -> str:
    if value is None or str(value) in ("nan", "NaT", "<NA>"):
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    text = str(value)
    return text.removesuffix(" 00:00:00") if hasattr(value, "isoformat") else text
