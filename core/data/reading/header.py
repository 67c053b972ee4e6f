"""Stage records -> header: which records hold the columns' names, and which are titles above."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from core.data.reading.cells import cell_type, column_types, count_filled, type_mismatches
from core.data.reading.read_options import GUESS_ALL, ReadOptions
from core.data.reading.records import Quoting, Record, Records, repair_quotes
from core.data.reading.table import NO_PROBLEMS, Guess, ProblemLog, Problems

_DEEPEST_HEADER = 6
_ORANGE_TYPES = {"c", "d", "s", "t", "continuous", "discrete", "string", "time", "i", "b", ""}
_ORANGE_FLAGS = {"class", "meta", "m", "ignore", "i", "weight", "w", "basket", ""}


@dataclass(frozen=True, slots=True)
class Header:
    """The names of the columns, and where the data begin.

    Attributes
    ----------
    names : tuple of str
        One a column, as they stand in the file; all "" for a file without names.
    types : tuple of str
        The prevailing type of each column's cells; see `core.data.reading.cells.column_types`.
    body : tuple of Record
        The records below the names.
    skipped : int
        Records of titles above the names.
    guess : Guess
        How many records hold names.
    problems : Problems
    """

    names: tuple[str, ...]
    types: tuple[str, ...]
    body: tuple[Record, ...]
    skipped: int
    guess: Guess
    problems: Problems = NO_PROBLEMS

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.names)

    @property
    def n_names(self) -> int:
        """How many records hold names."""
        return int(str(self.guess.value))


def find_header(
    read: Records,
    options: ReadOptions = GUESS_ALL,
    comments: Sequence[tuple[int, str]] = (),
    comment: str | None = None,
) -> Header:
    """Find the names of the columns.

    Parameters
    ----------
    read : Records
    options : ReadOptions
        Its `header` is the number of records with names, its `skip` means that no titles are left.
    comments : sequence of (line, text)
        Comment lines, of which the last before the data may hold the names.
    comment : str, optional
        What comments start with.
    """
    log = ProblemLog()
    width, quoting = read.width, read.quoting
    records = list(read.records)
    if quoting is not None:
        records = _with_commented_names(records, comments, comment or "", quoting, width)
    skipped = find_preamble(records, width) if options.skip is None else 0
    if skipped == 1 and _is_uneven_header(records, width):
        skipped = 0
    records, titles = records[skipped:], records[:skipped]
    rows = [record.cells for record in records if len(record.cells) == width]
    types = column_types(rows[1:] if len(rows) > 1 else rows, width)
    names, depth, rescued = _find_names(records, titles, types, width, options, log, quoting)
    titles = titles[: len(titles) - rescued]
    for title in titles:
        log.add(
            "title",
            f"The line before the table was left out: {' '.join(title.cells).strip()[:60]!r}.",
            title.line,
        )
    guess = Guess("header", depth)
    if options.header is None:
        guess = replace(guess, confidence=_confidence(names, rows, types))
    return Header(
        tuple(names), tuple(types), tuple(records[depth:]), len(titles), guess, log.problems()
    )


def _confidence(names: Sequence[str], rows: Sequence[Sequence[str]], types: Sequence[str]) -> float:
    """Say how sure the names are: surest where they are text over columns of numbers or dates."""
    typed = sum(kind in ("number", "date", "time") for kind in types)
    if not typed or not rows:
        return 0.6
    if any(names):
        return round(0.5 + 0.5 * min(1.0, type_mismatches(names, types) / typed), 3)
    return round(1.0 - 0.5 * type_mismatches(rows[0], types) / typed, 3)


def _is_uneven_header(records: Sequence[Record], width: int) -> bool:
    """Tell whether the first record, of another width than the rows, holds names and no title."""
    first = records[0].cells
    if len(records) < 2:
        return False
    one_short = len(first) == width - 1
    blanks_too_many = len(first) > width == count_filled(first)
    types = column_types([record.cells for record in records[1:]], width)
    return one_short or blanks_too_many or surplus_names(first, types)


def _find_names(
    records: list[Record],
    titles: Sequence[Record],
    types: Sequence[str],
    width: int,
    options: ReadOptions,
    log: ProblemLog,
    quoting: Quoting | None,
) -> tuple[list[str], int, int]:
    """Return the names, how many records and how many titles (0 or 1) they took."""
    if not records:
        return [""] * width, 0, 0
    if options.header is not None:
        rows = [record.cells for record in records[: options.header]]
        return (join_names(rows, width) if rows else [""] * width), len(rows), 0
    first = records[0]
    filled = [cell for cell in first.cells if cell.strip()]
    if len(first.cells) > width == len(filled) and type_mismatches(filled, types):
        reason = "The line of names has blank cells too many; they were left out."
        log.add("names", reason, first.line)
        return join_names([filled], width), 1, 0
    if len(first.cells) > width and surplus_names(first.cells, types):
        extra = ", ".join(cell.strip() for cell in first.cells[width:])
        log.add("names", f"There are more names than columns; left out: {extra[:60]}.", first.line)
        return join_names([first.cells[:width]], width), 1, 0
    if len(first.cells) == width - 1 and width > 1 and len(records) > 1:
        return _short_names(records, width, log), 1, 0
    if sklearn_header(records, width):
        reason = "The first line counts rows and features; the columns have no names."
        log.add("title", reason, first.line)
        return [""] * width, 1, 0
    if len(first.cells) == width and orange_header(records):
        return join_names([first.cells], width), 3, 0
    depth = header_depth([record for record in records if len(record.cells) == width], types)
    if depth == 0 and titles and quoting is not None:
        found = _names_of_title(titles[-1], width, types, quoting)
        if found:
            reason = "Its names are separated otherwise than the rows below."
            log.add("names", reason, titles[-1].line)
            return found, 0, 1
    return *_take_names(records, depth, width, log), 0


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
        if record.repaired:
            log.add("quote", "The quotes of the names are not sound; check them.", record.line)
    rows = [records[i].cells for i in full]
    return (join_names(rows, width) if rows else [""] * width), depth


def _short_names(records: Sequence[Record], width: int, log: ProblemLog) -> list[str]:
    """Read a header one name short: the rows begin with a row name, or end with a delimiter."""
    first = [cell.strip() for cell in records[0].cells]
    rows = [record.cells for record in records[1:] if len(record.cells) == width]
    if all(not cells[-1].strip() for cells in rows):
        return [*first, ""]
    log.add(
        "names",
        "There is one name fewer than columns; the first column holds the rows' names.",
        records[0].line,
    )
    return ["row", *first]


def _names_of_title(
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


def _with_commented_names(
    records: list[Record],
    comments: Sequence[tuple[int, str]],
    mark: str,
    quoting: Quoting,
    width: int,
) -> list[Record]:
    """Put the last comment before the data first, where it has one name for each column.

    The comment mark may itself be the first name, as in "#,length,width".
    """
    before = [item for item in comments if records and item[0] < records[0].line]
    if width < 2 or not before:
        return records
    number, text = before[-1]
    cells = repair_quotes(text, quoting, None)
    types = column_types([record.cells for record in records], width)
    names = len(cells) == width and len(set(cells)) == width and all(cell.strip() for cell in cells)
    if names and header_depth(records, types) == 0 and type_mismatches(cells, types):
        return [Record(number, cells), *records]
    if _named_by_mark(cells, width, mark) and type_mismatches([mark, *cells[1:]], types):
        return [Record(number, [mark, *cells[1:]]), *records]
    return records


def _named_by_mark(cells: Sequence[str], width: int, mark: str) -> bool:
    """Tell whether a comment line has a name for each column but the first, which is the mark."""
    named = [cell.strip() for cell in cells[1:]]
    return len(cells) == width and not cells[0].strip() and all(named) and mark not in named


def header_depth(records: Sequence[Record], types: Sequence[str]) -> int:
    """Count the records, from the first, that hold names rather than data.

    Names are text over columns of numbers, dates or times; where every column is text, the first
    record holds names unless its cells occur again below.
    """
    typed = [j for j, kind in enumerate(types) if kind in ("number", "date", "time")]
    if len(records) < 2:
        return int(bool(records) and not _typed_cells(records[0].cells))
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
        return 1 + header_depth(records[1:], types)
    if depth == 0 and (_numbers_as_names(records, types) or _words_among_names(records, types)):
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


def _numbers_as_names(records: Sequence[Record], types: Sequence[str]) -> bool:
    """Tell whether consecutive whole numbers beside words are names: years, or pandas' defaults.

    A table that pandas wrote with its index has a blank for the index, and then 0, 1, 2 …
    """
    first = [cell.strip() for cell in records[0].cells]
    over = [cell for cell, kind in zip(first, types, strict=False) if kind == "number"]
    numbers = [cell for cell in over if re.fullmatch(r"\d{1,4}", cell)]
    words = [cell for cell in first if cell_type(cell) == "text"]
    has_index = not first[0] and numbers[:2] == ["0", "1"]
    if len(numbers) < 3 or not (words or has_index) or len(set(words)) < len(words):
        return False
    if any(cell_type(cell) == "number" for cell in over if cell not in numbers):
        return False
    if _recurs(records[0].cells, records[1:200], types):
        return False
    return all(int(b) - int(a) == 1 for a, b in pairwise(numbers))


def _words_among_names(records: Sequence[Record], types: Sequence[str]) -> bool:
    """Tell whether the first record is names of which some are numbers (1e5, inf), others words.

    Each must be another, and no name of a column of words may stand again below it.
    """
    first = [cell.strip() for cell in records[0].cells]
    typed = [j for j, kind in enumerate(types) if kind in ("number", "date", "time")]
    words = sum(cell_type(first[j]) == "text" for j in typed)
    if len(set(first)) < len(first):
        return False
    if words >= 0.7 * len(typed) and len(typed) >= 3:
        return True
    named = [j for j, kind in enumerate(types) if kind == "text" and cell_type(first[j]) == "text"]
    return bool(
        named
        and words >= 0.5 * len(typed)
        and all(first)
        and len(records) >= 8
        and not _recurs(records[0].cells, records[1:200], types)
    )


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
    if len(cells) < 2 or not all(re.fullmatch(r"\d{1,9}", cell) for cell in cells[:2]):
        return False
    return int(cells[0]) == len(records) - 1 and int(cells[1]) in (width - 1, width - 2)


def join_names(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Join the names of several header rows, a group's name carried over the blanks after it."""
    levels: list[list[str]] = []
    for depth, row in enumerate(rows):
        cells = [" ".join(cell.split()) for cell in row] + [""] * (width - len(row))
        if depth < len(rows) - 1 and count_filled(cells) < width:
            for j in range(1, width):
                cells[j] = cells[j] or cells[j - 1]
        levels.append(cells[:width])
    return [" ".join(part for part in parts if part) for parts in zip(*levels, strict=True)]


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
        and count_filled(records[start].cells)
        <= max(count_filled(r.cells) for r in records[:start])
        and all(len(r.cells) == width for r in records[:start])
    ):
        return 0
    return start


def _keyed_lines(records: Sequence[Record], width: int) -> int:
    """Count the leading records of the table's width that hold a key and its value, and no more."""
    count = 0
    for record in records[:60]:
        cells = [cell.strip() for cell in record.cells]
        if len(cells) != width or count_filled(cells) != 2 or not all(cells[:2]):
            break
        count += 1
    keyed = all(record.cells[0].strip().endswith(":") for record in records[:count])
    after = records[count : count + 40]
    fuller = sum(count_filled(record.cells) > width / 2 for record in after) > 0.8 * len(after)
    wide = width > (2 if keyed else 4)
    return count if wide and (count > 1 or keyed) and after and fuller else 0


def _is_tabular(cells: Sequence[str], width: int) -> bool:
    return len(cells) == width and count_filled(cells) >= min(2, width)
