"""Cycles that hold widgets are destroyed in the window's thread, whoever else allocates."""

import gc
import threading

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication, QLabel

from gui.app import stay
from gui.session.background import collect_here_alone, collect_what_is_due


class Knot(QLabel):
    """A widget that holds itself, and notes in which thread it is destroyed."""

    def __init__(self, destroyed_in):
        super().__init__()
        self.itself = self
        note = lambda: destroyed_in.append(threading.get_ident())  # noqa: E731
        self.destroyed.connect(note, Qt.ConnectionType.DirectConnection)


def allocate_much():
    for _ in range(200):
        [[] for _ in range(1_000)]


@pytest.fixture
def low_thresholds():
    before = gc.get_threshold()
    gc.set_threshold(500, 1, 1)
    yield
    gc.set_threshold(*before)


def test_a_training_thread_never_destroys_a_widget(qtbot, low_thresholds):
    parent, destroyed_in = QObject(), []
    gc.enable()  # as Python starts
    collect_here_alone(parent)
    Knot(destroyed_in)
    thread = threading.Thread(target=allocate_much)
    thread.start()
    thread.join()
    assert destroyed_in == []
    kept = []
    qtbot.waitUntil(lambda: kept.extend([] for _ in range(1_000)) or bool(destroyed_in))
    assert destroyed_in == [threading.get_ident()]
    parent.deleteLater()


def test_only_what_is_due_is_collected(low_thresholds):
    gc.collect()
    destroyed_in = []
    Knot(destroyed_in)
    collect_what_is_due()
    assert destroyed_in == []
    kept = [[] for _ in range(1_000)]
    collect_what_is_due()
    assert len(destroyed_in) == 1
    assert kept


def test_the_application_leaves_no_collection_to_other_threads(monkeypatch, open_window):
    window = open_window()
    gc.enable()
    seen = []
    monkeypatch.setattr(QApplication, "exec", lambda: seen.append(gc.isenabled()) or 0)
    assert stay(window) == 0
    assert seen == [False]
