"""Rows of one width, without what is no data."""

import pytest

from core.data.reading.grid import fit_grid
from core.data.reading.header import Header
from core.data.reading.records import Record
from core.data.reading.table import Guess


def header(rows, names=("a", "b", "c"), types=("number", "number", "text")):
    body = tuple(Record(line, list(row)) for line, row in enumerate(rows, 2))
    return Header(names, types, body, 0, Guess("header", 1))


ROWS = [["1", "2", "x"], ["3", "4", "y"], ["5", "6", "x"]]


def test_full_rows_stay_as_they_are():
    grid = fit_grid(header(ROWS))
    assert [list(column) for column in grid.columns] == [["1", "3", "5"], ["2", "4", "6"], [*"xyx"]]
    assert grid.lines == (2, 3, 4)
    assert (grid.footer, grid.confidence) == (0, 1.0)
    assert not grid.problems.kept


@pytest.mark.parametrize(
    ("row", "fitted", "done"),
    [
        (["7", "8"], ["7", "8", ""], "padded"),
        (["7", "", "8", "z"], ["7", "8", "z"], "cut"),
        (["7", "8", "z", ""], ["7", "8", "z"], "cut"),
        (["", "7", "", "z"], ["", "7", "z"], "cut"),  # of two blanks the later goes
        (["7", "8", "z", "more"], None, "left out"),
        (["z", "7"], None, "left out"),
        (["7"], None, "left out"),
    ],
)
def test_a_ragged_row_is_fitted_by_the_types_or_left_out_and_reported(row, fitted, done):
    grid = fit_grid(header([*ROWS, row, *ROWS]))
    rows = [list(cells) for cells in zip(*grid.columns, strict=True)]
    assert rows == [*ROWS, *([fitted] if fitted else []), *ROWS]
    [problem] = grid.problems.kept
    assert (problem.kind, problem.line) == ("ragged", 5)
    assert done in problem.reason
    assert grid.confidence == (1.0 if fitted else pytest.approx(6 / 7))


def test_repeated_names_are_left_out():
    grid = fit_grid(header([*ROWS, ["a", " b", "c"], *ROWS]))
    assert len(grid.lines) == 6
    assert grid.problems.counts == {"repeated": 1}


def test_a_second_table_is_left_out_with_its_line():
    other = [["name", "size"], ["one", "7"], ["two", "8"]]
    grid = fit_grid(header([*ROWS, *other]))
    assert grid.lines == (2, 3, 4)
    assert [(p.kind, p.line) for p in grid.problems.kept] == [("table", 5)]


def test_notes_after_the_rows_are_a_footer():
    grid = fit_grid(header([*ROWS, ["Source: the office"]]))
    assert (grid.lines, grid.footer) == ((2, 3, 4), 1)
    assert grid.problems.counts == {"footer": 1}


def test_names_without_rows_are_told():
    grid = fit_grid(header([]))
    assert grid.columns == ((), (), ())
    assert grid.problems.counts == {"size": 1}
