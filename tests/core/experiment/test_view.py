"""The view: every field has a knob, survives a session file and can be set from a line of text."""

import dataclasses
import json
import zipfile

import pytest

from core.base.errors import UserError
from core.base.knobs import (
    ChoiceKnob,
    ChoicesKnob,
    FeatureValuesKnob,
    IntegerKnob,
    IntegersKnob,
    NumberKnob,
    NumbersKnob,
    SwitchKnob,
    knobs_of,
)
from core.experiment.experiment import Experiment
from core.experiment.view import VIEW_KNOBS, VIEW_PATHS, View, view_knob
from core.experiment.view_choices import BAR_INTERVALS, CURVES
from core.run.command_line import read_settings
from core.run.session_file import SavedSession, read_session, write_session

NAMES = tuple(path.removeprefix("view.") for path in VIEW_PATHS)
# those that sessions and lessons of earlier versions name
EARLIER = (
    "x_axis y_axis section held split shown "
    "threshold discrete calibrated truth truth_error reliability_class "
    "bars reliability_curve reliability_band bar_interval smoothing true_curve "
    "top_label brushed metric by_epoch log_metric log_steps "
    "smoothed selected unit "
)


def other_value(name):
    """Return a value that is not the default, and how it is typed."""
    knob = view_knob(name)
    if isinstance(knob, SwitchKnob):
        return not knob.default, "no" if knob.default else "yes"
    if isinstance(knob, ChoiceKnob):
        value = list(knob.choices())[-1]
        return (value, value) if value != knob.default else (next(iter(knob.choices())),) * 2
    if isinstance(knob, ChoicesKnob):
        names = tuple(knob.choices())[1:3]
        return names, ", ".join(names)
    if isinstance(knob, FeatureValuesKnob):
        return ((1, -2.5), (3, 4.0)), "3 4; 1 -2.5"
    if isinstance(knob, IntegersKnob):
        values = tuple(range(knob.lengths[-1]))
        return values, " ".join(map(str, values))
    if isinstance(knob, NumbersKnob):
        values = tuple(0.25 * k for k in range(knob.lengths[-1]))
        return values, " ".join(map(str, values))
    assert isinstance(knob, NumberKnob | IntegerKnob)
    value = knob.high if knob.high != knob.default else knob.low
    return value, str(value)


def wrong_value(name):
    """Return a value of the right type that the field cannot have."""
    knob = view_knob(name)
    if isinstance(knob, SwitchKnob):
        return 1
    if isinstance(knob, ChoiceKnob):
        return "nonsense"
    if isinstance(knob, ChoicesKnob):
        return ("nonsense",)
    if isinstance(knob, FeatureValuesKnob):
        return ((1, 2.0), (1, 3.0))
    if isinstance(knob, IntegersKnob | NumbersKnob):
        return (knob.low - 1,) * knob.lengths[-1]
    return knob.high + 1


def test_every_field_has_a_knob_that_only_changes_what_is_shown():
    assert tuple(field.name for field in dataclasses.fields(View)) == NAMES
    assert knobs_of(View) == {name: view_knob(name) for name in NAMES}
    for name, knob in knobs_of(View).items():
        assert knob.effect == "view", name
        assert knob.label, name
        assert knob.help.endswith("."), name
        assert getattr(View(), name) == knob.default == knob.check(knob.default)


def test_the_names_of_earlier_versions_are_still_there():
    assert set(EARLIER.split()) <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_field_is_replaced_by_what_it_can_have_alone(name):
    value, _ = other_value(name)
    changed = View().replacing(name, value)
    assert getattr(changed, name) == value
    assert dataclasses.replace(changed, **{name: view_knob(name).default}) == View()
    with pytest.raises(UserError) as refused:
        View().replacing(name, wrong_value(name))
    assert refused.value.mend


@pytest.mark.parametrize("name", NAMES)
def test_a_field_is_set_from_the_command_line(name):
    value, text = other_value(name)
    _, view = read_settings([f"view.{name}={text}"])
    assert view == View().replacing(name, value)


@pytest.mark.parametrize("name", NAMES)
def test_a_field_is_saved_with_the_session_and_read_again(name, tmp_path):
    value, _ = other_value(name)
    view = View().replacing(name, value)
    path = str(tmp_path / "one.credence")
    write_session(path, SavedSession(Experiment(), view))
    saved = read_session(path)
    assert saved.view == view
    assert saved.warnings == ()
    with zipfile.ZipFile(path) as archive:
        members = {it: archive.read(it) for it in archive.namelist()}
    content = json.loads(members["session.json"])
    content["view"] = {name: wrong_value(name), "no_such": 1}
    with zipfile.ZipFile(path, "w") as archive:
        for it, data in {**members, "session.json": json.dumps(content)}.items():
            archive.writestr(it, data)
    broken = read_session(path)
    assert broken.view == View()
    assert len(broken.warnings) == 2
    assert all(f"view.{it}" in " ".join(broken.warnings) for it in (name, "no_such"))


def test_an_unknown_field_lists_the_fields():
    for find in (lambda: View().replacing("treshold", 0.3), lambda: read_settings(["view.x=1"])):
        with pytest.raises(UserError, match=r"view\.threshold"):
            find()


def test_other_data_take_away_what_they_would_give_another_meaning():
    view = View()
    for name in NAMES:
        view = view.replacing(name, other_value(name)[0])
    other = view.for_other_data(3, 2)
    model = ("network_selected", "landscape_first", "landscape_second")
    data = ("held", "reliability_class", "selected", "brushed", "rows_sort")
    for name in NAMES:
        default, kept = VIEW_KNOBS[f"view.{name}"].default, getattr(view, name)
        expected = {"x_axis": 3, "y_axis": 2}.get(name, default if name in model + data else kept)
        assert getattr(other, name) == expected, name
        at_model = default if name in model else kept
        assert getattr(view.for_other_model(), name) == at_model, name


def test_other_data_drop_the_brush_and_wrong_choices_are_refused():
    assert View(brushed=(0.1, 0.2)).for_other_data(0, 1).brushed == ()
    for name, value in (
        ("reliability_curve", "x"),
        ("reliability_band", "x"),
        ("bar_interval", "x"),
        ("smoothing", 2.0),
        ("brushed", (0.1,)),
    ):
        with pytest.raises(UserError):
            View().replacing(name, value)
    for name, records in (("reliability_curve", CURVES), ("bar_interval", BAR_INTERVALS)):
        for key in records:
            assert getattr(View().replacing(name, key), name) == key
