"""What the import dialog calls kinds, roles and values."""

from __future__ import annotations

import math

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from core.base.errors import UserError
from core.data.import_options import ROLES
from core.data.reading.table import KINDS


def _(text: str) -> str:
    return str(QT_TRANSLATE_NOOP("Import", text))


_ROLE_WORDS = {
    "feature": _("feature"),
    "target": _("target"),
    "ignore": _("left out"),
    "weight": _("row weight"),
    "split": _("split"),
    "id": _("id, left out"),
}
_ROLE_HELP = {
    "feature": _("The model looks at it."),
    "target": _("The model learns to predict it."),
    "ignore": _("The model does not see it."),
    "weight": _("How much each row counts."),
    "split": _("It says which rows are train, validation and test."),
    "id": _("It names the row, so the model should not see it."),
}
_KIND_WORDS = {
    "number": _("number"),
    "category": _("category"),
    "boolean": _("yes or no"),
    "date": _("date"),
    "text": _("free text"),
    "empty": _("empty"),
}
CHOSEN_KINDS = tuple(kind for kind in KINDS if kind != "empty")
CHOSEN_ROLES = ROLES


def tr(text: str) -> str:
    """Translate a text that stands outside a widget."""
    return QCoreApplication.translate("Import", text)


def role_word(role: str) -> str:
    """Return what a role is called."""
    return tr(_ROLE_WORDS[role])


def role_help(role: str) -> str:
    """Return what a role means, in one sentence."""
    return tr(_ROLE_HELP[role])


def kind_word(kind: str) -> str:
    """Return what a kind of column is called."""
    return tr(_KIND_WORDS[kind])


def cell_text(value: object) -> str:
    """Return a value as the preview shows it; "" where it is missing.

    Examples
    --------
    >>> cell_text(3.0), cell_text(0.25), cell_text(float("nan")), cell_text(None), cell_text("a")
    ('3', '0.25', '', '', 'a')
    """
    if value is None:
        return ""
    if isinstance(value, float):
        if not math.isfinite(value):
            return ""
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else repr(float(value))
    return str(value).replace("\n", " ⏎ ")


def shortened(text: str, most: int) -> str:
    """Return a text of at most so many characters.

    Examples
    --------
    >>> shortened("Individual ID", 8)
    'Individ…'
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"


def error_of(error: BaseException) -> UserError:
    """Return an error that can be shown where the work is."""
    if isinstance(error, UserError):
        return error
    what = tr("This file was not read.")
    why = f"{type(error).__name__}: {error}"
    return UserError(what, why, tr("Change how it is read, or report this with the file."))
