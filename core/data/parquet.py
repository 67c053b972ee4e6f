"""Parquet files, through pyarrow where it is installed."""

from __future__ import annotations

import numpy as np

from core.data.assembling import unique_names
from core.data.columns import Dialect, Table
from core.data.delimited import MOST_COLUMNS
from core.data.frames import columns_of
from core.data.numerals import Numerals
from core.data.problems import ProblemLog
from core.data.settings import Settings
from core.data.sources import Source


def read_parquet(source: Source, settings: Settings, log: ProblemLog) -> Table:
    """Read a Parquet file.

    Raises
    ------
    UserError
        If pyarrow is not installed, or the file is damaged or too wide.
    """
    try:
        import pyarrow.lib
        import pyarrow.parquet as parquet
    except ImportError as error:
        raise source.refuse(
            "Reading Parquet needs pyarrow, which is not installed.",
            "Install it with: pip install 'credence[parquet]', or save the table as CSV.",
        ) from error
    try:
        with source.open() as stream:
            width = len(parquet.ParquetFile(stream).schema_arrow)
            if width > MOST_COLUMNS:
                raise source.refuse(
                    f"It has {width:,} columns, more than {MOST_COLUMNS:,}.", "Keep fewer columns."
                )
            stream.seek(0)
            frame = parquet.read_table(stream).to_pandas(ignore_metadata=True)
    except (pyarrow.lib.ArrowException, OSError, ValueError) as error:
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
