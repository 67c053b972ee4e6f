"""A line with something at either end, which becomes two lines where there is no room for both.

A label whose changing text does not ask the whole window for another layout.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QLayout, QLayoutItem, QWidget

INDENT = 8  # of the second line


class SpreadLayout(QLayout):
    """Lays one widget at the left and one at the right, or the second under the first.

    Parameters
    ----------
    left, right : QWidget
    """

    def __init__(self, left: QWidget, right: QWidget) -> None:
        super().__init__()
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)
        self.addWidget(left)
        self.addWidget(right)

    def addItem(self, item: QLayoutItem) -> None:
        """Take an item over."""
        self._items.append(item)

    def count(self) -> int:
        """Return how many items there are."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """Return an item."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Give an item away."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        """Want no more height than the lines take."""
        return Qt.Orientation.Horizontal

    def hasHeightForWidth(self) -> bool:
        """Be higher where it is narrow."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height of one line, or of two."""
        heights = [item.sizeHint().height() for item in self._shown()]
        return max(heights, default=0) if self._fits(width) else sum(heights)

    def sizeHint(self) -> QSize:
        """Ask for one line."""
        sizes = [item.sizeHint() for item in self._shown()]
        width = sum(size.width() for size in sizes)
        return QSize(width, max((size.height() for size in sizes), default=0))

    def minimumSize(self) -> QSize:
        """Need no more width than the wider of the two."""
        sizes = [item.minimumSize() for item in self._shown()]
        width = max((size.width() for size in sizes), default=0) + INDENT
        return QSize(width, max((size.height() for size in sizes), default=0))

    def setGeometry(self, rect: QRect) -> None:
        """Put both into place."""
        super().setGeometry(rect)
        shown = self._shown()
        if self._fits(rect.width()) and len(shown) == 2:
            right = shown[1].sizeHint().width()
            shown[0].setGeometry(rect.adjusted(0, 0, -right, 0))
            shown[1].setGeometry(rect.adjusted(rect.width() - right, 0, 0, 0))
            return
        top = rect.top()
        for item in shown:
            size = item.sizeHint()
            room = QRect(rect.left(), top, rect.width(), size.height())
            if item is not shown[0]:
                room.setLeft(rect.left() + INDENT)
                room.setWidth(min(size.width(), room.width()))
            item.setGeometry(room)
            top += size.height()

    def _shown(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _fits(self, width: int) -> bool:
        return sum(item.sizeHint().width() for item in self._shown()) <= width


class StableLabel(QWidget):
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
