"""Parquet joins the pipeline as columns: read by pyarrow, where it is installed.

They are parsed by `parquet_pieces` in a child process, which can be ended.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from contextlib import closing
from importlib.util import find_spec
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.data.reading.cells import NumberFormat
from core.data.reading.formats.parsing_child import parsed_items
from core.data.reading.read_options import ReadOptions
from core.data.reading.source import Progress, Source
from core.data.reading.table import Column, Dialect, Guess, NoTableError, ProblemLog
from core.data.reading.typed_columns import (
    TypedColumns,
    column_of_cells,
    number_column,
    unique_names,
)


def read_parquet(
    source: Source, options: ReadOptions, progress: Progress | None = None
) -> tuple[TypedColumns, Dialect]:
    """Read a Parquet file.

    Raises
    ------
    UserError
        If pyarrow is not installed, or the file is damaged, too wide, or takes too much memory or
        time.
    Cancelled
        If `progress` returned False.
    """
    if find_spec("pyarrow") is None:
        raise NoTableError(
            "Reading Parquet needs pyarrow, which is not installed.",
            "Install it with: pip install 'credence[parquet]', or save the table as CSV.",
        )
    not_numbers = [name for name, kind in options.kinds.items() if kind != "number"]
    asked = {"not_numbers": not_numbers}
    with closing(parsed_items(source, "parquet", asked, progress)) as items:
        about = next(items)
        pieces: list[list[Mapping[str, Any]]] = [[] for _ in about["names"]]
        for piece in items:
            pieces[piece["column"]].append(_unpacked(piece))
    columns = _typed(about["names"], about["rows"], pieces, options)
    return columns, Dialect("parquet", header=1)


def _unpacked(piece: Mapping[str, Any]) -> Mapping[str, Any]:
    """Turn the text of numbers back into numbers at once, which take less room."""
    if "numbers" not in piece:
        return piece
    return {"numbers": np.frombuffer(base64.b64decode(piece["numbers"]), "<f8")}


def _typed(
    found: Iterable[str],
    rows: int,
    pieces: Iterable[list[Mapping[str, Any]]],
    options: ReadOptions,
) -> TypedColumns:
    """Make columns: numbers as they are, the others judged by their cells."""
    log = ProblemLog()
    form = NumberFormat()
    lines: NDArray[np.int_] = np.arange(1, rows + 1)
    lines.flags.writeable = False
    columns: list[Column] = []
    missing: set[str] = set()
    for name, parts in zip(unique_names(list(found), log), pieces, strict=True):
        if "numbers" in parts[0]:
            values = np.concatenate([part["numbers"] for part in parts]).astype(np.float64)
            columns.append(number_column(name, values, lines, log))
            continue
        cells = list(chain.from_iterable(part["cells"] for part in parts))
        column, marks = column_of_cells(name, cells, lines.tolist(), form, (), options, log)
        columns.append(column)
        missing.update(marks)
    if rows <= 1:
        log.add("size", "It has only 1 row." if rows else "It has names but no rows of data.")
    return TypedColumns(
        tuple(columns),
        lines,
        form,
        tuple(sorted(missing)),
        frozenset(),
        Guess("decimal", "."),
        problems=log.problems(),
    )
