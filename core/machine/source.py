"""Functions that are to become machine code: how they are marked, and their text as a tree."""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Source:
    """A function in the subset of Python that `translation` understands.

    Attributes
    ----------
    function : callable
    is_inlined : bool
        Whether it is written out wherever it is called.
    """

    function: Callable[..., Any]
    is_inlined: bool

    @property
    def name(self) -> str:
        """The function's own name."""
        return self.function.__name__

    def __call__(self, *arguments: Any) -> Any:
        """Refuse: only compiled code calls it."""
        raise TypeError(f"{self.name} is called by compiled code only")


def compiled(function: F) -> F:
    """Make a function one of the compiled code."""
    return cast(F, Source(function, False))


def inlined(function: F) -> F:
    """Write a function out wherever compiled code calls it."""
    return cast(F, Source(function, True))


@functools.cache
def tree_of(function: Callable[..., Any]) -> ast.FunctionDef:
    """Return a function's text as a tree."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(definition, ast.FunctionDef)
    return definition


@functools.cache
def changing_names(function: Callable[..., Any]) -> frozenset[str]:
    """Return the names that a function assigns more than once."""
    definition = tree_of(function)
    counts = Counter(argument.arg for argument in definition.args.args)
    for node in ast.walk(definition):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            counts[node.id] += 1
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            counts[node.target.id] += 1
    return frozenset(name for name, count in counts.items() if count > 1)
