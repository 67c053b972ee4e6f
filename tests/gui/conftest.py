"""A session that trains only when told to, panels and windows; nothing may leak or warn."""

import gc
import threading

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSettings, QStandardPaths, QTimer
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from gui.panels import PANELS
from gui.session import autosave, saved_file
from gui.session.background import collect_what_is_due
from gui.style.theme import themes
from tests.gui.panel_cases import new_session

pytest.register_assert_rewrite("tests.gui.panel_checks", "tests.gui.plot_readings")

SIZES = {
    "boundary": (620, 560),
    "loss": (330, 220),
    "reliability": (330, 400),
    "figures": (330, 400),
    "rows": (620, 560),
    "functions": (900, 600),
    "softmax": (900, 600),
}
SHARED = "shared window"
MOST_MILLISECONDS = (
    60_000  # to wait; a busy machine may take long over what a quiet one does at once
)

SMALL = ("--theme", "light", "--set", "data.rows=100", "--set", "model.hidden=3")


class PatientBot(QtBot):
    """Waits for as long as a busy machine may take, and no longer than it must."""

    def waitUntil(self, callback, *, timeout=MOST_MILLISECONDS):
        """Wait until the callback returns true or passes its assertions."""
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(self, signal, *, timeout=MOST_MILLISECONDS, **options):
        """Return a context that ends when the signal has come."""
        return super().waitSignal(signal, timeout=timeout, **options)

    def waitSignals(self, signals, *, timeout=MOST_MILLISECONDS, **options):
        """Return a context that ends when all signals have come."""
        return super().waitSignals(signals, timeout=timeout, **options)


@pytest.fixture
def qtbot(qapp, request):
    """The bot of pytest-qt, but more patient."""
    return PatientBot(request)


def pytest_collection_modifyitems(items):
    """Let every Qt warning fail, but one that the offscreen platform gives for itself."""
    for item in items:
        if "tests/gui" in item.path.as_posix():
            item.add_marker(pytest.mark.qt_log_level_fail("WARNING"))
            item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support"))


def deliver_deletions():
    for _ in range(3):
        QCoreApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    collect_what_is_due()


def leftovers():
    """Return the windows, running timers and threads there are."""
    timers = [o for o in shiboken6.getAllValidWrappers() if isinstance(o, QTimer) and o.isActive()]
    widgets = [w for w in QApplication.topLevelWidgets() if not w.objectName().startswith("qt_")]
    threads = [t for t in threading.enumerate() if t.is_alive()]
    if SHARED in (w.objectName() for w in widgets):  # its workers start when they are needed
        threads = [t for t in threads if not t.name.startswith("background")]
    return {id(o): o for o in (*timers, *widgets, *threads)}


def ancestry(o):
    """Return the identities of an object and its parents, of which the oldest owns it."""
    found = {id(o)}
    while isinstance(o, QObject) and (o := o.parent()) is not None:
        found.add(id(o))
    return found


def use_own_settings(folder):
    QStandardPaths.setTestModeEnabled(True)
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(folder))


@pytest.fixture(scope="session")
def collects_here_alone():
    """Collect garbage in this thread alone, as the app does, from the first window on."""
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(autouse=True)
def own_data_folder(tmp_path, monkeypatch):
    """Let each test have its own autosaves."""
    for module in (autosave, saved_file):
        monkeypatch.setattr(module, "data_folder", lambda: tmp_path / "data")


@pytest.fixture(autouse=True)
def nothing_leaks(qapp, tmp_path, collects_here_alone):
    """Fail where a window, a running timer or a thread outlives its test; own settings for each."""
    use_own_settings(tmp_path)
    deliver_deletions()
    before = leftovers()
    yield
    deliver_deletions()
    left = [o for o in leftovers().values() if not (ancestry(o) & before.keys())]
    assert not left, f"left behind: {left}"


@pytest.fixture
def session(qapp):
    made = new_session()
    yield made
    made.close()
    made.deleteLater()
    themes().use("light")


@pytest.fixture
def show(qtbot):
    """Make, size and show a panel of a session; it lives until the test ends, as in a dock."""
    made = []

    def make(name, session):
        panel = PANELS[name].make(session, None)
        made.append(panel)
        qtbot.addWidget(panel)
        panel.resize(*SIZES.get(name, (620, 560)))
        panel.show()
        qtbot.waitExposed(panel)
        return panel

    return make


@pytest.fixture
def open_window(qtbot):
    """Launch the real window, paused, with any arguments; it is closed at the end."""
    from gui.app import launch

    made = []

    def make(*arguments, paused=True):
        window = launch([*SMALL, *arguments])
        made.append(window)
        window.resize(1280, 800)
        qtbot.waitExposed(window)
        if paused:
            window.session.pause()
            window.session.restart()  # without what was still under way
            window.session.undo_stack.clear()
        return window

    yield make
    for window in made:
        window.close()
        window.deleteLater()
    themes().choose("light")


@pytest.fixture(scope="module")
def shared_window(qapp, tmp_path_factory, collects_here_alone):
    from gui.app import launch

    use_own_settings(tmp_path_factory.mktemp("settings"))
    made = launch(SMALL)
    made.setObjectName(SHARED)
    made.session.pause()
    made.resize(1280, 800)
    for name in PANELS:  # their plots have menus that no one owns
        made.panel(name)
    yield made
    made.close()
    made.deleteLater()
    themes().choose("light")


@pytest.fixture
def window(qtbot, shared_window):
    """The real window, paused, as it is after a start: all that a test did is undone."""
    window = shared_window
    qtbot.waitExposed(window)
    yield window
    for dialog in window.findChildren(QDialog):
        dialog.close()
    window.session.pause()
    window.session.background.cancel("open")
    window.session.undo_stack.setIndex(0)
    window.session.undo_stack.clear()
    window.session.restart()
    window.session.undo_stack.clear()
    window.session.file.path = ""
    window.files.recent.clear()
    window.action("reset_layout").trigger()
    if window.parts.layouts.workspace.name != "train":
        window.switch_workspace("train")
        window.action("reset_layout").trigger()
    for section in window.panel("knobs").sections.values():
        section.more.setChecked(False)
