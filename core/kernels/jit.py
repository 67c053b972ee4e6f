"""Numba's decorators with types, and the settings every compiled function shares.

No fast-math: what a kernel does to the last bit follows from its text alone; a run gives the same
bits however it is cut into bursts, and NaN and infinity stay what they are.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit
from numba.core.typing.templates import AbstractTemplate
from numba.extending import intrinsic as _intrinsic

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

# Numba says that it is typed, but most of it is not.
types: Any = importlib.import_module("numba.core.types")
_templates: Any = importlib.import_module("numba.core.typing.templates")
_extending: Any = importlib.import_module("numba.extending")
infer_global, signature = _templates.infer_global, _templates.signature
lower_builtin, register_model = _extending.lower_builtin, _extending.register_model
models = _extending.models

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Compile a function that other compiled functions call."""
    return cast(F, njit(nogil=True, error_model="numpy")(function))


def inlined(function: F) -> F:
    """Compile a small function into its callers, so that what it returns stays in registers."""
    return cast(F, njit(nogil=True, error_model="numpy", forceinline=True)(function))


def intrinsic(function: F) -> Any:
    """Let a function write its own machine-independent instructions."""
    return _intrinsic(function)
