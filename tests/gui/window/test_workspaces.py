"""A saved arrangement never stops a start: floating panels come back, a deadly one is forgotten."""

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QApplication

from core.base.errors import UserError
from gui.panels import PANELS
from gui.window.dialogs import ErrorDialog, Reporter
from gui.window.docks import Title
from gui.window.workspaces import WORKSPACES

ROOT = Path(__file__).resolve().parents[3]
NAMES = ("knobs", *PANELS)
START = """
import os, sys
from PySide6.QtCore import QSettings, QStandardPaths
from PySide6.QtWidgets import QApplication
application = QApplication([])
application.setOrganizationName(sys.argv[2])
application.setApplicationName(sys.argv[3])
QStandardPaths.setTestModeEnabled(True)
QSettings.setDefaultFormat(QSettings.Format.IniFormat)
QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, sys.argv[1])
from gui.app import launch
from gui.window.window import Window
Window.restoreState = lambda *saved: os._exit(3)
window = launch(["--theme", "light", "--set", "data.rows=60", "--set", "model.hidden=2"])
"""


def start_that_dies_of_the_layout(folder):
    application = QApplication.instance()
    names = [application.organizationName(), application.applicationName()]
    words = [sys.executable, "-c", START, str(folder), *names]
    return subprocess.run(words, cwd=ROOT, check=False, stderr=subprocess.DEVNULL).returncode


def float_alone(window, name):
    dock = window.parts.docks[name]
    dock.show()
    dock.title.float_wanted.emit()
    dock.setGeometry(QRect(80, 90, 420, 380))
    assert dock.isFloating()
    return dock


@pytest.mark.parametrize("chosen", [["loss"], ["functions"], NAMES])
def test_floated_panels_float_again_at_the_next_start(open_window, chosen):
    first = open_window()
    places = {name: float_alone(first, name).geometry() for name in chosen}
    first.close()
    second = open_window()
    assert second.parts.layouts.is_touched
    for name in NAMES:
        dock = second.parts.docks[name]
        assert dock.isFloating() == (name in chosen)
        if name in chosen:
            assert dock.isVisible()
            assert dock.geometry() == places[name]
            assert dock.findChildren(Title) == [dock.title] == [dock.titleBarWidget()]
            made = dock.findChildren(type(dock.panel()))
            assert [w for w in made if w.objectName() == f"panel.{name}"] == [dock.panel()]
    assert second.findChild(ErrorDialog) is None
    docked = second.parts.docks[chosen[0]]
    docked.title.float_wanted.emit()
    assert not docked.isFloating()


def test_a_layout_that_ended_a_start_is_forgotten_and_the_next_start_says_so(
    qtbot, open_window, tmp_path
):
    first = open_window()
    float_alone(first, "loss")
    first.close()
    first.settings.sync()
    assert start_that_dies_of_the_layout(tmp_path) == 3
    first.settings.sync()
    second = open_window()
    assert not second.parts.docks["loss"].isFloating()
    assert second.parts.docks["loss"].isVisible()
    dialog = second.findChild(ErrorDialog)
    assert WORKSPACES["train"].label in dialog.why.text()
    dialog.close()
    second.close()
    second.settings.sync()
    assert start_that_dies_of_the_layout(tmp_path) == 0  # there is nothing left to restore
    assert open_window().findChild(ErrorDialog) is None


def test_a_layout_that_ended_a_change_of_workspace_is_forgotten_too(open_window, monkeypatch):
    first = open_window()
    first.switch_workspace("inside")
    float_alone(first, "network")
    first.switch_workspace("train")
    restored = []
    monkeypatch.setattr(type(first), "restoreState", lambda *saved: restored.append(1) or False)
    first.switch_workspace("inside")
    assert restored == [1]
    settings = str(first.settings.fileName())
    on_the_disk = Path(settings).read_bytes()  # as it is where the process ends here
    monkeypatch.undo()
    first.close()
    first.settings.sync()
    Path(settings).write_bytes(on_the_disk)
    first.settings.sync()
    second = open_window()
    assert second.parts.layouts.workspace.name == "train"
    assert WORKSPACES["inside"].label in second.findChild(ErrorDialog).why.text()
    second.findChild(ErrorDialog).close()
    second.switch_workspace("inside")
    assert not second.parts.docks["network"].isFloating()


def test_a_layout_that_has_stood_for_a_second_is_no_longer_suspected(qtbot, open_window, tmp_path):
    first = open_window()
    float_alone(first, "loss")
    first.close()
    second = open_window()
    qtbot.waitUntil(lambda: "layout/tried" not in second.settings.allKeys())
    second.settings.sync()
    assert start_that_dies_of_the_layout(tmp_path) == 3  # it is tried once more


def test_an_error_while_an_error_is_shown_does_not_go_round(qapp, capsys):
    reporter, shown = Reporter(), []

    def show(trouble):
        shown.append(trouble.what)
        if len(shown) > 50:
            return
        reporter.report(UserError(f"error {len(shown)}"))
        raise ValueError("the dialog could not be made")

    reporter.troubled.connect(show)
    reporter.install()
    try:
        reporter.report(UserError("the first"))
        reporter.report(UserError("the second"))
        QApplication.processEvents()
    finally:
        reporter.uninstall()
    assert shown == ["the first", "the second"]
    assert "the dialog could not be made" in capsys.readouterr().err
