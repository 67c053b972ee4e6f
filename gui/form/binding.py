"""The two-way binding between a knob of the session and its editor."""

from __future__ import annotations

import math
from typing import Any, Protocol

from PySide6.QtCore import QObject, Signal, SignalInstance

from core.base.errors import UserError
from core.experiment.experiment import knob_at
from gui.session.session import Session


class FieldWidget(Protocol):
    """A widget that one types into: a text field, or a number's slider and field."""

    refused: SignalInstance
    reverted: SignalInstance

    def show_refusal(self, sentence: str = "") -> None:
        """Mark the text as refused, with the reason; without a sentence, as fine."""


class Binding(QObject):
    """One knob of the session's experiment, as its editor sees it.

    Signals
    -------
    refused : (str)
        Why the last value cannot be used; the experiment is as it was.
    accepted : ()
        The last value is in place, or a refused one has been taken back.
    mark_changed : (float)
        The session marks another number for this knob; NaN for none.
    """

    refused = Signal(str)
    accepted = Signal()
    mark_changed = Signal(float)

    def __init__(self, session: Session, path: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.path = path
        self.knob = knob_at(path)
        session.marks_changed.connect(self._on_marks)

    @property
    def value(self) -> Any:
        """The value in place."""
        return self.session.experiment.value(self.path)

    @property
    def mark(self) -> float:
        """The number that the session marks for this knob; NaN for none."""
        return self.session.marks.get(self.path, math.nan)

    def put(self, value: Any, drag: object = None) -> bool:
        """Edit the knob; return whether the value was accepted.

        Parameters
        ----------
        drag : object, optional
            Values that come with the same object are one undo.
        """
        try:
            self.session.edit(self.path, value, drag=drag)
        except UserError as error:
            self.refused.emit(str(error))
            return False
        self.accepted.emit()
        return True

    def show_refusals_in(self, field: FieldWidget) -> None:
        """Show in a field what the session refuses, and tell what the field itself refuses."""
        field.refused.connect(self.refused)
        field.reverted.connect(self.accepted)
        self.refused.connect(field.show_refusal)
        self.accepted.connect(field.show_refusal)

    def _on_marks(self) -> None:
        self.mark_changed.emit(self.mark)
