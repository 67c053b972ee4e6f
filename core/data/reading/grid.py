"""Stage header -> grid: the rows of data, all of one width, without footers and repeated names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.data.reading.cells import cell_type, count_filled, type_mismatches
from core.data.reading.header import Header
from core.data.reading.records import Record
from core.data.reading.table import NO_PROBLEMS, ProblemLog, Problems


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells by column, before their kinds are known.

    Attributes
    ----------
    names : tuple of str
        One a column, as they stand in the file.
    columns : tuple of sequence of str
        The cells of each column.
    lines : tuple of int
        The line of the file on which each row starts.
    footer : int
        Records left out after the data.
    confidence : float
        The share of rows that needed no change.
    problems : Problems
    """

    names: tuple[str, ...]
    columns: tuple[Sequence[str], ...]
    lines: tuple[int, ...]
    footer: int = 0
    confidence: float = 1.0
    problems: Problems = NO_PROBLEMS


def fit_grid(header: Header) -> Grid:
    """Bring the records below the header to its width; what does not fit is left out."""
    log = ProblemLog()
    width, body = header.width, list(header.body)
    footer = drop_notes(body, width, log)
    rows = fix_row_widths(body, header.names, header.types, log)
    fitted = len(rows) / max(len(body), 1)
    footer += drop_footer(rows, header.types, log)
    _report_size(rows, width, log)
    return Grid(
        header.names,
        tuple(zip(*[record.cells for record in rows], strict=True)) if rows else ((),) * width,
        tuple(record.line for record in rows),
        footer,
        min(fitted, 1.0),
        log.problems(),
    )


def _report_size(rows: Sequence[Record], width: int, log: ProblemLog) -> None:
    if len(rows) <= 1:
        log.add("size", "It has only 1 row." if rows else "It has names but no rows of data.")
    useful = sum(any(record.cells[j].strip() for record in rows) for j in range(width))
    if rows and useful == 1:
        shown = "; ".join(repr(" ".join(record.cells).strip()[:40]) for record in rows[:3])
        log.add("single", f"It has one useful column only. Its first rows: {shown}.")


def fix_row_widths(
    records: Sequence[Record], names: Sequence[str], types: Sequence[str], log: ProblemLog
) -> list[Record]:
    """Bring records to one width; leave out repeated names, a second table and what is unfit."""
    width = len(names)
    repeated = [" ".join(name.split()) for name in names]
    rows: list[Record] = []
    end = _second_table(records, repeated, width, log)
    for record in records[:end]:
        cells = record.cells
        if len(cells) != width:
            fitted, reason = fit_to_width(cells, types)
            log.add("ragged", reason, record.line)
            if fitted is None:
                continue
            cells = fitted
        elif record.repaired:
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


def fit_to_width(cells: Sequence[str], types: Sequence[str]) -> tuple[list[str] | None, str]:
    """Return a ragged row at the table's width, None where it fits no such row; and what is said.

    Examples
    --------
    >>> fit_to_width(["1", "2"], ["number"] * 3)
    (['1', '2', ''], 'It has 2 cells, not 3; it was padded.')
    """
    width = len(types)
    row = _padded(cells, types) if len(cells) < width else _without_blanks(cells, types)
    done = "left out" if row is None else "padded" if len(cells) < width else "cut"
    many = "cell" if len(cells) == 1 else "cells"
    return row, f"It has {len(cells)} {many}, not {width}; it was {done}."


def _padded(cells: Sequence[str], types: Sequence[str]) -> list[str] | None:
    padded = [*cells, *[""] * (len(types) - len(cells))]
    return padded if len(cells) > 1 and not type_mismatches(padded, types) else None


def _without_blanks(cells: Sequence[str], types: Sequence[str]) -> list[str] | None:
    """Leave out as many blank cells in a row as there are too many, the last that fit the types."""
    surplus = len(cells) - len(types)
    for start in range(len(types), -1, -1):
        if any(cell.strip() for cell in cells[start : start + surplus]):
            continue
        rest = [*cells[:start], *cells[start + surplus :]]
        if not type_mismatches(rest, types):
            return rest
    return None


def _second_table(
    records: Sequence[Record], names: Sequence[str], width: int, log: ProblemLog
) -> int:
    """Return where a second table, of other names and width, begins; else the number of records."""
    start = next(
        (i for i, record in enumerate(records) if _other_names(record.cells, names, width)),
        len(records),
    )
    if start == len(records):
        start = _ragged_tail(records, width)
        block = records[start:]
        if len(block) < 3 or not may_begin_table(records, width):
            return len(records)
        if all(_is_words(record.cells) for record in block[1:]):
            return len(records)
    block = records[start:]
    log.add(
        "table", f"Another table begins here; its {len(block)} lines were left out.", block[0].line
    )
    return start


def may_begin_table(records: Sequence[Record], width: int) -> bool:
    """Tell whether the last records have one other width, and the first of them may be names."""
    tail = records[_ragged_tail(records, width) :]
    return bool(tail) and len(tail[0].cells) >= 2 and _is_words(tail[0].cells)


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


def _is_words(cells: Sequence[str]) -> bool:
    return not any(re.fullmatch(r"[+-]?[\d.,]+", cell.strip()) for cell in cells)


def drop_notes(records: list[Record], width: int, log: ProblemLog) -> int:
    """Take trailing lines of one cell of text off a table of more columns; return how many."""
    count = 0
    while len(records) > 1 and len(records[-1].cells) == 1 < width:
        text = records[-1].cells[0].strip()
        if cell_type(text) != "text":
            break
        log.add(
            "footer", f"The line after the table was left out: {text[:60]!r}.", records.pop().line
        )
        count += 1
    return count


def drop_footer(records: list[Record], types: Sequence[str], log: ProblemLog) -> int:
    """Take trailing records off that are blank, or notes rather than data; return how many notes.

    A line with one cell is a note only where rows are otherwise nearly full.
    """
    width, count = len(types), 0
    while records and width > 1 and not count_filled(records[-1].cells):
        records.pop()
    if width < 3 or not records:
        return 0
    typical = sorted(count_filled(record.cells) for record in records)[len(records) // 2]
    while records and len(records) > 1:
        cells = records[-1].cells
        n_filled = count_filled(cells)
        note = n_filled <= 1 and typical >= max(3, 0.7 * width) and len(cells[0].strip()) > 0
        if not note or cell_type(cells[0]) != "text":
            break
        log.add(
            "footer",
            f"The line after the table was left out: {cells[0].strip()[:60]!r}.",
            records[-1].line,
        )
        records.pop()
        count += 1
        while records and not count_filled(records[-1].cells):
            records.pop()
    return count
