"""What happened in a run: every metric, some checkpoints, and exact replay between them."""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.base.errors import UserError
from core.training.problem import Engine, Problem, TrainState

MOST_BYTES = 64 * 2**20
MOST_CHECKPOINTS = 4096
MAX_PARAMETER = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class Edit:
    """From this step on, this problem was solved.

    Attributes
    ----------
    step : int
    problem : Problem
    state : TrainState or None
        What was put in place of that step's state by hand; None where it was left alone.
    """

    step: int
    problem: Problem
    state: TrainState | None = None


def with_parameters(state: TrainState, indices: np.ndarray, values: np.ndarray) -> TrainState:
    """Return a state in which some parameters have other values, in the state's own precision.

    Parameters
    ----------
    indices : (m,) int array
        Places in the flat parameter vector.
    values : (m,) array

    Raises
    ------
    UserError
        Where a value is not finite or beyond a million.
    """
    if not (np.abs(values) <= MAX_PARAMETER).all():
        mend = "Give a number from -1000000 to 1000000."
        raise UserError("A parameter cannot have this value.", "", mend)
    parameters = state.parameters.copy()
    parameters[indices] = values
    return replace(state, parameters=parameters)


class Metrics:
    """Columns of figures that grow by one row at each recorded step.

    Each row has a step, an epoch with its fraction, and the named values; a value not given is NaN.
    """

    def __init__(self) -> None:
        self._names: dict[str, int] = {"step": 0, "epoch": 1}
        self._cells = np.full((64, 2), np.nan)
        self._length = 0

    def __len__(self) -> int:
        """Count the recorded rows."""
        return self._length

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, "step" and "epoch" first."""
        return tuple(self._names)

    def append(self, step: int, epoch: float, values: Mapping[str, float]) -> None:
        """Add one row; a new name begins a new column."""
        row = {"step": float(step), "epoch": epoch, **values}
        for name in row:
            self._names.setdefault(name, len(self._names))
        rows, columns = self._cells.shape
        if self._length == rows or len(self._names) > columns:
            wider = np.full((max(rows, 2 * self._length), len(self._names)), np.nan)
            wider[: self._length, :columns] = self._cells[: self._length]
            self._cells = wider
        self._cells[self._length, [self._names[name] for name in row]] = list(row.values())
        self._length += 1

    def column(self, name: str) -> np.ndarray:
        """Return the recorded values (rows,) of a name, a read-only view; NaN where not given."""
        if name not in self._names:
            return np.full(self._length, np.nan)
        view = self._cells[: self._length, self._names[name]]
        view.flags.writeable = False
        return view

    def table(self) -> tuple[tuple[str, ...], np.ndarray]:
        """Return the names and a read-only view (rows, names) of all that is recorded by now."""
        view = self._cells[: self._length, : len(self._names)]
        view.flags.writeable = False
        return self.names, view

    @classmethod
    def of_table(cls, names: Sequence[str], cells: np.ndarray) -> Metrics:
        """Return the metrics of which `table` gave names and cells (rows, names)."""
        metrics = cls()
        metrics._names = {name: place for place, name in enumerate(names)}
        metrics._cells = np.vstack([cells, np.full((64, len(names)), np.nan)])
        metrics._length = len(cells)
        return metrics

    def until(self, step: int) -> Metrics:
        """Return a copy of the rows up to a step."""
        kept = Metrics()
        kept._length = int(np.searchsorted(self.column("step"), step, side="right"))
        kept._names = dict(self._names)
        kept._cells = self._cells[: max(kept._length, 1)].copy()
        return kept


class History:
    """The states of a run: recorded while it goes on, any of them given back exactly.

    Memory is bounded: when the checkpoints outgrow their number, they are thinned evenly, and the
    steps between are replayed from the checkpoint before them.

    Parameters
    ----------
    engine : Engine
        What took the steps; replay uses the same.
    problem : Problem
    initial : TrainState
    most : int, optional
        The largest number of checkpoints; by default as many as fit 64 MiB, at most 4096.
    """

    def __init__(
        self, engine: Engine, problem: Problem, initial: TrainState, most: int | None = None
    ) -> None:
        fitting = MOST_BYTES // max(initial.n_bytes, 1)
        self.engine = engine
        self.metrics = Metrics()
        self.edits: list[Edit] = [Edit(initial.step, problem)]
        self._most = most or int(np.clip(fitting, 16, MOST_CHECKPOINTS))
        self._stride = 1
        self._checkpoints: list[TrainState] = [initial]
        self._replayed = initial
        self.latest = initial

    @classmethod
    def of_checkpoints(
        cls,
        engine: Engine,
        edits: Sequence[Edit],
        checkpoints: Sequence[TrainState],
        metrics: Metrics,
    ) -> History:
        """Return a history that was recorded before.

        Parameters
        ----------
        edits : sequence of Edit
            The first at or before the first checkpoint.
        checkpoints : sequence of TrainState
            The last is the latest state.
        """
        history = cls(engine, edits[0].problem, checkpoints[0])
        history.edits, history.metrics = list(edits), metrics
        history._checkpoints = list(checkpoints)
        history._replayed = history.latest = checkpoints[-1]
        return history

    @property
    def n_bytes(self) -> int:
        """Roughly the memory that its checkpoints take."""
        return len(self._checkpoints) * self._checkpoints[-1].n_bytes

    @property
    def first_step(self) -> int:
        """The earliest step that can be looked at."""
        return self._checkpoints[0].step

    @property
    def problem(self) -> Problem:
        """The problem solved at present."""
        return self.edits[-1].problem

    def problem_at(self, step: int) -> Problem:
        """Return the problem that the step after `step` solved."""
        return self.edits[self._edit_index(step)].problem

    def record_state(self, state: TrainState) -> None:
        """Remember a state; it becomes the latest, and a checkpoint where the last one is far."""
        if state.step <= self.latest.step:
            return
        self.latest = state
        if state.step - self._checkpoints[-1].step >= self._stride:
            self._checkpoints.append(state)
        if len(self._checkpoints) > self._most:
            self._thin()

    @property
    def checkpoints(self) -> tuple[TrainState, ...]:
        """The states kept, the earliest first."""
        return tuple(self._checkpoints)

    def record_edit(self, step: int, problem: Problem, state: TrainState | None = None) -> None:
        """Remember that from `step` on another problem was solved, or from another state."""
        last = self.edits[-1]
        if step < last.step:
            raise ValueError(f"an edit at step {step} comes before one at {last.step}")
        if state is not None:
            self._put(step, state)
        if step == last.step:
            self.edits.pop()
            state = state or last.state
        self.edits.append(Edit(step, problem, state))

    def state_at(self, step: int) -> TrainState:
        """Return the state at any step up to the latest, bit-equal to the one that was live then.

        Raises
        ------
        UserError
            Where the step has not been reached or lies before the run's first.
        """
        if not self.first_step <= step <= self.latest.step:
            mend = f"Choose one from {self.first_step} to {self.latest.step}."
            raise UserError(f"Step {step} is not part of this run.", "", mend)
        state = self._nearest(step)
        while state.step < step:
            state = self._replay(state, step)
        self._replayed = state
        return state

    def branch(self, step: int) -> History:
        """Return another history with this one's past up to a step, that goes on from there."""
        state = self.state_at(step)
        branch = History(self.engine, self.edits[0].problem, self._checkpoints[0], self._most)
        branch.edits = [edit for edit in self.edits if edit.step <= step]
        branch.metrics = self.metrics.until(step)
        branch._stride = self._stride
        branch._checkpoints = [kept for kept in self._checkpoints if kept.step < step]
        branch._checkpoints.append(state)
        branch._replayed = branch.latest = state
        return branch

    def _put(self, step: int, state: TrainState) -> None:
        """Let a state take the place of the one at its step, which must be the latest."""
        if not self.latest.step <= step == state.step:
            raise ValueError(f"a state of step {state.step} cannot follow {self.latest.step}")
        if self._checkpoints[-1].step == step:
            self._checkpoints.pop()
        self._checkpoints.append(state)
        self._replayed = self.latest = state

    def _edit_index(self, step: int) -> int:
        return max(bisect.bisect_right(self.edits, step, key=lambda edit: edit.step) - 1, 0)

    def _nearest(self, step: int) -> TrainState:
        index = bisect.bisect_right(self._checkpoints, step, key=lambda kept: kept.step) - 1
        candidates = (self._checkpoints[index], self._replayed, self.latest)
        return max((kept for kept in candidates if kept.step <= step), key=lambda kept: kept.step)

    def _replay(self, state: TrainState, step: int) -> TrainState:
        """Replay towards a step, as far as one problem reaches."""
        index = self._edit_index(state.step)
        following = self.edits[index + 1] if index + 1 < len(self.edits) else None
        if following is not None and following.step <= step:
            if following.state is not None:
                return following.state
            step = following.step
        burst = self.engine.burst(self.edits[index].problem, state, step - state.step)
        if burst.state.step != step:
            raise RuntimeError(f"replay stopped at step {burst.state.step}, not {step}")
        return burst.state

    def _thin(self) -> None:
        """Keep the first and then states at least a stride apart that halves their number."""
        span = self._checkpoints[-1].step - self._checkpoints[0].step
        self._stride = max(2 * span // self._most, self._stride + 1)
        kept = [self._checkpoints[0]]
        for state in self._checkpoints[1:]:
            if state.step - kept[-1].step >= self._stride:
                kept.append(state)
        self._checkpoints = kept
