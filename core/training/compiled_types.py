"""What numba is told of the compiled engine: the type of each function, array and set of parts.

Importing this imports numba, which takes half a second: only warming does so.

The functions that a step consists of are handed over in structures. Numba converts a compiled
function into a pointer anew, signature and all, whenever it is an argument of a call from Python; a
structure is converted once, and is one pointer from then on.
"""

from __future__ import annotations

import functools
from typing import Any

import numba
from numba import float64, int64, types, uint32, void
from numba.experimental import structref

from core.base.compiled import read_only
from core.training.compiled_step import ForwardParts, PassParts, StepParts, Work, names_of
from core.training.optimizers import Rates


@structref.register
class ForwardPartsType(types.StructRef):
    """Numba's type of `ForwardParts`."""


@structref.register
class PassPartsType(types.StructRef):
    """Numba's type of `PassParts`."""


@structref.register
class StepPartsType(types.StructRef):
    """Numba's type of `StepParts`."""


class ForwardPartsProxy(structref.StructRefProxy):
    """What stands in Python for a compiled `ForwardParts`."""


class PassPartsProxy(structref.StructRefProxy):
    """What stands in Python for a compiled `PassParts`."""


class StepPartsProxy(structref.StructRefProxy):
    """What stands in Python for a compiled `StepParts`."""


for _parts, _type, _proxy in (
    (ForwardParts, ForwardPartsType, ForwardPartsProxy),
    (PassParts, PassPartsType, PassPartsProxy),
    (StepParts, StepPartsType, StepPartsProxy),
):
    structref.define_constructor(_parts, _type, list(names_of(_parts)))
    structref.define_boxing(_type, _proxy)


@functools.cache
def signatures(precision: str) -> dict[str, Any]:
    """Return the signature of every compiled function of the engine, by its name.

    Parameters
    ----------
    precision : {"float32", "float64"}
    """
    real = getattr(numba, precision)
    vector, matrix, cube = real[::1], real[:, ::1], real[:, :, ::1]
    rates = types.NamedUniTuple(float64, len(Rates._fields), Rates)
    plan = read_only(numba, int64, 2)
    work = types.NamedTuple([plan, *[cube] * 5, matrix, matrix, vector, vector, matrix], Work)
    ahead = void(work, int64, cube, int64, vector, vector, vector, int64)
    back = void(work, int64, cube, int64, vector, int64, vector)
    found = {
        "multiply": ahead, "normalise": ahead, "sharpen": ahead,
        "activate": void(cube, cube, int64, int64),
        "multiply_back": back, "normalise_back": back, "sharpen_back": back,
        "loss": real(cube, cube, int64, int64, cube, int64, real, matrix),
        "penalty": real(vector, vector, float64, vector),
        "schedule": float64(float64, float64),
        "point": void(vector, matrix, rates, vector),
        "update": real(vector, matrix, vector, int64, rates, vector, vector, matrix),
    }  # fmt: skip
    forward_parts = _structure(ForwardPartsType, ForwardParts, found)
    pass_parts = _structure(PassPartsType, PassParts, found)
    own = (work, plan, cube, cube, cube, matrix, vector)
    found["add_gradient"] = real(
        *own, cube, int64, int64, vector, vector, vector, real, vector, pass_parts
    )
    step_parts = _structure(StepPartsType, StepParts, found)
    found["take_steps"] = void(
        int64, int64, int64, int64, int64[::1], uint32[::1], matrix, cube, cube, vector, vector,
        matrix, matrix, vector, vector, vector, vector, vector, *own, rates, float64, float64,
        pass_parts, step_parts,
    )  # fmt: skip
    found["logits_of_rows"] = void(
        work, plan, cube, cube, vector, vector, float64[:, ::1], cube, float64[:, ::1],
        forward_parts,
    )  # fmt: skip
    for name, made in (
        ("forward_parts", forward_parts), ("pass_parts", pass_parts), ("step_parts", step_parts),
    ):  # fmt: skip
        found[name] = made(*(kind for _, kind in made.field_dict.items()))
    return found


def _structure(kind: Any, parts: type, known: dict[str, Any]) -> Any:
    """Return the type of a set of parts whose functions have these signatures."""
    return kind([(name, types.FunctionType(known[name])) for name in names_of(parts)])
