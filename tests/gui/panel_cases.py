"""A session that trains only when told to, and panels of a sensible size in it."""

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
