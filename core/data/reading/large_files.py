"""Stages header -> columns for a large file: parsed block by block, by what its head tells.

The head goes through the usual stages. Where it is one regular table, the blocks are parsed by the
dialect, the names and the kinds found there; where it is not, the file is read as a whole.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.data.reading.block_parser import Layout, ParsedBlock, parse_block
from core.data.reading.cells import ERROR_MARKS, MISSING_MARKS
from core.data.reading.encodings import guess_encoding
from core.data.reading.read_options import ReadOptions
from core.data.reading.source import Progress, Source, report_progress
from core.data.reading.stages import Stages, run_stages
from core.data.reading.table import Column, ProblemLog, Problems
from core.data.reading.typed_columns import (
    TypedColumns,
    doubtful_among_numbers,
    make_columns,
    number_column,
    strip_columns,
)

HEAD = 1 << 18
"""Bytes on which the dialect of a large file is found."""

LARGEST_IRREGULAR = 32 << 20
"""Bytes on disk up to which a file that is not regular is read as a whole."""

_ENOUGH = 400  # a head with so many lines in its first half is cut to that half
_WIDE = 200  # columns, of which few rows say enough
_ENCODINGS = ("utf-8", "utf-8-sig", "cp1252", "latin-1", "ascii")

BLOCK = 4 << 20
"""Bytes parsed at a time."""

_MOST_WORKERS = 4
_LONGEST_BLOCK = 16 << 20  # bytes that a quoted cell that is never closed may reach


@dataclass(frozen=True, slots=True)
class RaggedBlock:
    """A block that is not regular, and the line on which it begins, counted from 0."""

    line: int


def parse_blocks(
    source: Source,
    start: int,
    layout: Layout,
    progress: Progress | None,
    span: tuple[float, float] = (0.0, 0.9),
) -> list[ParsedBlock] | RaggedBlock:
    """Parse a file from the byte `start` on, as long as its blocks are regular.

    pandas releases the GIL while it parses, so that a few blocks are parsed at the same time.

    Parameters
    ----------
    span : pair of float
        The progress reported at the beginning and at the end.

    Raises
    ------
    UserError, Cancelled
        As `core.data.reading.source` has it.
    """
    workers = min(os.cpu_count() or 1, _MOST_WORKERS)
    parts: list[ParsedBlock] = []
    pending: deque[Future[ParsedBlock | None]] = deque()
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
                    return RaggedBlock(sum(part.n_lines for part in parts))
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
    ready = b""
    pieces: list[bytes] = []
    seen = held = 0
    size = max(source.size * (4 if source.gzipped else 1), 1)
    for chunk in source.chunks():
        pieces.append(chunk if seen else chunk[start:])
        held, seen = held + len(pieces[-1]), seen + len(chunk)
        report_progress(progress, span[0] + (span[1] - span[0]) * min(1.0, seen / size))
        if held < BLOCK:
            continue
        last = pieces.pop()
        cut = last.rfind(b"\n") + 1
        block = b"".join([*pieces, last[:cut]])
        end = last_end(block, quote)
        if not end and held > _LONGEST_BLOCK:
            end = len(block)
        if end:
            if ready:
                yield ready, False
            ready = block[:end]
        pieces = [block[end:], last[cut:]]
        held = len(pieces[0]) + len(pieces[1])
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


def read_head(source: Source, options: ReadOptions) -> Stages | None:
    """Run the stages on the head of a large file; None where blocks cannot be parsed by them."""
    with source.open() as stream:
        head = stream.read(HEAD)
    encoding = options.encoding or str(guess_encoding(head, is_cut=True).value)
    if encoding not in _ENCODINGS or b"\0" in head:
        return None
    if head.count(b"\n", 0, HEAD // 2) >= _ENOUGH:
        head = head[: HEAD // 2]
    head = head[: last_end(head, '"')]
    if not head or head.count(b"\r") not in (0, head.count(b"\r\n")):
        return None
    stages = run_stages(head, options, source.suffix)
    return stages if _is_regular(stages, head) else None


def _is_regular(stages: Stages, head: bytes) -> bool:
    """Tell whether the head is one table of full rows that blocks can be parsed by."""
    dialect, grid, quoting = stages.dialect, stages.grid, stages.dialect.quoting
    first = grid.lines[0] if grid.lines else 0
    kinds = set(stages.problems_of_rows().counts)
    return (
        kinds <= {"title", "names", "ragged", "delimiter", "encoding"}
        and "\ufffd" not in stages.text.content
        and not any("doubled" in problem.reason for problem in dialect.problems.kept)
        and len(grid.lines) > (100 if len(grid.names) < _WIDE else 10)
        and len(grid.names) > 1
        and quoting.delimiter.isascii()
        and quoting.quote in (None, '"')
        and quoting.escape == quoting.quote
        and grid.footer == 0
        and (
            dialect.comment is None
            or dialect.skip + stages.header.skipped > 0
            or first > stages.header.n_names + 1
        )
        and _offset(head, first) is not None
    )


def read_columns(
    source: Source, head: Stages, options: ReadOptions, progress: Progress | None
) -> TypedColumns | None:
    """Read the columns of a large file; None where it needs to be read as a whole.

    A column that looks like numbers on the head and has other cells further down is read once more
    as text, and judged by all its cells.

    Raises
    ------
    NoTableError
        If it needs to be read as a whole and is too large for that.
    """
    first, start = head.grid.lines[0], _offset(head.data, head.grid.lines[0]) or 0
    layout = _with_plain_numbers(_layout(head, options), head, start)
    if layout is None:
        return None
    blocks = parse_blocks(source, start, layout, progress)
    if not isinstance(blocks, RaggedBlock) and (odd := {j for part in blocks for j in part.odd}):
        layout = replace(layout, numbers=layout.numbers - odd)
        del blocks
        blocks = parse_blocks(source, start, layout, progress, (0.9, 1.0))
    if isinstance(blocks, RaggedBlock):
        _refuse_large(source, first + blocks.line)
        return None
    log = ProblemLog()
    lines = _lines_of(blocks, first, log)
    columns, missing = _columns(blocks, lines, head, layout, options, log)
    return replace(
        head.columns,
        columns=columns,
        lines=lines,
        missing=tuple(sorted({*head.columns.missing, *missing})),
        footer=blocks[-1].footer,
        problems=log.problems(),
    )


def problems_of_head(head: Stages) -> Problems:
    """Return the problems of the head that the blocks do not report again."""
    log, first = ProblemLog(), head.grid.lines[0]
    for problem in (head.problems_of_rows() + head.columns.problems).kept:
        is_late = problem.kind == "ragged" and (problem.line or 0) >= first
        if problem.kind == "name" or (problem.column is None and not is_late):
            log.add(problem.kind, problem.reason, problem.line, problem.column)
    return log.problems()


def _refuse_large(source: Source, line: int) -> None:
    if source.size > LARGEST_IRREGULAR:
        raise source.refuse(
            f"Its rows, quotes or characters are not sound somewhere after line {line:,}, "
            f"and at {source.size / 1e6:,.0f} MB it is too large to be repaired.",
            "Mend those lines, export it again, or open a part of it.",
        )


def _lines_of(blocks: Sequence[ParsedBlock], first: int, log: ProblemLog) -> NDArray[np.int64]:
    """Return the line of each row, the first block's first being `first`; log the problems."""
    lines = []
    for part in blocks:
        lines.append(part.lines + first)
        log.extend(part.problems, first)
        first += part.n_lines
    joined = np.concatenate(lines)
    joined.flags.writeable = False
    return joined


def _columns(
    blocks: Sequence[ParsedBlock],
    lines: NDArray[np.int64],
    head: Stages,
    layout: Layout,
    options: ReadOptions,
    log: ProblemLog,
) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """Join the blocks' columns; also return the marks read as missing among text."""
    names = [column.name for column in head.columns.columns]
    columns: dict[int, Column] = {}
    for j in sorted(layout.numbers):
        values = np.concatenate([part.numbers[j] for part in blocks])
        has_integers = blocks[0].numbers[j].dtype.kind in "iu"
        column = number_column(names[j], values.astype(np.float64, copy=False), lines, log)
        columns[j] = replace(column, is_id=column.is_id and has_integers)
    texts = [j for j in range(len(names)) if j not in columns]
    cells, counts = strip_columns(
        [[cell for part in blocks for cell in part.texts[j]] for j in texts]
    )
    form = head.columns.number_format
    made, missing = make_columns(
        [names[j] for j in texts],
        cells,
        counts,
        lines.tolist() if texts else (),
        form,
        doubtful_among_numbers(counts, form) | head.columns.doubtful,
        options,
        log,
    )
    columns |= dict(zip(texts, made, strict=True))
    return tuple(columns[j] for j in range(len(names))), missing


def _layout(head: Stages, options: ReadOptions) -> Layout:
    """Say how blocks are parsed, by what was found on the head."""
    columns = head.columns
    usual = MISSING_MARKS if options.missing is None else options.missing
    # an error of a spreadsheet is reported, and a number may be written in other ways
    missing = {"", *usual, *columns.doubtful} - ERROR_MARKS
    numeric = {mark: columns.number_format.value(mark) for mark in missing}
    return Layout(
        names=head.grid.names,
        types=head.header.types,
        numbers=frozenset(j for j, c in enumerate(columns.columns) if c.kind == "number"),
        missing=tuple(sorted(mark for mark, value in numeric.items() if value is None)),
        not_missing=tuple(value for value in numeric.values() if value is not None),
        quoting=head.dialect.quoting,
        decimal=columns.number_format.decimal,
        encoding=head.text.encoding,
        comment=head.dialect.comment,
    )


def _with_plain_numbers(layout: Layout, head: Stages, start: int) -> Layout | None:
    """Keep for numbers only what pandas reads as such on the head; None where rows differ."""
    part = parse_block(head.data[start:], layout, is_last=False)
    lines = np.array(head.grid.lines)
    if part is None or not np.array_equal(part.lines + lines[0], lines):
        return None
    numbers = frozenset(
        j
        for j, values in part.numbers.items()
        if np.array_equal(values, head.columns.columns[j].values, equal_nan=True)
    )
    return replace(layout, numbers=numbers)


def _offset(head: bytes, line: int) -> int | None:
    """Return where a line begins, counted from 1; None where lines end otherwise than by LF."""
    start = 0
    for _ in range(line - 1):
        start = head.find(b"\n", start) + 1
    return start if start or line == 1 else None
