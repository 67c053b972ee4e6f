"""From rows of cells to the columns of a table.

Row numbers and keys, which a model should not see.

From a pandas frame to the columns of a table.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import islice, pairwise

import numpy as np
from numpy.typing import NDArray

from core.base.errors import UserError
from core.data.reading.column_kinds import KindGuess, infer_kind
from core.data.reading.numerals import DOUBTFUL_MARKS, ERROR_MARKS, NumberFormat, find_numerals
from core.data.reading.table import Column, ProblemLog

_CELLS = 60_000  # looked at to find the marks inside numbers
Said = tuple[str | None, str | None]
"""The decimal and thousands marks that the user says; None leaves them to be found."""

_DELIMITERS = re.compile(r"[,;|\t]+")
_PROTECTED = ("'=", "'+", "'-", "'@", "'\t", "'\r")


def unique_names(names: Sequence[str], log: ProblemLog) -> list[str]:
    """Name every column, each once: "x", then "x (2)"; a column without a name gets its number."""
    used: set[str] = set()
    taken = {name for name in names if name}
    result = []
    for j, given in enumerate(names):
        name = "" if _DELIMITERS.fullmatch(given) else given
        new = name or f"column {j + 1}"
        count = 1
        while new in used or (count > 1 and new in taken) or (not name and new in taken):
            count += 1
            new = f"{name or f'column {j + 1}'} ({count})"
        if name and new != name:
            log.add(
                "name",
                f"The name {name!r} is a duplicate; this column is called {new!r}.",
                column=name,
            )
        used.add(new)
        result.append(new)
    return result


def check_kinds(source: str, names: Sequence[str], kinds: Mapping[str, str]) -> None:
    """Raise a UserError if a kind is given for a column that the file `source` does not have."""
    for name in kinds:
        if name not in names:
            raise UserError(
                f"{source} has no column {name!r}.", "", f"It has: {', '.join(names[:30])}."
            )


def strip_cell(cell: str) -> str:
    """Take blanks off a cell's ends, and the apostrophe that keeps a spreadsheet from running it.

    Examples
    --------
    >>> strip_cell(" setosa "), strip_cell("'=1+1"), strip_cell("'-1'")
    ('setosa', '=1+1', "'-1'")
    """
    text = cell.strip(" ")
    if text[:1] == "\t" and text.strip("\t ")[:1] not in ("=", "+", "-", "@"):
        text = text.strip("\t ")
    if text.startswith(_PROTECTED) and not text.endswith("'"):
        text = text[1:]
    return text.rstrip("\t ")


def _stripped(cells: Sequence[str]) -> Sequence[str]:
    changed = {}
    for cell in set(cells):
        text = strip_cell(cell)
        if text != cell:
            changed[cell] = text
    return [changed.get(cell, cell) for cell in cells] if changed else cells


def find_marks(
    distinct: Sequence[Counter[str]], delimiter: str | None, said: Said, log: ProblemLog
) -> tuple[NumberFormat, frozenset[str]]:
    """Find a table's numerals, and which doubtful missing marks stand among its numbers.

    What the user `said` of the decimal and thousands marks takes the place of what is found.
    """
    each = max(40, min(400, _CELLS // max(len(distinct), 1)))
    cells = (cell for counts in distinct for cell in islice(counts, each))
    numerals, doubt = find_numerals(cells, delimiter)
    numerals = numerals.saying(*said)
    if doubt and said == (None, None):
        log.add("doubt", f"Doubtful: {doubt}.")
    return numerals, _doubtful_marks(distinct, numerals)


def _doubtful_marks(distinct: Sequence[Counter[str]], numerals: NumberFormat) -> frozenset[str]:
    """Return the doubtful missing marks that stand in columns of numbers."""
    found = set()
    for counts in distinct:
        doubtful = [cell for cell in counts if cell.lower() in DOUBTFUL_MARKS]
        if doubtful and infer_kind(counts, numerals).kind == "number":
            found.update(doubtful)
    return frozenset(found)


def build_columns(
    names: Sequence[str],
    cells: Sequence[Sequence[str]],
    lines: Sequence[int],
    numerals: NumberFormat | None,
    delimiter: str | None,
    marks: Collection[str] | None,
    kinds: Mapping[str, str],
    log: ProblemLog,
    said: Said = (None, None),
    doubtful: Collection[str] = (),
) -> tuple[tuple[Column, ...], NumberFormat, tuple[str, ...]]:
    """Turn columns of cells into `Column` values.

    The numerals are found, but for the decimal and thousands marks that were `said`, unless given.
    Given with them are the `doubtful` missing marks among numbers of other columns.

    Returns
    -------
    columns : tuple of Column
    numerals : NumberFormat
        Given or found.
    missing : tuple of str
        The marks that were read as missing somewhere.
    """
    stripped = [_stripped(column) for column in cells]
    distinct = [Counter(column) for column in stripped]
    found_numerals, found = (
        find_marks(distinct, delimiter, said, log)
        if numerals is None
        else (numerals, _doubtful_marks(distinct, numerals).union(doubtful))
    )
    columns: list[Column] = []
    met: set[str] = set()
    for name, column, counts in zip(names, stripped, distinct, strict=True):
        verdict = infer_kind(counts, found_numerals, marks, found, kinds.get(name))
        columns.append(_column(name, column, counts, verdict, lines, log))
        met |= verdict.missing
    return tuple(columns), found_numerals, tuple(sorted(met))


def _column(
    name: str,
    cells: Sequence[str],
    counts: Counter[str],
    verdict: KindGuess,
    lines: Sequence[int],
    log: ProblemLog,
) -> Column:
    for doubt in verdict.doubts:
        log.add("doubt", f"Doubtful: {doubt}.", column=name)
    if verdict.kind == "empty" and cells:
        log.add("empty", "Its values are all missing.", column=name)
    values = (
        _numbers(name, cells, verdict, lines, log)
        if verdict.kind == "number"
        else _texts(cells, verdict)
    )
    if any(cell in counts for cell in ERROR_MARKS):
        for line, cell in zip(lines, cells, strict=True):
            if cell in ERROR_MARKS:
                log.add(
                    "error", f"{cell!r} is a spreadsheet error; it was read as missing.", line, name
                )
    missing = (
        int(np.isnan(values).sum())
        if verdict.kind == "number"
        else sum(value is None for value in values)
    )
    values.flags.writeable = False
    ordered = cells[:2000]
    return Column(
        name, verdict.kind, values, missing, is_id(name, verdict.kind, counts, ordered, missing)
    )


def _texts(cells: Sequence[str], verdict: KindGuess) -> NDArray[np.object_]:
    values = np.empty(len(cells), object)
    known: dict[str, str | None] = dict.fromkeys(verdict.missing)
    values[:] = [known.get(cell, cell) for cell in cells] if known else list(cells)
    return values


def _numbers(
    name: str, cells: Sequence[str], verdict: KindGuess, lines: Sequence[int], log: ProblemLog
) -> NDArray[np.float64]:
    odd = verdict.bad or any(math.isinf(value) for value in verdict.numbers.values())
    if odd:
        for line, cell in zip(lines, cells, strict=True):
            if cell in verdict.bad:
                log.add("number", f"{cell!r} is not a number; it was read as missing.", line, name)
            elif math.isinf(verdict.numbers.get(cell, 0.0)):
                log.add("infinite", f"{cell!r} is infinite; it was read as missing.", line, name)
    nan = math.nan
    finite = {
        cell: value if math.isfinite(value) else nan for cell, value in verdict.numbers.items()
    }
    return np.fromiter((finite.get(cell, nan) for cell in cells), np.float64, len(cells))


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


def number_column(
    name: str, values: NDArray[np.float64], lines: NDArray[np.int64] | None, log: ProblemLog
) -> Column:
    """Return a column of numbers; infinite ones are missing, and told."""
    infinite = np.isinf(values)
    if infinite.any():
        values = np.where(infinite, np.nan, values)
        for row in np.flatnonzero(infinite)[:100]:
            line = None if lines is None else int(lines[row])
            log.add("infinite", "An infinite value was read as missing.", line, name)
        log.count("infinite", int(infinite.sum()) - 100)
    missing = int(np.isnan(values).sum())
    if missing == len(values) and missing:
        log.add("empty", "Its values are all missing.", column=name)
        texts = np.full(len(values), None, object)
        texts.flags.writeable = False
        return Column(name, "empty", texts, missing)
    if values.flags.writeable:
        values.flags.writeable = False
    return Column(name, "number", values, missing, is_id_number(name, values))
