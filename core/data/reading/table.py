"""The values that reading a file gives: columns, dialect, guesses, problems; and their table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.base.errors import UserError

KINDS = ("number", "category", "boolean", "date", "text", "empty")
"""What a column can be."""


KEPT_PER_KIND = 100
"""How many problems of one kind are kept in full; the others are counted."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing about the file that the user should know.

    Attributes
    ----------
    line : int or None
        The line of the file, counted from 1 (for a workbook, the row of the sheet); None where
        the whole column or file is meant.
    column : str or None
        The column's name; None where the whole line or file is meant.
    reason : str
        What was found and what was done about it, in one sentence.
    kind : str
        A short key shared by problems of the same sort ("ragged", "number").

    Examples
    --------
    >>> print(Problem(6, None, "It has 4 fields, not 3; it was left out.", "ragged"))
    line 6: It has 4 fields, not 3; it was left out.
    """

    line: int | None
    column: str | None
    reason: str
    kind: str = "other"

    def __str__(self) -> str:
        """Return the place and the reason on one line."""
        place = [f"line {self.line}"] if self.line is not None else []
        place += [f"column {self.column}"] if self.column is not None else []
        return f"{', '.join(place)}: {self.reason}" if place else self.reason


@dataclass(frozen=True, slots=True)
class Problems:
    """The problems that one stage of reading found, or several stages together.

    Attributes
    ----------
    kept : tuple of Problem
        At most `KEPT_PER_KIND` of each kind; those of the whole file first, then by line.
    counts : mapping
        How many problems of each kind there were, kept or not.
    """

    kept: tuple[Problem, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: Problems) -> Problems:
        """Return the problems of both."""
        log = ProblemLog()
        log.extend(self)
        log.extend(other)
        return log.problems()


NO_PROBLEMS = Problems()


class ProblemLog:
    """Collects the problems of a stage: the first hundred of each kind, and all counts."""

    def __init__(self) -> None:
        self._kept: list[Problem] = []
        self._counts: Counter[str] = Counter()

    def add(
        self, kind: str, reason: str, line: int | None = None, column: str | None = None
    ) -> None:
        """Count a problem, and keep it unless a hundred of its kind are kept already."""
        self._counts[kind] += 1
        if self._counts[kind] <= KEPT_PER_KIND:
            self._kept.append(Problem(line, column, reason, kind))

    def count(self, kind: str, more: int) -> None:
        """Count `more` problems of a kind that are not kept one by one."""
        if more > 0:
            self._counts[kind] += more

    def extend(self, other: Problems, offset: int = 0) -> None:
        """Add problems found elsewhere, `offset` lines further down."""
        kept = Counter(problem.kind for problem in other.kept)
        for problem in other.kept:
            line = None if problem.line is None else problem.line + offset
            self.add(problem.kind, problem.reason, line, problem.column)
        for kind, count in other.counts.items():
            self.count(kind, count - kept[kind])

    def problems(self) -> Problems:
        """Return what was collected, as a frozen value."""
        kept = tuple(sorted(self._kept, key=lambda problem: problem.line or 0))
        return Problems(kept, MappingProxyType(dict(self._counts)))


@dataclass(frozen=True, slots=True)
class Guess:
    """What a stage of reading decided about one setting, and how sure it is.

    Attributes
    ----------
    setting : str
        A field of `core.data.reading.read_options.ReadOptions`.
    value : object
        What was decided.
    confidence : float
        From 0 to 1; 1 where the user gave the setting or the file leaves no choice.
    doubt : str
        Why the user should check it, in words; "" for no doubt.
    others : tuple of object
        What else it may be, likeliest first.
    """

    setting: str
    value: object
    confidence: float = 1.0
    doubt: str = ""
    others: tuple[object, ...] = ()


class NoTableError(Exception):
    """A stage found that this is no table: why, and what the user can do.

    Stages do not know the file's name; `core.data.reading.table_reader` adds it.
    """

    def __init__(self, why: str, mend: str) -> None:
        super().__init__(why, mend)
        self.why = why
        self.mend = mend


MOST_COLUMNS = 16_384
"""Columns beyond which a file is refused: as many as a sheet of Excel has."""


def check_width(width: int) -> None:
    """Raise a NoTableError if a table has more columns than the limit."""
    if width > MOST_COLUMNS:
        raise NoTableError(
            f"It has {width:,} columns, more than the limit of {MOST_COLUMNS:,}.",
            "Keep fewer columns, or transpose it.",
        )


@dataclass(frozen=True, slots=True)
class Column:
    """One named column, all of one kind.

    Attributes
    ----------
    name : str
        Unique in its table.
    kind : str
        One of `KINDS`.
    values : ndarray, shape (n_rows,)
        float64 with nan where missing for numbers; for every other kind str objects as they stood
        in the file, with None where missing. Read-only.
    missing : int
        How many values are missing.
    is_id : bool
        Whether it looks like a row number or key, which a model should not see.
    """

    name: str
    kind: str
    values: NDArray[Any]
    missing: int
    is_id: bool = False

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.values)


@dataclass(frozen=True, slots=True)
class Dialect:
    r"""How a file was understood; every guess can be overridden by `read_table`'s keywords.

    Attributes
    ----------
    format : str
        "text", "xlsx", "xls", "xlsb", "ods", "parquet", "arff" or "json".
    encoding, delimiter, quote, escape : str or None
        None where the format has none. A delimiter of "\s+" means runs of spaces and tabs.
        The escape is the quote itself where quotes are doubled.
    decimal, thousands : str, str or None
        Marks inside numbers.
    header : int
        Rows that hold column names; 0 for a file without names.
    skip, footer : int
        Lines (rows of a sheet) left out before the names and after the last row.
    comment : str or None
        What a comment line starts with.
    missing : tuple of str
        Marks found in the file and read as missing, the empty cell included.
    compression, line_end : str or None
        "gzip"; "LF", "CRLF", "CR" or "mixed".
    sheet : str or None
        The sheet that was read.
    sheets : tuple of str
        All sheets of the workbook.
    """

    format: str = "text"
    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    escape: str | None = None
    decimal: str = "."
    thousands: str | None = None
    header: int = 0
    skip: int = 0
    footer: int = 0
    comment: str | None = None
    missing: tuple[str, ...] = ()
    compression: str | None = None
    line_end: str | None = None
    sheet: str | None = None
    sheets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of a file, how it was understood, and what was wrong with it.

    Attributes
    ----------
    columns : tuple of Column
        In the file's order.
    n_rows : int
        Rows of data.
    problems : tuple of Problem
        The first hundred of each kind.
    problem_counts : mapping
        How many problems of each kind there were in all.
    dialect : Dialect
        How the file was understood.
    source : str
        The file's name, without its folder.
    lines : ndarray of int, shape (n_rows,)
        The line of the file on which each row starts.
    guesses : tuple of Guess
        The decisions behind `dialect`, each with its confidence and what else it may be.
    """

    columns: tuple[Column, ...]
    n_rows: int
    problems: tuple[Problem, ...] = ()
    problem_counts: Mapping[str, int] = field(default_factory=dict)
    dialect: Dialect = Dialect()
    source: str = ""
    lines: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    guesses: tuple[Guess, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """Return the column of that name.

        Raises
        ------
        UserError
            If there is none; the message lists the names.
        """
        for column in self.columns:
            if column.name == name:
                return column
        listed = ", ".join(self.names[:30]) + (", …" if len(self.columns) > 30 else "")
        raise UserError(f"{self.source} has no column {name!r}.", "", f"Its columns are: {listed}.")

    def guess(self, setting: str) -> Guess | None:
        """Return what was decided about a setting; None where its format leaves nothing open."""
        return next((guess for guess in self.guesses if guess.setting == setting), None)
