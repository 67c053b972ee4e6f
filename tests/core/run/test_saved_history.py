"""A session holds its run's past: every step comes back to the last bit after reopening."""

import io
import json
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.base.errors import UserError
from core.experiment.experiment import Experiment, experiment_from_mapping
from core.run import saved_history
from core.run.autosaves import Autosaver, clear_old_autosaves, kept_autosaves, read_autosave
from core.run.history import with_parameters
from core.run.resuming import keeps_engine, resumed_run, run_by_its_engine
from core.run.run import edited_run, start_run
from core.run.saved_history import SavedHistory
from core.run.session_file import SavedSession, read_session, write_session
from core.training import engines
from core.training.numpy_engine import NumpyEngine, numpy_engine

ROOT = Path(__file__).resolve().parents[3]
SMALL = {"data": {"rows": 60}, "model": {"hidden": [3]}, "training": {"optimizer": "adam"}}


def small(**sections):
    mapping = {name: {**SMALL.get(name, {}), **sections.get(name, {})} for name in SMALL}
    return experiment_from_mapping(mapping)


def go_on(run, steps, bursts=1):
    history = run.history
    for _ in range(bursts):
        burst = history.engine.burst(history.problem, history.latest, steps)
        history.record_state(burst.state)
        step = burst.state.step
        history.metrics.append(step, step / 3, {"train.loss": 1.0 / step, "test.ece": np.nan})
    return run


def eventful(experiment=None):
    """Return a run with live edits, other rows, parameters set by hand, and figures."""
    run = go_on(start_run(experiment or small()), 7, 4)
    run = edited_run(run, run.experiment.replacing("training.learning_rate", 0.3), 28)
    go_on(run, 5, 3)
    run = edited_run(run, run.experiment.replacing("data.noise", 0.7), 43)
    go_on(run, 6, 3)
    state = with_parameters(run.history.latest, np.array([0, 3]), np.array([2.0, -1.0]))
    run.history.record_edit(state.step, run.history.problem, state)
    go_on(run, 4, 5)
    return run


def saved_of(run, state=None):
    history = run.history
    return SavedSession(
        run.experiment,
        state=state or history.latest,
        engine=history.engine.name,
        history=SavedHistory.of(history),
    )


def reopened(path, choose=numpy_engine):
    saved = read_session(path)
    return resumed_run(saved.experiment, start_run(saved.experiment).dataset, saved.state, choose,
                       saved.history)  # fmt: skip


def test_every_step_comes_back_to_the_last_bit_and_so_do_the_figures(tmp_path):
    run = eventful()
    write_session(tmp_path / "s.credence", saved_of(run))
    back = reopened(tmp_path / "s.credence")
    last = run.history.latest.step
    assert (back.history.first_step, back.history.latest.step) == (0, last)
    for step in [last, 0, 28, 29, 43, 44, 61, 62, *range(last)]:
        assert back.history.state_at(step).same_bits(run.history.state_at(step))
    for name in run.history.metrics.names:
        np.testing.assert_array_equal(
            back.history.metrics.column(name), run.history.metrics.column(name)
        )
    assert [edit.step for edit in back.history.edits] == [edit.step for edit in run.history.edits]
    go_on(run, 9, 2)
    go_on(back, 6, 3)
    assert back.history.latest.same_bits(run.history.latest)


def test_a_session_saved_at_an_earlier_step_keeps_what_came_after(tmp_path):
    run = eventful()
    looked_at = run.history.state_at(33)
    write_session(tmp_path / "s.credence", saved_of(run, looked_at))
    assert read_session(tmp_path / "s.credence").state.same_bits(looked_at)
    back = reopened(tmp_path / "s.credence")
    assert back.history.latest.same_bits(run.history.latest)
    assert back.history.state_at(33).same_bits(looked_at)


def test_what_is_too_much_is_thinned_and_replayed_exactly(tmp_path, monkeypatch):
    run = eventful()
    monkeypatch.setattr(saved_history, "CHECKPOINT_BYTES", 4 * run.history.latest.n_bytes)
    monkeypatch.setattr(saved_history, "METRIC_BYTES", 8 * 4 * 6)
    write_session(tmp_path / "s.credence", saved_of(run))
    saved = read_session(tmp_path / "s.credence")
    assert len(saved.history.checkpoints) == 4
    assert len(saved.history.cells) == 6
    assert saved.history.cells[[0, -1], 0].tolist() == [7, run.history.latest.step]
    back = reopened(tmp_path / "s.credence")
    for step in (1, 30, 50, 63, 80):
        assert back.history.state_at(step).same_bits(run.history.state_at(step))


def test_rows_of_long_ago_go_first_and_the_run_then_begins_later(tmp_path, monkeypatch):
    run = eventful()
    monkeypatch.setattr(saved_history, "ROW_BYTES", 1000)  # less than the first 36 rows take
    write_session(tmp_path / "s.credence", saved_of(run))
    back = reopened(tmp_path / "s.credence")
    assert back.history.first_step == 43
    for step in (43, 44, 61, 75):
        assert back.history.state_at(step).same_bits(run.history.state_at(step))
    assert len(back.history.metrics) == len(run.history.metrics)


def test_a_session_of_a_long_run_of_a_large_network_stays_below_50_mb(tmp_path):
    run = start_run(small(model={"hidden": [512, 512]}))
    history, state = run.history, run.history.latest
    for step in range(1, 40):
        history.record_state(replace(state, step=step * 10))
    write_session(tmp_path / "s.credence", saved_of(run))
    assert state.n_bytes > 2 * 2**20
    assert (tmp_path / "s.credence").stat().st_size < 50e6
    back = read_session(tmp_path / "s.credence")
    assert back.history.checkpoints[0].step == 0


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_a_run_of_the_compiled_engine_goes_on_to_the_same_bits(tmp_path, precision):
    experiment = small(training={"precision": precision})
    problem = start_run(experiment).history.problem
    if not engines.is_available() or not engines.make_engine_ready(problem):
        pytest.skip("numba is not there")
    run = go_on(start_run(experiment, choose_engine=engines.available_engine), 50, 4)
    assert run.history.engine.name == "compiled engine"
    write_session(tmp_path / "s.credence", saved_of(run))
    saved = read_session(tmp_path / "s.credence")
    slow = reopened(tmp_path / "s.credence")
    assert slow.history.engine.name == "numpy engine"
    go_on(slow, 30, 2)
    assert run_by_its_engine(slow, saved, numpy_engine) is None
    again = run_by_its_engine(slow, saved, engines.available_engine)
    go_on(run, 30, 2)
    assert again.history.latest.same_bits(run.history.latest)
    assert again.history.state_at(77).same_bits(run.history.state_at(77))
    assert len(again.history.metrics) == 6


def test_what_numpy_has_trained_goes_on_with_numpy():
    def choose(problem):
        raise AssertionError

    assert isinstance(keeps_engine("numpy engine", choose)(None), NumpyEngine)
    assert keeps_engine("compiled engine", choose) is choose


# autosaves


def test_an_autosave_writes_what_is_new_and_comes_back_to_the_last_bit(tmp_path):
    run, saver = start_run(small()), Autosaver(tmp_path)
    sizes = []
    for _ in range(6):
        go_on(run, 5, 10)
        saver.write(saved_of(run), run.history)
        parts = sorted(saver.folder.glob("part-*"), key=lambda part: int(part.stem[5:]))
        sizes.append([part.stat().st_size for part in parts])
    assert [len(each) for each in sizes] == [1, 2, 3, 4, 5, 6]
    assert sizes[-1][:5] == sizes[-2]  # what was there is not written again
    assert max(sizes[-1]) < 1.2 * sizes[0][0]
    back = read_autosave(saver.folder / "session.credence")
    again = resumed_run(back.experiment, run.dataset, back.state, numpy_engine, back.history)
    for step in (0, 3, 49, 50, 51, 149, 299, 300):
        assert again.history.state_at(step).same_bits(run.history.state_at(step))
    np.testing.assert_array_equal(
        again.history.metrics.column("train.loss"), run.history.metrics.column("train.loss")
    )


def test_an_autosave_follows_edits_by_hand_other_rows_and_other_runs(tmp_path):
    saver = Autosaver(tmp_path)
    run = go_on(start_run(small()), 5, 10)
    saver.write(saved_of(run, run.history.state_at(20)), run.history)
    for value in (3.0, -2.0):  # where the last part ends
        state = with_parameters(run.history.latest, np.array([1]), np.array([value]))
        run.history.record_edit(state.step, run.history.problem, state)
        saver.write(saved_of(run), run.history)
    go_on(run, 5, 3)
    saver.write(saved_of(run), run.history)
    assert len(list(saver.folder.glob("part-*"))) == 4
    check_autosave(saver, run)
    assert len(read_autosave(saver.folder / "session.credence").history.edits) == 2
    run = go_on(start_run(small()), 5, 13)
    saver.write(saved_of(run), run.history)
    other = go_on(start_run(small(model={"seed": 9})), 5, 20)  # the same rows, and longer
    saver.write(saved_of(other), other.history)
    check_autosave(saver, other)
    saver.write(saved_of(run), run.history)
    run = edited_run(run, run.experiment.replacing("data.noise", 0.1), 65)
    go_on(run, 5, 3)
    saver.write(saved_of(run), run.history)
    assert len(list(saver.folder.glob("part-*"))) == 1
    check_autosave(saver, run)
    run = go_on(start_run(small(model={"seed": 4})), 5, 3)
    saver.write(saved_of(run), run.history)
    check_autosave(saver, run)


def check_autosave(saver, run):
    back = read_autosave(saver.folder / "session.credence")
    again = resumed_run(back.experiment, start_run(back.experiment).dataset, back.state,
                        numpy_engine, back.history)  # fmt: skip
    for step in range(0, run.history.latest.step + 1, 5):
        assert again.history.state_at(step).same_bits(run.history.state_at(step))


def test_the_last_ten_are_kept_work_before_what_a_start_shows_and_nothing_else_is_deleted(tmp_path):
    run = start_run(small())
    folders = []
    for number in range(14):
        saver = Autosaver(tmp_path)
        words = {"title": str(number), "is_work": "no" if number > 11 else "yes"}
        saver.write(replace(saved_of(run), about=words), run.history, b"png")
        for path in (*saver.folder.iterdir(), saver.folder):
            os.utime(path, (1e9 + number, 1e9 + number))
        folders.append(saver.folder)
    (tmp_path / "20260101-000000-1-mine").mkdir()
    (folders[0] / "mine.txt").write_text("a year of work")
    os.utime(folders[0], (1e9, 1e9))
    clear_old_autosaves(tmp_path)
    kept = [each.title for each in kept_autosaves(tmp_path)]
    assert kept == [str(number) for number in range(11, 1, -1)]
    assert (folders[0] / "mine.txt").exists()
    assert (tmp_path / "20260101-000000-1-mine").exists()
    assert not folders[1].exists()
    assert kept_autosaves(tmp_path)[0].picture.read_bytes() == b"png"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only where processes can be forked")
def test_what_was_saved_survives_fifty_kills_while_saving():
    """``python -m tests.kills 1000`` is the longer run."""
    words = [sys.executable, "-m", "tests.kills", "50"]
    ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("50 kills during")


# what cannot be


def changed(path, member=None, array=None, **content):
    """Return the bytes of a session with another array, or other parts of session.json."""
    out = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "session.json":
                data = json.dumps({**json.loads(data), **content}).encode()
            if name == f"{member}.npy":
                buffer = io.BytesIO()
                np.save(buffer, array(np.load(io.BytesIO(data))))
                data = buffer.getvalue()
            new.writestr(name, data)
    return out.getvalue()


def negative(a):
    return np.where(np.arange(a.size).reshape(a.shape) == a.size - 1, -1e-3, a)


def infinite(a):
    return np.where(np.arange(a.size).reshape(a.shape) == 0, np.inf, a)


IMPOSSIBLE = {
    "infinite parameters": ("state.parameters", infinite, "parameters at step"),
    "negative second moments": ("state.slots", negative, "squares is negative"),
    "negative moments long ago": ("checkpoints.slots", negative, "squares is negative"),
    "a step beyond all time": ("state.steps", lambda a: a + 2**60, "whole number from 0"),
    "a negative step": ("checkpoints.steps", lambda a: a - 5, "whole number from 0"),
    "an epoch after its step": ("state.steps", lambda a: a + np.array([0, 10**6, 0]), "cannot be"),
    "another shape": ("state.parameters", lambda a: a[:, :-1], "shapes of its state"),
    "a narrower model": ("checkpoints.slots", lambda a: a[:, :1], "slots have shape"),
    "an object array": ("metrics", lambda a: a.astype("U3"), "not plain numbers"),
    "unordered figures": ("metrics", lambda a: a[::-1].copy(), "do not follow"),
    "unordered checkpoints": ("checkpoints.steps", lambda a: a[::-1].copy(), "do not follow"),
    "rows that are no numbers": ("rows.X", infinite, "rows of its history"),
    "labels of no class": ("rows.y", lambda a: a + 7, "do not fit"),
    "counts of no rows": ("rows.counts", lambda a: a * 2, "rows of its history"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(IMPOSSIBLE))
def test_a_state_or_a_past_that_cannot_be_is_refused_in_words(tmp_path, name):
    member, array, word = IMPOSSIBLE[name]
    write_session(tmp_path / "s.credence", saved_of(eventful()))
    (tmp_path / "bad.credence").write_bytes(changed(tmp_path / "s.credence", member, array))
    with pytest.raises(UserError, match=word):
        reopened(tmp_path / "bad.credence")


def test_a_negative_running_variance_is_refused(tmp_path):
    run = go_on(start_run(small(model={"batch_norm": True})), 5)
    write_session(tmp_path / "s.credence", saved_of(run))
    content = changed(tmp_path / "s.credence", "state.statistics", negative)
    (tmp_path / "bad.credence").write_bytes(content)
    with pytest.raises(UserError, match="variance is negative"):
        reopened(tmp_path / "bad.credence")


def test_edits_that_cannot_be_are_refused_in_words(tmp_path):
    write_session(tmp_path / "s.credence", saved_of(eventful()))
    with zipfile.ZipFile(tmp_path / "s.credence") as archive:
        history = json.loads(archive.read("session.json"))["history"]
    for key, value in (
        ("step", 10**30), ("step", True), ("rows", 99), ("training", 3),
        ("training", {"learning_rate": -1}), ("training", {"optimizer": "sgd"}),
        ("by_hand", True),
    ):  # fmt: skip
        edits = [{**history["edits"][0], key: value}, *history["edits"][1:]]
        bad = changed(tmp_path / "s.credence", history={**history, "edits": edits})
        (tmp_path / "bad.credence").write_bytes(bad)
        with pytest.raises(UserError):
            reopened(tmp_path / "bad.credence")


def test_sessions_of_lists_are_checked_too(tmp_path):
    run = start_run(small())
    first = run.history.latest
    state = {"step": 3, "epoch": 1, "position": 2, "precision": "float64", "statistics": [],
             "parameters": first.parameters.tolist(), "slots": first.slots.tolist()}  # fmt: skip
    for key, value in (
        ("step", 1e30), ("step", -1), ("epoch", 4), ("position", 1.5), ("parameters", [1e39]),
        ("slots", [[0.0] * 13, [-1.0] * 13]), ("parameters", [[0.0]]), ("slots", "x"),
        ("precision", ["float64"]), ("statistics", [1.0]),
    ):  # fmt: skip
        text = {"format": "session", "version": 1, "experiment": json.loads(small().to_json()),
                "state": {**state, key: value}}  # fmt: skip
        (tmp_path / "s.credence").write_text(json.dumps(text))
        with pytest.raises(UserError):
            reopened(tmp_path / "s.credence")


def test_the_default_experiment_fits_a_session_without_a_state(tmp_path):
    write_session(tmp_path / "s.credence", SavedSession(Experiment()))
    back = read_session(tmp_path / "s.credence")
    assert back.state is None
    assert back.history is None
