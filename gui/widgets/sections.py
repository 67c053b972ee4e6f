"""A picture and its explanations: side by side where there is room, else one below the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QSignalBlocker, Qt
from PySide6.QtGui import QPalette, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QLabel,
    QScrollArea,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

WIDE = 620
BESIDE = 440
GROWING_SHARE = 0.38
_SIDE_WIDTH = 330


class Paragraph(QLabel):
    """Quiet text of several lines that asks for no more height than its lines."""

    def __init__(self, name: str, left: int = 8, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._left = left
        self.setObjectName(name)
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.RichText)
        self._keep_margins()

    def changeEvent(self, event: QEvent) -> None:
        """Keep the margins, which a new style sheet resets."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._keep_margins()

    def _keep_margins(self) -> None:
        self.setContentsMargins(self._left, 0, 8, 4)


class QuietTabs(QTabBar):
    """Tabs in a narrow dock; the wheel does not turn them."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setDrawBase(False)
        self.setStyleSheet("QTabBar::tab { padding: 4px 7px; }")  # six tabs in a narrow dock
        self.setExpanding(False)
        self.setUsesScrollButtons(True)
        self.setElideMode(Qt.TextElideMode.ElideNone)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the scroll area around it."""
        event.ignore()


class Sections(QWidget):
    """Tabs over pages, of which only the open one takes room.

    Parameters
    ----------
    pages : sequence of (name, title, widget)
    changed : callable
        Takes the name of the page that the user opened.
    """

    def __init__(
        self,
        name: str,
        label: str,
        pages: Sequence[tuple[str, str, QWidget]],
        changed: Callable[[str], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._names = [page for page, _, _ in pages]
        self._pages = [widget for _, _, widget in pages]
        self.tabs = QuietTabs(name, self)
        self.tabs.setAccessibleName(label)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.tabs)
        for _, title, widget in pages:
            self.tabs.addTab(title)
            layout.addWidget(widget)
            widget.setVisible(widget is self._pages[0])
        layout.addStretch(1)
        self.tabs.currentChanged.connect(lambda index: changed(self._names[index]))

    def page(self, name: str) -> QWidget:
        """Return a page by its name."""
        return self._pages[self._names.index(name)]

    def show_page(self, name: str) -> None:
        """Open a page, without calling `changed`."""
        index = self._names.index(name)
        if self.tabs.currentIndex() != index:
            with QSignalBlocker(self.tabs):
                self.tabs.setCurrentIndex(index)
        for place, widget in enumerate(self._pages):
            widget.setVisible(place == index)


class Scrolled(QScrollArea):
    """Scrolls one widget up and down."""

    def __init__(self, inner: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inner.setBackgroundRole(QPalette.ColorRole.Base)
        inner.setAutoFillBackground(True)
        self.setWidget(inner)


class ResponsiveSplit(QScrollArea):
    """Places a picture and its explanations side by side or one below the other, and scrolls them.

    Parameters
    ----------
    growing : QWidget, optional
        The part of the picture that takes a share of the height where the picture stands above;
        that does not depend on the page, so that the tabs stay where they are.
    """

    def __init__(
        self,
        picture: QWidget,
        side: QWidget,
        growing: QWidget | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._side, self._growing = side, growing
        self._least = growing.minimumHeight() if growing else 0
        body = QWidget()
        body.setBackgroundRole(QPalette.ColorRole.Base)
        body.setAutoFillBackground(True)
        self._layout = QBoxLayout(QBoxLayout.Direction.TopToBottom, body)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(8)
        self._layout.addWidget(picture)
        self._layout.addWidget(side, 1)
        self.setWidget(body)

    @property
    def is_wide(self) -> bool:
        """Whether the two stand beside each other."""
        return self._layout.direction() == QBoxLayout.Direction.LeftToRight

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Choose the arrangement for the width."""
        wide = self.width() >= WIDE
        if wide != self.is_wide:
            directions = QBoxLayout.Direction
            self._layout.setDirection(directions.LeftToRight if wide else directions.TopToBottom)
            self._layout.setStretch(0, int(wide))
            self._layout.setStretch(1, int(not wide))
        most = max(_SIDE_WIDTH, int(0.42 * self.width()))
        self._side.setFixedWidth(most) if wide else self._free_side()
        if self._growing is not None:
            share = 0 if wide else int(GROWING_SHARE * self.height())
            self._growing.setMinimumHeight(max(self._least, share))
        super().resizeEvent(event)

    def _free_side(self) -> None:
        self._side.setMinimumWidth(0)
        self._side.setMaximumWidth(16777215)


class SideBySide(QWidget):
    """Places two widgets side by side where there is room, else one below the other."""

    def __init__(self, first: QWidget, second: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._layout.setContentsMargins(12, 4, 12, 0)
        self._layout.setSpacing(4)
        self._layout.addWidget(first)
        self._layout.addWidget(second)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Choose the arrangement for the width."""
        super().resizeEvent(event)
        directions = QBoxLayout.Direction
        beside = self.width() >= BESIDE
        self._layout.setDirection(directions.LeftToRight if beside else directions.TopToBottom)
