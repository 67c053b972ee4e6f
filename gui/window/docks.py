"""A panel's frame: a quiet title that can be dragged, floated, maximised and closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QEnterEvent,
    QKeyEvent,
    QMouseEvent,
)
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QToolButton,
    QWidget,
)

from gui.panels.panel import Panel
from gui.style.theme import icon, theme, themes
from gui.widgets.controls import without_checked

if TYPE_CHECKING:
    from gui.window.window import Window


class Title(QWidget):
    """A dock's title; a double click asks to maximise.

    Signals
    -------
    float_wanted, maximise_wanted, close_wanted : ()
    """

    float_wanted = Signal()
    maximise_wanted = Signal()
    close_wanted = Signal()

    def __init__(self, text: str, dock: QDockWidget) -> None:
        super().__init__(dock)
        self.setObjectName("panel.title")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.text = QLabel(text, self)
        self.text.setObjectName("title.text")
        self._buttons: dict[str, QToolButton] = {}
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(12, 2, 4, 2)
        self._line.setSpacing(0)
        self._line.addWidget(self.text)
        self._line.addStretch(1)
        self.add_button("float", self.tr("Float or dock {0}").format(text), self.float_wanted.emit)
        self.add_button("maximise", self.tr("Maximise {0}").format(text), self.maximise_wanted.emit)
        self.add_button("close", self.tr("Hide {0}").format(text), self.close_wanted.emit)
        themes().changed.connect(self._paint_icons)
        self._paint_icons()

    def add_button(self, name: str, label: str, do: Callable[[], object]) -> None:
        """Add a small button at the right."""
        button = QToolButton(self)
        button.setObjectName(f"title.{name}")
        button.setToolTip(label)
        button.setAccessibleName(label)
        button.setFixedSize(22, 22)
        button.setIconSize(QSize(14, 14))
        button.clicked.connect(without_checked(do))
        self._buttons[name] = button
        self._line.addWidget(button)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Ask to maximise instead of floating."""
        event.accept()
        self.maximise_wanted.emit()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Let the buttons come forward."""
        super().enterEvent(event)
        self._paint_icons()

    def show_maximised(self, maximised: bool) -> None:
        """Turn the maximise button round."""
        self._paint_icons("minimise" if maximised else "maximise")

    def _paint_icons(self, maximise: str = "maximise") -> None:
        for name, button in self._buttons.items():
            button.setIcon(icon(maximise if name == "maximise" else name, theme().raw))


class Dock(QDockWidget):
    """The dock of one panel; the panel is made when it is first seen.

    Parameters
    ----------
    name, title : str
    make : callable
        Makes the panel, given the dock as its parent.
    window : Window
        Gets the keys and drops that reach the dock while it floats.

    Signals
    -------
    moved : ()
        The user has shown, hidden, floated or begun to drag it.
    maximise_wanted : (str)
        Its name.
    """

    moved = Signal()
    maximise_wanted = Signal(str)

    def __init__(
        self, name: str, title: str, make: Callable[[QWidget], QWidget], window: Window
    ) -> None:
        super().__init__(title, window)
        self.setObjectName(f"dock.{name}")
        self.name = name
        self._make = make
        self._window = window
        self._title: Title | None = None
        self._is_making = False
        self.setAcceptDrops(True)
        action = self.toggleViewAction()
        action.triggered.connect(self._on_toggled_by_hand)
        action.setObjectName(f"action.panel.{name}")
        self.visibilityChanged.connect(self._on_visibility)

    @property
    def title(self) -> Title:
        """The title, made with the panel: most docks are hidden at first."""
        if self._title is None:
            # kept before Qt hears of it: a floating dock is then shown anew, and asks for its title
            title = self._title = Title(self.windowTitle(), self)
            title.float_wanted.connect(self._toggle_floating)
            title.close_wanted.connect(self._hide_by_hand)
            title.maximise_wanted.connect(lambda: self.maximise_wanted.emit(self.name))
            self.setTitleBarWidget(title)
        return self._title

    def panel(self) -> QWidget:
        """Return the panel, made at the first call."""
        if self.widget() is None:
            self._make_panel()
        return self.widget()

    def _make_panel(self) -> None:
        self._is_making = True
        try:
            self.title.show()
            made = self._make(self)
            made.setObjectName(f"panel.{self.name}")
            made.setAccessibleName(self.windowTitle())
            self.setWidget(made)
        finally:
            self._is_making = False
        if self._window.is_complete:
            self.pass_drops_on()

    def pass_drops_on(self) -> None:
        """Let drops on the panel's plots and fields reach the window."""
        for area in self.findChildren(QAbstractScrollArea):  # nothing else but a field takes drops
            for taking in (area, area.viewport()):
                taking.setAcceptDrops(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Hand single keys to the window, also while floating."""
        if self.isFloating():
            self._window.keyPressEvent(event)
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Hand drags to the window, also while floating."""
        self._window.dragEnterEvent(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Hand drags to the window, also while floating."""
        self._window.dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Hand drops to the window, also while floating."""
        self._window.dropEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Notice that a drag has ended."""
        super().mouseReleaseEvent(event)
        self.moved.emit()

    def _on_toggled_by_hand(self, shown: bool) -> None:
        if shown:
            self.panel()
            self.raise_()  # before the panels it shares its place with
        self.moved.emit()

    def _toggle_floating(self) -> None:
        self.setFloating(not self.isFloating())
        self.moved.emit()

    def _hide_by_hand(self) -> None:
        self.close()
        self.moved.emit()

    def _on_visibility(self, visible: bool) -> None:
        """Make the panel, or let it draw what it missed: a raised tab is moved, not painted."""
        if not visible or self._is_making:  # making it may show a floating dock anew
            return
        if isinstance(panel := self.panel(), Panel):
            QTimer.singleShot(0, panel, panel.catch_up)
