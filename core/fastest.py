"""Training and evaluation by the fastest way there is: compiled where it is ready, else numpy."""

from __future__ import annotations

import numpy as np

from core import kernels
from core.architecture import Architecture
from core.heads import HEADS
from core.network import logits_of
from core.training import Engine, Problem, TrainState


def fastest_engine(problem: Problem) -> Engine:
    """Return what is to train a problem, in the precision that it asks for."""
    wants_float64 = problem.training.precision == "float64"
    return kernels.engine_for(problem, "float64" if wants_float64 else "float32")


def logits_at(architecture: Architecture, state: TrainState, X: np.ndarray) -> np.ndarray:
    """Return the (n, outputs) float64 logits of prepared rows X (n, n_inputs) at a state.

    Everything is computed in float64, whatever the precision of training, so that the figures do
    not depend on which of the two ways is taken.
    """
    parameters = state.parameters.astype(np.float64, copy=False)
    statistics = state.statistics.astype(np.float64, copy=False)
    if kernels.is_ready("float64"):
        return kernels.compiled_logits(architecture, parameters, statistics, X)
    with np.errstate(all="ignore"):  # a state about to diverge may overflow
        return logits_of(architecture, parameters, statistics, X)


def probabilities_at(architecture: Architecture, state: TrainState, X: np.ndarray) -> np.ndarray:
    """Return the (n, K) class probabilities of prepared rows X (n, n_inputs) at a state."""
    return HEADS[architecture.head].probabilities(logits_at(architecture, state, X))
