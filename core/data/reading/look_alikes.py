"""Labels that the eye takes for one and the computer for several."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_ALIKE = str.maketrans("АВЕКМНОРСТХаеорсухіΑΒΕΖΗΙΚΜΝΟΡΤΥΧοι", "ABEKMHOPCTXaeopcyxiABEZHIKMNOPTYXoi")


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
        groups.setdefault(_skeleton(label), []).append(label)
    return [group for group in groups.values() if len(group) > 1]


def _skeleton(label: str) -> str:
    text = unicodedata.normalize("NFKC", label).translate(_ALIKE)
    visible = "".join(c for c in text if unicodedata.category(c) != "Cf")
    return " ".join(visible.split()).casefold()
