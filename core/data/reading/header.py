"""Which records hold the columns' names, and what the names are.

What the cells of a table's columns are, and which records around it are titles or notes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from core.data.reading.column_kinds import is_date, is_time
from core.data.reading.numerals import DOUBTFUL_MARKS, MISSING_MARKS, NumberFormat
from core.data.reading.read_options import ReadOptions
from core.data.reading.records import Quoting, Record, repair_quotes
from core.data.reading.table import ProblemLog

_DEEPEST_HEADER = 6
_ORANGE_TYPES = {"c", "d", "s", "t", "continuous", "discrete", "string", "time", "i", "b", ""}
_ORANGE_FLAGS = {"class", "meta", "m", "ignore", "i", "weight", "w", "basket", ""}


def read_names(
    records: list[Record],
    titles: list[Record],
    types: Sequence[str],
    width: int,
    settings: ReadOptions,
    log: ProblemLog,
    quoting: Quoting | None,
) -> tuple[list[str], int]:
    """Return the names and how many records they took."""
    if not records:
        return [""] * width, 0
    if settings.header is not None:
        rows = [record.cells for record in records[: settings.header]]
        return (join_names(rows, width) if rows else [""] * width), len(rows)
    first = records[0]
    named = [cell for cell in first.cells if cell.strip()]
    if len(first.cells) > width == len(named) and type_mismatches(named, types):
        log.add(
            "names", "The line of names has blank cells too many; they were left out.", first.line
        )
        return join_names([named], width), 1
    if len(first.cells) > width and surplus_names(first.cells, types):
        extra = ", ".join(cell.strip() for cell in first.cells[width:])
        log.add("names", f"There are more names than columns; left out: {extra[:60]}.", first.line)
        return join_names([first.cells[:width]], width), 1
    if len(first.cells) == width - 1 and width > 1 and len(records) > 1:
        return _short_names(records, types, width, log)
    if sklearn_header(records, width):
        log.add(
            "title",
            "The first line counts rows and features; the columns have no names.",
            first.line,
        )
        return [""] * width, 1
    if len(first.cells) == width and orange_header(records):
        return join_names([first.cells], width), 3
    header = find_header([record for record in records if len(record.cells) == width], types)
    if header == 0 and titles and quoting is not None:
        rescued = _rescued_names(titles[-1], width, types, quoting)
        if rescued:
            log.add(
                "names", "Its names are separated otherwise than the rows below.", titles.pop().line
            )
            return rescued, 0
    return _take_names(records, header, width, log)


def surplus_names(cells: Sequence[str], types: Sequence[str]) -> bool:
    """Tell whether a record longer than the table by one or two is names, each its own."""
    names = [cell.strip() for cell in cells]
    few = 0 < len(names) - len(types) <= 2
    return (
        few and all(names) and len(set(names)) == len(names) and type_mismatches(names, types) > 0
    )


def _take_names(
    records: Sequence[Record], header: int, width: int, log: ProblemLog
) -> tuple[list[str], int]:
    """Join the first `header` records of the table's width; also how many records that takes."""
    full = [i for i, record in enumerate(records) if len(record.cells) == width][:header]
    depth = full[-1] + 1 if full else 0
    for record in records[:depth]:
        if record.mended:
            log.add("quote", "The quotes of the names are not sound; check them.", record.line)
    rows = [records[i].cells for i in full]
    return (join_names(rows, width) if rows else [""] * width), depth


def _short_names(
    records: list[Record], types: Sequence[str], width: int, log: ProblemLog
) -> tuple[list[str], int]:
    """Read a header one name short: the rows begin with a row name, or end with a delimiter."""
    first = [cell.strip() for cell in records[0].cells]
    body = [record.cells for record in records[1:] if len(record.cells) == width]
    if all(not cells[-1].strip() for cells in body):
        return [*first, ""], 1
    log.add(
        "names",
        "There is one name fewer than columns; the first column holds the rows' names.",
        records[0].line,
    )
    return ["row", *first], 1


def _rescued_names(
    title: Record, width: int, types: Sequence[str], quoting: Quoting
) -> list[str] | None:
    """Split a line just above the data by another delimiter, if that gives one name a column."""
    line = quoting.delimiter.join(title.cells)
    for delimiter in (",", ";", "\t", "|", " "):
        cells = [
            cell.strip(' "')
            for cell in repair_quotes(line, Quoting(delimiter, quoting.quote), None)
        ]
        if (
            len(cells) == width
            and len(set(cells)) == width
            and all(cells)
            and type_mismatches(cells, types)
        ):
            return cells
    return None


def restore_names(
    records: list[Record],
    commented: Sequence[tuple[int, str]],
    mark: str,
    quoting: Quoting,
    width: int,
) -> None:
    """Take the last comment line before the data as names, where it has one a column.

    The comment mark may itself be the first name, as in "#,length,width".
    """
    if width < 2 or not records:
        return
    before = [item for item in commented if item[0] < records[0].line]
    if not before:
        return
    number, text = before[-1]
    cells = repair_quotes(text, quoting, None)
    types = column_types(records, width)
    names = len(cells) == width and len(set(cells)) == width and all(cell.strip() for cell in cells)
    if names and find_header(records, types) == 0 and type_mismatches(cells, types):
        records.insert(0, Record(number, cells))
    elif _named_by_mark(cells, width, mark) and type_mismatches([mark, *cells[1:]], types):
        records.insert(0, Record(number, [mark, *cells[1:]]))


def _named_by_mark(cells: Sequence[str], width: int, mark: str) -> bool:
    """Tell whether a comment line has a name for each column but the first, which is the mark."""
    named = [cell.strip() for cell in cells[1:]]
    return len(cells) == width and not cells[0].strip() and all(named) and mark not in named


def find_header(records: Sequence[Record], types: Sequence[str]) -> int:
    """Count the records, from the first, that hold names rather than data.

    Names are text over columns of numbers, dates or times; where every column is text, the first
    record holds names unless its cells occur again below.
    """
    typed = [j for j, kind in enumerate(types) if kind in ("number", "date", "time")]
    if len(records) < 2:
        return int(bool(records) and not _typed_cells(records[0].cells))
    first = records[0].cells
    if not typed:
        return _text_header(records)
    depth = 0
    while (
        depth < min(_DEEPEST_HEADER, len(records) - 1)
        and _names_over(records[depth].cells, typed, types)
        and not (depth and _recurs(records[depth].cells, records[depth + 1 : depth + 200], types))
    ):
        depth += 1
    if depth == 0 and _some_names(records, typed, types):
        return 1 + find_header(records[1:], types)
    if depth == 0 and _year_names(first, types):
        return 1
    if depth == 0 and _text_names(records, types):
        return 1
    return depth


def _typed_cells(cells: Sequence[str]) -> int:
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


def _recurs(cells: Sequence[str], below: Sequence[Record], types: Sequence[str]) -> bool:
    """Tell whether a cell stands again in its column of words: then the record is data."""
    words = [j for j, kind in enumerate(types) if kind == "text" and cells[j].strip()]
    others = [record.cells for record in below if record.cells != cells]
    return any(other[j].strip() == cells[j].strip() for other in others for j in words)


def _some_names(records: Sequence[Record], typed: Sequence[int], types: Sequence[str]) -> bool:
    """Tell whether the first record names some columns only: what it holds is text, and its own.

    So a row of groups over rows of names, or names of which some are blank.
    """
    first = [cell.strip() for cell in records[0].cells]
    over = [j for j in typed if first[j]]
    named = [cell for cell in first if cell]
    if not over or any(cell_type(first[j]) == types[j] for j in over):
        return False
    if any(cell_type(cell) != "text" for cell in named) or len(set(named)) < len(named):
        return False
    below = [[cell.strip() for cell in record.cells] for record in records[1:200]]
    return not any(cells[j] == first[j] for cells in below for j in range(len(first)) if first[j])


def _year_names(first: Sequence[str], types: Sequence[str]) -> bool:
    """Tell whether a record is text followed by consecutive whole numbers (years as names)."""
    numbers = [cell.strip() for cell, kind in zip(first, types, strict=False) if kind == "number"]
    if len(numbers) < 3 or not all(re.fullmatch(r"\d{1,4}", cell) for cell in numbers):
        return False
    return all(int(b) - int(a) == 1 for a, b in pairwise(numbers))


def _text_names(records: Sequence[Record], types: Sequence[str]) -> bool:
    """Names where some typed column is named by a number, yet most others by words."""
    first = records[0].cells
    typed = [j for j, kind in enumerate(types) if kind in ("number", "date", "time")]
    words = sum(cell_type(first[j]) == "text" for j in typed)
    return words >= 0.7 * len(typed) and len(typed) >= 3 and len(set(first)) == len(first)


def _text_header(records: Sequence[Record]) -> int:
    """Decide for a table of text only: names do not occur again in their columns, nor twice."""
    first = [cell.strip() for cell in records[0].cells]
    if _typed_cells(first):
        return 0
    again = named = 0
    below = records[1:2001]
    below = [record for record in below if [cell.strip() for cell in record.cells] != first]
    for j, cell in enumerate(first):
        if cell:
            named += 1
            again += any(record.cells[j].strip() == cell for record in below)
    return int(named > 0 and again <= 0.25 * named)


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
    levels: list[list[str]] = []
    for depth, row in enumerate(rows):
        cells = [" ".join(cell.split()) for cell in row] + [""] * (width - len(row))
        if depth < len(rows) - 1 and filled(cells) < width:
            for j in range(1, width):
                cells[j] = cells[j] or cells[j - 1]
        levels.append(cells[:width])
    return [" ".join(part for part in parts if part) for parts in zip(*levels, strict=True)]


_CELLS = 60_000  # looked at to type the columns of a wide table
_POINT, _COMMA = NumberFormat(".", ","), NumberFormat(",", ".")


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


def type_mismatches(cells: Sequence[str], types: Sequence[str]) -> int:
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
