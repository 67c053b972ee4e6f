"""Compact controls for a panel's header: each turns one setting of the view."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget


class CalmComboBox(QComboBox):
    """A choice that the wheel does not change unless it has the focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(self.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to what is around unless focused."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def offer(self, choices: Sequence[tuple[str, object]]) -> None:
        """Offer other choices (text, value), quietly, and keep the present one if it is there."""
        if [(self.itemText(i), self.itemData(i)) for i in range(self.count())] == list(choices):
            return
        present = self.currentData()
        with QSignalBlocker(self):
            self.clear()
            for text, value in choices:
                self.addItem(text, value)
            self.show_value(present)

    def show_value(self, value: object) -> None:
        """Show a value as chosen without telling anyone."""
        index = next((i for i in range(self.count()) if self.itemData(i) == value), -1)
        if index != self.currentIndex() and index >= 0:
            with QSignalBlocker(self):
                self.setCurrentIndex(index)


def toggle(name: str, text: str, help_text: str, changed: Callable[[bool], None]) -> QToolButton:
    """Return a small button that stays down while its setting is on."""
    button = QToolButton()
    button.setObjectName(name)
    button.setText(text)
    button.setToolTip(help_text)
    button.setAccessibleName(text)
    button.setAccessibleDescription(help_text)
    button.setCheckable(True)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    button.toggled.connect(changed)
    return button


def show_checked(button: QToolButton, checked: bool) -> None:
    """Show a button as down or up without telling anyone."""
    if button.isChecked() != checked:
        with QSignalBlocker(button):
            button.setChecked(checked)


def choice(
    name: str,
    label: str,
    help_text: str,
    choices: Sequence[tuple[str, object]],
    changed: Callable[[object], None],
    widest: int = 0,
) -> CalmComboBox:
    """Return a small list of choices; with a widest width it is as wide as its texts up to that."""
    box = CalmComboBox()
    if widest:
        box.setSizeAdjustPolicy(box.SizeAdjustPolicy.AdjustToContents)
        box.setMaximumWidth(widest)
    box.setObjectName(name)
    box.setAccessibleName(label)
    box.setToolTip(help_text)
    box.offer(choices)
    box.currentIndexChanged.connect(lambda index: changed(box.itemData(index)))
    return box


def row(*widgets: QWidget | None, spacing: int = 4) -> QHBoxLayout:
    """Lay small controls in a row; None takes the room that is left."""
    layout = QHBoxLayout()
    layout.setContentsMargins(8, 2, 8, 2)
    layout.setSpacing(spacing)
    for widget in widgets:
        if widget is None:
            layout.addStretch(1)
        else:
            layout.addWidget(widget)
    return layout


def note(name: str, wraps: bool = True) -> QLabel:
    """Return a quiet line of text that says what is shown."""
    label = QLabel()
    label.setObjectName(name)
    label.setWordWrap(wraps)
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setContentsMargins(8, 0, 8, 4)
    horizontal = QSizePolicy.Policy.Preferred if wraps else QSizePolicy.Policy.Ignored
    label.setSizePolicy(horizontal, QSizePolicy.Policy.Minimum)
    return label


class QuietComboBox(QComboBox):
    """A combo box that is deaf to the wheel and no wider than its place."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        self.setMaxVisibleItems(24)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to what can be scrolled."""
        event.ignore()


def without_checked(do: Callable[[], object]) -> Callable[[], None]:
    """Return a slot that leaves aside whether a button or action is checked."""

    def slot() -> None:
        do()

    return slot
