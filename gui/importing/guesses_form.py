"""How a file is read: each setting as it was guessed, its doubt, and what it can be instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QT_TRANSLATE_NOOP, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QWidget

from core.base.registry import Registry
from core.data.import_options import ImportOptions
from core.data.reading.table import Guess, Table
from gui.importing.import_text import tr
from gui.importing.target_form import LABEL_WIDTH
from gui.widgets.controls import ComboBox


class GuessBox(ComboBox):
    """One setting: as it was guessed, or what the user chose instead.

    Signals
    -------
    said : (value, or None for the guess)
    """

    said = Signal(object)

    def __init__(self, setting: Setting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setting = setting
        self.setObjectName(f"import.{setting.name}")
        self.setAccessibleName(tr(setting.label))
        self._explain("")
        self._found: object = None
        self._is_known = False
        self._is_doubtful = False
        self._value: object = None
        self._values: list[object] = []
        if setting.parse is not None:
            self.setEditable(True)
            self.setInsertPolicy(ComboBox.InsertPolicy.NoInsert)
            line = self.lineEdit()
            if isinstance(line, QLineEdit):
                line.setAccessibleName(tr(setting.label))
                line.editingFinished.connect(self._on_typed)
        self.activated.connect(self._on_activated)
        self._fill(setting.choices)

    def show_setting(self, table: Table | None, said: object) -> None:
        """Show what the user said; None shows what was guessed, and whether it is doubtful."""
        if table is not None and said is None:
            self._found, self._is_known = getattr(table.dialect, self.setting.name), True
            self._show_guess(table.guess(self.setting.name))
        if self.setting.name == "sheet" and table is not None:
            self._fill(tuple((sheet, sheet) for sheet in table.dialect.sheets))
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

    def _show_guess(self, guess: Guess | None) -> None:
        """Explain the doubt of a guess, and offer what else it may be."""
        self._is_doubtful = guess is not None and bool(guess.doubt)
        self._explain(guess.doubt if guess is not None else "")
        known = {_plain(value) for _, value in self.setting.choices}
        others = guess.others if guess is not None else ()
        more = tuple((str(value), value) for value in others if _plain(value) not in known)
        self._fill(more + self.setting.choices)

    def _explain(self, doubt: str) -> None:
        help_text = tr(self.setting.help)
        text = self.tr("{0}\n\nDoubtful: {1}.").format(help_text, doubt) if doubt else help_text
        self.setToolTip(text)
        self.setAccessibleDescription(text)

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
        text = self.tr("doubtful: {0}") if self._is_doubtful else self.tr("found: {0}")
        return text.format(self._words(self._found))

    def _words(self, value: object) -> str:
        if self.setting.name == "missing" and isinstance(value, tuple | list):
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
        if text == self._shown() or self.setting.parse is None:
            return
        place = self.findText(text, Qt.MatchFlag.MatchExactly)
        if place >= 0:
            self._on_activated(place)
        elif not text:
            self._say(None)
        else:
            self._say(self.setting.parse(text))

    def _say(self, value: object) -> None:
        if _plain(value) != _plain(self._value) or value is None:
            self._value = value
            self.said.emit(value)


class GuessForm(QWidget):
    """All settings of how the file is read.

    Signals
    -------
    said : (setting's name, value or None)
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
        for row, setting in enumerate(SETTINGS.values()):
            label, box = QLabel(tr(setting.label), self), GuessBox(setting, self)
            label.setBuddy(box)
            label.setToolTip(tr(setting.help))
            box.said.connect(lambda value, name=setting.name: self.said.emit(name, value))
            grid.addWidget(label, row, 0)
            grid.addWidget(box, row, 1)
            self.labels[setting.name], self.boxes[setting.name] = label, box
        self.show_guesses(None, ImportOptions())

    def show_guesses(self, table: Table | None, options: ImportOptions) -> None:
        """Show what was guessed and what the user chose; what was chosen is bold."""
        kind = table.dialect.format if table is not None else "text"
        for name, box in self.boxes.items():
            said = options.reading.get(name)
            box.show_setting(table, said)
            label = self.labels[name]
            font = label.font()
            font.setBold(said is not None)
            label.setFont(font)
            for widget in (label, box):
                widget.setVisible(kind in box.setting.formats)


def _plain(value: object) -> object:
    """Return a value in which lists and tuples of the same marks are equal."""
    return tuple(value) if isinstance(value, list) else value


_TEXT = ("text",)
_SHEETS = ("xlsx", "xls", "xlsb", "ods")
_ROWS = (*_TEXT, *_SHEETS)


def _(text: str) -> str:
    return str(QT_TRANSLATE_NOOP("Import", text))


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of how a file is read: guessed, unless the user chooses it.

    Attributes
    ----------
    name : str
        A keyword of `core.data.read_table` and an attribute of its dialect.
    label, help : str
    formats : tuple of str
        For which it means something.
    choices : tuple of (label, value)
        What it is likely to be.
    parse : callable, optional
        Makes a value of typed text; None where nothing else can be typed.
    """

    name: str
    label: str
    help: str
    formats: tuple[str, ...]
    choices: tuple[tuple[str, object], ...]
    parse: Callable[[str], object] | None = None


def as_character(text: str) -> object:
    r"""Return a delimiter or mark as typed; "\t" is a tab.

    Examples
    --------
    >>> as_character("^"), as_character("\\t")
    ('^', '\t')
    """
    return text.replace("\\t", "\t")


def as_marks(text: str) -> object:
    """Return the marks typed, separated by blanks.

    Examples
    --------
    >>> as_marks("NA  ?")
    ['NA', '?']
    """
    return text.split()


def as_count(text: str) -> object:
    """Return a whole number as typed; text stays text, to be refused with a reason.

    Examples
    --------
    >>> as_count(" 3"), as_count("x")
    (3, 'x')
    """
    return int(text) if text.strip().isdecimal() else text


_MARKS = ((_("none"), ""), (_("comma  ,"), ","), (_("point  ."), "."), (_("space"), " "))
SETTINGS: Registry[Setting] = Registry(
    "setting",
    [
        Setting("sheet", _("sheet"), _("Which sheet of the workbook is read."), _SHEETS, ()),
        Setting(
            "encoding",
            _("encoding"),
            _("Which bytes stand for which letters. Wrong: é looks like Ã©, or like �."),
            ("text", "arff", "json"),
            tuple((name, name) for name in ("utf-8", "cp1252", "latin-1", "utf-16", "cp1250"))
            + tuple((name, name) for name in ("cp1251", "gb18030", "big5", "shift_jis", "euc_kr")),
            str.strip,
        ),
        Setting(
            "delimiter",
            _("delimiter"),
            _("What stands between two cells. You can type another character."),
            _TEXT,
            (
                (_("comma  ,"), ","),
                (_("semicolon  ;"), ";"),
                (_("tab"), "\t"),
                (_("bar  |"), "|"),
                (_("colon  :"), ":"),
                (_("one blank"), " "),
                (_("runs of blanks"), "\\s+"),
            ),
            as_character,
        ),
        Setting(
            "quote",
            _("quote"),
            _("What stands around a cell that holds the delimiter or a line end."),
            _TEXT,
            ((_('double  "'), '"'), (_("single  '"), "'"), (_("none"), "")),
        ),
        Setting(
            "decimal",
            _("decimal mark"),
            _("What stands before the decimals of a number."),
            _ROWS,
            ((_("point  ."), "."), (_("comma  ,"), ",")),
        ),
        Setting(
            "thousands",
            _("thousands"),
            _("What stands between thousands."),
            _ROWS,
            (*_MARKS, (_("apostrophe  '"), "'")),
        ),
        Setting(
            "header",
            _("names in"),
            _("How many rows at the top hold the columns' names."),
            _ROWS,
            ((_("no row"), 0), (_("1 row"), 1), (_("2 rows"), 2), (_("3 rows"), 3)),
        ),
        Setting(
            "skip",
            _("skipped lines"),
            _("How many lines at the top are left out before the names."),
            _ROWS,
            tuple((str(count), count) for count in range(6)),
            as_count,
        ),
        Setting(
            "comment",
            _("comment mark"),
            _("What lines to be left out begin with."),
            _TEXT,
            ((_("none"), ""), ("#", "#"), ("%", "%"), ("//", "//")),
            str.strip,
        ),
        Setting(
            "missing",
            _("missing marks"),
            _("Which cells, besides empty ones, mean “not known”; type them with blanks between."),
            (*_ROWS, "arff", "json", "parquet"),
            ((_("empty cells only"), ()),),
            as_marks,
        ),
    ],
)
