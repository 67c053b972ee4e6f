"""The window: a bare frame at first, then docks, menus, transport and status around a session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
    QImage,
    QKeyEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow, QToolBar, QWidget

from core.base.errors import UserError
from gui.style.theme import themes

if TYPE_CHECKING:  # the bare window is shown before any of these is imported
    from core.base.errors import Trouble
    from gui.session.session import Session
    from gui.window.actions import Menus
    from gui.window.dialogs import Reporter
    from gui.window.docks import Dock
    from gui.window.files import DropOverlay, Files
    from gui.window.status_line import StatusLine
    from gui.window.top_bar import TopBar
    from gui.window.transport import Transport
    from gui.window.workspaces import Layouts

FIRST_SIZE = QSize(1280, 800)
_SPLITTING = (Qt.CursorShape.SplitHCursor, Qt.CursorShape.SplitVCursor)


@dataclass(frozen=True, slots=True, eq=False)
class WindowParts:
    """Everything that stands in the window.

    Attributes
    ----------
    actions : dict of str to QAction
    docks : dict of str to Dock
        Of the knobs and of every panel.
    """

    actions: dict[str, QAction]
    docks: dict[str, Dock]
    layouts: Layouts
    menus: Menus
    overlay: DropOverlay
    reporter: Reporter
    status: StatusLine
    top: TopBar
    transport: Transport


class Window(QMainWindow):
    """At first a bare frame, shown at once; `build` puts everything into it.

    Attributes
    ----------
    session : Session
        The one owner of present state; there once the window is built.
    parts : WindowParts
        Docks, actions and all else that stands in the window; there once it is built.
    files : Files
        Opens and saves; there once it is built.
    """

    session: Session
    parts: WindowParts
    files: Files

    def __init__(self, settings: QSettings | None = None) -> None:
        super().__init__()
        self.setObjectName("window")
        self.setWindowTitle("Credence")
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.setMinimumSize(800, 480)
        self.settings = settings or QSettings()
        self.is_built = False
        self._before_maximising: QByteArray | None = None
        self._shown_troubles: set[Trouble] = set()
        name = QLabel("Credence", self)
        name.setAlignment(Qt.AlignmentFlag.AlignCenter)
        name.setProperty("quiet", True)
        self.setCentralWidget(name)
        self._use_geometry()

    # parts

    def build(self, session: Session) -> None:
        """Build menus, panels, transport and status around a session."""
        from gui.window.files import Files

        self.session = session
        session.setParent(self)
        self.files = Files(session, self.settings, self)
        if (bare := self.takeCentralWidget()) is not None:
            bare.deleteLater()
        self.parts = self._build_parts()
        reporter = self.parts.reporter
        reporter.troubled.connect(self.show_trouble)
        reporter.install()
        session.failed.connect(reporter.report)
        for change in (
            session.run_changed,
            session.experiment_changed,
            session.view_changed,
            session.frame_clock.text_due,
            session.file.saved,
        ):
            change.connect(self._show_name)
        session.autosave.take_picture = self._picture
        self.parts.layouts.use_last()
        self.parts.top.show_workspace(self.parts.layouts.workspace.name)
        self.is_built = True

    def complete(self) -> None:
        """Build what the first frame can do without."""
        self.panel("knobs").complete()
        for dock in self.parts.docks.values():
            dock.complete()
        self.session.autosave.clear_old()
        if self.parts.layouts.forgotten:
            self.session.failed.emit(self._forgotten_layout())
        if not self.settings.isWritable():
            words = self.tr("{0} cannot be written: settings and layout will not be kept.")
            self.session.message.emit(words.format(self.settings.fileName()))

    def redraw(self) -> None:
        """Draw every panel again."""
        from gui.panels.panel import Panel

        for dock in self.parts.docks.values():
            if isinstance(panel := dock.widget(), Panel):
                panel.refresh()

    def _build_parts(self) -> WindowParts:
        from gui.window.actions import (
            Menus,
            follow_undo_stack,
            make_actions,
            make_workspace_actions,
        )
        from gui.window.dialogs import Reporter
        from gui.window.files import DropOverlay
        from gui.window.status_line import StatusLine
        from gui.window.top_bar import TopBar
        from gui.window.transport import Transport
        from gui.window.workspaces import Layouts

        session = self.session
        actions = make_actions(self._commands(), self)
        follow_undo_stack(actions["undo"], actions["redo"], session.undo_stack)
        self._follow_source(actions["reading"])
        docks = self._build_docks()
        top = TopBar(session, self.switch_workspace, self.open_gallery, self)
        transport = Transport(session, actions, self)
        self._add_top(top)
        bottom = Qt.ToolBarArea.BottomToolBarArea
        self._add_bar("toolbar.transport", self.tr("Transport"), transport, bottom)
        status = StatusLine(session, self)
        self.statusBar().setSizeGripEnabled(False)
        self.statusBar().addWidget(status, 1)
        self.statusBar().show()
        menus = Menus(self, actions)
        menus.follow_recent(self.files.recent, self.files.offer)
        menus.follow_earlier_runs(self._earlier_runs)
        shown = [dock.toggleViewAction() for dock in docks.values()]
        workspaces = make_workspace_actions(self.switch_workspace, self)
        menus.fill_view(shown, workspaces, self.choose_theme)
        layouts = Layouts(self, docks, self.settings)
        for dock in docks.values():
            dock.moved.connect(layouts.touch)
        overlay, reporter = DropOverlay(self), Reporter(self)
        return WindowParts(
            actions, docks, layouts, menus, overlay, reporter, status, top, transport
        )

    def _commands(self) -> dict[str, Callable[[], object]]:
        """Return what each action does, by the action's name."""
        session, files = self.session, self.files
        return {
            "open": files.ask,
            "gallery": self.open_gallery,
            "resume": files.resume,
            "save": files.save,
            "save_as": files.save_as,
            "save_with_table": files.save_with_table,
            "save_data": files.save_data,
            "recover": files.recover,
            "reading": files.show_reading,
            "quit": self.close,
            "undo": session.undo_stack.undo,
            "redo": session.undo_stack.redo,
            "paint": self.paint,
            "paint_blank": partial(self.paint, blank=True),
            "play": session.toggle,
            "step": partial(session.take_steps, 1),
            "epoch": partial(session.take_epochs, 1),
            "ten_epochs": partial(session.take_epochs, 10),
            "restart": session.restart,
            "new_seed": session.new_seed,
            "maximise": self.toggle_maximised,
            "reset_layout": self.reset_layout,
            "shortcuts": self.show_shortcuts,
            "about": self.show_about,
        }

    def _follow_source(self, reading: QAction) -> None:
        """Let the user change how a file is read, where there is one."""
        session = self.session

        def follow() -> None:
            reading.setEnabled(session.experiment.data.source == "file")

        session.experiment_changed.connect(follow)
        session.run_changed.connect(follow)
        follow()

    def _build_docks(self) -> dict[str, Dock]:
        from gui.form.knob_form import KnobForm
        from gui.panels import PANELS
        from gui.window.docks import Dock

        session, ask = self.session, self.files.ask

        def make_knobs(dock: QWidget) -> QWidget:
            return KnobForm(session, ask, dock, complete=False)

        docks = {"knobs": Dock("knobs", self.tr("Knobs"), make_knobs, self.event, self)}
        for name, record in PANELS.items():
            docks[name] = Dock(name, record.title, partial(record.make, session), self.event, self)
        for dock in docks.values():
            dock.maximise_wanted.connect(self.toggle_maximised)
            self.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
        return docks

    def _add_top(self, top: TopBar) -> None:
        """Put the workspaces beside the menus, or above the panels where menus are the system's."""
        if self.menuBar().isNativeMenuBar():
            title, area = self.tr("Workspaces"), Qt.ToolBarArea.TopToolBarArea
            self._add_bar("toolbar.top", title, top, area)
            return

        def place() -> None:  # each time anew: a menu bar asks its corner's size only then
            self.menuBar().setCornerWidget(top, Qt.Corner.TopRightCorner)

        place()
        top.resized.connect(place)

    def _add_bar(self, name: str, title: str, content: QWidget, area: Qt.ToolBarArea) -> None:
        bar = QToolBar(title, self)
        bar.setObjectName(name)
        bar.setMovable(False)
        bar.setFloatable(False)
        bar.toggleViewAction().setVisible(False)
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        bar.addWidget(content)
        self.addToolBar(area, bar)
        bar.show()  # now, or the panels would be laid out once more for it

    # by name

    def panel(self, name: str) -> Any:
        """Return a panel (or the form, "knobs") by name, made if it has not been seen yet."""
        return self.parts.docks[name].panel()

    def action(self, name: str) -> QAction:
        """Return an action by name."""
        return self.parts.actions[name]

    def open_gallery(self) -> None:
        """Let the user choose among the data sets that come with Credence."""
        from gui.window.gallery_dialog import Gallery

        begin = partial(self.paint, blank=True)
        Gallery(self.session, self.files.ask, begin, self).open()

    def paint(self, blank: bool = False) -> None:
        """Begin or end painting on the boundary; with `blank` begin on an empty sheet."""
        dock = self.parts.docks["boundary"]
        dock.show()
        dock.raise_()
        painter = self.panel("boundary").painter
        if blank:
            painter.start_blank()
        else:
            painter.turn(not painter.is_on)

    # arrangement

    def switch_workspace(self, name: str) -> None:
        """Use another workspace."""
        self._end_maximising()
        self.parts.layouts.switch(name)
        self.parts.top.show_workspace(name)

    def reset_layout(self) -> None:
        """Lay the present workspace out as it was made."""
        self._before_maximising = None
        self.parts.layouts.reset()
        self._show_maximised("")

    def toggle_maximised(self, name: str = "") -> None:
        """Let one panel fill the window, or restore all; by default the one with the focus."""
        if self._before_maximising is not None:
            self._end_maximising()
            return
        docks = self.parts.docks
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
        """Show an error: in the error dialog, or the second time in the status line."""
        from gui.window.dialogs import ErrorDialog

        present = self.findChild(ErrorDialog, "dialog.error")
        if isinstance(present, ErrorDialog) and present.isVisible():
            present.add(trouble)
        elif trouble in self._shown_troubles:  # it may come sixty times a second
            self.session.message.emit(f"{trouble.what} {trouble.why}")
        else:
            ErrorDialog(trouble, self).open()
        if trouble.details:
            self._shown_troubles.add(trouble)

    def show_shortcuts(self) -> None:
        """Show every key."""
        from gui.window.dialogs import ShortcutsDialog

        ShortcutsDialog(self).open()

    def show_about(self) -> None:
        """Show what this program is, and its versions."""
        from gui.window.dialogs import AboutDialog

        AboutDialog(self.session.run.history.engine.name, self).open()

    # events

    def event(self, event: QEvent) -> bool:
        """Let the focused widget have a single key that it uses, instead of a shortcut."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            from gui.window.actions import single_action, takes_key

            if single_action(event) and takes_key(QApplication.focusWidget(), event.key()):
                event.accept()
                return True
        if event.type() == QEvent.Type.MouseButtonPress and self.cursor().shape() in _SPLITTING:
            self.parts.layouts.touch()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the panels grow with the window."""
        super().resizeEvent(event)
        if self.is_built and self._before_maximising is None:
            self.parts.layouts.follow_window()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Trigger the action of a single key that neither a widget nor a shortcut took."""
        from gui.window.actions import single_action

        name = single_action(event) if self.is_built else ""
        if name:
            self.action(name).trigger()
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Say what dropping the file will do."""
        from gui.window.files import dropped_path

        path = dropped_path(event.mimeData())
        if path and self.is_built:
            event.acceptProposedAction()
            self.parts.overlay.offer(path)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Hide what was said about dropping."""
        if self.is_built:
            self.parts.overlay.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open the dropped file."""
        from gui.window.files import dropped_path

        path = dropped_path(event.mimeData())
        if path and self.is_built:
            event.acceptProposedAction()
            self.parts.overlay.hide()
            self.files.offer(path)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Save the layout and end every thread."""
        if (focused := self.focusWidget()) is not None:
            focused.clearFocus()  # commits what is half typed, while the session can still be saved
        self.settings.setValue("geometry", self.saveGeometry())
        if self.is_built:
            self._end_maximising()
            self.parts.layouts.save()
            for dock in self.parts.docks.values():
                if dock.isFloating():
                    dock.hide()  # or Qt would leave it on the screen
            self.session.close()
            self.parts.reporter.uninstall()
        super().closeEvent(event)

    # inside

    def _forgotten_layout(self) -> UserError:
        return UserError(
            self.tr("The panels stand as they do at first."),
            self.tr(
                "Credence ended while it arranged the workspace {0} as you had left it."
            ).format(self.parts.layouts.forgotten),
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
        for other, dock in self.parts.docks.items():
            if dock.widget() is not None:
                dock.title.show_maximised(other == name)

    def _focused_panel(self) -> str:
        focused = QApplication.focusWidget()
        for name, dock in self.parts.docks.items():
            if focused is not None and dock.isAncestorOf(focused) and name != "knobs":
                return name
        return self.parts.layouts.workspace.columns[1][0]

    def _show_name(self) -> None:
        session = self.session
        data = session.experiment.data
        name = Path(data.path).name if data.source == "file" else session.run.dataset.name
        if session.file.path:
            name = Path(session.file.path).name
        mark = " •" if session.file.is_changed else ""
        title = f"{name}{mark} – Credence"
        if title != self.windowTitle():
            self.setWindowTitle(title)

    def _earlier_runs(self) -> list[tuple[str, Callable[[], object]]]:
        """Return a name and a command for each run that was put aside."""
        from core.run.earlier_runs import difference

        session = self.session
        found: list[tuple[str, Callable[[], object]]] = []
        for run in session.earlier_runs.without(session.run):
            epochs = self.tr("{0} epochs").format(f"{run.history.latest.epoch:,}")
            name = f"{difference(run, session.run)} ({epochs})".replace("&", "&&")
            found.append((name, partial(session.return_to, run)))
        return found

    def _picture(self) -> Callable[[], QImage] | None:
        """Return what draws a small picture for the list of autosaves, in any thread."""
        from gui.panels.panel import Panel
        from gui.window.thumbnail import thumbnail

        panel = self.parts.docks["boundary"].widget()
        scene = panel.scene if isinstance(panel, Panel) else None
        return None if scene is None else partial(thumbnail, scene, themes().theme)
