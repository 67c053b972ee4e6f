"""Combo box, toggle button, row and note: the small controls of forms and panel headers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSignalBlocker, QSize, Qt
from PySide6.QtGui import QPaintEvent, QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
    QWidget,
)


class ComboBox(QComboBox):
    """A list to choose from, no wider than its place; the wheel scrolls what is around it.

    Parameters
    ----------
    caption : str
        What is chosen, such as "judge on"; it stands before the choice in the closed box.
    """

    def __init__(self, parent: QWidget | None = None, caption: str = "") -> None:
        super().__init__(parent)
        self.caption = caption
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(self.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        self.setMaxVisibleItems(24)
        self._offered: list[tuple[str, object]] | None = None

    def sizeHint(self) -> QSize:
        """Leave room for the caption."""
        return super().sizeHint() + QSize(self._caption_width(), 0)

    def minimumSizeHint(self) -> QSize:
        """Leave room for the caption."""
        return super().minimumSizeHint() + QSize(self._caption_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the caption before the choice."""
        if not self.caption:
            super().paintEvent(event)
            return
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        option.currentText = f"{self.caption}: {option.currentText}"
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def _caption_width(self) -> int:
        return self.fontMetrics().horizontalAdvance(f"{self.caption}: ") if self.caption else 0

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the scroll area around it."""
        event.ignore()

    def offer(self, choices: Sequence[tuple[str, object]]) -> None:
        """Offer other choices (text, value), without a signal; one of them that is chosen stays."""
        # what was offered is compared, for to ask Qt for thousands of items takes its time
        if self._offered == list(choices) and self.count() == len(choices):
            return
        self._offered = list(choices)
        present = self.currentData()
        with QSignalBlocker(self):
            self.clear()
            for text, value in choices:
                self.addItem(text, value)
            self.show_value(present)

    def show_value(self, value: object) -> None:
        """Show a value as chosen, without a signal."""
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
    """Show a button as down or up, without a signal."""
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
    caption: str = "",
) -> ComboBox:
    """Return a combo box; with a widest width, it is as wide as its texts up to that."""
    box = ComboBox(caption=caption)
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
    """Return a layout of small controls in a row; None takes the room that is left."""
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


def without_checked(do: Callable[[], object]) -> Callable[[], None]:
    """Return a slot for `clicked` or `triggered` that ignores whether it is checked."""

    def slot() -> None:
        do()

    return slot
