"""Which engine trains, which way probabilities are computed, and what is compiled when.

Until numba has compiled what a problem needs, or loaded it from the cache, numpy serves. What the
app may need is compiled in stages, what the opening picture needs first.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.base import compiled, compiled_functions
from core.base.code_cache import CodeCache
from core.base.compiled import LazyFunction, import_numba
from core.functions.activations import ACTIVATIONS
from core.functions.heads import HEADS
from core.functions.losses import LOSSES
from core.functions.penalties import PENALTIES
from core.model import network
from core.model.architecture import Architecture, build_architecture
from core.model.model_knobs import ModelChoices
from core.model.network import logits_of
from core.training.compiled_engine import (
    CompiledEngine,
    Precision,
    compiled_logits,
    forward_parts,
    functions_of,
    has_compiled_form,
    logits_of_rows,
    makers,
    parts_of,
    take_steps,
)
from core.training.compiled_step import WIDE, ForwardParts, StepParts
from core.training.numpy_engine import NumpyEngine
from core.training.optimizers import OPTIMIZERS
from core.training.problem import Engine, Problem, TrainState
from core.training.schedules import SCHEDULES
from core.training.training_knobs import TrainingChoices

STAGES = ("opening", "drawing", "training", "calibration")
"""What is compiled behind every window, in this order."""

ON_DEMAND = ("float64",)
"""What is compiled when it is asked for."""

# Seconds of numpy that loading compiled code, and compiling it, take the place of.
LOADING_SECONDS, COMPILING_SECONDS = 1.0, 15.0

_log = logging.getLogger(__name__)
_lock = threading.RLock()


def is_available() -> bool:
    """Tell whether numba is installed, without importing it."""
    try:
        return importlib.util.find_spec("numba") is not None
    except ValueError:  # it stands in sys.modules as None: somebody has ruled it out
        return False


def functions_for(problem: Problem) -> list[LazyFunction]:
    """Return what must be compiled before the compiled engine can train a problem."""
    precision = _precision(problem)
    parts = functions_of(parts_of(problem), precision)
    return [take_steps(precision), makers(precision)[StepParts], *parts.values()]


def functions_for_logits(
    architecture: Architecture, precision: Precision = "float64"
) -> list[LazyFunction]:
    """Return what must be compiled before `compiled_logits` can serve a network."""
    parts = functions_of(forward_parts(architecture), precision)
    return [logits_of_rows(precision), makers(precision)[ForwardParts], *parts.values()]


def stage(name: str) -> list[LazyFunction]:
    """Return the functions of a stage: a name of `STAGES` or `ON_DEMAND`."""
    if name == "calibration":
        from core.calibration.binning import count_rows
        from core.calibration.null_distribution import mean_deviations
        from core.calibration.scores import score_rows

        return [count_rows, score_rows, mean_deviations]
    if name == "opening":
        return functions_for(next(_examples("float32")))
    if name == "drawing":
        architectures = [problem.architecture for problem in _examples("float32")]
        return _unique(f for one in architectures for f in functions_for_logits(one))
    precision: Precision = "float64" if name == "float64" else "float32"
    return _unique(f for problem in _examples(precision) for f in functions_for(problem))


def _examples(precision: str) -> Iterator[Problem]:
    """Yield problems that need, between them, everything that has a compiled form.

    The first is what the app opens with.
    """
    model = ModelChoices()
    training = replace(TrainingChoices(), precision=precision)
    opening = build_architecture(2, 2, model.hidden, model.activation, model.head)
    wide = build_architecture(WIDE, 3, (2,), model.activation, batch_norm=True)
    several = build_architecture(2, 3, model.hidden, model.activation)
    logistic = build_architecture(2, 2)
    X, y, weights = np.zeros((1, 2)), np.zeros(1, np.int64), np.ones(1)
    first = Problem(opening, training, X, y, weights)
    yield first
    for name in OPTIMIZERS:
        yield first.with_training(replace(training, optimizer=name))
    for name in ACTIVATIONS:
        yield replace(first, architecture=build_architecture(2, 2, (1,), name))
    for name in LOSSES:
        for architecture in (opening, several, wide, logistic):
            yield Problem(architecture, replace(training, loss=name), X, y, weights)
    for name in PENALTIES:
        yield first.with_training(replace(training, penalty=name))
    for name in SCHEDULES:
        yield first.with_training(replace(training, schedule=name))


def _unique(functions: Iterable[LazyFunction]) -> list[LazyFunction]:
    return list(dict.fromkeys(functions))


def coverage() -> Iterator[tuple[str, str, bool]]:
    """Yield (kind, name, whether it has a compiled form) for everything that can be chosen."""
    for name, activation in ACTIVATIONS.items():
        yield "activation", name, activation.loop is not None
    for name, loss in LOSSES.items():
        yield "loss", name, None not in (loss.binary.loop, loss.categorical.loop)
    for name, penalty in PENALTIES.items():
        yield "penalty", name, penalty.loop is not None
    for name, optimizer in OPTIMIZERS.items():
        yield "optimiser", name, optimizer.loop is not None
    for name in SCHEDULES:
        yield "schedule", name, True


def is_ready(problem: Problem) -> bool:
    """Tell whether the compiled engine can train a problem now."""
    return has_compiled_form(problem) and _are_ready(functions_for(problem))


def is_stage_ready(name: str) -> bool:
    """Tell whether all of a stage has been compiled, or loaded."""
    return _are_ready(stage(name))


def _are_ready(functions: Iterable[LazyFunction]) -> bool:
    return all(function.compiled is not None for function in functions)


def code_cache() -> CodeCache:
    """Return the cache of the compiled code of the present sources."""
    functions = [f for name in (*STAGES, *ON_DEMAND) for f in stage(name)]
    sources = {path for function in functions for path in function.sources}
    modules = (compiled, compiled_functions, network)  # options, polynomials, constants
    files = {str(module.__file__) for module in modules}
    types = str(Path(__file__).with_name("compiled_types.py"))  # which imports numba
    return CodeCache(sources | files | {types})


def cached_stages() -> set[str]:
    """Return the stages that need only be loaded."""
    if not is_available():
        return set()
    cache = code_cache()
    return {name for name in (*STAGES, *ON_DEMAND) if cache.holds(name)}


def warm(functions: Iterable[LazyFunction], folder: Path | None = None) -> bool:
    """Load functions from a cache folder or compile them; return whether all are ready.

    Parameters
    ----------
    folder : Path, optional
        Where numba looks first, and leaves what it compiles; without one nothing is kept.
    """
    with _lock:
        numba = import_numba()
        if numba is None:
            return False
        if folder is not None:
            numba.config.CACHE_DIR = str(folder)
        for function in functions:
            try:
                function.warm(numba, cache=folder is not None)
            except Exception:
                if folder is not None:  # what lies in the cache may be anything
                    _log.warning("The cache of compiled code is not used.", exc_info=True)
                    return warm(functions)
                name = function.plain.__name__
                _log.exception("%s cannot be compiled, so that numpy serves.", name)
                return False
        return True


def make_ready(name: str) -> bool:
    """Load a stage from the cache, or compile it in this process; return whether it is ready."""
    if not is_available():
        return False
    cache, functions = code_cache(), stage(name)
    with _lock:
        if _are_ready(functions):
            return True
        if not (cache.holds(name) or cache.begin(name)):
            return warm(functions)
        is_done = warm(functions, cache.folder_of(name))
        if is_done:
            cache.seal(name)
        return is_done


def make_engine_ready(problem: Problem) -> bool:
    """Load or compile in this process what a problem needs; return whether that succeeded."""
    if not has_compiled_form(problem):
        return False
    return all(map(make_ready, _stages_for(problem))) and warm(functions_for(problem))


def _stages_for(problem: Problem) -> list[str]:
    """Return the stages that hold what a problem needs."""
    if _precision(problem) == "float64":
        return list(ON_DEMAND)
    needs_more = set(functions_for(problem)) - set(stage("opening"))
    return ["opening", "training"] if needs_more else ["opening"]


def compile_into_cache(names: Iterable[str]) -> int:
    """Compile stages and leave them in the cache, saying each one's name when it is there.

    This is what a process of its own does for the window. It returns an exit code.
    """
    if hasattr(os, "nice"):
        os.nice(10)
    cache = code_cache()
    if not cache.open():
        return 1
    cache.clear_older()
    for name in names:
        if not make_ready(name):
            return 1
        print(name, flush=True)
    return 0


def available_engine(problem: Problem) -> Engine:
    """Return what is to train a problem: compiled code where it is ready, else readable numpy."""
    return CompiledEngine(_precision(problem)) if is_ready(problem) else NumpyEngine()


def engine_for_epochs(problem: Problem, epochs: int) -> Engine:
    """Return what trains a problem through so many epochs soonest, having made it ready.

    Compiled code is loaded, or compiled, where numpy would take longer than that.
    """
    expected = numpy_seconds(problem, epochs)
    if expected > LOADING_SECONDS and is_available():
        is_quick = cached_stages().issuperset(_stages_for(problem))
        if is_quick or expected > COMPILING_SECONDS:
            make_engine_ready(problem)
    return available_engine(problem)


def numpy_seconds(problem: Problem, epochs: int) -> float:
    """Return roughly how long numpy takes for so many epochs: calls of it, and multiplications."""
    architecture = problem.architecture
    samples = min(problem.training.batch_size, problem.n_rows)
    calls = 1e-4 * (1 + len(architecture.layers))
    products = 4e-9 * samples * architecture.n_parameters
    return epochs * problem.steps_per_epoch * (calls + products)


def _precision(problem: Problem) -> Precision:
    return "float64" if problem.training.precision == "float64" else "float32"


def logits_at(architecture: Architecture, state: TrainState, X: np.ndarray) -> np.ndarray:
    """Return the (n, outputs) float64 logits of prepared rows X (n, n_inputs) at a state.

    Everything is computed in float64, whatever the precision of training, so that the figures do
    not depend on which of the two ways is taken.
    """
    parameters = state.parameters.astype(np.float64, copy=False)
    statistics = state.statistics.astype(np.float64, copy=False)
    if all(forward_parts(architecture).values()) and _are_ready(functions_for_logits(architecture)):
        return compiled_logits(architecture, parameters, statistics, X)
    with np.errstate(all="ignore"):  # a state about to diverge may overflow
        return logits_of(architecture, parameters, statistics, X)


def probabilities_at(architecture: Architecture, state: TrainState, X: np.ndarray) -> np.ndarray:
    """Return the (n, K) class probabilities of prepared rows X (n, n_inputs) at a state."""
    return HEADS[architecture.head].probabilities(logits_at(architecture, state, X))
