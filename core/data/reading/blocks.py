"""A large file in blocks of whole lines, parsed side by side."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from core.data.reading.block_parser import Layout, Part, parse_block
from core.data.reading.sources import Progress, Source, tell

BLOCK = 4 << 20
"""Bytes parsed at a time."""

_MOST_WORKERS = 4
_LONGEST_BLOCK = 16 << 20  # of a quoted cell that does not end


@dataclass(frozen=True, slots=True)
class Uneven:
    """That a block is not regular, and the line on which the block begins, counted from 0."""

    line: int


def read_blocks(
    source: Source,
    start: int,
    layout: Layout,
    progress: Progress | None,
    span: tuple[float, float] = (0.0, 0.9),
) -> list[Part] | Uneven:
    """Parse a file from the byte `start` on, as long as its blocks are regular.

    pandas releases the GIL while it parses, so that a few blocks are parsed at the same time.

    Parameters
    ----------
    span : pair of float
        The progress told at the beginning and at the end.

    Raises
    ------
    UserError, Cancelled
        As `core.data.reading.sources` has it.
    """
    workers = min(os.cpu_count() or 1, _MOST_WORKERS)
    parts: list[Part] = []
    pending: deque[Future[Part | None]] = deque()
    blocks = _cut(source, start, layout.quoting.quote, progress, span)
    with ThreadPoolExecutor(workers) as pool:
        try:
            while (block := next(blocks, None)) is not None or pending:
                if block is not None:
                    data, is_last = block
                    pending.append(pool.submit(parse_block, data, layout, is_last))
                    if len(pending) <= 2 * workers:  # so many blocks are in memory
                        continue
                if (part := pending.popleft().result()) is None:
                    return Uneven(sum(part.n_lines for part in parts))
                parts.append(part)
        finally:
            pool.shutdown(cancel_futures=True)
    return parts


def _cut(
    source: Source,
    start: int,
    quote: str | None,
    progress: Progress | None,
    span: tuple[float, float],
) -> Iterator[tuple[bytes, bool]]:
    """Yield blocks that end where a line does, outside quotes; and whether it is the last.

    The last one is at least as long as the others, so that notes after the rows stand together.
    """
    rest = ready = b""
    pieces: list[bytes] = []
    seen = held = 0
    size = max(source.size * (4 if source.gzipped else 1), 1)
    for chunk in source.chunks():
        pieces.append(chunk if seen else chunk[start:])
        held, seen = held + len(pieces[-1]), seen + len(chunk)
        tell(progress, span[0] + (span[1] - span[0]) * min(1.0, seen / size))
        if held < BLOCK:
            continue
        rest = b"".join(pieces)
        end = last_end(rest, quote)
        if not end and held > _LONGEST_BLOCK:
            end = rest.rfind(b"\n") + 1
        if end:
            if ready:
                yield ready, False
            ready, rest = rest[:end], rest[end:]
        pieces, held = [rest], len(rest)
    yield (ready + b"".join(pieces)).rstrip(b"\x1a"), True  # DOS ended files with it


def last_end(data: bytes, quote: str | None) -> int:
    """Return where the last line outside quotes ends; 0 where there is none."""
    end = data.rfind(b"\n") + 1
    mark = (quote or "").encode()
    quotes = data.count(mark, 0, end) if mark and mark in data else 0
    while quotes % 2 and end > 0:
        before = data.rfind(b"\n", 0, data.rfind(mark, 0, end)) + 1
        quotes -= data.count(mark, before, end)
        end = before
    return end
