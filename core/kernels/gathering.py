"""From rows of a table to blocks of samples, feature by feature."""

from __future__ import annotations

from typing import Any

from core.machine.lanes import transposed
from core.machine.places import Pointer, loop
from core.machine.scalars import chosen, compared
from core.machine.source import inlined
from core.machine.vectors import Place, after, every, get, put, store, width

FIRST_FEATURE = 2  # a row of the table, and a block, begin with the label and the sample weight
_NEAR = 100_000  # numbers: a smaller table stays in the processor's cache


def rows_at(
    table: Pointer, columns: Any, order: Pointer, samples: Any, blank: Any
) -> list[Pointer]:
    """Return where the rows of one register's samples stand, the blank row beyond the last."""
    rows = []
    for lane in range(table.count):
        row = chosen(compared("<", lane, samples), order.after(lane).get(), blank)
        rows.append(table.after(row * columns))
    return rows


def _gather_block(
    table: Pointer, columns: Any, order: Pointer, samples: Any, blank: Any, block: Pointer
) -> None:
    """Write rows of a table as the columns of a block, four columns at a time.

    Lanes without a sample get the table's blank row. The last four columns may overlap others.
    """
    rows = rows_at(table, columns, order, samples, blank)
    with block.builder.if_then(compared(">", blank * columns, _NEAR).value):
        for lane in range(block.count):  # those of the next block, too far to wait for
            row = table.after(order.after(block.count + lane).get() * columns)
            row.prefetch()
            row.after(block.count).prefetch()
    with loop(block.builder, (columns + 3) // 4, []) as each:
        first, last = each.index * 4, columns - 4
        first = chosen(compared("<", first, last), first, last)
        place = block.after(first * block.count)
        for k, column in enumerate(transposed([row.after(first).load(4) for row in rows])):
            place.after(k * block.count).store(column)


@inlined
def gather(
    table: Place, columns: int, order: Place, samples: int, blank: int, features: int, batch: Place,
    marked: Place,
) -> None:  # fmt: skip
    """Copy rows into blocks: label, sample weight, features, and a row of ones.

    Parameters
    ----------
    table : place
        Rows of `columns` numbers: label, sample weight, features; the row `blank` is zero.
    order : place
        Which rows; two registers' lanes more can be read.
    marked : place
        For how many samples the rows of ones were written; they hold until that changes.
    """
    lanes = width(batch)
    step = (features + FIRST_FEATURE + 1) * lanes
    blocks = (samples + lanes - 1) // lanes
    for block in range(blocks):
        done = block * lanes
        _gather_block(
            table, columns, after(order, done), samples - done, blank, after(batch, block * step)
        )
    if get(marked, 0) != samples:
        put(marked, 0, samples)
        for block in range(blocks):
            ones = after(batch, (block + 1) * step - lanes)
            store(ones, 0, every(ones, 1.0))
            for lane in range(samples - block * lanes, lanes):
                put(ones, lane, 0.0)
