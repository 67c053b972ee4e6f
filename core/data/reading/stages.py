"""The pipeline of a text: bytes -> text -> dialect -> records -> header -> grid -> columns.

Each stage is a pure function of the one before and the user's options. What it gives is frozen,
with its problems and, where it had to decide something, a guess with its confidence.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.data.reading.dialect import TextDialect, find_dialect
from core.data.reading.encodings import Text, decode
from core.data.reading.grid import Grid, fit_grid
from core.data.reading.header import Header, find_header
from core.data.reading.read_options import ReadOptions
from core.data.reading.records import Records, split_records
from core.data.reading.source import Progress, report_progress
from core.data.reading.table import Dialect, Guess, Problems
from core.data.reading.typed_columns import TypedColumns, type_columns


@dataclass(frozen=True, slots=True)
class Stages:
    """What each stage made of a delimited text.

    Attributes
    ----------
    data : bytes
    text : Text
    dialect : TextDialect
    records : Records
    header : Header
    grid : Grid
    columns : TypedColumns
    """

    data: bytes
    text: Text
    dialect: TextDialect
    records: Records
    header: Header
    grid: Grid
    columns: TypedColumns

    def problems_of_rows(self) -> Problems:
        """Return the problems of all stages before the columns."""
        before = self.text.problems + self.dialect.problems + self.records.problems
        return before + self.header.problems + self.grid.problems

    def summary(self) -> Dialect:
        """Return how the text was understood, but for what only the columns tell."""
        quoting = self.dialect.quoting
        return Dialect(
            encoding=self.text.encoding,
            delimiter=quoting.delimiter,
            quote=quoting.quote,
            escape=quoting.escape,
            header=self.header.n_names,
            skip=self.dialect.skip + self.header.skipped,
            footer=self.grid.footer,
            comment=self.dialect.comment,
            line_end=self.dialect.line_end,
        )

    def guesses(self) -> tuple[Guess, ...]:
        """Return what the stages before the columns decided."""
        return self.text.guess, self.dialect.guess, self.header.guess


def run_stages(
    data: bytes, options: ReadOptions, suffix: str = "", progress: Progress | None = None
) -> Stages:
    """Turn the bytes of a delimited text into columns, stage by stage.

    Parameters
    ----------
    data : bytes
        The whole content, or its first lines.
    options : ReadOptions
        What the user says is not guessed.
    suffix : str
        The ending of the file's name, which speaks for a delimiter.
    progress : callable, optional
        Called before the slow stages; see `core.data.reading.source.report_progress`.

    Raises
    ------
    NoTableError
        If a stage finds that this is no table.
    """
    text = decode(data, options)
    report_progress(progress, 0.5)
    dialect = find_dialect(text.content, options, suffix)
    records = split_records(dialect.lines, dialect.quoting, dialect.width)
    header = find_header(records, options, dialect.comments, dialect.comment)
    grid = fit_grid(header)
    report_progress(progress, 0.7)
    columns = type_columns(grid, options, dialect.quoting.delimiter)
    return Stages(data, text, dialect, records, header, grid, columns)
