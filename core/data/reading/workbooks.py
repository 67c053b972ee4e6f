"""Excel and OpenDocument workbooks: which sheet, and its cells as text."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.base.errors import UserError
from core.data.reading.archives import check_archive
from core.data.reading.cell_errors import put_errors
from core.data.reading.columns import Dialect
from core.data.reading.grids import Grid, grid_of, lay_out
from core.data.reading.problems import ProblemLog
from core.data.reading.records import Record
from core.data.reading.settings import Settings
from core.data.reading.sources import Source, refuse_wide

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

_NOTE_BELOW = 20  # cells of a sheet that may be a remark about the others
_LARGER = 3  # times as many cells make another sheet the table


def read_workbook(source: Source, kind: str, settings: Settings, log: ProblemLog) -> Grid:
    """Read one sheet: the one asked for, else the first with a table in it.

    Raises
    ------
    UserError
        If the workbook is damaged or locked, expands too far, or has no such sheet or no data.
    """
    book = _open(source, kind)
    names = tuple(book.sheet_names)
    wanted = _wanted(source, names, settings.sheet)
    rows, sheet = _filled_sheet(source, book, names, wanted)
    if wanted is None and len(names) > 1:
        found = _larger_sheet(book, names[names.index(sheet) + 1 :]) if _is_note(rows) else None
        why = ""
        if found is not None and _cells(found[0]) >= _LARGER * _cells(rows):
            why = f", for sheet {sheet!r} holds no table to speak of"
            rows, sheet = found
        others = [name for name in names if name != sheet]
        log.add(
            "sheet", f"Sheet {sheet!r} was read{why}; there are also: {', '.join(others[:20])}."
        )
    if kind == "xlsx":
        put_errors(source, sheet, rows)
    width = max(map(len, rows))
    refuse_wide(source, width)
    skip = settings.skip or 0
    records = [
        Record(line, cells)
        for line, cells in enumerate(rows, start=1)
        if line > skip and any(cells)
    ]
    if not records:
        raise source.refuse(f"There is no data on sheet {sheet!r}.", "Choose another sheet.")
    records, width = _trim(records, width)
    layout = lay_out(records, width, settings, log)
    dialect = Dialect(
        kind,
        header=layout.header,
        skip=skip + layout.skipped,
        footer=layout.footer,
        sheet=sheet,
        sheets=names,
    )
    return grid_of(layout, width, dialect)


def _open(source: Source, kind: str) -> CalamineWorkbook:
    from python_calamine import CalamineError, CalamineWorkbook

    if kind != "xls":
        check_archive(source)
    try:
        with source.open() as stream:
            return CalamineWorkbook.from_filelike(stream)
    except CalamineError as error:
        locked = "password" in str(error).lower() or "encrypt" in str(error).lower()
        why = "It is locked by a password." if locked else f"The workbook is damaged ({error})."
        raise source.refuse(why, "Open it in Excel and save the sheet as CSV UTF-8.") from error


def _wanted(source: Source, names: Sequence[str], sheet: str | int | None) -> str | None:
    if sheet is None:
        return None
    if isinstance(sheet, str) and sheet in names:
        return sheet
    if isinstance(sheet, int) and -len(names) <= sheet < len(names):
        return names[sheet]
    raise UserError(
        f"{source.name} has no sheet {sheet!r}.", "", f"Its sheets are: {', '.join(names)}."
    )


def _filled_sheet(
    source: Source, book: CalamineWorkbook, names: Sequence[str], wanted: str | None
) -> tuple[list[list[str]], str]:
    for name in [wanted] if wanted is not None else names:
        rows = _rows_of(book, name)
        if any(any(row) for row in rows):
            return rows, name
    where = f"on sheet {wanted!r}" if wanted is not None else "in this workbook"
    raise source.refuse(f"There is no data {where}.", "Choose another sheet or file.")


def _is_note(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether a sheet may be a remark about the others: one column, or few cells."""
    widest = max(sum(map(bool, row)) for row in rows)
    return widest == 1 or _cells(rows) < _NOTE_BELOW


def _cells(rows: Sequence[Sequence[str]]) -> int:
    """Count the cells that are filled."""
    return sum(bool(cell) for row in rows for cell in row)


def _larger_sheet(
    book: CalamineWorkbook, names: Sequence[str]
) -> tuple[list[list[str]], str] | None:
    """Return the first of these sheets that is no mere remark, with its cells."""
    for name in names:
        rows = _rows_of(book, name)
        if any(any(row) for row in rows) and not _is_note(rows):
            return rows, name
    return None


def _rows_of(book: CalamineWorkbook, name: str) -> list[list[str]]:
    sheet = book.get_sheet_by_name(name)
    return [[_text(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]


def _trim(records: Sequence[Record], width: int) -> tuple[list[Record], int]:
    """Cut the empty columns left and right of the table."""
    used = [any(record.cells[j] for record in records) for j in range(width)]
    first, last = used.index(True), width - used[::-1].index(True)
    return [Record(record.line, record.cells[first:last]) for record in records], last - first


def _text(value: object) -> str:
    """Return a cell as it would stand in a text file."""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(" ") if value.time() != dt.time() else value.date().isoformat()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return re.sub(r"\r\n?", "\n", str(value)).strip() if value is not None else ""
