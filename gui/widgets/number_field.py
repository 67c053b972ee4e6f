"""Fields for a number, typed or stepped."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QWheelEvent
from PySide6.QtWidgets import QAbstractSlider, QDoubleSpinBox, QLineEdit, QWidget

from core.base.knobs import IntegerKnob
from core.run.history import MAX_PARAMETER
from gui.form.binding import Binding
from gui.style.number_text import figures_font, format_editable, width_of
from gui.widgets.slider import Slider


def asks_to_undo(event: QEvent) -> bool:
    """Tell whether a field is asked if it wants the keys for undo and redo itself."""
    if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
        return False
    keys = QKeySequence.StandardKey
    return event.matches(keys.Undo) or event.matches(keys.Redo)


class TypedField(QLineEdit):
    """A field for typed values: Return or leaving it submits, Escape takes the text back."""

    def __init__(self, binding: Binding, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.binding = binding
        self.setFont(figures_font(self.font()))
        self.setAccessibleName(binding.knob.label)
        self.editingFinished.connect(self._submit)
        binding.refused.connect(self._on_refused)
        binding.accepted.connect(self._clear_refusal)

    def show_text(self, text: str) -> None:
        """Show the value in place."""
        with QSignalBlocker(self):
            self.setText(text)
        self.setCursorPosition(0)
        self.setModified(False)
        self._clear_refusal()

    def shown(self) -> str:
        """Return the value in place as text."""
        return str(self.binding.value)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take the text back on Escape."""
        if event.key() == Qt.Key.Key_Escape and self.isModified():
            self.show_text(self.shown())
            self.binding.accepted.emit()
            return
        super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Leave undo to the experiment where nothing half typed is to be taken back."""
        if not self.isModified() and asks_to_undo(event):
            event.ignore()
            return False
        return super().event(event)

    def _submit(self) -> None:
        if self.isModified() and self.binding.put_typed(self.text()):
            self.show_text(self.shown())

    def _on_refused(self, sentence: str) -> None:
        self.setToolTip(sentence)
        self._mark(True)

    def _clear_refusal(self) -> None:
        self.setToolTip("")
        self._mark(False)

    def _mark(self, refused: bool) -> None:
        if bool(self.property("refused")) != refused:
            self.setProperty("refused", refused)
            self.style().unpolish(self)
            self.style().polish(self)


class NumberField(TypedField):
    """A field for one number; up and down change it by one step."""

    def __init__(self, binding: Binding, slider: Slider, parent: QWidget | None = None) -> None:
        super().__init__(binding, parent)
        self._slider = slider
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setFixedWidth(width_of(self, "0.0000") + 14)

    def shown(self) -> str:
        """Return the number in place, short."""
        return format_editable(self.binding.value)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Change the number by one step on up and down."""
        signs = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}
        sign = signs.get(Qt.Key(event.key()))
        if sign is None:
            super().keyPressEvent(event)
            return
        knob = self.binding.knob
        if isinstance(knob, IntegerKnob) and knob.scale == "linear":
            self.binding.put(min(max(self.binding.value + sign, knob.low), knob.high))
            return
        action = QAbstractSlider.SliderAction
        self._slider.drag = object()
        self._slider.triggerAction(
            action.SliderSingleStepAdd if sign > 0 else action.SliderSingleStepSub
        )


class ValueField(QLineEdit):
    """A field for one number: Return or leaving it submits, up and down step, Escape takes back."""

    def __init__(self, slider: Slider, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._slider = slider
        self._text = ""
        self.setFont(figures_font(self.font()))
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setFixedWidth(width_of(self, "−0.0000") + 12)

    def show_number(self, value: float) -> None:
        """Show a number."""
        self._text = format_editable(value)
        if self.text() != self._text:
            self.setText(self._text)
        self.setModified(False)
        self.refuse("")

    def refuse(self, sentence: str) -> None:
        """Mark the text as one that cannot be, and say why; with no sentence, as fine."""
        self.setToolTip(sentence)
        if bool(self.property("refused")) != bool(sentence):
            self.setProperty("refused", bool(sentence))
            self.style().unpolish(self)
            self.style().polish(self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step on up and down; take the text back on Escape."""
        action = QAbstractSlider.SliderAction
        steps = {
            Qt.Key.Key_Up: action.SliderSingleStepAdd,
            Qt.Key.Key_Down: action.SliderSingleStepSub,
        }
        step = steps.get(Qt.Key(event.key()))
        if step is not None:
            self._slider.triggerAction(step)
        elif event.key() == Qt.Key.Key_Escape and self.isModified():
            self.setText(self._text)
            self.refuse("")
        else:
            super().keyPressEvent(event)


FIELD_WIDTH = 96


class ParameterField(QDoubleSpinBox):
    """A number field that tells at every keystroke and is deaf to the wheel unless focused.

    Signals
    -------
    left : ()
        The keyboard has gone elsewhere.
    """

    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setRange(-MAX_PARAMETER, MAX_PARAMETER)
        self.setDecimals(4)
        self.setSingleStep(0.1)
        self.setKeyboardTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedWidth(FIELD_WIDTH)
        self.editingFinished.connect(lambda: self.lineEdit().setModified(False))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to what is around unless focused."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Tell that typing is over."""
        super().focusOutEvent(event)
        self.left.emit()


class CalmNumber(QDoubleSpinBox):
    """A number field that the wheel does not change unless it has the focus."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to what is around unless focused."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
