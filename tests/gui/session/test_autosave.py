from dataclasses import replace

import pytest

from core.base.errors import UserError
from core.experiment.experiment import experiment_from_mapping
from core.run.autosaves import kept_autosaves
from core.run.session_file import read_session, write_session
from gui.session.autosave import Autosave
from gui.session.session import Session

START = experiment_from_mapping({"data": {"rows": 60}, "model": {"hidden": [3]}})


@pytest.fixture
def session(qapp):
    made = Session(START)
    yield made
    made.close()


def train(qtbot, session, steps):
    session.take_steps(steps)
    qtbot.waitUntil(lambda: not session.is_playing)


def test_a_saved_session_goes_on_where_it_was(qtbot, session, tmp_path):
    train(qtbot, session, 30)
    session.set_view("threshold", 0.7)
    path = str(tmp_path / "s.credence")
    session.file.save(path)
    saved = session.state
    train(qtbot, session, 10)
    later = session.state
    session.edit("model.activation", "relu")
    session.set_view("threshold", 0.2)
    with qtbot.waitSignal(session.run_changed):
        session.file.open(path)
    assert session.experiment == START
    assert session.view.threshold == 0.7
    assert session.state.same_bits(saved)
    train(qtbot, session, 10)
    assert session.state.same_bits(later)
    session.undo_stack.undo()
    assert session.experiment.model.activation == "relu"


def test_a_session_that_cannot_be_opened_changes_nothing(qtbot, session, tmp_path):
    run, view = session.run, session.view
    (tmp_path / "bad.credence").write_text('{"format": "session", "version')
    with qtbot.waitSignal(session.failed) as failed:
        session.file.open(str(tmp_path / "bad.credence"))
    assert isinstance(failed.args[0], UserError)
    assert session.run is run
    assert session.view is view


def test_parameters_that_do_not_fit_are_refused(qtbot, session, tmp_path):
    path = tmp_path / "s.credence"
    session.file.save(str(path))
    wider = replace(session.saved(), experiment=START.replacing("model.hidden", (4,)))
    write_session(path, wider)
    with qtbot.waitSignal(session.failed) as failed:
        session.file.open(str(path))
    assert "not used" in str(failed.args[0])


def kept_experiment():
    return read_session(kept_autosaves(Autosave.folder())[0].path).experiment


def test_what_has_changed_is_kept_by_itself(qtbot, session):
    session.autosave.write_now()
    kept = kept_autosaves(Autosave.folder())[0].path
    written = kept.stat().st_mtime_ns
    session.autosave.write_now()
    assert kept.stat().st_mtime_ns == written
    session.edit("training.learning_rate", 0.5)
    session.autosave.write_if_changed()
    qtbot.waitUntil(lambda: kept_experiment().training.learning_rate == 0.5)


def test_closing_keeps_the_session(qtbot):
    session = Session(START)
    session.edit("training.learning_rate", 0.25)
    session.close()
    assert kept_experiment().training.learning_rate == 0.25


@pytest.mark.parametrize("as_new", [False, True])
def test_an_opened_session_is_saved_to_its_own_file_unless_it_is_opened_as_new(
    qtbot, session, tmp_path, as_new
):
    path = str(tmp_path / "s.credence")
    session.file.save(path)
    session.file.save(str(tmp_path / "other.credence"))
    session.file.open(path, as_new=as_new)
    qtbot.waitUntil(lambda: session.file.path == ("" if as_new else path))
