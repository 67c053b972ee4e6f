"""A session that trains only when told to, and panels of a sensible size in it."""

import numpy as np

from core.experiment.experiment import experiment_from_mapping
from gui.session.session import Session

CHOICES = {
    "data": {"rows": 150, "noise": 0.4},
    "model": {"hidden": [4]},
    "training": {"learning_rate": 0.1},
}
START = experiment_from_mapping(
    {"data": {"rows": 60}, "model": {"hidden": [3]}, "training": {"learning_rate": 0.1}}
)


def new_session(dataset=None, **sections):
    mapping = {name: {**CHOICES.get(name, {}), **sections.get(name, {})} for name in CHOICES}
    mapping |= {name: values for name, values in sections.items() if name not in CHOICES}
    return Session(experiment_from_mapping(mapping), dataset)


def train(qtbot, session, steps=30):
    session.take_steps(steps)  # from an earlier step it branches there
    target = session.run.history.latest.step + steps
    qtbot.waitUntil(lambda: session.run.history.latest.step >= target and not session.is_playing)
    qtbot.waitUntil(lambda: session.run.history.metrics.column("step")[-1] == target)


def same(a, b) -> bool:
    """Tell whether two scenes hold the same numbers, whatever they are made of."""
    if isinstance(a, np.ndarray):
        return np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    if isinstance(a, tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if hasattr(a, "__dataclass_fields__"):
        return all(same(getattr(a, name), getattr(b, name)) for name in a.__dataclass_fields__)
    return a == b or (a != a and b != b)
