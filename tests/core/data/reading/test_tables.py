"""Reading delimited text: every way of writing one table gives that table."""

import itertools

import numpy as np
import pytest

from core.base.errors import UserError
from core.data.reading import large_files, source, table_reader
from core.data.reading.source import Cancelled
from core.data.reading.table_reader import read_table

NAMES = ("length", "width", "when", "kind")
LABELS = ("red oak", "ash", "elm")
ROWS = [
    (f"{i / 4:.2f}", str(3 * i - 20), f"2024-01-{i % 28 + 1:02d}", LABELS[i % 3]) for i in range(40)
]


def written(rows, delimiter=",", end="\n"):
    return end.join(delimiter.join(row) for row in rows) + end


def table_of(tmp_path, text, encoding="utf-8", name="t.csv", **overrides):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return read_table(path, **overrides)


def assert_is_the_table(table, names=NAMES):
    assert table.names == tuple(names)
    assert [column.kind for column in table.columns] == ["number", "number", "date", "category"]
    for j in (0, 1):
        np.testing.assert_array_equal(table.columns[j].values, [float(row[j]) for row in ROWS])
    for j in (2, 3):
        assert list(table.columns[j].values) == [row[j] for row in ROWS]
    assert not table.problems


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^", "~"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
def test_any_delimiter_and_line_end_give_the_same_table(tmp_path, delimiter, end):
    table = table_of(tmp_path, written([NAMES, *ROWS], delimiter, end))
    assert_is_the_table(table)
    assert table.dialect.delimiter == delimiter
    assert table.dialect.header == 1


@pytest.mark.parametrize(("delimiter", "quote"), list(itertools.product(",;\t| :", "\"'")))
def test_quoted_cells_hold_delimiters_and_doubled_quotes(tmp_path, delimiter, quote):
    def quoted(cell):
        return quote + cell.replace(quote, quote * 2) + quote

    notes = [f"it is {quote}{i}{quote}{delimiter} yes" for i in range(40)]
    rows = [[*map(quoted, row), quoted(note)] for row, note in zip(ROWS, notes, strict=True)]
    table = table_of(tmp_path, written([[*map(quoted, NAMES), quoted("note")], *rows], delimiter))
    assert list(table.column("note").values) == notes
    np.testing.assert_array_equal(table.column("width").values, [float(row[1]) for row in ROWS])
    assert table.dialect.quote == quote


def test_backslashes_escape_quotes_where_the_file_does_so(tmp_path):
    rows = [[row[0], f'"a \\"{i}\\", b"'] for i, row in enumerate(ROWS)]
    table = table_of(tmp_path, written([["x", "note"], *rows]))
    assert table.dialect.escape == "\\"
    assert table.column("note").values[3] == 'a "3", b'


def test_a_quoted_cell_may_span_lines_and_lines_are_still_counted(tmp_path):
    table = table_of(tmp_path, 'x,note\n1,"one\ntwo"\n2,three\n3,four\n')
    assert list(table.column("note").values) == ["one\ntwo", "three", "four"]
    assert list(table.lines) == [2, 4, 5]


def test_columns_aligned_by_runs_of_blanks_are_split(tmp_path):
    rows = [(row[0], row[1], row[3].replace(" ", "_")) for row in ROWS]
    text = "\n".join("".join(cell.rjust(12) for cell in row) for row in [("a", "b", "c"), *rows])
    table = table_of(tmp_path, text, name="t.txt")
    assert table.names == ("a", "b", "c")
    assert [column.kind for column in table.columns] == ["number", "number", "category"]
    assert table.n_rows == 40


def test_words_alone_are_not_split_at_blanks(tmp_path):
    table = table_of(tmp_path, "name\n" + "\n".join(f"Anna Berg{i}" for i in range(20)))
    assert table.names == ("name",)
    assert table.n_rows == 20


@pytest.mark.parametrize("delimiter", [";", "\t", "|", " "])
def test_decimal_commas_are_found(tmp_path, delimiter):
    rows = [(row[0].replace(".", ","), row[1], row[2], row[3].split()[0]) for row in ROWS]
    table = table_of(tmp_path, written([NAMES, *rows], delimiter))
    np.testing.assert_array_equal(table.column("length").values, [float(row[0]) for row in ROWS])
    assert table.dialect.decimal == ","


@pytest.mark.parametrize(
    ("cells", "decimal", "thousands"),
    [
        (["1,234.5", "22,000.0", "7.5"], ".", ","),
        (["1.234,5", "22.000,0", "7,5"], ",", "."),
        (["1 234,5", "22 000,0", "7,5"], ",", " "),
        (["1'234.5", "22'000.0", "7.5"], ".", "'"),
    ],
)
def test_thousands_marks_are_found(tmp_path, cells, decimal, thousands):
    table = table_of(tmp_path, written([("x", "y"), *((cell, "a") for cell in cells)], ";"))
    assert list(table.column("x").values) == [1234.5, 22000.0, 7.5]
    assert (table.dialect.decimal, table.dialect.thousands) == (decimal, thousands)


def test_commas_that_may_be_either_mark_are_left_and_told(tmp_path):
    rows = [(str(i), f'"1,{i % 9}00"' if i % 20 == 5 else str(i)) for i in range(40)]
    table = table_of(tmp_path, written([("a", "b"), *rows]))
    assert table.column("b").kind == "text"
    assert any("may be numbers" in str(problem) for problem in table.problems)
    again = read_table(tmp_path / "t.csv", thousands=",")
    assert again.column("b").values[5] == 1500.0


def test_data_without_names_is_not_robbed_of_its_first_row(tmp_path):
    table = table_of(tmp_path, written(ROWS))
    assert table.n_rows == 40
    assert table.dialect.header == 0
    assert table.names == ("column 1", "column 2", "column 3", "column 4")


def test_categories_without_names_are_told_from_names(tmp_path):
    rows = [("xob"[i % 3], "ab"[i % 2], "cd"[(i // 2) % 2]) for i in range(30)]
    assert table_of(tmp_path, written(rows)).dialect.header == 0
    assert table_of(tmp_path, written([("p", "q", "r"), *rows])).dialect.header == 1


def test_header_rows_over_typed_columns_are_joined(tmp_path):
    units = ("cm", "g", "date", "name")
    table = table_of(tmp_path, written([NAMES, units, *ROWS]))
    assert_is_the_table(table, ("length cm", "width g", "when date", "kind name"))


def test_years_may_be_names(tmp_path):
    rows = [(f"n{i}", str(i), str(2 * i), str(3 * i)) for i in range(9)]
    table = table_of(tmp_path, written([("name", "2019", "2020", "2021"), *rows]))
    assert table.names == ("name", "2019", "2020", "2021")


def test_a_header_one_short_means_row_names(tmp_path):
    rows = [(f'"r{i}"', *row) for i, row in enumerate(ROWS)]
    table = table_of(tmp_path, written([NAMES, *rows]))
    assert table.names == ("row", *NAMES)
    assert table.column("row").is_id


def test_three_line_headers_of_orange_are_read(tmp_path):
    head = [NAMES, ("c", "c", "time", "d"), ("", "", "", "class")]
    assert_is_the_table(table_of(tmp_path, written([*head, *ROWS], "\t"), name="t.tab"))


def test_a_first_line_that_counts_rows_and_features_is_no_header(tmp_path):
    rows = [(row[0], row[1], str(i % 2)) for i, row in enumerate(ROWS)]
    table = table_of(tmp_path, written([("40", "2", "no", "yes")[:3], *rows]))
    assert table.n_rows == 40
    assert table.problems


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("padded", [True, False])
def test_titles_and_notes_around_the_table_are_left_out_and_told(tmp_path, delimiter, padded):
    pad = delimiter * 3 if padded else ""
    text = f"Trees of the park{pad}\n{pad}\n" + written([NAMES, *ROWS], delimiter) + f"End{pad}\n"
    table = table_of(tmp_path, text)
    assert table.n_rows == 40
    assert table.names == NAMES
    assert table.dialect.footer == 1
    assert {"title", "footer"} <= set(table.problem_counts)


@pytest.mark.parametrize("mark", ["#", "%", "//"])
def test_comment_lines_are_skipped(tmp_path, mark):
    body = written(ROWS[20:])
    text = f"{mark} made by hand, in May\n" + written([NAMES, *ROWS[:20]]) + f"{mark} more\n" + body
    table = table_of(tmp_path, text)
    assert_is_the_table(table)
    assert table.dialect.comment == mark
    assert table.lines[20] == 24


def test_names_on_a_comment_line_are_names(tmp_path):
    rows = [row[:2] for row in ROWS]
    table = table_of(tmp_path, "# a b\n" + written(rows, " "), name="t.dat")
    assert table.names == ("a", "b")


def test_a_separator_line_decides(tmp_path):
    table = table_of(tmp_path, "sep=;\r\n" + written([NAMES, *ROWS], ";", "\r\n"))
    assert_is_the_table(table)


@pytest.mark.parametrize(
    "mark", ["", "NA", "N/A", "NaN", "null", "?", "-", ".", "None", "unknown", " ", "\\N", "<NA>"]
)
def test_missing_marks_among_numbers_are_missing(tmp_path, mark):
    rows = [(mark if i % 7 == 0 else row[0], *row[1:]) for i, row in enumerate(ROWS)]
    table = table_of(tmp_path, written([NAMES, *rows]))
    assert table.column("length").kind == "number"
    assert table.column("length").missing == 6
    assert not table.problems


@pytest.mark.parametrize("labels", [("+", "-"), ("none", "some"), ("a", "b")])
def test_real_categories_are_not_taken_for_missing(tmp_path, labels):
    rows = [(row[0], labels[i % 2]) for i, row in enumerate(ROWS)]
    table = table_of(tmp_path, written([("x", "y"), *rows]))
    assert table.column("y").missing == 0
    assert set(table.column("y").values) == set(labels)


def test_namibia_is_not_missing_among_country_codes(tmp_path):
    codes = ["NA", "US", "DE", "FR", "GB", "ZA", "BR", "IN", "CN", "JP", "IT", "ES"]
    rows = [(str(i), codes[i % 12]) for i in range(60)]
    table = table_of(tmp_path, written([("x", "country"), *rows]))
    assert table.column("country").missing == 0
    assert any("'NA' was kept" in str(problem) for problem in table.problems)


def test_kinds_are_told_apart(tmp_path):
    rows = [
        (f"P{i:03d}", "yes" if i % 3 else "no", "31.01.2020", f"0{1000 + i % 7}", f"{i}:30", "")
        for i in range(30)
    ]
    table = table_of(tmp_path, written([("id", "ok", "day", "post", "time", "none"), *rows]))
    assert [column.kind for column in table.columns] == [
        *("text", "boolean", "date", "category", "text", "empty")
    ]
    assert table.column("id").is_id
    assert not table.column("ok").is_id


def test_labels_with_stray_blanks_are_one_label(tmp_path):
    rows = [(row[0], f" {row[3]} " if i % 2 else row[3]) for i, row in enumerate(ROWS)]
    assert set(table_of(tmp_path, written([("x", "y"), *rows])).column("y").values) == set(LABELS)


def test_cells_protected_from_spreadsheets_come_back_as_they_were(tmp_path):
    table = table_of(tmp_path, "x,y\n'=1+1,1\n'@SUM(1),2\n\"\t=2\",3\n'quoted',4\n", quote='"')
    assert list(table.column("x").values) == ["=1+1", "@SUM(1)", "\t=2", "'quoted'"]


def test_overrides_take_the_place_of_guesses(tmp_path):
    text = "title\na;b\n1,5;9\n2,5;x\n"
    table = table_of(tmp_path, text, skip=2, header=False, decimal=".", missing=["9"])
    assert table.names == ("column 1", "column 2")
    assert list(table.columns[0].values) == ["1,5", "2,5"]
    assert list(table.columns[1].values) == [None, "x"]
    forced = table_of(tmp_path, "p,q\n$1.50,1\n$2,2\n", kinds={"p": "number", "q": "category"})
    assert list(forced.column("p").values) == [1.5, 2.0]
    assert list(forced.column("q").values) == ["1", "2"]
    assert table_of(tmp_path, "a,b\n1,2\n", delimiter=";").names == ("a,b",)
    assert table_of(tmp_path, "g,h\na,b\n1,2\n3,4\n", header=2).names == ("g a", "h b")


@pytest.mark.parametrize(
    "overrides",
    [
        {"delimeter": ";"},
        {"missing": 3},
        {"delimiter": ";;"},
        {"decimal": "x"},
        {"skip": -1},
        {"header": "yes"},
        {"kinds": {"a": "numeric"}},
        {"kinds": {"nowhere": "number"}},
    ],
)
def test_senseless_overrides_are_refused_with_the_choices(tmp_path, overrides):
    with pytest.raises(UserError) as refusal:
        table_of(tmp_path, "a,b\n1,2\n3,4\n", **overrides)
    assert refusal.value.mend


def test_columns_give_what_was_read_and_cannot_be_changed(tmp_path):
    table = table_of(tmp_path, "a,b\n1,x\n2.5,\n")
    assert table.column("a").values.tolist() == [1.0, 2.5]
    assert table.column("b").values.tolist() == ["x", None]
    with pytest.raises(UserError, match="Its columns are: a, b"):
        table.column("c")
    with pytest.raises(ValueError, match="read-only"):
        table.column("a").values[0] = 3.0


@pytest.mark.parametrize("delimiter", [",", "\t", "  "])
@pytest.mark.parametrize(
    "change",
    [
        *("none", "bad cell", "short row", "long row", "quoted", "missing at the end", "title"),
        *(
            "note",
            "names again",
            "blank line",
            "lines in names",
            "lines in cells",
            "huge",
            "huge and a gap",
            "code",
            "gaps",
        ),
    ],
)
def test_large_files_read_as_small_ones_do(tmp_path, monkeypatch, delimiter, change):
    rows = [[f"{i}.5", str(i % 9), LABELS[i % 3], str(i % 5)] for i in range(3000)]
    if change == "bad cell":
        rows[2500][0] = "oops"
    if change == "short row":
        rows[2500].pop()
    if change == "quoted":
        rows = [[*row[:2], f'"{row[2]}"', row[3]] for row in rows]
    if change == "missing at the end":
        rows[2000][3] = rows[3][3] = "NA"
    if change == "long row":
        rows[2500].append("1")
    if change == "note":
        rows.append(["Source: the park", "", "", ""])
    if change == "names again":
        rows[2500] = ["a", "b", "c", "d"]
    if change == "lines in cells":
        rows[2500][2] = rows[10][2] = f'"red\r\noak{delimiter}"'
    if change == "gaps":
        rows = [
            [row[0], f'"{row[1]}"', f'"a{delimiter}b"', "" if i % 9 else row[3]]
            for i, row in enumerate(rows)
        ]
    if change.startswith(("huge", "code")):
        rows = [
            [f"{i:05d}" if change == "code" else f"{10**17 + 1000 * i}", *row[1:]]
            for i, row in enumerate(rows)
        ]
    if change == "huge and a gap":
        rows[7][0] = ""
    names = ['"a\nb"' if change == "lines in names" else "a", "b", "c", "d"]
    title = "Trees\n\n" if change == "title" else ""
    text = title + written([names, *rows], delimiter)
    if change == "blank line":
        text = text.replace("\n2500.5", "\n\n2500.5")
    careful = table_of(tmp_path, text)
    monkeypatch.setattr(table_reader, "LARGE", 1000)
    monkeypatch.setattr(large_files, "HEAD", 10_000)
    monkeypatch.setattr(large_files, "BLOCK", 5_000)
    monkeypatch.setattr(source, "CHUNK", 3_000)
    fractions = []
    fast = read_table(tmp_path / "t.csv", progress=lambda done: fractions.append(done) or True)
    assert fractions == sorted(fractions)
    assert fast.names == careful.names
    assert {str(problem) for problem in fast.problems} == {str(p) for p in careful.problems}
    np.testing.assert_array_equal(fast.lines, careful.lines)
    for one, other in zip(fast.columns, careful.columns, strict=True):
        assert (one.kind, one.missing, one.is_id) == (other.kind, other.missing, other.is_id)
        np.testing.assert_array_equal(one.values, other.values)


def test_reading_stops_when_progress_says_so(tmp_path):
    with pytest.raises(Cancelled):
        table_of(tmp_path, "a,b\n1,2\n3,4\n", progress=lambda done: done < 0.4)
