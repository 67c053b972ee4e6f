"""Parse one block of lines: pandas what is plain, `records` and `grid` the rest line by line.

A block is plain if every line (outside quotes) is one full row, its quotes stand around whole
cells, and it has no control characters. A column of numbers is plain if pandas makes numbers of all
its cells that Python's ``float`` would make of them, and nothing about them needs a word.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.data.reading.dialect import blank_out
from core.data.reading.grid import drop_footer, drop_notes, fix_row_widths, may_begin_table
from core.data.reading.records import (
    RUNS,
    Quoting,
    UnclosedQuoteError,
    read_records,
    report_controls,
    split_lines,
)
from core.data.reading.table import ProblemLog, Problems

_BOM = "\ufeff".encode()  # of a file that was appended
EXACT = 2.0**53
"""Whole numbers up to here have a float64 of their own."""

_MOST_RAGGED = 10  # one row in so many; more of them may be another table
_LONG_INTEGER = re.compile(rb"(?<![.\d])\d{16,}(?![.\deE])")
_NEW_LINE, _SPACE, _ZERO, _NINE = b"\n 09"
_PIECE = 1 << 16
_FIRST_HARMLESS = 28  # of the control characters, those from here on may only delimit cells


@dataclass(frozen=True, slots=True)
class Layout:
    """How blocks are parsed, as found on the head of the file.

    Attributes
    ----------
    names : tuple of str
        The columns' names as they stand in the file.
    types : tuple of str
        What the cells of each column are; see `core.data.reading.cells.column_types`.
    numbers : frozenset of int
        The columns that pandas parses as numbers; the others are kept as text.
    missing : tuple of str
        What means missing in columns of numbers, the empty cell included.
    not_missing : tuple of float
        Numbers that the user's missing marks may mean, so that the column is not plain.
    quoting : Quoting
        The delimiter and the quotes.
    decimal : str
        The decimal mark.
    encoding : str
        In which bytes are text.
    comment : str or None
        What comment lines start with.
    """

    names: tuple[str, ...]
    types: tuple[str, ...]
    numbers: frozenset[int]
    missing: tuple[str, ...]
    not_missing: tuple[float, ...]
    quoting: Quoting
    decimal: str
    encoding: str
    comment: str | None


@dataclass(frozen=True, slots=True)
class ParsedBlock:
    """The rows of one block.

    Attributes
    ----------
    numbers : dict of int to ndarray, shape (n_rows,)
        The values of plain columns of numbers: float64, or integers where all are.
    texts : dict of int to list of str
        The cells of the columns kept as text.
    lines : ndarray of int, shape (n_rows,)
        The line of the block on which each row starts, counted from 0.
    n_lines : int
        Lines of the block.
    odd : frozenset of int
        Columns of numbers that are not plain; their cells are not kept.
    problems : Problems
        Of lines counted from 0.
    footer : int
        Notes after the last row that were left out.
    """

    numbers: dict[int, NDArray[Any]]
    texts: dict[int, list[str]]
    lines: NDArray[np.int64]
    n_lines: int
    odd: frozenset[int]
    problems: Problems
    footer: int = 0


def parse_block(data: bytes, layout: Layout, is_last: bool) -> ParsedBlock | None:
    """Parse a block of whole lines; None where it may hold anything but rows of this table."""
    if b"\0" in data or (b"\r" in data and data.count(b"\r") != data.count(b"\r\n")):
        return None
    is_plain = not _has_comments(data, layout) and (data.isascii() or _BOM not in data)
    part = _parse_plain(data, layout) if is_plain else None
    if part is not None and not part.odd and not _has_names_or_notes(part, layout, is_last):
        return part
    return _parse_lines(data, layout, is_last)


def _has_comments(data: bytes, layout: Layout) -> bool:
    if layout.comment is None:
        return False
    comment = re.escape(layout.comment.encode(layout.encoding))
    return re.search(rb"^[ \t]*" + comment, data, re.MULTILINE) is not None


def _has_names_or_notes(part: ParsedBlock, layout: Layout, is_last: bool) -> bool:
    """Tell whether the names may come again among the rows, or the last row be a note."""
    name = " ".join(layout.names[0].split())
    if any(layout.names) and any(cell.strip() == name for cell in part.texts.get(0, ())):
        return True
    filled = sum(not np.isnan(values[-1]) for values in part.numbers.values())
    filled += sum(bool(cells[-1].strip()) for cells in part.texts.values())
    return is_last and filled <= 1


def _parse_lines(data: bytes, layout: Layout, is_last: bool) -> ParsedBlock | None:
    """Read the records and fit them to the table's width, then let pandas parse what they hold."""
    width, log = len(layout.types), ProblemLog()
    try:
        lines = split_lines(data.decode(layout.encoding).replace("\n\ufeff", "\n"))
        lines, _ = blank_out(lines, 0, layout.comment)
        report_controls(lines, layout.quoting.delimiter, log, 0)
        records = list(read_records(lines, layout.quoting, width))
    except (UnicodeDecodeError, UnclosedQuoteError):
        return None
    records = [replace(record, line=record.line - 1) for record in records]
    footer = drop_notes(records, width, log) if is_last else 0
    if not is_last and may_begin_table(records, width):
        return None
    rows = fix_row_widths(records, layout.names, layout.types, log)
    counts = log.problems().counts
    if "table" in counts or counts.get("ragged", 0) > len(records) / _MOST_RAGGED + 3:
        return None
    footer += drop_footer(rows, layout.types, log) if is_last else 0
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(record.cells for record in rows)
    plain = replace(layout, quoting=Quoting(","), encoding="utf-8")
    part = _parse_plain(text.getvalue().encode(), plain, has_controls="control" in counts)
    if part is None or len(part.lines) != len(rows):
        return None
    starts = np.array([record.line for record in rows], np.int64)
    return replace(
        part, lines=starts, n_lines=_n_lines(data), problems=log.problems(), footer=footer
    )


def _parse_plain(data: bytes, layout: Layout, has_controls: bool = False) -> ParsedBlock | None:
    """Let pandas parse a block; None where it is not plain."""
    import pandas as pd

    starts = _row_starts(data, layout, has_controls)
    if starts is None:
        return None
    width, delimiter, quote = len(layout.types), layout.quoting.delimiter, layout.quoting.quote
    words = {j: object for j in range(width) if j not in layout.numbers}
    missing = list(layout.missing)
    options: dict[str, Any] = {
        "sep": delimiter,
        "header": None,
        "names": range(width),
        "dtype": words,
        "na_values": dict.fromkeys(layout.numbers, missing) if words else missing,
        "keep_default_na": False,
        "low_memory": False,  # one type a column
        "decimal": layout.decimal,
        "quotechar": quote or '"',
        "quoting": csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        "skipinitialspace": delimiter not in (" ", RUNS) and b" " in data,  # slower
        "encoding": layout.encoding,
    }
    try:
        frame: pd.DataFrame = pd.read_csv(io.BytesIO(data), **options)
    except ValueError:  # of which pandas' own errors, and those of encodings, are kinds
        return None
    if len(frame) != len(starts) or not isinstance(frame.index, pd.RangeIndex):
        return None
    numbers = {j: frame[j].to_numpy() for j in layout.numbers}
    odd = _odd_columns(numbers, data, layout)
    return ParsedBlock(
        numbers={j: values for j, values in numbers.items() if j not in odd},
        texts={j: _cells(frame[j].to_numpy()) for j in words},
        lines=starts,
        n_lines=_n_lines(data),
        odd=odd,
        problems=Problems(),
    )


def _cells(array: NDArray[np.object_]) -> list[str]:
    return [cell.replace("\r\n", "\n") if "\r" in cell else cell for cell in array.tolist()]


def _row_starts(data: bytes, layout: Layout, has_controls: bool) -> NDArray[np.int64] | None:
    """Return the line on which each row starts, from 0; None where a row is not plain and full."""
    delimiter, width = layout.quoting.delimiter, len(layout.types)
    quote = (layout.quoting.quote or "").encode()
    is_quoted = bool(quote) and quote in data
    counts = _count_bytes(data, delimiter)
    starts = np.arange(counts.ends + (not data.endswith(b"\n")))
    if not has_controls and counts.controls:
        return None
    if delimiter == RUNS:
        is_full = not is_quoted and len(data.split()) == len(starts) * width
        return starts if is_full else None
    n_delimiters = counts.delimiters
    if is_quoted:
        codes = np.frombuffer(data, np.uint8)
        quotes = codes == ord(quote)
        inside = np.logical_xor.accumulate(quotes)
        if inside[-1] or not _quotes_are_sound(codes, np.flatnonzero(quotes), ord(delimiter)):
            return None
        n_delimiters = int(np.count_nonzero((codes == ord(delimiter)) & ~inside))
        ends = np.flatnonzero(codes == _NEW_LINE)[: len(starts) - 1]
        starts = np.append(0, 1 + np.flatnonzero(~inside[ends]))
    if delimiter.isspace():
        ends = np.flatnonzero(np.frombuffer(data, np.uint8) == _NEW_LINE)
        if np.diff(ends, prepend=-1).min(initial=len(data)) <= width + 1:
            return None  # perhaps a line of blanks, which is no row
    return starts if n_delimiters == len(starts) * (width - 1) else None


@dataclass(frozen=True, slots=True)
class _Counts:
    """How many line feeds, delimiters, and control characters inside cells a block has."""

    ends: int
    delimiters: int
    controls: int


def _count_bytes(data: bytes, delimiter: str) -> _Counts:
    """Count in pieces that stay in the processor's cache.

    Where a byte is frequent, this takes a fraction of the time of ``data.count``.
    """
    codes = np.frombuffer(data, np.uint8)
    mark = ord(delimiter) if len(delimiter) == 1 else _NEW_LINE
    ends = delimiters = low = 0
    for start in range(0, len(codes), _PIECE):
        piece = codes[start : start + _PIECE]
        ends += int(np.count_nonzero(piece == _NEW_LINE))
        delimiters += int(np.count_nonzero(piece == mark))
        low += int(np.count_nonzero(piece < _FIRST_HARMLESS))
    usual = ends + data.count(b"\r") if b"\r" in data else ends
    usual += delimiters if delimiter < " " else 0
    return _Counts(ends, delimiters, low - usual + (b"\x7f" in data))


def _quotes_are_sound(codes: NDArray[np.uint8], quotes: NDArray[np.int64], delimiter: int) -> bool:
    """Tell whether quotes stand around whole cells, or are doubled."""
    codes = np.append(codes, np.uint8(_NEW_LINE))
    before, after = codes[quotes[::2] - 1], codes[quotes[1::2] + 1]
    around = [delimiter, _NEW_LINE, codes[quotes[0]]]
    return bool(np.isin(before, around).all() and np.isin(after, [*around, *b"\r"]).all())


def _odd_columns(arrays: dict[int, NDArray[Any]], data: bytes, layout: Layout) -> frozenset[int]:
    """Return the columns that pandas alone does not read as the other stages would.

    They hold what is no number; infinities; integers that a float64 does not represent; whole
    numbers that begin with a zero, which may be codes; or numbers that mean a missing value.
    """
    odd = {j for j, array in arrays.items() if array.dtype.kind not in "iuf"}
    whole = set[int]()
    for j in arrays.keys() - odd:
        values = arrays[j].astype(np.float64, copy=False)
        large = np.abs(values) >= EXACT
        is_large = large.any() and (np.isinf(values).any() or _LONG_INTEGER.search(data))
        if is_large or (layout.not_missing and np.isin(values, layout.not_missing).any()):
            odd.add(j)
        elif arrays[j].dtype.kind != "f" or _is_whole(values):
            whole.add(j)
    return frozenset(odd | (whole & _zero_led(data, layout) if whole else set()))


def _is_whole(values: NDArray[np.float64]) -> bool:
    if not np.isnan(values).any():
        return False  # pandas would have made integers of them
    present = values[~np.isnan(values)]
    return len(present) > 0 and bool(np.all(np.floor(present) == present))


def _zero_led(data: bytes, layout: Layout) -> set[int]:
    """Return the columns with cells that begin with a zero and another digit."""
    codes = np.frombuffer(data + b"\n", np.uint8)
    zeros = np.flatnonzero(codes == _ZERO)
    delimiter, quote = layout.quoting.delimiter, (layout.quoting.quote or "").encode()
    marks = b" \t" if delimiter == RUNS else delimiter.encode()
    after, before = codes[zeros + 1], codes[zeros - 1]
    leads = np.isin(before, [_NEW_LINE, _SPACE, *marks, *quote])
    zeros = zeros[leads & (after >= _ZERO) & (after <= _NINE)]
    if not len(zeros):
        return set()
    if delimiter == RUNS or (quote and quote in data):
        return set(layout.numbers)
    width = len(layout.types)
    row = np.searchsorted(np.flatnonzero(codes == _NEW_LINE), zeros)
    passed = np.searchsorted(np.flatnonzero(codes == ord(delimiter)), zeros)
    return set(np.unique(passed - row * (width - 1)).tolist())


def _n_lines(data: bytes) -> int:
    return data.count(b"\n") + (not data.endswith(b"\n"))
