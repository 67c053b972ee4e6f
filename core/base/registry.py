"""A registry: an ordered collection of named records, to which a new choice is added."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from core.base.errors import UserError


class Named(Protocol):
    """A record that knows its own key."""

    @property
    def name(self) -> str:
        """The key, as it stands in an Experiment."""


T = TypeVar("T", bound=Named)


class Registry(Mapping[str, T]):
    """Records by name, in the order given; no name twice; an unknown name lists the choices.

    Parameters
    ----------
    kind : str
        What a record is, for messages ("activation").
    records : iterable
        Records with a ``name``.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> units = Registry("unit", [SimpleNamespace(name="tanh"), SimpleNamespace(name="relu")])
    >>> units.add(SimpleNamespace(name="elu"))
    >>> list(units)
    ['tanh', 'relu', 'elu']
    """

    def __init__(self, kind: str, records: Iterable[T]) -> None:
        self.kind = kind
        self._records: dict[str, T] = {}
        for record in records:
            self.add(record)

    def add(self, record: T) -> None:
        """Append a record; from then on it can be chosen wherever its kind can.

        Raises
        ------
        ValueError
            If its name is taken.
        """
        if record.name in self._records:
            raise ValueError(f"the {self.kind} {record.name!r} is registered twice")
        self._records[record.name] = record

    def remove(self, name: str) -> None:
        """Take a record out again; nothing that is in use may name it any more."""
        del self._records[name]

    def __getitem__(self, name: str) -> T:
        """Return the record of that name, or raise a UserError that lists the choices."""
        try:
            return self._records[name]
        except KeyError:
            raise UserError(
                f"There is no {self.kind} named {name!r}.", "", f"Choose one of: {', '.join(self)}."
            ) from None

    def __contains__(self, name: object) -> bool:
        """Tell whether a record has that name."""
        return name in self._records

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names, in order."""
        return iter(self._records)

    def __len__(self) -> int:
        """Count the records."""
        return len(self._records)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the choices of a form: its key, its label and one sentence on what it does."""

    name: str
    label: str
    description: str = ""
