import pytest
from PySide6.QtCore import QStandardPaths

from core.base.errors import UserError
from core.experiment.experiment import experiment_from_mapping
from gui.session.autosave import Autosave
from gui.session.session import Session

START = experiment_from_mapping({"data": {"rows": 60}, "model": {"hidden": [3]}})


@pytest.fixture(autouse=True)
def _own_folder(qapp):
    QStandardPaths.setTestModeEnabled(True)
    Autosave.autosave_path().unlink(missing_ok=True)
    yield
    Autosave.autosave_path().unlink(missing_ok=True)
    QStandardPaths.setTestModeEnabled(False)


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
    session.autosave.save(path)
    saved = session.state
    train(qtbot, session, 10)
    later = session.state
    session.edit("model.activation", "relu")
    session.set_view("threshold", 0.2)
    with qtbot.waitSignal(session.run_changed):
        session.autosave.open(path)
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
        session.autosave.open(str(tmp_path / "bad.credence"))
    assert isinstance(failed.args[0], UserError)
    assert session.run is run
    assert session.view is view


def test_parameters_that_do_not_fit_are_refused(qtbot, session, tmp_path):
    path = tmp_path / "s.credence"
    session.autosave.save(str(path))
    path.write_text(path.read_text().replace('"hidden": [\n    3\n   ]', '"hidden": [4]'))
    with qtbot.waitSignal(session.failed) as failed:
        session.autosave.open(str(path))
    assert "not used" in str(failed.args[0])


def test_what_has_changed_is_kept_by_itself(qtbot, session):
    session.autosave.write_if_changed()
    kept = Autosave.autosave_path()
    assert kept.is_file()
    kept.unlink()
    session.autosave.write_if_changed()
    assert not kept.exists()
    session.edit("training.learning_rate", 0.5)
    session.autosave.write_if_changed()
    assert '"learning_rate": 0.5' in kept.read_text()


def test_closing_keeps_the_session(qtbot):
    session = Session(START)
    session.edit("training.learning_rate", 0.25)
    session.close()
    assert '"learning_rate": 0.25' in Autosave.autosave_path().read_text()


@pytest.mark.parametrize("as_new", [False, True])
def test_an_opened_session_is_saved_to_its_own_file_unless_it_is_opened_as_new(
    qtbot, session, tmp_path, as_new
):
    path = str(tmp_path / "s.credence")
    session.autosave.save(path)
    session.autosave.save(str(tmp_path / "other.credence"))
    with qtbot.waitSignal(session.autosave.message):
        session.autosave.open(path, as_new=as_new)
    assert session.autosave.path == ("" if as_new else path)
