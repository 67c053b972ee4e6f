"""A large regular file in blocks of whole lines, parsed by pandas side by side and checked."""

from __future__ import annotations

import io
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.data.reading.sources import Progress, Source, tell

if TYPE_CHECKING:
    import pandas as pd

BLOCK = 4 << 20
"""Bytes parsed at a time."""

_IN_CACHE = 1 << 16
_MOST_WORKERS = 4
_LONGEST_BLOCK = 64 << 20  # of a quoted cell that does not end


@dataclass(frozen=True, slots=True)
class Layout:
    """How blocks are to be parsed.

    Attributes
    ----------
    width : int
        Columns.
    numbers : tuple of int
        The columns taken for numbers.
    marks : list of str
        What means missing among numbers.
    options : dict
        What else pandas is told: delimiter, quotes, decimal and thousands mark, encoding.
    """

    width: int
    numbers: tuple[int, ...]
    marks: list[str]
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """What one block holds.

    Attributes
    ----------
    columns : list
        A float64 array for each column of numbers, else a list of the cells as they stand.
    rows, lines : int
        How many; as many lines as rows where each row stands on one line.
    """

    columns: list[NDArray[np.float64] | list[str]]
    rows: int
    lines: int


def read_blocks(
    source: Source, start: int, layout: Layout, progress: Progress | None
) -> list[Part] | None:
    """Parse a file from the byte `start` on; None where a block is not regular.

    Every row of a regular block is full. It has no NUL bytes, and no carriage return but at the
    ends of lines.

    Raises
    ------
    UserError, Cancelled
        As `core.data.reading.sources` has it.
    """
    workers = min(os.cpu_count() or 1, _MOST_WORKERS)
    parts: list[Part] = []
    pending: deque[Future[Part | None]] = deque()
    work = partial(_parse, layout=layout)
    with ThreadPoolExecutor(workers) as pool:
        try:
            for block in _cut(source, start, progress):
                if block is None:
                    return None
                pending.append(pool.submit(work, block))
                while len(pending) > 2 * workers:
                    if (part := pending.popleft().result()) is None:
                        return None
                    parts.append(part)
            for future in pending:
                if (part := future.result()) is None:
                    return None
                parts.append(part)
        finally:
            pool.shutdown(cancel_futures=True)
    return parts


def _cut(source: Source, start: int, progress: Progress | None) -> Iterator[bytes | None]:
    """Yield blocks that end where a line does, outside quotes; None where quotes do not end."""
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
        end = _last_end(data)
        pieces, held = [data[end:]], len(data) - end
        if held > _LONGEST_BLOCK:
            yield None
        if end:
            yield data[:end]
    if held:
        yield b"".join(pieces)


def _last_end(data: bytes) -> int:
    """Return where the last line outside quotes ends; 0 where there is none."""
    end = data.rfind(b"\n") + 1
    quotes = data.count(b'"', 0, end) if b'"' in data else 0
    while quotes % 2 and end > 0:
        before = data.rfind(b"\n", 0, end - 1) + 1
        quotes -= data.count(b'"', before, end)
        end = before
    return end


def _parse(data: bytes, layout: Layout) -> Part | None:
    import pandas as pd

    if b"\0" in data or (b"\r" in data and data.count(b"\r") != data.count(b"\r\n")):
        return None
    width = layout.width
    words = {j: str for j in range(width) if j not in set(layout.numbers)}
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
        return Part([[] for _ in range(width)], 0, data.count(b"\n"))
    except (ValueError, pd.errors.ParserError):
        return None
    if not isinstance(frame.index, pd.RangeIndex) or not _is_full(data, frame, layout):
        return None
    lines = data.count(b"\n") + (not data.endswith(b"\n"))
    return Part([_column(series) for _, series in frame.items()], len(frame), lines)


def _is_full(data: bytes, frame: pd.DataFrame, layout: Layout) -> bool:
    """Tell whether every row is full: the last column is, or the delimiters are just as many."""
    if b'"' in data:
        last = frame.iloc[:, -1]
        return bool(last.notna().all()) and not bool((last == "").any())
    mark = str(layout.options["sep"]).encode()[0]
    codes = np.frombuffer(data, np.uint8)
    pieces = range(0, len(codes), _IN_CACHE)
    delimiters = sum(int(np.count_nonzero(codes[i : i + _IN_CACHE] == mark)) for i in pieces)
    return delimiters == len(frame) * (layout.width - 1)


def _column(series: pd.Series[Any]) -> NDArray[np.float64] | list[str]:
    """Return a column's numbers, or its cells."""
    kind = series.dtype.kind
    if kind == "f":
        return np.asarray(series.to_numpy(), np.float64)
    if kind in "iu":
        return np.asarray(series.to_numpy().astype(np.float64))
    cells = ["" if value != value else str(value) for value in series.tolist()]  # noqa: PLR0124
    return [c.replace("\r\n", "\n") if "\r" in c else c for c in cells]


def joined(parts: Sequence[Part], column: int) -> NDArray[np.float64] | list[str]:
    """Return a whole column: numbers where all blocks have numbers, else cells as text."""
    pieces = [part.columns[column] for part in parts if part.rows]
    numbers = [piece for piece in pieces if isinstance(piece, np.ndarray)]
    if len(numbers) == len(pieces):
        return np.concatenate(numbers) if numbers else []
    return [cell for piece in pieces for cell in _texts(piece)]


def _texts(piece: NDArray[np.float64] | list[str]) -> list[str]:
    if isinstance(piece, list):
        return piece
    return ["" if v != v else repr(v).removesuffix(".0") for v in piece.tolist()]  # noqa: PLR0124
