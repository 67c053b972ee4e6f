"""A slider and a number field for one number."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, QSignalBlocker, Qt
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import QAbstractSlider, QHBoxLayout, QLineEdit, QWidget

from core.base.knobs import IntegerKnob, NumberKnob
from gui.editors.binding import Binding
from gui.editors.scales import scale_of
from gui.editors.slider import Slider
from gui.style.number_text import figures_font, typed, width_of
from gui.style.theme import theme


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
        return typed(self.binding.value)

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


class MarkedSlider(Slider):
    """A slider with a mark at a value worth knowing, as a fraction of its length; nan is none."""

    mark = math.nan

    def paint_marks(self, painter: QPainter, left: float, right: float, middle: float) -> None:
        """Draw a small triangle above the groove, its tip at the value."""
        if math.isnan(self.mark):
            return
        x = left + self.mark * (right - left)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme().warning))
        tip, top = middle - 2.0, middle - 9.0
        corners = [QPointF(x, tip), QPointF(x - 4.0, top), QPointF(x + 4.0, top)]
        painter.drawPolygon(corners)


class NumberEditor(QWidget):
    """A slider (linear or logarithmic) and a number field for one number."""

    def __init__(self, binding: Binding, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        knob = binding.knob
        if not isinstance(knob, NumberKnob | IntegerKnob):
            raise TypeError(f"{binding.path} is no number")
        self.binding = binding
        self.scale = scale_of(knob)
        self.slider = MarkedSlider(self, self.scale.decades())
        self.slider.setObjectName(f"{binding.path}.slider")
        self.slider.setAccessibleName(knob.label)
        self.slider.setRange(0, self.scale.places)
        self.slider.setPageStep(max(self.scale.places // 10, 1))
        self.field = NumberField(binding, self.slider, self)
        self.field.setObjectName(f"{binding.path}.field")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.field)
        self.setFocusProxy(self.field)
        self.slider.valueChanged.connect(self._on_slider)
        binding.session.marks_changed.connect(self.show_mark)
        self.show_mark()
        self.show_value(binding.value)

    def value(self) -> float:
        """Return the number in place."""
        return float(self.binding.value)

    def setValue(self, value: float) -> None:
        """Put a number in place, as a user would."""
        self.binding.put(value)

    def show_value(self, value: float) -> None:
        """Show the number in place."""
        if not self.slider.isSliderDown():
            with QSignalBlocker(self.slider):
                self.slider.setValue(self.scale.place(value))
        self.field.show_text(typed(value))

    def show_mark(self) -> None:
        """Show the value that the session marks for this knob."""
        value = self.binding.session.marks.get(self.binding.path, math.nan)
        mark = math.nan
        if self.scale.low < value < self.scale.high:
            mark = self.scale.place(value) / self.scale.places
        if mark != self.slider.mark:
            self.slider.mark = mark
            self.slider.update()

    def _on_slider(self, place: int) -> None:
        number = self.scale.number(place)
        if not self.binding.put(number, drag=self.slider.drag):
            self.field.setText(typed(number))
