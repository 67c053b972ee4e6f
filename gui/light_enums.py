"""Making Qt's enumerations in a fraction of the time.

PySide6 has `enum` make each of Qt's enumerations when its type is first needed: three hundred at a
start, with four thousand members, which were a seventh of it. The standard library lets each
member search every base for a property of its name; here plain pairs of name and number, none of
which is found in a base, become members at once. What is made is the same, and all else is left to
the standard library.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from enum import Enum, EnumType, Flag, FlagBoundary, IntEnum, IntFlag
from functools import reduce
from operator import or_
from typing import Any

Pairs = Sequence[tuple[str, int]]

_OWN = ("__module__", "_member_names_", "_member_map_", "_value2member_map_")
_SAMPLES: tuple[Pairs, Pairs] = (
    (("one", 1),),
    (("none", 0), ("two", 2), ("ten", 10), ("second", 2), ("eight", 8)),
)

_by_library: Callable[..., type[Enum]] = vars(EnumType)["_create_"]


def create_by_library(kind: type[Enum], name: str, pairs: Pairs, module: str) -> type[Enum]:
    """Return a new enumeration as the standard library makes it for PySide6."""
    return _by_library(kind, name, pairs, module=module, boundary=FlagBoundary.KEEP)


class Maker:
    """Makes enumerations of one kind.

    Parameters
    ----------
    kind : type
        Enum or a class derived from it, without members.

    Attributes
    ----------
    is_understood : bool
        Whether this Python's enumerations are made of what is known here.
    """

    def __init__(self, kind: type[Enum]) -> None:
        self._kind = kind
        self._is_flag = issubclass(kind, Flag)
        one, other = (create_by_library(kind, "Sample", pairs, __name__) for pairs in _SAMPLES)
        own = {*_OWN, *one.__members__}
        self._same = {key: value for key, value in vars(one).items() if key not in own}
        self._taken = frozenset(name for base in kind.__mro__ for name in vars(base))
        made = self.make("Sample", _SAMPLES[1], __name__)
        self.is_understood = contents(made) == contents(other)

    def can_make(self, pairs: object) -> bool:
        """Tell whether these are plain names with their numbers, those of flags in order."""
        if not isinstance(pairs, list):
            return False
        for pair in pairs:
            if type(pair) is not tuple or [type(part) for part in pair] != [str, int]:
                return False
            if pair[0] in self._taken or pair[0].startswith("_"):
                return False
        if not self._is_flag:
            return True
        bits = [number for _, number in pairs if number.bit_count() == 1]
        return bits == sorted(bits) and all(number >= 0 for _, number in pairs)

    def make(self, name: str, pairs: Pairs, module: str) -> type[Enum]:
        """Return a new enumeration.

        Parameters
        ----------
        name : str
        pairs : sequence of (str, int)
            Name and number of each member; a number's later names are aliases.
        module : str
        """
        names: list[str] = []
        by_name: dict[str, Enum] = {}
        by_number: dict[int, Enum] = {}
        namespace = {
            key: value.copy() if isinstance(value, list | dict) else value
            for key, value in self._same.items()
        }
        namespace |= zip(_OWN, (module, names, by_name, by_number), strict=True)
        if self._is_flag:
            namespace |= _masks([number for _, number in pairs])
        made: Any = type.__new__(EnumType, name, (self._kind,), namespace)
        new, takes_number = made._new_member_, made._use_args_
        for label, number in pairs:
            member = by_number.get(number)
            if member is None:
                member = new(made, number) if takes_number else new(made)
                member._value_ = number
                member._name_ = label
                member.__objclass__ = made
                member._sort_order_ = len(names)
                by_number[number] = member
                if not self._is_flag or number.bit_count() == 1:
                    names.append(label)
            by_name[label] = member
            type.__setattr__(made, label, member)
        return made  # type: ignore[no-any-return]


def contents(made: type[Enum]) -> Mapping[str, object]:
    """Return what an enumeration is made of, comparable with that of another one."""

    def plain(value: object) -> object:
        if isinstance(value, made):
            return repr(value), {**vars(value), "__objclass__": type(value) is made}
        if isinstance(value, dict):
            return [(key, plain(one)) for key, one in value.items()]
        return getattr(value, "__func__", value)  # of what is bound or static

    return {key: plain(value) for key, value in vars(made).items()}


def install() -> None:
    """Have what PySide6 asks `enum` for from now on made here, where it can be."""
    kinds: tuple[type[Enum], ...] = (Enum, IntEnum, Flag, IntFlag)
    makers = {kind: maker for kind in kinds if (maker := Maker(kind)).is_understood}
    plain_options = {"qualname": None, "type": None, "start": 1}

    def create(
        cls: type[Enum],
        class_name: str,
        names: Any,
        *,
        module: str | None = None,
        boundary: FlagBoundary | None = None,
        **options: Any,
    ) -> type[Enum]:
        module = module or _asking_module()
        maker = makers.get(cls) if boundary is FlagBoundary.KEEP else None
        is_plain = module is not None and options == plain_options
        if maker is not None and is_plain and maker.can_make(names):
            return maker.make(class_name, names, str(module))
        return _by_library(cls, class_name, names, module=module, boundary=boundary, **options)

    EnumType._create_ = create  # type: ignore[attr-defined]


def _asking_module() -> str | None:
    """Return the module that asks for an enumeration; None where Qt does by itself."""
    try:
        return str(sys._getframe(3).f_globals["__name__"])
    except (ValueError, KeyError):
        return None


def _masks(numbers: Sequence[int]) -> dict[str, int]:
    mask = reduce(or_, numbers, 0)
    singles = reduce(or_, (number for number in numbers if number.bit_count() == 1), 0)
    return {
        "_flag_mask_": mask,
        "_singles_mask_": singles,
        "_all_bits_": (1 << mask.bit_length()) - 1,
    }
