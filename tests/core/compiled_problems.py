"""Small problems on which compiled training is compared with the readable one."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.model.architecture import build_architecture
from core.training.numpy_engine import NumpyEngine
from core.training.problem import Problem, TrainState
from core.training.training_knobs import TrainingChoices

REFERENCE = NumpyEngine()
TOLERANCE = {"float64": 1e-9, "float32": 1e-3}


def small_problem(
    n: int = 53,
    features: int = 3,
    classes: int = 2,
    hidden: tuple[int, ...] = (5,),
    activation: str = "tanh",
    head: str = "sigmoid",
    batch_norm: bool = False,
    seed: int = 3,
    **training: Any,
) -> Problem:
    """Return a problem with random rows, labels and weights (some of them zero)."""
    draw = np.random.default_rng((n, features, classes))
    X = draw.normal(size=(n, features))
    y = draw.integers(0, classes, n)
    weights = draw.uniform(0.0, 2.0, n) * (draw.uniform(size=n) > 0.1)
    architecture = build_architecture(features, classes, hidden, activation, head, batch_norm)
    return Problem(architecture, TrainingChoices(**training), X, y, weights, seed)


def distance(mine: np.ndarray, theirs: np.ndarray) -> float:
    """Return the largest difference, relative to the largest of theirs."""
    if not theirs.size:
        return 0.0
    return float(np.abs(mine - theirs).max() / max(np.abs(theirs).max(), 1e-300))


def state_distance(mine: TrainState, theirs: TrainState) -> float:
    """Return how far two states at the same step are apart."""
    assert (mine.step, mine.epoch, mine.position) == (theirs.step, theirs.epoch, theirs.position)
    slots = [distance(a, b) for a, b in zip(mine.slots, theirs.slots, strict=True)]
    parameters = distance(mine.parameters, theirs.parameters)
    return max(parameters, distance(mine.statistics, theirs.statistics), *slots, 0.0)
