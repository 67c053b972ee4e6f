"""Compiled loops where numba is installed and has been warmed up; plain ones until then.

Compiling takes seconds the first time (later runs read numba's cache), so nothing here compiles on
its own: call `warm_up` once, in a background thread.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from core.calibration import loops
from core.compiling import import_numba

# One letter an argument: f a float64 vector, i an int64 vector, m a float64 matrix that is written
# to; the capital letters are read only, B a vector of bools.
_ARGUMENTS = {
    "pool_violators": ("int64", "FFiff"),
    "fit_many": ("void", "MFImiff"),
    "cell_moments": ("void", "FFm"),
    "count_rows": ("void", "BFFif"),
    "score_rows": ("void", "BFf"),
    "mean_deviations": ("void", "Fiff"),
}
_compiled: dict[str, Callable[..., Any]] = {}


def warm_up() -> bool:
    """Compile the loops, or read them from the cache; return whether compiled code now serves.

    Calling it again costs nothing. Without numba it returns False, and the plain loops serve.
    """
    if _compiled:
        return True
    numba = import_numba()
    if numba is None:
        return False
    extending = importlib.import_module("numba.extending")
    for helper in (loops.pool_violators, loops.surprise):
        extending.register_jitable(helper)
    _compiled.update({name: _compile(numba, name) for name in _ARGUMENTS})
    return True


def compiled(name: str) -> Callable[..., Any] | None:
    """Return a compiled loop, or None while it is not ready."""
    return _compiled.get(name)


def _compile(numba: Any, name: str) -> Callable[..., Any]:
    """Compile one loop, keeping the result on disk where a place can be written to."""
    result, letters = _ARGUMENTS[name]
    signature = getattr(numba, result)(*(_array_type(numba, letter) for letter in letters))
    loop: Callable[..., Any] = getattr(loops, name)
    compile_with: Callable[..., Any] = numba.njit
    try:
        ready: Callable[..., Any] = compile_with(signature, nogil=True, cache=True)(loop)
    except RuntimeError:
        ready = compile_with(signature, nogil=True)(loop)
    return ready


def _array_type(numba: Any, letter: str) -> Any:
    """Return numba's type for a letter of ``_ARGUMENTS``."""
    item = {"b": numba.boolean, "i": numba.int64}.get(letter.lower(), numba.float64)
    dimensions = 2 if letter.lower() == "m" else 1
    return numba.types.Array(item, dimensions, "C", readonly=letter.isupper())
