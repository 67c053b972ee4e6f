"""Everything the user can do by menu or key: one QAction each, named ``action.<name>``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeyEvent, QKeySequence, QUndoStack
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QComboBox,
    QMainWindow,
    QMenu,
    QTabBar,
    QWidget,
)

from core.base.registry import Registry
from gui.style.palette import THEMES
from gui.style.theme import themes
from gui.widgets.controls import without_checked
from gui.window.files import RecentFiles
from gui.window.workspaces import WORKSPACES


@dataclass(frozen=True, slots=True)
class ActionRecord:
    """Something the user can do.

    Attributes
    ----------
    name, label, keys, icon : str
        Several keys are separated by a blank.
    is_single : bool
        Whether its shortcut is a single key, which must not act while the user types text.
    """

    name: str
    label: str
    keys: str = ""
    icon: str = ""
    help: str = ""
    is_single: bool = False


def _(text: str) -> str:
    return str(QT_TRANSLATE_NOOP("Actions", text))


UNDO, REDO = _("Undo {0}"), _("Redo {0}")

ACTIONS: Registry[ActionRecord] = Registry(
    "action",
    [
        ActionRecord("open", _("Open…"), "Ctrl+O", help=_("Open a table of your own")),
        ActionRecord("resume", _("Continue the last session")),
        ActionRecord("save", _("Save session"), "Ctrl+S"),
        ActionRecord("save_as", _("Save session as…"), "Ctrl+Shift+S"),
        ActionRecord(
            "save_with_table",
            _("Save session with its table…"),
            help=_("One file to send: the table travels inside"),
        ),
        ActionRecord("recover", _("Recover…"), help=_("Go back to earlier work")),
        ActionRecord("save_data", _("Save data as…")),
        ActionRecord(
            "reading", _("How it is read…"), "Ctrl+I", help=_("Change how the file is read")
        ),
        ActionRecord("gallery", _("Gallery…"), "Ctrl+G", "data", _("Choose another data set")),
        ActionRecord("quit", _("Quit"), "Ctrl+Q"),
        ActionRecord("undo", _("Undo"), "Ctrl+Z"),
        ActionRecord("redo", _("Redo"), "Ctrl+Shift+Z Ctrl+Y"),
        ActionRecord(
            "paint", _("Paint points"), "P", help=_("Paint on the boundary"), is_single=True
        ),
        ActionRecord("paint_blank", _("Paint on a blank sheet")),
        ActionRecord("play", _("Play"), "Space", "play", _("Train, or pause"), True),
        ActionRecord("step", _("One step"), "Right", "step", _("Take one step"), True),
        ActionRecord("epoch", _("One epoch"), "E", "epoch", _("Train to the epoch's end"), True),
        ActionRecord(
            "ten_epochs", _("Ten epochs"), "Shift+Right", "ten_epochs", _("Train ten epochs"), True
        ),
        ActionRecord("restart", _("Restart"), "Home", "restart", _("Begin again, same seed"), True),
        ActionRecord("new_seed", _("New seed"), "R", "seed", _("Begin with other weights"), True),
        ActionRecord("maximise", _("Maximise panel"), "F11"),
        ActionRecord("reset_layout", _("Reset layout")),
        ActionRecord("shortcuts", _("Keyboard shortcuts"), "Ctrl+/"),
        ActionRecord("about", _("About Credence")),
    ],
)


def make_actions(
    commands: Mapping[str, Callable[[], object]], parent: QWidget
) -> dict[str, QAction]:
    """Return an action for each command, by name, added to the window so that its keys work."""
    return {name: _make_action(ACTIONS[name], do, parent) for name, do in commands.items()}


def _make_action(record: ActionRecord, do: Callable[[], object], parent: QWidget) -> QAction:
    action = QAction(translated(record.label), parent)
    action.setObjectName(f"action.{record.name}")
    action.setShortcuts([QKeySequence(keys) for keys in record.keys.split()])
    action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
    if record.help:
        keys = f" ({record.keys})" if record.keys else ""
        action.setToolTip(f"{translated(record.help)}{keys}")
    action.triggered.connect(without_checked(do))
    parent.addAction(action)
    return action


def make_workspace_actions(switch: Callable[[str], None], parent: QWidget) -> list[QAction]:
    """Return an action for each workspace."""
    group = QActionGroup(parent)
    made = []
    for number, record in enumerate(WORKSPACES.values(), 1):
        action = QAction(record.label, parent)
        action.setObjectName(f"action.workspace.{record.name}")
        action.setShortcut(f"Ctrl+{number}")
        action.triggered.connect(lambda _=False, name=record.name: switch(name))
        group.addAction(action)
        made.append(action)
    return made


def follow_undo_stack(undo: QAction, redo: QAction, stack: QUndoStack) -> None:
    """Let the actions say what would be undone and redone, and whether anything would."""

    def follow(action: QAction, label: str, text: str) -> None:
        action.setText(label.format(text).strip())

    undo_label, redo_label = translated(UNDO), translated(REDO)
    stack.canUndoChanged.connect(undo.setEnabled)
    stack.canRedoChanged.connect(redo.setEnabled)
    stack.undoTextChanged.connect(partial(follow, undo, undo_label))
    stack.redoTextChanged.connect(partial(follow, redo, redo_label))
    undo.setEnabled(stack.canUndo())
    redo.setEnabled(stack.canRedo())


def translated(text: str) -> str:
    """Return an action's text in the user's language."""
    return QCoreApplication.translate("Actions", text)


def takes_key(widget: QWidget | None, key: int) -> bool:
    """Return whether a widget uses a single key itself, to move or be pressed.

    Text fields need not be asked: they take their keys before shortcuts do.
    """
    if isinstance(widget, QAbstractItemView):
        return True
    if isinstance(widget, QComboBox):
        return key not in (Qt.Key.Key_Space, Qt.Key.Key_Right)
    if isinstance(widget, QAbstractButton):
        return key == Qt.Key.Key_Space
    if isinstance(widget, QAbstractSlider | QTabBar):
        return key in (Qt.Key.Key_Right, Qt.Key.Key_Home)
    return False


def single_action(event: QKeyEvent) -> str:
    """Return the name of the action whose shortcut is a single key; "" for none."""
    pressed = QKeySequence(event.keyCombination())
    for record in ACTIONS.values():
        if record.is_single and pressed in [QKeySequence(keys) for keys in record.keys.split()]:
            return record.name
    return ""


NamedCommand = tuple[str, Callable[[], object]]
"""What a menu says, and what is then done."""

FILE = (
    *("reading", None, "resume", "recover", None),
    *("save", "save_as", "save_with_table", "save_data", None, "quit"),
)
TRAINING = ("play", "step", "epoch", "ten_epochs", None, "restart", "new_seed")


class Menus(QObject):
    """Fills the menu bar from actions.

    Parameters
    ----------
    window : QMainWindow
    actions : mapping of str to QAction
    """

    def __init__(self, window: QMainWindow, actions: Mapping[str, QAction]) -> None:
        super().__init__(window)
        self._window = window
        self._actions = actions
        self.recent = QMenu(self.tr("Recent files"), window)
        self._fill(self.tr("&File"), ("open", "gallery", self.recent, *FILE))
        self._fill(self.tr("&Edit"), ("undo", "redo", None, "paint", "paint_blank"))
        self.view = window.menuBar().addMenu(self.tr("&View"))
        self.earlier = QMenu(self.tr("Earlier runs"), window)
        self._fill(self.tr("&Training"), (*TRAINING, None, self.earlier))
        self._fill(self.tr("&Help"), ("shortcuts", "about"))

    def fill_view(
        self,
        panels: Iterable[QAction],
        workspaces: Iterable[QAction],
        choose_theme: Callable[[str], None],
    ) -> None:
        """Fill the View menu: panels, workspaces, themes and the layout."""
        self.view.addActions(list(panels))
        self.view.addSeparator()
        self.view.addActions(list(workspaces))
        self.view.addSeparator()
        self._add_themes(choose_theme)
        self.view.addSeparator()
        self._add(self.view, ("maximise", "reset_layout"))

    def follow_recent(self, recent: RecentFiles, open_path: Callable[[str], None]) -> None:
        """List the recent files, anew each time the menu is opened."""

        def fill() -> None:
            self.recent.clear()
            for path in recent.paths:
                action = self.recent.addAction(Path(path).name)
                action.setToolTip(path)
                action.triggered.connect(lambda _=False, chosen=path: open_path(chosen))
            self.recent.addSeparator()
            clear = self.recent.addAction(self.tr("Clear this list"))
            clear.setEnabled(bool(recent.paths))
            clear.triggered.connect(recent.clear)

        self.recent.setToolTipsVisible(True)
        self.recent.aboutToShow.connect(fill)
        fill()

    def follow_earlier_runs(self, named: Callable[[], Iterable[NamedCommand]]) -> None:
        """List the runs to return to, anew each time the menu is opened."""

        def fill() -> None:
            self.earlier.clear()
            for name, do in named():
                self.earlier.addAction(name).triggered.connect(without_checked(do))
            if self.earlier.isEmpty():
                self.earlier.addAction(self.tr("There are none yet")).setEnabled(False)

        self.earlier.aboutToShow.connect(fill)
        fill()

    def _add_themes(self, choose_theme: Callable[[str], None]) -> None:
        menu = self.view.addMenu(self.tr("Theme"))
        group = QActionGroup(menu)
        labels = {"system": self.tr("Follow the system")}
        labels |= {name: record.label for name, record in THEMES.items()}
        for name, label in labels.items():
            action = menu.addAction(label)
            action.setObjectName(f"action.theme.{name}")
            action.setCheckable(True)
            action.setChecked(themes().choice == name)
            action.triggered.connect(lambda _=False, chosen=name: choose_theme(chosen))
            group.addAction(action)

    def _fill(self, title: str, entries: Iterable[str | QMenu | None]) -> None:
        self._add(self._window.menuBar().addMenu(title), entries)

    def _add(self, menu: QMenu, entries: Iterable[str | QMenu | None]) -> None:
        for entry in entries:
            if entry is None:
                menu.addSeparator()
            elif isinstance(entry, QMenu):
                menu.addMenu(entry)
            else:
                menu.addAction(self._actions[entry])
