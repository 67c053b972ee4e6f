"""The menu bar."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMainWindow, QMenu

from gui.recent import RecentFiles
from gui.style.palette import THEMES
from gui.style.theme import themes

FILE = ("reading", None, "resume", "save", "save_as", "save_data", None, "quit")
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
        self._fill(self.tr("&Training"), TRAINING)
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
        """List the files opened lately each time the menu is opened."""

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
