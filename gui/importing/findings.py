"""What is found out about a file, and what can be said instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QT_TRANSLATE_NOOP

from core.base.registry import Registry

_TEXT = ("text",)
_SHEETS = ("xlsx", "xls", "xlsb", "ods")
_ROWS = (*_TEXT, *_SHEETS)


def _(text: str) -> str:
    return str(QT_TRANSLATE_NOOP("Import", text))


@dataclass(frozen=True, slots=True)
class Guess:
    """Something that is found out about a file and can be said instead.

    Attributes
    ----------
    name : str
        A keyword of `core.data.table_reader.read_table` and an attribute of its dialect.
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
GUESSES: Registry[Guess] = Registry(
    "guess",
    [
        Guess("sheet", _("sheet"), _("Which sheet of the workbook is read."), _SHEETS, ()),
        Guess(
            "encoding",
            _("encoding"),
            _("Which bytes stand for which letters. Wrong: é looks like Ã©, or like �."),
            ("text", "arff", "json"),
            tuple((name, name) for name in ("utf-8", "cp1252", "latin-1", "utf-16", "cp1250"))
            + tuple((name, name) for name in ("cp1251", "gb18030", "big5", "shift_jis", "euc_kr")),
            str.strip,
        ),
        Guess(
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
        Guess(
            "quote",
            _("quote"),
            _("What stands around a cell that holds the delimiter or a line end."),
            _TEXT,
            ((_('double  "'), '"'), (_("single  '"), "'"), (_("none"), "")),
        ),
        Guess(
            "decimal",
            _("decimal mark"),
            _("What stands before the decimals of a number."),
            _ROWS,
            ((_("point  ."), "."), (_("comma  ,"), ",")),
        ),
        Guess(
            "thousands",
            _("thousands"),
            _("What stands between thousands."),
            _ROWS,
            (*_MARKS, (_("apostrophe  '"), "'")),
        ),
        Guess(
            "header",
            _("names in"),
            _("How many rows at the top hold the columns' names."),
            _ROWS,
            ((_("no row"), 0), (_("1 row"), 1), (_("2 rows"), 2), (_("3 rows"), 3)),
        ),
        Guess(
            "skip",
            _("skipped lines"),
            _("How many lines at the top are left out before the names."),
            _ROWS,
            tuple((str(count), count) for count in range(6)),
            as_count,
        ),
        Guess(
            "comment",
            _("comment mark"),
            _("What lines to be left out begin with."),
            _TEXT,
            ((_("none"), ""), ("#", "#"), ("%", "%"), ("//", "//")),
            str.strip,
        ),
        Guess(
            "missing",
            _("missing marks"),
            _("Which cells, besides empty ones, mean “not known”; type them with blanks between."),
            (*_ROWS, "arff", "json", "parquet"),
            ((_("empty cells only"), ()),),
            as_marks,
        ),
    ],
)
