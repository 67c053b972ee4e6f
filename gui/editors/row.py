"""A line of the form: label, editor, the mark of what differs from its default, and help."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QToolButton, QToolTip, QWidget

from gui.editors.binding import Binding
from gui.editors.data import Columns
from gui.editors.making import make_editor
from gui.icons import icon
from gui.theme import theme, themes

LABEL_WIDTH = 108
_SLOT = 18


class Row(QWidget):
    """One knob: bold, with a small arrow that resets it, where it differs from its default."""

    def __init__(
        self, binding: Binding, columns: Columns, open_file: Callable[[], None], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.binding = binding
        self.setObjectName(f"{binding.path}.row")
        binding.setParent(self)
        self.label = QLabel(self)
        self.label.setWordWrap(True)
        self.label.setFixedWidth(LABEL_WIDTH)
        self.editor = make_editor(binding, columns, open_file, self)
        self.label.setBuddy(self.editor)
        self.reset = self._button("reset", self.tr("Reset {0}").format(binding.knob.label))
        self.reset.clicked.connect(lambda: binding.put(binding.knob.default))
        self.help = self._button("help", binding.knob.help)
        self.help.clicked.connect(self.show_help)
        self.refusal = QLabel(self)
        self.refusal.setProperty("refused", True)
        self.refusal.setWordWrap(True)
        self.refusal.hide()
        self._lay_out()
        binding.refused.connect(self._on_refused)
        binding.accepted.connect(self.refusal.hide)
        themes().changed.connect(self._on_theme)
        self._on_theme()
        self._show_help_mark(False)

    def show_value(self) -> None:
        """Show the value in place and whether it is the default."""
        self.editor.show_value(self.binding.value)
        self.refusal.hide()
        self._show_mark()

    @property
    def is_changed(self) -> bool:
        """Whether the value differs from its default."""
        return bool(self.binding.value != self.binding.knob.default)

    def show_help(self) -> None:
        """Open the sentence of help beside the row."""
        place = self.mapToGlobal(QPoint(self.width(), -8))
        QToolTip.showText(place, f"<p>{escape(self.binding.knob.help)}</p>", self.help)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Offer help."""
        super().enterEvent(event)
        self._show_help_mark(True)

    def leaveEvent(self, event: QEvent) -> None:
        """Take the offer back."""
        super().leaveEvent(event)
        self._show_help_mark(False)

    def _button(self, name: str, label: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(f"{self.binding.path}.{name}")
        button.setAccessibleName(label)
        button.setToolTip(label)
        button.setFixedSize(_SLOT, _SLOT)
        policy = button.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        button.setSizePolicy(policy)
        return button

    def _lay_out(self) -> None:
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 2, 0, 2)
        layout.setHorizontalSpacing(0)
        layout.setVerticalSpacing(2)
        top = Qt.AlignmentFlag.AlignTop
        layout.addWidget(self.label, 0, 0)
        layout.addWidget(self.editor, 0, 1)
        layout.addWidget(self.reset, 0, 2, top)
        layout.addWidget(self.help, 0, 3, top)
        layout.addWidget(self.refusal, 1, 0, 1, 4)
        layout.setColumnStretch(1, 1)
        if self.editor.sizeHint().height() > 40:
            layout.setAlignment(self.label, top)

    def _show_mark(self) -> None:
        knob = self.binding.knob
        text = escape(knob.label)
        if self.is_changed:
            text = f"<b>{text}</b>"
        unit = getattr(knob, "unit", "")
        if unit:
            text += f' <span style="color:{theme().quiet}">{escape(unit)}</span>'
        self.label.setText(text)
        self.label.setToolTip(f"<p>{escape(knob.help)}</p>")
        self.reset.setVisible(self.is_changed)

    def _show_help_mark(self, shown: bool) -> None:
        # an empty icon keeps the button reachable by keyboard
        self.help.setIcon(icon("help", theme().quiet if shown else theme().line))

    def _on_theme(self) -> None:
        self.reset.setIcon(icon("reset", theme().accent))
        self._show_help_mark(self.underMouse())
        self._show_mark()

    def _on_refused(self, sentence: str) -> None:
        self.refusal.setText(sentence)
        self.refusal.show()
