"""Enumerations made here against those of the standard library."""

import pickle
import sys
from enum import Enum, EnumType, Flag, FlagBoundary, IntEnum, IntFlag

import pytest
from PySide6 import QtCore, QtGui, QtWidgets
from PySide6.QtCore import Qt

from gui.light_enums import Maker, contents, create_by_library, install

KINDS = [Enum, IntEnum, Flag, IntFlag]


def enumerations_of_qt():
    for module in (QtCore, QtGui, QtWidgets):
        for name in dir(module):
            outer = getattr(module, name)
            for inner in dir(outer):
                found = getattr(outer, inner, None) if inner[:1].isupper() else None
                if isinstance(found, EnumType):
                    yield found


def test_each_enumeration_of_qt_is_as_the_standard_library_makes_it():
    makers = {kind: Maker(kind) for kind in KINDS}
    assert all(maker.is_understood for maker in makers.values())
    made_here = set()
    for found in enumerations_of_qt():
        pairs = [(name, member.value) for name, member in found.__members__.items()]
        kind = next(base for base in found.__mro__ if base in makers)
        if makers[kind].can_make(pairs):
            expected = create_by_library(kind, found.__name__, pairs, "m")
            assert contents(makers[kind].make(found.__name__, pairs, "m")) == contents(expected)
            made_here.add(found)
    assert len(made_here) > 400


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "pairs",
    [
        [],
        [("none", 0), ("one", 1), ("first", 1), ("two", 2), ("both", 3)],
        [("zero", 0), ("all", 255), ("four", 4)],
    ],
)
def test_plain_pairs_become_the_same_members(kind, pairs):
    maker = Maker(kind)
    assert maker.can_make(pairs)
    made, expected = maker.make("Made", pairs, "m"), create_by_library(kind, "Made", pairs, "m")
    assert contents(made) == contents(expected)
    assert [member.name for member in made] == [member.name for member in expected]
    for name, number in pairs:
        assert made[name] is made(number) is getattr(made, name)
        assert (made[name].value, str(made[name])) == (number, str(expected[name]))


@pytest.mark.parametrize(
    ("kind", "pairs"),
    [
        (Enum, [("name", 1)]),
        (Enum, [("_hidden", 1)]),
        (Enum, [("one", 1.0)]),
        (Enum, ["one", "two"]),
        (Enum, "one two"),
        (Enum, {"one": 1}),
        (IntEnum, [("real", 1)]),
        (IntEnum, [("true", True)]),
        (Flag, [("two", 2), ("one", 1)]),
        (IntFlag, [("all", -1)]),
    ],
)
def test_the_rest_is_left_to_the_standard_library(kind, pairs):
    install()
    made = kind("Made", pairs, boundary=FlagBoundary.KEEP)
    assert made.__module__ == __name__
    assert not Maker(kind).can_make(pairs)
    expected = create_by_library(kind, "Made", pairs, __name__)
    assert list(map(repr, made)) == list(map(repr, expected))


def test_other_options_are_left_to_the_standard_library():
    install()
    numbered = IntEnum("Numbered", "five six", start=5, module="m", qualname="Outer.Numbered")
    assert [member.value for member in numbered] == [5, 6]
    assert (numbered.__module__, numbered.__qualname__) == ("m", "Outer.Numbered")
    strict = IntFlag("Strict", [("one", 1)], boundary=FlagBoundary.STRICT)
    with pytest.raises(ValueError, match="invalid value"):
        strict(2)
    worded = Enum("Worded", [("red", "r")], type=str)
    assert isinstance(worded("r"), str)


def test_flags_of_qt_are_joined_inverted_and_taken_apart():
    both = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
    assert list(both) == [Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignTop]
    assert both & ~Qt.AlignmentFlag.AlignLeft is Qt.AlignmentFlag.AlignTop
    assert Qt.AlignmentFlag(0) == Qt.AlignmentFlag.AlignLeft & Qt.AlignmentFlag.AlignTop
    assert pickle.loads(pickle.dumps(both)) == both


def test_an_enumeration_that_no_python_asks_for_is_made_too(monkeypatch):
    def too_deep(depth=0):
        raise ValueError("call stack is not deep enough")

    install()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "_getframe", too_deep)  # as in a thread of Qt's own
        made = IntEnum("Made", [("one", 1)], boundary=FlagBoundary.KEEP)
    assert made.one == 1
