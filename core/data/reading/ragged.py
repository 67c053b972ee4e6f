"""Rows of the wrong width, repeated names, and a second table under the first."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.data.reading.layout import misfits
from core.data.reading.problems import ProblemLog
from core.data.reading.records import Record


def level(
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
            levelled, reason = fitted(cells, types, width)
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


def fitted(cells: Sequence[str], types: Sequence[str], width: int) -> tuple[list[str] | None, str]:
    """Return a ragged row at the table's width, None where it fits no such row; and what is said.

    Examples
    --------
    >>> fitted(["1", "2"], ["number"] * 3, 3)
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
        return padded if len(cells) > 1 and not misfits(padded, types) else None
    surplus = len(cells) - width
    best = None
    for start in range(width, -1, -1):
        if any(cell.strip() for cell in cells[start : start + surplus]):
            continue
        rest = [*cells[:start], *cells[start + surplus :]]
        if not misfits(rest, types):
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
