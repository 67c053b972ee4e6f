"""The columns of a Parquet file, piece by piece, as the child process hands them over."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from core.data.reading.source import Source
from core.data.reading.table import NoTableError, ProblemLog, check_width
from core.data.reading.typed_columns import unique_names

ROWS = 1 << 16
"""Rows of a column in one piece."""


def parquet_pieces(source: Source, options: Mapping[str, Any]) -> Iterator[object]:
    """Yield what is known about the table, then its columns, each in pieces.

    Parameters
    ----------
    source : Source
    options : mapping
        "not_numbers": names of columns that are handed over as text, whatever they hold.

    Yields
    ------
    dict
        "names" of the columns, and how many "rows".
    dict
        "column", its place, and either "numbers", float64 in little-endian bytes and base64, or
        "cells", a list of str.

    Raises
    ------
    UserError
        If the file is damaged or too wide.
    """
    from pyarrow import parquet
    from pyarrow.lib import ArrowException

    try:
        with source.open() as stream:
            check_width(len(parquet.ParquetFile(stream).schema_arrow))
            stream.seek(0)
            frame = parquet.read_table(stream, use_threads=False).to_pandas(
                ignore_metadata=True, use_threads=False
            )
    except NoTableError as error:
        raise source.refuse(error.why, error.mend) from error
    except (ArrowException, OSError, ValueError) as error:
        if isinstance(error, MemoryError):
            raise
        raise source.refuse(
            f"The Parquet file is damaged ({error}).", "Save it again, or save it as CSV."
        ) from error
    if not len(frame.columns):
        raise source.refuse("There is no data in it.", "Choose another file.")
    names = [str(name) for name in frame.columns]
    yield {"names": names, "rows": len(frame)}
    for j, name in enumerate(unique_names(names, ProblemLog())):
        series = frame.iloc[:, j]
        is_number = series.dtype.kind in "iuf" and name not in options["not_numbers"]
        for start in range(0, max(len(frame), 1), ROWS):
            piece = series.iloc[start : start + ROWS]
            if is_number:
                values = np.asarray(piece.to_numpy(np.float64, na_value=np.nan), "<f8")
                yield {"column": j, "numbers": base64.b64encode(values.tobytes()).decode()}
            else:
                yield {"column": j, "cells": [_text(value) for value in piece.tolist()]}


def _text(value: object) -> str:
    """Return a cell as it would stand in a text file."""
    if value is None or str(value) in ("nan", "NaT", "<NA>"):
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    text = str(value)
    return text.removesuffix(" 00:00:00") if hasattr(value, "isoformat") else text
