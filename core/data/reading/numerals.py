"""How numbers are written: decimal mark, thousands mark, missing marks, infinities."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable

# fmt: off
from dataclasses import dataclass

MISSING_MARKS = frozenset(
    [
        "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND",
        "1.#QNAN", "<NA>", "<na>", "N/A", "n/a", "N.A.", "n.a.", "NA", "NaN", "nan", "NAN",
        "NULL", "Null", "null", "(null)", "\\N", "?", "??", "???", "#DIV/0!", "#NAME?",
        "#NULL!", "#NUM!", "#REF!", "#VALUE!",
    ]
)
# fmt: on
"""Cells that mean "not known" in a column of any kind."""

ERROR_MARKS = frozenset(["#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"])
"""Cells in which a spreadsheet failed to compute; missing, and worth a word."""

# fmt: off
DOUBTFUL_MARKS = frozenset(
    [
        "-", "--", "---", "–", "—", ".", "..", "*", "**", "_", "na", "n.a", "nil", "none",
        "missing", "unknown", "nd", "n.d.", "tba", "tbd", "not available", "not known",
        "no data", "n a",
    ]
)
# fmt: on
"""Cells (in lower case) that mean "not known" among numbers, but may be a category elsewhere."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_INFINITE = re.compile(r"[+-]?inf(inity)?|[+-]?∞", re.IGNORECASE)
_COMMA_DECIMAL = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")
_POINT_DECIMAL = re.compile(r"[+-]?\d*\.\d+([eE][+-]?\d+)?|[+-]?\d+\.")
_GROUPS = {
    mark: re.compile(rf"[+-]?[1-9]\d{{0,2}}({escaped}\d{{3}})+([{decimals}]\d+)?")
    for mark, escaped, decimals in (
        (",", r",(?:\d\d,)*", "."),  # India groups by two beyond the first thousand
        (".", r"\.", ","),
        (" ", " ", ".,"),
        ("\u00a0", "\u00a0", ".,"),
        ("\u202f", "\u202f", ".,"),
        ("'", "['’]", ".,"),
    )
}
_CURRENCY = re.compile(r"^(?P<sign>[+-]?)\s*[$€£¥₹]\s*|\s*([$€£¥₹%]|EUR|USD|GBP)$")
_DRESSED = (
    (re.compile(r"\((.*)\)"), r"-\1"),  # (5.1) of accountants
    (re.compile(r"([^+-].*)-"), r"-\1"),
    (re.compile(r"([+-]?[\d.,]+)[dD]([+-]?\d+)"), r"\1e\2"),  # Fortran's exponent
    (re.compile(r"(.*\d\.?)\s*(\*+|[A-Za-zµμ°²³/]{1,8})"), r"\1"),
)
"""Ways to write a number that are only read so where the user says that it is one."""


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """The decimal and thousands marks of a file.

    They are not `sure` where every cell with a mark can be read both ways, as 1,234 can; they are
    `mixed` where some cells have a decimal point and others a decimal comma.

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

    def saying(self, decimal: str | None, thousands: str | None) -> NumberFormat:
        """Return these numerals with the marks that the user says in place of those found.

        A mark that was found gives way where it would be the same as one that is said.

        Examples
        --------
        >>> marks = NumberFormat(",", ".").saying(None, "")
        >>> marks.decimal, marks.thousands
        (',', None)
        >>> marks = NumberFormat(",").saying(None, ",")
        >>> marks.decimal, marks.thousands
        ('.', ',')
        """
        if decimal is None and thousands is None:
            return self
        between = self.thousands if thousands is None else thousands or None
        point = decimal or (self.decimal if self.decimal != between else ".,"[between == "."])
        return NumberFormat(point, between if between != point else None)

    def forced(self, cell: str) -> float | None:
        """Return the number in a cell that may carry a unit, an asterisk or its sign elsewhere.

        Examples
        --------
        >>> [NumberFormat().forced(cell) for cell in ("$5", "3 %", "(2.5)", "7 cm", "1D-2", "<0.1")]
        [5.0, 3.0, -2.5, 7.0, 0.01, None]
        """
        text = _CURRENCY.sub(r"\g<sign>", cell.strip())
        value = self.value(text)
        for pattern, plain in _DRESSED:
            if value is None and (found := pattern.fullmatch(text)):
                value = self.value(_CURRENCY.sub(r"\g<sign>", found.expand(plain).strip()))
        return value


def is_grouped(cell: str) -> bool:
    """Tell whether a cell is a number with blanks or apostrophes between its thousands.

    Examples
    --------
    >>> is_grouped("1 234,5"), is_grouped("1 23")
    (True, False)
    """
    return any(_GROUPS[mark].fullmatch(cell) for mark in (" ", "\u00a0", "\u202f", "'"))


def find_numerals(cells: Iterable[str], delimiter: str | None) -> tuple[NumberFormat, str]:
    """Find the decimal and thousands marks from cells, and a doubt worth telling ("" for none).

    Parameters
    ----------
    cells : iterable of str
        Distinct cells of the table, or a sample of them.
    delimiter : str or None
        The file's delimiter: a bare "2,666" between semicolons is more likely a decimal comma.
    """
    point = comma = unclear_comma = unclear_point = 0
    groups: Counter[str] = Counter()
    for cell in cells:
        text = cell.strip()
        if not text or len(text) > 40 or not any(mark in text for mark in ",. \u00a0\u202f'’"):
            continue
        if re.fullmatch(r"[+-]?[1-9]\d{0,2},\d{3}", text):
            unclear_comma += 1
        elif re.fullmatch(r"[+-]?[1-9]\d{0,2}\.\d{3}", text):
            unclear_point += 1
        elif _COMMA_DECIMAL.fullmatch(text):
            comma += 1
        elif _POINT_DECIMAL.fullmatch(text):
            point += 1
        else:
            for mark, pattern in _GROUPS.items():
                if pattern.fullmatch(text):
                    groups[mark] += 1
                    comma += "," in text and mark != ","
                    point += "." in text and mark != "."
                    break
    return _decide(point, comma, unclear_point, unclear_comma, groups, delimiter)


def _decide(
    point: int,
    comma: int,
    unclear_point: int,
    unclear_comma: int,
    groups: Counter[str],
    delimiter: str | None,
) -> tuple[NumberFormat, str]:
    spaced = next((mark for mark in (" ", "\u00a0", "\u202f", "'") if groups[mark]), None)
    if comma and delimiter != "," and point >= comma:
        return NumberFormat(".", "," if groups[","] else spaced, mixed=True), ""
    if comma > point + groups[","]:
        return NumberFormat(",", "." if groups["."] or unclear_point else spaced), ""
    if groups["."] and not point and not unclear_comma:
        return NumberFormat(",", "."), ""
    if unclear_comma and not point and not groups[","] and delimiter == ";":
        return NumberFormat(",", spaced), "cells such as 1,234 were read with a decimal comma"
    if groups[","]:
        return NumberFormat(".", ","), ""
    return (NumberFormat(".", ",", sure=False) if unclear_comma else NumberFormat(".", spaced)), ""
