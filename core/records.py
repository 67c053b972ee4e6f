"""Frozen dataclasses that cost a start little.

The standard library writes and compiles the methods of each dataclass when its class is made, about
a millisecond each. These have the same fields, methods and errors, from functions that are there
already; `dataclasses.replace`, ``fields`` and ``asdict`` take them as any other.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError
from functools import cache
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(*, eq: bool = True, **options: bool) -> Callable[[type], type]:
        """Return a decorator that makes a frozen, slotted dataclass of a class.

        Parameters
        ----------
        eq : bool
            Whether two are equal whose fields are, and have the same hash; otherwise none is equal
            to another.
        **options : bool
            Further options of `dataclasses.dataclass`; ``frozen`` and ``slots`` must be true.

        Raises
        ------
        TypeError
            Where it is not to be frozen and slotted.
        """
        if not (options.pop("frozen", False) and options.pop("slots", False)):
            raise TypeError("a record is frozen and has slots")

        def make(cls: type) -> type:
            description = cls.__doc__
            cls.__doc__ = description or " "  # or a signature would be parsed to be the text
            bare = dict.fromkeys(("init", "repr", "eq"), False)
            made = dataclasses.dataclass(slots=True, **bare, **options)(cls)
            made.__doc__ = description
            methods = {"__init__": _initialiser(made), "__repr__": _described}
            if eq:
                methods |= {"__eq__": _equal, "__hash__": _hashed}
            methods |= {"__getstate__": _state, "__setstate__": _set_state}
            methods |= {"__setattr__": _refuse_to_set, "__delattr__": _refuse_to_delete}
            for name, method in methods.items():
                if name not in vars(made) or vars(made)[name] is None:
                    setattr(made, name, method)
            return made

        return make


def _initialiser(made: type) -> Callable[..., None]:
    """Return the `__init__` of a class whose fields are known."""
    fields = dataclasses.fields(made)
    plan = [(f.name, getattr(made, f.name).__set__, f.default, f.default_factory) for f in fields]
    positional = tuple(f.name for f in fields if not f.kw_only)
    called = f"{made.__name__}.__init__()"
    is_finished_by_class = hasattr(made, "__post_init__")

    def initialise(self: Any, *values: Any, **named: Any) -> None:
        if len(values) > len(positional):
            raise TypeError(f"{called} takes {len(positional)} values but {len(values)} were given")
        given = dict(zip(positional, values, strict=False))
        for name in given.keys() & named.keys():
            raise TypeError(f"{called} got multiple values for argument {name!r}")
        given |= named
        for name, put, default, make_default in plan:
            if name in given:
                put(self, given.pop(name))
            elif make_default is not MISSING:
                put(self, make_default())
            elif default is not MISSING:
                put(self, default)
            else:
                raise TypeError(f"{called} missing the argument {name!r}")
        for name in given:
            raise TypeError(f"{called} got an unexpected keyword argument {name!r}")
        if is_finished_by_class:
            self.__post_init__()

    return initialise


@cache
def _reader(kind: Any) -> Callable[[Any], tuple[Any, ...]]:
    names = [field.name for field in dataclasses.fields(kind)]
    if len(names) > 1:
        return attrgetter(*names)
    return lambda record: tuple(getattr(record, name) for name in names)


def _values(record: Any) -> tuple[Any, ...]:
    kind: Any = type(record)
    return _reader(kind)(record)


@recursive_repr()
def _described(self: Any) -> str:
    names = [field.name for field in dataclasses.fields(self)]
    listed = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
    return f"{type(self).__qualname__}({listed})"


def _equal(self: Any, other: object) -> Any:
    return _values(self) == _values(other) if type(other) is type(self) else NotImplemented


def _hashed(self: Any) -> int:
    return hash(_values(self))


def _state(self: Any) -> list[Any]:
    return list(_values(self))


def _set_state(self: Any, state: list[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)


def _refuse_to_set(self: object, name: str, value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")
