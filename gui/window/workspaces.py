"""Workspaces: layouts of the same panels, each saved as the user leaves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QByteArray, QPoint, QRect, QSettings, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMainWindow

from core.base.registry import Registry
from gui.window.docks import Dock

LAYOUT_VERSION = 1
LOW = 620  # in a window lower than this, the panels of a column are tabs
_SETTLED_MILLISECONDS = 1_000  # after which a saved layout is known not to crash the window
_TRIED = "layout/tried"  # the workspace whose saved layout is being restored
_VISIBLE = 64  # pixels of a window's title that must lie on a screen


@dataclass(frozen=True, slots=True)
class Workspace:
    """A layout in columns; in each column, panels from top to bottom.

    Attributes
    ----------
    name, label, help : str
    columns : tuple of tuple of str
    widths : tuple of int
        Of the columns, in pixels of a window 1280 pixels wide.
    heights : tuple of tuple of int
        Of the panels in each column, as proportions.
    behind : tuple of (panel, panel)
        Panels that are tabs behind another.
    """

    name: str
    label: str
    help: str
    columns: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]
    heights: tuple[tuple[int, ...], ...]
    behind: tuple[tuple[str, str], ...] = ()


WORKSPACES: Registry[Workspace] = Registry(
    "workspace",
    [
        Workspace(
            "train",
            "Train",
            "See the boundary bend while the loss falls",
            (("knobs",), ("boundary",), ("loss", "reliability")),
            (312, 592, 374),
            ((1,), (1,), (5, 7)),
        ),
        Workspace(
            "calibrate",
            "Calibrate",
            "See whether the probabilities can be believed",
            (("knobs",), ("reliability",), ("boundary", "calibrators")),
            (312, 540, 426),
            ((1,), (1,), (1, 1)),
            (("figures", "boundary"), ("numbers", "calibrators"), ("by_class", "calibrators")),
        ),
        Workspace(
            "inside",
            "Inside",
            "See what every unit and every weight does",
            (("knobs",), ("network",), ("boundary", "functions")),
            (312, 560, 406),
            ((1,), (1,), (1, 1)),
        ),
    ],
)


class Layouts:
    """Lays the docks out, and saves and restores each workspace's layout.

    While a saved layout is being restored, and for a second after, the settings name its workspace.
    If the program ends within that second, the next start forgets the layout, so that none can
    crash two starts.

    Attributes
    ----------
    forgotten : str
        The label of the workspace whose saved layout was forgotten for that; else empty.
    is_touched : bool
        Whether the user has changed the layout; until then its columns follow the window.
    """

    def __init__(self, window: QMainWindow, docks: Mapping[str, Dock], settings: QSettings) -> None:
        self._window = window
        self._docks = docks
        self._settings = settings
        self.workspace = WORKSPACES["train"]
        self.forgotten = ""
        self.is_touched = False
        self._is_low = False
        self._settled = QTimer(window, singleShot=True, interval=_SETTLED_MILLISECONDS)
        self._settled.timeout.connect(self.settle)

    def switch(self, name: str) -> None:
        """Save the present workspace's layout and restore another's."""
        self.save()
        self.workspace = WORKSPACES[name]
        self.restore()

    def save(self) -> None:
        """Save the present workspace's layout."""
        self.settle()
        if self.is_touched:
            self._settings.setValue(self._key, self._window.saveState(LAYOUT_VERSION))
        self._settings.setValue("layout/workspace", self.workspace.name)

    def restore(self) -> None:
        """Restore the present workspace's saved layout, or lay it out as it was made."""
        saved = self._saved()
        self.is_touched = saved is not None and self._window.restoreState(saved, LAYOUT_VERSION)
        for dock in self._docks.values():
            if dock.isHidden():
                dock.hide()  # explicitly, or Qt shows it once it has been laid out
        if not self.is_touched or not self._any_visible():
            self.arrange()
        self._bring_back()

    def settle(self) -> None:
        """Note that the layout has been restored safely."""
        self._settled.stop()
        self._settings.remove(_TRIED)

    def use_last(self) -> None:
        """Restore the workspace that was open last."""
        tried = str(self._settings.value(_TRIED, ""))
        if tried in WORKSPACES:
            self.forgotten = WORKSPACES[tried].label
            self._settings.remove(f"layout/{tried}")
            self.settle()
        last = str(self._settings.value("layout/workspace", "train"))
        self.workspace = WORKSPACES[last if last in WORKSPACES else "train"]
        self.restore()

    def reset(self) -> None:
        """Forget the present workspace's saved layout."""
        self._settings.remove(self._key)
        self.arrange()

    def arrange(self) -> None:
        """Put the workspace's panels in their columns and hide the others."""
        self.is_touched = False
        window, docks = self._window, self._docks
        self._is_low = window.height() < LOW
        for dock in docks.values():
            dock.setFloating(False)
            window.removeDockWidget(dock)
        tops = [column[0] for column in self.workspace.columns]
        for top in tops:
            window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, docks[top])
        for left, right in pairwise(tops):
            window.splitDockWidget(docks[left], docks[right], Qt.Orientation.Horizontal)
        for column in self.workspace.columns:
            for upper, lower in pairwise(column):
                if self._is_low:
                    window.tabifyDockWidget(docks[upper], docks[lower])
                else:
                    window.splitDockWidget(docks[upper], docks[lower], Qt.Orientation.Vertical)
        for name, front in self.workspace.behind:
            window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, docks[name])
            window.tabifyDockWidget(docks[front], docks[name])
        tabs = {name for name, _ in self.workspace.behind}
        shown = {name for column in self.workspace.columns for name in column} | tabs
        for name, dock in docks.items():
            if name not in shown:
                window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
                window.tabifyDockWidget(docks[tops[1]], dock)
            if name in shown - tabs:
                dock.panel()  # what it holds decides its size
            dock.setVisible(name in shown)
        fronts = tops if self._is_low else [front for _, front in self.workspace.behind]
        for front in fronts:
            docks[front].raise_()
        # docks take sizes only once they have been laid out; until then nothing is painted
        window.setUpdatesEnabled(False)
        QTimer.singleShot(0, window, self._resize_and_paint)

    def touch(self) -> None:
        """Note that the user has changed the layout."""
        self.is_touched = True

    def follow_window(self) -> None:
        """Let the columns grow with the window, unless the user has changed the layout."""
        if self.is_touched:
            return
        if self._is_low != (self._window.height() < LOW):
            self.arrange()
        else:
            self.resize()

    def resize(self) -> None:
        """Give columns and panels their sizes."""
        window, docks, workspace = self._window, self._docks, self.workspace
        tops = [docks[column[0]] for column in workspace.columns]
        first, *others = workspace.widths  # the knobs keep their width, the rest grows
        share = (window.width() - first) / sum(others)
        widths = [first, *(round(width * share) for width in others)]
        window.resizeDocks(tops, widths, Qt.Orientation.Horizontal)
        for column, heights in zip(workspace.columns, workspace.heights, strict=True):
            if len(column) > 1 and not self._is_low:
                scaled = [window.height() * height // sum(heights) for height in heights]
                parts = [docks[name] for name in column]
                window.resizeDocks(parts, scaled, Qt.Orientation.Vertical)

    def _resize_and_paint(self) -> None:
        self.resize()
        if (layout := self._window.layout()) is not None:
            layout.activate()  # or the first picture would be of the old sizes
        self._window.setUpdatesEnabled(True)
        # Qt has dropped the paint requests that came meanwhile, and would not repeat them
        self._window.repaint()

    def _saved(self) -> QByteArray | None:
        """Return the saved layout, and note in the settings file that it is being restored."""
        saved = self._settings.value(self._key)
        if not isinstance(saved, QByteArray):
            return None
        self._settings.setValue(_TRIED, self.workspace.name)
        self._settings.sync()
        self._settled.start()
        return saved

    @property
    def _key(self) -> str:
        return f"layout/{self.workspace.name}"

    def _any_visible(self) -> bool:
        return any(dock.isVisibleTo(self._window) for dock in self._docks.values())

    def _bring_back(self) -> None:
        """Dock the floating panels that are on no screen any more."""
        for dock in self._docks.values():
            if dock.isFloating() and not is_on_a_screen(dock.frameGeometry()):
                dock.setFloating(False)


def is_on_a_screen(frame: QRect) -> bool:
    """Return whether enough of a window's title is on a screen to drag it by."""
    title = QRect(frame.topLeft(), frame.topRight() + QPoint(0, _VISIBLE // 2))
    for screen in QGuiApplication.screens():
        seen = screen.availableGeometry().intersected(title)
        if seen.width() >= min(_VISIBLE, title.width()) and seen.height() > _VISIBLE // 4:
            return True
    return False
