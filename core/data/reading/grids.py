"""From records to named columns of cells: titles, names, data and footers told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.data.reading.columns import Dialect
from core.data.reading.headers import read_names, surplus_names
from core.data.reading.layout import column_types, drop_footer, drop_notes, find_preamble
from core.data.reading.problems import ProblemLog
from core.data.reading.ragged import level
from core.data.reading.records import Quoting, Record
from core.data.reading.settings import Settings


@dataclass(frozen=True, slots=True)
class Layout:
    """Names, the rows under them, and what was left out around them.

    Attributes
    ----------
    names : list of str
        One a column, as they stand in the file; all "" for a file without names.
    records : list of Record
        The data, all of one width.
    header, skipped, footer : int
        Records of names, before them, and after the data.
    """

    names: list[str]
    records: list[Record]
    header: int
    skipped: int
    footer: int


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells by column, before their kinds are known."""

    names: list[str]
    cells: list[Sequence[str]]
    lines: list[int]
    dialect: Dialect


def grid_of(layout: Layout, width: int, dialect: Dialect) -> Grid:
    """Turn rows of cells into columns of cells."""
    return Grid(
        layout.names, _columns(layout, width), [record.line for record in layout.records], dialect
    )


def lay_out(
    records: list[Record],
    width: int,
    settings: Settings,
    log: ProblemLog,
    quoting: Quoting | None = None,
) -> Layout:
    """Separate titles, names, data and footers, and bring every row to the table's width."""
    skipped = 0
    if settings.skip is None:
        skipped = find_preamble(records, width)
        first = records[0].cells
        names_short = (
            skipped == 1
            and len(records) > 1
            and (
                len(first) == width - 1
                or (len(first) > width and sum(bool(cell.strip()) for cell in first) == width)
                or surplus_names(first, column_types(records[1:], width))
            )
        )
        if names_short:
            skipped = 0
    records, titles = records[skipped:], records[:skipped]
    body = [record for record in records if len(record.cells) == width]
    types = column_types(body[1:] if len(body) > 1 else body, width)
    names, header = read_names(records, titles, types, width, settings, log, quoting)
    for title in titles:
        log.add(
            "title",
            f"The line before the table was left out: {' '.join(title.cells).strip()[:60]!r}.",
            title.line,
        )
    body = records[header:]
    notes = drop_notes(body, width, log)
    rows = level(body, names, types, width, log)
    footer = notes + drop_footer(rows, types, log)
    _tell_size(rows, width, log)
    return Layout(names, rows, header, len(titles), footer)


def _tell_size(rows: Sequence[Record], width: int, log: ProblemLog) -> None:
    if len(rows) <= 1:
        log.add("size", "It has only 1 row." if rows else "It has names but no rows of data.")
    useful = sum(any(record.cells[j].strip() for record in rows) for j in range(width))
    if rows and useful == 1:
        shown = "; ".join(repr(" ".join(record.cells).strip()[:40]) for record in rows[:3])
        log.add("single", f"It has one useful column only. Its first rows: {shown}.")


def _columns(layout: Layout, width: int) -> list[Sequence[str]]:
    if not layout.records:
        return [()] * width
    return list(zip(*[record.cells for record in layout.records], strict=True))
