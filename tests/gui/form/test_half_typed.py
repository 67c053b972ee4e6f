"""What is half typed when its editor goes away: it is used in time, or dropped without harm."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox

from core.run.autosaves import kept_autosaves
from core.run.session_file import read_session
from gui.importing.guesses_form import SETTINGS
from gui.importing.import_dialog import ImportDialog
from gui.session.autosave import Autosave
from gui.window.dialogs import ErrorDialog
from tests.gui.conftest import deliver_deletions

TYPED = [guess.name for guess in SETTINGS.values() if guess.parse and "text" in guess.formats]


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table.csv"
    rows = "".join(f"{i};{i % 7};{'u' if i % 3 else 'v'}\n" for i in range(60))
    path.write_text("a;b;c\n" + rows, encoding="utf-8")
    return str(path)


def type_into(qtbot, window, field, text):
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    (field.lineEdit() if isinstance(field, QComboBox) else field).selectAll()
    QTest.keyClicks(field, text)


def settle(window):
    """Let everything under way come to its end."""
    background = window.session.background
    ended = []
    background.run("test.end", lambda: None, ended.append, ended.append)
    while not ended:
        QApplication.processEvents()
    deliver_deletions()
    shown = window.findChild(ErrorDialog)
    assert shown is None, shown.as_text()


@pytest.mark.parametrize("leave", ["escape", "cancel", "close"])
@pytest.mark.parametrize("name", TYPED)
def test_the_import_dialog_is_left_while_something_is_typed(qtbot, window, table, name, leave):
    window.files.offer(table)
    dialog = window.findChild(ImportDialog)
    qtbot.waitUntil(lambda: dialog.scene is not None and not dialog.reader.is_busy)
    type_into(qtbot, dialog, dialog.parts.guesses.boxes[name], "x")
    options, before = dialog.options, window.session.experiment
    if leave == "escape":
        QTest.keyClick(dialog.parts.guesses.boxes[name], Qt.Key.Key_Escape)
    elif leave == "cancel":
        dialog.parts.cancel.click()  # without the keyboard
    else:
        dialog.close()
    assert not dialog.isVisible()
    assert dialog.options == options
    assert not dialog.reader.is_busy
    settle(window)
    assert window.findChild(ImportDialog) is None
    assert window.session.experiment == before


@pytest.mark.parametrize("index", [0, 1, 2])
def test_undo_while_the_width_of_a_layer_is_typed(qtbot, window, index):
    session = window.session
    session.edit("model.hidden", (3, 4))
    session.edit("model.hidden", (3, 4, 5))
    steppers = window.panel("knobs").rows["model.hidden"].editor.steppers
    type_into(qtbot, window, steppers[index], "7")
    window.action("undo").trigger()
    assert session.experiment.model.hidden == (3, 4)
    assert [stepper.value() for stepper in steppers] == [3, 4]
    settle(window)
    assert session.experiment.model.hidden == (3, 4)
    window.action("redo").trigger()
    assert session.experiment.model.hidden == (3, 4, 5)


def test_the_key_for_undo_takes_back_what_is_half_typed_and_then_the_last_edit(qtbot, window):
    session = window.session
    session.edit("model.hidden", (3, 4))
    editor = window.panel("knobs").rows["model.hidden"].editor
    for field, text in ((editor.steppers[0], "3"), (editor.field, "3 4")):
        type_into(qtbot, window, field, "7")
        QTest.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert session.experiment.model.hidden == (3, 4)
        QTest.keyClick(field, Qt.Key.Key_Escape)
        assert field.text() == text
    QTest.keyClick(editor.field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert session.experiment.model.hidden == (3,)


def test_a_layer_is_taken_away_while_its_width_is_typed(qtbot, window):
    session = window.session
    session.edit("model.hidden", (3, 4, 5))
    editor = window.panel("knobs").rows["model.hidden"].editor
    type_into(qtbot, window, editor.steppers[2], "7")
    window.panel("network").change_layers(-1)
    settle(window)
    assert session.experiment.model.hidden == (3, 4)


def test_an_editor_that_undo_takes_away_changes_nothing(qtbot, window):
    """The optimiser's own knob goes with it; what was typed there is no change of its own."""
    session, form = window.session, window.panel("knobs")
    before = session.experiment
    session.edit("training.optimizer", "momentum")
    form.sections["training"].more.setChecked(True)
    field = form.rows["training.momentum"].editor.field
    type_into(qtbot, window, field, "0.5")
    window.action("undo").trigger()
    assert not field.isVisible()
    assert session.experiment == before
    settle(window)
    window.action("redo").trigger()
    assert session.experiment == before.replacing("training.optimizer", "momentum")
    assert field.text() == "0.9"


def test_a_panel_s_number_that_undo_takes_away_changes_nothing(qtbot, window):
    session = window.session
    window.switch_workspace("calibrate")
    dock = window.parts.docks["calibrators"]
    dock.show()
    dock.raise_()
    before = session.experiment
    session.edit("calibration.method", "temperature")
    handle = dock.panel().handles.sliders["calibration.temperature"]
    qtbot.waitUntil(handle.isVisible)
    type_into(qtbot, window, handle.field, "3")
    window.action("undo").trigger()
    qtbot.waitUntil(lambda: not handle.isVisible())
    settle(window)
    assert session.experiment == before
    assert session.undo_stack.canRedo()


@pytest.mark.parametrize("name", ["training.learning_rate", "model.hidden"])
def test_what_is_half_typed_when_the_window_is_closed_is_kept(qtbot, open_window, name):
    window = open_window()
    editor = window.panel("knobs").rows[name].editor
    field = editor.field if name == "training.learning_rate" else editor.steppers[0]
    type_into(qtbot, window, field, "1")
    window.close()
    deliver_deletions()
    assert window.findChild(ErrorDialog) is None
    kept = read_session(kept_autosaves(Autosave.folder())[0].path).experiment
    assert kept == window.session.experiment
    assert kept.value(name) in (1.0, (1,))


def test_the_window_is_closed_while_something_is_typed_in_the_import_dialog(
    qtbot, open_window, table
):
    window = open_window()
    window.files.offer(table)
    dialog = window.findChild(ImportDialog)
    qtbot.waitUntil(lambda: dialog.scene is not None and not dialog.reader.is_busy)
    type_into(qtbot, dialog, dialog.parts.guesses.boxes["delimiter"], "x")
    window.close()
    deliver_deletions()
    assert window.findChild(ErrorDialog) is None
