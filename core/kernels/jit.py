"""Numba's decorators with types, and the settings every compiled function shares.

No fast-math: what a kernel does to the last bit follows from its text alone, so that a run gives the
same bits however it is cut into bursts, and NaN and infinity stay what they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit
from numba.core import types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic as _intrinsic
from numba.extending import lower_builtin, models, register_model

__all__ = [
    "AbstractTemplate",
    "compiled",
    "infer_global",
    "inlined",
    "intrinsic",
    "lower_builtin",
    "models",
    "register_model",
    "signature",
    "types",
]

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Compile a function that other compiled functions call."""
    return cast(F, njit(nogil=True, error_model="numpy")(function))


def inlined(function: F) -> F:
    """Compile a small function into its callers, so that what it returns stays in registers."""
    return cast(F, njit(nogil=True, error_model="numpy", forceinline=True)(function))


def intrinsic(function: F) -> Any:
    """Let a function write its own machine-independent instructions."""
    return _intrinsic(function)  # type: ignore[no-untyped-call]
