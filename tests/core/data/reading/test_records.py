"""Lines become records: by the csv module where quotes are sound, repaired where they are not."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.reading.records import RUNS, Quoting, repair_quotes, split_lines, split_records
from core.data.reading.table import MOST_COLUMNS, NoTableError

CELLS = st.text(st.sampled_from("ab1 ,;\t|'\"\n"), max_size=6).map(lambda text: f"a{text}b")


def cells_of(text, quoting, width):
    read = split_records(split_lines(text), quoting, width)
    return [record.cells for record in read.records]


@given(
    st.integers(2, 4).flatmap(
        lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1)
    ),
    st.sampled_from(",;\t|"),
    st.sampled_from("\"'"),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_what_the_csv_module_writes_is_read_back(rows, delimiter, quote, end):
    text = io.StringIO()
    style = {"quotechar": quote, "quoting": csv.QUOTE_ALL, "lineterminator": end}
    csv.writer(text, delimiter=delimiter, **style).writerows(rows)
    quoting, lines = Quoting(delimiter, quote, quote), split_lines(text.getvalue())
    read = split_records(lines, quoting, len(rows[0]))
    assert [record.cells for record in read.records] == rows
    assert read.width == len(rows[0])
    assert read.confidence == 1.0


def test_lines_and_widths_are_those_of_the_file():
    read = split_records(["a,b", "", "1,2", '3,"x', 'y"', "5"], Quoting(","), 2)
    assert [record.line for record in read.records] == [1, 3, 4, 6]
    assert read.records[2].cells == ["3", "x\ny"]
    assert read.width == 2
    assert read.confidence == pytest.approx(3 / 4)


def test_runs_of_blanks_are_one_delimiter_outside_quotes():
    assert cells_of('  1   "a  b" \t2  \n', Quoting(RUNS), 3) == [["1", "a  b", "2"]]


def test_bars_and_rules_around_a_drawn_table_are_taken_off():
    text = "| a | b |\n|---|---|\n| 1 | 2 |\n"
    assert cells_of(text, Quoting("|"), 4) == [[" a ", " b "], [" 1 ", " 2 "]]


def test_a_delimiter_at_the_end_of_each_row_but_the_names_is_left_out():
    read = split_records(["a,b", "1,2,", "3,4,", "5,6,"], Quoting(","), 3)
    assert read.width == 2
    assert read.problems.counts == {"ragged": 1}


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ('1,"say "hi" now",2', ["1", 'say "hi" now', "2"]),
        ('1,5" pipe,2', ["1", '5" pipe', "2"]),
        ('1,"open,2', ["1", '"open', "2"]),
    ],
)
def test_a_line_whose_quotes_break_the_rules_is_repaired_to_the_width(line, cells):
    assert repair_quotes(line, Quoting(","), 3) == cells


def test_a_quote_that_is_never_closed_is_refused_with_its_line():
    with pytest.raises(NoTableError, match="opened on line 2"):
        split_records(["a,b", '1,"2', "3,4"], Quoting(","), 2)


def test_too_many_columns_are_refused():
    line = ",".join("1" * (MOST_COLUMNS + 1))
    with pytest.raises(NoTableError, match="more than the limit"):
        split_records([line], Quoting(","), MOST_COLUMNS + 1)


def test_control_characters_are_reported_with_their_line():
    read = split_records(["a,b", "1,x\x02"], Quoting(","), 2)
    assert [(p.kind, p.line) for p in read.problems.kept] == [("control", 2)]
