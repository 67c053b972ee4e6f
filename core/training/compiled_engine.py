"""The compiled engine: states in and out, and the arrays that `core.training.compiled_step` works
on.
"""

from __future__ import annotations

import functools
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

import numpy as np

from core.base.compiled import LazyFunction, import_numba
from core.functions import losses
from core.functions.activations import ACTIVATIONS
from core.functions.losses import LOSSES
from core.functions.penalties import PENALTIES
from core.model.architecture import Architecture
from core.training import compiled_step, optimizers, row_order
from core.training.compiled_step import WIDE, ForwardParts, StepParts
from core.training.optimizers import OPTIMIZERS
from core.training.problem import (
    Burst,
    Problem,
    TrainState,
    explain_divergence,
    initial_state,
    rates_at,
)
from core.training.schedules import SCHEDULES

Precision = Literal["float32", "float64"]
Item = TypeVar("Item")
Work = tuple[np.ndarray, ...]

_HELPERS: dict[str, tuple[Callable[..., Any], ...]] = {
    "write_order": row_order.LOOP_HELPERS,
    "loss": losses.LOOP_HELPERS,
    "update": optimizers.LOOP_HELPERS,
    "take_steps": (compiled_step.gather,),
}
LANES = 8  # samples are padded to a multiple of this
CACHE_BYTES = 512 * 1024
MOST_SAMPLES = 512
EVALUATED_SAMPLES = 256


def _signature(name: str, precision: Precision, numba: Any) -> Any:
    from core.training.compiled_types import signatures

    return signatures(precision)[name]


@functools.cache
def _lazy(function: Callable[..., Any], name: str, precision: Precision) -> LazyFunction:
    """Return a function that is compiled for the signature of that name."""
    helpers = _HELPERS.get(name, ())
    return LazyFunction(function, functools.partial(_signature, name, precision), helpers, True)


def part(name: str, function: Callable[..., Any], precision: Precision) -> LazyFunction:
    """Return one of the parts of a step as a function that can be warmed.

    Parameters
    ----------
    name : str
        A field of `StepParts`.
    function : callable
        Of `core.training.compiled_step`, or a record's `loop`.
    precision : {"float32", "float64"}
    """
    return _lazy(function, name, precision)


def take_steps(precision: Precision) -> LazyFunction:
    """Return `core.training.compiled_step.take_steps` in a precision."""
    return _lazy(compiled_step.take_steps, "take_steps", precision)


def logits_of_rows(precision: Precision) -> LazyFunction:
    """Return `core.training.compiled_step.logits_of_rows` in a precision."""
    return _lazy(compiled_step.logits_of_rows, "logits_of_rows", precision)


def makers(precision: Precision) -> dict[type, LazyFunction]:
    """Return the functions that put the sets of parts together."""
    functions = {
        ForwardParts: compiled_step.forward_parts,
        StepParts: compiled_step.step_parts,
    }
    return {kind: _lazy(f, f.__name__, precision) for kind, f in functions.items()}


def hidden_activation(architecture: Architecture) -> str:
    """Return the activation that all hidden layers have; "linear" where there are none."""
    return architecture.layers[0].activation


PartFunctions = dict[str, Callable[..., Any] | None]
Compiled = tuple[Precision, tuple[tuple[str, Any], ...]]  # each part's name and compiled function


def forward_parts(architecture: Architecture) -> PartFunctions:
    """Return the function for each of `ForwardParts`; None where a record has no compiled form."""
    is_wide, is_adjusted = _is_wide(architecture), _is_adjusted(architecture)
    return {
        "multiply": compiled_step.multiply_by_blas if is_wide else compiled_step.multiply,
        "adjust": compiled_step.adjust if is_adjusted else compiled_step.leave,
        "activate": ACTIVATIONS[hidden_activation(architecture)].loop,
    }


def parts_of(problem: Problem) -> PartFunctions:
    """Return the function for each of `StepParts`; None without a compiled form."""
    training, architecture = problem.training, problem.architecture
    is_wide, is_adjusted = _is_wide(architecture), _is_adjusted(architecture)
    loss, optimizer = LOSSES[training.loss], OPTIMIZERS[training.optimizer]
    return forward_parts(architecture) | {
        "write_order": row_order.write_row_order,
        "add_gradient": (
            compiled_step.add_gradient_by_blas if is_wide else compiled_step.add_gradient
        ),
        "adjust_back": compiled_step.adjust_back if is_adjusted else compiled_step.leave,
        "loss": (loss.binary if architecture.n_outputs == 1 else loss.categorical).loop,
        "penalty": PENALTIES[training.penalty].loop,
        "schedule": SCHEDULES[training.schedule].factor,
        "point": optimizer.point_loop,
        "update": optimizer.loop,
    }


def _is_wide(architecture: Architecture) -> bool:
    return any(layer.n_weights >= WIDE for layer in architecture.layers)


def _is_adjusted(architecture: Architecture) -> bool:
    return any(layer.batch_norm or layer.has_sharpness for layer in architecture.layers)


def has_compiled_form(problem: Problem) -> bool:
    """Tell whether everything that a problem is made of has a compiled form."""
    return all(parts_of(problem).values())


def functions_of(parts: PartFunctions, precision: Precision) -> dict[str, LazyFunction]:
    """Return the parts in a precision, each by its field."""
    return {kind: part(kind, function, precision) for kind, function in parts.items() if function}


@dataclass(frozen=True, slots=True)
class CompiledEngine:
    """The mathematics of `core.training`, compiled; the GIL is released during a burst.

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
        rows = _ROWS.of(problem, self.precision)
        key = (problem.architecture, self.precision, _batch_rows(problem), problem.n_rows)
        with _WORKSPACES.lend(key, problem, self.precision) as workspace:
            diverged = workspace.take_steps(problem, rows, state, steps)
            after = workspace.state()
        return Burst(after, explain_divergence(problem, after) if diverged else None)


def compiled_logits(
    architecture: Architecture, parameters: np.ndarray, statistics: np.ndarray, X: np.ndarray
) -> np.ndarray:
    """Return the (n, n_outputs) float64 logits of many rows; the GIL is released meanwhile.

    Parameters
    ----------
    parameters : (n_parameters,) array
        Its precision, float32 or float64, is the one computed in.
    statistics : (n_statistics,) array
    X : (n, n_inputs) array
    """
    precision: Precision = "float32" if parameters.itemsize == 4 else "float64"
    kernel = logits_of_rows(precision)
    functions = _compiled(kernel, forward_parts(architecture), precision)
    parts = _put_together(ForwardParts, functions)
    with _EVALUATIONS.lend((architecture, precision), architecture, precision) as (work, rows):
        logits = np.empty((len(X), architecture.n_outputs))
        X = np.ascontiguousarray(X, np.float64)
        X = X if X.flags.writeable else X.copy()
        flat, moments = (np.array(array, precision) for array in (parameters, statistics))
        plan, values, slopes, _, kept = work
        kernel(X, rows, logits, flat, moments, plan, values, slopes, kept, parts)
    return logits


def _compiled(kernel: LazyFunction, parts: PartFunctions, precision: Precision) -> Compiled:
    """Return the compiled parts; what an edit while training brings in is compiled now."""
    functions = functions_of(parts, precision)
    for function in (kernel, *makers(precision).values(), *functions.values()):
        if function.compiled is None:
            function.warm(import_numba(), cache=False)
    return precision, tuple((name, function.compiled) for name, function in functions.items())


@functools.lru_cache(maxsize=256)
def _put_together(kind: type, functions: Compiled) -> Any:
    """Return a set of parts, made once for the same functions."""
    precision, compiled = functions
    known = dict(compiled)
    return makers(precision)[kind](*(known[name] for name in compiled_step.names_of(kind)))


def _plan(architecture: Architecture) -> np.ndarray:
    """Return the (layers, 6) plan of `core.training.compiled_step`."""
    plan = np.full((len(architecture.layers), 6), -1, dtype=np.int64)
    for row, layer in zip(plan, architecture.layers, strict=True):
        end = layer.start + layer.n_weights + layer.units
        row[compiled_step.INPUTS], row[compiled_step.UNITS] = layer.inputs, layer.units
        row[compiled_step.WEIGHTS] = layer.start
        if layer.has_sharpness:
            row[compiled_step.SHARPNESS] = end
            end += layer.units
        if layer.batch_norm:
            row[compiled_step.GAIN] = end
            row[compiled_step.STATISTICS] = layer.statistics_start
    plan.flags.writeable = False
    return plan


def _work(architecture: Architecture, precision: Precision, samples: int) -> Work:
    """Return the plan, values, slopes, deltas and what is kept, for blocks of so many samples."""
    layers = architecture.layers
    shape = (len(layers), max(layer.units for layer in layers), samples)
    kept = (3, *shape) if _is_adjusted(architecture) else (0, 0, 0, 0)
    sizes = (shape, shape, shape, kept)
    return (_plan(architecture), *(np.zeros(size, precision) for size in sizes))


def _samples_in_block(architecture: Architecture, precision: Precision, batch: int) -> int:
    """Return how many samples of a batch go through the network at a time.

    As many as leave a block in the cache; where layers are normalised, all.
    """
    size = np.dtype(precision).itemsize
    layers = architecture.layers
    numbers = architecture.n_inputs + 2 + 3 * len(layers) * max(layer.units for layer in layers)
    fitting = min(max(CACHE_BYTES // (numbers * size), 64), MOST_SAMPLES)
    if any(layer.batch_norm for layer in layers):
        fitting = batch
    blocks = -(-batch // fitting)
    return -(-batch // (blocks * LANES)) * LANES


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows of a problem in one precision, as `core.training.compiled_step.take_steps` wants
    them.
    """

    table: np.ndarray
    stored: np.ndarray

    @classmethod
    def of(cls, problem: Problem, precision: Precision) -> Rows:
        """Convert a problem's rows; into blocks too where a batch takes them all."""
        columns = (problem.X, problem.y[:, None], problem.weights[:, None])
        table = np.concatenate(columns, axis=1).astype(precision)
        if problem.training.batch_size < problem.n_rows:
            return cls(table, np.zeros((0, 0, 0), precision))
        samples = _samples_in_block(problem.architecture, precision, problem.n_rows)
        blocks = -(-problem.n_rows // samples)
        padded = np.repeat(table[-1:], blocks * samples, axis=0)
        padded[:, -1] = 0.0
        padded[: problem.n_rows] = table
        stored = padded.reshape(blocks, samples, -1).transpose(0, 2, 1)
        return cls(table, np.ascontiguousarray(stored))


class RowsCache:
    """The rows of the last few problems, converted once and not at every burst."""

    def __init__(self, size: int = 2) -> None:
        self._size = size
        self._kept: OrderedDict[tuple[object, ...], tuple[Problem, Rows]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, problem: Problem, precision: Precision) -> Rows:
        """Return a problem's rows; it is told by its arrays' identity, since they never change."""
        takes_all = problem.training.batch_size >= problem.n_rows
        arrays = map(id, (problem.X, problem.y, problem.weights))
        key = (*arrays, precision, takes_all and problem.architecture)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = (problem, Rows.of(problem, precision))
                while len(self._kept) > self._size:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key][1]


class Workspace:
    """The arrays one burst works on, for one network, precision, batch size and number of rows."""

    def __init__(self, problem: Problem, precision: Precision) -> None:
        architecture, batch = problem.architecture, _batch_rows(problem)
        self._precision: Precision = precision
        self._take_steps = take_steps(precision)
        samples = _samples_in_block(architecture, precision, batch)
        self._work = _work(architecture, precision, samples)
        p, s = architecture.n_parameters, architecture.n_statistics
        self._theta, self._here, self._gradient = np.zeros((3, p), precision)
        self._statistics = np.zeros(s, precision)
        self._slots = np.zeros((0, p), precision)
        self._mask = architecture.weight_mask().astype(precision)
        self._batch = np.zeros((1, architecture.n_inputs + 2, samples), precision)
        self._order = np.zeros(1 << row_order.bits_of(problem.n_rows), np.uint32)
        self._progress = np.full(6, -1, np.int64)

    def take_steps(self, problem: Problem, rows: Rows, state: TrainState, steps: int) -> bool:
        """Train from a state; return whether a step had to be refused."""
        functions = _compiled(self._take_steps, parts_of(problem), self._precision)
        parts = _put_together(StepParts, functions)
        self._run(problem, rows, state, steps, parts)
        if not self._progress[compiled_step.DIVERGED]:
            return False
        finite = int(self._progress[compiled_step.STEP]) - state.step
        self._run(problem, rows, state, finite, parts)  # steps are taken in place: up to the last
        return True

    def _run(self, problem: Problem, rows: Rows, state: TrainState, steps: int, parts: Any) -> None:
        training, n, batch = problem.training, problem.n_rows, _batch_rows(problem)
        self._enter(state)
        # where a batch came to take all rows in the midst of an epoch, one takes the rest of it
        rest = steps if batch < n else min(steps, int(0 < state.position < n))
        for count, takes_all in ((rest, False), (steps - rest, True)):
            if count and not self._progress[compiled_step.DIVERGED]:
                self._take_steps(
                    count, n, batch, problem.seed, takes_all, self._progress, self._order,
                    rows.table, rows.stored if takes_all else self._batch, self._theta,
                    self._slots, self._statistics, self._mask, self._here, self._gradient,
                    *self._work, rates_at(training, 0.0), training.penalty_strength,
                    training.schedule_epochs, parts,
                )  # fmt: skip

    def _enter(self, state: TrainState) -> None:
        """Copy a state in."""
        if self._slots.shape != state.slots.shape:
            self._slots = np.zeros(state.slots.shape, self._precision)
        self._theta[...], self._slots[...] = state.parameters, state.slots
        self._statistics[...] = state.statistics
        self._progress[:4] = (state.step, state.epoch, state.position, 0)

    def state(self) -> TrainState:
        """Return a copy of where training stands."""
        step, epoch, position = (int(number) for number in self._progress[:3])
        arrays = (self._theta, self._slots, self._statistics)
        return TrainState(step, epoch, position, *(array.copy() for array in arrays))


class Pool(Generic[Item]):
    """Things that are free to be used; a user takes one, so that two threads never share."""

    def __init__(self, make: Callable[..., Item], size: int = 4) -> None:
        self._make, self._size = make, size
        self._free: OrderedDict[tuple[object, ...], Item] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def lend(self, key: tuple[object, ...], *arguments: Any) -> Iterator[Item]:
        """Lend one made of these arguments, or one that was made with the same key."""
        with self._lock:
            item = self._free.pop(key, None)
        item = self._make(*arguments) if item is None else item
        yield item
        with self._lock:
            self._free[key] = item
            while len(self._free) > self._size:
                self._free.popitem(last=False)


def _batch_rows(problem: Problem) -> int:
    return min(problem.training.batch_size, problem.n_rows)


def _evaluation(architecture: Architecture, precision: Precision) -> tuple[Work, np.ndarray]:
    """Return the arrays that rows are evaluated on, which no batch joins together."""
    work = _work(architecture, precision, EVALUATED_SAMPLES)
    return work, np.zeros((1, architecture.n_inputs, EVALUATED_SAMPLES), precision)


_ROWS = RowsCache()
_WORKSPACES = Pool(Workspace)
_EVALUATIONS = Pool(_evaluation)
