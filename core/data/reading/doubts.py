"""What a reader of a column should check, in words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from itertools import islice

from core.data.reading.look_alikes import look_alikes
from core.data.reading.numerals import Numerals

_LOOKED_AT = 500
_MOSTLY, _CODE_LENGTH = 0.8, 5
_UNIT = re.compile(r"[A-Za-zµμ°²³/]+$")


def text_doubts(
    present: Mapping[str, int],
    soft: Collection[str],
    counts: Counter[str],
    missing: Collection[str],
) -> tuple[str, ...]:
    """Return what is doubtful about missing marks and labels of a column of words.

    Parameters
    ----------
    present : mapping
        How often each distinct cell occurs that is not missing.
    soft : collection of str
        Doubtful marks that were read as missing.
    counts : Counter
        How often each distinct cell occurs.
    missing : collection of str
        The cells read as missing.
    """
    doubts = [f"{cell!r} was read as missing ({counts[cell]} cells)" for cell in sorted(soft)]
    if "NA" in present and "NA" not in missing:
        doubts.append("'NA' was kept as a code, not read as missing")
    if len(present) <= 1000:
        doubts += [
            f"{', '.join(map(repr, group))} look alike but differ"
            for group in look_alikes(list(present))
        ]
    return tuple(doubts)


def dressed_numbers(present: Mapping[str, int], numerals: Numerals) -> str:
    """Say so where nearly all words would be numbers without their unit, sign or asterisk.

    Examples
    --------
    >>> dressed_numbers({"$5": 1, "$7.5": 2, "$9": 1}, Numerals())[:24]
    "cells such as '$5' may b"
    >>> dressed_numbers({"a1": 1, "b2": 1, "c3": 1}, Numerals())
    ''
    """
    looked_at = list(islice(present, _LOOKED_AT))
    good = [cell for cell in looked_at if numerals.forced(cell) is not None]
    dressed = [cell for cell in good if numerals.value(cell) is None]
    units = {found.group() for cell in dressed if (found := _UNIT.search(cell))}
    if not dressed or len(good) < max(3, 0.9 * len(looked_at)) or len(units) > 2:
        return ""
    if _are_codes(looked_at):
        return ""
    return f"cells such as {dressed[0]!r} may be numbers; set the column's kind if they are"


def mostly_numbers(present: Mapping[str, int], numerals: Numerals) -> str:
    """Say so where most cells of a column of words are numbers, and name one that is not.

    Examples
    --------
    >>> mostly_numbers({"1": 1, "2": 1, "3": 1, "4": 1, "5": 1, "<1": 1}, Numerals())
    "most cells are numbers, but not '<1'; set the column's kind if they all should be"
    """
    odd = [cell for cell in islice(present, _LOOKED_AT) if numerals.value(cell) is None]
    total = sum(islice(present.values(), _LOOKED_AT))
    few = sum(present[cell] for cell in odd) <= (1 - _MOSTLY) * total
    if not odd or not few or _are_codes(present):
        return ""
    return (
        f"most cells are numbers, but not {odd[0]!r}; set the column's kind if they all should be"
    )


def _are_codes(cells: Collection[str]) -> bool:
    """Tell whether most cells are long runs of digits, as codes of articles or places are."""
    return 2 * sum(len(c) >= _CODE_LENGTH and c.isdecimal() for c in cells) > len(cells)
