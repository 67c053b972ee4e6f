"""What the kernels are told: integer codes for names, and where each layer's numbers stand.

The tables of codes are the one place that says what is compiled; a name missing here is served by
the readable numpy.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from core.activations import ACTIVATIONS
from core.architecture import Architecture, Layer
from core.heads import HEADS
from core.losses import LOSSES
from core.optimizers import OPTIMIZERS
from core.penalties import PENALTIES
from core.schedules import SCHEDULES
from core.training import Problem

ACTIVATION_CODES = {
    "linear": 0,
    "sigmoid": 1,
    "adaptive_sigmoid": 1,  # its sharpness is applied before
    "tanh": 2,
    "relu": 3,
    "leaky_relu": 4,
    "elu": 5,
    "gelu": 6,
    "swish": 7,
    "softplus": 8,
}
HEAD_CODES = {"sigmoid": 0, "softmax": 1}
LOSS_CODES = {"cross_entropy": 0, "squared_error": 1}
PENALTY_CODES = {"none": 0, "l1": 1, "l2": 2}
OPTIMIZER_CODES = {
    "sgd": 0,
    "momentum": 1,
    "nesterov": 2,
    "rmsprop": 3,
    "adam": 4,
    "adamw": 5,
    "adagrad": 6,
}
SCHEDULE_CODES = {"constant": 0, "step": 1, "exponential": 2, "cosine": 3}

# The columns of a layer's row in the plan.
INPUTS, UNITS, ACTIVATION, WEIGHTS, SHARPNESS, GAIN, SHIFT, STATISTICS = range(8)
SOURCE, SOURCE_STRIDE, OUTPUT, OUTPUT_STRIDE, SLOPES, PLAIN, STANDARDS, SPREADS = range(8, 16)
COLUMNS = 16
NONE = -1

MOST_SAMPLES = 1024
CACHE_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Where one network's numbers stand while it is trained, or evaluated, chunk by chunk.

    Attributes
    ----------
    layers : (n_layers, COLUMNS) int64 array
        Offsets into the parameters, the running statistics and the work array.
    chunk_blocks : int
        How many blocks of samples go through the network at a time.
    upstream, sums : int
        Offsets into the work array: derivatives on their way down, and room for a tile of sums.
    work_size : int
        The length of the work array.
    row_stride : int
        Rows in a block of input: label, weight, features, ones.
    """

    layers: np.ndarray
    chunk_blocks: int
    upstream: int
    sums: int
    work_size: int
    row_stride: int


@functools.lru_cache(maxsize=64)
def plan_of(architecture: Architecture, lanes: int, itemsize: int, batch_rows: int) -> Plan:
    """Return where everything stands.

    Parameters
    ----------
    lanes, itemsize : int
        Of a vector.
    batch_rows : int
        Rows of a batch; those of a normalised network all go through at once.
    """
    rows = architecture.n_inputs + 3 + sum(_rows_of(layer) for layer in architecture.layers)
    fitting = max(CACHE_BYTES // (rows * lanes * itemsize), 64 // lanes)
    most = min(fitting, MOST_SAMPLES // lanes)
    needed = -(-batch_rows // lanes)
    normalised = any(layer.batch_norm for layer in architecture.layers)
    blocks = needed if normalised else min(needed, most)
    table = np.full((len(architecture.layers), COLUMNS), NONE, dtype=np.int64)
    place, source, source_stride = 0, 0, architecture.n_inputs + 3
    for row, layer in zip(table, architecture.layers, strict=True):
        place = _fill(row, layer, place, blocks * lanes, lanes)
        row[SOURCE], row[SOURCE_STRIDE] = source, source_stride
        source, source_stride = row[OUTPUT], row[OUTPUT_STRIDE]
    table[-1, OUTPUT_STRIDE] = architecture.n_outputs
    widest = max(layer.units for layer in architecture.layers)
    sums = place + widest * blocks * lanes
    table.flags.writeable = False
    room = max(64, (architecture.n_inputs + 1) * lanes)
    return Plan(table, blocks, place, sums, sums + room, architecture.n_inputs + 3)


def evaluation_plan(architecture: Architecture, lanes: int, itemsize: int) -> Plan:
    """Return where everything stands while rows are evaluated, which no batch joins together."""
    return plan_of(architecture, lanes, itemsize, min(MOST_SAMPLES, 256))


def _rows_of(layer: Layer) -> int:
    return layer.units * (3 + layer.has_sharpness + layer.batch_norm) + 1


def _fill(row: np.ndarray, layer: Layer, place: int, samples: int, lanes: int) -> int:
    """Write one layer's row, and return the first free place in the work array."""
    units = layer.units
    row[[INPUTS, UNITS, WEIGHTS]] = layer.inputs, units, layer.start
    row[ACTIVATION] = ACTIVATION_CODES[layer.activation]
    end = layer.start + layer.n_weights + units
    if layer.has_sharpness:
        row[SHARPNESS], row[PLAIN] = end, place
        end, place = end + units, place + units * samples
    if layer.batch_norm:
        row[[GAIN, SHIFT, STATISTICS]] = end, end + units, layer.statistics_start
        row[STANDARDS], row[SPREADS] = place, place + units * samples
        place += units * samples + -(-units // lanes) * lanes
    row[OUTPUT], row[OUTPUT_STRIDE] = place, units + 1
    row[SLOPES] = place + (units + 1) * samples
    return int(row[SLOPES]) + units * samples


COVERAGE: tuple[tuple[Mapping[str, object], str, Mapping[str, int]], ...] = (
    (ACTIVATIONS, "activation", ACTIVATION_CODES),
    (HEADS, "output", HEAD_CODES),
    (LOSSES, "loss", LOSS_CODES),
    (PENALTIES, "penalty", PENALTY_CODES),
    (OPTIMIZERS, "optimiser", OPTIMIZER_CODES),
    (SCHEDULES, "schedule", SCHEDULE_CODES),
)


def coverage() -> Iterator[tuple[str, str, bool]]:
    """Yield (kind, name, whether it is compiled) for everything a network can be made of."""
    for registry, kind, codes in COVERAGE:
        for name in registry:
            yield kind, name, name in codes


def is_compiled(problem: Problem) -> bool:
    """Tell whether the kernels know everything that a problem is made of."""
    training = problem.training
    return (
        all(layer.activation in ACTIVATION_CODES for layer in problem.architecture.layers)
        and problem.architecture.head in HEAD_CODES
        and training.loss in LOSS_CODES
        and training.penalty in PENALTY_CODES
        and training.optimizer in OPTIMIZER_CODES
        and training.schedule in SCHEDULE_CODES
    )
