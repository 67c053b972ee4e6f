"""Training and evaluation by the fastest way there is: compiled where it is ready, else numpy."""

from __future__ import annotations

import numpy as np

from core import kernels
from core.architecture import Architecture
from core.heads import HEADS
from core.network import logits_of
from core.training import Engine, Problem, TrainState

# Seconds of numpy that loading kernels, and compiling them, take the place of.
LOADING_SECONDS, COMPILING_SECONDS = 0.2, 4.0


def fastest_engine(problem: Problem) -> Engine:
    """Return what is to train a problem, in the precision that it asks for."""
    return kernels.engine_for(problem, _precision(problem))


def worthwhile_engine(problem: Problem, epochs: int) -> Engine:
    """Return what trains a problem through so many epochs soonest, having made it ready.

    Kernels are loaded, or compiled, where numpy would take longer than that.
    """
    expected = numpy_seconds(problem, epochs)
    if expected > LOADING_SECONDS and kernels.is_compiled(problem):
        precision = _precision(problem)
        if expected > COMPILING_SECONDS or kernels.is_cached(precision):
            kernels.compile_now(precision)
    return fastest_engine(problem)


def numpy_seconds(problem: Problem, epochs: int) -> float:
    """Return roughly how long numpy takes for so many epochs: calls of it, and multiplications."""
    architecture = problem.architecture
    samples = min(problem.training.batch_size, problem.n_rows)
    calls = 1e-4 * (1 + len(architecture.layers))
    products = 4e-9 * samples * architecture.n_parameters
    return epochs * problem.steps_per_epoch * (calls + products)


def _precision(problem: Problem) -> kernels.Precision:
    return "float64" if problem.training.precision == "float64" else "float32"


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
