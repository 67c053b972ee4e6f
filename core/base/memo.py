"""A memo: a bounded cache that lives as long as its owner.

A run owns one memo. Its predictions at a step have memos of their own, which the run's memo holds
and drops together with them. What is computed of a run is kept in no module.
"""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Concatenate, ParamSpec, Protocol, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Memo:
    """Results by name and key; of each name those used last are kept.

    It may be asked from several threads. Two that ask for the same at once may both compute it, but
    all get the result that was there first. An exception is not kept.

    Examples
    --------
    >>> memo = Memo()
    >>> memo.recall("square", 3, lambda: 3**2), memo.recall("square", 3, lambda: 1 / 0)
    (9, 9)
    >>> memo.clear()
    >>> len(memo)
    0
    """

    __slots__ = ("_lock", "_results")

    def __init__(self) -> None:
        self._results: dict[Hashable, OrderedDict[Hashable, object]] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        """Count the results kept."""
        with self._lock:
            return sum(len(kept) for kept in self._results.values())

    def recall(
        self, name: Hashable, key: Hashable, compute: Callable[[], Result], most: int = 4
    ) -> Result:
        """Return the result kept under a name and key, or compute and keep it.

        Parameters
        ----------
        name : hashable
            Whose results they are: a word, or the function that computes them.
        key : hashable
            What the result depends on. Objects that compare by identity are kept alive with it.
        compute : callable
            Gives the result.
        most : int
            How many results of that name are kept; the one used least recently goes first.
        """
        with self._lock:
            kept = self._results.get(name)
            if kept is not None and key in kept:
                kept.move_to_end(key)
                return kept[key]  # type: ignore[return-value]
        result = compute()
        with self._lock:
            kept = self._results.setdefault(name, OrderedDict())
            first = kept.setdefault(key, result)
            kept.move_to_end(key)
            while len(kept) > most:
                kept.popitem(last=False)
        return first  # type: ignore[return-value]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._results.clear()


class HasMemo(Protocol):
    """Something that owns a memo: a run, or predictions."""

    @property
    def memo(self) -> Memo:
        """Where results are kept."""


Owner = TypeVar("Owner", bound=HasMemo)


def remembered(
    most: int = 4,
) -> Callable[
    [Callable[Concatenate[Owner, Arguments], Result]],
    Callable[Concatenate[Owner, Arguments], Result],
]:
    """Let a function keep its results in the memo of its first argument.

    The other arguments must be hashable. The first is no part of the key, so that a memo never
    keeps its owner alive.

    Parameters
    ----------
    most : int
        How many results of one owner are kept.

    Examples
    --------
    >>> class Numbers:
    ...     memo = Memo()
    >>> @remembered(most=2)
    ... def scaled(numbers, factor):
    ...     print("computed")
    ...     return [factor * number for number in (1, 2)]
    >>> scaled(Numbers, 3) is scaled(Numbers, 3)
    computed
    True
    """

    def decorate(
        function: Callable[Concatenate[Owner, Arguments], Result],
    ) -> Callable[Concatenate[Owner, Arguments], Result]:
        @functools.wraps(function)
        def recalled(
            owner: Owner, /, *arguments: Arguments.args, **named: Arguments.kwargs
        ) -> Result:
            key = arguments, tuple(sorted(named.items()))
            return owner.memo.recall(
                function, key, lambda: function(owner, *arguments, **named), most
            )

        return recalled

    return decorate
