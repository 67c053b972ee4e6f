"""A large file in blocks of whole lines, parsed side by side.

Large delimited files: the dialect is found on the head, and blocks are parsed by it.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.data.reading.block_parser import Layout, Part, parse_block
from core.data.reading.dialect import read_text
from core.data.reading.encodings import find_encoding
from core.data.reading.grid import Grid
from core.data.reading.header import column_types
from core.data.reading.numerals import DOUBTFUL_MARKS, ERROR_MARKS, MISSING_MARKS, NumberFormat
from core.data.reading.read_options import ReadOptions
from core.data.reading.records import Quoting, Record
from core.data.reading.source import Progress, Source, report_progress
from core.data.reading.table import Column, Dialect, ProblemLog, Table
from core.data.reading.typed_columns import build_columns, check_kinds, number_column, unique_names

BLOCK = 4 << 20
"""Bytes parsed at a time."""

_MOST_WORKERS = 4
_LONGEST_BLOCK = 16 << 20  # of a quoted cell that does not end


@dataclass(frozen=True, slots=True)
class RaggedBlock:
    """That a block is not regular, and the line on which the block begins, counted from 0."""

    line: int


def read_blocks(
    source: Source,
    start: int,
    layout: Layout,
    progress: Progress | None,
    span: tuple[float, float] = (0.0, 0.9),
) -> list[Part] | RaggedBlock:
    """Parse a file from the byte `start` on, as long as its blocks are regular.

    pandas releases the GIL while it parses, so that a few blocks are parsed at the same time.

    Parameters
    ----------
    span : pair of float
        The progress told at the beginning and at the end.

    Raises
    ------
    UserError, Cancelled
        As `core.data.reading.source` has it.
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
    rest = ready = b""
    pieces: list[bytes] = []
    seen = held = 0
    size = max(source.size * (4 if source.gzipped else 1), 1)
    for chunk in source.chunks():
        pieces.append(chunk if seen else chunk[start:])
        held, seen = held + len(pieces[-1]), seen + len(chunk)
        report_progress(progress, span[0] + (span[1] - span[0]) * min(1.0, seen / size))
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


_ENOUGH = 400  # lines that tell as much as twice as many
_WIDE = 200  # columns, of which few rows say enough

LARGEST_UNEVEN = 32 << 20
"""Bytes on disk up to which a file is read with care where it is not regular."""

HEAD = 1 << 18
"""Bytes on which the dialect of a large file is found."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """How the file is to be read, found on its head.

    Attributes
    ----------
    dialect : Dialect
    names : list of str
        The columns' names, each once.
    numerals : NumberFormat
    doubtful : frozenset of str
        The doubtful missing marks among numbers.
    layout : Layout
    start, line : int
        The byte, and the line counted from 1, on which the first row begins.
    """

    dialect: Dialect
    names: list[str]
    numerals: NumberFormat
    doubtful: frozenset[str]
    layout: Layout
    start: int
    line: int


def read_bulk(
    source: Source, suffix: str, settings: ReadOptions, progress: Progress | None
) -> Table | None:
    """Read a large file block by block; None where it needs to be read as a whole.

    Only files are read here whose head is one even table. A column that was taken for numbers and
    has other cells further down is read once more as text, and judged by all its cells.

    Raises
    ------
    UserError
        If it needs to be read as a whole and is too large for that.
    """
    log = ProblemLog()
    plan = _plan(source, suffix, settings, log)
    if plan is None:
        return None
    check_kinds(source.name, plan.names, settings.kinds)
    layout = plan.layout
    parts = read_blocks(source, plan.start, layout, progress)
    if not isinstance(parts, RaggedBlock) and (odd := {j for part in parts for j in part.odd}):
        layout = replace(layout, numbers=layout.numbers - odd)
        del parts
        parts = read_blocks(source, plan.start, layout, progress, (0.9, 1.0))
    if isinstance(parts, RaggedBlock):
        _refuse_large(source, plan.line + parts.line)
        return None
    lines = _lines_of(parts, plan.line, log)
    lines.flags.writeable = False
    columns, marks = _typed_columns(parts, lines, plan, layout, settings, log)
    dialect = replace(
        plan.dialect,
        missing=tuple(sorted({*plan.dialect.missing, *marks})),
        footer=parts[-1].footer,
    )
    return Table(columns, len(lines), log.kept, log.counts, dialect, source.name, lines)


def _refuse_large(source: Source, line: int) -> None:
    if source.size > LARGEST_UNEVEN:
        raise source.refuse(
            f"Its rows, quotes or characters are not sound somewhere after line {line:,}, "
            f"and at {source.size / 1e6:,.0f} MB it is too large to be mended.",
            "Mend those lines, export it again, or open a part of it.",
        )


def _lines_of(parts: Sequence[Part], first: int, log: ProblemLog) -> NDArray[np.int64]:
    """Return the line of each row, the first block's first being `first`; log the problems."""
    lines = []
    for part in parts:
        lines.append(part.lines + first)
        log.extend(part.problems, first)
        first += part.n_lines
    return np.concatenate(lines)


def _typed_columns(
    parts: Sequence[Part],
    lines: NDArray[np.int64],
    plan: _Plan,
    layout: Layout,
    settings: ReadOptions,
    log: ProblemLog,
) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """Make columns of the blocks' columns; also return the marks read as missing among words."""
    columns: dict[int, Column] = {}
    for j in sorted(layout.numbers):
        values = np.concatenate([part.numbers[j] for part in parts])
        has_integers = parts[0].numbers[j].dtype.kind in "iu"
        columns[j] = number_column(plan.names[j], values.astype(np.float64, copy=False), lines, log)
        columns[j] = replace(columns[j], is_id=columns[j].is_id and has_integers)
    words = [j for j in range(len(plan.names)) if j not in columns]
    built, _, marks = build_columns(
        [plan.names[j] for j in words],
        [[cell for part in parts for cell in part.texts[j]] for j in words],
        lines.tolist() if words else (),
        plan.numerals,
        None,
        settings.missing,
        settings.kinds,
        log,
        doubtful=plan.doubtful,
    )
    columns |= dict(zip(words, built, strict=True))
    return tuple(columns[j] for j in range(len(plan.names))), marks


def _plan(source: Source, suffix: str, settings: ReadOptions, log: ProblemLog) -> _Plan | None:
    """Find out on the head how a file is to be read; None where blocks cannot be parsed by it."""
    with source.open() as stream:
        head = stream.read(HEAD)
    encoding = settings.encoding or find_encoding(head, final=False)
    if encoding not in ("utf-8", "utf-8-sig", "cp1252", "latin-1", "ascii") or b"\0" in head:
        return None
    if head.count(b"\n", 0, HEAD // 2) >= _ENOUGH:
        head = head[: HEAD // 2]
    head = head[: last_end(head, '"')]
    if not head or head.count(b"\r") not in (0, head.count(b"\r\n")):
        return None
    trial, found = ProblemLog(), ProblemLog()
    text = head.decode(encoding, "replace")
    grid = read_text(source, text, encoding, suffix, settings, trial)
    start = _offset(head, grid.lines[0]) if _is_regular(grid, trial) else None
    if start is None:
        return None
    names = unique_names(grid.names, log)
    columns, numerals, marks = build_columns(
        names,
        grid.cells,
        grid.lines,
        None,
        grid.dialect.delimiter,
        settings.missing,
        settings.kinds,
        found,
        (settings.decimal, settings.thousands),
    )
    for problem in (*trial.kept, *found.kept):
        late = problem.kind == "ragged" and (problem.line or 0) >= grid.lines[0]
        if problem.column is None and not late:  # those are met again
            log.add(problem.kind, problem.reason, problem.line)
    doubtful = frozenset(
        cell
        for column, cells in zip(columns, grid.cells, strict=True)
        for cell in (set(cells) if column.kind == "number" else ())
        if cell in marks and cell.lower() in DOUBTFUL_MARKS
    )
    layout = _layout(grid, columns, numerals, doubtful, settings)
    plain = _with_plain_numbers(layout, head[start:], grid, columns)
    dialect = replace(
        grid.dialect,
        decimal=numerals.decimal,
        thousands=numerals.thousands,
        missing=marks,
        compression="gzip" if source.gzipped else None,
    )
    if plain is None:
        return None
    return _Plan(dialect, names, numerals, doubtful, plain, start, grid.lines[0])


def _layout(
    grid: Grid,
    columns: Sequence[Column],
    numerals: NumberFormat,
    doubtful: frozenset[str],
    settings: ReadOptions,
) -> Layout:
    """Say how blocks are parsed, by what was found on the head."""
    dialect = grid.dialect
    usual = MISSING_MARKS if settings.missing is None else settings.missing
    # an error of a spreadsheet is told, and a number may be written in other ways
    missing = {"", *usual, *doubtful} - ERROR_MARKS
    numeric = {mark: numerals.value(mark) for mark in missing}
    rows = [Record(0, list(row)) for row in zip(*grid.cells, strict=True)]
    return Layout(
        names=tuple(grid.names),
        types=tuple(column_types(rows, len(columns))),
        numbers=frozenset(j for j, column in enumerate(columns) if column.kind == "number"),
        missing=tuple(sorted(mark for mark, value in numeric.items() if value is None)),
        not_missing=tuple(value for value in numeric.values() if value is not None),
        quoting=Quoting(dialect.delimiter or ",", dialect.quote, dialect.escape),
        decimal=numerals.decimal,
        encoding=dialect.encoding or "utf-8",
        comment=dialect.comment,
    )


def _with_plain_numbers(
    layout: Layout, data: bytes, grid: Grid, columns: Sequence[Column]
) -> Layout | None:
    """Keep for numbers only what pandas reads as such on the head; None where rows differ."""
    part = parse_block(data, layout, is_last=False)
    if part is None or not np.array_equal(part.lines + grid.lines[0], grid.lines):
        return None
    numbers = frozenset(
        j
        for j, values in part.numbers.items()
        if np.array_equal(values, columns[j].values, equal_nan=True)
    )
    return replace(layout, numbers=numbers)


def _offset(head: bytes, line: int) -> int | None:
    """Return where a line begins, counted from 1; None where lines end otherwise than by LF."""
    start = 0
    for _ in range(line - 1):
        start = head.find(b"\n", start) + 1
    return start if start or line == 1 else None


def _is_regular(grid: Grid, trial: ProblemLog) -> bool:
    """Tell whether the head is one even table that blocks can be parsed by."""
    dialect = grid.dialect
    return (
        set(trial.counts) <= {"title", "names", "ragged"}
        and len(grid.lines) > (100 if len(grid.names) < _WIDE else 10)
        and len(grid.names) > 1
        and (dialect.delimiter or "").isascii()
        and dialect.quote in (None, '"')
        and dialect.escape == dialect.quote
        and dialect.footer == 0
        and (dialect.comment is None or dialect.skip > 0 or grid.lines[0] > dialect.header + 1)
    )
