"""Columns of cells become columns of values, each of one kind."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.reading.cells import NumberFormat
from core.data.reading.column_kinds import infer_kind
from core.data.reading.grid import Grid
from core.data.reading.read_options import ReadOptions
from core.data.reading.table import NoTableError, ProblemLog
from core.data.reading.typed_columns import type_columns, unique_names


def typed(*columns, names=None, delimiter=None, **options):
    names = names or tuple(f"x{j}" for j in range(len(columns)))
    lines = tuple(range(2, 2 + len(columns[0])))
    grid = Grid(names, tuple(tuple(column) for column in columns), lines)
    return type_columns(grid, ReadOptions.of(options), delimiter)


@given(st.lists(st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)), min_size=3))
def test_numbers_and_gaps_are_what_was_written(values):
    cells = ["" if value is None else repr(value) for value in values]
    [column] = typed(cells).columns
    if all(value is None for value in values):
        assert column.kind == "empty"
        return
    expected = [math.nan if value is None else value for value in values]
    if column.kind == "number":
        np.testing.assert_array_equal(column.values, expected)
    assert column.missing == sum(value is None for value in values)


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2.5", "NA"] * 4, "number"),
        (["yes", "no", "yes"] * 4, "boolean"),
        (["2024-01-31", "2024-02-01"] * 4, "date"),
        (["red", "blue", "red"] * 4, "category"),
        (["007", "012", "113"], "category"),
        (["771E020000", "771E020013", "771E020026"], "category"),
        (["2209417E01", "2209417E02", "2209417E03"], "category"),
        (["1E5", "2E5", "3.5"], "number"),
        (["", "NA", "?"], "empty"),
        ([f"a note of length {i}" for i in range(30)], "text"),
    ],
)
def test_the_kind_of_a_column_is_found_and_can_be_given(cells, kind):
    assert typed(cells).columns[0].kind == kind
    assert typed(cells, kinds={"x0": "text"}).columns[0].kind in ("text", "empty")


@pytest.mark.parametrize(
    "cells",
    [
        ["$5,223.50", "$6,838.50", "$9.10"],
        ["31,8 %", "18,9 %", "5 %"],
        ["5.45", "–4.58", "–9.10"],
        ['="0096"', '="0092"', '="0021"'],
    ],
)
def test_decorated_numbers_are_doubted_and_read_where_the_user_says_number(cells):
    many = cells * 4
    found = typed(many)
    assert found.columns[0].kind != "number"
    assert any("may be numbers" in problem.reason for problem in found.problems.kept)
    assert typed(many, kinds={"x0": "number"}).columns[0].missing == 0


def test_a_dash_is_missing_among_numbers_and_then_elsewhere_too():
    found = typed(["1", "-", "3"] * 4, ["a", "-", "b"] * 4)
    assert [column.missing for column in found.columns] == [4, 4]
    assert found.doubtful == {"-"}
    assert found.missing == ("-",)


def test_the_decimal_mark_is_a_guess_with_a_doubt_or_what_the_user_says():
    found = typed(["3,512", "1,204", "2,118"], delimiter=";")
    assert (found.guess.value, found.guess.others) == (",", (".",))
    assert found.guess.confidence < 1.0
    assert found.columns[0].values.tolist() == [3.512, 1.204, 2.118]
    said = typed(["3,512", "1,204", "2,118"], delimiter=";", decimal=".", thousands=",")
    assert said.columns[0].values.tolist() == [3512.0, 1204.0, 2118.0]
    assert (said.guess.confidence, said.guess.doubt) == (1.0, "")


def test_an_integer_of_many_thousand_digits_is_infinite_and_reported():
    found = typed(["1", "2", "3", "4", "5", "9" * 100_000])
    assert found.columns[0].missing == 1
    assert found.problems.counts["infinite"] == 1


def test_names_are_made_unique():
    assert unique_names(["a", "", "a", ";"], ProblemLog()) == ["a", "column 2", "a (2)", "column 4"]


def test_a_kind_for_a_column_that_is_not_there_is_refused():
    with pytest.raises(NoTableError, match="no column 'y'"):
        typed(["1", "2"], kinds={"y": "number"})


def test_labels_that_look_alike_are_doubted():
    guess = infer_kind(Counter({"cat": 5, "Cat": 3, "dog": 9}), NumberFormat())
    assert "'cat', 'Cat' look alike but differ" in guess.doubts
