"""What was lost, padded or doubtful while a table was read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

KEPT_PER_KIND = 100
"""How many problems of one kind are kept in full; the others are counted."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing about the file that the user should know.

    Attributes
    ----------
    line : int or None
        The line of the file, counted from 1 (for a workbook, the row of the sheet); None where
        the whole column or file is meant.
    column : str or None
        The column's name; None where the whole line or file is meant.
    reason : str
        What was found and what was done about it, in one sentence.
    kind : str
        A short key shared by problems of the same sort ("ragged", "number").

    Examples
    --------
    >>> print(Problem(6, None, "It has 4 fields, not 3; it was left out.", "ragged"))
    line 6: It has 4 fields, not 3; it was left out.
    """

    line: int | None
    column: str | None
    reason: str
    kind: str = "other"

    def __str__(self) -> str:
        """Return the place and the reason on one line."""
        place = [f"line {self.line}"] if self.line is not None else []
        place += [f"column {self.column}"] if self.column is not None else []
        return f"{', '.join(place)}: {self.reason}" if place else self.reason


class ProblemLog:
    """Collects problems while a file is read: the first hundred of each kind, and all counts."""

    def __init__(self) -> None:
        self._kept: list[Problem] = []
        self._counts: Counter[str] = Counter()

    def add(
        self, kind: str, reason: str, line: int | None = None, column: str | None = None
    ) -> None:
        """Count a problem, and keep it unless a hundred of its kind are kept already."""
        self._counts[kind] += 1
        if self._counts[kind] <= KEPT_PER_KIND:
            self._kept.append(Problem(line, column, reason, kind))

    def count(self, kind: str, more: int) -> None:
        """Count `more` problems of a kind that are not kept one by one."""
        if more > 0:
            self._counts[kind] += more

    def extend(self, other: ProblemLog, offset: int) -> None:
        """Add the problems of another log, whose lines are counted from this log's `offset`."""
        kept = Counter(problem.kind for problem in other.kept)
        for problem in other.kept:
            line = None if problem.line is None else problem.line + offset
            self.add(problem.kind, problem.reason, line, problem.column)
        for kind, count in other.counts.items():
            self.count(kind, count - kept[kind])

    @property
    def kept(self) -> tuple[Problem, ...]:
        """The problems kept, those of the whole file first, then by line."""
        return tuple(sorted(self._kept, key=lambda problem: problem.line or 0))

    @property
    def counts(self) -> Mapping[str, int]:
        """How many problems of each kind there were, kept or not."""
        return MappingProxyType(dict(self._counts))
