"""JSON read strictly: no name twice, no NaN, nothing that breaks off; refusals say where."""

from __future__ import annotations

import functools
import itertools
import json
import math
from collections.abc import Callable, Iterator
from typing import Any

from core.base.errors import UserError

_NUMBERS_AT_ONCE = 10_000


def parse_json(
    text: str, name: str = "The file", go_on: Callable[[], None] | None = None
) -> dict[str, Any]:
    """Read one JSON object.

    Parameters
    ----------
    text : str
    name : str
        What to call it in messages.
    go_on : callable, optional
        Called now and then; what it raises ends the reading.

    Raises
    ------
    UserError
        Where the text is empty, breaks off (with line and column), is no object, names something
        twice, or holds a number that is not finite (with its path).
    """
    if not text.strip():
        raise UserError(f"{name} was not opened.", "It is empty.", "Choose another file.")
    odd: list[str] = []
    seen = itertools.count(1)

    def number(word: str) -> float:  # of Python, so that other threads get their turn meanwhile
        value = float(word)
        if not math.isfinite(value):
            odd.append(word)
        if go_on is not None and next(seen) % _NUMBERS_AT_ONCE == 0:
            go_on()
        return value

    try:
        value = json.loads(
            text,
            object_pairs_hook=functools.partial(_without_repeats, name),
            parse_constant=number,
            parse_float=number,
        )
    except json.JSONDecodeError as error:
        why = f"At line {error.lineno}, column {error.colno} it is no longer JSON: {error.msg}."
        raise UserError(f"{name} was not opened.", why, "Choose an undamaged copy.") from None
    except ValueError:  # Python reads whole numbers of at most some thousands of digits
        why = "A number in it is too long to be one of ours."
        raise UserError(f"{name} was not opened.", why, "Choose an undamaged copy.") from None
    except RecursionError:
        why = "It is nested too deeply to be one of ours."
        raise UserError(f"{name} was not opened.", why, "Choose another file.") from None
    if not isinstance(value, dict):
        why = "It holds no settings: a JSON object was expected."
        raise UserError(f"{name} was not opened.", why, "Choose another file.")
    wrong: list[str] = []
    if odd:
        wrong = sorted({path for path, leaf in leaves(value) if _is_not_finite(leaf)})
    if wrong:
        why = f"Not a finite number: {', '.join(wrong)}."
        raise UserError(f"{name} was not opened.", why, "Give finite numbers there.")
    return value


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every path ("model.lr") with its value; the elements of a list share its path."""
    waiting: list[tuple[str, Any]] = [(path, value)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict):
            for key, inner in reversed(value.items()):
                waiting.append((f"{path}.{key}" if path else key, inner))
        elif isinstance(value, list):
            waiting.extend((path, inner) for inner in reversed(value))
        else:
            yield path, value


def _is_not_finite(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _without_repeats(name: str, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for key, value in pairs:
        if key in seen:
            why = f"{key!r} stands twice in it."
            raise UserError(f"{name} was not opened.", why, "Keep one of the two.")
        seen[key] = value
    return seen
