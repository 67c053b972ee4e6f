"""From rows of a table to blocks of samples, feature by feature."""

from __future__ import annotations

from typing import Any

from core.kernels.jit import inlined, intrinsic, types
from core.kernels.lanes import INDEX, Pointer, ir, loop, transposed
from core.kernels.vectors import Place, after, every, get, put, store, width

FIRST_FEATURE = 2  # a row of the table, and a block, begin with the label and the sample weight


@intrinsic
def _gather_block(
    typing: Any, table: Any, columns: Any, order: Any, samples: Any, blank: Any, block: Any
) -> Any:
    """Write rows of a table as the columns of a block, four columns at a time.

    Lanes without a sample get the table's blank row. The last four columns may overlap others.
    """

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        source, target = Pointer(builder, args[0]), Pointer(builder, args[5])
        columns = args[1]
        rows = []
        for lane in range(target.count):
            here = builder.load(builder.gep(args[2], [ir.Constant(INDEX, lane)]))
            exists = builder.icmp_signed("<", ir.Constant(INDEX, lane), args[3])
            row = builder.select(exists, builder.sext(here, INDEX), args[4])
            rows.append(source.after(builder.mul(row, columns)))
        four = ir.Constant(INDEX, 4)
        rounds = builder.sdiv(builder.add(columns, ir.Constant(INDEX, 3)), four)
        with loop(builder, rounds, []) as each:
            first, last = builder.mul(each.index, four), builder.sub(columns, four)
            first = builder.select(builder.icmp_signed("<", first, last), first, last)
            place = target.after(builder.mul(first, ir.Constant(INDEX, target.count)))
            for k, column in enumerate(transposed([row.after(first).load(4) for row in rows])):
                place.after(k * target.count).store(column)
        return context.get_dummy_value()

    i = types.int64
    return types.void(table, i, order, i, i, block), generate


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
        Which rows; a register's lanes more can be read.
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
