"""Reading any table a user has: what was found, and what was wrong, comes with it."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np

from core.data.reading.arff import read_arff
from core.data.reading.assembling import build_columns, check_kinds, unique_names
from core.data.reading.bulk import read_bulk
from core.data.reading.columns import Table
from core.data.reading.delimited import read_text
from core.data.reading.encodings import decode
from core.data.reading.formats import detect_format, suffix_of
from core.data.reading.grids import Grid
from core.data.reading.json_records import read_json
from core.data.reading.parquet import read_parquet
from core.data.reading.problems import ProblemLog
from core.data.reading.settings import Settings
from core.data.reading.sources import Progress, Source, open_source, tell
from core.data.reading.workbooks import read_workbook

__all__ = ["read_table"]


BULK = 1 << 20
"""Bytes on disk above which pandas parses a regular file."""


def read_table(
    path: str | os.PathLike[str], *, progress: Progress | None = None, **overrides: object
) -> Table:
    """Read a table, finding out by itself how the file is written.

    Delimited text (also in a gzip file), Excel and OpenDocument workbooks, Parquet, ARFF and JSON
    records are told apart by their content.

    Parameters
    ----------
    path : path
        The file.
    progress : callable, optional
        Called with the fraction read; reading stops when it returns False.
    **overrides
        Any field of `core.data.reading.settings.Settings`, in place of the guess: encoding,
        delimiter, decimal, thousands, quote, header, skip, comment, missing, sheet, kinds.

    Raises
    ------
    UserError
        If the file is no table, or a keyword is unknown. Names the file, the line where there is
        one, and the mend.
    Cancelled
        If `progress` returned False.
    """
    settings = Settings.of(overrides)
    source = open_source(path)
    log = ProblemLog()
    progress = _onwards(progress)
    tell(progress, 0.0)
    kind = detect_format(source)
    if kind == "text" and source.size > BULK:
        table = read_bulk(source, suffix_of(source.name), settings, progress)
        if table is not None:
            source.check_unchanged()
            return table
    if kind == "parquet":
        return read_parquet(source, settings, log)
    grid = _read_grid(source, kind, settings, log, progress)
    tell(progress, 0.7)
    table = _finish(source, grid, settings, log)
    source.check_unchanged()
    tell(progress, 1.0)
    return table


def _onwards(progress: Progress | None) -> Progress | None:
    """Return a progress function that never goes back, though a file may be read twice."""
    if progress is None:
        return None
    furthest = 0.0

    def onwards(done: float) -> bool:
        nonlocal furthest
        furthest = max(furthest, done)
        return progress(furthest)

    return onwards


def _read_grid(
    source: Source, kind: str, settings: Settings, log: ProblemLog, progress: Progress | None
) -> Grid:
    if kind in ("xlsx", "xls", "xlsb", "ods"):
        return read_workbook(source, kind, settings, log)
    decoded = decode(source.read(progress), settings.encoding)
    if decoded.doubt:
        log.add("encoding", f"Doubtful: {decoded.doubt}.")
    tell(progress, 0.5)
    if kind in ("arff", "json"):
        read = read_arff if kind == "arff" else read_json
        return read(source, decoded.text, decoded.encoding, settings, log)
    suffix = suffix_of(source.name)
    grid = read_text(source, decoded.text, decoded.encoding, suffix, settings, log)
    return replace(
        grid, dialect=replace(grid.dialect, compression="gzip" if source.gzipped else None)
    )


def _finish(source: Source, grid: Grid, settings: Settings, log: ProblemLog) -> Table:
    names = unique_names(grid.names, log)
    check_kinds(source.name, names, settings.kinds)
    columns, found, marks = build_columns(
        names,
        grid.cells,
        grid.lines,
        None,
        grid.dialect.delimiter,
        settings.missing,
        settings.kinds,
        log,
        (settings.decimal, settings.thousands),
    )
    dialect = replace(grid.dialect, decimal=found.decimal, thousands=found.thousands, missing=marks)
    lines = np.array(grid.lines, np.int64)
    lines.flags.writeable = False
    return Table(columns, len(grid.lines), log.kept, log.counts, dialect, source.name, lines)
