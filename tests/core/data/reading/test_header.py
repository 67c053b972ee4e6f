"""Which records hold names, and which are titles above them."""

import pytest

from core.data.reading.header import find_header
from core.data.reading.read_options import ReadOptions
from core.data.reading.records import Quoting, Record, Records

NUMBERS = [[f"{i}.5", f"{2 * i}.25", "ab"[i % 2]] for i in range(12)]
COMMAS = Quoting(",")
IRIS = [["size", "gap", "label"], *NUMBERS]


def records_of(rows, width=3, quoting=COMMAS):
    records = tuple(Record(line, list(row)) for line, row in enumerate(rows, 1))
    return Records(records, width, quoting, 1.0)


def header_of(rows, width=3, **more):
    return find_header(records_of(rows, width), **more)


@pytest.mark.parametrize(
    ("rows", "names", "depth"),
    [
        (IRIS, ("size", "gap", "label"), 1),
        (NUMBERS, ("", "", ""), 0),
        ([["inf", "x", "cls"], *NUMBERS], ("inf", "x", "cls"), 1),
        ([["1e5", "b", "cls"], *NUMBERS], ("1e5", "b", "cls"), 1),
        ([["5.1", "x", "a"], *NUMBERS], ("", "", ""), 0),  # "a" stands again below
        ([["", "sizes", "sizes"], ["k", "long", "wide"], *[[*"abc"[i % 3], "1", "2"]
          for i in range(9)]], ("k", "sizes long", "sizes wide"), 2),
        ([["red", "big"], ["blue", "small"], ["green", "tiny"]], ("red", "big"), 1),
    ],
)  # fmt: skip
def test_names_are_told_from_data(rows, names, depth):
    found = header_of(rows, len(names))
    assert (found.names, found.n_names) == (names, depth)
    assert found.body[0].cells == list(rows[depth])


@pytest.mark.parametrize(
    "names",
    [["", "0", "1", "2"], ["0", "1", "2", "target"], ["", "0", "1", "2", "target"],
     ["2019", "2020", "2021", "label"], ["country", "2001", "2002", "2003"]],
)  # fmt: skip
def test_numbers_that_count_up_beside_words_or_an_index_are_names(names):
    rows = [[f"{i * 7 + j}" for j in range(len(names))] for i in range(14)]
    if names[0] == "country":
        rows = [[f"land {i}", *row[1:]] for i, row in enumerate(rows)]
    found = header_of([names, *rows], len(names))
    assert (found.n_names, list(found.names)) == (1, names)


def test_numbers_that_count_up_are_data_where_no_word_stands_beside_them():
    rows = [[str(i + j) for j in range(4)] for i in range(14)]
    assert header_of(rows, 4).n_names == 0


def test_titles_above_the_names_are_left_out_and_reported():
    found = header_of([["A report of 2020"], [""], *IRIS])
    assert (found.skipped, found.n_names, found.names) == (2, 1, ("size", "gap", "label"))
    assert found.problems.counts["title"] == 2


def test_what_the_user_says_is_not_guessed():
    found = header_of(IRIS, options=ReadOptions(header=0))
    assert (found.n_names, found.guess.confidence) == (0, 1.0)
    assert found.body[0].cells == IRIS[0]
    two = header_of(IRIS, options=ReadOptions(header=2))
    assert two.names[0] == "size 0.5"


def test_names_over_numbers_are_surer_than_names_over_words():
    words = [["colour", "shape"], ["red", "round"], ["blue", "flat"], ["red", "flat"]]
    assert header_of(IRIS).guess.confidence > header_of(words, 2).guess.confidence


@pytest.mark.parametrize(
    ("comments", "mark"), [(((1, "size,gap,label"),), "#"), (((1, ",gap,label"),), "#")]
)
def test_the_last_comment_before_the_data_may_hold_the_names(comments, mark):
    rows = [Record(line, list(cells)) for line, cells in enumerate(NUMBERS, 2)]
    found = find_header(Records(tuple(rows), 3, Quoting(","), 1.0), comments=comments, comment=mark)
    assert found.names[1:] == ("gap", "label")
    assert found.names[0] in ("size", mark)


def test_a_row_of_names_one_short_names_the_rows():
    found = header_of([["gap", "label"], *NUMBERS])
    assert found.names == ("row", "gap", "label")
    assert found.problems.counts == {"names": 1}


def test_a_workbook_has_no_quoting_and_no_comments():
    found = find_header(records_of(IRIS, quoting=None))
    assert found.names == ("size", "gap", "label")
