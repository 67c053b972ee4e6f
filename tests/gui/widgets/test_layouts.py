"""Labels that take the room they need, and ask for a layout only where that is another."""

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gui.widgets.layouts import StableLabel


class Requests(QObject):
    """Counts how often a widget is asked for another layout."""

    def __init__(self, watched):
        super().__init__(watched)
        self.count = 0
        watched.installEventFilter(self)

    def eventFilter(self, watched, event):
        self.count += event.type() == QEvent.Type.LayoutRequest
        return False


def settle():
    for _ in range(3):  # one request may lead to another
        QCoreApplication.processEvents()


@pytest.fixture
def placed(qtbot):
    """Place a label in a window of two parts, and count its layouts."""

    def place(wraps, text="", shown=True):
        window, label = QWidget(), QLabel(text)
        qtbot.addWidget(window)
        label.setWordWrap(wraps)
        layout = QVBoxLayout(window) if wraps else QHBoxLayout(window)
        layout.addWidget(StableLabel(label))
        layout.addWidget(QWidget(), 1)
        window.resize(300, 300)
        if shown:
            window.show()
            qtbot.waitExposed(window)
            settle()
        return window, label, Requests(window)

    return place


def text_width(label):
    return label.fontMetrics().horizontalAdvance(label.text())


def test_a_line_gets_more_room_once_and_keeps_it(placed):
    _, label, requests = placed(False, "1")
    label.setText("123 456")
    settle()
    assert requests.count == 1
    assert label.width() >= text_width(label)
    width = label.width()
    for text in ("12", "", "654 321"[:6]):
        label.setText(text)
        settle()
    assert requests.count == 1
    assert label.width() == width


def test_a_text_that_changes_unseen_is_whole_when_it_is_shown(placed, qtbot):
    window, label, _ = placed(False, "", shown=False)
    window.layout().activate()
    label.setText("on validation rows")
    window.show()
    qtbot.waitExposed(window)
    qtbot.waitUntil(lambda: label.width() >= text_width(label))


def test_a_text_that_wraps_gets_the_height_that_it_needs(placed):
    _, label, requests = placed(True, "some words")
    low = label.height()
    label.setText("other words")
    settle()
    assert requests.count == 0
    label.setText("many words " * 30)
    settle()
    assert requests.count > 0
    assert label.height() >= label.heightForWidth(label.width()) > low
    label.setText("few")
    settle()
    assert label.height() == low
