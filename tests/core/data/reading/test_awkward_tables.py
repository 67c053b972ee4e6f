"""Awkward ways to write a table: each is read as meant, or said to be doubtful."""

import gzip
import io
import json
import zipfile

import numpy as np
import pytest

from core.data.reading.table_reader import read_table

NAMES = ("length", "count", "species")
LABELS = ("setosa", "versicolor", "virginica")
ROWS = [(f"{4 + i * 37 % 40 / 10:.1f}", str(i * 7919 % 5000 + 1), LABELS[i % 3]) for i in range(30)]
BIG = [123_456 + i * 7_777_777 for i in range(30)]


def written(rows, delimiter=",", end="\n"):
    return end.join(delimiter.join(row) for row in rows) + end


def table_of(tmp_path, content, name="t.csv", **overrides):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(path, **overrides)


def told(table):
    return " ".join(map(str, table.problems))


def barred(rows):
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


PLAIN = written([NAMES, *ROWS])
SAME_TABLE = {
    "a line end of two marks": written([NAMES, *ROWS], end="\n\r"),
    "a DOS end mark": f"{PLAIN}\x1a",
    "keys before it": f"Station:,Berlin,\nYear:,1936,\n,,\n{PLAIN}",
    "keys and no blank line": f"Station:,Berlin\nYear:,1936\n{PLAIN}",
    "twenty lines of prose before it": "A line, which says much.\n" * 20 + PLAIN,
    "bars around": barred([NAMES, *ROWS]),
    "a drawn table": barred([NAMES, ("---", ":-:", "--:"), *ROWS]),
    "blanks around commas": written([NAMES, *ROWS], " , "),
    "control characters between": written([NAMES, *ROWS], "\x01"),
    "a quote around each line": "".join(f'"{line}"\n' for line in PLAIN.splitlines()),
    "a delimiter after each row": written(
        [NAMES, *(f"{','.join(row)},".split(",") for row in ROWS)]
    ),
    "two names too many": written([(*NAMES, "left", "over"), *ROWS]),
    "two packed parts": gzip.compress(written([NAMES, *ROWS[:9]]).encode())
    + gzip.compress(written(ROWS[9:]).encode()),
}


@pytest.mark.parametrize("way", SAME_TABLE)
def test_a_table_is_the_same_however_it_is_dressed(tmp_path, way):
    table = table_of(tmp_path, SAME_TABLE[way])
    assert table.names == NAMES
    assert [column.kind for column in table.columns] == ["number", "number", "category"]
    np.testing.assert_array_equal(table.columns[1].values, [float(row[1]) for row in ROWS])
    assert list(table.columns[2].values) == [row[2] for row in ROWS]


@pytest.mark.parametrize("delimiter", [";", "\t", "|", ","])
@pytest.mark.parametrize("mark", [" ", "\u00a0", "\u202f", "'", "’"])
def test_blanks_and_apostrophes_between_thousands_do_not_divide_cells(tmp_path, mark, delimiter):
    cells = [f"{value:,}".replace(",", mark) for value in BIG]
    halves = [f'"{cell},5"' for cell in cells]
    rows = [("n", "half", "kind"), *zip(cells, halves, [row[2] for row in ROWS], strict=True)]
    table = table_of(tmp_path, written(rows, delimiter))
    assert table.names == ("n", "half", "kind")
    np.testing.assert_array_equal(table.column("n").values, BIG)
    np.testing.assert_array_equal(table.column("half").values, np.array(BIG) + 0.5)


def test_thousands_may_be_grouped_as_in_india(tmp_path):
    rows = [("n", "kind"), *((f'"{i + 1},23,456"', "ab"[i % 2]) for i in range(9))]
    table = table_of(tmp_path, written(rows))
    assert list(table.column("n").values[:2]) == [123456.0, 223456.0]


@pytest.mark.parametrize(
    ("pattern", "value"),
    [("${}", 5), ("{} %", 5), ("({})", -5), ("{} cm", 5), ("{}-", -5), ("{}D0", 5), ("{}*", 5)],
)
def test_numbers_in_disguise_are_told_and_read_once_the_user_says_so(tmp_path, pattern, value):
    rows = [("x", "kind"), *((pattern.format(5 + i % 4), "ab"[i % 2]) for i in range(20))]
    table = table_of(tmp_path, written(rows))
    assert table.column("x").kind != "number"
    assert "may be numbers" in told(table)
    again = read_table(tmp_path / "t.csv", kinds={"x": "number"})
    assert again.column("x").values[0] == value
    assert again.column("x").missing == 0


def test_a_column_of_numbers_with_some_words_is_told(tmp_path):
    rows = [("x", "kind"), *(("<0.1" if i % 7 == 0 else f"{i}.5", "ab"[i % 2]) for i in range(40))]
    assert "most cells are numbers, but not '<0.1'" in told(table_of(tmp_path, written(rows)))
    codes = [("x", "y"), *((f"30036{i:04d}" + "z" * (i % 9 == 0), "ab"[i % 2]) for i in range(40))]
    assert not table_of(tmp_path, written(codes)).problems


@pytest.mark.parametrize(
    ("head", "names"),
    [
        ([("", "count", "species")], ("column 1", "count", "species")),
        ([("", "size", "of"), NAMES], ("length", "size count", "of species")),
        ([("petal", "", "name"), NAMES], ("petal length", "petal count", "name species")),
        ([("#", *NAMES[1:])], ("#", *NAMES[1:])),
    ],
)
def test_names_may_be_blank_in_part_and_stand_in_several_rows(tmp_path, head, names):
    table = table_of(tmp_path, written([*head, *ROWS]))
    assert table.n_rows == 30
    assert table.dialect.header == len(head)
    assert table.names == names


def test_quoted_sentences_are_not_taken_for_quoted_lines(tmp_path):
    lines = "".join(f'"Row {i}, with {"many, " * (i % 3)}words."\n' for i in range(20))
    table = table_of(tmp_path, f"text\n{lines}")
    assert table.names == ("text",)
    assert table.n_rows == 20


def test_sentences_are_not_divided_at_their_commas(tmp_path):
    table = table_of(tmp_path, "text\n" + "".join(f"Row {i}, which goes on.\n" for i in range(20)))
    assert table.names == ("text",)
    assert table.column("text").values[3] == "Row 3, which goes on."


def test_lines_of_two_encodings_are_each_read_as_they_are_and_told(tmp_path):
    lines = [f"{i},café\n".encode("utf-8" if i % 5 else "cp1252") for i in range(20)]
    table = table_of(tmp_path, b"x,y\n" + b"".join(lines))
    assert set(table.column("y").values) == {"café"}
    assert "4 lines, from line 2 on" in told(table)


def test_letters_decoded_wrongly_before_and_control_characters_are_told(tmp_path):
    rows = [(str(i), ("Ã©tÃ©", "hiver")[i % 2]) for i in range(9)]
    assert "decoded wrongly" in told(table_of(tmp_path, written([("x", "y"), *rows])))
    rows = [(f"\x1b[31m{i}", "ab"[i % 2]) for i in range(9)]
    assert "line 2: A control character" in told(table_of(tmp_path, written([("x", "y"), *rows])))


def test_chinese_in_utf_16_without_a_mark_is_read(tmp_path):
    rows = [
        ("年龄", "城市"),
        *((row[1], ["北京", "上海", "一"][i % 3]) for i, row in enumerate(ROWS)),
    ]
    for encoding in ("utf-16-le", "utf-16-be"):
        table = table_of(tmp_path, written(rows).encode(encoding))
        assert table.names == ("年龄", "城市")
        assert table.dialect.encoding == encoding


@pytest.mark.parametrize("when", ["Mon, {:02d} Jan 2024 10:00:00 GMT", "Mon {:02d} Jan 2024"])
def test_dates_may_name_their_weekday(tmp_path, when):
    rows = [
        ("x", "when"),
        *((row[1], f'"{when.format(i % 28 + 1)}"') for i, row in enumerate(ROWS)),
    ]
    assert table_of(tmp_path, written(rows)).column("when").kind == "date"


def workbook(sheets):
    """Write an OpenDocument workbook with these sheets of texts and numbers."""
    office = "urn:oasis:names:tc:opendocument:xmlns:"
    tables = "".join(
        f'<table:table table:name="{name}">'
        + "".join(
            "<table:table-row>"
            + "".join(
                '<table:table-cell office:value-type="string">'
                f"<text:p>{cell}</text:p></table:table-cell>"
                for cell in row
            )
            + "</table:table-row>"
            for row in rows
        )
        + "</table:table>"
        for name, rows in sheets.items()
    )
    content = (
        f'<office:document-content xmlns:office="{office}office:1.0" '
        f'xmlns:table="{office}table:1.0" xmlns:text="{office}text:1.0"><office:body>'
        f"<office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", f'<m:manifest xmlns:m="{office}manifest:1.0"/>')
    return buffer.getvalue()


@pytest.mark.parametrize(
    "note", [[("see the next sheet",)], [(f"line {i}",) for i in range(30)], [("by", "Fisher")] * 3]
)
def test_a_sheet_of_remarks_is_passed_over_and_told(tmp_path, note):
    table = table_of(tmp_path, workbook({"read me": note, "data": [NAMES, *ROWS]}), "t.ods")
    assert table.dialect.sheet == "data"
    assert table.names == NAMES
    assert "Sheet 'data' was read, for sheet 'read me' holds no table" in told(table)
    assert read_table(tmp_path / "t.ods", sheet="read me").dialect.sheet == "read me"


def test_the_first_of_two_tables_in_a_workbook_is_read(tmp_path):
    table = table_of(tmp_path, workbook({"a": [NAMES, *ROWS[:12]], "b": [NAMES, *ROWS]}), "t.ods")
    assert table.dialect.sheet == "a"


ARFF = "@relation t\n@attribute length numeric\n@attribute count real\n@attribute species"


@pytest.mark.parametrize(("kinds", "end"), [("{a,b}", ""), (" {a,b}", ", {5}")])
def test_arff_may_have_weights_and_no_blank_before_braces(tmp_path, kinds, end):
    data = "".join(f"{row[0]},{row[1]},{'ab'[i % 2]}{end}\n" for i, row in enumerate(ROWS))
    table = table_of(tmp_path, f"{ARFF}{kinds}\n@data\n{data}", "t.arff")
    assert table.names == NAMES
    assert table.n_rows == 30
    assert bool(table.problems) == bool(end)


RECORDS = [dict(zip(NAMES, (float(a), int(b), c), strict=True)) for a, b, c in ROWS]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({str(i): record for i, record in enumerate(RECORDS)}),
        json.dumps({name: {str(i): r[name] for i, r in enumerate(RECORDS)} for name in NAMES}),
        "\r".join(map(json.dumps, RECORDS)),
        json.dumps([{"count": 1, "species": "a"}, *RECORDS])[:1] + json.dumps(RECORDS)[1:],
    ],
)
def test_json_may_be_by_row_by_column_or_by_line(tmp_path, text):
    table = table_of(tmp_path, text, "t.json")
    assert table.names == NAMES
    np.testing.assert_array_equal(table.column("length").values, [float(row[0]) for row in ROWS])


def test_json_without_names_and_with_names_twice(tmp_path):
    table = table_of(tmp_path, json.dumps([[1, 2, "a"], [3, 4, "b"]]), "t.json")
    assert table.names == ("column 1", "column 2", "column 3")
    assert "twice" in told(table_of(tmp_path, '[{"a": 1, "a": 2}, {"a": 3}]', "t.json"))
    lacking = json.dumps([{"x": 1, "z": 2}, {"x": 1, "y": 3, "z": 4}])
    assert table_of(tmp_path, lacking, "t.json").names == ("x", "y", "z")
