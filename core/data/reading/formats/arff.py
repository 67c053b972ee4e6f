"""ARFF, the format of Weka, joins the pipeline as a grid: its attributes name and type the columns.

Rows hold values separated by commas, or the values that are not 0 in braces. Either quote stands
around a value, a backslash before a quote inside it (Weka's "ARFF (stable version)").
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.data.reading.grid import Grid
from core.data.reading.read_options import GUESS_ALL, ReadOptions
from core.data.reading.records import Record, split_lines
from core.data.reading.table import Dialect, NoTableError, ProblemLog

_QUOTED = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
_ATTRIBUTE = re.compile(rf"\s*@attribute\s+({_QUOTED}|[^\s{{]+)\s*(.+?)\s*$", re.IGNORECASE)
_SPARSE_VALUE = re.compile(rf"(\d+)\s+({_QUOTED}|[^,}}]+)")
_FIRST_LABEL = re.compile(rf"\{{\s*({_QUOTED}|[^,}}]*)")
_WEIGHT = re.compile(r"\{\s*[\d.]+\s*\}")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


def read_arff(text: str, options: ReadOptions = GUESS_ALL) -> tuple[Grid, Dialect]:
    """Read an ARFF file.

    Raises
    ------
    NoTableError
        If it declares no attributes, has no @data line, or a quote is never closed.
    """
    log = ProblemLog()
    lines = split_lines(text)
    names, types, start = _declarations(lines)
    rows = [
        (number, line)
        for number, line in enumerate(lines[start:], start + 1)
        if line.strip() and not line.lstrip().startswith("%")
    ]
    delimiter = options.delimiter or ("\t" if _is_tabbed([line for _, line in rows]) else ",")
    if any(line.lstrip().startswith("{") for _, line in rows):
        records = [_sparse_record(line, number, types) for number, line in rows]
    else:
        value = re.compile(
            rf"[ \t]*({_QUOTED}|[^{re.escape(delimiter)}]*?)[ \t]*({re.escape(delimiter)}|$)"
        )
        if delimiter == "\t":
            value = re.compile(rf" *({_QUOTED}|[^\t]*?) *(\t|$)")
        records = [_record(line, number, value) for number, line in rows]
    records = _of_width(records, len(names), log)
    if len(records) <= 1:
        log.add("size", "It has only 1 row." if records else "It has names but no rows of data.")
    cells = zip(*[record.cells for record in records], strict=True)
    grid = Grid(
        tuple(names),
        tuple(cells) if records else ((),) * len(names),
        tuple(record.line for record in records),
        problems=log.problems(),
    )
    return grid, Dialect("arff", delimiter=delimiter, header=1, skip=start, comment="%")


def _declarations(lines: Sequence[str]) -> tuple[list[str], list[str], int]:
    names: list[str] = []
    types: list[str] = []
    for number, line in enumerate(lines, 1):
        if re.match(r"\s*@data\b", line, re.IGNORECASE):
            if not names:
                break
            return names, types, number
        found = _ATTRIBUTE.match(line)
        if found:
            names.append(_unquoted(found.group(1)))
            types.append(found.group(2))
    missing = "@data line" if names else "@attribute line"
    raise NoTableError(
        f"It is an ARFF file without an {missing}.", "Export it again, or save it as CSV."
    )


def _is_tabbed(lines: Sequence[str]) -> bool:
    sample = lines[:50]
    return bool(sample) and all("\t" in line and "," not in line for line in sample)


def _record(line: str, number: int, value: re.Pattern[str]) -> Record:
    """Read the values of one row; a value that only begins with a quote is an error."""
    cells: list[str] = []
    at, ends = 0, False
    while not ends:
        found = value.match(line, at)
        if found is None:  # pragma: no cover - the pattern takes any text
            break
        text = found[1]
        if text[:1] in ("'", '"') and text.count(text[0]) % 2 and "\\" not in text:
            raise NoTableError(
                f"A quote ({text[0]}) is opened on line {number} and never closed.",
                "Close or remove the quote on that line.",
            )
        cells.append(_unquoted(text))
        at, ends = found.end(), not found[2]
    return Record(number, cells)


def _unquoted(text: str) -> str:
    r"""Take off the quotes around a value, and the backslashes inside it.

    Examples
    --------
    >>> _unquoted("'it\\'s'"), _unquoted('"a b"'), _unquoted("it's")
    ("it's", 'a b', "it's")
    """
    if len(text) < 2 or text[0] not in "'\"" or text[-1] != text[0]:
        return text.strip()
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text[1:-1])


def _sparse_record(line: str, number: int, types: Sequence[str]) -> Record:
    """Read "{index value, …}": what is absent is 0, or the first label of a nominal attribute."""
    cells = [_default(kind) for kind in types]
    for index, value in _SPARSE_VALUE.findall(line):
        if int(index[:9]) < len(cells):
            cells[int(index)] = _unquoted(value.strip())
    return Record(number, cells)


def _default(kind: str) -> str:
    found = _FIRST_LABEL.match(kind)
    return _unquoted(found[1].strip()) if found else "0"


def _of_width(records: Sequence[Record], width: int, log: ProblemLog) -> list[Record]:
    """Keep the records with a value for each attribute; take off weights and empty ends."""
    rows, weighted = [], list[int]()
    for record in records:
        cells = [cell.strip(" \t") for cell in record.cells]
        if len(cells) == width + 1 and _WEIGHT.fullmatch(cells[-1]):
            weighted.append(record.line)
            cells.pop()
        while len(cells) > width and not cells[-1]:
            cells.pop()
        if len(cells) == width:
            rows.append(Record(record.line, cells))
        else:
            reason = f"It has {len(cells)} cells, not {width}; it was left out."
            log.add("ragged", reason, record.line)
    if weighted:
        log.add("weights", "The weights of the rows, in braces, were left out.", weighted[0])
    return rows
