"""The runs that were put aside, by names of what differs; bounded, the latest first."""

from __future__ import annotations

from collections.abc import Iterator

from core.experiment.experiment import knob_at
from core.run.run import Run

MOST_RUNS = 20
MOST_BYTES = 256 * 2**20


class EarlierRuns:
    """Runs that edits, restarts and branches have ended, to return to.

    The oldest go when there are too many or their checkpoints take too much memory.
    """

    def __init__(self) -> None:
        self._runs: list[Run] = []

    def __len__(self) -> int:
        """Count the runs."""
        return len(self._runs)

    def __iter__(self) -> Iterator[Run]:
        """Yield the runs, the latest put aside first."""
        return iter(reversed(self._runs))

    def add(self, run: Run) -> None:
        """Put a run aside; one of the same history takes the place of the older."""
        others = [kept for kept in self._runs if kept.history is not run.history]
        self._runs = [*others, run][-MOST_RUNS:]
        while len(self._runs) > 1 and self._n_bytes() > MOST_BYTES:
            self._runs.pop(0)

    def without(self, run: Run) -> list[Run]:
        """Return the runs but for the present one, the latest first."""
        return [kept for kept in self if kept.history is not run.history]

    def clear(self) -> None:
        """Forget all."""
        self._runs = []

    def _n_bytes(self) -> int:
        return sum(run.history.n_bytes for run in self._runs)


def difference(run: Run, present: Run) -> str:
    """Return in words how an earlier run differs from the present one: its own values.

    Examples
    --------
    >>> from core.experiment.experiment import Experiment
    >>> from core.run.run import start_run
    >>> present = start_run(Experiment())
    >>> difference(start_run(Experiment().replacing("training.learning_rate", 0.5)), present)
    'learning rate 0.5'
    >>> difference(start_run(Experiment()), present)
    'the same settings'
    """
    if run.name != present.name:
        return run.name
    words = [
        f"{knob_at(path).label} {_shown(run.experiment.value(path))}"
        for path in present.experiment.changes(run.experiment)
    ]
    more = f" and {len(words) - 3} more" if len(words) > 3 else ""
    return ", ".join(words[:3]) + more or "the same settings"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        text = " ".join(str(item) for item in value) if len(value) <= 8 else f"of {len(value)}"
        return text or "none"
    return str(value) or "none"
