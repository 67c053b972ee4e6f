"""From decoded text to a grid of cells: the dialect is found, then every record read by it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from core.data.reading.columns import Dialect
from core.data.reading.grids import Grid, grid_of, lay_out
from core.data.reading.headers import restore_names
from core.data.reading.layout import column_types
from core.data.reading.problems import ProblemLog
from core.data.reading.records import (
    Record,
    UnclosedQuoteError,
    read_records,
    split_lines,
    without_rims,
)
from core.data.reading.settings import Settings
from core.data.reading.sniffing import Guess, find_comment, find_dialect, is_comment
from core.data.reading.sources import Source, refuse_wide

_HEAD_LINES = 2000
_WRAPPED = re.compile(r'\s*"((?:[^"]|"")*)"\s*')
_UNWRAPPED_ABOVE = 0.4
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1b\x7f]")


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
    text = text.rstrip("\x1a")  # DOS ended files with it
    _refuse_nul(source, text)
    lines = split_lines(text)
    hint = _separator_line(lines)
    skip = settings.skip if settings.skip is not None else int(hint is not None)
    comment = (
        settings.comment
        if settings.comment is not None
        else find_comment(lines[skip : skip + _HEAD_LINES])
    )
    lines, commented = blank_out(lines, skip, comment or None)
    if not any(line and not line.isspace() for line in lines):
        raise source.refuse("There is no data in it: every line is blank.", "Choose another file.")
    head = lines[: _HEAD_LINES + skip]
    guess = find_dialect(head, settings.delimiter or hint, settings.quote, suffix)
    if guess.width == 1 and settings.delimiter is None:
        lines, guess = _unwrapped(lines, guess, suffix, log)
    records = without_rims(_records(source, lines, guess), guess.quoting.delimiter)
    width = _width(records, guess)
    refuse_wide(source, width)
    if _ends_with_delimiter(records, width):
        log.add("ragged", "Every row ends with a delimiter; the empty column was left out.")
        width -= 1
        records = [Record(r.line, r.cells[:width], r.mended) for r in records]
    restore_names(records, commented, comment or "", guess.quoting, width)
    tell_controls(lines, guess.quoting.delimiter, log)
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


def _refuse_nul(source: Source, text: str) -> None:
    at = text.find("\0")
    if at >= 0:
        line = len(split_lines(text[:at]))
        raise source.refuse(
            f"There is a NUL byte on line {line}, which no text has.",
            "Remove the NUL bytes, or export the table again.",
        )


def tell_controls(lines: Sequence[str], delimiter: str, log: ProblemLog, first: int = 1) -> None:
    """Log control characters inside cells; the first line has the number `first`."""
    for number, line in enumerate(lines, first):
        found = None if line.isprintable() else _CONTROL.search(line.replace(delimiter, ""))
        if found:
            reason = f"A control character ({found.group()!r}) stands in it; check how it was read."
            log.add("control", reason, number)


def _separator_line(lines: Sequence[str]) -> str | None:
    found = re.fullmatch(r'"?sep=(.|\\t)"?', lines[0].strip(" \ufeff"), re.IGNORECASE)
    return found.group(1).replace("\\t", "\t") if found else None


def _unwrapped(
    lines: list[str], guess: Guess, suffix: str, log: ProblemLog
) -> tuple[list[str], Guess]:
    """Take off the quotes in which each whole line stands, where there is a table inside them."""
    filled = [line for line in lines if line.strip()]
    whole = sum(_WRAPPED.fullmatch(line) is not None for line in filled)
    if len(filled) < 3 or whole < len(filled) - 1:
        return lines, guess
    inner = [
        found.group(1).replace('""', '"') if (found := _WRAPPED.fullmatch(line)) else line
        for line in lines
    ]
    again = find_dialect(inner[:_HEAD_LINES], suffix=suffix)
    if again.width < 2 or again.score < _UNWRAPPED_ABOVE:
        return lines, guess
    log.add("quote", "Each line stands in quotes as a whole; they were taken off.")
    return inner, again


def blank_out(
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
    if alone and first < most and not _has_values(records, first):
        return most if _has_values(records, most) else first
    return first if alone else most


def _has_values(records: Sequence[Record], width: int) -> bool:
    """Tell whether records of that width have a column of numbers, dates or times."""
    return any(kind in ("number", "date", "time") for kind in column_types(records, width))


def _ends_with_delimiter(records: Sequence[Record], width: int) -> bool:
    """Tell whether all rows but that of the names have an empty cell at the end."""
    if width < 3 or len(records) < 3 or len(records[0].cells) != width - 1:
        return False
    return all(len(r.cells) == width and not r.cells[-1].strip() for r in records[1:])


def _line_end(text: str) -> str:
    pairs = text.count("\r\n")
    kinds = {"CRLF": pairs, "LF": text.count("\n") - pairs, "CR": text.count("\r") - pairs}
    found = [name for name, count in kinds.items() if count]
    return found[0] if len(found) == 1 else "mixed" if found else "LF"
