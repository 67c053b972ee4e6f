"""Fields to type into: one for any value that a parser reads, one for a number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QLineEdit, QToolButton, QWidget

from core.base.errors import UserError
from core.base.knobs import IntegerKnob, NumberKnob
from gui.style.number_text import editable_from, format_editable
from gui.style.theme import figures_font, width_of

_BUTTON_WIDTH = 16
_BORDER = 14  # pixels between a field's text and its edges, both sides together


class TextField(QLineEdit):
    """A field for a typed value: Return or leaving it submits, Escape restores the value in place.

    Keys for undo act on the text while it is half typed, and else on whatever shortcut has them.

    Parameters
    ----------
    parse : callable
        Returns the value that a text stands for, or raises `UserError`.
    write : callable
        Returns a value as one would type it.
    help_text : str
        The tool tip, which a refusal replaces.

    Signals
    -------
    edited : (object)
        The value typed.
    refused : (str)
        Why the text stands for no value.
    reverted : ()
        Escape has restored the value in place.
    """

    edited = Signal(object)
    refused = Signal(str)
    reverted = Signal()

    def __init__(
        self,
        parse: Callable[[str], Any],
        write: Callable[[Any], str] = str,
        help_text: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._parse, self._write = parse, write
        self._help_text = help_text
        self._value: Any = None
        self.setFont(figures_font(self.font()))
        self.setToolTip(help_text)
        self.editingFinished.connect(self._submit)

    @property
    def is_refused(self) -> bool:
        """Whether the text is marked as one that cannot be used."""
        return bool(self.property("refused"))

    def value(self) -> Any:
        """Return the value in place: the last that was shown or edited."""
        return self._value

    def show_value(self, value: Any, keep_typed: bool = False) -> None:
        """Show the value in place, without a signal.

        Parameters
        ----------
        keep_typed : bool
            Whether a half-typed text stays; Escape then restores this value.
        """
        self._value = value
        if keep_typed and self.isModified():
            return
        if (text := self._write(value)) != self.text():
            with QSignalBlocker(self):
                self.setText(text)
            self.setCursorPosition(0)
        self.setModified(False)
        self.show_refusal()

    def show_refusal(self, sentence: str = "") -> None:
        """Mark the text as refused, with the reason as tool tip; without a sentence, as fine."""
        self.setToolTip(sentence or self._help_text)
        if self.is_refused != bool(sentence):
            self.setProperty("refused", bool(sentence))
            self.style().unpolish(self)
            self.style().polish(self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Restore the value in place on Escape."""
        if event.key() == Qt.Key.Key_Escape and (self.isModified() or self.is_refused):
            self.show_value(self._value)
            self.reverted.emit()
            return
        super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Leave the keys for undo and redo to shortcuts unless the text is half typed."""
        if not self.isModified() and _asks_for_undo(event):
            event.ignore()
            return False
        return super().event(event)

    def _submit(self) -> None:
        if not self.isModified():
            return
        self.show_refusal()
        try:
            value = self._parse(self.text())
        except UserError as error:
            self.show_refusal(str(error))
            self.refused.emit(str(error))
            return
        self._hand_on(value)
        if self.isModified() and not self.is_refused:  # nobody has shown a value since
            self.show_value(value)

    def _hand_on(self, value: Any) -> None:
        self.edited.emit(value)


class NumberField(TextField):
    """A field for one number; up and down change it by one step.

    Parameters
    ----------
    knob : NumberKnob or IntegerKnob
        Which numbers can be typed, and what they are.
    step : callable, optional
        Returns the number one step above (1) or below (-1) another; by default that many more,
        within the knob's range.
    has_buttons : bool
        Whether two small buttons step as well.
    is_live : bool
        Whether a number is handed on at every keystroke.

    Attributes
    ----------
    drag : object
        Another object after each submission, and for each key press that steps with its repeats:
        numbers that came with the same one belong to one undo.
    """

    def __init__(
        self,
        knob: NumberKnob | IntegerKnob,
        step: Callable[[float, int], float] | None = None,
        has_buttons: bool = False,
        is_live: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            lambda text: knob.parse(editable_from(text)), format_editable, knob.help, parent
        )
        self.drag: object = object()
        self._knob = knob
        self._step = step or self._one_more
        self._is_live = is_live
        self._buttons = self._make_buttons() if has_buttons else ()
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setAccessibleName(knob.label)
        self.setAccessibleDescription(knob.help)
        widest = "-0.0000" if knob.low < 0 else "0.0000"
        self.setMinimumWidth(width_of(self, widest) + _BORDER)
        if is_live:
            self.textEdited.connect(self._on_typed)

    def show_value(self, value: float, keep_typed: bool = False) -> None:
        """Show the number in place; where it replaces a half-typed text, the drag ends."""
        if self.isModified() and not keep_typed:
            self.drag = object()
        super().show_value(value, keep_typed)

    def step_up(self) -> None:
        """Change the number in place by one step up, as an undo of its own."""
        self.drag = object()
        self._step_by(1)

    def step_down(self) -> None:
        """Change the number in place by one step down, as an undo of its own."""
        self.drag = object()
        self._step_by(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step on up and down."""
        sign = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()))
        if sign is None:
            super().keyPressEvent(event)
            return
        if not event.isAutoRepeat():
            self.drag = object()
        self._step_by(sign)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the buttons at the right edge, one above the other."""
        super().resizeEvent(event)
        half = self.height() // 2
        for place, button in enumerate(self._buttons):
            button.setGeometry(self.width() - _BUTTON_WIDTH - 1, place * half, _BUTTON_WIDTH, half)

    def _step_by(self, sign: int) -> None:
        if self._value is not None and (value := self._step(self._value, sign)) != self._value:
            self.setModified(False)
            self.edited.emit(value)

    def _one_more(self, value: float, sign: int) -> float:
        return min(max(value + sign, self._knob.low), self._knob.high)

    def _on_typed(self, text: str) -> None:
        """Hand a number on while it is being typed; a text that is none yet may become one."""
        try:
            value = self._parse(text)
        except UserError:
            return
        self.show_refusal()
        self._hand_on(value)

    def _hand_on(self, value: float) -> None:
        if not self._is_live:
            super()._hand_on(value)
        elif value != self._value:
            self._value = value
            super()._hand_on(value)

    def _submit(self) -> None:
        super()._submit()
        self.drag = object()

    def _make_buttons(self) -> tuple[QToolButton, QToolButton]:
        up, down = QToolButton(self), QToolButton(self)
        for button, sign in ((up, 1), (down, -1)):
            button.setProperty("stepper", True)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the keys up and down do the same
            button.setCursor(Qt.CursorShape.ArrowCursor)
            button.setAutoRepeat(True)
            button.setArrowType(Qt.ArrowType.UpArrow if sign > 0 else Qt.ArrowType.DownArrow)
        up.clicked.connect(self.step_up)
        down.clicked.connect(self.step_down)
        self.setTextMargins(0, 0, _BUTTON_WIDTH, 0)
        return up, down


def _asks_for_undo(event: QEvent) -> bool:
    """Tell whether a key for undo or redo is offered to the field before it is to a shortcut."""
    if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
        return False
    keys = QKeySequence.StandardKey
    return event.matches(keys.Undo) or event.matches(keys.Redo)
