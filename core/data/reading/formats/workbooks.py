"""Excel and OpenDocument workbooks join the pipeline as records: the rows of one sheet, as text.

They are parsed by `sheet_rows` in a child process, which can be ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

from core.data.reading.formats.parsing_child import parsed_items
from core.data.reading.read_options import ReadOptions
from core.data.reading.records import Record, Records
from core.data.reading.source import Progress, Source
from core.data.reading.table import Dialect, ProblemLog, check_width

_MOST_NAMED = 20


def read_workbook(
    source: Source, kind: str, options: ReadOptions, progress: Progress | None = None
) -> tuple[Records, Dialect]:
    """Read one sheet: the one asked for, else the first visible one with a table in it.

    Raises
    ------
    UserError
        If the workbook is damaged or locked, expands too far, takes too much memory or time, or
        has no such sheet or no data.
    Cancelled
        If `progress` returned False.
    """
    log = ProblemLog()
    skip = options.skip or 0
    records: list[Record] = []
    width = 0
    asked = {"kind": kind, "sheet": options.sheet}
    with closing(parsed_items(source, "sheet", asked, progress)) as items:
        about = next(items)
        for line, cells in enumerate(items, start=1):
            width = max(width, len(cells))
            check_width(width)
            if line > skip and cells:
                records.append(Record(line, cells))
    sheet = about["sheet"]
    if not records:
        raise source.refuse(f"There is no data on sheet {sheet!r}.", "Choose another sheet.")
    if about["others"]:
        others = ", ".join(about["others"][:_MOST_NAMED])
        log.add("sheet", f"Sheet {sheet!r} was read{about['why']}; there are also: {others}.")
    records, width = _trim(records, width)
    dialect = Dialect(kind, skip=skip, sheet=sheet, sheets=tuple(about["sheets"]))
    return Records(tuple(records), width, None, 1.0, log.problems()), dialect


def _trim(records: Sequence[Record], width: int) -> tuple[list[Record], int]:
    """Cut the empty columns left and right of the table, and bring all rows to its width."""
    last = max(len(record.cells) for record in records)
    first = next(j for j in range(last) if any(j < len(it.cells) and it.cells[j] for it in records))
    return [
        Record(it.line, it.cells[first:] + [""] * (last - max(len(it.cells), first)))
        for it in records
    ], last - first
