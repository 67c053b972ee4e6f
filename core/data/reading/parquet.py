"""Parquet files, through pyarrow where it is installed."""

from __future__ import annotations

import importlib

import numpy as np

from core.data.reading.assembling import unique_names
from core.data.reading.columns import Dialect, Table
from core.data.reading.frames import columns_of
from core.data.reading.numerals import Numerals
from core.data.reading.problems import ProblemLog
from core.data.reading.settings import Settings
from core.data.reading.sources import Source, refuse_wide


def read_parquet(source: Source, settings: Settings, log: ProblemLog) -> Table:
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
    columns, marks = columns_of(frame, names, lines, Numerals(), settings, log)
    if len(frame) <= 1:
        log.add("size", "It has only 1 row." if len(frame) else "It has names but no rows of data.")
    dialect = Dialect("parquet", header=1, missing=marks)
    lines.flags.writeable = False
    return Table(columns, len(frame), log.kept, log.counts, dialect, source.name, lines)
