"""A row of the form: a knob's label, its editor, a button that resets it, and help."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QSize, Qt
from PySide6.QtGui import QEnterEvent, QKeyEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QToolButton, QToolTip, QWidget

from core.base.knobs import (
    ChoiceKnob,
    ColumnKnob,
    ColumnsKnob,
    FileKnob,
    IntegerKnob,
    NumberKnob,
    PointsKnob,
    ReadOptionsKnob,
    SizesKnob,
    SourceKnob,
    SwitchKnob,
)
from gui.form.binding import Binding
from gui.form.data_editors import (
    ColumnChoices,
    FeaturesEditor,
    PathEditor,
    PointsEditor,
    ReadingEditor,
    SourceEditor,
    TargetEditor,
)
from gui.form.knob_editors import (
    ChoiceEditor,
    SizesEditor,
    SwitchEditor,
    number_editor,
    text_editor,
)
from gui.style.theme import icon, theme, themes
from gui.widgets.controls import without_checked
from gui.widgets.number_field import TextField
from gui.widgets.number_slider import NumberSlider

LABEL_WIDTH = 108
_SLOT = 18


class Row(QWidget):
    """One knob; where it differs from its default, it is bold and has a button that resets it.

    The buttons and the label for refusals are made when they are first needed.
    """

    def __init__(
        self,
        binding: Binding,
        columns: ColumnChoices,
        open_file: Callable[[], None],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.binding = binding
        self.setObjectName(f"{binding.path}.row")
        binding.setParent(self)
        self.label = QLabel(self)
        self.label.setWordWrap(True)
        self.label.setFixedWidth(LABEL_WIDTH)
        self.label.setToolTip(f"<p>{escape(binding.knob.help)}</p>")
        self.editor = make_editor(binding, columns, open_file, self)
        self.label.setBuddy(self.editor)
        self._layout = self._lay_out()
        self._reset: QToolButton | None = None
        self._help: QToolButton | None = None
        self._refusal: QLabel | None = None
        binding.refused.connect(self._on_refused)
        binding.accepted.connect(self.show_value)
        themes().changed.connect(self._on_theme)
        self._show_mark()

    @property
    def is_changed(self) -> bool:
        """Whether the value differs from its default."""
        return bool(self.binding.value != self.binding.knob.default)

    @property
    def reset(self) -> QToolButton:
        """The button that resets the knob."""
        if self._reset is None:
            words = self.tr("Reset {0}").format(self.binding.knob.label)
            self._reset = self._button("reset", words, self._use_default)
            self._reset.setIcon(icon("reset", theme().accent))
            self._layout.addWidget(self._reset, 0, 2, Qt.AlignmentFlag.AlignTop)
            self._reset.setVisible(self.is_changed)
        return self._reset

    @property
    def help(self) -> QToolButton:
        """The help button, visible while the mouse is over the row."""
        if self._help is None:
            self._help = self._button("help", self.binding.knob.help, self.show_help)
            self._help.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # F1 does the same
            self._help.setIcon(icon("help", theme().quiet))
            self._layout.addWidget(self._help, 0, 3, Qt.AlignmentFlag.AlignTop)
        return self._help

    @property
    def refusal(self) -> QLabel:
        """The label that says why the last value was refused."""
        if self._refusal is None:
            self._refusal = QLabel(self)
            self._refusal.setProperty("refused", True)
            self._refusal.setWordWrap(True)
            self._layout.addWidget(self._refusal, 1, 0, 1, 4)
            self._refusal.hide()
        return self._refusal

    def show_value(self) -> None:
        """Show the value in place, and whether it is the default."""
        self.editor.show_value(self.binding.value)
        self._hide_refusal()
        self._show_mark()

    def show_forced(self, value: Any, why: str) -> None:
        """Show what is used in place of the choice, which has no meaning now; "" frees it again."""
        self.editor.setEnabled(not why)
        self.editor.setToolTip(why)
        if why:
            self.editor.show_value(value)
            self.label.setText(escape(self.binding.knob.label))
        else:
            self.show_value()

    def show_help(self) -> None:
        """Show the help text beside the row."""
        place = self.mapToGlobal(QPoint(self.width(), -8))
        QToolTip.showText(place, f"<p>{escape(self.binding.knob.help)}</p>", self)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show the help button."""
        super().enterEvent(event)
        self.help.show()

    def leaveEvent(self, event: QEvent) -> None:
        """Hide the help button."""
        super().leaveEvent(event)
        self.help.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Show the help text on F1."""
        if event.key() == Qt.Key.Key_F1:
            self.show_help()
        else:
            super().keyPressEvent(event)

    def _button(self, name: str, label: str, do: Callable[[], object]) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(f"{self.binding.path}.{name}")
        button.setAccessibleName(label)
        button.setToolTip(label)
        button.setFixedSize(_SLOT, _SLOT)
        button.setIconSize(QSize(14, 14))
        button.clicked.connect(without_checked(do))
        return button

    def _lay_out(self) -> QGridLayout:
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 1, 0, 1)
        layout.setHorizontalSpacing(0)
        layout.setVerticalSpacing(2)
        layout.addWidget(self.label, 0, 0)
        layout.addWidget(self.editor, 0, 1)
        layout.setColumnStretch(1, 1)
        layout.setColumnMinimumWidth(2, _SLOT)
        layout.setColumnMinimumWidth(3, _SLOT)
        if isinstance(self.editor, SizesEditor):
            layout.setAlignment(self.label, Qt.AlignmentFlag.AlignTop)
            self.label.setContentsMargins(0, 4, 0, 0)  # level with the editor's first line
        return layout

    def _use_default(self) -> None:
        self.binding.put(self.binding.knob.default)

    def _show_mark(self) -> None:
        knob = self.binding.knob
        text = escape(knob.label)
        if self.is_changed:
            text = f"<b>{text}</b>"
        unit = getattr(knob, "unit", "")
        if unit:
            text += f' <span style="color:{theme().quiet}">{escape(unit)}</span>'
        self.label.setText(text)
        if self.is_changed or self._reset is not None:
            self.reset.setVisible(self.is_changed)

    def _on_theme(self) -> None:
        if self._reset is not None:
            self._reset.setIcon(icon("reset", theme().accent))
        if self._help is not None:
            self._help.setIcon(icon("help", theme().quiet))
        self._show_mark()

    def _on_refused(self, sentence: str) -> None:
        self.refusal.setText(sentence)
        self.refusal.show()

    def _hide_refusal(self) -> None:
        if self._refusal is not None:
            self._refusal.hide()


Editor = (
    ChoiceEditor
    | FeaturesEditor
    | NumberSlider
    | PathEditor
    | PointsEditor
    | ReadingEditor
    | SizesEditor
    | SwitchEditor
    | TargetEditor
    | TextField
)


def make_editor(
    binding: Binding, columns: ColumnChoices, open_file: Callable[[], None], parent: QWidget
) -> Editor:
    """Return the editor of a knob; its objectName is the knob's path."""
    editor = _make(binding, columns, open_file, parent)
    editor.setObjectName(binding.path)
    editor.setAccessibleDescription(binding.knob.help)
    editor.setWhatsThis(binding.knob.help)
    return editor


def _make(
    binding: Binding, columns: ColumnChoices, open_file: Callable[[], None], parent: QWidget
) -> Editor:
    knob = binding.knob
    if isinstance(knob, SourceKnob):
        source = SourceEditor(binding, parent)
        source.file_wanted.connect(open_file)
        return source
    if isinstance(knob, FileKnob):
        path = PathEditor(binding, parent)
        path.file_wanted.connect(open_file)
        return path
    if isinstance(knob, ReadOptionsKnob):
        return ReadingEditor(binding, parent)
    if isinstance(knob, ColumnKnob):
        return TargetEditor(binding, columns, parent)
    if isinstance(knob, ColumnsKnob):
        return FeaturesEditor(binding, columns, parent)
    if isinstance(knob, NumberKnob | IntegerKnob):
        return number_editor(binding, parent)
    if isinstance(knob, ChoiceKnob):
        return ChoiceEditor(binding, parent)
    if isinstance(knob, SwitchKnob):
        return SwitchEditor(binding, parent)
    if isinstance(knob, SizesKnob):
        return SizesEditor(binding, parent)
    if isinstance(knob, PointsKnob):
        return PointsEditor(binding, parent)
    return text_editor(binding, parent)
