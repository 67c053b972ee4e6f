"""Parquet joins the pipeline as columns: read by pyarrow, where it is installed."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import numpy as np

from core.data.reading.cells import NumberFormat
from core.data.reading.read_options import ReadOptions
from core.data.reading.source import Source
from core.data.reading.table import Column, Dialect, Guess, NoTableError, ProblemLog, check_width
from core.data.reading.typed_columns import (
    TypedColumns,
    column_of_cells,
    number_column,
    unique_names,
)

if TYPE_CHECKING:
    import pandas as pd


def read_parquet(source: Source, options: ReadOptions) -> tuple[TypedColumns, Dialect]:
    """Read a Parquet file.

    Raises
    ------
    NoTableError
        If pyarrow is not installed, or the file is damaged or too wide.
    """
    try:
        parquet = importlib.import_module("pyarrow.parquet")
        arrow_error = importlib.import_module("pyarrow.lib").ArrowException
    except ImportError as error:
        raise NoTableError(
            "Reading Parquet needs pyarrow, which is not installed.",
            "Install it with: pip install 'credence[parquet]', or save the table as CSV.",
        ) from error
    try:
        with source.open() as stream:
            check_width(len(parquet.ParquetFile(stream).schema_arrow))
            stream.seek(0)
            frame = parquet.read_table(stream).to_pandas(ignore_metadata=True)
    except (arrow_error, OSError, ValueError) as error:
        raise NoTableError(
            f"The Parquet file is damaged ({error}).", "Save it again, or save it as CSV."
        ) from error
    if not len(frame.columns):
        raise NoTableError("There is no data in it.", "Choose another file.")
    columns = columns_of(frame, options)
    return columns, Dialect("parquet", header=1)


def columns_of(frame: pd.DataFrame, options: ReadOptions) -> TypedColumns:
    """Turn a data frame into columns: numbers as they are, the others judged by their cells."""
    log = ProblemLog()
    names = unique_names([str(name) for name in frame.columns], log)
    form = NumberFormat()
    lines = np.arange(1, len(frame) + 1)
    lines.flags.writeable = False
    columns: list[Column] = []
    missing: set[str] = set()
    for j, name in enumerate(names):
        series = frame.iloc[:, j]
        if series.dtype.kind in "iuf" and options.kinds.get(name) in (None, "number"):
            values = np.asarray(series.to_numpy(np.float64, na_value=np.nan), np.float64)
            columns.append(number_column(name, values, lines, log))
            continue
        cells = [_text(value) for value in series.tolist()]
        column, marks = column_of_cells(name, cells, lines.tolist(), form, (), options, log)
        columns.append(column)
        missing.update(marks)
    if len(frame) <= 1:
        log.add("size", "It has only 1 row." if len(frame) else "It has names but no rows of data.")
    return TypedColumns(
        tuple(columns),
        lines,
        form,
        tuple(sorted(missing)),
        frozenset(),
        Guess("decimal", "."),
        problems=log.problems(),
    )


def _text(value: object) -> str:
    if value is None or str(value) in ("nan", "NaT", "<NA>"):
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    text = str(value)
    return text.removesuffix(" 00:00:00") if hasattr(value, "isoformat") else text
