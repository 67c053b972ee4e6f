"""Large files, parsed block by block, come out as they do when they are read as a whole."""

import csv
import io

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.data import tables
from core.data.reading import blocks, bulk, sources
from core.data.reading.block_parser import Layout, parse_block
from core.data.reading.records import Quoting
from core.data.reading.settings import Settings
from core.data.tables import read_table

HEAD_ROWS = 500
CELLS = [
    "", " ", "NA", "n/a", "-", "none", "?", "#DIV/0!", "abc", "True", "inf", "-inf", "1e400", "nan",
    "007", "0", "-0", "+5", " 5 ", "5.", ".5", "1e5", "1e", "1_000", "0x10", "$5", "5%", "1d5",
    "1.234", "1,234", "1,5", "1 234", "1.234.567", "12345678901234567890", "9007199254740993", "1e20",
    "2.2250738585072011e-308", "0.30000000000000004", "2024-01-02", "08:30", "\u0661", "\u22125", "é",
    'a"b', '5"', "a\nb", "'-1", "a;b", "a,b", "a b", "a\x02b",
]  # fmt: skip
LINES = [
    "", " ", "1", "1{d}2", "1{d}2{d}3{d}4{d}5{d}6{d}7", "{d}{d}{d}{d}", "some words",
    '"1{d}2', 'x"y"{d}1{d}2{d}3{d}4', '"a" {d}1{d}2{d}3{d}4', "{names}",
    "1{d}2{d}3{d}4{d}5{d}", "x{d}y{d}z", "\t\t\t\t",
]  # fmt: skip


def patched(monkeypatch, block=5_000):
    monkeypatch.setattr(tables, "BULK", 1000)
    monkeypatch.setattr(bulk, "HEAD", 20_000)
    monkeypatch.setattr(blocks, "BLOCK", block)
    monkeypatch.setattr(sources, "CHUNK", 3_000)


def regular(i):
    rng = np.random.default_rng(i)
    return [f"{rng.normal():.4f}", str(rng.integers(90, 1000)), f"{i + 7}", "red blue".split()[i % 2],
            f"{rng.normal():.2e}"]  # fmt: skip


def written(rows, delimiter, end):
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerows(rows)
    return text.getvalue().splitlines(keepends=True)


def assert_same(fast, careful):
    assert fast.names == careful.names
    assert sorted(map(str, fast.problems)) == sorted(map(str, careful.problems))
    assert fast.problem_counts == careful.problem_counts
    np.testing.assert_array_equal(fast.lines, careful.lines)
    assert fast.dialect.footer == careful.dialect.footer
    for one, other in zip(fast.columns, careful.columns, strict=True):
        assert (one.kind, one.missing, one.is_id) == (other.kind, other.missing, other.is_id), one
        np.testing.assert_array_equal(one.values, other.values)
        if one.kind == "number":
            np.testing.assert_array_equal(np.signbit(one.values), np.signbit(other.values))


def both(path, text, **settings):
    """Read a file in blocks (None where that cannot be) and as a whole."""
    path.write_bytes(text.encode())
    source = sources.open_source(path)
    fast = bulk.read_bulk(source, ".csv", Settings.of(settings), None)
    tables.BULK, before = 1 << 40, tables.BULK
    try:
        careful = read_table(path, **settings)
    finally:
        tables.BULK = before
    return fast, careful


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cells=st.lists(
        st.tuples(st.integers(HEAD_ROWS, 1499), st.integers(0, 4), st.sampled_from(CELLS)), max_size=6
    ),
    odd_lines=st.lists(
        st.tuples(st.integers(HEAD_ROWS, 1500), st.sampled_from(LINES)), max_size=3
    ),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n"]),
    block=st.sampled_from([3_000, 5_000, 20_000]),
)  # fmt: skip
def test_tables_with_odd_cells_and_lines_come_out_the_same(
    tmp_path, monkeypatch, cells, odd_lines, delimiter, end, block
):
    patched(monkeypatch, block)
    rows = [regular(i) for i in range(1500)]
    for i, j, cell in cells:
        rows[i][j] = cell
    names = ["size", "count", "day", "colour", "gap"]
    lines = ["".join(written([row], delimiter, end)) for row in rows]
    for place, line in odd_lines:
        lines.insert(place, line.format(d=delimiter, names=delimiter.join(names)) + end)
    text = "".join(["".join(written([names], delimiter, end)), *lines])
    try:
        fast, careful = both(tmp_path / "t.csv", text)
    except tables.UserError:
        return
    if fast is not None:
        assert_same(fast, careful)
