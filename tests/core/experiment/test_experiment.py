import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import UserError
from core.base.knobs import ChoiceKnob, IntegerKnob, Knob, NumberKnob, SwitchKnob
from core.experiment.experiment import KNOBS, PATHS, Experiment


def values_of(knob: Knob) -> st.SearchStrategy:
    if isinstance(knob, NumberKnob):
        return st.floats(knob.low, knob.high)
    if isinstance(knob, IntegerKnob):
        return st.integers(knob.low, knob.high)
    if isinstance(knob, ChoiceKnob):
        return st.sampled_from(list(knob.choices()))
    if isinstance(knob, SwitchKnob):
        return st.booleans()
    return st.just(knob.default)


@st.composite
def experiments(draw):
    experiment = Experiment()
    for path in draw(st.lists(st.sampled_from(PATHS), max_size=6)):
        experiment = experiment.replacing(path, draw(values_of(KNOBS[path])))
    return experiment


@given(experiments())
def test_json_gives_back_the_same_experiment(experiment):
    assert Experiment.from_json(experiment.to_json()) == experiment


@pytest.mark.parametrize("path", PATHS)
def test_each_choice_survives_json_away_from_its_default(path):
    knob = KNOBS[path]
    other = {
        "data.path": "table.csv",
        "data.target": "käse",
        "data.reading": '{"delimiter": ";"}',
        "data.split_column": "part",
        "data.weight_column": "w",
        "data.features": ("a", "b"),
        "data.custom_weights": (1.0, 3.0),
        "data.painted": ((0.5, -1.0, 0), (1e-3, 2.0, 3)),
        "model.hidden": (3,),
        "calibration.compared": ("platt", "dirichlet"),
    }.get(path)
    if other is None:
        if isinstance(knob, ChoiceKnob):
            other = list(knob.choices())[-1]
        elif isinstance(knob, SwitchKnob):
            other = not knob.default
        else:
            other = knob.high
    changed = Experiment().replacing(path, other)
    assert Experiment.from_json(changed.to_json()) == changed
    assert Experiment.from_json(changed.to_json()).value(path) == other


def test_replacing_leaves_the_old_experiment_as_it_was():
    old = Experiment()
    new = old.replacing("training.learning_rate", 0.5)
    assert old.training.learning_rate != 0.5
    assert new.changes(old) == ("training.learning_rate",)


def test_an_unknown_path_lists_the_paths():
    with pytest.raises(UserError, match=r"training\.learning_rate"):
        Experiment().replacing("training.lerning_rate", 0.1)


def test_choices_not_mentioned_keep_their_defaults():
    assert Experiment.from_json('{"training": {"learning_rate": 0.5}}') == Experiment().replacing(
        "training.learning_rate", 0.5
    )


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "empty"),
        ('{"training": {"learning_rate": 0.5', "line 1, column"),
        ('{"training": {"learning_rate": NaN}}', r"training\.learning_rate"),
        ('{"training": {"learning_rate": 1, "learning_rate": 2}}', "twice"),
        ('{"training": {"speed": 1}}', "training.speed"),
        ('{"trainings": {}}', "trainings"),
        ('{"training": {"learning_rate": "fast"}}', "learning rate"),
        ('{"training": {"learning_rate": -1}}', "learning rate"),
        ('{"version": 99}', "99"),
        ("[]", "no settings"),
        ("[" * 100_000, "nested"),
        ('{"data": {"path": "\\ud800"}}', "surrogate"),
    ],
)
def test_broken_json_is_refused_in_words(text, named):
    with pytest.raises(UserError, match=named):
        Experiment.from_json(text)


def test_sections_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Experiment().training.learning_rate = 1.0


def test_json_holds_one_key_a_path():
    sections = json.loads(Experiment().to_json())
    sections.pop("version")
    assert tuple(f"{s}.{n}" for s, names in sections.items() for n in names) == PATHS
