"""Which records are title lines, names, data, repeated names and footers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from core.data.kinds import is_date, is_time
from core.data.numerals import DOUBTFUL_MARKS, MISSING_MARKS, Numerals
from core.data.problems import ProblemLog
from core.data.records import Record

_DEEPEST_HEADER = 6
_ORANGE_TYPES = {"c", "d", "s", "t", "continuous", "discrete", "string", "time", "i", "b", ""}
_ORANGE_FLAGS = {"class", "meta", "m", "ignore", "i", "weight", "w", "basket", ""}


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


@lru_cache(maxsize=8192)
def cell_type(cell: str) -> str:
    """Return "number", "date", "time", "blank" or "text".

    Examples
    --------
    >>> [cell_type(c) for c in ("5,1", "?", "2024-01-01", "08:30", "setosa")]
    ['number', 'blank', 'date', 'time', 'text']
    """
    text = cell.strip()
    if text in MISSING_MARKS or text.lower() in DOUBTFUL_MARKS:
        return "blank"
    if _POINT.value(text) is not None or _COMMA.value(text) is not None:
        return "number"
    return "date" if is_date(text) else "time" if is_time(text) else "text"


_POINT, _COMMA = Numerals(".", ","), Numerals(",", ".")


def column_types(records: Sequence[Record], width: int) -> list[str]:
    """Return each column's prevailing cell type over the records of that width ("text" if mixed)."""
    step = max(1, len(records) // 400)
    sample = [record.cells for record in records[::step] if len(record.cells) == width]
    types = []
    for cells in zip(*sample, strict=True):
        found = Counter(cell_type(cell) for cell in cells)
        del found["blank"]
        most = found.most_common(1)
        types.append(
            most[0][0]
            if most and most[0][1] >= 0.85 * found.total()
            else "text"
            if most
            else "blank"
        )
    return types or ["blank"] * width


def misfits(cells: Sequence[str], types: Sequence[str]) -> int:
    """Count the cells that are text where the column is numbers, dates or times."""
    return sum(
        kind in ("number", "date", "time") and cell_type(cell) not in (kind, "blank")
        for cell, kind in zip(cells, types, strict=False)
    )


def _filled(cells: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in cells)


def find_preamble(records: Sequence[Record], width: int) -> int:
    """Count the leading records that are titles: not of the table's width, or all but one cell blank.

    They only count as titles where the record after them is fuller.
    """
    if width < 2:
        return 0
    start = 0
    while start < min(len(records), 60) and not _is_tabular(records[start].cells, width):
        start += 1
    if start >= min(len(records), 60):
        return 0
    if (
        start
        and _filled(records[start].cells) <= max(_filled(r.cells) for r in records[:start])
        and all(len(r.cells) == width for r in records[:start])
    ):
        return 0
    return start


def _is_tabular(cells: Sequence[str], width: int) -> bool:
    return len(cells) == width and _filled(cells) >= min(2, width)


def find_header(records: Sequence[Record], types: Sequence[str]) -> int:
    """Count the records, from the first, that hold names rather than data.

    Names are text over columns of numbers, dates or times; where every column is text, the first
    record holds names unless its cells occur again below.
    """
    typed = [j for j, kind in enumerate(types) if kind in ("number", "date", "time")]
    if len(records) < 2:
        return int(bool(records) and not typed_cells(records[0].cells))
    first = records[0].cells
    if not typed:
        return _text_header(records)
    depth = 0
    while depth < min(_DEEPEST_HEADER, len(records) - 1) and _names_over(
        records[depth].cells, typed, types
    ):
        depth += 1
    if depth == 0 and _year_names(first, types):
        return 1
    if depth == 0 and _text_names(records, types):
        return 1
    return depth


def typed_cells(cells: Sequence[str]) -> int:
    """Count the cells that hold a number, date or time."""
    return sum(cell_type(cell) in ("number", "date", "time") for cell in cells)


def _names_over(cells: Sequence[str], typed: Sequence[int], types: Sequence[str]) -> bool:
    """Tell whether a record is text in every column of numbers, dates or times that it fills."""
    kinds = [cell_type(cells[j]) for j in typed]
    differing = sum(
        kind == "text" or (kind != types[j] and kind != "blank")
        for kind, j in zip(kinds, typed, strict=True)
    )
    return (
        differing >= 1
        and differing == sum(kind != "blank" for kind in kinds)
        and 2 * differing >= len(kinds)
    )


def _year_names(first: Sequence[str], types: Sequence[str]) -> bool:
    """Tell whether a record is text followed by consecutive whole numbers (years as names)."""
    numbers = [cell.strip() for cell, kind in zip(first, types, strict=False) if kind == "number"]
    if len(numbers) < 3 or not all(re.fullmatch(r"\d{1,4}", cell) for cell in numbers):
        return False
    return all(int(b) - int(a) == 1 for a, b in zip(numbers, numbers[1:], strict=False))


def _text_names(records: Sequence[Record], types: Sequence[str]) -> bool:
    """Names where some typed column is named by a number, yet most others by words."""
    first = records[0].cells
    typed = [j for j, kind in enumerate(types) if kind in ("number", "date", "time")]
    words = sum(cell_type(first[j]) == "text" for j in typed)
    return words >= 0.7 * len(typed) and len(typed) >= 3 and len(set(first)) == len(first)


def _text_header(records: Sequence[Record]) -> int:
    """Decide for a table of text only: names do not occur again in their columns, nor twice."""
    first = [cell.strip() for cell in records[0].cells]
    if typed_cells(first):
        return 0
    again = filled = 0
    below = records[1:2001]
    below = [record for record in below if [cell.strip() for cell in record.cells] != first]
    for j, cell in enumerate(first):
        if cell:
            filled += 1
            again += any(record.cells[j].strip() == cell for record in below)
    return int(filled > 0 and again <= 0.25 * filled)


def orange_header(records: Sequence[Record]) -> bool:
    """Tell whether rows 2 and 3 are the types and flags of Orange's three-line header."""
    if len(records) < 4:
        return False
    types, flags = ([cell.strip() for cell in records[i].cells] for i in (1, 2))
    known = sum(cell in _ORANGE_TYPES for cell in types)
    attributes = all(cell in _ORANGE_FLAGS or "=" in cell for cell in flags)
    listed = all(cell in _ORANGE_TYPES or " " in cell for cell in types)
    return listed and attributes and any(types) and 2 * known >= len(types)


def sklearn_header(records: Sequence[Record], width: int) -> bool:
    """Tell whether the first record counts the rows and features (scikit-learn's data files)."""
    cells = [cell.strip() for cell in records[0].cells] if records else []
    if len(cells) < 2 or not cells[0].isdecimal() or not cells[1].isdecimal():
        return False
    return int(cells[0]) == len(records) - 1 and int(cells[1]) in (width - 1, width - 2)


def join_names(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Join the names of several header rows, a group's name carried over the blanks after it."""
    filled = []
    for depth, row in enumerate(rows):
        cells = [" ".join(cell.split()) for cell in row] + [""] * (width - len(row))
        if depth < len(rows) - 1 and _filled(cells) < width:
            for j in range(1, width):
                cells[j] = cells[j] or cells[j - 1]
        filled.append(cells[:width])
    return [" ".join(part for part in parts if part) for parts in zip(*filled, strict=True)]


def drop_footer(records: list[Record], types: Sequence[str], log: ProblemLog) -> int:
    """Take trailing records off that are blank, or notes rather than data; return how many notes.

    A line with one cell is a note only where rows are otherwise nearly full.
    """
    width, count = len(types), 0
    while records and width > 1 and not _filled(records[-1].cells):
        records.pop()
    if width < 3 or not records:
        return 0
    typical = sorted(_filled(record.cells) for record in records)[len(records) // 2]
    while records and len(records) > 1:
        cells = records[-1].cells
        filled = _filled(cells)
        note = filled <= 1 and typical >= max(3, 0.7 * width) and len(cells[0].strip()) > 0
        if not note or cell_type(cells[0]) != "text":
            break
        log.add(
            "footer",
            f"The line after the table was left out: {cells[0].strip()[:60]!r}.",
            records[-1].line,
        )
        records.pop()
        count += 1
        while records and not _filled(records[-1].cells):
            records.pop()
    return count
