"""Errors from anywhere become one dialog."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from core.base.errors import trouble_of

_log = logging.getLogger(__name__)


class Reporter(QObject):
    """Catches what no one else caught, in any thread, and passes it on in the window's thread.

    What goes wrong while an error is being shown is logged and not shown: showing it might go
    wrong in the same way, without end.

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
        """Catch exceptions of this process from now on."""
        self._before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception
        sys.unraisablehook = self._on_unraisable

    def uninstall(self) -> None:
        """Leave exceptions to whoever caught them before."""
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
        """Pass an error on, from any thread."""
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
