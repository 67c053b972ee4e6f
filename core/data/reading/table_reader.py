"""Reading any table a user has: what was found, and what was wrong, comes with it.

The beginning of a large file as a table of its own, and its lines as they stand.

Telling a file's format by its content, and refusing what is no table.
"""

from __future__ import annotations

import io
import os
import re
import tempfile
import zlib
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from core.data.reading.dialect import read_text
from core.data.reading.encodings import decode, find_encoding, find_wide
from core.data.reading.formats.arff import read_arff
from core.data.reading.formats.json_tables import read_json
from core.data.reading.formats.parquet import read_parquet
from core.data.reading.formats.workbooks import read_workbook
from core.data.reading.grid import Grid
from core.data.reading.large_files import read_bulk
from core.data.reading.read_options import ReadOptions
from core.data.reading.records import split_lines
from core.data.reading.source import Progress, Source, open_source, report_progress
from core.data.reading.table import ProblemLog, Table
from core.data.reading.typed_columns import build_columns, check_kinds, unique_names

BULK = 1 << 20
"""Bytes on disk above which pandas parses a regular file."""


def read_table(
    path: str | os.PathLike[str], *, progress: Progress | None = None, **overrides: object
) -> Table:
    """Read a table, finding out by itself how the file is written.

    Delimited text (also in a gzip file), Excel and OpenDocument workbooks, Parquet, ARFF and JSON
    records are told apart by their content.

    Parameters
    ----------
    path : path
        The file.
    progress : callable, optional
        Called with the fraction read; reading stops when it returns False.
    **overrides
        Any field of `core.data.reading.read_options.ReadOptions`, in place of the guess: encoding,
        delimiter, decimal, thousands, quote, header, skip, comment, missing, sheet, kinds.

    Raises
    ------
    UserError
        If the file is no table, or a keyword is unknown. Names the file, the line where there is
        one, and the mend.
    Cancelled
        If `progress` returned False.
    """
    settings = ReadOptions.of(overrides)
    source = open_source(path)
    log = ProblemLog()
    progress = _onwards(progress)
    report_progress(progress, 0.0)
    kind = detect_format(source)
    if kind == "text" and source.size > BULK:
        table = read_bulk(source, suffix_of(source.name), settings, progress)
        if table is not None:
            source.check_unchanged()
            return table
    if kind == "parquet":
        return read_parquet(source, settings, log)
    grid = _read_grid(source, kind, settings, log, progress)
    report_progress(progress, 0.7)
    table = _finish(source, grid, settings, log)
    source.check_unchanged()
    report_progress(progress, 1.0)
    return table


def _onwards(progress: Progress | None) -> Progress | None:
    """Return a progress function that never goes back, though a file may be read twice."""
    if progress is None:
        return None
    furthest = 0.0

    def onwards(done: float) -> bool:
        nonlocal furthest
        furthest = max(furthest, done)
        return progress(furthest)

    return onwards


def _read_grid(
    source: Source, kind: str, settings: ReadOptions, log: ProblemLog, progress: Progress | None
) -> Grid:
    if kind in ("xlsx", "xls", "xlsb", "ods"):
        return read_workbook(source, kind, settings, log)
    decoded = decode(source.read(progress), settings.encoding)
    if decoded.doubt:
        log.add("encoding", f"Doubtful: {decoded.doubt}.")
    report_progress(progress, 0.5)
    if kind in ("arff", "json"):
        read = read_arff if kind == "arff" else read_json
        return read(source, decoded.text, decoded.encoding, settings, log)
    suffix = suffix_of(source.name)
    grid = read_text(source, decoded.text, decoded.encoding, suffix, settings, log)
    return replace(
        grid, dialect=replace(grid.dialect, compression="gzip" if source.gzipped else None)
    )


def _finish(source: Source, grid: Grid, settings: ReadOptions, log: ProblemLog) -> Table:
    names = unique_names(grid.names, log)
    check_kinds(source.name, names, settings.kinds)
    columns, found, marks = build_columns(
        names,
        grid.cells,
        grid.lines,
        None,
        grid.dialect.delimiter,
        settings.missing,
        settings.kinds,
        log,
        (settings.decimal, settings.thousands),
    )
    dialect = replace(grid.dialect, decimal=found.decimal, thousands=found.thousands, missing=marks)
    lines = np.array(grid.lines, np.int64)
    lines.flags.writeable = False
    return Table(columns, len(grid.lines), log.kept, log.counts, dialect, source.name, lines)


HEAD_BYTES = 256 << 10
"""Bytes of content up to which a file is its own head."""

MOST_HEAD_BYTES = 1 << 20
HEAD_LINES = 30
SHOWN_LINES = 300
LONGEST_SHOWN = 2000
_TRIES = 1000


def head_table(path: str, reading: Mapping[str, Any]) -> Table | None:
    """Read the first rows of a large text file; None where the file is not large or not text.

    Raises
    ------
    UserError
        If the file or its head cannot be read so.
    """
    source = open_source(path)
    if (source.size <= HEAD_BYTES and not source.gzipped) or detect_format(source) != "text":
        return None
    content = _head_bytes(source)
    if content is None:
        return None
    with tempfile.TemporaryDirectory(prefix="credence-") as folder:
        name = source.name[:-3] if source.name.lower().endswith(".gz") else source.name
        place = Path(folder) / name
        place.write_bytes(content)
        table = read_table(place, **reading)
    if source.gzipped:
        table = replace(table, dialect=replace(table.dialect, compression="gzip"))
    return replace(table, source=source.name)


def _head_bytes(source: Source) -> bytes | None:
    """Return the first whole lines; None where that is everything, or there are none."""
    try:
        with source.open() as stream:
            content = stream.read(HEAD_BYTES + 1)
            if len(content) <= HEAD_BYTES:
                return None
            lines = max(content.count(b"\n"), content.count(b"\r"))
            if lines < HEAD_LINES:
                content += stream.read(MOST_HEAD_BYTES - len(content))
    except (EOFError, OSError, zlib.error):  # reading all of it will say what is wrong
        return None
    return cut_at_line_end(content) or None


def cut_at_line_end(content: bytes) -> bytes:
    r"""Drop what comes after the last line end that is outside quotes.

    Examples
    --------
    >>> cut_at_line_end(b'a,b\n1,"x\ny"\n2,"z\nw')
    b'a,b\n1,"x\ny"\n'
    """
    end = b"\n" if b"\n" in content else b"\r"
    last = cut = _past(content, content.rfind(end))
    quotes = content.count(b'"', 0, cut)
    for _ in range(_TRIES):
        if quotes % 2 == 0 or cut <= 0:
            break
        before = _past(content, content.rfind(end, 0, max(cut - 2, 0)))
        quotes -= content.count(b'"', before, cut)
        cut = before
    return content[: cut if cut > 0 else last]


def _past(content: bytes, place: int) -> int:
    """Return where a line end at a place is over, which has a second byte in UTF-16 LE."""
    wide = b"\0" in content[:64]
    return place + (2 if wide and place % 2 == 0 else 1)


def file_lines(
    path: str, encoding: str | None = None, first: int = 1, count: int = SHOWN_LINES
) -> tuple[str, ...]:
    """Return lines of a file as they stand, from line `first` (counted from 1) on.

    Lines longer than 2,000 characters are cut short. A workbook or Parquet file has no lines.

    Raises
    ------
    UserError
        If the file cannot be opened.
    """
    source = open_source(path)
    if detect_format(source) not in ("text", "arff", "json"):
        return ()
    encoding = encoding or find_encoding(source.head, final=False)
    with source.open() as stream:
        if first == 1:
            text = stream.read(MOST_HEAD_BYTES).decode(encoding, "replace")
            lines = split_lines(text.removeprefix("\ufeff"))[:count]
        else:
            reader = io.TextIOWrapper(stream, encoding, "replace", newline=None)
            lines = [line.rstrip("\n") for line in islice(reader, first - 1, first - 1 + count)]
    if lines and not lines[-1]:
        lines = lines[:-1]
    return tuple(line[:LONGEST_SHOWN] for line in lines)


_SIGNATURES = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"RIFF", "a sound, film or picture file"),
    (b"OggS", "a sound file"),
    (b"ID3", "a sound file"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x89HDF", "an HDF5 file"),
    (b"ARROW1", "an Arrow (Feather) file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x80\x04\x95", "a Python pickle"),
    (b"\x80\x05\x95", "a Python pickle"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x1f\x8b", "a gzip archive inside a gzip archive"),
    (b"RDX", "an R workspace"),
    (b"RDA", "an R workspace"),
    (b"{\\rtf", "a rich-text document"),
)
_WORKBOOKS = {".xlsx": "xlsx", ".xlsm": "xlsx", ".xlsb": "xlsb", ".ods": "ods", ".xls": "xls"}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def detect_format(source: Source) -> str:
    """Return "text", "xlsx", "xls", "xlsb", "ods", "parquet", "arff" or "json".

    Raises
    ------
    UserError
        If the content is no table, or a workbook under another name.
    """
    head, suffix = source.head, _suffix(source.name)
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"PK"):
        return _zipped(source, suffix)
    if head.startswith(_OLE):
        return _ole(source, suffix)
    for signature, what in _SIGNATURES:
        if head.startswith(signature):
            raise source.refuse(
                f"It is {what}, not a table.", "Choose a CSV, Excel, Parquet, ARFF or JSON file."
            )
    _refuse_binary(source)
    start = _plain(head)
    if re.match(r"<(!doctype html|html|\?xml|table)", start.lstrip().lower()):
        raise source.refuse(
            "It is a web page or XML, not a table.", "Save the table as CSV and open that."
        )
    if re.search(r"^\s*@relation\b", start, re.IGNORECASE | re.MULTILINE) and re.search(
        r"^\s*@", start, re.MULTILINE
    ):
        return "arff"
    if suffix in (".json", ".jsonl", ".ndjson") or re.match(r'\s*(\[\s*)?\{\s*("|\})', start):
        return "json"
    return "text"


def _suffix(name: str) -> str:
    lowered = name.lower().removesuffix(".gz")
    return lowered[lowered.rfind(".") :] if "." in lowered else ""


def suffix_of(name: str) -> str:
    """Return a file name's ending in lower case, a final .gz left aside.

    Examples
    --------
    >>> suffix_of("Spam.CSV.gz")
    '.csv'
    """
    return _suffix(name)


def _plain(head: bytes) -> str:
    encoding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return head[:4096].decode(encoding, errors="replace")


def _zipped(source: Source, suffix: str) -> str:
    head = source.head
    kind = ""
    for mark, name in (
        (b"xl/workbook.bin", "xlsb"),
        (b"xl/", "xlsx"),
        (b"opendocument.spreadsheet", "ods"),
    ):
        if mark in head:
            kind = name
            break
    if suffix in _WORKBOOKS:
        return kind or _WORKBOOKS[suffix]
    if kind:
        family = "OpenDocument" if kind == "ods" else "Excel"
        program = "Calc" if kind == "ods" else "Excel"
        raise source.refuse(
            f"It is an {family} workbook ({kind}) under another name.",
            f"Rename it to end in .{kind}, or save it as CSV UTF-8 in {program}.",
        )
    raise source.refuse("It is a zip archive, not a table.", "Unpack it and open the file inside.")


def _ole(source: Source, suffix: str) -> str:
    if suffix in (".xls", ".xlsx"):
        return "xls"
    raise source.refuse(
        "It is an old Excel workbook (xls) or another Office document under another name.",
        "Rename it to end in .xls, or save it as CSV UTF-8 in Excel.",
    )


def _refuse_binary(source: Source) -> None:
    head = source.head
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or head[:4] == b"\x00\x00\xfe\xff":
        return
    if find_wide(head):
        return
    odd = sum(head.count(bytes([code])) for code in (*range(1, 9), 11, *range(14, 27), 127))
    if b"\n" in head and all(b"\x01" in line for line in head.split(b"\n")[:-1]):
        odd -= head.count(b"\x01")  # some databases export with it between cells
    nuls = head.count(b"\0")
    if odd > 0.02 * len(head) or (nuls > 0.05 * len(head) and nuls > 16):
        raise source.refuse(
            "It is a binary file, not text.", "Choose a CSV, Excel, Parquet, ARFF or JSON file."
        )
