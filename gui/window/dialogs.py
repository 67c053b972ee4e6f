"""Dialogs: an error in words, the keyboard shortcuts, "about"; and the hooks that catch errors."""

from __future__ import annotations

import logging
import platform
import sys
import threading
import traceback
from types import TracebackType
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, qVersion
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.base.errors import Trouble, trouble_of
from gui.style.theme import figures_font
from gui.window.actions import ACTIONS, translated


class ErrorDialog(QDialog):
    """Says what happened, why, and what to do; later errors are added while it is open."""

    def __init__(self, trouble: Trouble, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dialog.error")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Credence")
        self.troubles = [trouble]
        self.what = QLabel(trouble.what, self)
        self.what.setFont(figures_font(self.font(), bold=True, scale=1.15))
        self.why = QLabel(trouble.why, self)
        self.mend = QLabel(trouble.mend, self)
        self.more = QLabel(self)
        self.more.setProperty("quiet", True)
        self.details = QPlainTextEdit(self)
        self.details.setReadOnly(True)
        self.details.setAccessibleName(self.tr("Details"))
        self.details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.details.hide()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setDefault(True)
        self.show_details = self._button(buttons, self.tr("Details"))
        self.show_details.setCheckable(True)
        self.show_details.toggled.connect(self._on_show_details)
        self.copy = self._button(buttons, self.tr("Copy"))
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.as_text()))
        self._lay_out(buttons)
        self._refresh()

    def add(self, trouble: Trouble) -> None:
        """Add another error instead of opening another dialog."""
        if trouble not in self.troubles:
            self.troubles.append(trouble)
            self._refresh()

    def as_text(self) -> str:
        """Return everything as text for a report."""
        parts = []
        for trouble in self.troubles:
            words = (trouble.what, trouble.why, trouble.mend, trouble.details)
            parts.append("\n".join(word for word in words if word))
        return "\n\n".join([*parts, versions_text()])

    def _button(self, buttons: QDialogButtonBox, text: str) -> QPushButton:
        button = buttons.addButton(text, QDialogButtonBox.ButtonRole.ActionRole)
        button.setAutoDefault(False)
        return button

    def _refresh(self) -> None:
        details = "\n".join(trouble.details for trouble in self.troubles if trouble.details)
        self.details.setPlainText(details)
        self.show_details.setVisible(bool(details))
        others = len(self.troubles) - 1
        self.more.setVisible(others > 0)
        also = "\n".join(trouble.what for trouble in self.troubles[1:4])
        self.more.setText(self.tr("Also: {0}").format(also))

    def _on_show_details(self, shown: bool) -> None:
        self.details.setVisible(shown)
        self.adjustSize()

    def _lay_out(self, buttons: QDialogButtonBox) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 16)
        layout.setSpacing(8)
        for label in (self.what, self.why, self.mend, self.more):
            label.setWordWrap(True)
            label.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse
                | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            label.setVisible(bool(label.text()))
            layout.addWidget(label)
        layout.addWidget(self.details, 1)
        layout.addSpacing(8)
        layout.addWidget(buttons)
        self.setMinimumWidth(480)


class ShortcutsDialog(QDialog):
    """Every keyboard shortcut."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dialog.shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(32)
        grid.setVerticalSpacing(8)
        records = [record for record in ACTIONS.values() if record.keys]
        for line, record in enumerate(records):
            keys = QLabel(record.keys.replace(" ", self.tr(" or ")), self)
            keys.setProperty("figure", True)
            grid.addWidget(keys, line, 0)
            grid.addWidget(QLabel(translated(record.label), self), line, 1)
        note = QLabel(self.tr("Keys without Ctrl wait while you type in a field."), self)
        note.setProperty("quiet", True)
        _stack(self, grid, note)


class AboutDialog(QDialog):
    """What this program is, and the versions that a bug report needs."""

    def __init__(self, engine: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dialog.about")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("About Credence"))
        name = QLabel("Credence", self)
        name.setFont(figures_font(self.font(), bold=True, scale=1.8))
        line = QLabel(self.tr("See a classifier learn, and see whether to believe it."), self)
        self.versions = QLabel(versions_text(engine), self)
        self.versions.setProperty("quiet", True)
        self.versions.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        licence = QLabel(
            self.tr("MIT licence. Qt and PySide6 are used under the LGPL version 3."), self
        )
        grid = QGridLayout()
        for row, label in enumerate((name, line, self.versions, licence)):
            grid.addWidget(label, row, 0)
        grid.setVerticalSpacing(12)
        _stack(self, grid, None)


def versions_text(engine: str = "") -> str:
    """Return the versions of the program and its libraries, one a line."""
    lines = [
        f"Credence {_version('credence')}",
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}",
        f"Qt {qVersion()}, PySide6 {_version('PySide6-Essentials')}",
        f"numpy {_version('numpy')}, pyqtgraph {_version('pyqtgraph')}",
        f"numba {_version('numba')}",
    ]
    if engine:
        lines.append(f"training with the {engine}")
    return "\n".join(lines)


def _version(package: str) -> str:
    from importlib import metadata  # slow to import, and not needed at the start

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _stack(dialog: QDialog, grid: QGridLayout, note: QLabel | None) -> None:
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, dialog)
    buttons.rejected.connect(dialog.close)
    layout = QVBoxLayout(dialog)
    layout.setContentsMargins(24, 24, 24, 16)
    layout.setSpacing(16)
    layout.addLayout(grid)
    if note is not None:
        layout.addWidget(note)
    layout.addWidget(buttons)


_log = logging.getLogger(__name__)


class Reporter(QObject):
    """Catches unhandled exceptions in any thread and emits them in the window's thread.

    An error while another is being shown is only logged: showing it might fail in the same way,
    without end.

    Signals
    -------
    troubled : (Trouble)
    """

    troubled = Signal(object)
    _caught = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._caught.connect(self._pass_on, Qt.ConnectionType.AutoConnection)
        self._before: tuple[Any, Any, Any] | None = None
        self._is_passing_on = False

    def install(self) -> None:
        """Install the exception hooks of the process."""
        self._before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception
        sys.unraisablehook = self._on_unraisable

    def uninstall(self) -> None:
        """Put the former hooks back."""
        if self._before is None:
            return
        before, self._before = self._before, None
        if sys.excepthook == self._on_exception:
            sys.excepthook = before[0]
        if threading.excepthook == self._on_thread_exception:
            threading.excepthook = before[1]
        if sys.unraisablehook == self._on_unraisable:
            sys.unraisablehook = before[2]

    def report(self, error: BaseException) -> None:
        """Emit an error, from any thread."""
        self._caught.emit(error)

    def _pass_on(self, error: BaseException) -> None:
        if self._is_passing_on:
            _log.error("While an error was being shown: %s: %s", type(error).__name__, error)
            return
        self._is_passing_on = True
        try:
            self.troubled.emit(trouble_of(error))
        finally:
            self._is_passing_on = False

    def _on_exception(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        traceback.print_exception(kind, error, trace)
        self.report(error)

    def _on_thread_exception(self, arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            self._on_exception(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)

    def _on_unraisable(self, arguments: Any) -> None:
        if arguments.exc_value is not None:
            self._on_exception(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)
