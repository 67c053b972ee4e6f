"""The compiled engine: states in and out, arrays laid out as the kernels want them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.architecture import Architecture
from core.kernels import readiness
from core.kernels.layout import is_compiled
from core.kernels.readiness import Precision
from core.training import (
    Burst,
    Engine,
    NumpyEngine,
    Problem,
    TrainState,
    explain_divergence,
    initial_state,
)


@dataclass(frozen=True, slots=True)
class CompiledEngine:
    """The mathematics of `core.training`, compiled; the interpreter lock is free during a burst.

    Attributes
    ----------
    precision : {"float32", "float64"}
        Of the parameters and of everything computed.
    name : str
        What it is called in the status line.
    """

    precision: Precision = "float32"
    name: str = "compiled engine"

    def start(self, problem: Problem, initialisation: str, seed: int) -> TrainState:
        """Return the state at step 0, in this engine's precision."""
        state = initial_state(problem, initialisation, seed)
        arrays = (state.parameters, state.slots, state.statistics)
        return TrainState(0, 0, 0, *(array.astype(self.precision) for array in arrays))

    def burst(self, problem: Problem, state: TrainState, steps: int) -> Burst:
        """Take that many steps, or stop at the last finite state."""
        _require(self.precision)
        from core.kernels.memory import ROOMS, ROWS

        rows = ROWS.of(problem, self.precision)
        with ROOMS.one_for(problem, self.precision) as room:
            diverged = room.take_steps(problem, rows, state, steps)
            after = room.state(len(state.slots))
        return Burst(after, explain_divergence(problem, after) if diverged else None)


def compiled_logits(
    architecture: Architecture, parameters: np.ndarray, statistics: np.ndarray, X: np.ndarray
) -> np.ndarray:
    """Return the (n, n_outputs) float64 logits of many rows, the interpreter lock free meanwhile.

    Parameters
    ----------
    parameters : (n_parameters,) array
        Its precision, float32 or float64, is the one computed in.
    statistics : (n_statistics,) array
    X : (n, n_inputs) array
    """
    _require("float32" if parameters.itemsize == 4 else "float64")
    from core.kernels.memory import logits_of

    return logits_of(architecture, parameters, statistics, X)


def _require(precision: Precision) -> None:
    """Compile now what has not been compiled in the background."""
    if not readiness.is_ready(precision) and not readiness.compile_now(precision):
        raise RuntimeError(f"there are no kernels for {precision} on this machine")


def engine_for(
    problem: Problem, precision: Precision = "float32", ready: bool | None = None
) -> Engine:
    """Return what is to train a problem: compiled code where it is ready, else readable numpy.

    Parameters
    ----------
    precision : {"float32", "float64"}
        Of the compiled engine; numpy always computes in float64.
    ready : bool, optional
        Whether the kernels have been compiled; asked for where not given.
    """
    if ready is None:
        ready = readiness.is_ready(precision)
    if ready and is_compiled(problem) and problem.seed < 2**32:
        return CompiledEngine(precision)
    return NumpyEngine()
