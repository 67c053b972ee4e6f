"""What is kept: the title's mark, questions before something is replaced, recovering, undo."""

import os
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QMessageBox

from core.base.errors import UserError
from core.run.autosaves import kept_autosaves
from core.run.session_file import read_session
from gui.session.autosave import Autosave
from gui.window.dialogs import ErrorDialog
from gui.window.recover_dialog import RecoverDialog
from tests.gui.panel_cases import train

ROOT = Path(__file__).resolve().parents[3]


def table_at(path, rows=60, shift=0.0):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(rows, 2)) + shift
    lines = [f"{a:.4f},{b:.4f},{'yes' if a > b else 'no'}" for a, b in X]
    path.write_text("age,dose,well\n" + "\n".join(lines) + "\n")
    return str(path)


def answer(window, name, label):
    """Press the button of a question that is open."""
    box = next(box for box in window.findChildren(QMessageBox, name) if box.isVisible())
    next(b for b in box.buttons() if b.text().replace("&", "") == label).click()


def saved(qtbot, window, path):
    window.files.save_to(str(path))
    qtbot.waitUntil(lambda: window.session.file.path == str(path))


def opened(qtbot, window, path):
    with qtbot.waitSignal(window.session.file.opened):
        window.files.offer(str(path))


def wait_for_question(qtbot, window, name):
    qtbot.waitUntil(lambda: any(b.isVisible() for b in window.findChildren(QMessageBox, name)))


# title and saving


def test_the_title_names_the_session_and_tells_when_it_is_changed(qtbot, open_window, tmp_path):
    window = open_window()
    session = window.session
    train(qtbot, session, 5)
    saved(qtbot, window, tmp_path / "lesson.credence")
    assert window.windowTitle() == "lesson.credence – Credence"
    session.edit("training.learning_rate", 0.5)
    assert window.windowTitle() == "lesson.credence • – Credence"
    session.undo_stack.undo()
    saved(qtbot, window, tmp_path / "lesson.credence")
    qtbot.waitUntil(lambda: window.windowTitle() == "lesson.credence – Credence")
    session.set_view("threshold", 0.3)
    assert "•" in window.windowTitle()
    with qtbot.waitSignal(session.file.saved):
        window.action("save").trigger()
    train(qtbot, session, 1)
    qtbot.waitUntil(lambda: "•" in window.windowTitle())


def test_other_data_ask_before_they_replace_a_session(qtbot, open_window, tmp_path, monkeypatch):
    window = open_window()
    path = tmp_path / "lesson.credence"
    saved(qtbot, window, path)
    before = path.read_bytes()
    window.session.edit("data.source", "circles")
    window.action("save").trigger()
    answer(window, "dialog.overwrite", "Cancel")
    window.session.autosave.wait()
    assert path.read_bytes() == before
    other = str(tmp_path / "other.credence")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: (other, ""))
    window.action("save").trigger()
    answer(window, "dialog.overwrite", "Save as…")
    qtbot.waitUntil(lambda: window.session.file.path == other)
    assert path.read_bytes() == before
    window.session.edit("data.source", "two_moons")
    window.action("save").trigger()
    with qtbot.waitSignal(window.session.file.saved):
        answer(window, "dialog.overwrite", "Replace")
    assert read_session(other).experiment.data.source == "two_moons"


def test_what_another_window_has_saved_asks_before_it_is_replaced(qtbot, open_window, tmp_path):
    window = open_window()
    path = tmp_path / "lesson.credence"
    saved(qtbot, window, path)
    path.write_bytes(path.read_bytes() + b"")
    os.utime(path, (1e9, 1e9))
    before = path.stat().st_mtime_ns
    window.action("save").trigger()
    answer(window, "dialog.overwrite", "Cancel")
    window.session.autosave.wait()
    assert path.stat().st_mtime_ns == before


def test_a_session_never_overwrites_a_file_that_is_none(qtbot, open_window, tmp_path):
    window = open_window()
    table = table_at(tmp_path / "data.csv")
    content = Path(table).read_text()
    window.files.save_to(table)
    saved_as = tmp_path / "data.csv.credence"
    qtbot.waitUntil(lambda: window.session.file.path == str(saved_as))
    assert Path(table).read_text() == content
    (tmp_path / "notes.credence").write_text("a year of work")
    with qtbot.waitSignal(window.session.failed) as failed:
        window.files.save_to(str(tmp_path / "notes.credence"))
    assert isinstance(failed.args[0], UserError)
    assert "not a session" in failed.args[0].why
    assert (tmp_path / "notes.credence").read_text() == "a year of work"
    qtbot.waitUntil(lambda: window.findChild(ErrorDialog) is not None)
    window.findChild(ErrorDialog).close()


def test_a_session_of_any_name_opens_again(qtbot, open_window, tmp_path):
    window = open_window()
    train(qtbot, window.session, 7)
    saved(qtbot, window, tmp_path / "s.credence")
    (tmp_path / "s.credence").rename(tmp_path / "s.csv")
    window.session.restart()
    opened(qtbot, window, tmp_path / "s.csv")
    assert window.session.state.step == 7


def test_dialogs_begin_in_the_folder_used_last_or_in_the_documents(qtbot, open_window, tmp_path):
    window = open_window()
    window.settings.remove("folder")
    assert Path(window.files.folder()).is_dir()
    assert Path(window.files.folder()) != Path.cwd()
    saved(qtbot, window, tmp_path / "s.credence")
    assert window.files.folder() == str(tmp_path)


# the session's table


def test_a_table_travels_inside_and_is_found_where_there_is_no_other(qtbot, open_window, tmp_path):
    window = open_window()
    folder = tmp_path / "mine"
    folder.mkdir()
    table = table_at(folder / "patients.csv")
    with qtbot.waitSignal(window.session.run_changed):
        window.session.open_table(table, "well")
    train(qtbot, window.session, 9)
    state, X = window.session.state, window.session.run.dataset.X
    window.files.save_to(str(tmp_path / "mailed.credence"), with_table=True)
    qtbot.waitUntil(lambda: window.session.file.path != "")
    with zipfile.ZipFile(tmp_path / "mailed.credence") as archive:
        assert archive.read("table") == Path(table).read_bytes()
        assert str(folder) not in archive.read("session.json").decode()
    Path(table).unlink()
    window.session.edit("data.source", "circles")
    opened(qtbot, window, tmp_path / "mailed.credence")
    assert window.session.state.same_bits(state)
    np.testing.assert_array_equal(window.session.run.dataset.X, X)
    assert window.session.run.dataset.name == "patients.csv"
    saved(qtbot, window, tmp_path / "again.credence")  # what came inside travels on inside
    with zipfile.ZipFile(tmp_path / "again.credence") as archive:
        assert "table" in archive.namelist()


def test_a_table_elsewhere_is_read_only_when_the_user_says_so(qtbot, open_window, tmp_path):
    window = open_window()
    (tmp_path / "far").mkdir()
    table = table_at(tmp_path / "far" / "patients.csv")
    with qtbot.waitSignal(window.session.run_changed):
        window.session.open_table(table, "well")
    saved(qtbot, window, tmp_path / "s.credence")
    window.session.edit("data.source", "circles")
    opened(qtbot, window, tmp_path / "s.credence")  # it was opened before by the user
    window.session.edit("data.source", "circles")
    window.files.recent.clear()
    window.files.offer(str(tmp_path / "s.credence"))
    wait_for_question(qtbot, window, "dialog.table")
    assert window.session.run.dataset.name != "patients.csv"
    answer(window, "dialog.table", "Cancel")
    assert window.session.experiment.data.source == "circles"
    window.files.offer(str(tmp_path / "s.credence"))
    wait_for_question(qtbot, window, "dialog.table")
    with qtbot.waitSignal(window.session.file.opened):
        answer(window, "dialog.table", "Read that file")
    assert window.session.run.dataset.name == "patients.csv"


def test_a_missing_table_is_asked_for(qtbot, open_window, tmp_path, monkeypatch):
    window = open_window()
    table = table_at(tmp_path / "patients.csv")
    with qtbot.waitSignal(window.session.run_changed):
        window.session.open_table(table, "well")
    saved(qtbot, window, tmp_path / "s.credence")
    window.session.edit("data.source", "circles")
    Path(table).rename(tmp_path / "moved.csv")
    monkeypatch.setattr(
        QFileDialog, "getOpenFileName", lambda *args: (str(tmp_path / "moved.csv"), "")
    )
    window.files.offer(str(tmp_path / "s.credence"))
    wait_for_question(qtbot, window, "dialog.table")
    with qtbot.waitSignal(window.session.file.opened):
        answer(window, "dialog.table", "Choose the table…")
    assert window.session.experiment.data.path == str(tmp_path / "moved.csv")


# hostile files


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs here")
@pytest.mark.parametrize("name", ["x.json", "x.credence", "x.csv", "x.zip"])
def test_a_fifo_or_a_device_is_refused_at_once(qtbot, open_window, tmp_path, name):
    window = open_window()
    os.mkfifo(tmp_path / name)
    (tmp_path / f"zero.{name}").symlink_to("/dev/zero")
    for path in (tmp_path / name, tmp_path / f"zero.{name}"):
        began = time.monotonic()
        with qtbot.waitSignal(window.session.failed, timeout=20_000) as failed:
            window.files.open(str(path))
        assert "not a regular file" in failed.args[0].why
        assert time.monotonic() - began < 10.0
    if name == "x.credence":
        with qtbot.waitSignal(window.session.failed, timeout=20_000) as failed:
            window.files.save_to(str(tmp_path / name))
        assert "not overwritten" in failed.args[0].what
    began = time.monotonic()
    window.close()
    assert time.monotonic() - began < 10.0


# autosaves


def test_continue_gives_what_was_worked_on_last_and_not_what_a_start_shows(qtbot, open_window):
    first = open_window()
    train(qtbot, first.session, 20)
    first.session.edit("training.learning_rate", 0.25)
    train(qtbot, first.session, 5)
    live = first.session.state
    first.close()
    for _ in range(2):
        second = open_window()
        train(qtbot, second.session, 3)
        second.close()
    third = open_window()
    with qtbot.waitSignal(third.session.file.opened):
        third.action("resume").trigger()
    assert third.session.state.same_bits(live)
    assert third.session.file.path == ""  # Ctrl+S asks for a file
    third.session.scrub(20)  # the past is there too
    assert third.session.state.step == 20
    metrics = third.session.run.history.metrics
    assert metrics.column("step")[0] == 0
    assert np.isfinite(metrics.column("train.loss")).all()


def test_each_data_set_has_an_autosave_with_text_and_picture_to_recover(qtbot, open_window):
    window = open_window()
    train(qtbot, window.session, 30)
    window.session.edit("training.learning_rate", 0.5)
    window.panel("boundary").refresh()
    window.session.autosave.write_now()
    window.session.edit("data.source", "circles")
    window.session.autosave.write_now()
    window.session.edit("data.source", "spirals")
    window.close()
    kept = kept_autosaves(Autosave.folder())
    assert [each.title for each in kept] == ["Two spirals", "Circles", "Two moons"]
    assert "epoch" in kept[2].text
    assert QImage(str(kept[2].picture)).width() == 320
    later = open_window()
    later.action("recover").trigger()
    dialog = later.findChild(RecoverDialog)
    assert [dialog.list.item(row).text().splitlines()[0] for row in range(3)] == [
        "Two spirals",
        "Circles",
        "Two moons",
    ]
    dialog.list.setCurrentRow(2)
    with qtbot.waitSignal(later.session.file.opened):
        dialog.use.click()
    assert later.session.experiment.training.learning_rate == 0.5
    assert later.session.state.step == 30


def test_two_windows_at_once_do_not_overwrite_each_other(qtbot, open_window):
    first, second = open_window(), open_window()
    first.session.edit("training.learning_rate", 0.25)
    second.session.edit("training.learning_rate", 0.75)
    for window in (first, second, first, second):
        window.session.autosave.write_now()
    first.close()
    second.close()
    rates = {
        read_session(each.path).experiment.training.learning_rate
        for each in kept_autosaves(Autosave.folder())
    }
    assert rates == {0.25, 0.75}


def test_an_autosave_holds_the_window_for_less_than_20_ms(qtbot, open_window):
    """With a history of 40 MB, by what its beginning takes in this thread."""
    window = open_window("--set", "model.hidden=256 256")
    session = window.session
    train(qtbot, session, 1)
    history = session.run.history
    for step in range(2, 200):
        history.record_state(replace(history.latest, step=step))
    assert history.n_bytes > 40 * 2**20
    taken = []
    for rate in (0.02, 0.03, 0.04):
        session.edit("training.learning_rate", rate)
        began = time.thread_time()
        session.autosave.write_if_changed()
        taken.append(time.thread_time() - began)
        session.autosave.write_now()
    assert min(taken) < 0.02
    assert len(kept_autosaves(Autosave.folder())) >= 1


KILLED = """
import sys
from pathlib import Path
from gui.session import autosave, saved_file
folder = Path(sys.argv[1])
for module in (autosave, saved_file):
    module.data_folder = lambda: folder
from gui.app import launch
from PySide6.QtWidgets import QApplication
window = launch(["--set", "data.rows=100", "--set", "model.hidden=3"])
window.session.edit("training.learning_rate", 0.125)
print("ready", flush=True)
QApplication.exec()
"""


def test_a_kill_loses_at_most_ten_seconds(qtbot, open_window, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path / "data")],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_CONFIG_HOME": str(tmp_path)},
    )  # fmt: skip
    assert process.stdout.readline().strip() == "ready"
    time.sleep(10.0)
    process.kill()
    process.wait()
    process.stdout.close()
    window = open_window()
    with qtbot.waitSignal(window.session.file.opened):
        window.files.resume()
    assert window.session.experiment.training.learning_rate == 0.125
    assert window.session.state.step > 0


# undo and earlier runs


def test_restart_and_going_on_from_an_earlier_step_are_undone(qtbot, open_window):
    window = open_window()
    session = window.session
    train(qtbot, session, 40)
    live, run = session.state, session.run
    window.action("restart").trigger()
    assert session.state.step == 0
    window.action("undo").trigger()
    assert session.run is run
    assert session.state.same_bits(live)
    window.action("redo").trigger()
    assert session.state.step == 0
    window.action("undo").trigger()
    session.scrub(12)
    train(qtbot, session, 3)
    assert session.run.history.latest.step == 15
    window.action("undo").trigger()
    assert session.run.history.latest.same_bits(live)
    window.action("redo").trigger()
    assert session.run.history.latest.step == 15
    window.action("undo").trigger()
    session.scrub(12)
    session.edit("training.learning_rate", 0.5)
    assert session.run.history.latest.step == 12
    window.action("undo").trigger()
    assert session.run.history.latest.same_bits(live)
    session.scrub(12)
    session.set_parameter(0, 1.5)
    window.action("undo").trigger()
    window.action("undo").trigger()
    assert session.run.history.latest.same_bits(live)


def test_a_layer_taken_away_tells_what_was_put_aside_and_is_undone(qtbot, open_window):
    window = open_window("--set", "training.batch_size=100")
    session = window.session
    train(qtbot, session, 25)
    live, said = session.state, []
    session.message.connect(said.append)
    session.edit("model.hidden", ())
    assert any("25 epochs" in text and "undo" in text for text in said)
    window.action("undo").trigger()
    assert session.state.same_bits(live)


def test_earlier_runs_are_listed_by_what_differs_and_one_can_return_to_them(qtbot, open_window):
    window = open_window("--set", "training.batch_size=100")
    session, menu = window.session, window.parts.menus.earlier
    session.earlier_runs.clear()
    train(qtbot, session, 20)
    live, first = session.state, session.run
    session.edit("model.activation", "relu")
    train(qtbot, session, 10)
    second = session.run
    session.edit("model.seed", 7)
    menu.aboutToShow.emit()
    names = [action.text() for action in menu.actions()]
    assert len(names) == 2
    assert names == ["seed 0 (10 epochs)", "activation tanh, seed 0 (20 epochs)"]
    menu.actions()[1].trigger()
    assert session.run is first
    assert session.state.same_bits(live)
    assert session.experiment.model.activation == first.experiment.model.activation
    window.action("undo").trigger()
    assert session.experiment.model.seed == 7
    session.return_to(second)
    assert session.state.step == 10
