"""How a file is read: every guess beside what it could be instead."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QWidget

from core.data.import_options import Wishes
from core.data.reading.table import Dialect
from gui.importing.findings import GUESSES, Guess
from gui.importing.target import LABEL_WIDTH
from gui.importing.words import tr
from gui.widgets.controls import QuietComboBox


class GuessBox(QuietComboBox):
    """One guess: as it was found, or what the user says instead.

    Signals
    -------
    said : (value, or None for as found)
    """

    said = Signal(object)

    def __init__(self, guess: Guess, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.guess = guess
        self.setObjectName(f"import.{guess.name}")
        self.setAccessibleName(tr(guess.label))
        self.setAccessibleDescription(tr(guess.help))
        self.setToolTip(tr(guess.help))
        self._found: object = None
        self._is_known = False
        self._value: object = None
        self._values: list[object] = []
        if guess.parse is not None:
            self.setEditable(True)
            self.setInsertPolicy(QuietComboBox.InsertPolicy.NoInsert)
            line = self.lineEdit()
            if isinstance(line, QLineEdit):
                line.setAccessibleName(tr(guess.label))
                line.editingFinished.connect(self._on_typed)
        self.activated.connect(self._on_activated)
        self._fill(guess.choices)

    def show_value(self, dialect: Dialect | None, said: object) -> None:
        """Show what the user said; None shows what was found."""
        if dialect is not None and said is None:
            self._found, self._is_known = getattr(dialect, self.guess.name), True
        if self.guess.name == "sheet" and dialect is not None:
            self._fill(tuple((sheet, sheet) for sheet in dialect.sheets))
        self._value = said
        with QSignalBlocker(self):
            self.setItemText(0, self._found_text())
            if said is None:
                self.setCurrentIndex(0)
            else:
                place = self._place_of(said)
                self.setCurrentIndex(place)
                if place < 0 and self.isEditable():
                    self.setEditText(self._words(said))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let Enter finish what is typed, and not the dialog, while something is typed."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and self.isEditable() and self.currentText() != self._shown():
            self._on_typed()
            event.accept()
            return
        super().keyPressEvent(event)

    def _fill(self, choices: tuple[tuple[str, object], ...]) -> None:
        with QSignalBlocker(self):
            self.clear()
            self._values = [value for _, value in choices]
            self.addItems([self._found_text(), *(tr(label) for label, _ in choices)])

    def _place_of(self, value: object) -> int:
        plain = [_plain(found) for found in self._values]
        return plain.index(_plain(value)) + 1 if _plain(value) in plain else -1

    def _found_text(self) -> str:
        if not self._is_known:
            return self.tr("as found")
        return self.tr("found: {0}").format(self._words(self._found))

    def _words(self, value: object) -> str:
        if self.guess.name == "missing" and isinstance(value, tuple | list):
            return " ".join(filter(None, map(str, value))) or self.tr("empty cells")
        place = self._place_of("" if value is None else value)
        return self.itemText(place) if place > 0 else str(value) if value else self.tr("none")

    def _shown(self) -> str:
        if self._value is None:
            return self._found_text()
        place = self._place_of(self._value)
        return self.itemText(place) if place > 0 else self._words(self._value)

    def _on_activated(self, place: int) -> None:
        self._say(None if place == 0 else self._values[place - 1])

    def _on_typed(self) -> None:
        text = self.currentText()
        if text == self._shown() or self.guess.parse is None:
            return
        place = self.findText(text, Qt.MatchFlag.MatchExactly)
        if place >= 0:
            self._on_activated(place)
        elif not text:
            self._say(None)
        else:
            self._say(self.guess.parse(text))

    def _say(self, value: object) -> None:
        if _plain(value) != _plain(self._value) or value is None:
            self._value = value
            self.said.emit(value)


class GuessForm(QWidget):
    """All guesses about how the file is read.

    Signals
    -------
    said : (guess's name, value or None)
    """

    said = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.boxes: dict[str, GuessBox] = {}
        self.labels: dict[str, QLabel] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(4)
        grid.setHorizontalSpacing(8)
        grid.setColumnStretch(1, 1)
        grid.setColumnMinimumWidth(0, LABEL_WIDTH)
        for row, guess in enumerate(GUESSES.values()):
            label, box = QLabel(tr(guess.label), self), GuessBox(guess, self)
            label.setBuddy(box)
            label.setToolTip(tr(guess.help))
            box.said.connect(lambda value, name=guess.name: self.said.emit(name, value))
            grid.addWidget(label, row, 0)
            grid.addWidget(box, row, 1)
            self.labels[guess.name], self.boxes[guess.name] = label, box
        self.show_guesses(None, Wishes())

    def show_guesses(self, dialect: Dialect | None, wishes: Wishes) -> None:
        """Show what was found and what the user said; what was said is bold."""
        kind = dialect.format if dialect is not None else "text"
        for name, box in self.boxes.items():
            said = wishes.reading.get(name)
            box.show_value(dialect, said)
            label = self.labels[name]
            font = label.font()
            font.setBold(said is not None)
            label.setFont(font)
            for widget in (label, box):
                widget.setVisible(kind in box.guess.formats)


def _plain(value: object) -> object:
    """Return a value in which lists and tuples of the same marks are equal."""
    return tuple(value) if isinstance(value, list) else value
