"""What a column of cells is: numbers, categories, booleans, dates, free text, or nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from core.data.reading.doubts import dressed_numbers, mostly_numbers, text_doubts
from core.data.reading.numerals import DOUBTFUL_MARKS, MISSING_MARKS, Numerals

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
_BOOLEANS = ({"true", "false"}, {"yes", "no"}, {"y", "n"}, {"t", "f"}, {"on", "off"})
HUGE = "its integers have more digits than are kept"
_STRAY = re.compile(r"[,;|\t]{2,}")  # the delimiters of another program, left at the ends of rows
_CODE = re.compile(r"[A-Z]{2}")


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


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a column was found to be.

    Attributes
    ----------
    kind : str
        One of `core.data.reading.columns.KINDS`.
    missing : frozenset of str
        The cells that mean "not known" here.
    numbers : dict
        For a number column, the value of each distinct cell; infinite where it says so.
    bad : frozenset of str
        For a number column, the cells that are no numbers.
    doubts : tuple of str
        What the user should check.
    """

    kind: str
    missing: frozenset[str]
    numbers: dict[str, float] = field(default_factory=dict)
    bad: frozenset[str] = frozenset()
    doubts: tuple[str, ...] = ()


def judge(
    counts: Counter[str],
    numerals: Numerals,
    marks: Collection[str] | None = None,
    found_marks: Collection[str] = (),
    wanted: str | None = None,
) -> Verdict:
    """Decide what a column is from how often each distinct cell occurs.

    Parameters
    ----------
    counts : Counter
        Occurrences of each distinct cell, stripped.
    numerals : Numerals
        The file's decimal and thousands marks.
    marks : collection of str, optional
        The only missing marks, if the user named them; the empty cell is always missing.
    found_marks : collection of str
        Doubtful marks already met among this file's numbers.
    wanted : str, optional
        The kind the user asked for.
    """
    missing = frozenset(cell for cell in counts if _is_missing(cell, counts, marks))
    present = {cell: count for cell, count in counts.items() if cell not in missing}
    if not present:
        return Verdict("empty", missing)
    if wanted in (None, "number"):
        verdict = _as_numbers(present, missing, _local(numerals, present), marks, wanted)
        if verdict is not None and not any(
            numerals.value(cell) is not None for cell in verdict.bad
        ):
            return verdict
    if wanted is None and numerals.mixed and any("," in cell for cell in present):
        verdict = _as_numbers(present, missing, Numerals(","), marks, None)
        if verdict is not None and not verdict.bad:
            doubt = "its numbers have a decimal comma, those of other columns a point"
            return replace(verdict, doubts=(*verdict.doubts, doubt))
    soft = frozenset() if marks is not None else _soft_missing(present, found_marks)
    present = {cell: count for cell, count in present.items() if cell not in soft}
    if not present:
        return Verdict("empty", missing | soft)
    kind = wanted or _kind_of_text(present)
    doubts = text_doubts(present, soft - set(found_marks), counts, missing)
    if wanted is None and kind in ("category", "text"):
        perhaps = "" if numerals.sure else _perhaps_numbers(present, missing, numerals, marks)
        perhaps = perhaps or dressed_numbers(present, numerals) or mostly_numbers(present, numerals)
        doubts = (*doubts, perhaps) if perhaps else doubts
    return Verdict(kind, missing | soft, doubts=doubts)


def _perhaps_numbers(
    present: dict[str, int],
    missing: frozenset[str],
    numerals: Numerals,
    marks: Collection[str] | None,
) -> str:
    """Say so where a column of words would be numbers if its commas stood between thousands."""
    example = next((cell for cell in present if "," in cell), "")
    if not example or _as_numbers(present, missing, numerals, marks, None) is None:
        return ""
    return (
        f"cells such as {example!r} may be numbers; set the thousands or decimal mark if they are"
    )


def _is_missing(cell: str, counts: Counter[str], marks: Collection[str] | None) -> bool:
    if marks is not None:
        return cell == "" or cell in marks
    if cell in ("NA", "NaN") and _country_codes(counts):
        return False
    return cell in MISSING_MARKS or _STRAY.fullmatch(cell) is not None


def _country_codes(counts: Counter[str]) -> bool:
    """Tell whether NA may be Namibia: many distinct codes of two capitals and hardly else."""
    codes = sum(_CODE.fullmatch(cell) is not None for cell in counts)
    return codes >= 10 and codes >= 0.8 * len(counts) and counts["NA"] < 0.1 * counts.total()


def _local(numerals: Numerals, present: dict[str, int]) -> Numerals:
    """Return the numerals of one column: a decimal comma only where the column has commas.

    Marks that may be either are believed only where most cells carry one.
    """
    if numerals.decimal == "," and not any("," in cell for cell in present):
        points = [cell for cell in present if "." in cell]
        whole = numerals.thousands == "." and all(
            re.fullmatch(r"[+-]?[1-9]\d{0,2}(\.\d{3})+", c) for c in points
        )
        spaced = numerals.thousands if numerals.thousands != "." else None
        return numerals if whole and points else Numerals(".", spaced)
    if not numerals.sure:
        grouped = sum(count for cell, count in present.items() if "," in cell)
        return numerals if 2 * grouped >= sum(present.values()) else Numerals()
    return numerals


def _as_numbers(
    present: dict[str, int],
    missing: frozenset[str],
    numerals: Numerals,
    marks: Collection[str] | None,
    wanted: str | None,
) -> Verdict | None:
    read = numerals.forced if wanted == "number" else numerals.value
    numbers: dict[str, float] = {}
    odd: dict[str, int] = {}
    good = 0
    for cell, count in present.items():
        value = read(cell)
        if value is None:
            odd[cell] = count
            if wanted is None and len(odd) > 50 and len(odd) > len(numbers):
                return None
        else:
            numbers[cell] = value
            good += count
    soft = frozenset(c for c in odd if marks is None and c.lower() in DOUBTFUL_MARKS)
    bad = {cell: count for cell, count in odd.items() if cell not in soft}
    if wanted is None and (not good or not _few(bad, good) or _are_codes(numbers)):
        return None
    if wanted is None and soft and _are_signs(present):
        return None
    doubts = () if wanted or not _are_huge(numbers) else (HUGE,)
    return Verdict("number", missing | soft, numbers, frozenset(bad), doubts)


def _few(bad: dict[str, int], good: int) -> bool:
    """Tell whether the cells that are no numbers are few enough to be slips."""
    if not bad:
        return True
    share = sum(bad.values()) / (good + sum(bad.values()))
    wordy = len(bad) <= 3 and not any(character.isdigit() for cell in bad for character in cell)
    return (share <= 0.05 and good >= 19) or (share <= 0.1 and wordy and good >= 9)


def _are_codes(numbers: Collection[str]) -> bool:
    """Tell whether digits are codes: of one width, some with a leading zero (post codes)."""
    if len(numbers) < 2 or not all(cell.isdecimal() for cell in numbers):
        return False
    width, count = Counter(map(len, numbers)).most_common(1)[0]
    zeros = sum(cell[0] == "0" for cell in numbers if len(cell) == width)
    return width >= 3 and zeros > 0 and count >= 0.95 * len(numbers)


def _are_signs(present: Collection[str]) -> bool:
    return "+" in present


def _are_huge(numbers: Collection[str]) -> bool:
    return any(
        len(cell) > 15 and cell.lstrip("+-").isdecimal() and int(cell) > 2**53 for cell in numbers
    )


def _soft_missing(present: dict[str, int], found: Collection[str]) -> frozenset[str]:
    """Find doubtful marks that mean missing in a column of words."""
    soft = set()
    for cell, count in present.items():
        if cell.lower() not in DOUBTFUL_MARKS:
            continue
        words = sum(any(c.isalnum() for c in other) for other in present if other != cell)
        symbol = not any(c.isalnum() for c in cell)
        if "+" in present or words < 2 or 2 * count > sum(present.values()):
            continue
        if cell in found or (symbol and words >= 2):
            soft.add(cell)
    return frozenset(soft)


def _kind_of_text(present: dict[str, int]) -> str:
    total = sum(present.values())
    folded = {cell.lower() for cell in present}
    if any(folded == pair for pair in _BOOLEANS) or folded <= _BOOLEANS[0]:
        return "boolean"
    if sum(count for cell, count in present.items() if is_date(cell)) >= 0.98 * total:
        return "date"
    mean_length = sum(len(cell) * count for cell, count in present.items()) / total
    few = len(present) <= max(20, 0.05 * total) or (
        len(present) <= 50 and total >= 4 * len(present)
    )
    if total <= 20:
        few = len(present) < total or total < 10
    return "category" if few and mean_length <= 60 else "text"
