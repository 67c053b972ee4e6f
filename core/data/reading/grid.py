"""From records to named columns of cells: titles, names, data and footers told apart.

Rows of the wrong width, repeated names, and a second table under the first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.data.reading.header import (
    column_types,
    drop_footer,
    drop_notes,
    find_preamble,
    read_names,
    surplus_names,
    type_mismatches,
)
from core.data.reading.read_options import ReadOptions
from core.data.reading.records import Quoting, Record
from core.data.reading.table import Dialect, ProblemLog


@dataclass(frozen=True, slots=True)
class Layout:
    """Names, the rows under them, and what was left out around them.

    Attributes
    ----------
    names : list of str
        One a column, as they stand in the file; all "" for a file without names.
    records : list of Record
        The data, all of one width.
    header, skipped, footer : int
        Records of names, before them, and after the data.
    """

    names: list[str]
    records: list[Record]
    header: int
    skipped: int
    footer: int


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells by column, before their kinds are known."""

    names: list[str]
    cells: list[Sequence[str]]
    lines: list[int]
    dialect: Dialect


def grid_of(layout: Layout, width: int, dialect: Dialect) -> Grid:
    """Turn rows of cells into columns of cells."""
    return Grid(
        layout.names, _columns(layout, width), [record.line for record in layout.records], dialect
    )


def lay_out(
    records: list[Record],
    width: int,
    settings: ReadOptions,
    log: ProblemLog,
    quoting: Quoting | None = None,
) -> Layout:
    """Separate titles, names, data and footers, and bring every row to the table's width."""
    skipped = 0
    if settings.skip is None:
        skipped = find_preamble(records, width)
        first = records[0].cells
        names_short = (
            skipped == 1
            and len(records) > 1
            and (
                len(first) == width - 1
                or (len(first) > width and sum(bool(cell.strip()) for cell in first) == width)
                or surplus_names(first, column_types(records[1:], width))
            )
        )
        if names_short:
            skipped = 0
    records, titles = records[skipped:], records[:skipped]
    body = [record for record in records if len(record.cells) == width]
    types = column_types(body[1:] if len(body) > 1 else body, width)
    names, header = read_names(records, titles, types, width, settings, log, quoting)
    for title in titles:
        log.add(
            "title",
            f"The line before the table was left out: {' '.join(title.cells).strip()[:60]!r}.",
            title.line,
        )
    body = records[header:]
    notes = drop_notes(body, width, log)
    rows = fix_row_widths(body, names, types, width, log)
    footer = notes + drop_footer(rows, types, log)
    _tell_size(rows, width, log)
    return Layout(names, rows, header, len(titles), footer)


def _tell_size(rows: Sequence[Record], width: int, log: ProblemLog) -> None:
    if len(rows) <= 1:
        log.add("size", "It has only 1 row." if rows else "It has names but no rows of data.")
    useful = sum(any(record.cells[j].strip() for record in rows) for j in range(width))
    if rows and useful == 1:
        shown = "; ".join(repr(" ".join(record.cells).strip()[:40]) for record in rows[:3])
        log.add("single", f"It has one useful column only. Its first rows: {shown}.")


def _columns(layout: Layout, width: int) -> list[Sequence[str]]:
    if not layout.records:
        return [()] * width
    return list(zip(*[record.cells for record in layout.records], strict=True))


def fix_row_widths(
    records: Sequence[Record],
    names: Sequence[str],
    types: Sequence[str],
    width: int,
    log: ProblemLog,
) -> list[Record]:
    """Bring records to one width; leave out blank rows, repeated names and what does not fit."""
    repeated = [" ".join(name.split()) for name in names]
    rows: list[Record] = []
    end = _second_table(records, repeated, width, log)
    for record in records[:end]:
        cells = record.cells
        if len(cells) != width:
            levelled, reason = fit_to_width(cells, types, width)
            log.add("ragged", reason, record.line)
            if levelled is None:
                continue
            cells = levelled
        elif record.mended:
            log.add("quote", "Its quotes are not sound; check how it was read.", record.line)
        if any(repeated) and _same(cells, repeated):
            log.add("repeated", "It repeats the names; it was left out.", record.line)
        else:
            rows.append(Record(record.line, cells))
    return rows


def _same(cells: Sequence[str], names: Sequence[str]) -> bool:
    return cells[0].strip() == names[0] and [" ".join(cell.split()) for cell in cells] == list(
        names
    )


def fit_to_width(
    cells: Sequence[str], types: Sequence[str], width: int
) -> tuple[list[str] | None, str]:
    """Return a ragged row at the table's width, None where it fits no such row; and what is said.

    Examples
    --------
    >>> fit_to_width(["1", "2"], ["number"] * 3, 3)
    (['1', '2', ''], 'It has 2 cells, not 3; it was padded.')
    """
    row = _levelled(cells, types, width)
    done = "left out" if row is None else "padded" if len(cells) < width else "cut"
    many = "cell" if len(cells) == 1 else "cells"
    return row, f"It has {len(cells)} {many}, not {width}; it was {done}."


def _levelled(cells: Sequence[str], types: Sequence[str], width: int) -> list[str] | None:
    """Return a ragged row at the table's width, or None where its cells fit no such row."""
    if len(cells) < width:
        padded = [*cells, *[""] * (width - len(cells))]
        return padded if len(cells) > 1 and not type_mismatches(padded, types) else None
    surplus = len(cells) - width
    best = None
    for start in range(width, -1, -1):
        if any(cell.strip() for cell in cells[start : start + surplus]):
            continue
        rest = [*cells[:start], *cells[start + surplus :]]
        if not type_mismatches(rest, types):
            best = rest
            break
    return best


def _second_table(
    records: Sequence[Record], names: Sequence[str], width: int, log: ProblemLog
) -> int:
    """Find where a second table, with names of its own and another width, begins; tell it."""
    start = next(
        (i for i, record in enumerate(records) if _other_names(record.cells, names, width)),
        len(records),
    )
    if start == len(records):
        start = _ragged_tail(records, width)
        block = records[start:]
        if len(block) < 3 or not may_begin_table(records, width):
            return len(records)
        if all(_wordy(record.cells) for record in block[1:]):
            return len(records)
    block = records[start:]
    log.add(
        "table", f"Another table begins here; its {len(block)} lines were left out.", block[0].line
    )
    return start


def may_begin_table(records: Sequence[Record], width: int) -> bool:
    """Tell whether the last records have one other width, and the first of them may be names."""
    tail = records[_ragged_tail(records, width) :]
    return bool(tail) and len(tail[0].cells) >= 2 and _wordy(tail[0].cells)


def _ragged_tail(records: Sequence[Record], width: int) -> int:
    """Return where the last records begin that are alike in width, but not of the table's."""
    start = len(records)
    while start and len(records[start - 1].cells) == len(records[-1].cells) != width:
        start -= 1
    return start


def _other_names(cells: Sequence[str], names: Sequence[str], width: int) -> bool:
    """Tell whether a record repeats most names, but not for all columns."""
    if len(cells) == width:
        return False
    known = {name for name in names if name}
    shared = sum(" ".join(cell.split()) in known for cell in cells)
    return shared >= 2 and 2 * shared >= len(cells)


def _wordy(cells: Sequence[str]) -> bool:
    return not any(re.fullmatch(r"[+-]?[\d.,]+", cell.strip()) for cell in cells)
