"""Read any table a user has; how it was understood, and what was wrong with it, comes along.

Formats other than text join the pipeline of `core.data.reading.stages` where they can: a workbook
as records, ARFF and JSON as a grid, Parquet as columns.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from core.data.reading.encodings import decode
from core.data.reading.file_format import detect_format
from core.data.reading.formats.arff import read_arff
from core.data.reading.formats.json_tables import read_json
from core.data.reading.formats.parquet import read_parquet
from core.data.reading.formats.workbooks import read_workbook
from core.data.reading.grid import fit_grid
from core.data.reading.header import find_header
from core.data.reading.large_files import problems_of_head, read_columns, read_head
from core.data.reading.read_options import ReadOptions
from core.data.reading.source import Progress, Source, open_source, report_progress
from core.data.reading.stages import Stages, run_stages
from core.data.reading.table import NO_PROBLEMS, Dialect, Guess, NoTableError, Problems, Table
from core.data.reading.typed_columns import TypedColumns, type_columns

LARGE = 1 << 20
"""Bytes on disk above which a text is read block by block."""

WORKBOOKS = ("xlsx", "xls", "xlsb", "ods")


def read_table(
    path: str | os.PathLike[str], *, progress: Progress | None = None, **overrides: object
) -> Table:
    """Read a table, finding out by itself how the file is written.

    Delimited text (also in a gzip file), Excel and OpenDocument workbooks, Parquet, ARFF and JSON
    are told apart by their content.

    Parameters
    ----------
    path : path
        The file.
    progress : callable, optional
        Called with the fraction read; reading stops when it returns False.
    **overrides
        Any field of `core.data.reading.read_options.ReadOptions`, in place of the guess: encoding,
        delimiter, decimal, thousands, quote, header, skip, comment, missing, sheet, kinds.

    Raises
    ------
    UserError
        If the file is no table, or a keyword is unknown. Names the file, the line where there is
        one, and what to do.
    Cancelled
        If `progress` returned False.
    """
    options = ReadOptions.of(overrides)
    source = open_source(path)
    progress = _never_back(progress)
    report_progress(progress, 0.0)
    kind = detect_format(source)
    with naming(source):
        if kind == "text":
            table = _read_text(source, options, progress)
        elif kind in WORKBOOKS:
            table = _read_workbook(source, kind, options, progress)
        elif kind == "parquet":
            columns, dialect = read_parquet(source, options, progress)
            table = table_of(source, dialect, columns)
        else:
            table = _read_grid(source, kind, options, progress)
    source.check_unchanged()
    report_progress(progress, 1.0)
    return table


def _read_text(source: Source, options: ReadOptions, progress: Progress | None) -> Table:
    if source.size > LARGE:
        head = read_head(source, options)
        columns = read_columns(source, head, options, progress) if head is not None else None
        if head is not None and columns is not None:
            return table_of_text(source, head, columns, problems_of_head(head))
    stages = run_stages(source.read(progress), options, source.suffix, progress)
    return table_of_text(source, stages, stages.columns, stages.problems_of_rows())


def _read_workbook(
    source: Source, kind: str, options: ReadOptions, progress: Progress | None
) -> Table:
    records, dialect = read_workbook(source, kind, options, progress)
    header = find_header(records, options)
    grid = fit_grid(header)
    report_progress(progress, 0.7)
    columns = type_columns(grid, options)
    dialect = replace(
        dialect,
        header=header.n_names,
        skip=dialect.skip + header.skipped,
        footer=grid.footer,
    )
    problems = records.problems + header.problems + grid.problems
    return table_of(source, dialect, columns, problems, (header.guess,))


def _read_grid(source: Source, kind: str, options: ReadOptions, progress: Progress | None) -> Table:
    """Read ARFF or JSON, whose names and rows are not guessed."""
    text = decode(source.read(progress), options)
    report_progress(progress, 0.5)
    if kind == "arff":
        grid, dialect = read_arff(text.content, options)
    else:
        grid, dialect = read_json(text.content)
    report_progress(progress, 0.7)
    columns = type_columns(grid, options, dialect.delimiter)
    dialect = replace(dialect, encoding=text.encoding)
    return table_of(source, dialect, columns, text.problems + grid.problems, (text.guess,))


def table_of_text(
    source: Source, stages: Stages, columns: TypedColumns, problems: Problems
) -> Table:
    """Return the table of a delimited text: its columns, and what the stages say of it."""
    return table_of(source, stages.summary(), columns, problems, stages.guesses())


def table_of(
    source: Source,
    dialect: Dialect,
    columns: TypedColumns,
    problems: Problems = NO_PROBLEMS,
    guesses: tuple[Guess, ...] = (),
) -> Table:
    """Put a table together from its columns and what the stages before say of it."""
    dialect = replace(
        dialect,
        decimal=columns.number_format.decimal,
        thousands=columns.number_format.thousands,
        missing=columns.missing,
        footer=dialect.footer + columns.footer,
        compression="gzip" if source.gzipped else None,
    )
    found = problems + columns.problems
    return Table(
        columns.columns,
        len(columns.lines),
        found.kept,
        found.counts,
        dialect,
        source.name,
        columns.lines,
        (*guesses, columns.guess),
    )


@contextmanager
def naming(source: Source) -> Iterator[None]:
    """Name the file in the errors of stages, which do not know it."""
    try:
        yield
    except NoTableError as error:
        raise source.refuse(error.why, error.mend) from error


def _never_back(progress: Progress | None) -> Progress | None:
    """Return a progress function that never goes back, though a file may be read twice."""
    if progress is None:
        return None
    furthest = 0.0

    def report(done: float) -> bool:
        nonlocal furthest
        furthest = max(furthest, done)
        return progress(furthest)

    return report
