"""The window: a bare frame at first, then docks, menus, transport and status around a session."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray, QEvent, QSettings, QSize, Qt
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeyEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow

from core.base.errors import UserError
from gui.style.theme import themes

if TYPE_CHECKING:
    from core.base.errors import Trouble
    from gui.session.session import Session
    from gui.window.files import Files
    from gui.window.window_parts import WindowParts

FIRST_SIZE = QSize(1280, 800)
_SPLITTING = (Qt.CursorShape.SplitHCursor, Qt.CursorShape.SplitVCursor)


class Window(QMainWindow):
    """At first a bare frame, shown at once; `furnish` puts everything into it.

    Attributes
    ----------
    session : Session
        The one owner of present state; there once the window is furnished.
    fittings : WindowParts
        Docks, actions and all else that stands in the window; there once it is furnished.
    files : Files
        Opens and saves; there once it is furnished.
    """

    session: Session
    fittings: WindowParts
    files: Files

    def __init__(self, settings: QSettings | None = None) -> None:
        super().__init__()
        self.setObjectName("window")
        self.setWindowTitle("Credence")
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.setMinimumSize(800, 480)
        self.settings = settings or QSettings()
        self.is_furnished = self.is_complete = False
        self._before_maximising: QByteArray | None = None
        self._told_troubles: set[Trouble] = set()
        name = QLabel("Credence", self)
        name.setAlignment(Qt.AlignmentFlag.AlignCenter)
        name.setProperty("quiet", True)
        self.setCentralWidget(name)
        self._use_geometry()

    def furnish(self, session: Session) -> None:
        """Put menus, panels, transport and status in place around a session."""
        from gui.window.files import Files
        from gui.window.window_parts import build_parts

        self.session = session
        session.setParent(self)
        self.files = Files(session, self.settings, self)
        if (bare := self.takeCentralWidget()) is not None:
            bare.deleteLater()
        self.fittings = build_parts(self)
        reporter = self.fittings.reporter
        reporter.troubled.connect(self.show_trouble)
        reporter.install()
        session.failed.connect(reporter.report)
        session.run_changed.connect(self._show_name)
        self.fittings.layouts.use_last()
        self.fittings.top.show_workspace(self.fittings.layouts.workspace.name)
        self.is_furnished = True

    def complete(self) -> None:
        """Make what the first frame could do without."""
        self.is_complete = True
        self.panel("knobs").complete()
        for dock in self.fittings.docks.values():
            dock.pass_drops_on()
        if self.fittings.layouts.forgotten:
            self.session.failed.emit(self._forgotten_layout())

    def panel(self, name: str) -> Any:
        """Return a panel (or the form, "knobs") by name, made if it has not been seen yet."""
        return self.fittings.docks[name].panel()

    def action(self, name: str) -> QAction:
        """Return an action by name."""
        return self.fittings.actions[name]

    def open_gallery(self) -> None:
        """Let the user choose among the data sets that come with Credence."""
        from gui.window.gallery_dialog import Gallery

        begin = partial(self.paint, blank=True)
        Gallery(self.session, self.files.ask, begin, self).open()

    def paint(self, blank: bool = False) -> None:
        """Begin or end painting on the boundary; with `blank` begin on an empty sheet."""
        dock = self.fittings.docks["boundary"]
        dock.show()
        dock.raise_()
        painter = self.panel("boundary").painter
        if blank:
            painter.start_blank()
        else:
            painter.turn(not painter.is_on)

    # arrangement

    def switch_workspace(self, name: str) -> None:
        """Arrange the panels for another task."""
        self._end_maximising()
        self.fittings.layouts.switch(name)
        self.fittings.top.show_workspace(name)

    def reset_layout(self) -> None:
        """Arrange the present workspace as it was made."""
        self._before_maximising = None
        self.fittings.layouts.reset()
        self._show_maximised("")

    def toggle_maximised(self, name: str = "") -> None:
        """Let one panel fill the window, or put all back; by default the one with the keyboard."""
        if self._before_maximising is not None:
            self._end_maximising()
            return
        docks = self.fittings.docks
        name = name or self._focused_panel()
        self._before_maximising = self.saveState()
        for other, dock in docks.items():
            if other != name and not dock.isFloating():
                dock.hide()
        docks[name].setFloating(False)
        docks[name].show()
        self._show_maximised(name)

    def choose_theme(self, choice: str) -> None:
        """Use a theme by name, or "system"; remembered for the next start."""
        themes().choose(choice)
        self.settings.setValue("theme", choice)

    # dialogs

    def show_trouble(self, trouble: Trouble) -> None:
        """Show an error in the one dialog there is for errors."""
        from gui.window.dialogs import ErrorDialog

        present = self.findChild(ErrorDialog, "dialog.error")
        if isinstance(present, ErrorDialog) and present.isVisible():
            present.add(trouble)
        elif trouble in self._told_troubles:  # it may come back sixty times a second
            self.session.message.emit(f"{trouble.what} {trouble.why}")
        else:
            ErrorDialog(trouble, self).open()
        if trouble.details:
            self._told_troubles.add(trouble)

    def show_shortcuts(self) -> None:
        """Show every key."""
        from gui.window.dialogs import ShortcutsDialog

        ShortcutsDialog(self).open()

    def show_about(self) -> None:
        """Show what this is, and versions."""
        from gui.window.dialogs import AboutDialog

        AboutDialog(self.session.run.history.engine.name, self).open()

    # events

    def event(self, event: QEvent) -> bool:
        """Leave single keys to the widget that wants them, before they act as shortcuts."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            from gui.window.actions import single_action, takes_key

            if single_action(event) and takes_key(QApplication.focusWidget(), event.key()):
                event.accept()
                return True
        if event.type() == QEvent.Type.MouseButtonPress and self.cursor().shape() in _SPLITTING:
            self.fittings.layouts.touch()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the panels grow with the window."""
        super().resizeEvent(event)
        if self.is_furnished and self._before_maximising is None:
            self.fittings.layouts.follow_window()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Act on single keys that no widget wanted and that came past the shortcuts."""
        from gui.window.actions import single_action

        name = single_action(event) if self.is_furnished else ""
        if name:
            self.action(name).trigger()
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Say what dropping the file will do."""
        from gui.window.files import dropped_path

        path = dropped_path(event.mimeData())
        if path and self.is_furnished:
            event.acceptProposedAction()
            self.fittings.overlay.offer(path)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Take the offer back."""
        if self.is_furnished:
            self.fittings.overlay.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open the dropped file."""
        from gui.window.files import dropped_path

        path = dropped_path(event.mimeData())
        if path and self.is_furnished:
            event.acceptProposedAction()
            self.fittings.overlay.hide()
            self.files.offer(path)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember the layout and end every thread."""
        if (focused := self.focusWidget()) is not None:
            focused.clearFocus()  # what is half typed counts while the session can still be saved
        self.settings.setValue("geometry", self.saveGeometry())
        if self.is_furnished:
            self._end_maximising()
            self.fittings.layouts.save()
            for dock in self.fittings.docks.values():
                if dock.isFloating():
                    dock.hide()  # Qt would leave it on the screen, drawing what is closed
            self.session.close()
            self.fittings.reporter.uninstall()
        super().closeEvent(event)

    # inside

    def _forgotten_layout(self) -> UserError:
        return UserError(
            self.tr("The panels stand as they do at first."),
            self.tr(
                "Credence ended while it arranged the workspace {0} as you had left it."
            ).format(self.fittings.layouts.forgotten),
            self.tr("Arrange the panels anew; if it happens again, report what you did."),
        )

    def _use_geometry(self) -> None:
        saved = self.settings.value("geometry")
        if not (isinstance(saved, QByteArray) and self.restoreGeometry(saved)):
            room = QApplication.primaryScreen().availableGeometry().size()
            self.resize(FIRST_SIZE.boundedTo(room))

    def _end_maximising(self) -> None:
        if self._before_maximising is not None:
            self.restoreState(self._before_maximising)
            self._before_maximising = None
            self._show_maximised("")

    def _show_maximised(self, name: str) -> None:
        for other, dock in self.fittings.docks.items():
            if dock.widget() is not None:
                dock.title.show_maximised(other == name)

    def _focused_panel(self) -> str:
        focused = QApplication.focusWidget()
        for name, dock in self.fittings.docks.items():
            if focused is not None and dock.isAncestorOf(focused) and name != "knobs":
                return name
        return self.fittings.layouts.workspace.columns[1][0]

    def _show_name(self) -> None:
        data = self.session.experiment.data
        name = Path(data.path).name if data.source == "file" else self.session.run.dataset.name
        self.setWindowTitle(f"{name} – Credence")
