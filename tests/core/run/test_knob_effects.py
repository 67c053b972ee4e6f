"""Every knob is edited, and exactly what its effect says must happen, happens.

What must happen at least is found without looking at the effect: two runs are started from
nothing, one with each value, and compared.
"""

import dataclasses
import math

import numpy as np
import pytest

from core.base.knobs import (
    EFFECTS,
    ChoiceKnob,
    ChoicesKnob,
    ColumnKnob,
    ColumnsKnob,
    FileKnob,
    IntegerKnob,
    NumberKnob,
    NumbersKnob,
    PointsKnob,
    ReadOptionsKnob,
    SizesKnob,
    SwitchKnob,
    TextKnob,
)
from core.experiment.experiment import KNOBS, PATHS, experiment_from_mapping
from core.run.run import build_problem, edited_run, effect_of, start_run

STEPS, MORE = 24, 10
ROWS = 48
POINTS = tuple(
    (math.cos(k) + k % 2, math.sin(k), k % 2) for k in range(12)
)  # painted, of two classes
PREPARED = ("X", "y", "split", "rows", "weights")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two tables with numbers, a numeric target, look-alike labels, parts and weights."""
    folder = tmp_path_factory.mktemp("tables")
    for name, shift in (("one.csv", 0.0), ("other.csv", 2.0)):
        rng = np.random.default_rng(int(shift))
        lines = ["x,z,score,kind,part,mass"]
        for k in range(ROWS):
            x, z = (rng.normal(size=2) + k % 2 + shift).round(3)
            kind = ("Yes", "no", "yes", "no")[k % 4]
            part = ("train", "train", "validation", "test")[(k // 4) % 4]
            lines.append(f"{x},{z},{k % 7},{kind},{part},{1 + k % 3}")
        (folder / name).write_text("\n".join(lines), encoding="utf-8")
    return folder


def base_for(path, folder):
    """Return an experiment in which a knob matters."""
    experiment = experiment_from_mapping(
        {"data": {"rows": 60}, "model": {"hidden": [3]}, "training": {"learning_rate": 0.05}}
    )
    for other, values in KNOBS[path].conditions:
        experiment = experiment.replacing(other, values[0])
    if experiment.data.source == "file":
        experiment = experiment.replacing("data.path", str(folder / "one.csv"))
        target = "score" if path == "data.target_bins" else "kind"
        experiment = experiment.replacing("data.target", target)
    if experiment.data.source == "painted":
        experiment = experiment.replacing("data.painted", POINTS)
    if path == "data.class_weights":  # which are equal where the classes are
        experiment = experiment.replacing("data.imbalance", 0.5)
    if path == "data.missing":  # matters where something is missing
        experiment = experiment.replacing("data.source", "penguins")
    return experiment


def another_value(path, experiment, folder):
    """Return another value that a knob can have, made from the knob itself."""
    knob, present = KNOBS[path], experiment.value(path)
    if isinstance(knob, NumberKnob | IntegerKnob):
        towards = knob.high if present < knob.high else knob.low
        if knob.scale == "log" and present > 0:
            found = present * (towards / present) ** 0.25
        else:
            found = present + 0.25 * (towards - present)
        return round(found) if isinstance(knob, IntegerKnob) else found
    if isinstance(knob, ChoiceKnob):
        names = list(knob.choices())
        return names[(names.index(present) + 1) % len(names)]
    if isinstance(knob, SwitchKnob):
        return not present
    if isinstance(knob, SizesKnob):
        return (*present, 2)
    if isinstance(knob, ChoicesKnob):
        return (next(name for name in knob.choices() if name not in present),)
    if isinstance(knob, NumbersKnob):
        return (1.0, 3.0)
    if isinstance(knob, PointsKnob):
        return (*present, (0.5, 0.5, 0))
    if isinstance(knob, ColumnsKnob):
        names = [feature.name for feature in start_run(experiment).dataset.features]
        return tuple(names[1:])
    if isinstance(knob, FileKnob):
        return str(folder / "other.csv")
    if isinstance(knob, ColumnKnob):
        return "part"
    if isinstance(knob, ReadOptionsKnob):
        return '{"kinds": {"z": "category"}}'
    assert isinstance(knob, TextKnob)
    return {"data.split_column": "part", "data.weight_column": "mass"}[path]


def trained(experiment):
    """Return a run of some steps on numpy's engine, and the state in its middle."""
    run = start_run(experiment)
    for _ in range(STEPS // 4):
        history = run.history
        burst = history.engine.burst(history.problem, history.latest, 4)
        history.record_state(burst.state)
    return run


def same_rows(one, other):
    return one.classes == other.classes and all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in PREPARED
    )


def least_effect(old, new):
    """Return the weakest effect that the change can have, by comparing two runs from nothing."""
    one, two = start_run(old), start_run(new)
    if one.architecture != two.architecture or not one.history.latest.same_bits(two.history.latest):
        return "restart"
    if not same_rows(one.prepared, two.prepared):
        return "rows"
    a, b = (
        run.history.engine.burst(run.history.problem, run.history.latest, STEPS)
        for run in (one, two)
    )
    if old.training != new.training or not a.state.same_bits(b.state):
        return "live"
    return "view"


def check_effect(path, experiment, value):
    """Edit a knob in the middle of a run and check that exactly what its effect says happens."""
    new = experiment.replacing(path, value)
    assert new != experiment
    effect, least = effect_of(experiment, new), least_effect(experiment, new)
    assert effect == KNOBS[path].effect
    assert EFFECTS.index(effect) >= EFFECTS.index(least), f"{effect} is too weak: it is {least}"
    if effect == "restart":  # what could go on may also begin anew, but not what only is shown
        assert least != "view"
    else:
        assert effect == least, f"{effect} is too strong: it is {least}"
    run = trained(experiment)
    before = {k: run.history.state_at(k) for k in (0, 5, STEPS)}
    after = edited_run(run, new, STEPS)
    assert after.experiment == new
    {"view": check_view, "live": check_live, "rows": check_rows, "restart": check_restart}[effect](
        run, after
    )
    for k, state in before.items():  # what happened before has not changed
        assert run.history.state_at(k).same_bits(state)
        if effect != "restart":
            assert after.history.state_at(k).same_bits(state)


def check_view(run, after):
    assert after.history is run.history
    assert after.prepared is run.prepared
    assert after.dataset is run.dataset
    assert len(run.history.edits) == 1


def check_live(run, after):
    assert after.prepared is run.prepared
    check_goes_on(run, after)


def check_rows(run, after):
    fresh = start_run(after.experiment)
    assert same_rows(after.prepared, fresh.prepared)
    assert not same_rows(after.prepared, run.prepared)
    check_goes_on(run, after)


def check_goes_on(run, after):
    """Check that the weights are the same, the edit is recorded, and later steps obey it."""
    state = after.history.latest
    assert state.step == STEPS
    assert state.same_bits(run.history.latest)
    assert [edit.step for edit in after.history.edits] == [0, STEPS]
    assert [edit.step for edit in run.history.edits] == [0]
    engine = after.history.engine
    expected = engine.burst(build_problem(after.experiment, after.prepared), state, MORE)
    found = engine.burst(after.history.problem_at(STEPS), state, MORE)
    assert found.state.same_bits(expected.state)


def check_restart(run, after):
    fresh = start_run(after.experiment)
    assert after.history.latest.step == 0
    assert after.history.latest.same_bits(fresh.history.latest)
    assert after.architecture == fresh.architecture
    assert same_rows(after.prepared, fresh.prepared)
    assert after.history.edits[0].problem.training == after.experiment.training


@pytest.mark.parametrize("path", PATHS)
def test_an_edit_does_exactly_what_the_knob_says(path, folder):
    experiment = base_for(path, folder)
    assert experiment.is_relevant(path)
    check_effect(path, experiment, another_value(path, experiment, folder))


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("data.noise", {"effect": "view"}),
        ("data.noise", {"effect": "live"}),
        ("data.seed", {"reloads": False}),
        ("data.class_weights", {"effect": "view"}),
        ("data.scaling", {"effect": "live"}),
        ("model.hidden", {"effect": "rows"}),
        ("model.activation", {"effect": "live"}),
        ("training.learning_rate", {"effect": "view"}),
        ("training.learning_rate", {"effect": "rows"}),
        ("training.optimizer", {"effect": "live"}),
        ("calibration.bins", {"effect": "live"}),
        ("calibration.method", {"effect": "restart"}),
    ],
)
def test_an_effect_that_is_declared_wrongly_is_found(path, wrong, folder, monkeypatch):
    experiment = base_for(path, folder)
    value = another_value(path, experiment, folder)
    check_effect(path, experiment, value)
    monkeypatch.setitem(KNOBS, path, dataclasses.replace(KNOBS[path], **wrong))
    with pytest.raises(AssertionError):
        check_effect(path, experiment, value)


@pytest.mark.parametrize("path", [p for p in PATHS if isinstance(KNOBS[p], ChoiceKnob)])
def test_every_choice_of_a_list_has_an_effect_no_weaker_than_it_must(path, folder):
    old = base_for(path, folder)
    for name in KNOBS[path].choices():
        new = old.replacing(path, name)
        if name == "file":
            new = new.replacing("data.path", str(folder / "one.csv"))
        elif path == "data.source" and name == "painted":
            new = new.replacing("data.painted", POINTS)
        if name == "custom":
            new = new.replacing("data.custom_weights", (1.0, 3.0))
        at_least = least_effect(old, new)
        assert EFFECTS.index(effect_of(old, new)) >= min(EFFECTS.index(at_least), 2), name


def test_to_paint_on_a_data_set_and_to_undo_it_keep_the_weights():
    old = base_for("data.noise", None)
    new = old.replacing("data.source", "painted").replacing("data.painted", POINTS)
    run = trained(old)
    painted = edited_run(run, new, STEPS)
    check_rows(run, painted)
    back = edited_run(painted, old, STEPS)
    assert same_rows(back.prepared, run.prepared)
    assert back.history.latest.same_bits(run.history.latest)
