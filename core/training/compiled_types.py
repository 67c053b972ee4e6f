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
from numba import boolean, float64, int64, types, uint32, void
from numba.experimental import structref

from core.base.compiled import read_only_type
from core.training.compiled_step import ForwardParts, StepParts, names_of
from core.training.optimizers import Rates


@structref.register
class ForwardPartsType(types.StructRef):
    """Numba's type of `ForwardParts`."""


@structref.register
class StepPartsType(types.StructRef):
    """Numba's type of `StepParts`."""


class ForwardPartsProxy(structref.StructRefProxy):
    """What stands in Python for a compiled `ForwardParts`."""


class StepPartsProxy(structref.StructRefProxy):
    """What stands in Python for a compiled `StepParts`."""


for _parts, _type, _proxy in (
    (ForwardParts, ForwardPartsType, ForwardPartsProxy),
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
    vector, matrix, cube, kept = real[::1], real[:, ::1], real[:, :, ::1], real[:, :, :, ::1]
    rates = types.NamedUniTuple(float64, len(Rates._fields), Rates)
    plan = read_only_type(numba, int64, 2)
    found = {
        "multiply": void(vector, *[int64] * 6, cube, int64, cube, int64),
        "adjust": void(plan, int64, cube, kept, vector, vector, int64),
        "activate": void(cube, cube, int64, int64),
        "write_order": void(int64, int64, int64, uint32[::1]),
        "add_gradient": void(vector, int64, int64, int64, cube, int64, cube, int64),
        "adjust_back": void(plan, int64, cube, kept, vector, vector, int64),
        "loss": real(cube, cube, cube, int64, int64, cube, int64, real),
        "penalty": real(vector, vector, float64, vector),
        "schedule": float64(float64, float64),
        "point": void(vector, matrix, rates, vector),
        "update": real(vector, matrix, vector, int64, rates, vector),
    }
    forward_parts = _structure(ForwardPartsType, ForwardParts, found)
    step_parts = _structure(StepPartsType, StepParts, found)
    found["take_steps"] = void(
        int64, int64, int64, int64, boolean, int64[::1], uint32[::1], matrix, cube, vector, matrix,
        vector, vector, vector, vector, plan, cube, cube, cube, kept, rates, float64, float64,
        step_parts,
    )  # fmt: skip
    found["logits_of_rows"] = void(
        float64[:, ::1], cube, float64[:, ::1], vector, vector, plan, cube, cube, kept,
        forward_parts,
    )  # fmt: skip
    for name, made in (("forward_parts", forward_parts), ("step_parts", step_parts)):
        found[name] = made(*(kind for _, kind in made.field_dict.items()))
    return found


def _structure(kind: Any, parts: type, known: dict[str, Any]) -> Any:
    """Return the type of a set of parts whose functions have these signatures."""
    return kind([(name, types.FunctionType(known[name])) for name in names_of(parts)])
