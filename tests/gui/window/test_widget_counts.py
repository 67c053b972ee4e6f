"""Changing the workspace or the theme again and again makes no more and more widgets."""

import gc
from collections import Counter

from PySide6.QtWidgets import QApplication

from gui.style.theme import themes
from gui.window.workspaces import WORKSPACES
from tests.gui.conftest import deliver_deletions

FIFTY = 50
OF_QT = {"QTabBar": 2, "QToolButton": 4}  # that Qt forgets with each change of a group of tabs


def count():
    QApplication.processEvents()
    deliver_deletions()
    gc.collect()
    return Counter(type(widget).__name__ for widget in QApplication.allWidgets())


def test_changes_of_workspace_leave_no_widgets_but_those_that_qt_forgets(window):
    window.show()

    def change(times):
        for k in range(times):
            window.switch_workspace(list(WORKSPACES)[k % len(WORKSPACES)])
            QApplication.processEvents()

    change(2 * len(WORKSPACES))  # every panel has then been made
    before = count()
    change(FIFTY + 1)
    grown = count() - before
    assert {name for name in grown if grown[name] > 2} <= OF_QT.keys()
    for name, each in OF_QT.items():
        assert grown[name] <= each * (FIFTY + 1)


def test_changes_of_theme_leave_no_widgets(window):
    window.show()
    present = themes().choice
    try:
        for name in ("dark", "light"):
            window.choose_theme(name)
        before = count()
        for k in range(10):
            window.choose_theme(("dark", "light")[k % 2])
        assert sum((count() - before).values()) <= 2
    finally:
        window.choose_theme(present)
