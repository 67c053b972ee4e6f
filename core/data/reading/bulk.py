"""Large delimited files: the dialect is found on the head, pandas parses, counts make sure."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.data.reading.assembling import build_columns, unique_names
from core.data.reading.columns import Dialect, Table
from core.data.reading.delimited import read_text
from core.data.reading.encodings import find_encoding
from core.data.reading.frames import columns_of
from core.data.reading.grids import Grid
from core.data.reading.numerals import DOUBTFUL_MARKS, MISSING_MARKS, Numerals
from core.data.reading.problems import ProblemLog
from core.data.reading.records import RUNS
from core.data.reading.settings import Settings
from core.data.reading.sources import Meter, Progress, Source, tell

if TYPE_CHECKING:
    import pandas as pd
    from _typeshed import WriteableBuffer

_LINE_FEED = 10

_WIDE = 200  # columns, of which few rows say enough

HEAD = 1 << 18
"""Bytes on which the dialect of a large file is found."""


class _Watched(io.RawIOBase):
    """A stream that counts what pandas reads, reports progress and keeps the limits."""

    def __init__(self, source: Source, progress: Progress | None) -> None:
        super().__init__()
        self._stream = source.open()
        self._meter = Meter(source)
        self._progress = progress
        self._size = source.size * (4 if source.gzipped else 1)
        self.ends = 0
        self.quoted = self.nul = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        chunk = self._stream.read(len(memoryview(buffer)))
        memoryview(buffer)[: len(chunk)] = chunk
        self._meter.see(chunk)
        codes = np.frombuffer(chunk, np.uint8)
        self.ends += int(np.count_nonzero(codes == _LINE_FEED))
        self.quoted = self.quoted or b'"' in chunk
        self.nul = self.nul or not codes.all()
        tell(self._progress, 0.95 * min(1.0, self._meter.seen / max(self._size, 1)))
        return len(chunk)

    def close(self) -> None:
        self._stream.close()
        super().close()


@dataclass(frozen=True, slots=True)
class _Plan:
    """How pandas is to read the file, found on its head."""

    dialect: Dialect
    names: list[str]
    numbers: list[int]
    numerals: Numerals
    skiprows: int
    marks: list[str]
    spaced: bool
    above: int


def read_bulk(
    source: Source, suffix: str, settings: Settings, progress: Progress | None
) -> Table | None:
    """Read a large, regular file through pandas; None where it needs to be read with more care.

    Only files are read here whose head holds no problem beyond doubts, and whose counts of
    delimiters and line ends show that every row has as many cells as there are columns.
    """
    log = ProblemLog()
    plan = _plan(source, suffix, settings, log)
    if plan is None:
        return None
    watched = _Watched(source, progress)
    frame = _parse(watched, plan)
    if frame is None or not _even(source, watched, frame, plan):
        return None
    lines = _lines(watched, frame, plan)
    names = unique_names(plan.names, log)
    columns, _ = columns_of(frame, names, lines, plan.numerals, settings, log)
    known = lines if lines is not None else np.zeros(0, np.int64)
    known.flags.writeable = False
    return Table(columns, len(frame), log.kept, log.counts, plan.dialect, source.name, known)


def _plan(source: Source, suffix: str, settings: Settings, log: ProblemLog) -> _Plan | None:
    with source.open() as stream:
        head = stream.read(HEAD)
    encoding = settings.encoding or find_encoding(head, final=False)
    if encoding not in ("utf-8", "utf-8-sig", "cp1252", "latin-1", "ascii") or b"\0" in head:
        return None
    cut = head.rfind(b"\n") + 1
    if cut == 0 or head.count(b"\r") not in (0, head.count(b"\r\n")):
        return None
    trial = ProblemLog()
    grid = read_text(
        source, head[:cut].decode(encoding, "replace"), encoding, suffix, settings, trial
    )
    if not _regular(grid, trial):
        return None
    columns, numerals, marks = build_columns(
        [f"{j}" for j in range(len(grid.names))],
        grid.cells,
        grid.lines,
        _numerals(settings),
        grid.dialect.delimiter,
        settings.missing,
        {str(j): settings.kinds[n] for j, n in enumerate(grid.names) if n in settings.kinds},
        ProblemLog(),
    )
    numbers = [j for j, column in enumerate(columns) if column.kind == "number"]
    found = sorted({*marks, *(settings.missing or MISSING_MARKS), *_doubtful(settings)} - {""})
    dialect = Dialect(
        **{
            name: getattr(grid.dialect, name)
            for name in ("encoding", "delimiter", "quote", "escape", "header")
        },
        skip=grid.dialect.skip,
        comment=grid.dialect.comment,
        line_end=grid.dialect.line_end,
        decimal=numerals.decimal,
        thousands=numerals.thousands,
        missing=marks,
        compression="gzip" if source.gzipped else None,
    )
    mark = (grid.dialect.delimiter or ",").encode()
    spaced = mark + b" " in head and mark != b" "
    skiprows = grid.lines[0] - 1
    above = sum(line.count(mark) for line in head.split(b"\n")[:skiprows])
    return _Plan(dialect, grid.names, numbers, numerals, skiprows, found, spaced, above)


def _numerals(settings: Settings) -> Numerals | None:
    if settings.decimal is None and settings.thousands is None:
        return None
    return Numerals(settings.decimal or ".", settings.thousands or None)


def _doubtful(settings: Settings) -> Sequence[str]:
    if settings.missing is not None:
        return ()
    return [mark for word in DOUBTFUL_MARKS for mark in (word, word.upper(), word.capitalize())]


def _regular(grid: Grid, trial: ProblemLog) -> bool:
    """Tell whether the head is one even table that pandas can read as it was understood."""
    dialect = grid.dialect
    harmless = {"title", "names"}
    return (
        set(trial.counts) <= harmless
        and len(grid.lines) > (100 if len(grid.names) < _WIDE else 10)
        and len(grid.names) > 1
        and dialect.quote in (None, '"')
        and dialect.escape == dialect.quote
        and dialect.footer == 0
        and dialect.delimiter != RUNS
        and (dialect.comment is None or dialect.skip > 0 or grid.lines[0] > dialect.header + 1)
    )


def _parse(watched: _Watched, plan: _Plan) -> pd.DataFrame | None:
    import pandas as pd

    width = len(plan.names)
    options: dict[str, Any] = {
        "sep": plan.dialect.delimiter,
        "header": None,
        "names": list(range(width)),
        "skiprows": plan.skiprows,
        "dtype": {j: str for j in range(width) if j not in set(plan.numbers)},
        "na_values": plan.marks
        if len(plan.numbers) == width
        else dict.fromkeys(plan.numbers, plan.marks),
        "keep_default_na": False,
        "decimal": plan.numerals.decimal,
        "thousands": plan.numerals.thousands,
        "quotechar": plan.dialect.quote or '"',
        "quoting": 0 if plan.dialect.quote else 3,
        "skipinitialspace": plan.spaced,
        "encoding": plan.dialect.encoding,
        "engine": "c",
    }
    try:
        with io.BufferedReader(watched, 1 << 16) as stream:
            frame: pd.DataFrame = pd.read_csv(stream, **options)
            return frame
    except (ValueError, pd.errors.ParserError, UnicodeDecodeError):
        return None


def _even(source: Source, watched: _Watched, frame: pd.DataFrame, plan: _Plan) -> bool:
    """Tell whether every row is full: the last column is, or the delimiters are just as many."""
    if watched.nul or isinstance(frame.index[0], tuple) or frame.index[0] != 0:
        return False
    last = frame.iloc[:, -1]
    if bool(last.notna().all()) and not bool((last == "").any()):
        return True
    if watched.quoted:
        return False
    mark = (plan.dialect.delimiter or ",").encode()[0]
    delimiters = sum(
        int(np.count_nonzero(np.frombuffer(piece, np.uint8) == mark)) for piece in source.chunks()
    )
    expected = len(frame) * (len(plan.names) - 1)
    return delimiters == expected + plan.above


def _lines(watched: _Watched, frame: pd.DataFrame, plan: _Plan) -> NDArray[np.int64] | None:
    """Return the line of each row, where there is one line a row."""
    if watched.ends - plan.skiprows in (len(frame), len(frame) - 1):
        return np.arange(plan.skiprows + 1, plan.skiprows + 1 + len(frame))
    return None
