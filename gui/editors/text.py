"""Fields for lists of numbers and other short texts."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget

from core.base.knobs import NamesKnob
from gui.editors.binding import Binding
from gui.editors.number import TypedField
from gui.style.number_text import typed


class TextEditor(TypedField):
    """A short text, numbers separated by spaces, or names by commas."""

    def __init__(self, binding: Binding, parent: QWidget | None = None) -> None:
        super().__init__(binding, parent)
        self.setMinimumWidth(48)
        self.show_value(binding.value)

    def shown(self) -> str:
        """Return the value in place as one would type it."""
        value = self.binding.value
        if isinstance(self.binding.knob, NamesKnob):
            return ", ".join(value)
        if isinstance(value, tuple):
            return " ".join(typed(number) for number in value)
        return str(value)

    def show_value(self, value: Any) -> None:
        """Show the value in place."""
        self.show_text(self.shown())
