"""Large delimited files: the dialect is found on the head, pandas parses, counts make sure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.data.reading.assembling import build_columns, unique_names
from core.data.reading.blocks import Layout, Part, Uneven, last_end, read_blocks
from core.data.reading.columns import Column, Dialect, Table
from core.data.reading.delimited import read_text
from core.data.reading.encodings import find_encoding
from core.data.reading.frames import number_column
from core.data.reading.grids import Grid
from core.data.reading.kinds import HUGE
from core.data.reading.layout import column_types
from core.data.reading.numerals import DOUBTFUL_MARKS, ERROR_MARKS, MISSING_MARKS, Numerals
from core.data.reading.problems import ProblemLog
from core.data.reading.records import Record
from core.data.reading.settings import Settings
from core.data.reading.sources import Progress, Source

_EXACT = 2.0**53  # integers up to here are kept exactly
_LAST = 3  # rows at the end that may be notes
_ENOUGH = 400  # lines that tell as much as twice as many
_WIDE = 200  # columns, of which few rows say enough

LARGEST_UNEVEN = 32 << 20
"""Bytes on disk up to which a file is read with care where it is not regular."""

HEAD = 1 << 18
"""Bytes on which the dialect of a large file is found."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """How the file is to be read, found on its head."""

    dialect: Dialect
    names: list[str]
    numerals: Numerals
    layout: Layout
    start: int
    line: int


def read_bulk(
    source: Source, suffix: str, settings: Settings, progress: Progress | None
) -> Table | None:
    """Read a large, regular file through pandas; None where it needs to be read with more care.

    Only files are read here whose head is one even table, all of whose rows are full, and that end
    without notes.
    """
    log = ProblemLog()
    plan = _plan(source, suffix, settings, log)
    if plan is None:
        return None
    parts = read_blocks(source, plan.start, plan.layout, progress)
    if isinstance(parts, Uneven):
        where = f"somewhere after line {plan.line + parts.line:,}"
        _refuse_large(source, f"Its rows, quotes or characters are not sound {where}")
        return None
    names = unique_names(plan.names, log)
    cells = [_joined(parts, j) for j in range(len(names))]
    if not len(cells[0]) or _notes_or_names(cells, plan):
        _refuse_large(source, "Notes stand after its rows, or names among them")
        return None
    lines = _lines_of(parts, plan.line)
    _tell_odd(parts, plan.line, log)
    columns = _columns(cells, names, lines, plan, settings, log)
    if columns is None or (lines is None and any(one.line for one in log.kept)):
        return None
    known = lines if lines is not None else np.zeros(0, np.int64)
    known.flags.writeable = False
    return Table(columns, len(cells[0]), log.kept, log.counts, plan.dialect, source.name, known)


def _refuse_large(source: Source, why: str) -> None:
    """Raise a UserError if a file that needs to be read with care is too large for that."""
    if source.size > LARGEST_UNEVEN:
        raise source.refuse(
            f"{why}, and at {source.size / 1e6:,.0f} MB it is too large to be mended.",
            "Mend those lines, export it again, or open a part of it.",
        )


def _lines_of(parts: Sequence[Part], first: int) -> NDArray[np.int64] | None:
    """Return the line of each row, the first block's first being `first`; None where unknown."""
    lines, found = first, []
    for part in parts:
        if part.at is None:
            return None
        at = np.arange(len(part.at)) if isinstance(part.at, range) else part.at
        found.append(at + lines)
        lines += part.lines
    return np.concatenate(found)


def _joined(parts: Sequence[Part], column: int) -> NDArray[np.float64] | list[str]:
    """Return a whole column: numbers where all blocks have numbers, else cells as text."""
    pieces = [part.columns[column] for part in parts if len(part.columns[column])]
    numbers = [piece for piece in pieces if isinstance(piece, np.ndarray)]
    if len(numbers) == len(pieces):
        return np.concatenate(numbers) if numbers else []
    return [cell for piece in pieces for cell in _texts(piece)]


def _texts(piece: NDArray[np.float64] | list[str]) -> list[str]:
    if isinstance(piece, list):
        return piece
    return ["" if v != v else repr(v).removesuffix(".0") for v in piece.tolist()]  # noqa: PLR0124


def _tell_odd(parts: Sequence[Part], first: int, log: ProblemLog) -> None:
    """Say what was done about lines of another width."""
    for part in parts:
        for line, reason in part.odd:
            log.add("ragged", reason, first + line)
        first += part.lines


def _notes_or_names(cells: Sequence[Sequence[str] | NDArray[np.float64]], plan: _Plan) -> bool:
    """Tell whether the last rows are notes, or the names come again among the rows."""
    for row in range(-min(_LAST, len(cells[0])), 0):
        filled = [column[row] for column in cells if column[row] == column[row]]
        if len(cells) > 2 and sum(cell != "" for cell in filled) <= 1:
            return True
    words = [j for j, column in enumerate(cells) if isinstance(column, list)]
    numbers = [j for j in words if j in plan.layout.numbers]
    return any(plan.names[j] and plan.names[j] in cells[j] for j in numbers or words[:1])


def _columns(
    cells: Sequence[list[str] | NDArray[np.float64]],
    names: Sequence[str],
    lines: NDArray[np.int64] | None,
    plan: _Plan,
    settings: Settings,
    log: ProblemLog,
) -> tuple[Column, ...] | None:
    """Make columns of the cells; None where numbers turn out to be words further down."""
    columns: list[Column] = []
    rows = range(1, len(cells[0]) + 1) if lines is None else lines.tolist()
    for j, (name, column) in enumerate(zip(names, cells, strict=True)):
        if not isinstance(column, list):
            if _has_huge_integers(column):
                log.add("doubt", f"Doubtful: {HUGE}.", column=name)
            columns.append(number_column(name, column, lines, log))
            continue
        built, _, _ = build_columns(
            [name], [column], rows, plan.numerals, None, settings.missing, settings.kinds, log
        )
        if j in plan.layout.numbers and built[0].kind != "number":
            return None  # the cells as they stood are lost
        columns += built
    return tuple(columns)


def _has_huge_integers(values: NDArray[np.float64]) -> bool:
    """Tell whether these are integers of more digits than a float keeps."""
    top = max(float(np.nanmax(values, initial=0.0)), -float(np.nanmin(values, initial=0.0)))
    if not _EXACT < top < np.inf:
        return False
    return bool(np.all((np.floor(values) == values) | np.isnan(values)))


def _plan(source: Source, suffix: str, settings: Settings, log: ProblemLog) -> _Plan | None:
    with source.open() as stream:
        head = stream.read(HEAD)
    encoding = settings.encoding or find_encoding(head, final=False)
    if encoding not in ("utf-8", "utf-8-sig", "cp1252", "latin-1", "ascii") or b"\0" in head:
        return None
    if head.count(b"\n", 0, HEAD // 2) >= _ENOUGH:
        head = head[: HEAD // 2]
    cut = last_end(head)
    if cut == 0 or head.count(b"\r") not in (0, head.count(b"\r\n")):
        return None
    trial, found = ProblemLog(), ProblemLog()
    text = head[:cut].decode(encoding, "replace")
    grid = read_text(source, text, encoding, suffix, settings, trial)
    start = _offset(head, grid.lines[0]) if _regular(grid, trial) else None
    if start is None:
        return None
    columns, numerals, marks = build_columns(
        [f"{j}" for j in range(len(grid.names))],
        grid.cells,
        grid.lines,
        None,
        grid.dialect.delimiter,
        settings.missing,
        {str(j): settings.kinds[n] for j, n in enumerate(grid.names) if n in settings.kinds},
        found,
        (settings.decimal, settings.thousands),
    )
    for problem in (*trial.kept, *found.kept):
        late = problem.kind == "ragged" and (problem.line or 0) >= grid.lines[0]
        if problem.column is None and not late:  # those are met again
            log.add(problem.kind, problem.reason, problem.line)
    layout = _layout(grid, columns, numerals, settings, marks, head)
    dialect = replace(
        grid.dialect,
        decimal=numerals.decimal,
        thousands=numerals.thousands,
        missing=marks,
        compression="gzip" if source.gzipped else None,
    )
    return _Plan(dialect, grid.names, numerals, layout, start, grid.lines[0])


def _layout(
    grid: Grid,
    columns: Sequence[Column],
    numerals: Numerals,
    settings: Settings,
    marks: Sequence[str],
    head: bytes,
) -> Layout:
    """Say how blocks are parsed, by what was found on the head."""
    dialect = grid.dialect
    usual = MISSING_MARKS if settings.missing is None else settings.missing
    # what a spreadsheet could not compute is told, and so must not pass as merely missing
    known = sorted({*marks, *usual, *_doubtful(settings), ""} - ERROR_MARKS)
    spaced = (dialect.delimiter or ",").encode() + b" " in head
    rows = [Record(0, list(row)) for row in zip(*grid.cells, strict=True)]
    return Layout(
        types=column_types(rows, len(columns)),
        numbers=tuple(j for j, column in enumerate(columns) if column.kind == "number"),
        marks=known,
        options={
            "sep": dialect.delimiter,
            "decimal": numerals.decimal,
            "thousands": numerals.thousands,
            "quotechar": dialect.quote or '"',
            "quoting": 0 if dialect.quote else 3,
            "skipinitialspace": spaced and dialect.delimiter != " ",
            "encoding": dialect.encoding,
        },
    )


def _offset(head: bytes, line: int) -> int | None:
    """Return where a line begins, counted from 1; None where lines end otherwise than by LF."""
    start = 0
    for _ in range(line - 1):
        start = head.find(b"\n", start) + 1
    return start if start or line == 1 else None


def _doubtful(settings: Settings) -> Sequence[str]:
    if settings.missing is not None:
        return ()
    return [mark for word in DOUBTFUL_MARKS for mark in (word, word.upper(), word.capitalize())]


def _regular(grid: Grid, trial: ProblemLog) -> bool:
    """Tell whether the head is one even table that pandas can read as it was understood."""
    dialect = grid.dialect
    harmless = {"title", "names", "ragged"}
    return (
        set(trial.counts) <= harmless
        and len(grid.lines) > (100 if len(grid.names) < _WIDE else 10)
        and len(grid.names) > 1
        and dialect.quote in (None, '"')
        and dialect.escape == dialect.quote
        and dialect.footer == 0
        and (dialect.comment is None or dialect.skip > 0 or grid.lines[0] > dialect.header + 1)
    )
