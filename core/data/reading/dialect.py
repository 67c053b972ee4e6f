"""Stage text -> dialect: the delimiter, quoting and comment mark that make it most of a table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from core.data.reading.cells import (
    ERROR_MARKS,
    MISSING_MARKS,
    is_date,
    is_grouped,
    is_time,
)
from core.data.reading.read_options import GUESS_ALL, ReadOptions
from core.data.reading.records import (
    RUNS,
    Quoting,
    Record,
    UnclosedQuoteError,
    read_records,
    split_lines,
)
from core.data.reading.table import NO_PROBLEMS, Guess, NoTableError, ProblemLog, Problems

DELIMITERS = {",": 1.0, "\t": 1.0, ";": 1.0, "|": 1.0, RUNS: 0.95, " ": 0.95, ":": 0.6}
"""Delimiters looked for, each with how readily it is believed."""

RARE_DELIMITERS = {
    **dict.fromkeys("^~¦§{}\x01\x1e\x1f\x1c", 0.8),
    "@": 0.4,
    **dict.fromkeys("&!/*#+=_-$%", 0.3),
}
"""Delimiters tried only where they stand on nearly every line."""

SAMPLE_LINES = 600
_SINGLE_BELOW, _SURE_TAB = 0.2, 0.3
_WITH_COMMA = 0.6
_LESS = 0.85  # credit of a number with commas, which a comma may have to separate
_PLAIN_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?%?")
_COMMA_NUMBER = re.compile(r"[+-]?\d+(\.\d{3})*,\d+|[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_SPACED_NUMBERS = re.compile(r"[+-]?[\d.,]+\s+[+-]?[\d.,]+(\s.*)?")
_DOUBLED = re.compile(r"\S[ \t]{2}|^[ \t]|\t")
_WORD_AT_COLON = re.compile(r"[^\W\d]:|:[^\W\d]")  # none is in a time of day
_COMMENT_MARKS = ("#", "%", "//", "!", "*", "--")


@dataclass(frozen=True, slots=True)
class TextDialect:
    """How a text is divided into lines and cells.

    Attributes
    ----------
    lines : tuple of str
        Without their ends; skipped lines and comments are empty, so that line numbers stay.
    comments : tuple of (int, str)
        The line, from 1, and the text of each comment.
    quoting : Quoting
        Delimiter, quote and escape.
    width : int
        Cells of most records of the head.
    skip : int
        Lines left out at the top.
    comment, line_end : str or None
        What comments start with; "LF", "CRLF", "CR" or "mixed".
    guess : Guess
        The delimiter.
    problems : Problems
    """

    lines: tuple[str, ...]
    comments: tuple[tuple[int, str], ...]
    quoting: Quoting
    width: int
    skip: int
    comment: str | None
    line_end: str
    guess: Guess
    problems: Problems = NO_PROBLEMS


def find_dialect(text: str, options: ReadOptions = GUESS_ALL, suffix: str = "") -> TextDialect:
    """Find the dialect of a text; what the options give is not guessed.

    Parameters
    ----------
    text : str
    options : ReadOptions
    suffix : str
        The file name's ending: ".tsv" speaks for tabs.

    Raises
    ------
    NoTableError
        If every line is blank, or a NUL stands in the text.
    """
    log = ProblemLog()
    text = text.rstrip("\x1a")  # DOS ended files with it
    _refuse_nul(text)
    lines = split_lines(text)
    hint = _separator_line(lines)
    skip = options.skip if options.skip is not None else int(hint is not None)
    comment = options.comment
    if comment is None:
        comment = find_comment(lines[skip : skip + _HEAD_LINES])
    lines, comments = blank_out(lines, skip, comment or None)
    if not any(line and not line.isspace() for line in lines):
        raise NoTableError("There is no data in it: every line is blank.", "Choose another file.")
    lines = _with_single_delimiters(lines, log)
    head = lines[: _HEAD_LINES + skip]
    candidates = rank_quotings(head, options.delimiter or hint, options.quote, suffix)
    best = candidates[0]
    if best.width == 1 and options.delimiter is None:
        lines, best = _unwrapped(lines, best, suffix, log)
    guess = _guess(candidates, best, known=bool(options.delimiter or hint))
    if guess.doubt:
        log.add("delimiter", f"Doubtful: {guess.doubt}.")
    return TextDialect(
        tuple(lines),
        tuple(comments),
        best.quoting,
        best.width,
        skip,
        comment or None,
        _line_end(text),
        guess,
        log.problems(),
    )


_CLOSE = 0.93  # of the best score: another delimiter that reaches it is offered, too


def _guess(candidates: Sequence[Candidate], best: Candidate, known: bool) -> Guess:
    """Say how sure the delimiter is: how much better its table is than the next one's."""
    delimiter = best.quoting.delimiter
    if known:
        return Guess("delimiter", delimiter)
    others = {c.quoting.delimiter: c.score for c in reversed(candidates) if c.score > 0}
    others.pop(delimiter, None)
    if not others or best.score == 0 or best not in candidates:
        return Guess("delimiter", delimiter, 0.9 if best.score else 0.3)
    ranked = sorted(others, key=lambda other: -others[other])
    share = others[ranked[0]] / best.score
    close = tuple(other for other in ranked if others[other] >= _CLOSE * best.score)
    doubt = ""
    if close:
        names = " or ".join(repr(mark) for mark in (delimiter, *close))
        doubt = f"{names} may separate the cells; {delimiter!r} was taken"
    return Guess("delimiter", delimiter, round(1.0 - 0.5 * min(share, 1.0), 3), doubt, close)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A quoting, the width it gives most records, and how table-like they are (0 to 1)."""

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


def rank_quotings(
    lines: Sequence[str], delimiter: str | None = None, quote: str | None = None, suffix: str = ""
) -> list[Candidate]:
    """Return the ways to split the lines, the one under which they look most like a table first.

    The score follows van den Burg, Nazábal & Sutton (2019), "Wrangling messy CSV files by
    detecting row and type patterns", Data Mining and Knowledge Discovery 33, equation 1: the
    consistency of the records' widths times the share of cells of a known type.

    Parameters
    ----------
    lines : sequence of str
        The head of the file, comments taken out.
    delimiter, quote : str, optional
        What the user says they are ("" for no quote).
    suffix : str
        The file name's ending.
    """
    sample = [line for line in lines if line.strip()][:SAMPLE_LINES]
    text = "\n".join(sample)
    common = [delimiter] if delimiter else [d for d in DELIMITERS if _occurs(d, text)]
    often = 0.9 * len(sample)
    rare = [d for d in RARE_DELIMITERS if sum(d in line for line in sample) >= often]
    quotes = _quotes(text, quote)
    ranked = _scored(sample, common if delimiter else common + rare, quotes, suffix)
    if not ranked or (not delimiter and ranked[0].score < _SINGLE_BELOW):
        mark = delimiter or ("\t" if suffix == ".tsv" else _absent(sample))
        return [Candidate(Quoting(mark, quotes[0]), 1, 0.0), *ranked]
    return ranked


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


def _scored(
    sample: Sequence[str], delimiters: Sequence[str], quotes: Sequence[str | None], suffix: str
) -> list[Candidate]:
    candidates = []
    for delimiter in delimiters:
        for quote in quotes:
            escapes = (
                [quote, "\\"] if quote and any("\\" + quote in line for line in sample) else [quote]
            )
            for escape in escapes:
                candidate = _score(sample, Quoting(delimiter, quote, escape), suffix)
                if candidate is not None:
                    candidates.append(candidate)
    if any(c.quoting.delimiter == "\t" and c.score > _SURE_TAB for c in candidates):
        # where tabs make a table, blanks are part of the cells
        candidates = [c for c in candidates if c.quoting.delimiter not in (RUNS, " ")]
    return sorted(candidates, key=lambda candidate: -candidate.score)


def _score(sample: Sequence[str], quoting: Quoting, suffix: str) -> Candidate | None:
    # an apostrophe that is never closed is none; a double quote so is an error of the file
    whole = quoting.quote != '"' and len(sample) < SAMPLE_LINES
    try:
        records = list(islice(read_records(sample, quoting, whole=whole), SAMPLE_LINES))
    except UnclosedQuoteError:
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
        or _divided(sample, ",;|{}@" if quoting.delimiter == RUNS else ",;|\t{}@")
        or (_divided(sample, ":") and _WORD_AT_COLON.search(sample[0]))
    ):
        prior *= 0.2
    if quoting.delimiter == "," and _divided(sample, ";|\t"):
        prior *= 0.5  # these commas are decimal marks, or stand inside cells
    if width == 2 and _is_prose(records, quoting.delimiter):
        prior *= 0.2
    commas_belong = quoting.delimiter in ";|\t" and _divided(sample, quoting.delimiter)
    types = _type_score(alike, quoting, commas_belong)
    return Candidate(quoting, width, prior * pattern * types)


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


def _type_score(records: Sequence[Record], quoting: Quoting, commas_belong: bool) -> float:
    """Return the mean credit of the cells, less where quotes had to be repaired.

    A comma inside a cell speaks less against a delimiter that divides all lines alike.
    """
    least = _WITH_COMMA if commas_belong else 0.0
    total = count = 0.0
    for record in records[:300]:
        for cell in record.cells:
            # a delimiter inside a cell is quoted, and so no sign of another dialect
            credit = _credit(cell.replace(quoting.delimiter, " ").strip())
            total += max(credit, least) if "," in cell else credit
            count += 1
    repaired = sum(record.repaired for record in records) / len(records)
    used = quoting.quote == '"' or repaired > 0
    return (total / count) ** 2 * (1 - 0.5 * repaired) * (1.0 if used else 0.97)


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


def _refuse_nul(text: str) -> None:
    at = text.find("\0")
    if at >= 0:
        line = len(split_lines(text[:at]))
        raise NoTableError(
            f"There is a NUL byte on line {line}, which no text has.",
            "Remove the NUL bytes, or export the table again.",
        )


def _with_single_delimiters(lines: list[str], log: ProblemLog) -> list[str]:
    """Halve a delimiter that is doubled throughout, as "::" and "||" are."""
    filled = [line for line in lines if line.strip()]
    for mark in ":|":
        pair = mark * 2
        if all(pair in line and mark not in line.replace(pair, "") for line in filled):
            log.add("delimiter", f"The delimiter is doubled; {pair!r} was read as {mark!r}.")
            return [line.replace(pair, mark) for line in lines]
    return lines


def _separator_line(lines: Sequence[str]) -> str | None:
    found = re.fullmatch(r'"?sep=(.|\\t)"?', lines[0].strip(" \ufeff"), re.IGNORECASE)
    return found.group(1).replace("\\t", "\t") if found else None


def _unwrapped(
    lines: list[str], best: Candidate, suffix: str, log: ProblemLog
) -> tuple[list[str], Candidate]:
    """Take off the quotes in which each whole line stands, where there is a table inside them."""
    filled = [line for line in lines if line.strip()]
    whole = sum(_WRAPPED.fullmatch(line) is not None for line in filled)
    if len(filled) < 3 or whole < len(filled) - 1:
        return lines, best
    inner = [
        found.group(1).replace('""', '"') if (found := _WRAPPED.fullmatch(line)) else line
        for line in lines
    ]
    again = rank_quotings(inner[:_HEAD_LINES], suffix=suffix)[0]
    if again.width < 2 or again.score < _UNWRAPPED_ABOVE:
        return lines, best
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


def _line_end(text: str) -> str:
    pairs = text.count("\r\n")
    kinds = {"CRLF": pairs, "LF": text.count("\n") - pairs, "CR": text.count("\r") - pairs}
    found = [name for name, count in kinds.items() if count]
    return found[0] if len(found) == 1 else "mixed" if found else "LF"
