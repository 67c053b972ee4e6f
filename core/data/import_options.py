"""What the user says about a file while importing it; whatever is not said is found out."""

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
    """Everything the user has changed in the import dialog so far.

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
    >>> wishes = ImportOptions().with_role("name", "target").with_reading("delimiter", ";")
    >>> wishes.target, wishes.reading_json()
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
        """Return the wishes that lead to these choices."""
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
        """Say how the file is read; None leaves it to be found again.

        The marks inside numbers are found together, so that saying one of them also says the other,
        as `dialect` has it.
        """
        reading = {key: said for key, said in self.reading.items() if key != name}
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
        """Say of which kind a column is; None leaves it to be found again."""
        kinds = {name: said for name, said in self.kinds.items() if name != column}
        return replace(self, kinds=kinds if kind is None else {**kinds, column: kind})

    def with_role(self, column: str, role: str) -> ImportOptions:
        """Say what a column is used for; only one can be target, weight or split."""
        roles = {
            name: said
            for name, said in self.roles.items()
            if name != column and not (role in _SINGLE and said == role)
        }
        if role == "target":
            return replace(self, target=column, bins=None, roles=roles)
        target = "" if self.target == column else self.target
        return replace(self, target=target, roles={**roles, column: role})

    def without(self, columns: Iterable[str]) -> ImportOptions:
        """Leave these columns out."""
        wishes = self
        for column in columns:
            wishes = wishes.with_role(column, "ignore")
        return wishes

    def with_bins(self, bins: int | None) -> ImportOptions:
        """Say into how many classes a numeric target is divided."""
        return replace(self, bins=bins)

    def with_merge(self, merge: bool) -> ImportOptions:
        """Say whether labels that look alike make one class."""
        return replace(self, merge=merge)

    def reading_json(self, names: Iterable[str] | None = None) -> str:
        """Return as JSON how the file is to be read; empty where nothing is said.

        Parameters
        ----------
        names : iterable of str, optional
            The columns there are; kinds of others are left aside.
        """
        known = None if names is None else set(names)
        kinds = {name: kind for name, kind in self.kinds.items() if known is None or name in known}
        said = {**self.reading, **({"kinds": kinds} if kinds else {})}
        return json.dumps(said, sort_keys=True, ensure_ascii=False) if said else ""
