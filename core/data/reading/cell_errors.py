"""What a workbook's formulas failed to compute, which the reader of workbooks leaves empty."""

from __future__ import annotations

import html
import posixpath
import re
import zipfile
from collections.abc import Iterator

from core.data.reading.archives import column_number, pieces
from core.data.reading.sources import Source

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
