"""A large regular file in blocks of whole lines, parsed side by side and checked.

Lines of plain cells go through machine code; pandas parses what is quoted or otherwise special.
"""

from __future__ import annotations

import io
import os
import re
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.data.reading.ragged import fitted
from core.data.reading.records import RUNS
from core.data.reading.scanning import Scanner, scanner_for
from core.data.reading.sources import Progress, Source, tell

if TYPE_CHECKING:
    import pandas as pd

BLOCK = 4 << 20
"""Bytes parsed at a time."""

_MOST_ALIKE = 3  # lines of one other width, one after the other, that are no other table
_QUOTED = re.compile(rb'"[^"]*"')
_IN_CACHE = 1 << 16
_MOST_WORKERS = 4
_LONGEST_BLOCK = 16 << 20  # of a quoted cell that does not end


@dataclass(frozen=True, slots=True)
class Layout:
    """How blocks are to be parsed.

    Attributes
    ----------
    numbers : tuple of int
        The columns taken for numbers.
    marks : list of str
        What means missing among numbers.
    types : list of str
        What the cells of each column are; see `core.data.reading.layout.column_types`.
    options : dict
        What else pandas is told: delimiter, quotes, decimal and thousands mark, encoding.
    """

    types: list[str]
    numbers: tuple[int, ...]
    marks: list[str]
    options: dict[str, Any]

    @property
    def width(self) -> int:
        """How many columns there are."""
        return len(self.types)

    @property
    def is_number(self) -> list[bool]:
        """Which columns are taken for numbers."""
        numbers = set(self.numbers)
        return [j in numbers for j in range(self.width)]

    @property
    def mark(self) -> bytes:
        """The delimiter."""
        return str(self.options["sep"]).encode()


@dataclass(frozen=True, slots=True)
class Part:
    """What one block holds.

    Attributes
    ----------
    columns : list
        A float64 array for each column of numbers, else a list of the cells as they stand.
    at : range, ndarray of int, shape (n_rows,), or None
        On which line of the block each row stands, from 0; None where rows span lines.
    lines : int
        Lines of the block.
    odd : list of (line, reason)
        Lines of another width, and what was done about them.
    """

    columns: list[NDArray[np.float64] | list[str]]
    at: range | NDArray[np.int64] | None
    lines: int
    odd: list[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Uneven:
    """That a block is not regular, and the line on which the block begins, counted from 0."""

    line: int


def read_blocks(
    source: Source, start: int, layout: Layout, progress: Progress | None
) -> list[Part] | Uneven:
    """Parse a file from the byte `start` on, as long as its blocks are regular.

    Every row of a regular block is full, or brought to the table's width where there are no quotes.
    It has no NUL bytes, and no carriage return but at the ends of lines.

    Raises
    ------
    UserError, Cancelled
        As `core.data.reading.sources` has it.
    """
    workers = min(os.cpu_count() or 1, _MOST_WORKERS)
    parts: list[Part] = []
    pending: deque[Future[Part | None]] = deque()
    scanner = scanner_for(layout.is_number, layout.marks, layout.options)
    work = partial(_parse, layout=layout, scanner=scanner)
    blocks = _cut(source, start, progress)
    with ThreadPoolExecutor(workers) as pool:
        try:
            while (block := next(blocks, None)) is not None or pending:
                if block is not None:
                    pending.append(pool.submit(work, block))
                    if len(pending) <= 2 * workers:
                        continue
                if (part := pending.popleft().result()) is None:
                    return Uneven(sum(part.lines for part in parts))
                parts.append(part)
        finally:
            pool.shutdown(cancel_futures=True)
    return parts


def _cut(source: Source, start: int, progress: Progress | None) -> Iterator[bytes]:
    """Yield blocks that end where a line does, outside quotes, as far as quotes end."""
    pieces: list[bytes] = []
    held = seen = 0
    size = source.size * (4 if source.gzipped else 1)
    for chunk in source.chunks():
        pieces.append(chunk if seen else chunk[start:])
        held, seen = held + len(pieces[-1]), seen + len(chunk)
        tell(progress, 0.9 * min(1.0, seen / max(size, 1)))
        if held < BLOCK:
            continue
        data = b"".join(pieces)
        end = last_end(data) or (len(data) if held > _LONGEST_BLOCK else 0)
        pieces, held = [data[end:]], len(data) - end
        if end:
            yield data[:end]
    if held:
        yield b"".join(pieces).rstrip(b"\x1a")  # DOS ended files with it


def last_end(data: bytes) -> int:
    """Return where the last line outside quotes ends; 0 where there is none."""
    end = data.rfind(b"\n") + 1
    quotes = data.count(b'"', 0, end) if b'"' in data else 0
    while quotes % 2 and end > 0:
        before = data.rfind(b"\n", 0, data.rfind(b'"', 0, end)) + 1
        quotes -= data.count(b'"', before, end)
        end = before
    return end


def _parse(data: bytes, layout: Layout, scanner: Scanner | None) -> Part | None:
    if b"\0" in data or (b"\r" in data and data.count(b"\r") != data.count(b"\r\n")):
        return None
    lines = data.count(b"\n") + (not data.endswith(b"\n"))
    runs = layout.options["sep"] == RUNS
    if runs or b'"' in data:
        frame = _framed(data, layout)
        if frame is None or not (
            _ends_full(frame) or (not runs and _is_full(data, len(frame), layout))
        ):
            return None
        at = range(lines) if len(frame) == lines else None
        return Part(_columns(frame), at, lines, [])
    scanned = scanner.columns(data, lines) if scanner is not None else None
    if scanned is not None:
        return Part(scanned, range(lines), lines, [])
    if _delimiters(data, layout.mark) == lines * (layout.width - 1):
        frame = _framed(data, layout)
        if frame is not None and len(frame) == lines:
            return Part(_columns(frame), range(lines), lines, [])
    mended = _mended(data, layout)
    if mended is None:
        return None
    frame = _framed(mended[0], layout)
    if frame is None or len(frame) != len(mended[1]):
        return None
    return Part(_columns(frame), np.array(mended[1], np.int64), lines, mended[2])


def _framed(data: bytes, layout: Layout) -> pd.DataFrame | None:
    """Let pandas parse a block; None where it cannot."""
    import pandas as pd

    width = layout.width
    words = {j: str for j, is_number in enumerate(layout.is_number) if not is_number}
    options: dict[str, Any] = {
        "header": None,
        "names": list(range(width)),
        "dtype": words,
        "na_values": dict.fromkeys(layout.numbers, layout.marks) if words else layout.marks,
        "keep_default_na": False,
        "low_memory": False,
        "engine": "c",
        **layout.options,
    }
    try:
        frame: pd.DataFrame = pd.read_csv(io.BytesIO(data), **options)
    except pd.errors.EmptyDataError:
        return pd.DataFrame({j: [] for j in range(width)}, dtype=np.float64)
    except (ValueError, pd.errors.ParserError):
        return None
    return frame if isinstance(frame.index, pd.RangeIndex) else None


def _mended(data: bytes, layout: Layout) -> tuple[bytes, list[int], list[tuple[int, str]]] | None:
    """Bring lines of another width to the table's, as careful reading does.

    Returns
    -------
    data, at, odd : bytes, list, list
        The lines that are kept, where they stood, and what is said of those of another width; None
        where so many of them are alike that they may be another table.
    """
    mark, encoding = layout.mark.decode(), layout.options["encoding"]
    kept: list[bytes] = []
    at: list[int] = []
    odd: list[tuple[int, str]] = []
    run = before = 0
    for number, line in enumerate(data.split(b"\n")):
        cells = line.count(layout.mark) + 1
        if not line.strip():
            continue
        if cells != layout.width:
            run = run + 1 if cells == before else 1
            text = line.decode(encoding, errors="replace").rstrip("\r")
            row, reason = fitted(text.split(mark), layout.types, layout.width)
            odd.append((number, reason))
            if run >= _MOST_ALIKE:
                return None
            if row is not None:
                kept.append(mark.join(row).encode(encoding, errors="replace"))
                at.append(number)
        else:
            kept.append(line)
            at.append(number)
        before = cells
    return b"\n".join(kept), at, odd


def _delimiters(data: bytes, mark: bytes) -> int:
    codes = np.frombuffer(data, np.uint8)
    pieces = range(0, len(codes), _IN_CACHE)
    return sum(int(np.count_nonzero(codes[i : i + _IN_CACHE] == mark[0])) for i in pieces)


def _is_full(data: bytes, rows: int, layout: Layout) -> bool:
    """Tell whether rows have as many delimiters outside quotes as full ones."""
    return _delimiters(_QUOTED.sub(b"", data), layout.mark) == rows * (layout.width - 1)


def _ends_full(frame: pd.DataFrame) -> bool:
    """Tell whether the last column has a value in every row, so that none is short."""
    last = frame.iloc[:, -1]
    return bool(last.notna().all()) and not bool((last == "").any())


def _columns(frame: pd.DataFrame) -> list[NDArray[np.float64] | list[str]]:
    return [_column(series) for _, series in frame.items()]


def _column(series: pd.Series[Any]) -> NDArray[np.float64] | list[str]:
    """Return a column's numbers, or its cells."""
    kind = series.dtype.kind
    if kind == "f":
        return np.asarray(series.to_numpy(), np.float64)
    if kind in "iu":
        return np.asarray(series.to_numpy().astype(np.float64))
    cells = ["" if value != value else str(value) for value in series.tolist()]  # noqa: PLR0124
    return [c.replace("\r\n", "\n") if "\r" in c else c for c in cells]
