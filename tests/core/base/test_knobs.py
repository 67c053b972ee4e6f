import math

import pytest

from core.base.errors import UserError
from core.base.knobs import ChoiceKnob, IntegerKnob, NumberKnob, SizesKnob, SwitchKnob
from core.experiment.experiment import KNOBS, Experiment, knob_at

ALL = sorted(KNOBS)


@pytest.mark.parametrize("path", ALL)
def test_every_knob_accepts_its_own_default_and_says_what_it_does(path):
    knob = KNOBS[path]
    assert knob.check(knob.default) == knob.default
    assert knob.label
    assert knob.help.endswith(".")
    assert "\n" not in knob.help


@pytest.mark.parametrize("path", ALL)
def test_every_knob_refuses_what_it_cannot_take_with_a_mend(path):
    knob = KNOBS[path]
    with pytest.raises(UserError) as refused:
        knob.check(object())
    assert knob.label in str(refused.value)
    assert refused.value.mend


@pytest.mark.parametrize("path", [p for p in ALL if isinstance(KNOBS[p], NumberKnob | IntegerKnob)])
def test_numbers_are_held_to_their_range(path):
    knob = KNOBS[path]
    assert knob.check(knob.low) == knob.low
    assert knob.check(knob.high) == knob.high
    for outside in (knob.low - 1, knob.high + 1, math.inf, -math.inf, math.nan, True, "1"):
        with pytest.raises(UserError):
            knob.check(outside)


@pytest.mark.parametrize("path", ALL)
def test_conditions_name_knobs_that_exist_and_values_they_can_take(path):
    for other, values in KNOBS[path].conditions:
        for value in values:
            assert knob_at(other).check(value) == value


def test_knobs_of_drawn_data_apply_to_every_generator():
    from core.data.generators import GENERATORS

    assert dict(KNOBS["data.noise"].conditions)["data.source"] == tuple(GENERATORS)


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [
        ("training.learning_rate", "3e-4", 3e-4),
        ("training.batch_size", "1e3", 1000),
        ("model.hidden", "8 4", (8, 4)),
        ("model.hidden", "16,8-4", (16, 8, 4)),
        ("model.hidden", "", ()),
        ("model.batch_norm", "yes", True),
        ("model.activation", " relu ", "relu"),
        ("data.features", "a, b", ("a", "b")),
        ("data.custom_weights", "1 2.5", (1.0, 2.5)),
    ],
)
def test_values_are_read_as_a_user_types_them(path, text, value):
    assert knob_at(path).parse(text) == value


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("training.learning_rate", "fast"),
        ("training.batch_size", "2.5"),
        ("training.batch_size", "inf"),
        ("model.hidden", "eight"),
        ("model.hidden", "0"),
        ("model.batch_norm", "perhaps"),
        ("model.activation", "step"),
    ],
)
def test_what_cannot_be_read_is_refused(path, text):
    with pytest.raises(UserError):
        knob_at(path).parse(text)


def test_an_unknown_choice_lists_the_choices():
    knob = KNOBS["training.optimizer"]
    assert isinstance(knob, ChoiceKnob)
    with pytest.raises(UserError, match="adam"):
        knob.check("adan")


def test_sizes_are_bounded_in_number_and_width():
    knob = KNOBS["model.hidden"]
    assert isinstance(knob, SizesKnob)
    for wrong in ([1] * (knob.most + 1), [knob.widest + 1], [0], [True], [2.0]):
        with pytest.raises(UserError):
            knob.check(wrong)


def test_a_switch_is_no_number():
    assert isinstance(KNOBS["model.batch_norm"], SwitchKnob)
    with pytest.raises(UserError):
        KNOBS["model.batch_norm"].check(1)


def test_a_knob_is_relevant_only_where_its_condition_holds():
    experiment = Experiment()
    assert not experiment.is_relevant("training.momentum")
    assert experiment.replacing("training.optimizer", "adam").is_relevant("training.momentum")
