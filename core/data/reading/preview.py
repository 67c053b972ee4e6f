"""The beginning of a file, for the import dialog: its first rows as a table, and its lines."""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping
from itertools import islice
from typing import Any

from core.data.reading.encodings import guess_encoding
from core.data.reading.file_format import detect_format
from core.data.reading.read_options import ReadOptions
from core.data.reading.records import split_lines
from core.data.reading.source import Source, open_source
from core.data.reading.stages import run_stages
from core.data.reading.table import Table
from core.data.reading.table_reader import naming, table_of_text

HEAD_BYTES = 256 << 10
"""Bytes of content up to which a file is its own head."""

MOST_HEAD_BYTES = 1 << 20
HEAD_LINES = 30
SHOWN_LINES = 300
LONGEST_SHOWN = 2000
_TRIES = 1000


def head_table(path: str, reading: Mapping[str, Any]) -> Table | None:
    """Read the first rows of a large text file; None where the file is not large or not text.

    Parameters
    ----------
    path : str
    reading : mapping
        Keywords of `core.data.reading.table_reader.read_table`.

    Raises
    ------
    UserError
        If the file or its head cannot be read so.
    """
    options = ReadOptions.of(reading)
    source = open_source(path)
    if (source.size <= HEAD_BYTES and not source.gzipped) or detect_format(source) != "text":
        return None
    content = _head_bytes(source)
    if content is None:
        return None
    with naming(source):
        stages = run_stages(content, options, source.suffix)
    return table_of_text(source, stages, stages.columns, stages.problems_of_rows())


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
    last = cut = _after_end(content, content.rfind(end))
    quotes = content.count(b'"', 0, cut)
    for _ in range(_TRIES):
        if quotes % 2 == 0 or cut <= 0:
            break
        before = _after_end(content, content.rfind(end, 0, max(cut - 2, 0)))
        quotes -= content.count(b'"', before, cut)
        cut = before
    return content[: cut if cut > 0 else last]


def _after_end(content: bytes, place: int) -> int:
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
    encoding = encoding or str(guess_encoding(source.head, is_cut=True).value)
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
