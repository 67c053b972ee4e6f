"""A panel's frame: a quiet title that can be dragged, floated, maximised and closed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QEnterEvent,
    QKeyEvent,
    QMouseEvent,
    QMoveEvent,
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
        """Show the buttons in full colour."""
        super().enterEvent(event)
        self._paint_icons()

    def show_maximised(self, maximised: bool) -> None:
        """Show that the maximise button now restores, or maximises again."""
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
    pass_on : callable
        Takes the events of keys and drops, which Qt does not pass on from a dock that floats.
    parent : QWidget

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
        self,
        name: str,
        title: str,
        make: Callable[[QWidget], QWidget],
        pass_on: Callable[[QEvent], object],
        parent: QWidget,
    ) -> None:
        super().__init__(title, parent)
        self.setObjectName(f"dock.{name}")
        self.name = name
        self._make = make
        self._pass_on = pass_on
        self._title: Title | None = None
        self._is_making = self._is_complete = False
        self.setAcceptDrops(True)
        action = self.toggleViewAction()
        action.triggered.connect(self._on_toggled_by_hand)
        action.setObjectName(f"action.panel.{name}")
        self.visibilityChanged.connect(self._on_visibility)

    @property
    def title(self) -> Title:
        """The title bar, made with the panel: most docks are hidden at first."""
        if self._title is None:
            # set before Qt is told: it then shows a floating dock anew, which asks for its title
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
        if self._is_complete:
            self._pass_drops_on()

    def complete(self) -> None:
        """Do what the first frame could do without: let drops on the panel reach the window."""
        self._is_complete = True
        self._pass_drops_on()

    def _pass_drops_on(self) -> None:
        for area in self.findChildren(QAbstractScrollArea):  # nothing else but a field takes drops
            for taking in (area, area.viewport()):
                taking.setAcceptDrops(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Pass single keys on to the window, as Qt does only while the dock is docked."""
        if self.isFloating():
            self._pass_on(event)
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Pass drags on to the window."""
        self._pass_on(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Pass drags on to the window."""
        self._pass_on(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Pass drops on to the window."""
        self._pass_on(event)

    def moveEvent(self, event: QMoveEvent) -> None:
        """Let the panel draw what it missed: Qt moves a tab that is raised into view."""
        super().moveEvent(event)
        if isinstance(panel := self.widget(), Panel):
            panel.catch_up()

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
        """Make the panel when it is first seen."""
        if visible and not self._is_making:  # making it may show a floating dock anew
            self.panel()
