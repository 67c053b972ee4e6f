"""Workbooks, Parquet, ARFF, JSON and gzip give the tables that were put in."""

import datetime as dt
import gzip
import json
import pathlib
import sys

import numpy as np
import pytest

from core.base.errors import UserError
from core.data.reading.table_reader import read_table

RECORDS = [
    {"x": 1.5, "n": 3, "kind": "red", "ok": True},
    {"x": None, "n": 4, "kind": "blue", "ok": False},
    {"x": 2.25, "n": 5, "kind": "red", "ok": True},
]


def assert_holds_the_records(table):
    assert table.names == ("x", "n", "kind", "ok")
    assert [column.kind for column in table.columns] == ["number", "number", "category", "boolean"]
    np.testing.assert_array_equal(table.column("x").values, [1.5, np.nan, 2.25])
    np.testing.assert_array_equal(table.column("n").values, [3.0, 4.0, 5.0])
    assert list(table.column("kind").values) == ["red", "blue", "red"]
    assert [str(value).lower() for value in table.column("ok").values] == ["true", "false", "true"]


def layouts():
    names = list(RECORDS[0])
    rows = [list(record.values()) for record in RECORDS]
    yield "records.json", json.dumps(RECORDS)
    yield "indented.json", json.dumps(RECORDS, indent=1)
    yield "lines.jsonl", "\n".join(json.dumps(record) for record in RECORDS)
    yield "wrapped.json", json.dumps({"about": "trees", "rows": RECORDS})
    yield "split.json", json.dumps({"columns": names, "data": rows})
    yield "columns.json", json.dumps({name: [r[name] for r in RECORDS] for name in names})
    keyed = {name: {str(i): r[name] for i, r in enumerate(RECORDS)} for name in names}
    yield "keyed.json", json.dumps(keyed)
    yield "lists.json", json.dumps([names, *rows])


@pytest.mark.parametrize(("name", "text"), list(layouts()))
def test_every_usual_layout_of_json_is_read(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    table = read_table(tmp_path / name)
    assert_holds_the_records(table)
    assert table.dialect.format == "json"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"x": [1, 2', "line 1, column"),
        ('{"x": 1}', "not a table"),
        ('{"x": 1}\n{"x": 2}\n{"x"\n', "Line 3"),
        ("[1, 2, 3]", "not a table"),
        ("[" * 100_000, "JSON|nested"),
    ],
)
def test_json_that_is_no_table_is_refused(tmp_path, text, why):
    (tmp_path / "t.json").write_text(text)
    with pytest.raises(UserError, match=why):
        read_table(tmp_path / "t.json")


def test_arff_is_read_with_quotes_comments_and_missing_values(tmp_path):
    (tmp_path / "t.arff").write_text(
        "% trees\n@RELATION t\n@attribute 'leaf length' NUMERIC\n@attribute w real\n"
        "@attribute class {'red oak', ash}\n@data\n5.1,3.5,'red oak'\n% note\n4.9,?,ash\n4,3,ash\n"
    )
    table = read_table(tmp_path / "t.arff")
    assert table.names == ("leaf length", "w", "class")
    np.testing.assert_array_equal(table.column("w").values, [3.5, np.nan, 3.0])
    assert list(table.column("class").values) == ["red oak", "ash", "ash"]
    assert list(table.lines) == [7, 9, 10]
    assert not table.problems


def test_sparse_arff_fills_in_zero_and_the_first_class(tmp_path):
    (tmp_path / "t.arff").write_text(
        "@relation t\n@attribute a numeric\n@attribute c {n,y}\n@data\n{0 3, 1 y}\n{}\n{0 2.5}\n"
    )
    table = read_table(tmp_path / "t.arff")
    assert list(table.column("a").values) == [3.0, 0.0, 2.5]
    assert list(table.column("c").values) == ["y", "n", "n"]


def test_arff_without_data_is_refused(tmp_path):
    (tmp_path / "t.arff").write_text("@relation t\n@attribute a numeric\n")
    with pytest.raises(UserError, match="@data"):
        read_table(tmp_path / "t.arff")


def workbook(path: pathlib.Path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.title = "Empty"
    trees, notes = book.create_sheet("Trees"), book.create_sheet("Notes")
    trees.append(["Trees of the park"])
    trees.append([])
    trees.append(["length", "count", "kind", "day", "ok"])
    for i in range(12):
        day = dt.datetime(2024, 1, i + 1)
        trees.append([i / 4, i * 3, ["red", "blue"][i % 2], day, i % 2 == 0])
    notes.append(["a", "b"])
    notes.append([1, 2])
    book.save(path)


def test_the_first_filled_sheet_of_a_workbook_is_read_and_named(tmp_path):
    workbook(tmp_path / "t.xlsx")
    table = read_table(tmp_path / "t.xlsx")
    assert (table.dialect.format, table.dialect.sheet) == ("xlsx", "Trees")
    assert table.dialect.sheets == ("Empty", "Trees", "Notes")
    assert table.names == ("length", "count", "kind", "day", "ok")
    kinds = [column.kind for column in table.columns]
    assert kinds == ["number", "number", "category", "date", "boolean"]
    assert list(table.column("count").values) == [3.0 * i for i in range(12)]
    assert table.column("day").values[0] == "2024-01-01"
    assert list(table.lines) == list(range(4, 16))


def test_cells_that_a_workbook_could_not_compute_are_missing_and_told(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["notes"])
    sheet = book.create_sheet("A & B")
    sheet.append(["x", "y", "kind"])
    for i in range(20):
        sheet.append([i, i / 2, ["red", "blue"][i % 2]])
    for place, error in (("A5", "#DIV/0!"), ("B7", "#REF!"), ("C9", "#N/A")):
        sheet[place].value, sheet[place].data_type = error, "e"
    book.save(tmp_path / "t.xlsx")
    table = read_table(tmp_path / "t.xlsx", sheet="A & B")
    assert [column.kind for column in table.columns] == ["number", "number", "category"]
    assert [column.missing for column in table.columns] == [1, 1, 1]
    told = {(problem.line, problem.column) for problem in table.problems}
    assert {(5, "x"), (7, "y")} <= told
    assert "#DIV/0!" in " ".join(problem.reason for problem in table.problems)


def test_another_sheet_can_be_asked_for(tmp_path):
    workbook(tmp_path / "t.xlsx")
    assert read_table(tmp_path / "t.xlsx", sheet="Notes").names == ("a", "b")
    assert read_table(tmp_path / "t.xlsx", sheet=2).names == ("a", "b")
    with pytest.raises(UserError, match="Empty, Trees, Notes"):
        read_table(tmp_path / "t.xlsx", sheet="Shrubs")
    with pytest.raises(UserError, match="no data"):
        read_table(tmp_path / "t.xlsx", sheet="Empty")


def test_a_workbook_under_another_name_is_refused_with_the_mend(tmp_path):
    workbook(tmp_path / "t.xlsx")
    (tmp_path / "t.xlsx").rename(tmp_path / "t.csv")
    with pytest.raises(UserError, match=r"Rename it to end in \.xlsx"):
        read_table(tmp_path / "t.csv")


@pytest.mark.parametrize("name", ["t.xlsx", "t.ods", "t.xls"])
def test_damaged_workbooks_are_refused(tmp_path, name):
    start = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" if name == "t.xls" else b"PK\x03\x04"
    (tmp_path / name).write_bytes(start + b"x" * 500)
    with pytest.raises(UserError, match="damaged"):
        read_table(tmp_path / name)


def test_text_under_a_workbook_name_is_read_as_text(tmp_path):
    (tmp_path / "t.xls").write_text("a\tb\n1\t2\n3\t4\n")
    assert list(read_table(tmp_path / "t.xls").column("b").values) == [2.0, 4.0]


def test_parquet_is_read(tmp_path):
    pytest.importorskip("pyarrow")
    pandas = pytest.importorskip("pandas")
    pandas.DataFrame(RECORDS).to_parquet(tmp_path / "t.parquet")
    table = read_table(tmp_path / "t.parquet")
    assert_holds_the_records(table)
    assert table.dialect.format == "parquet"
    (tmp_path / "t.parquet").write_bytes(b"PAR1" + b"x" * 100 + b"PAR1")
    with pytest.raises(UserError, match="damaged"):
        read_table(tmp_path / "t.parquet")


def test_parquet_without_pyarrow_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "t.parquet").write_bytes(b"PAR1xxxxPAR1")
    with pytest.raises(UserError, match=r"pyarrow.*pip install"):
        read_table(tmp_path / "t.parquet")


def test_gzip_is_unpacked_whatever_the_name(tmp_path):
    (tmp_path / "t.csv").write_bytes(gzip.compress(b"a,b\n1,x\n2,y\n"))
    table = read_table(tmp_path / "t.csv")
    assert table.names == ("a", "b")
    assert table.dialect.compression == "gzip"


def book_of(path, sheets):
    """Write a workbook of sheets: name -> (rows, whether it is hidden)."""
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, (rows, is_hidden) in sheets.items():
        sheet = book.create_sheet(name)
        sheet.sheet_state = "hidden" if is_hidden else "visible"
        for row in rows:
            sheet.append(row)
    book.active = next(i for i, (_, is_hidden) in enumerate(sheets.values()) if not is_hidden)
    book.save(path)


SMALL = [["x", "cls"], *[[i * 1.5, "ab"[i % 2]] for i in range(8)]]


def test_a_hidden_sheet_is_read_only_where_there_is_no_other_or_it_is_asked_for(tmp_path):
    path = tmp_path / "t.xlsx"
    book_of(path, {"Hidden": ([["y"], [1], [2]], True), "Main": (SMALL, False)})
    table = read_table(path)
    assert (table.dialect.sheet, table.n_rows) == ("Main", 8)
    assert any("Hidden" in problem.reason for problem in table.problems)
    assert read_table(path, sheet="Hidden").names == ("y",)


def test_a_cover_sheet_is_passed_over_though_the_table_is_small(tmp_path):
    path = tmp_path / "t.xlsx"
    book_of(path, {"Read me": ([["The survey of 2021."], ["Ask Ann."]], False),
                   "Data": (SMALL, False)})  # fmt: skip
    assert read_table(path).names == ("x", "cls")


def test_both_quotes_may_stand_in_one_arff_file(tmp_path):
    (tmp_path / "t.arff").write_text(
        '@relation t\n@attribute a numeric\n@attribute when date "yyyy-MM-dd HH:mm"\n'
        "@attribute s string\n@attribute 'it\\'s' {no,'not sure'}\n@data\n"
        "1,\"2020-01-02 03:04\",'hello, you',no\n"
        "2, \"2020-01-03 03:04\" ,'it\\'s','not sure'\n"
        '3,"2020-01-04 03:04",d,no\n'
    )
    table = read_table(tmp_path / "t.arff")
    assert table.names == ("a", "when", "s", "it's")
    assert table.column("s").values.tolist() == ["hello, you", "it's", "d"]
    assert table.column("it's").values.tolist() == ["no", "not sure", "no"]
    assert table.column("when").kind == "date"
    assert not table.problems


def test_a_quote_that_is_not_closed_in_an_arff_file_is_refused_with_its_line(tmp_path):
    (tmp_path / "t.arff").write_text(
        "@relation t\n@attribute a numeric\n@attribute s string\n@data\n1,x\n2,'y\n"
    )
    with pytest.raises(UserError, match="line 6"):
        read_table(tmp_path / "t.arff")
