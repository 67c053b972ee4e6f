"""Loops compiled by numba: plain Python until they are warmed, machine code from then on.

A loop is an ordinary function under ``@lazy_njit(signature)``. Importing it imports no numba; while
it is not compiled, calling it runs the Python text. `warm` compiles it with an explicit signature
or loads it from numba's cache, in whichever thread or process asks for that (`core.base.code_cache`
says where that cache is, `core.training.engines` when to warm what).
"""

from __future__ import annotations

import functools
import importlib
import logging
from collections.abc import Callable
from typing import Any

from core.base import compiled_functions

_log = logging.getLogger(__name__)

Signature = Callable[[Any], Any]

REORDERING = frozenset({"reassoc", "contract", "nsz", "arcp"})
"""Let sums over samples be vectorised. NaN and infinity stay what they are: divergence is seen."""

_registered: set[Callable[..., Any]] = set()


class LazyFunction:
    """A function with the signature that it is compiled for.

    Parameters
    ----------
    function : callable
        Plain Python that numba can compile.
    signature : callable
        ``numba module -> signature``, such as ``lambda nb: nb.void(nb.float64[::1])``.
    helpers : tuple of callables
        The plain functions that it calls.
    reorders : bool
        Whether sums may be added up in another order (see `REORDERING`).

    Attributes
    ----------
    compiled : callable or None
        The machine code, once it has been warmed.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        signature: Signature,
        helpers: tuple[Callable[..., Any], ...] = (),
        reorders: bool = False,
    ) -> None:
        functools.update_wrapper(self, function)
        self.plain, self.signature, self.helpers = function, signature, helpers
        self.options = {"error_model": "numpy", "fastmath": set(REORDERING) if reorders else False}
        self.compiled: Callable[..., Any] | None = None

    def __call__(self, *arguments: Any) -> Any:
        """Call the compiled function, or while there is none the Python text."""
        return (self.compiled or self.plain)(*arguments)

    def warm(self, numba: Any, cache: bool = True) -> None:
        """Compile it, or load it from numba's cache, unless that has been done."""
        if self.compiled is None:
            for helper in self.helpers:
                if helper not in _registered:
                    _registered.add(helper)
                    numba.extending.register_jitable(**self.options)(helper)
            jit = numba.njit(self.signature(numba), nogil=True, cache=cache, **self.options)
            self.compiled = jit(self.plain)

    @property
    def sources(self) -> set[str]:
        """The files that it and its helpers are written in."""
        return {f.__code__.co_filename for f in (self.plain, *self.helpers)}


@functools.cache
def import_numba() -> Any:
    """Import numba, and tell it of `core.base.compiled_functions`; None where it cannot be
    imported.
    """
    try:
        numba = importlib.import_module("numba")
    except ImportError as error:
        _log.warning("numba cannot be imported, so that numpy serves: %s", error)
        return None
    compiled_functions.register(numba)
    return numba


def lazy_njit(
    signature: Signature, *helpers: Callable[..., Any]
) -> Callable[[Callable[..., Any]], LazyFunction]:
    """Return a decorator that makes a `LazyFunction` of a loop.

    Examples
    --------
    >>> @lazy_njit(lambda nb: nb.float64(nb.float64[::1]))
    ... def total(values):
    ...     result = 0.0
    ...     for value in values:
    ...         result += value
    ...     return result
    >>> total([1.0, 2.0]), total.compiled
    (3.0, None)
    """
    return lambda function: LazyFunction(function, signature, helpers)


def read_only_type(numba: Any, item: Any, dimensions: int = 1) -> Any:
    """Return numba's type of a C-contiguous array that the function does not write to.

    Writable arrays are accepted too.
    """
    return numba.types.Array(item, dimensions, "C", readonly=True)
