"""Large files, parsed block by block, come out as they do when they are read as a whole."""

import csv
import io

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.base.errors import UserError
from core.data.reading import large_files, table_reader
from core.data.reading import source as source_module
from core.data.reading.block_parser import Layout, parse_block
from core.data.reading.read_options import ReadOptions
from core.data.reading.records import Quoting
from core.data.reading.source import Cancelled
from core.data.reading.stages import run_stages
from core.data.reading.table import NoTableError
from core.data.reading.table_reader import read_table

HEAD_ROWS = 500
NAMES = ["size", "count", "day", "colour", "gap"]
CELLS = [
    "", " ", "NA", "n/a", "-", "none", "?", "#DIV/0!", "abc", "True", "inf", "-inf", "1e400", "nan",
    "007", "0", "-0", "+5", " 5 ", "5.", ".5", "1e5", "1e", "1_000", "0x10", "$5", "5%", "1d5",
    "1.234", "1,234", "1,5", "1 234", "1.234.567", "12345678901234567890", "9007199254740993",
    "1e20", "2.2250738585072011e-308", "0.30000000000000004", "2024-01-02", "08:30",
    "\u0661", "\u22125", "é", 'a"b', '5"', "a\nb", "'-1", "a;b", "a,b", "a b", "a\x02b",
]  # fmt: skip
LINES = [
    "", " ", "1", "1{d}2", "1{d}2{d}3{d}4{d}5{d}6{d}7", "{d}{d}{d}{d}", "some words",
    '"1{d}2', 'x"y"{d}1{d}2{d}3{d}4', '"a" {d}1{d}2{d}3{d}4', "{names}",
    "1{d}2{d}3{d}4{d}5{d}", "x{d}y{d}z", "\t\t\t\t",
]  # fmt: skip


def patched(monkeypatch, block=5_000):
    monkeypatch.setattr(table_reader, "LARGE", 1000)
    monkeypatch.setattr(large_files, "HEAD", 20_000)
    monkeypatch.setattr(large_files, "BLOCK", block)
    monkeypatch.setattr(source_module, "CHUNK", 3_000)


def regular(i):
    rng = np.random.default_rng(i)
    size, gap = rng.normal(size=2)
    colour = ["red", "blue"][i % 2]
    return [f"{size:.4f}", str(rng.integers(90, 1000)), f"{i + 7}", colour, f"{gap:.2e}"]


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


def both(path, text, **settings):
    """Read a file in blocks (None where that cannot be) and as a whole."""
    path.write_bytes(text.encode())
    source = source_module.open_source(path)
    options = ReadOptions.of(settings)
    fast = None
    if (head := large_files.read_head(source, options)) is not None:
        columns = large_files.read_columns(source, head, options, None)
        if columns is not None:
            problems = large_files.problems_of_head(head)
            fast = table_reader.table_of_text(source, head, columns, problems)
    stages = run_stages(path.read_bytes(), options, ".csv")
    problems = stages.problems_of_rows()
    return fast, table_reader.table_of_text(source, stages, stages.columns, problems)


REGULAR = [regular(i) for i in range(1200)]


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    cells=st.lists(
        st.tuples(st.integers(HEAD_ROWS, 1199), st.integers(0, 4), st.sampled_from(CELLS)),
        max_size=6,
    ),
    odd_lines=st.lists(
        st.tuples(st.integers(HEAD_ROWS, 1200), st.sampled_from(LINES)), max_size=3
    ),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n"]),
    block=st.sampled_from([3_000, 5_000, 20_000]),
)  # fmt: skip
def test_tables_with_odd_cells_and_lines_come_out_the_same(
    tmp_path, monkeypatch, cells, odd_lines, delimiter, end, block
):
    patched(monkeypatch, block)
    rows = [list(row) for row in REGULAR]
    for i, j, cell in cells:
        rows[i][j] = cell
    names = delimiter.join(NAMES)
    lines = ["".join(written([row], delimiter, end)) for row in rows]
    for place, line in odd_lines:
        lines.insert(place, line.format(d=delimiter, names=names) + end)
    try:
        fast, careful = both(tmp_path / "t.csv", "".join([names + end, *lines]))
    except NoTableError:  # a quote that is never closed
        return
    if fast is not None:
        assert_same(fast, careful)


def table_with(rows=(), more=(), top="", names=NAMES):
    """Return a table of regular rows, some replaced, and lines inserted before others."""
    table = [list(row) for row in REGULAR]
    for i, row in dict(rows).items():
        table[i] = row
    lines = ["".join(written([row], ",", "\n")) for row in table]
    for place, line in more:
        lines.insert(place, line + "\n")
    return top + "".join([",".join(names) + "\n", *lines])


@pytest.mark.parametrize(
    ("text", "overrides"),
    [
        (table_with(), {}),
        (table_with({900: ["abc", "5", "907", "red", "1"]}), {}),
        (table_with({900: ["0.5", "007", "907", "red", "1"]}), {}),
        (table_with({900: ["-inf", "5", "", "", "1e400"]}), {}),
        (table_with({900: ["1", "5", "9007199254740993", "red", "1e20"]}), {}),
        (table_with({900: ["1", "5", "907", "two\nlines", "1"]}), {}),
        (table_with({900: ["-", "unknown", "none", "none", "#REF!"]}), {}),
        (table_with({900: ["-999.0", "-999", "907", "red", "1"]}), {"missing": ("-999", "NA")}),
        (table_with({900: ["3 %", "5", "907", "red", "1"]}), {"kinds": {"size": "number"}}),
        (table_with(), {"kinds": {"count": "category"}}),
        (table_with(more=[(900, ",".join(NAMES)), (950, "1,2,3"), (1000, "")]), {}),
        (table_with(more=[(900, "x,y,z"), (901, "1,2,3")]), {}),
        (table_with(more=[(1200, ",,,,"), (1200, "the end,,,,"), (1200, ",,,,")]), {}),
        (table_with(more=[(1200, "some notes"), (1201, "in two lines")]), {}),
        (table_with(more=[(900, "# a comment"), (950, "#1,2,3,4,5")], top="# a title\n"), {}),
        (table_with(more=[(900, 'x,5" ,3,4,5'), (901, '"a" ,1,2,3,4')]), {}),
        (table_with({900: ["1", "5", "907", "a\x02b", "\x7f"]}), {}),
    ],
)
def test_no_such_thing_needs_the_whole_file(tmp_path, monkeypatch, text, overrides):
    patched(monkeypatch)
    monkeypatch.setattr(large_files, "LARGEST_IRREGULAR", 1000)
    fast, careful = both(tmp_path / "t.csv", text, **overrides)
    assert fast is not None
    assert_same(fast, careful)


def test_codes_further_down_keep_their_zeros(tmp_path, monkeypatch):
    patched(monkeypatch)
    rows = [[f"{i:04d}", f"{i}.5"] for i in range(5000, 0, -1)]
    text = "".join(written([["code", "size"], *rows], ",", "\n"))
    fast, careful = both(tmp_path / "t.csv", text)
    assert_same(fast, careful)
    assert fast.columns[0].kind == "text"
    assert fast.columns[0].values[-1] == "0001"


def test_a_column_that_is_not_there_cannot_be_given_a_kind(tmp_path, monkeypatch):
    patched(monkeypatch)
    (tmp_path / "t.csv").write_text(table_with())
    with pytest.raises(UserError, match="no column 'weight'"):
        read_table(tmp_path / "t.csv", kinds={"weight": "number"})


def test_reading_a_large_file_stops_when_progress_says_so(tmp_path, monkeypatch):
    patched(monkeypatch)
    (tmp_path / "t.csv").write_text(table_with())
    with pytest.raises(Cancelled):
        read_table(tmp_path / "t.csv", progress=lambda done: done < 0.4)


FORMATS = ["%r", "%.17g", "%.3f", "%.6e", "%+.15g", "%.19g", "%.25f"]


def layout(delimiter=",", width=1, decimal=".", missing=("", "NA"), not_missing=()):
    return Layout(
        names=("",) * width,
        types=("number",) * width,
        numbers=frozenset(range(width)),
        missing=missing,
        not_missing=not_missing,
        quoting=Quoting(delimiter),
        decimal=decimal,
        encoding="utf-8",
        comment=None,
    )


def numbers(texts, **options):
    """Parse cells of one column; beside it stands another, since no table has a single one."""
    text = "".join(f"{cell};0.5\n" for cell in texts)
    part = parse_block(text.encode(), layout(";", 2, **options), False)
    return None if 0 in part.odd else part.numbers[0].astype(np.float64)


def bits(values):
    return np.asarray(values, np.float64).view(np.int64).tolist()


@given(
    st.lists(
        st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(FORMATS)),
        min_size=1,
        max_size=60,
    )
)
def test_numbers_are_the_nearest_bit_for_bit(cases):
    texts = ["0.25", *[repr(x) if style == "%r" else style % x for x, style in cases]]
    found = numbers(texts)
    if found is not None:  # integers that are too long are left to others
        assert bits(found) == bits([float(text) for text in texts])


@given(st.lists(st.tuples(st.integers(0, 10**14), st.integers(-330, 290)), min_size=1, max_size=60))
def test_digits_and_powers_of_every_size_are_the_nearest(cases):
    texts = [f"{digits}e{power}" for digits, power in cases]
    assert bits(numbers(texts)) == bits([float(text) for text in texts])


def test_numbers_half_way_between_two_floats_go_to_the_even_one():
    texts = ["4503599627370497.5", "0.1e1", "1e23", "8.5e15", "2.4703282292062328e-324", "5e-324"]
    assert bits(numbers(texts)) == bits([float(text) for text in texts])


def test_decimal_commas_and_missing_marks_are_understood():
    found = numbers(["1,5", "-2", "", "NA", "1,25e2"], decimal=",")
    np.testing.assert_array_equal(found, [1.5, -2.0, np.nan, np.nan, 125.0])


@pytest.mark.parametrize(
    "cell",
    ["word", "4_5", "0x10", "1e", "-", ".", "1 2", "inf", "-Infinity", "1e999", "nan", "TRUE",
     "1,5", "١", "9007199254740993", "18446744073709551616", "-9223372036854775808"],
)  # fmt: skip
@pytest.mark.parametrize("others", [["1", "2"], ["0.5"], []])
def test_cells_that_pandas_alone_cannot_judge_are_left_to_others(cell, others):
    assert numbers([*others, cell]) is None


@pytest.mark.parametrize("cell", ["007", "00", " 01", "012"])
@pytest.mark.parametrize("others", [["1", "2"], ["1", ""]])
def test_whole_numbers_that_begin_with_a_zero_are_left_to_others(cell, others):
    assert numbers([*others, cell]) is None


def test_numbers_that_may_be_meant_as_missing_are_left_to_others():
    assert numbers(["1", "-999.0"], not_missing=(-999.0,)) is None
    assert numbers(["1", "-99.0"], not_missing=(-999.0,)) is not None
