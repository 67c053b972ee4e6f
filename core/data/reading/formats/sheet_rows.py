"""The rows of one sheet of a workbook, as text, as the child process hands them over.

Nothing here needs numpy, so that the child starts quickly.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.base.errors import UserError
from core.data.reading.formats.workbook_archive import check_archive, formula_errors
from core.data.reading.source import LONGEST_LINE, Source

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

_NOTE_BELOW = 20  # cells of a sheet that may be a remark about the others
_LARGER = 3  # times as many cells make another sheet the table


def sheet_rows(source: Source, options: Mapping[str, Any]) -> Iterator[object]:
    """Yield what is known about the sheet that is read, then its rows without trailing blanks.

    Parameters
    ----------
    source : Source
    options : mapping
        "kind" of the workbook, and "sheet": its name, its place from 0, or None for the first
        visible one with a table in it.

    Yields
    ------
    dict
        "sheet", all "sheets", and where none was asked for the "others" to be told of and "why"
        not the first of them was read.
    list of str
        A row's cells from column A on; the first is that of row 1.

    Raises
    ------
    UserError
        If the workbook is damaged or locked, expands too far, or has no such sheet or no data.
    """
    book = _open(source, options["kind"])
    names = tuple(book.sheet_names)
    asked = _asked_sheet(source, names, options["sheet"])
    name, sheet = _first_filled(source, book, _visible_first(book) if asked is None else [asked])
    why, others = "", []
    if asked is None and len(names) > 1:
        name, sheet, why = _unless_note(book, name, sheet)
        others = [other for other in _visible_first(book) if other != name]
    yield {"sheet": name, "sheets": names, "others": others, "why": why}
    errors = formula_errors(source, name) if options["kind"] == "xlsx" else {}
    for row, cells in enumerate(_rows_of(sheet)):
        for column, text in errors.get(row, {}).items():
            if column < len(cells):
                cells[column] = cells[column] or text
        if max(map(len, cells), default=0) > LONGEST_LINE:
            raise source.refuse(
                f"A cell in row {row + 1} is longer than the limit, {LONGEST_LINE >> 20} MB.",
                "Delete what is in it, or save the sheet as CSV UTF-8.",
            )
        while cells and not cells[-1]:
            cells.pop()
        yield cells


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


def _asked_sheet(source: Source, names: Sequence[str], sheet: str | int | None) -> str | None:
    if sheet is None:
        return None
    if isinstance(sheet, str) and sheet in names:
        return sheet
    if isinstance(sheet, int) and -len(names) <= sheet < len(names):
        return names[sheet]
    raise UserError(
        f"{source.name} has no sheet {sheet!r}.", "", f"Its sheets are: {', '.join(names)}."
    )


def _visible_first(book: CalamineWorkbook) -> list[str]:
    """Return the names of the sheets, those that are hidden last."""
    from python_calamine import SheetVisibleEnum

    sheets = book.sheets_metadata
    hidden = [sheet.name for sheet in sheets if sheet.visible != SheetVisibleEnum.Visible]
    return [name for name in book.sheet_names if name not in hidden] + hidden


def _first_filled(
    source: Source, book: CalamineWorkbook, names: Sequence[str]
) -> tuple[str, CalamineSheet]:
    for name in names:
        sheet = book.get_sheet_by_name(name)
        if any(any(row) for row in _rows_of(sheet)):
            return name, sheet
    where = f"on sheet {names[0]!r}" if len(names) == 1 else "in this workbook"
    raise source.refuse(f"There is no data {where}.", "Choose another sheet or file.")


def _unless_note(
    book: CalamineWorkbook, name: str, sheet: CalamineSheet
) -> tuple[str, CalamineSheet, str]:
    """Return a later, larger sheet in place of one that is a remark, and why it was taken."""
    if _exceeds(_rows_of(sheet), _NOTE_BELOW):
        return name, sheet, ""
    names = _visible_first(book)
    cells, widest = _size(_rows_of(sheet))
    least = max(_LARGER * cells, _NOTE_BELOW if widest > 1 else 0)
    for other in names[names.index(name) + 1 :]:
        found = book.get_sheet_by_name(other)
        if _exceeds(_rows_of(found), least):
            return other, found, f", for sheet {name!r} holds no table to speak of"
    return name, sheet, ""


def _exceeds(rows: Iterable[Sequence[str]], least: int) -> bool:
    """Tell whether a sheet has at least so many filled cells, in more than one column.

    A sheet of one column, or of few cells, may be a remark about the others.
    """
    cells = widest = 0
    for row in rows:
        filled = sum(map(bool, row))
        cells, widest = cells + filled, max(widest, filled)
        if cells >= least and widest > 1:
            return True
    return False


def _size(rows: Iterable[Sequence[str]]) -> tuple[int, int]:
    """Return how many cells are filled, and in how many columns of one row at most."""
    counts = [sum(map(bool, row)) for row in rows]
    return sum(counts), max(counts, default=0)


def _rows_of(sheet: CalamineSheet) -> Iterator[list[str]]:
    """Yield the rows from row 1 and column A on, one at a time."""
    left = sheet.start[1] if sheet.start is not None else 0
    for row in sheet.iter_rows():
        yield [""] * left + [_text(value) for value in row]


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
