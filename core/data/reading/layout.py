"""What the cells of a table's columns are, and which records around it are titles or notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from core.data.reading.kinds import is_date, is_time
from core.data.reading.numerals import DOUBTFUL_MARKS, MISSING_MARKS, Numerals
from core.data.reading.problems import ProblemLog
from core.data.reading.records import Record

_CELLS = 60_000  # looked at to type the columns of a wide table
_POINT, _COMMA = Numerals(".", ","), Numerals(",", ".")


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


def column_types(records: Sequence[Record], width: int) -> list[str]:
    """Return each column's prevailing cell type over the records of that width, else "text"."""
    step = max(1, len(records) // max(40, min(400, _CELLS // max(width, 1))))
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


def filled(cells: Sequence[str]) -> int:
    """Count the cells that are not blank."""
    return sum(bool(cell.strip()) for cell in cells)


def find_preamble(records: Sequence[Record], width: int) -> int:
    """Count the leading records that are titles: of another width, or blank but for one cell.

    They only count as titles where the record after them is fuller.
    """
    if width < 2:
        return 0
    start = _keyed_lines(records, width)
    while start < min(len(records), 60) and not _is_tabular(records[start].cells, width):
        start += 1
    if start >= min(len(records), 60):
        return 0
    if (
        start
        and filled(records[start].cells) <= max(filled(r.cells) for r in records[:start])
        and all(len(r.cells) == width for r in records[:start])
    ):
        return 0
    return start


def _keyed_lines(records: Sequence[Record], width: int) -> int:
    """Count the leading records of the table's width that hold a key and its value, and no more."""
    count = 0
    for record in records[:60]:
        cells = [cell.strip() for cell in record.cells]
        if len(cells) != width or filled(cells) != 2 or not all(cells[:2]):
            break
        count += 1
    keyed = all(record.cells[0].strip().endswith(":") for record in records[:count])
    after = records[count : count + 40]
    fuller = sum(filled(record.cells) > width / 2 for record in after) > 0.8 * len(after)
    wide = width > (2 if keyed else 4)
    return count if wide and (count > 1 or keyed) and after and fuller else 0


def _is_tabular(cells: Sequence[str], width: int) -> bool:
    return len(cells) == width and filled(cells) >= min(2, width)


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
    while records and width > 1 and not filled(records[-1].cells):
        records.pop()
    if width < 3 or not records:
        return 0
    typical = sorted(filled(record.cells) for record in records)[len(records) // 2]
    while records and len(records) > 1:
        cells = records[-1].cells
        count_filled = filled(cells)
        note = count_filled <= 1 and typical >= max(3, 0.7 * width) and len(cells[0].strip()) > 0
        if not note or cell_type(cells[0]) != "text":
            break
        log.add(
            "footer",
            f"The line after the table was left out: {cells[0].strip()[:60]!r}.",
            records[-1].line,
        )
        records.pop()
        count += 1
        while records and not filled(records[-1].cells):
            records.pop()
    return count
