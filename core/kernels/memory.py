"""The arrays a burst works on, kept from one burst to the next."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from core.architecture import Architecture
from core.kernels import burst, updates
from core.kernels.compilation import entry
from core.kernels.gathering import FIRST_FEATURE
from core.kernels.layout import (
    LOSS_CODES,
    OPTIMIZER_CODES,
    PENALTY_CODES,
    SCHEDULE_CODES,
    Plan,
    evaluation_plan,
    plan_of,
)
from core.machine.arrays import place_of
from core.machine.lanes import LANES
from core.training import Problem, TrainState, rates_at

ALIGNMENT = 64


def aligned(size: int, dtype: str) -> np.ndarray:
    """Return zeros whose first number begins a cache line."""
    itemsize = np.dtype(dtype).itemsize
    buffer = np.zeros(size + ALIGNMENT // itemsize, dtype=dtype)
    skipped = (-place_of(buffer) % ALIGNMENT) // itemsize
    return buffer[skipped : skipped + size]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The training rows in one precision.

    Attributes
    ----------
    table : ((n + 1) * columns,) array
        Row by row: label, sample weight, features; then a blank row. One feature is followed by a
        one, so that there are always four columns.
    columns : int
    stored : (blocks * (n_inputs + 3) * lanes,) array
        For batches of all rows, the same in blocks with a row of ones; empty where not needed.
    """

    table: np.ndarray
    columns: int
    stored: np.ndarray

    @classmethod
    def of(cls, problem: Problem, precision: str) -> Rows:
        """Convert a problem's rows."""
        n, features = problem.X.shape
        columns = max(features + FIRST_FEATURE, 4)
        table = aligned((n + 1) * columns, precision)
        rows = table.reshape(n + 1, columns)[:n]
        rows[:, 0], rows[:, 1], rows[:, -1] = problem.y, problem.weights, 1.0
        rows[:, FIRST_FEATURE : FIRST_FEATURE + features] = problem.X
        whole = problem.training.batch_size >= n
        used = rows[:, : FIRST_FEATURE + features]
        return cls(table, columns, _in_blocks(used) if whole else np.empty(0, precision))


def _in_blocks(rows: np.ndarray) -> np.ndarray:
    """Lay rows out as blocks, and end each block with a row of ones."""
    n, columns = rows.shape
    lanes = LANES[rows.dtype.name]
    whole = n // lanes
    stored = aligned(-(-n // lanes) * (columns + 1) * lanes, rows.dtype.name)
    blocks = stored.reshape(-1, columns + 1, lanes)
    for k, column in enumerate((*rows.T, np.ones(n, rows.dtype))):
        blocks[:whole, k] = column[: whole * lanes].reshape(whole, lanes)
        blocks[whole:, k, : n - whole * lanes] = column[whole * lanes :]
    return stored


class RowsCache:
    """The rows of the last few problems, converted once and not at every burst."""

    def __init__(self, size: int = 2) -> None:
        self._size = size
        self._kept: OrderedDict[tuple[object, ...], tuple[Problem, Rows]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, problem: Problem, precision: str) -> Rows:
        """Return a problem's rows; it is told by its arrays' identity, since they never change."""
        whole = problem.training.batch_size >= problem.n_rows
        arrays = (problem.X, problem.y, problem.weights)
        key = (*map(id, arrays), precision, whole)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = (problem, Rows.of(problem, precision))
                while len(self._kept) > self._size:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key][1]


class Room:
    """The arrays one burst works on, for one network, precision, batch size and number of rows."""

    def __init__(self, problem: Problem, precision: str) -> None:
        self._take_steps = entry("take_steps", precision)
        architecture, batch = problem.architecture, _batch_rows(problem)
        lanes = LANES[precision]
        self.plan: Plan = plan_of(architecture, lanes, np.dtype(precision).itemsize, batch)
        self.p, self.s = architecture.n_parameters, architecture.n_statistics
        padded = -(-self.p // lanes) * lanes
        self.theta = aligned(2 * padded, precision)
        self.slots = aligned(2 * 2 * padded, precision)
        self.statistics = aligned(2 * self.s, precision)
        self.mask = aligned(padded, precision)
        self.mask[: self.p] = architecture.weight_mask()
        self.point, self.gradient = aligned(padded, precision), aligned(padded, precision)
        self.work = aligned(self.plan.work_size, precision)
        self.batch = aligned(self.plan.chunk_blocks * self.plan.row_stride * lanes, precision)
        self.order = np.zeros(problem.n_rows + 2 * lanes, np.int32)
        self.progress = np.full(burst.PROGRESS, -1, np.int64)
        self.numbers = np.zeros(updates.NUMBERS)
        self.settings = np.zeros(burst.SETTINGS, np.int64)
        self.settings[burst.N_FEATURES] = architecture.n_inputs
        self.settings[burst.ROW_STRIDE] = self.plan.row_stride
        self.settings[burst.CHUNK_BLOCKS] = self.plan.chunk_blocks
        self.settings[burst.UPSTREAM] = self.plan.upstream
        self.settings[burst.SUMS] = self.plan.sums
        if len(architecture.layers) == 1 and architecture.n_outputs == 1:
            in_plane = architecture.n_inputs == 2
            self.settings[burst.SHAPE] = burst.PLANE if in_plane else burst.LOGISTIC

    def take_steps(self, problem: Problem, rows: Rows, state: TrainState, steps: int) -> bool:
        """Train from a state; return whether a step had to be refused."""
        self._set(problem)
        self.settings[burst.COLUMNS_OF_TABLE] = rows.columns
        self._enter(state)
        arrays = (
            self.plan.layers, self.settings, self.numbers, rows.table, rows.stored, self.order,
            self.theta, self.slots, self.statistics, self.mask, self.point, self.gradient,
            self.work, self.batch, self.progress,
        )  # fmt: skip
        sizes = (problem.n_rows, len(self.plan.layers), len(self.point), self.s)
        self._take_steps(steps, *sizes, *map(place_of, arrays))
        return bool(self.progress[burst.DIVERGED])

    def _set(self, problem: Problem) -> None:
        training = problem.training
        rates = rates_at(training, 0.0)
        self.numbers[updates.LEARNING_RATE] = rates.learning_rate
        self.numbers[updates.MOMENTUM_RATE] = rates.momentum
        self.numbers[updates.DECAY_RATE] = rates.decay_rate
        self.numbers[updates.BETA2] = rates.beta2
        self.numbers[updates.LOG_MOMENTUM] = math.log(rates.momentum) if rates.momentum else -np.inf
        self.numbers[updates.LOG_BETA2] = math.log(rates.beta2)
        self.numbers[updates.WEIGHT_DECAY] = rates.weight_decay
        self.numbers[updates.EPSILON] = rates.epsilon
        self.numbers[updates.PENALTY_STRENGTH] = training.penalty_strength
        self.numbers[updates.SCHEDULE_EPOCHS] = training.schedule_epochs
        self.settings[burst.BATCH_SIZE] = _batch_rows(problem)
        self.settings[burst.SEED] = problem.seed
        self.settings[burst.LOSS] = LOSS_CODES[training.loss]
        self.settings[burst.PENALTY] = PENALTY_CODES[training.penalty]
        self.settings[burst.OPTIMIZER] = OPTIMIZER_CODES[training.optimizer]
        self.settings[burst.SCHEDULE] = SCHEDULE_CODES[training.schedule]

    def _enter(self, state: TrainState) -> None:
        """Copy a state in, as the first of each pair."""
        self.theta[: self.p] = state.parameters
        for slot, values in zip(self._slots(), state.slots, strict=False):
            slot[:] = values
        self.statistics[: self.s] = state.statistics
        present = (state.step, state.epoch, state.position, 0, 0)
        self.progress[[burst.STEP, burst.EPOCH, burst.POSITION, burst.CURRENT, burst.DIVERGED]] = (
            present
        )

    def _slots(self, current: int = 0) -> tuple[np.ndarray, ...]:
        pairs = self.slots.reshape(2, 2, -1)
        return tuple(pairs[:, current, : self.p])

    def state(self, n_slots: int) -> TrainState:
        """Return a copy of where training stands."""
        current = int(self.progress[burst.CURRENT])
        places = (burst.STEP, burst.EPOCH, burst.POSITION)
        step, epoch, position = (int(self.progress[place]) for place in places)
        parameters = self.theta.reshape(2, -1)[current, : self.p].copy()
        slots = self.slots.reshape(2, 2, -1)[:n_slots, current, : self.p].copy()
        statistics = self.statistics.reshape(2, self.s)[current].copy()
        return TrainState(step, epoch, position, parameters, slots, statistics)


class Rooms:
    """Rooms that are free; a burst takes one, so that bursts in two threads never share."""

    def __init__(self, size: int = 4) -> None:
        self._size = size
        self._free: OrderedDict[tuple[object, ...], Room] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def one_for(self, problem: Problem, precision: str) -> Iterator[Room]:
        """Lend a room that fits a problem."""
        key = (problem.architecture, precision, _batch_rows(problem), problem.n_rows)
        with self._lock:
            room = self._free.pop(key, None)
        room = room or Room(problem, precision)
        yield room
        with self._lock:
            self._free[key] = room
            while len(self._free) > self._size:
                self._free.popitem(last=False)


def _batch_rows(problem: Problem) -> int:
    return min(problem.training.batch_size, problem.n_rows)


ROWS = RowsCache()
ROOMS = Rooms()


def precision_of(array: np.ndarray) -> str:
    """Return the name of an array's precision (``dtype.name`` takes longer than small networks)."""
    return "float32" if array.itemsize == 4 else "float64"


class Bench(threading.local):
    """The arrays that rows are evaluated on, kept for the last network in each thread."""

    key: tuple[object, ...] = ()

    def prepare(self, architecture: Architecture, precision: str) -> None:
        """Make sure that they fit a network."""
        if self.key == (architecture, precision):
            return
        lanes = LANES[precision]
        plan = evaluation_plan(architecture, lanes, np.dtype(precision).itemsize)
        self.parameters = aligned(architecture.n_parameters, precision)
        self.statistics = aligned(architecture.n_statistics, precision)
        arrays = (
            plan.layers, aligned(plan.chunk_blocks * plan.row_stride * lanes, precision),
            aligned(plan.work_size, precision), self.parameters, self.statistics,
        )  # fmt: skip
        self.arrays, self.places = arrays, [place_of(array) for array in arrays]
        self.sizes = (len(plan.layers), plan.chunk_blocks, plan.row_stride)
        self.evaluate = entry("evaluate", precision)
        self.key = (architecture, precision)


_BENCH = Bench()


def logits_of(
    architecture: Architecture, parameters: np.ndarray, statistics: np.ndarray, X: np.ndarray
) -> np.ndarray:
    """Return the (n, outputs) float64 logits of rows X, computed in the parameters' precision."""
    _BENCH.prepare(architecture, precision_of(parameters))
    _BENCH.parameters[:], _BENCH.statistics[:] = parameters, statistics
    rows = np.ascontiguousarray(X, np.float64)
    logits = np.empty((len(rows), architecture.n_outputs))
    places = (*_BENCH.places, place_of(rows), place_of(logits))
    _BENCH.evaluate(*_BENCH.sizes, *rows.shape, *places)
    return logits
