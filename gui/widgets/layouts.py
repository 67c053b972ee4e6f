"""Two widgets at the ends of a line, and a label whose changing text moves nothing around it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QLayout, QLayoutItem, QWidget

INDENT = 8  # pixels, of the second line


class SpreadLayout(QLayout):
    """Places two widgets at the ends of a line, or the second below where both do not fit.

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
        """Add an item."""
        self._items.append(item)

    def count(self) -> int:
        """Return the number of items."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """Return the item at an index, or None."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Remove and return the item at an index, or return None."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        """Return that it grows in width only."""
        return Qt.Orientation.Horizontal

    def hasHeightForWidth(self) -> bool:
        """Return True: where it is narrow, it needs two lines."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height of one line, or of two."""
        heights = [item.sizeHint().height() for item in self._shown()]
        return max(heights, default=0) if self._fits(width) else sum(heights)

    def sizeHint(self) -> QSize:
        """Return the size of one line."""
        sizes = [item.sizeHint() for item in self._shown()]
        width = sum(size.width() for size in sizes)
        return QSize(width, max((size.height() for size in sizes), default=0))

    def minimumSize(self) -> QSize:
        """Return the width of the wider widget and the height of the higher."""
        sizes = [item.minimumSize() for item in self._shown()]
        width = max((size.width() for size in sizes), default=0) + INDENT
        return QSize(width, max((size.height() for size in sizes), default=0))

    def setGeometry(self, rect: QRect) -> None:
        """Place both widgets."""
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
            place = QRect(rect.left(), top, rect.width(), size.height())
            if item is not shown[0]:
                place.setLeft(rect.left() + INDENT)
                place.setWidth(min(size.width(), place.width()))
            item.setGeometry(place)
            top += size.height()

    def _shown(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _fits(self, width: int) -> bool:
        return sum(item.sizeHint().width() for item in self._shown()) <= width


class StableLabel(QWidget):
    """Holds a label, and requests a new layout only if the label's size hint has changed.

    A label of one line keeps the width of its widest text so far, so that its neighbours do not
    move; a label that wraps takes the height that its text needs.

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
        self._size = QSize(0, 0)

    def sizeHint(self) -> QSize:
        """Return the label's size."""
        self._size = self._needed()
        return self._size

    def minimumSizeHint(self) -> QSize:
        """Return the smallest size that shows the text."""
        return self.label.minimumSizeHint() if self.label.wordWrap() else self.sizeHint()

    def heightForWidth(self, width: int) -> int:
        """Return the height that the text needs at a width."""
        return self.label.heightForWidth(width)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the label fill the widget."""
        super().resizeEvent(event)
        self.label.setGeometry(self.rect())

    def event(self, event: QEvent) -> bool:
        """Request a new layout if the label's size hint has changed, also while it was hidden."""
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Show):
            needed = self._needed()
            if needed != self._size:
                self._size = needed
                self.updateGeometry()
        return super().event(event)

    def _needed(self) -> QSize:
        hint, before = self.label.sizeHint(), self._size
        if self.label.wordWrap():
            height = self.label.heightForWidth(self.width())
            return QSize(max(hint.width(), before.width()), height)
        return hint.expandedTo(self.label.minimumSize()).expandedTo(before)
