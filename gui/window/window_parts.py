"""What stands in the window, made once its session exists."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QToolBar, QWidget

from gui.form.knob_form import KnobForm
from gui.panels import PANELS
from gui.window.actions import Menus, make_action
from gui.window.dialogs import Reporter
from gui.window.docks import Dock
from gui.window.files import DropOverlay
from gui.window.status_line import StatusLine
from gui.window.top_bar import TopBar
from gui.window.transport import Transport
from gui.window.workspaces import WORKSPACES, Layouts

if TYPE_CHECKING:
    from gui.session.session import Session
    from gui.window.window import Window


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


def build_parts(window: Window) -> WindowParts:
    """Make everything and put it in its place."""
    session = window.session
    actions = _make_actions(window)
    docks = _make_docks(window)
    top = TopBar(session, window.switch_workspace, window.open_gallery, window)
    transport = Transport(session, actions, window)
    _add_top(window, top)
    bottom = Qt.ToolBarArea.BottomToolBarArea
    _add_bar(window, "toolbar.transport", window.tr("Transport"), transport, bottom)
    status = StatusLine(session, window)
    window.statusBar().setSizeGripEnabled(False)
    window.statusBar().addWidget(status, 1)
    window.statusBar().show()
    menus = Menus(window, actions)
    menus.follow_recent(window.files.recent, window.files.offer)
    workspaces = _workspace_actions(window)
    menus.fill_view(_view_actions(docks), workspaces, window.choose_theme)
    layouts = Layouts(window, docks, window.settings)
    for dock in docks.values():
        dock.moved.connect(layouts.touch)
    overlay, reporter = DropOverlay(window), Reporter(window)
    return WindowParts(actions, docks, layouts, menus, overlay, reporter, status, top, transport)


def _make_actions(window: Window) -> dict[str, QAction]:
    session = window.session
    doings: dict[str, Callable[[], object]] = {
        "open": window.files.ask,
        "gallery": window.open_gallery,
        "resume": window.files.resume,
        "save": window.files.save,
        "save_as": window.files.save_as,
        "save_data": window.files.save_data,
        "reading": window.files.show_reading,
        "quit": window.close,
        "undo": session.undo_stack.undo,
        "redo": session.undo_stack.redo,
        "paint": window.paint,
        "paint_blank": lambda: window.paint(blank=True),
        "play": session.toggle,
        "step": lambda: session.take_steps(1),
        "epoch": lambda: session.take_epochs(1),
        "ten_epochs": lambda: session.take_epochs(10),
        "restart": session.restart,
        "new_seed": session.new_seed,
        "maximise": window.toggle_maximised,
        "reset_layout": window.reset_layout,
        "shortcuts": window.show_shortcuts,
        "about": window.show_about,
    }
    actions = {name: make_action(name, do, window) for name, do in doings.items()}
    _follow_source(actions["reading"], session)
    stack = session.undo_stack
    stack.canUndoChanged.connect(actions["undo"].setEnabled)
    stack.canRedoChanged.connect(actions["redo"].setEnabled)
    undo, redo = window.tr("Undo {0}"), window.tr("Redo {0}")
    stack.undoTextChanged.connect(lambda t: actions["undo"].setText(undo.format(t).strip()))
    stack.redoTextChanged.connect(lambda t: actions["redo"].setText(redo.format(t).strip()))
    actions["undo"].setEnabled(stack.canUndo())
    actions["redo"].setEnabled(stack.canRedo())
    return actions


def _follow_source(reading: QAction, session: Session) -> None:
    """Let the user change how a file is read where there is one."""

    def follow() -> None:
        reading.setEnabled(session.experiment.data.source == "file")

    session.experiment_changed.connect(follow)
    session.run_changed.connect(follow)
    follow()


def _make_docks(window: Window) -> dict[str, Dock]:
    session = window.session

    def make_knobs(dock: QWidget) -> QWidget:
        return KnobForm(session, window.files.ask, dock, complete=False)

    docks = {"knobs": Dock("knobs", window.tr("Knobs"), make_knobs, window)}
    for name, record in PANELS.items():
        docks[name] = Dock(name, record.title, partial(record.make, session), window)
    for dock in docks.values():
        dock.maximise_wanted.connect(window.toggle_maximised)
        window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
    return docks


def _workspace_actions(window: Window) -> list[QAction]:
    group = QActionGroup(window)
    made = []
    for number, record in enumerate(WORKSPACES.values(), 1):
        action = QAction(record.label, window)
        action.setObjectName(f"action.workspace.{record.name}")
        action.setShortcut(f"Ctrl+{number}")
        action.triggered.connect(lambda _=False, name=record.name: window.switch_workspace(name))
        group.addAction(action)
        made.append(action)
    return made


def _view_actions(docks: dict[str, Dock]) -> list[QAction]:
    return [dock.toggleViewAction() for dock in docks.values()]


def _add_top(window: Window, top: TopBar) -> None:
    """Put the workspaces beside the menus, or above the panels where menus are the system's."""
    if window.menuBar().isNativeMenuBar():
        title, area = window.tr("Workspaces"), Qt.ToolBarArea.TopToolBarArea
        _add_bar(window, "toolbar.top", title, top, area)
        return

    def place() -> None:  # anew each time: a menu bar asks its corner only once for its size
        window.menuBar().setCornerWidget(top, Qt.Corner.TopRightCorner)

    place()
    top.resized.connect(place)


def _add_bar(window: Window, name: str, title: str, content: QWidget, area: Qt.ToolBarArea) -> None:
    bar = QToolBar(title, window)
    bar.setObjectName(name)
    bar.setMovable(False)
    bar.setFloatable(False)
    bar.toggleViewAction().setVisible(False)
    bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
    bar.addWidget(content)
    window.addToolBar(area, bar)
    bar.show()  # now, or the panels would be laid out once more for it
