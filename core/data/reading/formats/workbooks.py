"""Excel and OpenDocument workbooks join the pipeline as records: the rows of one sheet, as text.

Workbooks that would fill the memory are refused first: too much packed, or few cells very far
apart. The errors of formulas, which calamine leaves empty, are put back from the XML.
"""

from __future__ import annotations

import datetime as dt
import html
import posixpath
import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from core.base.errors import UserError
from core.data.reading.read_options import ReadOptions
from core.data.reading.records import Record, Records
from core.data.reading.source import CHUNK, LARGEST, LARGEST_RATIO, Source
from core.data.reading.table import Dialect, ProblemLog, check_width

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook


_NOTE_BELOW = 20  # cells of a sheet that may be a remark about the others
_LARGER = 3  # times as many cells make another sheet the table


def read_workbook(source: Source, kind: str, options: ReadOptions) -> tuple[Records, Dialect]:
    """Read one sheet: the one asked for, else the first visible one with a table in it.

    Raises
    ------
    UserError
        If the workbook is damaged or locked, expands too far, or has no such sheet or no data.
    """
    log = ProblemLog()
    book = _open(source, kind)
    names = tuple(book.sheet_names)
    asked = _asked_sheet(source, names, options.sheet)
    rows, sheet = _first_filled(source, book, _visible_first(book) if asked is None else [asked])
    if asked is None and len(names) > 1:
        rows, sheet = _unless_note(book, rows, sheet, log)
    if kind == "xlsx":
        put_errors(source, sheet, rows)
    width = max(map(len, rows))
    check_width(width)
    skip = options.skip or 0
    records = [
        Record(line, cells)
        for line, cells in enumerate(rows, start=1)
        if line > skip and any(cells)
    ]
    if not records:
        raise source.refuse(f"There is no data on sheet {sheet!r}.", "Choose another sheet.")
    records, width = _trim(records, width)
    dialect = Dialect(kind, skip=skip, sheet=sheet, sheets=names)
    return Records(tuple(records), width, None, 1.0, log.problems()), dialect


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
) -> tuple[list[list[str]], str]:
    for name in names:
        rows = _rows_of(book, name)
        if any(any(row) for row in rows):
            return rows, name
    where = f"on sheet {names[0]!r}" if len(names) == 1 else "in this workbook"
    raise source.refuse(f"There is no data {where}.", "Choose another sheet or file.")


def _unless_note(
    book: CalamineWorkbook, rows: list[list[str]], sheet: str, log: ProblemLog
) -> tuple[list[list[str]], str]:
    """Take a later, larger sheet in place of one that is a remark; report the other sheets."""
    names = _visible_first(book)
    why = ""
    if _is_note(rows):
        found = _larger_sheet(book, names[names.index(sheet) + 1 :], rows)
        if found is not None:
            why = f", for sheet {sheet!r} holds no table to speak of"
            rows, sheet = found
    others = ", ".join([name for name in names if name != sheet][:20])
    log.add("sheet", f"Sheet {sheet!r} was read{why}; there are also: {others}.")
    return rows, sheet


def _is_note(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether a sheet may be a remark about the others: one column, or few cells."""
    return _widest(rows) == 1 or _cells(rows) < _NOTE_BELOW


def _widest(rows: Sequence[Sequence[str]]) -> int:
    return max(sum(map(bool, row)) for row in rows)


def _cells(rows: Sequence[Sequence[str]]) -> int:
    """Count the cells that are filled."""
    return sum(bool(cell) for row in rows for cell in row)


def _larger_sheet(
    book: CalamineWorkbook, names: Sequence[str], note: Sequence[Sequence[str]]
) -> tuple[list[list[str]], str] | None:
    """Return the first of these sheets that is no mere remark beside the note, with its cells."""
    least = _LARGER * _cells(note)
    if _widest(note) > 1:
        least = max(least, _NOTE_BELOW)
    for name in names:
        rows = _rows_of(book, name)
        if any(any(row) for row in rows) and _widest(rows) > 1 and _cells(rows) >= least:
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


RATIO_FREE = 256 << 20
MOST_CELLS = 30_000_000
"""Cells, empty ones included, up to which a sheet may be sparse."""

_SPARSEST = 40  # empty cells for each one that is filled, beyond that number
_TAIL = 4096
_LARGEST_CONTENT = 64 << 20
_COLUMN = re.compile(rb'<(?:\w+:)?c [^>]*?r="([A-Z]{1,3})(\d+)"')
_WIDE = re.compile(rb' r="([A-Z]{2,3})\d')
_ROW = re.compile(rb'<(?:\w+:)?(?:row|c) [^>]*?r="[A-Z]*(\d+)"')
_REPEATED = re.compile(
    rb'<table:table-row[^>]*number-rows-repeated="(\d+)"[^>]*>(.*?)</table:table-row>', re.DOTALL
)
_ACROSS = re.compile(rb'number-columns-repeated="(\d+)"[^>]*office:value|office:value')


def check_archive(source: Source) -> None:
    """Look at a zipped workbook before it is read.

    Raises
    ------
    UserError
        If it is damaged, expands too far, or its cells stand too far apart.
    """
    try:
        with source.open() as stream, zipfile.ZipFile(stream) as archive:
            items = archive.infolist()
            expanded = sum(item.file_size for item in items)
            _check_expansion(source, expanded)
            for item in items:
                if re.fullmatch(r"/?xl/.+\.xml", item.filename):
                    _check_sheet(source, archive, item)
                elif item.filename == "content.xml" and item.file_size <= _LARGEST_CONTENT:
                    _check_repeats(source, archive.read(item))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise source.refuse(
            f"The workbook is damaged ({error}).", "Save it again, or save it as CSV UTF-8."
        ) from error


def _check_expansion(source: Source, expanded: int) -> None:
    if expanded > LARGEST or (expanded > RATIO_FREE and expanded > LARGEST_RATIO * source.size):
        raise source.refuse(
            f"It expands to {expanded / 1e6:,.0f} MB, beyond the limit of "
            f"{LARGEST_RATIO} times its size.",
            "Save the sheet as CSV and open that, if you trust it.",
        )


def _check_sheet(source: Source, archive: zipfile.ZipFile, item: zipfile.ZipInfo) -> None:
    """Refuse a sheet whose filled cells span far more than they are."""
    filled, tail, wide = 0, b"", False
    for piece in pieces(archive, item):
        filled += piece.count(b"<c ") + piece.count(b":c ")
        wide = wide or _WIDE.search(piece) is not None
        tail = (tail + piece)[-_TAIL:]
    rows = max((int(row) for row in _ROW.findall(tail)), default=0)
    if rows * (16_384 if wide else 26) <= max(MOST_CELLS, _SPARSEST * filled):
        return
    columns = 1
    for piece in pieces(archive, item):
        columns = max(columns, *(column_number(name) for name, _ in _COLUMN.findall(piece)), 1)
    if rows * columns > max(MOST_CELLS, _SPARSEST * filled):
        raise _too_sparse(source, rows, columns)


def pieces(archive: zipfile.ZipFile, item: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a packed file in pieces."""
    with archive.open(item) as stream:
        while piece := stream.read(CHUNK):
            yield piece


def column_number(name: bytes) -> int:
    """Return a column's number, counted from 1: A is 1, AA is 27."""
    number = 0
    for letter in name:
        number = 26 * number + letter - 64
    return number


def _check_repeats(source: Source, content: bytes) -> None:
    """Refuse an OpenDocument sheet that repeats a filled row too often."""
    cells = 0
    for rows, body in _REPEATED.findall(content):
        if b"office:value" in body:
            across = max((int(times or 1) for times in _ACROSS.findall(body)), default=1)
            cells += int(rows) * across
    if cells > MOST_CELLS:
        raise _too_sparse(source, cells, 1)


def _too_sparse(source: Source, rows: int, columns: int) -> UserError:
    return source.refuse(
        f"A sheet spans {rows * columns:,} cells, beyond the limit of {MOST_CELLS:,}, "
        "most of them empty or alike.",
        "Delete what stands far from the table, or save the table as CSV.",
    )


_LONGEST_CELL = 4096  # bytes of a cell's text, formula and all
_SHEET = re.compile(rb"<(?:\w+:)?sheet ([^>]*)>")
_RELATION = re.compile(rb"<Relationship ([^>]*)>")
_ATTRIBUTE = re.compile(rb'([\w:]+)="([^"]*)"')
_CELL = re.compile(
    rb'<(?:\w+:)?c ([^>]*?\bt="e"[^>]*)>(?:(?!</?(?:\w+:)?c[ >]).)*?<(?:\w+:)?v>([^<]*)<', re.DOTALL
)
_PLACE = re.compile(r"([A-Z]{1,3})(\d+)")


def put_errors(source: Source, sheet: str, rows: list[list[str]]) -> None:
    """Write what stands in a sheet's cells that could not be computed, as ``#DIV/0!``.

    Parameters
    ----------
    source : Source
        An xlsx file.
    rows : list of list of str
        The sheet's cells, the first that of A1; changed in place.
    """
    with source.open() as stream, zipfile.ZipFile(stream) as archive:
        path = _path_of(archive, sheet)
        for row, column, text in _error_cells(archive, path) if path else ():
            if row < len(rows) and column < len(rows[row]):
                rows[row][column] = rows[row][column] or text


def _path_of(archive: zipfile.ZipFile, sheet: str) -> str:
    """Return where in the archive a sheet's cells are; "" where it is not said."""
    names = {item.filename.lstrip("/"): item.filename for item in archive.infolist()}
    book, relations = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
    if not {book, relations} <= names.keys():
        return ""
    sheets = map(_attributes, _SHEET.findall(archive.read(names[book])))
    wanted = next((it.get("r:id") for it in sheets if it.get("name") == sheet), None)
    for relation in map(_attributes, _RELATION.findall(archive.read(names[relations]))):
        if relation.get("Id") == wanted:
            path = posixpath.join("/xl", relation.get("Target", ""))
            return names.get(posixpath.normpath(path).lstrip("/"), "")
    return ""


def _attributes(text: bytes) -> dict[str, str]:
    found = _ATTRIBUTE.findall(text)
    return {name.decode(): html.unescape(value.decode("utf-8", "replace")) for name, value in found}


def _error_cells(archive: zipfile.ZipFile, path: str) -> Iterator[tuple[int, int, str]]:
    """Yield each such cell's row and column, from 0, and what stands in it; some come twice."""
    held = b""
    for piece in pieces(archive, archive.getinfo(path)):
        data = held + piece
        held = data[-_LONGEST_CELL:]
        if b't="e"' not in data:
            continue
        for attributes, text in _CELL.findall(data):
            place = _PLACE.fullmatch(_attributes(attributes).get("r", ""))
            if place is not None:
                row, column = int(place[2]) - 1, column_number(place[1].encode()) - 1
                yield row, column, html.unescape(text.decode("utf-8", "replace")).strip()
