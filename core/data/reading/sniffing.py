"""Finding a text file's delimiter, quoting and comment mark by how table-like each makes it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from core.data.reading.kinds import is_date, is_time
from core.data.reading.numerals import ERROR_MARKS, MISSING_MARKS, is_grouped
from core.data.reading.records import RUNS, Quoting, Record, UnclosedQuoteError, read_records

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
        not _has_values(alike) or _divided(sample, ",;|" if quoting.delimiter == RUNS else ",;|\t")
    ):
        prior *= 0.2
    if width == 2 and _is_prose(records, quoting.delimiter):
        prior *= 0.2
    return Guess(quoting, width, prior * pattern * _type_score(alike, quoting))


def _has_values(records: Sequence[Record]) -> bool:
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
