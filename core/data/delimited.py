"""From decoded text to named columns of cells: dialect, layout and ragged rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.data.columns import Dialect
from core.data.layout import (
    Layout,
    column_types,
    drop_footer,
    find_header,
    find_preamble,
    join_names,
    misfits,
    orange_header,
    sklearn_header,
)
from core.data.problems import ProblemLog
from core.data.records import Quoting, Record, UnclosedQuoteError, mend, read_records, split_lines
from core.data.settings import Settings
from core.data.sniffing import Guess, find_comment, find_dialect, is_comment
from core.data.sources import Source

MOST_COLUMNS = 16_384
"""As many as a sheet of Excel has."""

_HEAD_LINES = 2000


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells by column, before their kinds are known."""

    names: list[str]
    cells: list[Sequence[str]]
    lines: list[int]
    dialect: Dialect


def read_text(
    source: Source, text: str, encoding: str, suffix: str, settings: Settings, log: ProblemLog
) -> Grid:
    """Read delimited text.

    Raises
    ------
    UserError
        If there is no data, a quote is never closed, a NUL stands in the text, or there are more
        columns than a sheet of Excel has.
    """
    _refuse_nul(source, text)
    lines = split_lines(text)
    hint = _separator_line(lines)
    skip = settings.skip if settings.skip is not None else int(hint is not None)
    comment = (
        settings.comment
        if settings.comment is not None
        else find_comment(lines[skip : skip + _HEAD_LINES])
    )
    lines, commented = _blank_out(lines, skip, comment or None)
    if not any(line and not line.isspace() for line in lines):
        raise source.refuse("There is no data in it: every line is blank.", "Choose another file.")
    head = lines[: _HEAD_LINES + skip]
    _refuse_wide(source, max(map(len, head)), 0)
    guess = find_dialect(head, settings.delimiter or hint, settings.quote, suffix)
    records = _records(source, lines, guess)
    width = _width(records, guess)
    _refuse_wide(source, 0, width)
    _restore_names(records, commented, guess.quoting, width)
    layout = lay_out(records, width, settings, log, guess.quoting)
    dialect = Dialect(
        encoding=encoding,
        delimiter=guess.quoting.delimiter,
        quote=guess.quoting.quote,
        escape=guess.quoting.escape,
        header=layout.header,
        skip=skip + layout.skipped,
        footer=layout.footer,
        comment=comment or None,
        line_end=_line_end(text),
    )
    return grid_of(layout, width, dialect)


def grid_of(layout: Layout, width: int, dialect: Dialect) -> Grid:
    """Turn rows of cells into columns of cells."""
    return Grid(
        layout.names, _columns(layout, width), [record.line for record in layout.records], dialect
    )


def _refuse_nul(source: Source, text: str) -> None:
    at = text.find("\0")
    if at >= 0:
        line = len(split_lines(text[:at]))
        raise source.refuse(
            f"There is a NUL byte on line {line}, which no text has.",
            "Remove the NUL bytes, or export the table again.",
        )


def _refuse_wide(source: Source, longest: int, width: int) -> None:
    if width > MOST_COLUMNS:
        raise source.refuse(
            f"It has {width:,} columns, more than the limit of {MOST_COLUMNS:,}.",
            "Keep fewer columns, or transpose it.",
        )


def _separator_line(lines: Sequence[str]) -> str | None:
    found = re.fullmatch(r'"?sep=(.|\\t)"?', lines[0].strip(" \ufeff"), re.IGNORECASE)
    return found.group(1).replace("\\t", "\t") if found else None


def _blank_out(
    lines: list[str], skip: int, comment: str | None
) -> tuple[list[str], list[tuple[int, str]]]:
    """Blank the skipped and commented lines, so that line numbers stay; return those commented."""
    if not skip and comment is None:
        return lines, []
    kept, commented = [""] * min(skip, len(lines)), []
    for number, line in enumerate(lines[skip:], start=skip + 1):
        if is_comment(line, comment) and comment:
            commented.append((number, line.lstrip()[len(comment) :].strip()))
            kept.append("")
        else:
            kept.append(line)
    return kept, commented


def _records(source: Source, lines: Sequence[str], guess: Guess) -> list[Record]:
    try:
        return list(read_records(lines, guess.quoting, guess.width if guess.width > 1 else None))
    except UnclosedQuoteError as error:
        raise source.refuse(
            f"A quote ({guess.quoting.quote}) is opened on line {error.line} and never closed.",
            "Close or remove the quote on that line.",
        ) from error


def _width(records: Sequence[Record], guess: Guess) -> int:
    """Return the width of most records; of the first table where two follow each other."""
    widths = [len(record.cells) for record in records]
    counts = Counter(widths)
    most = max(counts, key=lambda width: (counts[width] * (width - 0.5), width == guess.width))
    large = [width for width in counts if counts[width] >= 0.4 * counts[most]]
    first = large[0]
    alone = len(large) == 2 and widths[: counts[first]].count(first) >= 0.95 * counts[first]
    return first if alone else most


def _restore_names(
    records: list[Record], commented: Sequence[tuple[int, str]], quoting: Quoting, width: int
) -> None:
    """Take the last comment line before the data as names, where it has one a column and no other has."""
    if width < 2 or not records:
        return
    before = [item for item in commented if item[0] < records[0].line]
    if not before:
        return
    number, text = before[-1]
    cells = mend(text, quoting, None)
    types = column_types(records, width)
    names = len(cells) == width and len(set(cells)) == width and all(cell.strip() for cell in cells)
    if names and find_header(records, types) == 0 and misfits(cells, types):
        records.insert(0, Record(number, cells))


def lay_out(
    records: list[Record],
    width: int,
    settings: Settings,
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
            )
        )
        if names_short or (skipped and settings.header):
            skipped = 0
    records, titles = records[skipped:], records[:skipped]
    body = [record for record in records if len(record.cells) == width]
    types = column_types(body[1:] if len(body) > 1 else body, width)
    names, header = _names(records, titles, types, width, settings, log, quoting)
    for title in titles:
        log.add(
            "title",
            f"The line before the table was left out: {' '.join(title.cells).strip()[:60]!r}.",
            title.line,
        )
    rows = _level(records[header:], names, types, width, log)
    footer = drop_footer(rows, types, log)
    _tell_size(rows, width, log)
    return Layout(names, rows, header, len(titles), footer)


def _names(
    records: list[Record],
    titles: list[Record],
    types: Sequence[str],
    width: int,
    settings: Settings,
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
    if len(first.cells) > width == len(named) and misfits(named, types):
        log.add(
            "names", "The line of names has blank cells too many; they were left out.", first.line
        )
        return join_names([named], width), 1
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
    rows = [record.cells for record in records if len(record.cells) == width][:header]
    depth = 0
    while (
        depth < len(records)
        and header
        and len([r for r in records[:depth] if len(r.cells) == width]) < header
    ):
        depth += 1
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
        cells = [cell.strip(' "') for cell in mend(line, Quoting(delimiter, quoting.quote), None)]
        if (
            len(cells) == width
            and len(set(cells)) == width
            and all(cells)
            and misfits(cells, types)
        ):
            return cells
    return None


def _level(
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
            levelled = _levelled(cells, types, width)
            state = f"It has {len(cells)} {'cell' if len(cells) == 1 else 'cells'}, not {width}"
            if levelled is None:
                log.add("ragged", f"{state}; it was left out.", record.line)
                continue
            log.add(
                "ragged",
                f"{state}; it was {'padded' if len(cells) < width else 'cut'}.",
                record.line,
            )
            record = Record(record.line, levelled, record.mended)
        elif record.mended:
            log.add("quote", "Its quotes are not sound; check how it was read.", record.line)
        if any(repeated) and _same(record.cells, repeated):
            log.add("repeated", "It repeats the names; it was left out.", record.line)
        else:
            rows.append(record)
    return rows


def _same(cells: Sequence[str], names: Sequence[str]) -> bool:
    return cells[0].strip() == names[0] and [" ".join(cell.split()) for cell in cells] == list(
        names
    )


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
        while start and len(records[start - 1].cells) == len(records[-1].cells) != width:
            start -= 1
        block = records[start:]
        if len(block) < 3 or len(block[0].cells) < 2 or not _wordy(block[0].cells):
            return len(records)
        if all(_wordy(record.cells) for record in block[1:]):
            return len(records)
    block = records[start:]
    log.add(
        "table", f"Another table begins here; its {len(block)} lines were left out.", block[0].line
    )
    return start


def _other_names(cells: Sequence[str], names: Sequence[str], width: int) -> bool:
    """Tell whether a record repeats most names, but not for all columns."""
    known = {name for name in names if name}
    shared = sum(" ".join(cell.split()) in known for cell in cells)
    return len(cells) != width and shared >= 2 and 2 * shared >= len(cells)


def _wordy(cells: Sequence[str]) -> bool:
    return not any(re.fullmatch(r"[+-]?[\d.,]+", cell.strip()) for cell in cells)


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


def _line_end(text: str) -> str:
    pairs = text.count("\r\n")
    kinds = {"CRLF": pairs, "LF": text.count("\n") - pairs, "CR": text.count("\r") - pairs}
    found = [name for name, count in kinds.items() if count]
    return found[0] if len(found) == 1 else "mixed" if found else "LF"
