"""A session that trains only when told to, panels and windows; nothing may leak or warn."""

import threading

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QSettings, QStandardPaths, QTimer
from PySide6.QtWidgets import QApplication

from gui.panels import PANELS
from gui.theme import themes
from tests.gui.panel_cases import new_session

SIZES = {
    "boundary": (620, 560),
    "curves": (330, 220),
    "reliability": (330, 400),
    "figures": (330, 400),
    "rows": (620, 560),
}
SMALL = ("--theme", "light", "--set", "data.rows=100", "--set", "model.hidden=3")


def pytest_collection_modifyitems(items):
    """Let every Qt warning fail, but one that the offscreen platform gives for itself."""
    for item in items:
        if "tests/gui" in item.path.as_posix():
            item.add_marker(pytest.mark.qt_log_level_fail("WARNING"))
            item.add_marker(pytest.mark.qt_log_ignore("propagateSizeHints"))


def deliver_deletions():
    for _ in range(3):
        QCoreApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def leftovers():
    """Return the windows, running timers and threads there are."""
    timers = [o for o in shiboken6.getAllValidWrappers() if isinstance(o, QTimer) and o.isActive()]
    widgets = [w for w in QApplication.topLevelWidgets() if not w.objectName().startswith("qt_")]
    threads = [t for t in threading.enumerate() if t.is_alive()]
    return {id(o): o for o in (*timers, *widgets, *threads)}


@pytest.fixture(autouse=True)
def nothing_leaks(qapp, tmp_path):
    """Fail where a window, a running timer or a thread outlives its test; own settings for each."""
    QStandardPaths.setTestModeEnabled(True)
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path))
    deliver_deletions()
    before = leftovers()
    yield
    deliver_deletions()
    left = [o for key, o in leftovers().items() if key not in before]
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
    """Make, size and show a panel of a session."""

    def make(name, session):
        panel = PANELS[name].make(session)
        qtbot.addWidget(panel)
        panel.resize(*SIZES[name])
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
        return window

    yield make
    for window in made:
        window.close()
        window.deleteLater()
    themes().choose("light")


@pytest.fixture
def window(open_window):
    return open_window()
