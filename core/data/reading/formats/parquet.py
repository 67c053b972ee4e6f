"""Parquet files, through pyarrow where it is installed."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.data.reading.numerals import NumberFormat
from core.data.reading.read_options import ReadOptions
from core.data.reading.source import Source, refuse_wide
from core.data.reading.table import Column, Dialect, ProblemLog, Table
from core.data.reading.typed_columns import build_columns, number_column, unique_names

if TYPE_CHECKING:
    import pandas as pd


def read_parquet(source: Source, settings: ReadOptions, log: ProblemLog) -> Table:
    """Read a Parquet file.

    Raises
    ------
    UserError
        If pyarrow is not installed, or the file is damaged or too wide.
    """
    try:
        parquet = importlib.import_module("pyarrow.parquet")
        arrow_error = importlib.import_module("pyarrow.lib").ArrowException
    except ImportError as error:
        raise source.refuse(
            "Reading Parquet needs pyarrow, which is not installed.",
            "Install it with: pip install 'credence[parquet]', or save the table as CSV.",
        ) from error
    try:
        with source.open() as stream:
            width = len(parquet.ParquetFile(stream).schema_arrow)
            refuse_wide(source, width)
            stream.seek(0)
            frame = parquet.read_table(stream).to_pandas(ignore_metadata=True)
    except (arrow_error, OSError, ValueError) as error:
        raise source.refuse(
            f"The Parquet file is damaged ({error}).", "Save it again, or save it as CSV."
        ) from error
    if not len(frame.columns):
        raise source.refuse("There is no data in it.", "Choose another file.")
    source.check_unchanged()
    names = unique_names([str(name) for name in frame.columns], log)
    lines = np.arange(1, len(frame) + 1)
    columns, marks = columns_of(frame, names, lines, NumberFormat(), settings, log)
    if len(frame) <= 1:
        log.add("size", "It has only 1 row." if len(frame) else "It has names but no rows of data.")
    dialect = Dialect("parquet", header=1, missing=marks)
    lines.flags.writeable = False
    return Table(columns, len(frame), log.kept, log.counts, dialect, source.name, lines)


def columns_of(
    frame: pd.DataFrame,
    names: Sequence[str],
    lines: NDArray[np.int64] | None,
    numerals: NumberFormat,
    settings: ReadOptions,
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


def _text(value: object) -> str:
    if value is None or str(value) in ("nan", "NaT", "<NA>"):
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    text = str(value)
    return text.removesuffix(" 00:00:00") if hasattr(value, "isoformat") else text
