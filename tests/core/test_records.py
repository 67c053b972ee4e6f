import copy
import dataclasses
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import records


def shapes(dataclass):
    """Return classes as they are written here, made by this decorator."""

    @dataclass(frozen=True, slots=True)
    class Point:
        """A place."""

        x: float
        y: float = 2.0
        tags: list[str] = dataclasses.field(default_factory=list)

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Named(Point):
        name: str

    @dataclass(frozen=True, slots=True, eq=False)
    class Itself:
        """Equal to nothing else."""

        value: object = None

    @dataclass(frozen=True, slots=True)
    class Doubled:
        value: int

        def __post_init__(self):
            object.__setattr__(self, "value", 2 * self.value)

        def __repr__(self):
            return "twice"

    return {"Point": Point, "Named": Named, "Itself": Itself, "Doubled": Doubled}


OURS, THEIRS = shapes(records.dataclass), shapes(dataclasses.dataclass)
VALUES = st.one_of(st.integers(0, 2), st.text("ab", max_size=1), st.none())


def outcome(make):
    """Return the fields of what is made, or the kind of error."""
    try:
        made = make()
    except TypeError:
        return TypeError
    return [(f.name, getattr(made, f.name)) for f in dataclasses.fields(made)], repr(made)


@given(
    st.sampled_from(sorted(OURS)),
    st.lists(VALUES, max_size=4),
    st.dictionaries(st.sampled_from(["x", "y", "tags", "name", "value", "z"]), VALUES, max_size=4),
)
def test_a_record_takes_what_a_dataclass_takes(kind, values, named):
    ours = outcome(lambda: OURS[kind](*values, **named))
    assert ours == outcome(lambda: THEIRS[kind](*values, **named))


@given(st.lists(VALUES, min_size=1, max_size=2), st.lists(VALUES, min_size=1, max_size=2))
def test_two_are_equal_and_have_the_same_hash_when_dataclasses_do(first, second):
    ours = [OURS["Point"](*values, tags=("a",)) for values in (first, second)]
    theirs = [THEIRS["Point"](*values, tags=("a",)) for values in (first, second)]
    assert (ours[0] == ours[1]) == (theirs[0] == theirs[1])
    assert hash(ours[0]) == hash(theirs[0])
    assert ours[0] != theirs[0]


def test_each_takes_a_default_of_its_own():
    first, second = OURS["Point"](1.0), OURS["Point"](1.0)
    first.tags.append("one")
    assert second.tags == []


def test_those_that_are_not_compared_are_equal_to_themselves_alone():
    one = OURS["Itself"](3)
    assert one == one
    assert one != OURS["Itself"](3)
    assert {one: "found"}[one] == "found"


def test_nothing_of_it_can_be_changed():
    point = OURS["Point"](1.0)
    for change in (
        lambda: setattr(point, "x", 2.0),
        lambda: setattr(point, "other", 2.0),
        lambda: delattr(point, "x"),
    ):
        with pytest.raises(dataclasses.FrozenInstanceError):
            change()
    assert point.x == 1.0
    assert not hasattr(point, "__dict__")


def test_the_tools_for_dataclasses_take_it():
    point = OURS["Named"](1.0, name="here")
    assert dataclasses.is_dataclass(point)
    assert dataclasses.replace(point, y=5.0) == OURS["Named"](1.0, 5.0, name="here")
    assert dataclasses.asdict(point) == {"x": 1.0, "y": 2.0, "tags": [], "name": "here"}
    assert copy.copy(point) == point
    assert copy.deepcopy(point) == point
    assert OURS["Point"].__match_args__ == ("x", "y", "tags")
    assert OURS["Point"].__doc__ == "A place."


@records.dataclass(frozen=True, slots=True)
class Sent:
    """At the top of a module, where pickle finds it."""

    value: int = 1


def test_it_can_be_sent_to_another_process():
    assert pickle.loads(pickle.dumps(Sent(4))) == Sent(4)


def test_the_error_says_what_is_wrong():
    with pytest.raises(TypeError, match=r"Point.__init__\(\) missing the argument 'x'"):
        OURS["Point"]()
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        OURS["Point"](1, z=2)
    with pytest.raises(TypeError, match="takes 1 values but 2 were given"):
        OURS["Doubled"](1, 2)
    with pytest.raises(TypeError, match="frozen and has slots"):
        records.dataclass(frozen=True)
