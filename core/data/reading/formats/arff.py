"""ARFF, the format of Weka: attributes with types, then comma-separated or sparse rows."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.data.reading.grid import Grid
from core.data.reading.read_options import ReadOptions
from core.data.reading.records import Quoting, Record, UnclosedQuoteError, read_records, split_lines
from core.data.reading.source import Source
from core.data.reading.table import Dialect, ProblemLog

_ATTRIBUTE = re.compile(
    r"""\s*@attribute\s+('(?:[^'\\]|\\.)*'|"[^"]*"|[^\s{]+)\s*(.+?)\s*$""", re.IGNORECASE
)

_WEIGHT = re.compile(r"\{\s*[\d.]+\s*\}")


def read_arff(
    source: Source, text: str, encoding: str, settings: ReadOptions, log: ProblemLog
) -> Grid:
    """Read an ARFF file.

    Raises
    ------
    UserError
        If it declares no attributes, has no @data line, or a quote is never closed.
    """
    lines = split_lines(text)
    names, types, start = _declarations(source, lines)
    body = ["" if line.lstrip().startswith("%") else line for line in lines]
    body[:start] = [""] * start
    quote = (
        "'" if any("'" in line for line in body) and not any('"' in line for line in body) else '"'
    )
    if settings.quote is not None:
        quote = settings.quote
    delimiter = settings.delimiter or ("\t" if _tabbed(body) else ",")
    quoting = Quoting(
        delimiter, quote or None, "\\" if any("\\" in line for line in body) else quote or None
    )
    if any(line.lstrip().startswith("{") for line in body):
        records = [
            _sparse(line, number, types) for number, line in enumerate(body, 1) if line.strip()
        ]
    else:
        try:
            records = list(read_records(body, quoting, len(names)))
        except UnclosedQuoteError as error:
            why = f"A quote ({quote}) is opened on line {error.line} and never closed."
            raise source.refuse(why, "Close or remove the quote on that line.") from error
    rows = _even(records, len(names), log)
    dialect = Dialect(
        "arff",
        encoding=encoding,
        delimiter=delimiter,
        quote=quote,
        header=1,
        skip=start,
        comment="%",
    )
    cells = list(zip(*[row.cells for row in rows], strict=True)) if rows else [()] * len(names)
    if len(rows) <= 1:
        log.add("size", "It has only 1 row." if rows else "It has names but no rows of data.")
    return Grid(names, list(cells), [row.line for row in rows], dialect)


def _declarations(source: Source, lines: Sequence[str]) -> tuple[list[str], list[str], int]:
    names: list[str] = []
    types: list[str] = []
    for number, line in enumerate(lines, 1):
        if re.match(r"\s*@data\b", line, re.IGNORECASE):
            if not names:
                break
            return names, types, number
        found = _ATTRIBUTE.match(line)
        if found:
            names.append(found.group(1).strip("'\"").replace("\\'", "'"))
            types.append(found.group(2))
    missing = "@data line" if names else "@attribute line"
    raise source.refuse(
        f"It is an ARFF file without an {missing}.", "Export it again, or save it as CSV."
    )


def _tabbed(body: Sequence[str]) -> bool:
    filled = [line for line in body if line.strip()][:50]
    return bool(filled) and all("\t" in line and "," not in line for line in filled)


def _sparse(line: str, number: int, types: Sequence[str]) -> Record:
    """Read "{index value, …}": what is not said is 0, or the first value of a nominal attribute."""
    cells = [_default(kind) for kind in types]
    for index, value in re.findall(r"(\d+)\s+('[^']*'|\"[^\"]*\"|[^,}]+)", line):
        if int(index) < len(cells):
            cells[int(index)] = value.strip().strip("'\"")
    return Record(number, cells)


def _default(kind: str) -> str:
    found = re.match(r"\{\s*('[^']*'|\"[^\"]*\"|[^,}]*)", kind)
    return found.group(1).strip().strip("'\"") if found else "0"


def _even(records: Sequence[Record], width: int, log: ProblemLog) -> list[Record]:
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
            log.add(
                "ragged", f"It has {len(cells)} cells, not {width}; it was left out.", record.line
            )
    if weighted:
        log.add("weights", "The weights of the rows, in braces, were left out.", weighted[0])
    return rows
