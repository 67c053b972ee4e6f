"""What one cell holds: a number, a date, a time of day, nothing, or text.

The stages below (dialect, header, columns) all ask these questions, so they are answered once.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

# fmt: off
MISSING_MARKS = frozenset(
    [
        "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND",
        "1.#QNAN", "<NA>", "<na>", "N/A", "n/a", "N.A.", "n.a.", "NA", "NaN", "nan", "NAN",
        "NULL", "Null", "null", "(null)", "\\N", "?", "??", "???", "#DIV/0!", "#NAME?",
        "#NULL!", "#NUM!", "#REF!", "#VALUE!",
    ]
)
"""Cells that mean a missing value in a column of any kind."""

ERROR_MARKS = frozenset(["#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"])
"""Errors of a spreadsheet's formulas: read as missing, each reported as a problem."""

DOUBTFUL_MARKS = frozenset(
    [
        "-", "--", "---", "–", "—", ".", "..", "*", "**", "_", "na", "n.a", "nil", "none",
        "missing", "unknown", "nd", "n.d.", "tba", "tbd", "not available", "not known",
        "no data", "n a",
    ]
)
"""Cells (in lower case) that mean a missing value among numbers, but may be labels elsewhere."""
# fmt: on

_EXPONENT = r"([eE][+-]?\d{1,3})?"  # a longer one is a code, such as 771E020013
# one way only to divide a run of digits: a number of 100,000 digits would take minutes else
_NUMBER = re.compile(rf"[+-]?(\d+(\.\d*)?|\.\d+){_EXPONENT}")
_INFINITE = re.compile(r"[+-]?inf(inity)?|[+-]?∞", re.IGNORECASE)
_COMMA_DECIMAL = re.compile(rf"[+-]?\d*,\d+{_EXPONENT}")
_POINT_DECIMAL = re.compile(rf"[+-]?\d*\.\d+{_EXPONENT}|[+-]?\d+\.")
_UNCLEAR_COMMA = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_UNCLEAR_POINT = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")
_HAS_MARK = re.compile(r"[,. \u00a0\u202f\u2009'’]")
_GROUPS = {
    mark: re.compile(rf"[+-]?[1-9]\d{{0,2}}({escaped}\d{{3}})+([{decimals}]\d+)?")
    for mark, escaped, decimals in (
        (",", r",(?:\d\d,)*", "."),  # India groups by two beyond the first thousand
        (".", r"\.", ","),
        (" ", " ", ".,"),
        ("\u00a0", "\u00a0", ".,"),
        ("\u202f", "\u202f", ".,"),
        ("\u2009", "\u2009", ".,"),
        ("'", "['’]", ".,"),
    )
}
_SPACES = (" ", "\u00a0", "\u202f", "\u2009", "'")
_CURRENCY = re.compile(r"^(?P<sign>[+-]?)\s*[$€£¥₹]\s*|\s*([$€£¥₹%]|EUR|USD|GBP)$")
_LONGEST_DECORATED = 400  # characters; looking for what stands around it is not linear
_FORMULA_TEXT = re.compile(r'="([^"]*)"')
_DECORATED = (
    (re.compile(r"\((.*)\)"), r"-\1"),  # (5.1), a negative number of accountants
    (re.compile(r"[–—](.*)"), r"-\1"),
    (re.compile(r"([^+-].*)-"), r"-\1"),
    (re.compile(r"([+-]?[\d.,]+)[dD]([+-]?\d+)"), r"\1e\2"),  # Fortran's exponent
    (re.compile(r"(.*\d\.?)\s*(\*+|[A-Za-zµμ°²³/]{1,8})"), r"\1"),
)
"""Ways to write a number that are only read as one where the user says so."""


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """The decimal and thousands marks of a file.

    Attributes
    ----------
    decimal, thousands : str, str or None
    sure : bool
        False where every cell with a mark can be read both ways, as 1,234 can.
    mixed : bool
        Whether some cells have a decimal point and others a decimal comma.

    Examples
    --------
    >>> NumberFormat(",", ".").value("1.234,5")
    1234.5
    >>> NumberFormat().value("7e-3"), NumberFormat().value("1_000")
    (0.007, None)
    """

    decimal: str = "."
    thousands: str | None = None
    sure: bool = True
    mixed: bool = False

    def value(self, cell: str) -> float | None:
        """Return the number a cell holds (perhaps infinite), or None where it holds none."""
        if self.decimal == "." and _NUMBER.fullmatch(cell):
            return float(cell)
        text = cell.strip().replace("\u2212", "-")
        if self.thousands and _GROUPS[self.thousands].fullmatch(text):
            for mark in ("'", "’") if self.thousands == "'" else (self.thousands,):
                text = text.replace(mark, "")
        if self.decimal == "," and _COMMA_DECIMAL.fullmatch(text):
            text = text.replace(",", ".")
        if _NUMBER.fullmatch(text):
            return float(text)
        if _INFINITE.fullmatch(text):
            return -math.inf if text.startswith("-") else math.inf
        return None

    def with_marks(self, decimal: str | None, thousands: str | None) -> NumberFormat:
        """Return this format with the marks that the user gave in place of those found.

        A mark that was found gives way where it equals one that was given.

        Examples
        --------
        >>> marks = NumberFormat(",", ".").with_marks(None, "")
        >>> marks.decimal, marks.thousands
        (',', None)
        >>> marks = NumberFormat(",").with_marks(None, ",")
        >>> marks.decimal, marks.thousands
        ('.', ',')
        """
        if decimal is None and thousands is None:
            return self
        between = self.thousands if thousands is None else thousands or None
        point = decimal or (self.decimal if self.decimal != between else ".,"[between == "."])
        return NumberFormat(point, between if between != point else None)

    def decorated_value(self, cell: str) -> float | None:
        """Return the number in a cell that may carry a unit, a currency, or its sign elsewhere.

        A currency and a percent sign hide a number from the search for the marks, so that marks
        of the other kind are tried as well.

        Examples
        --------
        >>> cells = ("$5", "3 %", "(2.5)", "7 cm", "1D-2", "<0.1", "1.415,50 €", '="0096"')
        >>> [NumberFormat().decorated_value(cell) for cell in cells]
        [5.0, 3.0, -2.5, 7.0, 0.01, None, 1415.5, 96.0]
        """
        text = cell.strip()
        if len(text) > _LONGEST_DECORATED:
            return self._any_value(text)
        if quoted := _FORMULA_TEXT.fullmatch(text):
            text = quoted[1]
        text = _CURRENCY.sub(r"\g<sign>", text)
        value = self._any_value(text)
        for pattern, plain in _DECORATED:
            if value is None and (found := pattern.fullmatch(text)):
                value = self._any_value(_CURRENCY.sub(r"\g<sign>", found.expand(plain).strip()))
        return value

    def _any_value(self, text: str) -> float | None:
        other = "," if self.decimal == "." else "."
        for form in (self, NumberFormat(self.decimal, other), NumberFormat(other, self.decimal)):
            if (value := form.value(text)) is not None:
                return value
        return None


def is_grouped(cell: str) -> bool:
    """Tell whether a cell is a number with spaces or apostrophes between its thousands.

    Examples
    --------
    >>> is_grouped("1 234,5"), is_grouped("1 23")
    (True, False)
    """
    return any(_GROUPS[mark].fullmatch(cell) for mark in _SPACES)


def find_number_format(cells: Iterable[str], delimiter: str | None) -> tuple[NumberFormat, str]:
    """Find the decimal and thousands marks from cells, and a doubt about them ("" for none).

    Parameters
    ----------
    cells : iterable of str
        Distinct cells of the table, or a sample of them.
    delimiter : str or None
        The file's delimiter: a bare "2,666" in a file that is not split at commas is more likely a
        decimal comma.
    """
    seen = _count_marks(cells)
    space = next((mark for mark in _SPACES if seen.groups[mark]), None)
    if seen.comma and delimiter != "," and seen.point >= seen.comma:
        return NumberFormat(".", "," if seen.groups[","] else space, mixed=True), ""
    if seen.comma > seen.point + seen.groups[","]:
        return NumberFormat(",", "." if seen.groups["."] or seen.unclear_point else space), ""
    if seen.groups["."] and not seen.point and not seen.unclear_comma:
        return NumberFormat(",", "."), ""
    only_unclear = seen.unclear_comma and not seen.point and not seen.groups[","]
    if only_unclear and delimiter not in (None, ","):
        return NumberFormat(",", space), "cells such as 1,234 were read with a decimal comma"
    if seen.groups[","]:
        return NumberFormat(".", ","), ""
    if not seen.unclear_comma:
        return NumberFormat(".", space), ""
    return NumberFormat(".", ",", sure=False), ""


@dataclass(slots=True)
class _Marks:
    """How many cells have which marks; 1,234 is unclear, 1,234,567 has groups."""

    point: int
    comma: int
    unclear_point: int
    unclear_comma: int
    groups: Counter[str]


def _count_marks(cells: Iterable[str]) -> _Marks:
    seen = _Marks(0, 0, 0, 0, Counter())
    for cell in cells:
        if len(cell) > 40 or not _HAS_MARK.search(cell):
            continue
        text = cell.strip()
        if _POINT_DECIMAL.fullmatch(text):
            is_unclear = _UNCLEAR_POINT.fullmatch(text) is not None
            seen.unclear_point += is_unclear
            seen.point += not is_unclear
        elif _UNCLEAR_COMMA.fullmatch(text):
            seen.unclear_comma += 1
        elif _COMMA_DECIMAL.fullmatch(text):
            seen.comma += 1
        else:
            for mark, pattern in _GROUPS.items():
                if pattern.fullmatch(text):
                    seen.groups[mark] += 1
                    seen.comma += "," in text and mark != ","
                    seen.point += "." in text and mark != "."
                    break
    return seen


_TIME = r"([T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[AaPp][Mm])?(Z| (GMT|UTC)| ?[+-]\d{2}:?\d{2})?)?"
_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_WEEKDAY = r"(mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,? "
_DATES = tuple(
    re.compile(pattern + _TIME, re.IGNORECASE)
    for pattern in (
        r"\d{4}([-/.])(0?[1-9]|1[0-2])\1(0?[1-9]|[12]\d|3[01])",
        r"(0?[1-9]|[12]\d|3[01])([-/.])(0?[1-9]|[12]\d|3[01])\2(\d{4}|\d{2})",
        rf"(0?[1-9]|[12]\d|3[01])[- /]?{_MONTH}[- /,]*(\d{{4}}|\d{{2}})",
        rf"{_MONTH}[- /](0?[1-9]|[12]\d|3[01])(st|nd|rd|th)?,? ?\d{{4}}",
        rf"{_WEEKDAY}(0?[1-9]|[12]\d|3[01])[- ]{_MONTH}[- ]\d{{4}}",
        rf"{_WEEKDAY}{_MONTH} (0?[1-9]|[12]\d|3[01]),? \d{{4}}",
    )
)
_CLOCK = re.compile(r"\d{1,2}[:.]\d{2}([:.]\d{2}(\.\d+)?)?( ?[AaPp][Mm])?")


def is_date(cell: str) -> bool:
    """Tell whether a cell is a calendar date, with or without a time of day.

    Examples
    --------
    >>> is_date("2024-01-31"), is_date("31.01.2024 12:00"), is_date("10-14"), is_date("5.1.2")
    (True, True, False, False)
    """
    return 6 <= len(cell) <= 40 and any(pattern.fullmatch(cell) for pattern in _DATES)


def is_time(cell: str) -> bool:
    """Tell whether a cell is a time of day."""
    return len(cell) <= 15 and ":" in cell and _CLOCK.fullmatch(cell) is not None


_POINT, _COMMA = NumberFormat(".", ","), NumberFormat(",", ".")


@lru_cache(maxsize=8192)
def cell_type(cell: str) -> str:
    """Return "number", "date", "time", "blank" (which a missing value is, too) or "text".

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


_LOOKED_AT = 60_000  # cells, of which each column of a wide table gets fewer


def column_types(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Return the prevailing `cell_type` of each column, over the rows of that width.

    A column of which no type has 85 % of the cells is "text".
    """
    step = max(1, len(rows) // max(40, min(400, _LOOKED_AT // max(width, 1))))
    sample = [cells for cells in rows[::step] if len(cells) == width]
    types = []
    for column in zip(*sample, strict=True):
        counts = Counter(cell_type(cell) for cell in column)
        del counts["blank"]
        if counts:
            kind, count = counts.most_common(1)[0]
            types.append(kind if count >= 0.85 * counts.total() else "text")
        else:
            types.append("blank")
    return types or ["blank"] * width


def type_mismatches(cells: Sequence[str], types: Sequence[str]) -> int:
    """Count the cells that are something else where the column is numbers, dates or times."""
    return sum(
        kind in ("number", "date", "time") and cell_type(cell) not in (kind, "blank")
        for cell, kind in zip(cells, types, strict=False)
    )


def count_filled(cells: Sequence[str]) -> int:
    """Count the cells that are not blank."""
    return sum(bool(cell.strip()) for cell in cells)
