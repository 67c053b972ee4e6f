"""What the user may say about a file when a guess is wrong."""

from __future__ import annotations

import codecs
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from core.base.errors import UserError
from core.data.reading.table import KINDS


@dataclass(frozen=True, slots=True)
class ReadOptions:
    r"""The user's word on how a file is to be read; None leaves it to be found.

    Attributes
    ----------
    encoding : str, optional
        A codec's name, such as "cp1252".
    delimiter : str, optional
        One character, or "\s+" for runs of blanks.
    decimal, thousands : str, optional
        Marks inside numbers.
    quote : str, optional
        The quote character; "" for none.
    header : bool or int, optional
        False for a file without names, True for one row of names, or how many rows.
    skip : int, optional
        Lines to leave out at the top.
    comment : str, optional
        What comment lines start with; "" for none.
    missing : tuple of str, optional
        The only cells, besides empty ones, that mean "not known".
    sheet : str or int, optional
        A workbook's sheet, by name or by place from 0.
    kinds : mapping
        Kinds by column name.
    """

    encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    quote: str | None = None
    header: int | None = None
    skip: int | None = None
    comment: str | None = None
    missing: tuple[str, ...] | None = None
    sheet: str | int | None = None
    kinds: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, overrides: Mapping[str, Any]) -> ReadOptions:
        """Check keywords and return the settings.

        Raises
        ------
        UserError
            If a keyword is unknown (the message lists the choices) or its value makes no sense.
        """
        choices = [item.name for item in fields(cls)]
        for name in overrides:
            if name not in choices:
                raise UserError(
                    f"There is no setting {name!r} for reading a table.", "", _choose(choices)
                )
        known = {name: value for name, value in overrides.items() if value is not None}
        for name in ("encoding", "delimiter", "decimal", "thousands", "quote", "comment"):
            _check(name, known.get(name, ""), str, "text")
        _check("skip", known.get("skip", 0), int, "a whole number")
        _check("header", known.get("header", 0), int, "True, False or a number of rows")
        _check("sheet", known.get("sheet", 0), (str, int), "a name or a number")
        _check("kinds", known.get("kinds", {}), Mapping, "kinds by column name")
        if "missing" in known:
            marks = known["missing"]
            _check("missing", marks, Collection, "one mark or several")
            known["missing"] = (marks,) if isinstance(marks, str) else tuple(marks)
        if "header" in known:
            known["header"] = int(known["header"])
        settings = cls(**known)
        settings.check()
        return settings

    def check(self) -> None:
        """Raise a UserError if a value makes no sense."""
        if self.encoding is not None:
            try:
                codecs.lookup(self.encoding)
            except LookupError:
                raise UserError(
                    f"There is no encoding {self.encoding!r}.",
                    "",
                    "Try utf-8, cp1252, utf-16 or gb18030.",
                ) from None
        for name in ("skip", "header"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise UserError(f"The setting {name} cannot be {value}.", "", "Give 0 or more.")
        if self.delimiter is not None and self.delimiter != "\\s+" and len(self.delimiter) != 1:
            raise UserError(
                f"The delimiter cannot be {self.delimiter!r}.",
                "",
                "Give one character, or '\\s+' for runs of blanks.",
            )
        if self.decimal not in (None, ".", ","):
            raise UserError(f"The decimal mark cannot be {self.decimal!r}.", "", "Give '.' or ','.")
        if self.thousands not in (None, "", ",", ".", " ", "\u00a0", "\u202f", "'"):
            raise UserError(
                f"The thousands mark cannot be {self.thousands!r}.",
                "",
                "Give ',', '.', ' ' or \"'\".",
            )
        for column, kind in self.kinds.items():
            if kind not in KINDS:
                raise UserError(f"Column {column} cannot be of kind {kind!r}.", "", _choose(KINDS))


GUESS_ALL = ReadOptions()
"""No setting is given: everything is guessed."""


def _check(name: str, value: object, expected: type | tuple[type, ...], words: str) -> None:
    if not isinstance(value, expected):
        raise UserError(f"The setting {name} cannot be {value!r}.", "", f"Give {words}.")


def _choose(choices: Sequence[str]) -> str:
    return f"Choose one of: {', '.join(choices)}."
