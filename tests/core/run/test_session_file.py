import io
import json
import pickle
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.base.errors import UserError
from core.experiment.experiment import Experiment
from core.experiment.view import View
from core.run.session_file import SavedSession, is_session_file, read_session, write_session
from core.training.numpy_engine import NumpyEngine
from tests.core.problems import small_problem

HOSTILE = Path(__file__).resolve().parents[4] / "shared" / "hostile"


def trained():
    problem = small_problem(optimizer="adam", batch_norm=True)
    state = NumpyEngine().start(problem, "glorot", 0)
    return NumpyEngine().burst(problem, state, 7).state


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_a_session_comes_back_to_the_last_bit(tmp_path, precision):
    state = trained()
    state = replace(
        state,
        parameters=state.parameters.astype(precision),
        slots=state.slots.astype(precision),
        statistics=state.statistics.astype(precision),
    )
    experiment = Experiment().replacing("training.learning_rate", 0.123)
    view = replace(View(), threshold=0.7, held=((2, 1.5),), shown=("train",))
    path = str(tmp_path / "lesson.credence")
    write_session(path, SavedSession(experiment, view, state, (), {"later": {"a": 1}}))
    back = read_session(path)
    assert back.experiment == experiment
    assert back.view == view
    assert back.state.same_bits(state)
    assert back.extra == {"later": {"a": 1}}
    assert len(back.warnings) == 1


def test_a_state_without_slots_comes_back(tmp_path):
    state = NumpyEngine().start(small_problem(), "glorot", 0)
    path = str(tmp_path / "a.credence")
    write_session(path, SavedSession(Experiment(), View(), state))
    assert read_session(path).state.same_bits(state)


def test_a_table_beside_the_session_moves_with_it(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    (old / "t.csv").write_text("a,b\n1,x\n")
    experiment = Experiment().replacing("data.source", "file")
    experiment = experiment.replacing("data.path", str(old / "t.csv"))
    write_session(str(old / "s.credence"), SavedSession(experiment))
    old.rename(new)
    back = read_session(str(new / "s.credence"))
    assert back.experiment.data.path == str(new / "t.csv")
    assert back.warnings == ()
    (new / "t.csv").write_text("a,b\n2,x\n")
    assert "changed since" in read_session(str(new / "s.credence")).warnings[0]
    (new / "t.csv").unlink()
    assert "locate" in read_session(str(new / "s.credence")).warnings[0]


def test_a_failed_save_leaves_the_older_file(tmp_path):
    path = tmp_path / "s.credence"
    write_session(str(path), SavedSession(Experiment()))
    before = path.read_bytes()
    with pytest.raises(ValueError):
        write_session(str(path), SavedSession(Experiment(), extra={"x": float("nan")}))
    with pytest.raises(UserError, match="not saved"):
        write_session(str(tmp_path / "absent" / "s.credence"), SavedSession(Experiment()))
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["s.credence"]


def packed(**members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)
    return buffer.getvalue()


def array(values):
    buffer = io.BytesIO()
    np.save(buffer, values)
    return buffer.getvalue()


BAD = {
    "empty.json": (b"  ", "empty"),
    "cut.json": (b'{"format": "session", "vi', "line 1, column"),
    "nan.json": (b'{"model": {"lr": NaN, "weights": [[Infinity]]}}', r"model\.lr, model\.weights"),
    "twice.json": (b'{"a": {"lr": 1, "lr": 2}}', "'lr' stands twice"),
    "latin.json": (b'{"a": "\xff"}', "UTF-8"),
    "other.json": (b'{"format": "diagram"}', "not a session"),
    "future.json": (b'{"format": "session", "version": 7}', "another version"),
    "knob.json": (b'{"experiment": {"training": {"learning_rate": -1}}}', "learning rate"),
    "state.json": (b'{"state": {"step": 1}}', "damaged"),
    "cut.zip": (packed(session_json=b"{}")[:-9], "damaged"),
    "none.zip": (packed(other_txt=b""), r"no session\.json"),
    "nan.npz": (packed(weights_npy=array([np.nan])), "weights hold values"),
    "shape.npz": (packed(weights_npy=array(np.zeros((2, 2, 2, 2)))), "weights of shape"),
    "any.pkl": (pickle.dumps({"a": 1}), "not supported"),
}


@pytest.mark.parametrize("name", list(BAD))
def test_what_is_no_session_is_refused_by_name(tmp_path, name):
    content, named = BAD[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=named) as refused:
        read_session(str(tmp_path / name))
    assert name in str(refused.value)
    assert refused.value.mend


class Canary:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (self.path, "w"))


@pytest.mark.parametrize("suffix", [".pkl", ".json", ".credence", ".npz"])
def test_nothing_in_a_file_is_ever_run(tmp_path, suffix):
    canary = tmp_path / "canary"
    content = pickle.dumps(Canary(str(canary)))
    if suffix == ".npz":
        content = packed(weights_npy=array(np.array([Canary(str(canary))], dtype=object)))
    (tmp_path / f"evil{suffix}").write_bytes(content)
    with pytest.raises(UserError):
        read_session(str(tmp_path / f"evil{suffix}"))
    assert not canary.exists()


def test_what_is_unknown_is_told_and_broken_characters_are_replaced(tmp_path):
    path = tmp_path / "s.json"
    path.write_bytes(b'{"view": {"metric": "\\ud800", "tab": 1, "threshold": 3}, "zz": "\\ud800"}')
    back = read_session(str(path))
    told = " ".join(back.warnings)
    for named in ("view.metric", "view.tab", "threshold", "zz"):
        assert named in told
    assert back.view == View()  # "?" is no metric
    assert back.extra == {"zz": "?"}
    write_session(str(tmp_path / "again.credence"), back)


def test_a_table_is_told_from_a_session(tmp_path):
    records = tmp_path / "rows.json"
    records.write_text('[{"a": 1}]')
    saved = tmp_path / "s.json"
    saved.write_text('{"format": "session"}')
    assert not is_session_file(str(records))
    assert is_session_file(str(saved))
    assert is_session_file("lesson.credence")
    assert not is_session_file("iris.csv")


@pytest.mark.skipif(not HOSTILE.exists(), reason="the shared folder is not here")
def test_every_shared_hostile_session_gets_what_its_manifest_says():
    entries = json.loads((HOSTILE / "manifest.json").read_text(encoding="utf-8"))["files"]
    for entry in entries:
        if not entry["file"].startswith("session/"):
            continue
        path = str(HOSTILE / entry["file"])
        if entry["expected"] == "error":
            with pytest.raises(UserError) as refused:
                read_session(path)
            said = str(refused.value)
            assert Path(path).name in said
        else:
            said = " ".join(read_session(path).warnings)
        for word in entry["message_must_name"]:
            assert word in said, (entry["file"], word, said)
