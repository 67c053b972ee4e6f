"""The column to predict is guessed by its name, then by its place and kind."""

import numpy as np
import pytest

from core.data.column_roles import guess_target
from core.data.reading.table import Column, Table


def number(name, values, is_id=False):
    array = np.array(values, float)
    return Column(name, "number", array, int(np.isnan(array).sum()), is_id)


def category(name, values, kind="category"):
    return Column(name, kind, np.array(values, object), 0)


MEASURE = number("length", np.linspace(0.1, 9.7, 30))
COLOUR = category("colour", ["red", "blue", "green"] * 10)
SIZE = category("size of it", ["big", "small"] * 15)
ROW = number("row", range(30), is_id=True)
DAY = Column("day", "date", np.array(["2024-01-01"] * 30, object), 0)


def target(*columns):
    return guess_target(Table(columns, 30))


@pytest.mark.parametrize(
    "name", ["class", "Target", "LABEL", "species", "diagnosis", "Survived", "outcome", "y"]
)
def test_a_column_named_as_targets_are_is_the_target_wherever_it_stands(name):
    named = number(name, [0, 1] * 15)
    assert target(named, COLOUR, MEASURE, SIZE) == name
    assert target(COLOUR, named, MEASURE, SIZE) == name


def test_a_name_that_contains_such_a_word_counts_too():
    assert target(category("iris_class", ["a", "b"] * 15), COLOUR, SIZE) == "iris_class"


def test_without_such_a_name_the_last_column_of_few_classes_is_it():
    assert target(MEASURE, COLOUR, SIZE) == "size of it"
    assert target(COLOUR, MEASURE, number("code", [0, 1, 2] * 10)) == "code"


def test_else_the_first_such_column_is_it():
    assert target(COLOUR, MEASURE, ROW, MEASURE) == "colour"


def test_ids_dates_constants_and_measurements_are_never_it():
    constant = category("constant", ["a"] * 30)
    many = category("many", [f"n{i}" for i in range(30)])
    assert target(ROW, DAY, constant, many, MEASURE) is None
    assert target(number("class", np.linspace(0, 1, 30)), COLOUR, MEASURE) == "colour"


def test_what_only_targets_are_called_goes_before_what_others_are_called_too():
    third = category("class", ["First", "Second", "Third"] * 10)
    assert target(number("survived", [0, 1] * 15), third, MEASURE) == "survived"
    assert target(category("type", ["a", "b"] * 15), MEASURE, third) == "class"
    assert target(COLOUR, category("sex", ["m", "f"] * 15), MEASURE) == "colour"


def test_a_column_that_mostly_lacks_a_value_or_has_no_name_to_speak_of_is_never_it():
    rare = Column("rare", "category", np.array(["a", "b", None] * 10, object), 20)
    commas = category(",,,", ["a", "b"] * 15)
    assert target(COLOUR, MEASURE, rare, commas) == "colour"
    assert target(MEASURE, rare, commas) is None


def test_an_empty_column_after_it_does_not_keep_a_column_from_being_last():
    blank = Column("", "empty", np.array([None] * 30, object), 30)
    assert target(COLOUR, MEASURE, SIZE, blank) == "size of it"


def test_what_a_model_predicted_is_never_the_target():
    guessed = category("predicted", ["big", "small"] * 15)
    chances = (number("P(big)", np.full(30, 0.25)), number("P(small)", np.full(30, 0.75)))
    split = category("split", ["train", "validation", "test"] * 10)
    assert target(MEASURE, SIZE, split, guessed, *chances) == "size of it"
