"""The values that reading gives: problems add up, guesses are found by their setting."""

import pytest

from core.base.errors import UserError
from core.data.reading.table import KEPT_PER_KIND, Column, Guess, Problem, ProblemLog, Table


def log_of(kind, count, start=0):
    log = ProblemLog()
    for line in range(start, start + count):
        log.add(kind, "It is odd.", line)
    return log.problems()


def test_problems_of_two_stages_add_up_by_line_and_count():
    both = log_of("a", 70, start=5) + log_of("a", 70) + log_of("b", 1)
    assert len(both.kept) == KEPT_PER_KIND + 1
    assert both.counts == {"a": 140, "b": 1}
    assert [problem.line for problem in both.kept] == sorted(p.line for p in both.kept)


def test_problems_of_a_block_are_moved_to_its_place():
    log = ProblemLog()
    log.extend(log_of("a", 2), offset=100)
    log.add("file", "All of it.")
    log.count("a", 5)
    assert [problem.line for problem in log.problems().kept] == [None, 100, 101]
    assert log.problems().counts == {"a": 7, "file": 1}


def test_what_was_collected_does_not_change_later():
    log = ProblemLog()
    log.add("a", "One.")
    before = log.problems()
    log.add("a", "Two.")
    assert (len(before.kept), before.counts) == (1, {"a": 1})


def test_a_problem_names_its_place():
    assert str(Problem(None, "x", "Empty.")) == "column x: Empty."


def test_a_table_finds_columns_and_guesses_by_name():
    guess = Guess("encoding", "cp1250", 0.5, "it may be cp1252", ("cp1252",))
    table = Table((Column("x", "number", (1.0,), 0),), 1, source="t.csv", guesses=(guess,))
    assert table.column("x").name == "x"
    assert table.guess("encoding") is guess
    assert table.guess("header") is None
    with pytest.raises(UserError, match="Its columns are: x"):
        table.column("y")
