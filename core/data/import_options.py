"""The options of an import: what the user chose in the dialog; all else is guessed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from core.base.strict_json import parse_json
from core.data.data_knobs import DataChoices
from core.data.reading.table import Dialect

ROLES = ("feature", "target", "ignore", "weight", "split", "id")
"""What a column can be used for; ignored columns and ids are left out."""

_SINGLE = ("weight", "split")
_PAIR = ("decimal", "thousands")


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """The choices made in the import dialog so far.

    Attributes
    ----------
    reading : mapping
        Keywords of `core.data.read_table` in place of the guesses, all but ``kinds``.
    kinds : mapping
        Kinds by column name.
    target : str
        The column to predict; empty leaves it to the guess.
    bins : int, optional
        Into how many classes a numeric target is divided; 0 takes each value as a class; None does
        so where there are few values, and divides at the median where there are many.
    merge : bool
        Make one class of labels that look alike.
    features : tuple of str
        The columns to use; empty means every usable one.
    roles : mapping
        Roles by column name that differ from the above.

    Examples
    --------
    >>> options = ImportOptions().with_role("name", "target").with_reading("delimiter", ";")
    >>> options.target, options.reading_json()
    ('name', '{"delimiter": ";"}')
    """

    reading: Mapping[str, object] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    target: str = ""
    bins: int | None = None
    merge: bool = False
    features: tuple[str, ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, choices: DataChoices) -> ImportOptions:
        """Return the options that give these choices."""
        reading = parse_json(choices.reading, "The reading") if choices.reading else {}
        kinds = reading.pop("kinds", {})
        columns = {"split": choices.split_column, "weight": choices.weight_column}
        roles = {column: role for role, column in columns.items() if column}
        bins = choices.target_bins or None
        merge = choices.merge_labels
        return cls(reading, kinds, choices.target, bins, merge, choices.features, roles)

    def with_reading(
        self, name: str, value: object | None, dialect: Dialect | None = None
    ) -> ImportOptions:
        """Set a keyword of `read_table`; None leaves it to the guess.

        The decimal and thousands marks are guessed together, so that setting one fixes the other
        as `dialect` has it.
        """
        reading = {key: kept for key, kept in self.reading.items() if key != name}
        if value is not None:
            reading[name] = value
        if name in _PAIR and dialect is not None:
            other = _PAIR[1 - _PAIR.index(name)]
            if value is None:
                reading.pop(other, None)
            else:
                reading.setdefault(other, getattr(dialect, other) or "")
        return replace(self, reading=reading)

    def with_kind(self, column: str, kind: str | None) -> ImportOptions:
        """Set the kind of a column; None leaves it to the guess."""
        kinds = {name: kept for name, kept in self.kinds.items() if name != column}
        return replace(self, kinds=kinds if kind is None else {**kinds, column: kind})

    def with_role(self, column: str, role: str) -> ImportOptions:
        """Set the role of a column; only one can be target, weight or split."""
        roles = {
            name: kept
            for name, kept in self.roles.items()
            if name != column and not (role in _SINGLE and kept == role)
        }
        if role == "target":
            return replace(self, target=column, bins=None, roles=roles)
        target = "" if self.target == column else self.target
        return replace(self, target=target, roles={**roles, column: role})

    def without(self, columns: Iterable[str]) -> ImportOptions:
        """Ignore these columns."""
        options = self
        for column in columns:
            options = options.with_role(column, "ignore")
        return options

    def with_bins(self, bins: int | None) -> ImportOptions:
        """Set into how many bins a numeric target is divided."""
        return replace(self, bins=bins)

    def with_merge(self, merge: bool) -> ImportOptions:
        """Set whether labels that look alike are merged into one class."""
        return replace(self, merge=merge)

    def reading_json(self, names: Iterable[str] | None = None) -> str:
        """Return the keywords of `read_table` as JSON; "" where none is set.

        Parameters
        ----------
        names : iterable of str, optional
            The columns there are; kinds of others are left aside.
        """
        known = None if names is None else set(names)
        kinds = {name: kind for name, kind in self.kinds.items() if known is None or name in known}
        keywords = {**self.reading, **({"kinds": kinds} if kinds else {})}
        return json.dumps(keywords, sort_keys=True, ensure_ascii=False) if keywords else ""
