"""The small shared values of the data rooms: array types, the three parts, a feature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.base.arrays import Floats

Truth = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Feature:
    """One column the classifier may look at.

    Parameters
    ----------
    name : str
        The column's name.
    levels : tuple of str
        Empty for a number; the level names of a category, in the order of its codes.
    """

    name: str
    levels: tuple[str, ...] = ()
