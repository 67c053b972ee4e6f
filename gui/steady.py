"""A label whose changing text does not ask the whole window for another layout."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QWidget


class Steady(QWidget):
    """Holds a label, and asks for another layout only where its text needs other room.

    A text on one line takes as much room as the widest so far, so that what is beside it stays;
    a text that wraps takes the height that it needs.

    Attributes
    ----------
    label : QLabel
    """

    def __init__(self, label: QLabel) -> None:
        super().__init__()
        self.label = label
        label.setParent(self)
        policy = label.sizePolicy()
        policy.setHeightForWidth(label.wordWrap())
        self.setSizePolicy(policy)
        self._room = QSize(0, 0)

    def sizeHint(self) -> QSize:
        """Return the room that the label takes."""
        self._room = self._needed()
        return self._room

    def minimumSizeHint(self) -> QSize:
        """Return the least room that shows the text."""
        return self.label.minimumSizeHint() if self.label.wordWrap() else self.sizeHint()

    def heightForWidth(self, width: int) -> int:
        """Return the height that the text needs."""
        return self.label.heightForWidth(width)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the label all of the room."""
        super().resizeEvent(event)
        self.label.setGeometry(self.rect())

    def event(self, event: QEvent) -> bool:
        """Look whether the label's text needs other room: where it has changed, or did unseen."""
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Show):
            needed = self._needed()
            if needed != self._room:
                self._room = needed
                self.updateGeometry()
        return super().event(event)

    def _needed(self) -> QSize:
        hint, before = self.label.sizeHint(), self._room
        if self.label.wordWrap():
            height = self.label.heightForWidth(self.width())
            return QSize(max(hint.width(), before.width()), height)
        return hint.expandedTo(self.label.minimumSize()).expandedTo(before)
