"""Part of stage grid -> columns: infer the kind of one column from its distinct cells.

A column is numbers, categories, booleans, dates, free text, or empty; the doubts come with it.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from core.data.reading.cells import DOUBTFUL_MARKS, MISSING_MARKS, NumberFormat, is_date

_BOOLEANS = ({"true", "false"}, {"yes", "no"}, {"y", "n"}, {"t", "f"}, {"on", "off"})
_HUGE = "its integers have more digits than are kept"
_STRAY = re.compile(r"[,;|\t]{2,}")  # the delimiters of another program, left at the ends of rows
_COUNTRY = re.compile(r"[A-Z]{2}")
_CODE_WITH_E = re.compile(r"\d{2,}[eE]\d{2,}")


@dataclass(frozen=True, slots=True)
class KindGuess:
    """What a column was found to be.

    Attributes
    ----------
    kind : str
        One of `core.data.reading.table.KINDS`.
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


def infer_kind(
    counts: Counter[str],
    number_format: NumberFormat,
    marks: Collection[str] | None = None,
    found_marks: Collection[str] = (),
    given: str | None = None,
) -> KindGuess:
    """Decide what a column is from how often each distinct cell occurs.

    Parameters
    ----------
    counts : Counter
        Occurrences of each distinct cell, stripped.
    number_format : NumberFormat
        The file's decimal and thousands marks.
    marks : collection of str, optional
        The only missing marks, if the user named them; the empty cell is always missing.
    found_marks : collection of str
        Doubtful marks that mean missing among the numbers of this file's other columns.
    given : str, optional
        The kind that the user gave.
    """
    missing = frozenset(cell for cell in counts if _is_missing(cell, counts, marks))
    present = {cell: count for cell, count in counts.items() if cell not in missing}
    if not present:
        return KindGuess("empty", missing)
    if given in (None, "number"):
        guess = _as_numbers(present, missing, _local(number_format, present), marks, given)
        if guess is not None and not any(
            number_format.value(cell) is not None for cell in guess.bad
        ):
            return guess
    if given is None and number_format.mixed and any("," in cell for cell in present):
        guess = _as_numbers(present, missing, NumberFormat(","), marks, None)
        if guess is not None and not guess.bad:
            doubt = "its numbers have a decimal comma, those of other columns a point"
            return replace(guess, doubts=(*guess.doubts, doubt))
    doubtful = frozenset() if marks is not None else _doubtful_missing(present, found_marks)
    present = {cell: count for cell, count in present.items() if cell not in doubtful}
    if not present:
        return KindGuess("empty", missing | doubtful)
    kind = given or _kind_of_text(present)
    doubts = text_doubts(present, doubtful - set(found_marks), counts, missing)
    if given is None and kind in ("category", "text"):
        perhaps = (
            "" if number_format.sure else _perhaps_numbers(present, missing, number_format, marks)
        )
        perhaps = (
            perhaps
            or decorated_numbers(present, number_format)
            or mostly_numbers(present, number_format)
        )
        doubts = (*doubts, perhaps) if perhaps else doubts
    return KindGuess(kind, missing | doubtful, doubts=doubts)


def _perhaps_numbers(
    present: dict[str, int],
    missing: frozenset[str],
    number_format: NumberFormat,
    marks: Collection[str] | None,
) -> str:
    """Say so where a column of words would be numbers if its commas stood between thousands."""
    example = next((cell for cell in present if "," in cell), "")
    if not example or _as_numbers(present, missing, number_format, marks, None) is None:
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
    codes = sum(_COUNTRY.fullmatch(cell) is not None for cell in counts)
    return codes >= 10 and codes >= 0.8 * len(counts) and counts["NA"] < 0.1 * counts.total()


def _local(number_format: NumberFormat, present: dict[str, int]) -> NumberFormat:
    """Return the number format of one column: a decimal comma only where the column has commas.

    Marks that may be either are believed only where most cells carry one.
    """
    if number_format.decimal == "," and not any("," in cell for cell in present):
        points = [cell for cell in present if "." in cell]
        whole = number_format.thousands == "." and all(
            re.fullmatch(r"[+-]?[1-9]\d{0,2}(\.\d{3})+", c) for c in points
        )
        spaced = number_format.thousands if number_format.thousands != "." else None
        return number_format if whole and points else NumberFormat(".", spaced)
    if not number_format.sure:
        grouped = sum(count for cell, count in present.items() if "," in cell)
        return number_format if 2 * grouped >= sum(present.values()) else NumberFormat()
    return number_format


def _as_numbers(
    present: dict[str, int],
    missing: frozenset[str],
    number_format: NumberFormat,
    marks: Collection[str] | None,
    given: str | None,
) -> KindGuess | None:
    read = number_format.decorated_value if given == "number" else number_format.value
    numbers: dict[str, float] = {}
    odd: dict[str, int] = {}
    good = 0
    for cell, count in present.items():
        value = read(cell)
        if value is None:
            odd[cell] = count
            if given is None and len(odd) > 50 and len(odd) > len(numbers):
                return None
        else:
            numbers[cell] = value
            good += count
    doubtful = frozenset(c for c in odd if marks is None and c.lower() in DOUBTFUL_MARKS)
    bad = {cell: count for cell, count in odd.items() if cell not in doubtful}
    if given is None and (not good or not _few(bad, good) or _are_codes(numbers)):
        return None
    if given is None and doubtful and _are_signs(present):
        return None
    doubts = () if given or not _are_huge(numbers) else (_HUGE,)
    return KindGuess("number", missing | doubtful, numbers, frozenset(bad), doubts)


def _few(bad: dict[str, int], good: int) -> bool:
    """Tell whether the cells that are no numbers are few enough to be slips."""
    if not bad:
        return True
    share = sum(bad.values()) / (good + sum(bad.values()))
    wordy = len(bad) <= 3 and not any(character.isdigit() for cell in bad for character in cell)
    return (share <= 0.05 and good >= 19) or (share <= 0.1 and wordy and good >= 9)


def _are_codes(numbers: Collection[str]) -> bool:
    """Tell whether digits are codes: of one width, some with a leading zero (post codes).

    Codes with a letter E (2209417E01) read as numbers, too; but a number has a sign there, a single
    digit or a decimal point before it.
    """
    if len(numbers) < 2:
        return False
    if sum(_CODE_WITH_E.fullmatch(cell) is not None for cell in numbers) > 0.5 * len(numbers):
        return True
    if not all(cell.isdecimal() for cell in numbers):
        return False
    width, count = Counter(map(len, numbers)).most_common(1)[0]
    zeros = sum(cell[0] == "0" for cell in numbers if len(cell) == width)
    return width >= 3 and zeros > 0 and count >= 0.95 * len(numbers)


def _are_signs(present: Collection[str]) -> bool:
    return "+" in present


def _are_huge(numbers: Mapping[str, float]) -> bool:
    return any(
        len(cell) > 15 and cell.lstrip("+-").isdecimal() and abs(value) > 2.0**53
        for cell, value in numbers.items()
    )


def _doubtful_missing(present: dict[str, int], found: Collection[str]) -> frozenset[str]:
    """Find doubtful marks that mean missing in a column of words."""
    doubtful = set()
    for cell, count in present.items():
        if cell.lower() not in DOUBTFUL_MARKS:
            continue
        words = sum(any(c.isalnum() for c in other) for other in present if other != cell)
        symbol = not any(c.isalnum() for c in cell)
        if "+" in present or words < 2 or 2 * count > sum(present.values()):
            continue
        if cell in found or (symbol and words >= 2):
            doubtful.add(cell)
    return frozenset(doubtful)


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


_LOOKED_AT = 500
_MOSTLY, _CODE_LENGTH = 0.8, 5
_UNIT = re.compile(r"[A-Za-zµμ°²³/]+$")


def text_doubts(
    present: Mapping[str, int],
    doubtful: Collection[str],
    counts: Counter[str],
    missing: Collection[str],
) -> tuple[str, ...]:
    """Return what is doubtful about missing marks and labels of a column of words.

    Parameters
    ----------
    present : mapping
        How often each distinct cell occurs that is not missing.
    doubtful : collection of str
        Doubtful marks that were read as missing.
    counts : Counter
        How often each distinct cell occurs.
    missing : collection of str
        The cells read as missing.
    """
    doubts = [f"{cell!r} was read as missing ({counts[cell]} cells)" for cell in sorted(doubtful)]
    if "NA" in present and "NA" not in missing:
        doubts.append("'NA' was kept as a code, not read as missing")
    if len(present) <= 1000:
        doubts += [
            f"{', '.join(map(repr, group))} look alike but differ"
            for group in look_alikes(list(present))
        ]
    return tuple(doubts)


def decorated_numbers(present: Mapping[str, int], number_format: NumberFormat) -> str:
    """Say so where nearly all words would be numbers without their unit, sign or asterisk.

    Examples
    --------
    >>> decorated_numbers({"$5": 1, "$7.5": 2, "$9": 1}, NumberFormat())[:24]
    "cells such as '$5' may b"
    >>> decorated_numbers({"a1": 1, "b2": 1, "c3": 1}, NumberFormat())
    ''
    """
    looked_at = list(islice(present, _LOOKED_AT))
    good = [cell for cell in looked_at if number_format.decorated_value(cell) is not None]
    decorated = [cell for cell in good if number_format.value(cell) is None]
    units = {found.group() for cell in decorated if (found := _UNIT.search(cell))}
    if not decorated or len(good) < max(3, 0.9 * len(looked_at)) or len(units) > 2:
        return ""
    if _are_long_codes(looked_at):
        return ""
    return f"cells such as {decorated[0]!r} may be numbers; set the column's kind if they are"


def mostly_numbers(present: Mapping[str, int], number_format: NumberFormat) -> str:
    """Say so where most cells of a column of words are numbers, and name one that is not.

    Examples
    --------
    >>> mostly_numbers({"1": 1, "2": 1, "3": 1, "4": 1, "5": 1, "<1": 1}, NumberFormat())
    "most cells are numbers, but not '<1'; set the column's kind if they all should be"
    """
    odd = [cell for cell in islice(present, _LOOKED_AT) if number_format.value(cell) is None]
    total = sum(islice(present.values(), _LOOKED_AT))
    few = sum(present[cell] for cell in odd) <= (1 - _MOSTLY) * total
    if not odd or not few or _are_long_codes(present):
        return ""
    return (
        f"most cells are numbers, but not {odd[0]!r}; set the column's kind if they all should be"
    )


def _are_long_codes(cells: Collection[str]) -> bool:
    """Tell whether most cells are long runs of digits, as codes of articles or places are."""
    return 2 * sum(len(c) >= _CODE_LENGTH and c.isdecimal() for c in cells) > len(cells)


_LOOK_LATIN = str.maketrans(
    "АВЕКМНОРСТХУаеорсухіΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABEKMHOPCTXYaeopcyxiABEZHIKMNOPTYXo"
)


def look_alikes(labels: Sequence[str]) -> list[list[str]]:
    """Group labels that differ only in ways the eye hardly sees.

    Compatibility forms, invisible characters, the case of letters, and Cyrillic or Greek letters
    drawn like Latin ones are disregarded (Unicode Technical Standard 39, section 4, in small).

    Examples
    --------
    >>> look_alikes(["A", "А", "B", "cat"])
    [['A', 'А']]
    """
    groups: dict[str, list[str]] = {}
    for label in labels:
        groups.setdefault(normalised_label(label), []).append(label)
    return [group for group in groups.values() if len(group) > 1]


def normalised_label(label: str) -> str:
    """Return what a label looks like: without case, invisible characters and odd spaces.

    Unicode's compatibility form (NFKC), format characters dropped, Cyrillic and Greek letters that
    look Latin replaced.
    """
    plain = unicodedata.normalize("NFKC", label).translate(_LOOK_LATIN)
    visible = "".join(c for c in plain if unicodedata.category(c) != "Cf")
    return " ".join(visible.split()).casefold()
