"""Stage dialect -> records: split lines into records of cells.

The csv module reads what is quoted by the rules; a line whose quotes are not is repaired.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.data.reading.cells import column_types
from core.data.reading.table import NO_PROBLEMS, NoTableError, ProblemLog, Problems, check_width

RUNS = r"\s+"
"""The delimiter that stands for runs of spaces and tabs."""

_RUN = re.compile(r"[ \t]+")
_RULE = re.compile(r"\s*:?-+:?\s*")

LONGEST_RECORD = 2000
"""Lines that one quoted cell may span before its quote counts as stray."""


@dataclass(frozen=True, slots=True)
class Quoting:
    """How cells are separated and quoted.

    Attributes
    ----------
    delimiter : str
        One character, or `RUNS`.
    quote : str or None
        The quote character; None where quotes are ordinary characters.
    escape : str or None
        What stands before a quote inside quotes: the quote itself, or a backslash.
    """

    delimiter: str
    quote: str | None = '"'
    escape: str | None = '"'

    def reader(self, lines: Iterator[str]) -> Iterator[list[str]]:
        """Return a strict reader of the csv module over lines that keep their ends."""
        spaces = self.delimiter == RUNS
        return csv.reader(
            lines,
            delimiter=" " if spaces else self.delimiter,
            quotechar=self.quote,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            doublequote=self.escape == self.quote,
            escapechar=self.escape if self.escape != self.quote else None,
            skipinitialspace=spaces or self.delimiter != " ",
            strict=True,
        )


@dataclass(frozen=True, slots=True)
class Record:
    """A record: the line it starts on (from 1), its cells, and whether quotes were repaired."""

    line: int
    cells: list[str]
    repaired: bool = False


@dataclass(frozen=True, slots=True)
class Records:
    """All records of a file or sheet.

    Attributes
    ----------
    records : tuple of Record
    width : int
        How many cells a row of the table has; single records may have more or fewer.
    quoting : Quoting or None
        How they were split; None where a workbook gives them.
    confidence : float
        The share of records of that width whose quotes are sound.
    problems : Problems
    """

    records: tuple[Record, ...]
    width: int
    quoting: Quoting | None
    confidence: float
    problems: Problems = NO_PROBLEMS


def split_records(lines: Sequence[str], quoting: Quoting, width: int) -> Records:
    """Split lines into records, and find the width of the table.

    Parameters
    ----------
    lines : sequence of str
        Without their ends; those to be left out are empty, so that line numbers stay.
    quoting : Quoting
    width : int
        Cells of most records of the head, where the dialect was found.

    Raises
    ------
    NoTableError
        If a quote is never closed, or there are too many columns.
    """
    log = ProblemLog()
    try:
        records = list(read_records(lines, quoting, width if width > 1 else None))
    except UnclosedQuoteError as error:
        raise NoTableError(
            f"A quote ({quoting.quote}) is opened on line {error.line} and never closed.",
            "Close or remove the quote on that line.",
        ) from error
    records = _without_frame(records, quoting.delimiter)
    width = _table_width(records, width)
    check_width(width)
    if _ends_with_delimiter(records, width):
        log.add("ragged", "Every row ends with a delimiter; the empty column was left out.")
        width -= 1
        records = [Record(r.line, r.cells[:width], r.repaired) for r in records]
    report_controls(lines, quoting.delimiter, log)
    sound = sum(len(r.cells) == width and not r.repaired for r in records)
    return Records(tuple(records), width, quoting, sound / max(len(records), 1), log.problems())


def _table_width(records: Sequence[Record], guess: int) -> int:
    """Return the width of most records; of the first table where two follow each other."""
    widths = [len(record.cells) for record in records]
    counts = Counter(widths)
    most = max(counts, key=lambda width: (counts[width] * (width - 0.5), width == guess))
    large = [width for width in counts if counts[width] >= 0.4 * counts[most]]
    first = large[0]
    alone = len(large) == 2 and widths[: counts[first]].count(first) >= 0.95 * counts[first]
    if alone and first < most and not _has_typed_column(records, first):
        return most if _has_typed_column(records, most) else first
    return first if alone else most


def _has_typed_column(records: Sequence[Record], width: int) -> bool:
    """Tell whether records of that width have a column of numbers, dates or times."""
    types = column_types([record.cells for record in records], width)
    return any(kind in ("number", "date", "time") for kind in types)


def _ends_with_delimiter(records: Sequence[Record], width: int) -> bool:
    """Tell whether all rows but that of the names have an empty cell at the end."""
    if width < 3 or len(records) < 3 or len(records[0].cells) != width - 1:
        return False
    return all(len(r.cells) == width and not r.cells[-1].strip() for r in records[1:])


_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1b\x7f]")


def report_controls(lines: Sequence[str], delimiter: str, log: ProblemLog, first: int = 1) -> None:
    """Report control characters inside cells; the first line has the number `first`."""
    for number, line in enumerate(lines, first):
        found = None if line.isprintable() else _CONTROL.search(line.replace(delimiter, ""))
        if found:
            reason = f"A control character ({found.group()!r}) stands in it; check how it was read."
            log.add("control", reason, number)


class UnclosedQuoteError(Exception):
    """A quote was opened on `line` and never closed."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def split_lines(text: str) -> list[str]:
    r"""Split at LF, CR LF, CR, or any CRs before an LF, and at nothing else.

    Examples
    --------
    >>> split_lines("a\r\r\nb\rc\n")
    ['a', 'b', 'c', '']
    """
    if "\r" in text:
        while "\r\r\n" in text:
            text = text.replace("\r\r\n", "\r\n")
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.split("\n")


def split_plain(line: str, delimiter: str) -> list[str]:
    """Split a line without quotes."""
    if delimiter == RUNS:  # a no-break space may stand between thousands
        return _RUN.split(line.strip(" \t"))
    return line.split(delimiter)


def _without_frame(records: list[Record], delimiter: str) -> list[Record]:
    """Take off the bars around each row, and the rows of dashes, of a table drawn with bars."""
    drawn = [record for record in records if len(record.cells) > 2]
    framed = [r for r in drawn if not r.cells[0].strip() and not r.cells[-1].strip()]
    if delimiter != "|" or not drawn or len(framed) < len(drawn):
        return records
    inner = [Record(r.line, r.cells[1:-1] if len(r.cells) > 2 else r.cells) for r in records]
    return [r for r in inner if not all(_RULE.fullmatch(cell) for cell in r.cells)]


def read_records(
    lines: Sequence[str], quoting: Quoting, width: int | None = None, whole: bool = True
) -> Iterator[Record]:
    """Read records, skipping blank lines.

    Parameters
    ----------
    lines : sequence of str
        Lines without their ends.
    quoting : Quoting
        Delimiter, quote and escape.
    width : int, optional
        The number of cells a record should have; a quoted record of another width over several
        lines is repaired.
    whole : bool
        False where the lines are only the head of the file, so that a quote may still be closed.

    Raises
    ------
    UnclosedQuoteError
        If a quote is opened and the file ends before it is closed.
    """
    at, quote = 0, quoting.quote
    while at < len(lines):
        line = lines[at]
        if not line or line.isspace():
            at += 1
        elif quote is None or quote not in line:
            yield Record(at + 1, split_plain(line, quoting.delimiter))
            at += 1
        else:
            record, at = _read_quoted(lines, at, quoting, width, whole)
            if record is not None:
                yield record


def _read_quoted(
    lines: Sequence[str], at: int, quoting: Quoting, width: int | None, whole: bool
) -> tuple[Record | None, int]:
    """Read the record that starts at a line with quotes in it; also where the next one starts."""
    cells, used = _read_by_the_rules(lines, at, quoting)
    if cells is not None and (width is None or len(cells) == width or used == 1):
        stray = quoting.escape == quoting.quote and not _quotes_are_sound(
            lines[at : at + used], quoting
        )
        return Record(at + 1, cells, stray), at + used
    if cells is None and used == 0:
        if at + LONGEST_RECORD > len(lines) and not whole:
            return None, len(lines)
        if at + LONGEST_RECORD > len(lines):
            raise UnclosedQuoteError(at + 1)
    return Record(at + 1, repair_quotes(lines[at], quoting, width), True), at + 1


def _read_by_the_rules(
    lines: Sequence[str], at: int, quoting: Quoting
) -> tuple[list[str] | None, int]:
    """Read one record by the rules: cells and lines used; (None, 0) where a quote stays open."""
    used = 0

    def feed() -> Iterator[str]:
        nonlocal used
        for line in lines[at : at + 1]:
            used += 1
            yield _single_spaces(line, quoting) + "\n"
        for i in range(at + 1, min(at + LONGEST_RECORD, len(lines))):
            used += 1
            yield lines[i] + "\n"

    try:
        cells = next(iter(quoting.reader(feed())))
    except csv.Error as error:
        return None, 0 if "unexpected end" in str(error) else used
    if quoting.escape == "\\" and not _quotes_are_sound(lines[at : at + used], quoting):
        return None, used
    return cells, used


def _quotes_are_sound(lines: Sequence[str], quoting: Quoting) -> bool:
    """Tell whether quotes stand at the ends of cells, or in pairs inside cells without them.

    The csv module lets quotes stand anywhere in cells that do not begin with one.
    """
    quote = re.escape(quoting.quote or "")
    ends = r" \t\n" if quoting.delimiter in (RUNS, " ") else re.escape(quoting.delimiter) + r"\n"
    text = "\n".join(lines)
    if quoting.escape == "\\":
        bare = re.sub(r"\\.", "", text)
        bare = bare if " " in ends else bare.replace(" ", "")
        return re.search(rf"[^{ends}]{quote}[^{ends}]", bare) is None
    bare = text.replace((quoting.quote or "") * 2, "")
    rest = re.sub(rf"(^|[{ends}]) *{quote}[^{quote}]*{quote} *(?=[{ends}]|$)", r"\1", bare)
    return not any(cell.count(quoting.quote or "") % 2 for cell in re.split(f"[{ends}]", rest))


def _single_spaces(line: str, quoting: Quoting) -> str:
    """Make runs of blanks one space, outside quotes, where blanks separate."""
    if quoting.delimiter != RUNS:
        return line
    quote = quoting.quote or "\0"
    parts = line.strip().split(quote)
    for i in range(0, len(parts), 2):
        ends = (parts[i][:1].isspace(), parts[i][-1:].isspace())
        middle = " ".join(parts[i].split())
        parts[i] = (" " if ends[0] else "") + middle + (" " if ends[1] and middle else "")
    return quote.join(parts)


def repair_quotes(line: str, quoting: Quoting, width: int | None) -> list[str]:
    """Split a line whose quotes break the rules into the likeliest cells.

    A quoted cell ends at a quote before a delimiter or the line's end; a quote may also be an
    ordinary character. Of all ways to split into `width` cells, that of least cost (for ordinary
    quotes, and delimiters inside odd quotes) is found by dynamic programming over positions; where
    there is none, that of least cost of any width.
    """
    delimiter, quote = quoting.delimiter, quoting.quote or '"'
    if delimiter == RUNS:
        delimiter, line = " ", _single_spaces(line, quoting)
    if len(line) > 100_000 or line.count(quote) > 400:
        return line.split(delimiter)
    best = _cheapest_split(line, delimiter, quote, width)
    if best is None and width is not None:
        best = _cheapest_split(line, delimiter, quote, None)
    return best if best is not None else line.split(delimiter)


def _cheapest_split(line: str, delimiter: str, quote: str, width: int | None) -> list[str] | None:
    end = len(line)
    paths: dict[tuple[int, int], tuple[float, list[str]]] = {(0, 0): (0.0, [])}
    starts = sorted({0, *(i + 1 for i, c in enumerate(line) if c == delimiter)})
    for start in starts:
        for count in range(start + 1 if width is None else width):
            known = paths.pop((start, count if width is not None else 0), None)
            if known is None:
                if width is None:
                    break
                continue
            for stop, cell, cost in _cell_readings(line, start, delimiter, quote):
                place = (stop + 1, count + 1 if width is not None else 0)
                total = known[0] + cost
                if place not in paths or total < paths[place][0]:
                    paths[place] = (total, [*known[1], cell])
            if width is None:
                break
    found = paths.get((end + 1, width if width is not None else 0))
    return found[1] if found else None


def _cell_readings(
    line: str, start: int, delimiter: str, quote: str
) -> Iterator[tuple[int, str, float]]:
    """Yield each way to read the cell at `start`: where it stops, its text, what that costs."""
    stop = line.find(delimiter, start)
    stop = len(line) if stop < 0 else stop
    plain = line[start:stop]
    opening = start + len(plain) - len(plain.lstrip(" "))
    if line[opening : opening + 1] != quote:
        yield stop, plain, 0.5 * plain.count(quote)
        return
    yield stop, plain, 3.0 + 0.5 * plain.count(quote)
    closing = line.find(quote, opening + 1)
    while closing >= 0:
        after = line[closing + 1 :].find(delimiter) + closing + 1
        after = len(line) if after == closing else after
        if not line[closing + 1 : after].strip(" "):
            inner = line[opening + 1 : closing]
            lone = inner.replace(quote * 2, "").count(quote)
            yield (
                after,
                inner.replace(quote * 2, quote),
                1.0 * lone + 0.3 * inner.count(delimiter) * bool(lone),
            )
        closing = line.find(quote, closing + 1)
