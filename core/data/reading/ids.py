"""Row numbers and keys, which a model should not see."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_ID_NAME = re.compile(
    r"(.*[_\s.-])?(id|key|uuid|guid|index|rownames?|row|nr|no|code)|.*Id|.*ID|unnamed: 0|#",
    re.IGNORECASE,
)


def is_id(
    name: str, kind: str, counts: Counter[str], ordered: Sequence[str], n_missing: int
) -> bool:
    """Tell whether a column looks like a row number or a key.

    Parameters
    ----------
    name, kind : str
        The column's name and kind.
    counts : Counter
        Occurrences of each distinct cell.
    ordered : sequence of str
        The first cells, in the file's order.
    n_missing : int
        How many cells are missing.
    """
    total = counts.total()
    if total < 5 or n_missing or kind not in ("number", "text", "category"):
        return False
    distinct = len(counts) / total
    if kind == "number":
        if not all(cell.isdecimal() for cell in ordered):
            return False
        steps = {int(b) - int(a) for a, b in pairwise(ordered)}
        named = _ID_NAME.fullmatch(name) is not None
        return distinct == 1 and (steps == {1} or (named and distinct > 0.95))
    short = sum(len(cell) for cell in ordered) <= 40 * len(ordered)
    return distinct == 1 and short and (total >= 10 or _ID_NAME.fullmatch(name) is not None)


def is_id_number(name: str, values: NDArray[np.float64]) -> bool:
    """Tell whether numbers look like row numbers, or distinct keys by their column's name."""
    first = values[:2000]
    if len(values) < 5 or np.any((np.floor(first) != first) | (first < 0)):
        return False
    named = _ID_NAME.fullmatch(name) is not None
    if not (np.all(np.diff(first) == 1) or named) or np.isnan(values).any():
        return False
    return len(np.unique(values)) == len(values)
