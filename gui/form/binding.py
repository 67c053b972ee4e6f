"""What joins an editor to the session: one choice, by its path."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from core.base.errors import UserError
from core.experiment.experiment import knob_at
from gui.session.session import Session


class Binding(QObject):
    """One choice of the session's experiment, as an editor sees it.

    Signals
    -------
    refused : (str)
        Why the last value could not be; the experiment is as it was.
    accepted : ()
        The last value is in place.
    """

    refused = Signal(str)
    accepted = Signal()

    def __init__(self, session: Session, path: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.path = path
        self.knob = knob_at(path)

    @property
    def value(self) -> Any:
        """The value in place."""
        return self.session.experiment.value(self.path)

    def put(self, value: Any, drag: object = None) -> bool:
        """Put a value in place, undoably; return whether it was taken.

        Parameters
        ----------
        drag : object, optional
            The same for all moves of one drag, which are one undo.
        """
        try:
            self.session.edit(self.path, value, drag=drag)
        except UserError as error:
            self.refused.emit(str(error))
            return False
        self.accepted.emit()
        return True

    def put_typed(self, text: str) -> bool:
        """Put a typed value in place, undoably; return whether it was taken."""
        try:
            value = self.knob.parse(text)
        except UserError as error:
            self.refused.emit(str(error))
            return False
        return self.put(value)
