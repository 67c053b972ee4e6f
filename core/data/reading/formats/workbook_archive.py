"""Look into the XML of a zipped workbook: how far it expands, and what could not be computed.

Workbooks that would fill the memory are refused before they are parsed: too much packed, or few
cells very far apart. The errors of formulas, which calamine leaves empty, are found here.
"""

from __future__ import annotations

import html
import posixpath
import re
import zipfile
from collections.abc import Iterator

from core.base.errors import UserError
from core.data.reading.source import CHUNK, LARGEST, LARGEST_RATIO, Source

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


def formula_errors(source: Source, sheet: str) -> dict[int, dict[int, str]]:
    """Return what stands in a sheet's cells that could not be computed, as ``#DIV/0!``.

    Parameters
    ----------
    source : Source
        An xlsx file.
    sheet : str

    Returns
    -------
    dict of dict of str
        By row and column, from 0.
    """
    found: dict[int, dict[int, str]] = {}
    with source.open() as stream, zipfile.ZipFile(stream) as archive:
        path = _path_of(archive, sheet)
        for row, column, text in _error_cells(archive, path) if path else ():
            found.setdefault(row, {})[column] = text
    return found


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
