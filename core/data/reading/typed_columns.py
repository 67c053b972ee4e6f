"""Stage grid -> columns: one kind for each column, and its values.

Row numbers and keys, which a model should not see, are marked as such.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

import numpy as np
from numpy.typing import NDArray

from core.data.reading.cells import (
    DOUBTFUL_MARKS,
    ERROR_MARKS,
    NumberFormat,
    find_number_format,
)
from core.data.reading.column_kinds import KindGuess, infer_kind
from core.data.reading.grid import Grid
from core.data.reading.read_options import GUESS_ALL, ReadOptions
from core.data.reading.table import NO_PROBLEMS, Column, Guess, NoTableError, ProblemLog, Problems

_CELLS = 60_000  # looked at to find the marks inside numbers
_DELIMITERS = re.compile(r"[,;|\t]+")
_PROTECTED = ("'=", "'+", "'-", "'@", "'\t", "'\r", "'\n")
_PROTECTED_WITHIN = re.compile(r"(?<=[;\t\r\n])'(?='*[=+\-@])")  # as `core.data.saving` writes it


@dataclass(frozen=True, slots=True)
class TypedColumns:
    """The columns of a table with their kinds.

    Attributes
    ----------
    columns : tuple of Column
    lines : ndarray of int, shape (n_rows,)
        The line of the file on which each row starts.
    number_format : NumberFormat
    missing : tuple of str
        The marks that were read as missing somewhere.
    doubtful : frozenset of str
        Those of them that mean missing among numbers only.
    guess : Guess
        The decimal mark.
    footer : int
        Records left out after the data, beside those that the grid left out.
    problems : Problems
    """

    columns: tuple[Column, ...]
    lines: NDArray[np.int64]
    number_format: NumberFormat
    missing: tuple[str, ...]
    doubtful: frozenset[str]
    guess: Guess
    footer: int = 0
    problems: Problems = NO_PROBLEMS


def type_columns(
    grid: Grid, options: ReadOptions = GUESS_ALL, delimiter: str | None = None
) -> TypedColumns:
    """Name each column, infer its kind, and turn its cells into values.

    Parameters
    ----------
    grid : Grid
    options : ReadOptions
        Its kinds, missing, decimal and thousands marks are not guessed.
    delimiter : str, optional
        Of a text: a comma that does not delimit is likelier a decimal mark.

    Raises
    ------
    NoTableError
        If the options give a kind to a column that is not there.
    """
    log = ProblemLog()
    names = unique_names(grid.names, log)
    check_kinds(names, options.kinds)
    cells, counts = strip_columns(grid.columns)
    form, guess = _number_format(counts, options, delimiter, log)
    doubtful = doubtful_among_numbers(counts, form)
    columns, missing = make_columns(names, cells, counts, grid.lines, form, doubtful, options, log)
    lines = np.array(grid.lines, np.int64)
    lines.flags.writeable = False
    return TypedColumns(columns, lines, form, missing, doubtful, guess, problems=log.problems())


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


def check_kinds(names: Sequence[str], kinds: Mapping[str, str]) -> None:
    """Raise a NoTableError if a kind is given for a column that is not there."""
    for name in kinds:
        if name not in names:
            raise NoTableError(f"It has no column {name!r}.", f"It has: {', '.join(names[:30])}.")


def strip_cell(cell: str) -> str:
    """Take blanks off a cell's ends, and the apostrophes that keep a spreadsheet from running it.

    Examples
    --------
    >>> strip_cell(" setosa "), strip_cell("'=1+1"), strip_cell("'-1'"), strip_cell("1;'=2")
    ('setosa', '=1+1', "'-1'", '1;=2')
    """
    text = cell.strip(" ")
    if text[:1] == "\t" and text.strip("\t ")[:1] not in ("=", "+", "-", "@"):
        text = text.strip("\t ")
    if text.startswith(_PROTECTED) and not text.endswith("'"):
        text = text[1:]
    if "'" in text:
        text = _PROTECTED_WITHIN.sub("", text)
    return text.rstrip("\t ")


def _stripped(cells: Sequence[str]) -> Sequence[str]:
    changed = {}
    for cell in set(cells):
        text = strip_cell(cell)
        if text != cell:
            changed[cell] = text
    return [changed.get(cell, cell) for cell in cells] if changed else cells


def strip_columns(
    columns: Sequence[Sequence[str]],
) -> tuple[list[Sequence[str]], list[Counter[str]]]:
    """Return the cells of each column without blanks around them, and how often each occurs."""
    cells = [_stripped(column) for column in columns]
    return cells, [Counter(column) for column in cells]


def _number_format(
    counts: Sequence[Counter[str]],
    options: ReadOptions,
    delimiter: str | None,
    log: ProblemLog,
) -> tuple[NumberFormat, Guess]:
    """Find the marks inside numbers on some cells of each column; those given take their place."""
    each = max(40, min(400, _CELLS // max(len(counts), 1)))
    cells = (cell for column in counts for cell in islice(column, each))
    form, doubt = find_number_format(cells, delimiter)
    form = form.with_marks(options.decimal, options.thousands)
    if options.decimal is not None or options.thousands is not None:
        return form, Guess("decimal", form.decimal)
    if doubt:
        log.add("doubt", f"Doubtful: {doubt}.")
        return form, Guess("decimal", form.decimal, 0.5, doubt, (".,"[form.decimal == "."],))
    sure = 0.5 if not form.sure else 0.8 if form.mixed else 1.0
    return form, Guess("decimal", form.decimal, sure)


def doubtful_among_numbers(counts: Sequence[Counter[str]], form: NumberFormat) -> frozenset[str]:
    """Return the doubtful missing marks that stand in columns of numbers."""
    found = set()
    for column in counts:
        doubtful = [cell for cell in column if cell.lower() in DOUBTFUL_MARKS]
        if doubtful and infer_kind(column, form).kind == "number":
            found.update(doubtful)
    return frozenset(found)


def make_columns(
    names: Sequence[str],
    cells: Sequence[Sequence[str]],
    counts: Sequence[Counter[str]],
    lines: Sequence[int],
    form: NumberFormat,
    doubtful: Collection[str],
    options: ReadOptions,
    log: ProblemLog,
) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """Turn columns of stripped cells into `Column` values; also return the marks read as missing.

    Parameters
    ----------
    counts : sequence of Counter
        How often each distinct cell of a column occurs.
    doubtful : collection of str
        The doubtful marks that mean missing among this file's numbers.
    """
    columns: list[Column] = []
    missing: set[str] = set()
    for name, column, count in zip(names, cells, counts, strict=True):
        guess = infer_kind(count, form, options.missing, doubtful, options.kinds.get(name))
        columns.append(_column(name, column, count, guess, lines, log))
        missing |= guess.missing
    return tuple(columns), tuple(sorted(missing))


def column_of_cells(
    name: str,
    cells: Sequence[str],
    lines: Sequence[int],
    form: NumberFormat,
    doubtful: Collection[str],
    options: ReadOptions,
    log: ProblemLog,
) -> tuple[Column, tuple[str, ...]]:
    """Make one column of its cells; also return the marks read as missing."""
    stripped, counts = strip_columns([cells])
    found = doubtful_among_numbers(counts, form).union(doubtful)
    columns, missing = make_columns([name], stripped, counts, lines, form, found, options, log)
    return columns[0], missing


def _column(
    name: str,
    cells: Sequence[str],
    counts: Counter[str],
    guess: KindGuess,
    lines: Sequence[int],
    log: ProblemLog,
) -> Column:
    for doubt in guess.doubts:
        log.add("doubt", f"Doubtful: {doubt}.", column=name)
    if guess.kind == "empty" and cells:
        log.add("empty", "Its values are all missing.", column=name)
    values = (
        _numbers(name, cells, guess, lines, log) if guess.kind == "number" else _texts(cells, guess)
    )
    if any(cell in counts for cell in ERROR_MARKS):
        for line, cell in zip(lines, cells, strict=True):
            if cell in ERROR_MARKS:
                log.add(
                    "error", f"{cell!r} is a spreadsheet error; it was read as missing.", line, name
                )
    missing = (
        int(np.isnan(values).sum())
        if guess.kind == "number"
        else sum(value is None for value in values)
    )
    values.flags.writeable = False
    ordered = cells[:2000]
    return Column(
        name, guess.kind, values, missing, is_id(name, guess.kind, counts, ordered, missing)
    )


def _texts(cells: Sequence[str], guess: KindGuess) -> NDArray[np.object_]:
    values = np.empty(len(cells), object)
    known: dict[str, str | None] = dict.fromkeys(guess.missing)
    values[:] = [known.get(cell, cell) for cell in cells] if known else list(cells)
    return values


def _numbers(
    name: str, cells: Sequence[str], guess: KindGuess, lines: Sequence[int], log: ProblemLog
) -> NDArray[np.float64]:
    odd = guess.bad or any(math.isinf(value) for value in guess.numbers.values())
    if odd:
        for line, cell in zip(lines, cells, strict=True):
            if cell in guess.bad:
                log.add("number", f"{cell!r} is not a number; it was read as missing.", line, name)
            elif math.isinf(guess.numbers.get(cell, 0.0)):
                log.add("infinite", f"{cell!r} is infinite; it was read as missing.", line, name)
    nan = math.nan
    finite = {cell: value if math.isfinite(value) else nan for cell, value in guess.numbers.items()}
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
        if not all(cell.isdecimal() and len(cell) < 20 for cell in ordered):
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
