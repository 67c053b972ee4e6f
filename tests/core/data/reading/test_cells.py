"""What one cell holds, and how a file's numbers are written."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.reading.cells import (
    NumberFormat,
    cell_type,
    column_types,
    find_number_format,
    type_mismatches,
)


@given(st.floats(allow_nan=False), st.sampled_from([(".", None), (",", None), (",", ".")]))
def test_a_number_is_read_as_the_float_that_was_written(value, marks):
    decimal, thousands = marks
    written = repr(value).replace(".", decimal)
    assert NumberFormat(decimal, thousands).value(written) == value


@given(st.integers(1000, 10**15), st.sampled_from([",", " ", "\u00a0", "\u202f", "\u2009", "'"]))
def test_thousands_marks_are_taken_off(value, mark):
    assert NumberFormat(".", mark).value(f"{value:,}".replace(",", mark)) == value


@pytest.mark.parametrize("cell", ["", "1_000", "0x10", "1e", "771E020013", "12e4567", "abc", "1 2"])
def test_what_is_no_number_has_no_value(cell):
    assert NumberFormat().value(cell) is None


def test_a_number_too_large_is_infinite_and_a_word_for_it_too():
    assert NumberFormat().value("1e400") == math.inf
    assert NumberFormat().value("-Infinity") == -math.inf


@pytest.mark.parametrize(
    ("cells", "delimiter", "decimal", "thousands"),
    [
        (["1.5", "2.25"], ",", ".", None),
        (["1,5", "2,25"], ";", ",", None),
        (["1.234,5", "2.000,25"], ";", ",", "."),
        (["1,234,567", "12,345,678"], ";", ".", ","),
        (["1 234,5", "2,5"], ";", ",", " "),
        (["10\u2009237,65", "2,5"], ";", ",", "\u2009"),
        (["3,512", "1,204"], ";", ",", None),
        (["3,512", "1,204"], "\t", ",", None),
        (["words", "7"], ",", ".", None),
    ],
)
def test_the_marks_inside_numbers_are_found(cells, delimiter, decimal, thousands):
    found, _ = find_number_format(cells, delimiter)
    assert (found.decimal, found.thousands) == (decimal, thousands)


def test_a_comma_before_three_digits_is_doubtful_where_commas_do_not_delimit():
    for delimiter in (";", "\t", " "):
        assert "1,234" in find_number_format(["3,512", "1,204"], delimiter)[1]
    found, doubt = find_number_format(["3,512", "1,204"], ",")
    assert (found.sure, doubt) == (False, "")


@pytest.mark.parametrize(
    ("cell", "value"),
    [("$5,223.50", 5223.5), ("1.415,50 €", 1415.5), ("31,8 %", 31.8), ("–4.58", -4.58),
     ('="0096"', 96.0), ("(3.5)", -3.5), ("7-", -7.0), ("<5", None)],
)  # fmt: skip
def test_decorated_numbers_are_read_where_they_are_asked_for(cell, value):
    assert NumberFormat().decorated_value(cell) == value


def test_types_of_cells_and_columns():
    rows = [["1", "a", "2024-01-01", ""], ["2.5", "b", "2024-02-03", "NA"], ["x", "c", "-", ""]]
    assert [cell_type(cell) for cell in rows[0]] == ["number", "text", "date", "blank"]
    assert column_types(rows, 4) == ["text", "text", "date", "blank"]
    assert column_types(rows[:2] * 6 + rows[2:], 4) == ["number", "text", "date", "blank"]
    assert type_mismatches(["no", "no", "no", "no"], ["number", "text", "date", "blank"]) == 2
