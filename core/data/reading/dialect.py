"""Finding a text file's delimiter, quoting and comment mark by how table-like each makes it.

From decoded text to a grid of cells: the dialect is found, then every record read by it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from core.data.reading.column_kinds import is_date, is_time
from core.data.reading.grid import Grid, grid_of, lay_out
from core.data.reading.header import column_types, restore_names
from core.data.reading.numerals import ERROR_MARKS, MISSING_MARKS, is_grouped
from core.data.reading.read_options import ReadOptions
from core.data.reading.records import (
    RUNS,
    Quoting,
    Record,
    UnclosedQuoteError,
    read_records,
    split_lines,
    without_rims,
)
from core.data.reading.source import Source, refuse_wide
from core.data.reading.table import Dialect, ProblemLog

DELIMITERS = {",": 1.0, "\t": 1.0, ";": 1.0, "|": 1.0, RUNS: 0.95, " ": 0.95, ":": 0.6}
"""Delimiters looked for, each with how readily it is believed."""

RARE_DELIMITERS = dict.fromkeys("^~¦§\x01\x1e\x1f\x1c", 0.8) | dict.fromkeys("&!/*#@+=_-$%", 0.3)
"""Delimiters tried only where they stand on nearly every line."""

SAMPLE_LINES = 600
_SINGLE_BELOW, _SURE_TAB = 0.2, 0.3
_LESS = 0.85  # credit of a number with commas, which a comma may have to separate
_PLAIN_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?%?")
_COMMA_NUMBER = re.compile(r"[+-]?\d+(\.\d{3})*,\d+|[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_SPACED_NUMBERS = re.compile(r"[+-]?[\d.,]+\s+[+-]?[\d.,]+(\s.*)?")
_DOUBLED = re.compile(r"\S[ \t]{2}|^[ \t]|\t")
_COMMENT_MARKS = ("#", "%", "//", "!", "*", "--")


@dataclass(frozen=True, slots=True)
class Guess:
    """A dialect, the width it gives most records, and how table-like they are (0 to 1)."""

    quoting: Quoting
    width: int
    score: float


def find_comment(lines: Sequence[str]) -> str | None:
    """Find what comment lines start with: a mark that opens the first line or several others.

    A mark that opens most lines, or only cells in which a spreadsheet failed (#N/A), is none; nor
    is one whose lines look just like the rest, such as a header that begins with "#".
    """
    filled = [line.lstrip() for line in lines if line.strip()]
    for mark in _COMMENT_MARKS:
        marked = [line for line in filled if _is_comment(line, mark)]
        if not marked or (2 * len(marked) > max(len(filled), 3) and not _leads(filled, mark)):
            continue
        if mark in "#%" and (_is_comment(filled[0], mark) or len(marked) >= 1):
            return mark
        if _is_comment(filled[0], mark) and filled[0][len(mark) :][:1] in " \t" + mark:
            return mark
    return None


def _leads(filled: Sequence[str], mark: str) -> bool:
    """Tell whether all marked lines stand at the top, with other lines after them."""
    count = 0
    for line in filled:
        if not _is_comment(line, mark):
            break
        count += 1
    return (
        count >= 1
        and len(filled) > count
        and not any(_is_comment(line, mark) for line in filled[count:])
    )


def _is_comment(line: str, mark: str) -> bool:
    return line.startswith(mark) and not any(
        line.startswith(error) for error in (*ERROR_MARKS, "#N/A", "#NA")
    )


def is_comment(line: str, mark: str | None) -> bool:
    """Tell whether a line is a comment under that mark.

    Examples
    --------
    >>> is_comment("# made by hand", "#"), is_comment("#N/A,1", "#")
    (True, False)
    """
    return mark is not None and _is_comment(line.lstrip(), mark)


def find_dialect(
    lines: Sequence[str], delimiter: str | None = None, quote: str | None = None, suffix: str = ""
) -> Guess:
    """Find the delimiter and quoting under which the lines look most like a table.

    The measure follows van den Burg, Nazábal & Sutton (2019), "Wrangling messy CSV files by
    detecting row and type patterns", Data Mining and Knowledge Discovery 33, equation 1: the
    consistency of the records' widths times the share of cells of a known type.

    Parameters
    ----------
    lines : sequence of str
        The head of the file, comments taken out.
    delimiter, quote : str, optional
        What the user says they are ("" for no quote).
    suffix : str
        The file name's ending: ".tsv" speaks for tabs.
    """
    sample = [line for line in lines if line.strip()][:SAMPLE_LINES]
    text = "\n".join(sample)
    common = [delimiter] if delimiter else [d for d in DELIMITERS if _occurs(d, text)]
    often = 0.9 * len(sample)
    rare = [d for d in RARE_DELIMITERS if sum(d in line for line in sample) >= often]
    best = _best(sample, common if delimiter else common + rare, _quotes(text, quote), suffix)
    if best is None or (not delimiter and best.score < _SINGLE_BELOW):
        mark = delimiter or ("\t" if suffix == ".tsv" else _absent(sample))
        return Guess(Quoting(mark, _quotes(text, quote)[0]), 1, 0.0)
    return best


def _absent(sample: Sequence[str]) -> str:
    """Return a comma, or where commas are those of sentences, a mark that does not occur."""
    records = list(read_records(sample, Quoting(","), whole=False))
    text = "".join(sample) if _is_prose(records, ",") else ""
    return next((mark for mark in ",;\t|" if mark not in text), ",")


def _occurs(delimiter: str, text: str) -> bool:
    if delimiter not in (RUNS, " "):
        return delimiter in text
    if " " not in text and "\t" not in text:
        return False
    lines = re.sub(r'"[^"\n]*"', "q", text).split("\n")
    doubled = sum(_DOUBLED.search(line) is not None for line in lines)
    trailing = all(line.endswith(" ") for line in lines)
    return (doubled > 0.1 * len(lines) or trailing) == (delimiter == RUNS)


def _quotes(text: str, quote: str | None) -> list[str | None]:
    if quote is not None:
        return [quote or None]
    found: list[str | None] = ['"']
    if "'" in text:
        found.append("'")
    return found


def _best(
    sample: Sequence[str], delimiters: Sequence[str], quotes: Sequence[str | None], suffix: str
) -> Guess | None:
    guesses = []
    for delimiter in delimiters:
        for quote in quotes:
            escapes = (
                [quote, "\\"] if quote and any("\\" + quote in line for line in sample) else [quote]
            )
            for escape in escapes:
                guess = _score(sample, Quoting(delimiter, quote, escape), suffix)
                if guess is not None:
                    guesses.append(guess)
    if any(guess.quoting.delimiter == "\t" and guess.score > _SURE_TAB for guess in guesses):
        # where tabs make a table, blanks are part of the cells
        guesses = [guess for guess in guesses if guess.quoting.delimiter not in (RUNS, " ")]
    return max(guesses, key=lambda guess: guess.score, default=None)


def _score(sample: Sequence[str], quoting: Quoting, suffix: str) -> Guess | None:
    try:
        records = list(islice(read_records(sample, quoting, whole=False), SAMPLE_LINES))
    except UnclosedQuoteError:  # pragma: no cover - only raised for whole files
        return None
    widths = Counter(len(record.cells) for record in records)
    if not widths:
        return None
    width = max(widths, key=lambda w: widths[w] * (w - 1) / w)
    if width < 2:
        return None
    alike = [record for record in records if len(record.cells) == width]
    pattern = len(alike) / len(records) * (width - 1) / width
    prior = DELIMITERS.get(quoting.delimiter) or RARE_DELIMITERS.get(quoting.delimiter, 0.4)
    prior *= 1.1 if suffix == ".tsv" and quoting.delimiter == "\t" else 1.0
    if quoting.delimiter in (RUNS, " ") and (
        not _some_column_has_values(alike)
        or _divided(sample, ",;|" if quoting.delimiter == RUNS else ",;|\t")
    ):
        prior *= 0.2
    if width == 2 and _is_prose(records, quoting.delimiter):
        prior *= 0.2
    return Guess(quoting, width, prior * pattern * _type_score(alike, quoting))


def _some_column_has_values(records: Sequence[Record]) -> bool:
    """Tell whether some column is numbers, dates or times: words alone may be prose."""
    rows = records[:100]
    columns = zip(*(record.cells for record in rows), strict=True)
    return any(
        sum(_is_value(cell.strip()) for cell in column) > 0.6 * len(rows) for column in columns
    )


def _divided(lines: Sequence[str], marks: str) -> bool:
    """Tell whether one of these marks stands on every line, the same number of times."""
    return any(
        mark in lines[0] and len({line.count(mark) for line in lines}) == 1 for mark in marks
    )


def _is_prose(records: Sequence[Record], delimiter: str) -> bool:
    """Tell whether delimiters are the marks of sentences: blanks follow, and no name has one."""
    if delimiter not in ",;:" or len(records) < 3 or len(records[0].cells) > 1:
        return False
    after = [cell for record in records[1:] for cell in record.cells[1:]]
    return all(cell[:1] == " " and " " in cell.strip() for cell in after)


def _is_value(cell: str) -> bool:
    return cell not in MISSING_MARKS and _credit(cell) in (1.0, _LESS)


def _type_score(records: Sequence[Record], quoting: Quoting) -> float:
    """Return the mean credibility of the cells, less where quotes had to be mended."""
    total = count = 0.0
    for record in records[:300]:
        for cell in record.cells:
            # a delimiter inside a cell is quoted, and so no sign of another dialect
            total += _credit(cell.replace(quoting.delimiter, " ").strip())
            count += 1
    mended = sum(record.mended for record in records) / len(records)
    used = quoting.quote == '"' or any(_quoted_somewhere(record) for record in records)
    return (total / count) ** 2 * (1 - 0.5 * mended) * (1.0 if used else 0.97)


def _quoted_somewhere(record: Record) -> bool:
    return record.mended


@lru_cache(maxsize=8192)
def _credit(cell: str) -> float:
    """Return how much a cell looks like one value, from 0 to 1."""
    if cell in MISSING_MARKS or _PLAIN_NUMBER.fullmatch(cell):
        return 1.0
    if cell[0] in "\"'" or (cell[-1] in "\"'" and cell.count(cell[-1]) % 2):
        return 0.1
    if is_date(cell) or is_time(cell):
        return 1.0
    if _COMMA_NUMBER.fullmatch(cell):
        return _LESS
    if is_grouped(cell):
        return _LESS
    if _SPACED_NUMBERS.fullmatch(cell) or not cell.strip(",;|\t"):
        return 0.1
    if any(mark in cell for mark in ";|\t") or re.search(r",\S|\d:\d", cell):
        return 0.3
    return 0.9


_HEAD_LINES = 2000
_WRAPPED = re.compile(r'\s*"((?:[^"]|"")*)"\s*')
_UNWRAPPED_ABOVE = 0.4
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1b\x7f]")


def read_text(
    source: Source, text: str, encoding: str, suffix: str, settings: ReadOptions, log: ProblemLog
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
    if alone and first < most and not _has_typed_column(records, first):
        return most if _has_typed_column(records, most) else first
    return first if alone else most


def _has_typed_column(records: Sequence[Record], width: int) -> bool:
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
