"""What is lost, padded or doubtful is told, with its line; a clean file has nothing to tell."""

import itertools

import pytest

from core.base.errors import UserError
from core.data.reading.table import KEPT_PER_KIND, ProblemLog
from core.data.reading.table_reader import read_table

NAMES = ["when", "n", "what", "note"]
ROWS = [
    [f"{i % 28 + 1:02d}/01/2020", str(i), f"thing {i % 5}", f'"soft, warm ""{i}"" and light"']
    for i in range(30)
]
NOTES = [f'soft, warm "{i}" and light' for i in range(30)]


def table_of(tmp_path, text):
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_table(path)


def written(rows):
    return "\n".join(",".join(row) for row in rows) + "\n"


def damaged(row, damage, column):
    cells = list(row)
    if damage == "extra quote before":
        cells[column] = '"' + cells[column]
    elif damage == "extra quote after":
        cells[column] += '"'
    elif damage == "missing quote" and cells[3].startswith('"'):
        cells[3] = cells[3][1:] if column % 2 else cells[3][:-1]
    elif damage == "extra separator":
        cells.insert(column, "")
    elif damage == "missing separator":
        cells[column : column + 2] = ["".join(cells[column : column + 2])]
    elif damage == "another separator":
        return ["|".join(cells)]
    return cells


DAMAGES = [
    *("extra quote before", "extra quote after", "missing quote", "extra separator"),
    *("missing separator", "another separator"),
]


@pytest.mark.parametrize(
    ("damage", "line", "column"), list(itertools.product(DAMAGES, [0, 1, 15, 30], range(4)))
)
def test_one_damaged_line_never_passes_in_silence(tmp_path, damage, line, column):
    rows = [NAMES, *ROWS]
    text = written([*rows[:line], damaged(rows[line], damage, column), *rows[line + 1 :]])
    try:
        table = table_of(tmp_path, text)
    except UserError as error:
        refusal = str(error)
    else:
        refusal = ""
    if refusal:
        assert f"line {line + 1}" in refusal
        return
    names = [name.replace('"', "") for name in table.names]
    notes = [str(note).replace('"', "") for note in table.columns[-1].values]
    right = names == NAMES and notes == [note.replace('"', "") for note in NOTES]
    assert right or table.problems
    assert table.n_rows >= 29


def test_rows_of_another_width_are_named_and_left_out_or_padded(tmp_path):
    table = table_of(tmp_path, "x,y,z\n1,2,A\n3,4,B,extra\n5,B\n6,7\n8,9,C\n")
    told = {problem.line: problem.reason for problem in table.problems}
    assert list(table.lines) == [2, 5, 6]
    assert "4 cells, not 3; it was left out" in told[3]
    assert "2 cells, not 3; it was left out" in told[4]
    assert "2 cells, not 3; it was padded" in told[5]
    assert table.column("z").values[1] is None


def test_a_late_bad_number_is_named_and_read_as_missing(tmp_path):
    rows = [[str(i), str(i % 7)] for i in range(3000)]
    rows[2990][0] = "oops"
    rows[2995][0] = "1.2.3"
    table = table_of(tmp_path, written([["x1", "b"], *rows]))
    assert str(table.problems[0]).startswith("line 2992, column x1: 'oops' is not a number")
    assert table.problems[1].line == 2997
    assert table.column("x1").missing == 2


def test_infinities_and_spreadsheet_errors_are_named_and_read_as_missing(tmp_path):
    table = table_of(tmp_path, "x,y\ninf,1\n-Infinity,2\nNaN,3\n#DIV/0!,4\n1,5\n2,6\n")
    told = {problem.line: problem.reason for problem in table.problems}
    assert "infinite" in told[2]
    assert "infinite" in told[3]
    assert "error" in told[5]
    assert 4 not in told
    assert table.column("x").missing == 4


def test_duplicate_names_are_renamed_and_told(tmp_path):
    table = table_of(tmp_path, "x,x,x (2),y\n1,2,3,4\n5,6,7,8\n")
    assert len(set(table.names)) == 4
    assert any("duplicate" in problem.reason for problem in table.problems)


def test_empty_columns_single_rows_and_single_columns_are_told(tmp_path):
    assert "all missing" in str(table_of(tmp_path, "x,y\n1,\n2,\n").problems)
    assert "only 1 row" in str(table_of(tmp_path, "x,y\n1,2\n").problems)
    assert "no rows" in str(table_of(tmp_path, "x,y\n").problems)
    assert "one useful column" in str(table_of(tmp_path, "abc,\nabd,\nabe,\n").problems)


def test_look_alike_labels_are_told_and_never_merged(tmp_path):
    table = table_of(tmp_path, "x,y\n1,A\n2,\u0410\n3,caf\u00e9\n4,cafe\u0301\n5,B\u200b\n6,B\n")
    assert len(set(table.column("y").values)) == 6
    assert table.problem_counts["doubt"] == 3


def test_repeated_names_and_second_tables_are_left_out_and_told(tmp_path):
    both = written([NAMES, *ROWS[:20], NAMES, *ROWS[20:]])
    assert table_of(tmp_path, both).n_rows == 30
    other = written([NAMES, *ROWS]) + written([row[:3] for row in [NAMES, *ROWS]])
    table = table_of(tmp_path, other)
    assert table.n_rows == 30
    assert table.problems[-1].line == 32
    assert table.problem_counts["table"] == 1


def test_the_first_hundred_of_a_kind_are_kept_and_all_are_counted():
    log = ProblemLog()
    for line in range(250):
        log.add("ragged", "It is ragged.", line)
    log.add("empty", "It is empty.", column="x")
    assert len(log.problems().kept) == KEPT_PER_KIND + 1
    assert log.problems().counts == {"ragged": 250, "empty": 1}
