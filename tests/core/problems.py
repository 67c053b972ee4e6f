"""Small problems that the tests train on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.model.architecture import build_architecture
from core.model.gradient_check import check_gradient
from core.training.numpy_engine import gradient_at
from core.training.problem import Problem
from core.training.training_knobs import TrainingChoices


def small_problem(
    n_rows=23,
    n_inputs=3,
    n_classes=2,
    hidden=(4, 3),
    activation="tanh",
    head="sigmoid",
    batch_norm=False,
    seed=0,
    **training,
):
    """Return a problem of random rows, with uneven weights."""
    generator = np.random.default_rng(seed)
    X = generator.normal(size=(n_rows, n_inputs))
    y = generator.integers(0, n_classes, n_rows)
    y[:n_classes] = np.arange(n_classes)
    weights = generator.uniform(0.5, 1.5, n_rows)
    architecture = build_architecture(n_inputs, n_classes, hidden, activation, head, batch_norm)
    choices = replace(TrainingChoices(), **{"batch_size": 5, **training})
    return Problem(architecture, choices, X, y, weights / weights.mean(), seed)


def random_parameters(architecture, seed=0):
    """Return parameters of which none is zero and every sharpness and gain is positive."""
    generator = np.random.default_rng(seed)
    flat = generator.uniform(0.2, 0.9, architecture.n_parameters)
    flat *= generator.choice([-1.0, 1.0], flat.size)
    for view in architecture.views(flat):
        for positive in (view.sharpness, view.gain):
            if positive is not None:
                positive[...] = np.abs(positive)
    return flat


def check_objective_gradient(problem, flat, statistics, rows, width=1e-3):
    """Compare the gradient of some rows' penalised objective with finite differences."""
    return check_gradient(
        lambda point: gradient_at(problem, point, statistics, rows)[0],
        lambda point: gradient_at(problem, point, statistics, rows)[1],
        flat,
        width,
    )
