"""A run's history as it is saved: figures, some checkpoints and edits, within a number of bytes.

Between checkpoints steps are replayed, so that fewer of them lose nothing but time.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeGuard

import numpy as np

from core.base.errors import UserError
from core.experiment.experiment import experiment_from_mapping
from core.run.archive import Archive, Member, array_member, refusal, whole
from core.run.history import History
from core.training.problem import Problem, TrainState
from core.training.training_knobs import TrainingChoices

CHECKPOINT_BYTES, METRIC_BYTES, ROW_BYTES = 32 * 2**20, 8 * 2**20, 8 * 2**20
"""Bytes that are saved of checkpoints, figures and rows of earlier edits: together under 50 MB."""

MOST_CHECKPOINTS, MOST_EDITS, MOST_NAMES = 1024, 2000, 256
MOST_STEPS = 10**15
"""Steps beyond which nobody has trained: a million a second for thirty years."""


@dataclass(frozen=True, slots=True, eq=False)
class SavedRows:
    """The training rows of an edit: X (n, n_inputs), y (n,) and weights (n,)."""

    X: np.ndarray
    y: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, problem: Problem) -> SavedRows:
        """Return the rows of a problem; nothing is copied."""
        return cls(problem.X, problem.y, problem.weights)

    @property
    def n_bytes(self) -> int:
        """The memory its arrays take."""
        return self.X.nbytes + self.y.nbytes + self.weights.nbytes

    def equals(self, other: SavedRows) -> bool:
        """Tell whether both are the same rows, to the last bit."""
        return (self.X is other.X and self.weights is other.weights) or all(
            np.array_equal(mine, theirs)
            for mine, theirs in (
                (self.X, other.X),
                (self.y, other.y),
                (self.weights, other.weights),
            )
        )


@dataclass(frozen=True, slots=True, eq=False)
class SavedEdit:
    """From this step on it was trained like this.

    Attributes
    ----------
    step : int
    training : TrainingChoices
    rows : SavedRows or None
        None where they are the rows that the session's experiment gives.
    state : TrainState or None
        What was put in place of that step's state by hand.
    """

    step: int
    training: TrainingChoices
    rows: SavedRows | None = None
    state: TrainState | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SavedHistory:
    """What is saved of a history.

    Attributes
    ----------
    checkpoints : tuple of TrainState
        The earliest first; the latest state stands beside them, in the session.
    edits : tuple of SavedEdit
        The first tells how training began.
    names : tuple of str
        Of the recorded figures, "step" and "epoch" first.
    cells : (rows, names) float64 array
    """

    checkpoints: tuple[TrainState, ...]
    edits: tuple[SavedEdit, ...]
    names: tuple[str, ...]
    cells: np.ndarray

    @classmethod
    def of(cls, history: History) -> SavedHistory:
        """Return a history as it is now; later steps do not change it, and nothing is copied."""
        edits = tuple(
            SavedEdit(edit.step, edit.problem.training, SavedRows.of(edit.problem), edit.state)
            for edit in history.edits
        )
        names, cells = history.metrics.table()
        checkpoints = history.checkpoints
        if history.latest.step > checkpoints[-1].step:
            checkpoints = (*checkpoints, history.latest)
        return cls(checkpoints, edits, names, cells)

    def bounded(self, latest: int = -1) -> SavedHistory:
        """Return what fits: fewer checkpoints and figures, evenly, and no rows of long ago.

        Parameters
        ----------
        latest : int
            The step of a state that is saved anyway and need not be a checkpoint too.
        """
        first = _first_edit(self._with_own_rows().edits)
        since = self.edits[first].step if first else -1
        kept = [state for state in self.checkpoints if state.step >= since]
        kept = [state for state in kept if state.step != latest]
        size = max((state.n_bytes for state in kept), default=1) or 1
        is_last_missing = bool(kept) and kept[-1].step > latest
        most = max(min(CHECKPOINT_BYTES // size, MOST_CHECKPOINTS), int(is_last_missing))
        chosen = _evenly(kept, most, [state.step for state in kept])
        rows = _evenly(
            range(len(self.cells)), METRIC_BYTES // max(8 * len(self.names), 1), self.cells[:, 0]
        )
        cells = self.cells[list(rows)] if len(rows) < len(self.cells) else self.cells
        return replace(self, checkpoints=tuple(chosen), edits=self.edits[first:], cells=cells)

    def since(self, step: int, edit: int, rows: int, latest: int, most: int) -> SavedHistory:
        """Return what is new: later checkpoints, edits from a step on, later figures.

        Parameters
        ----------
        step, edit, rows : int
            The last checkpoint's and the last edit's step and how many rows of figures are saved.
        latest : int
            The step of a state that is saved anyway.
        most : int
            How many checkpoints there may be.
        """
        new = [state for state in self.checkpoints if step < state.step != latest]
        size = max((state.n_bytes for state in new), default=1) or 1
        new = _evenly(new, min(most, CHECKPOINT_BYTES // size), [state.step for state in new])
        edits = tuple(each for each in self.edits if each.step >= edit)
        return replace(self, checkpoints=tuple(new), edits=edits, cells=self.cells[rows:])

    def followed_by(self, later: SavedHistory) -> SavedHistory:
        """Return this with what came later put behind it."""
        edits = list(self.edits)
        for edit in later.edits:
            while edits and edits[-1].step >= edit.step:
                edits.pop()
            edits.append(edit)
        begin = later.checkpoints[0].step if later.checkpoints else MOST_STEPS
        before = tuple(state for state in self.checkpoints if state.step < begin)
        names = (*self.names, *(name for name in later.names if name not in self.names))
        cells = np.full((len(self.cells) + len(later.cells), len(names)), np.nan)
        cells[: len(self.cells), : len(self.names)] = self.cells
        places = [names.index(name) for name in later.names]
        cells[len(self.cells) :, places] = later.cells
        return SavedHistory((*before, *later.checkpoints), tuple(edits), names, cells)

    def own_rows(self) -> SavedRows | None:
        """Return the rows of the last edit, which the session's experiment gives."""
        return self.edits[-1].rows

    def _with_own_rows(self) -> SavedHistory:
        """Return this with None where an edit's rows are the session's own."""
        own = self.own_rows()
        if own is None:
            return self
        edits = tuple(
            replace(edit, rows=None) if edit.rows is None or edit.rows.equals(own) else edit
            for edit in self.edits
        )
        return replace(self, edits=edits)

    def to_members(self) -> tuple[dict[str, Any], list[Member]]:
        """Return its part of session.json, and its arrays."""
        edits = self._with_own_rows().edits
        sets: list[SavedRows] = []
        listed = []
        for edit in edits:
            place = None
            if edit.rows is not None:
                same = (i for i, other in enumerate(sets) if other.equals(edit.rows))
                place = next(same, len(sets))
                sets += [edit.rows] if place == len(sets) else []
            listed.append({
                "step": edit.step,
                "training": dataclasses.asdict(edit.training),
                "rows": place,
                "by_hand": edit.state is not None,
            })  # fmt: skip
        mapping = {"names": list(self.names), "edits": listed}
        by_hand = [edit.state for edit in edits if edit.state is not None]
        members = [
            array_member("metrics", self.cells.shape, [self.cells.astype("<f8", copy=False)]),
            *states_to_members("checkpoints", self.checkpoints),
            *states_to_members("by_hand", by_hand),
        ]
        if sets:
            n, width = sum(len(rows.y) for rows in sets), sets[0].X.shape[1]
            counts = np.array([len(rows.y) for rows in sets], "<i8")
            members += [
                array_member("rows.counts", counts.shape, [counts]),
                array_member("rows.X", (n, width), [rows.X.astype("<f8") for rows in sets]),
                array_member("rows.y", (n,), [rows.y.astype("<i8") for rows in sets]),
                array_member("rows.weights", (n,), [r.weights.astype("<f8") for r in sets]),
            ]
        return mapping, members


def read_history(given: Mapping[str, Any], archive: Archive) -> SavedHistory:
    """Return the history in a session file.

    Raises
    ------
    UserError
        Where a part of it cannot be.
    """
    name = archive.name
    names, listed = given.get("names"), given.get("edits")
    if not _are_names(names) or not isinstance(listed, list) or len(listed) > MOST_EDITS:
        raise refusal(name, "Its history is damaged.", "Choose an undamaged copy.")
    cells = archive.array("metrics")
    if cells.ndim != 2 or cells.shape[1] != len(names) or cells.dtype != np.float64:
        raise refusal(name, f"metrics have shape {cells.shape}.", "Choose an undamaged copy.")
    if not np.isfinite(cells[:, :2]).all() or (np.diff(cells[:, 0]) < 0).any():
        why = "The steps of its metrics do not follow each other."
        raise refusal(name, why, "Choose an undamaged copy.")
    sets = _read_rows(archive) if "rows.counts.npy" in archive.members else []
    by_hand = iter(read_states("by_hand", archive))
    edits = tuple(_read_edit(each, sets, by_hand, name) for each in listed)
    checkpoints = read_states("checkpoints", archive)
    for steps in ([edit.step for edit in edits], [state.step for state in checkpoints]):
        if any(later <= earlier for earlier, later in itertools.pairwise(steps)):
            why = "The steps of its history do not follow each other."
            raise refusal(name, why, "Choose an undamaged copy.")
    return SavedHistory(checkpoints, edits, tuple(names), cells)


def states_to_members(name: str, states: Sequence[TrainState]) -> list[Member]:
    """Return states, all of one shape, as members ``<name>.steps.npy`` and so on."""
    if not states:
        return []
    first, n = states[0], len(states)
    steps = np.array([(state.step, state.epoch, state.position) for state in states], "<i8")
    members = [array_member(f"{name}.steps", steps.shape, [steps])]
    for key in ("parameters", "slots", "statistics"):
        shape = (n, *getattr(first, key).shape)
        members.append(
            array_member(f"{name}.{key}", shape, [getattr(state, key) for state in states])
        )
    return members


def read_states(name: str, archive: Archive) -> tuple[TrainState, ...]:
    """Return the states that were written under a name; none where there are none.

    Raises
    ------
    UserError
        Where they cannot be: counts that are negative or beyond all time, shapes that differ.
    """
    if f"{name}.steps.npy" not in archive.members:
        return ()
    steps = archive.array(f"{name}.steps")
    parameters, slots, statistics = (
        archive.array(f"{name}.{key}") for key in ("parameters", "slots", "statistics")
    )
    shapes = f"{steps.shape}, {parameters.shape}, {slots.shape} and {statistics.shape}"
    n = len(steps) if steps.ndim == 2 else -1
    agrees = (
        (steps.ndim, parameters.ndim, slots.ndim, statistics.ndim) == (2, 2, 3, 2)
        and steps.dtype == np.int64
        and steps.shape[1] == 3
        and (len(parameters), len(slots), len(statistics)) == (n, n, n)
        and slots.shape[2] == parameters.shape[1]
        and parameters.dtype == slots.dtype == statistics.dtype
        and parameters.dtype.kind == "f"
    )
    if not agrees:
        why = f"The shapes of its {name} do not agree: {shapes}."
        raise refusal(archive.name, why, "Choose an undamaged copy.")
    for values in steps.tolist():
        for key, value in zip(("step", "epoch", "position"), values, strict=True):
            whole({key: value}, key, MOST_STEPS, archive.name)
    return tuple(
        TrainState(int(step), int(epoch), int(position), *arrays)
        for (step, epoch, position), *arrays in zip(
            steps, parameters, slots, statistics, strict=True
        )
    )


def _read_rows(archive: Archive) -> list[SavedRows]:
    counts, X, y, weights = (
        archive.array(f"rows.{key}") for key in ("counts", "X", "y", "weights")
    )
    agrees = (
        (counts.ndim, X.ndim, y.ndim, weights.ndim) == (1, 2, 1, 1)
        and counts.dtype == y.dtype == np.int64
        and X.dtype == weights.dtype == np.float64
        and len(X) == len(y) == len(weights)
        and len(counts) <= MOST_EDITS
        and (counts > 0).all()
        and (counts <= len(y)).all()
        and int(counts.sum()) == len(y)
    )
    if not agrees or not (np.isfinite(X).all() and np.isfinite(weights).all()):
        raise refusal(archive.name, "The rows of its history are damaged.", "Choose another copy.")
    ends = np.cumsum(counts)[:-1]
    parts = (np.split(values, ends) for values in (X, y, weights))
    return [SavedRows(*arrays) for arrays in zip(*parts, strict=True)]


def _read_edit(given: Any, sets: Sequence[SavedRows], by_hand: Any, name: str) -> SavedEdit:
    if not isinstance(given, dict) or not isinstance(given.get("training"), dict):
        raise refusal(name, "Its history is damaged.", "Choose an undamaged copy.")
    step = whole(given, "step", MOST_STEPS, name)
    try:
        training = experiment_from_mapping({"training": given["training"]}).training
    except UserError as error:
        raise refusal(name, str(error), error.mend) from None
    rows = None
    if given.get("rows") is not None:
        rows = sets[whole(given, "rows", len(sets) - 1, name)]
    state = next(by_hand, None) if given.get("by_hand") is True else None
    if given.get("by_hand") is True and (state is None or state.step != step):
        raise refusal(name, "Its history is damaged.", "Choose an undamaged copy.")
    return SavedEdit(step, training, rows, state)


def _are_names(names: Any) -> TypeGuard[list[str]]:
    return (
        isinstance(names, list)
        and names[:2] == ["step", "epoch"]
        and len(names) == len(set(map(str, names))) <= MOST_NAMES
        and all(isinstance(name, str) and len(name) <= 64 for name in names)
    )


def _first_edit(edits: Sequence[SavedEdit]) -> int:
    """Return the first edit from which on rows and states set by hand fit."""
    left = ROW_BYTES
    seen: list[SavedRows] = []
    for index in range(len(edits) - 1, -1, -1):
        edit = edits[index]
        left -= edit.state.n_bytes if edit.state is not None else 0
        if edit.rows is not None and not any(edit.rows is rows for rows in seen):
            left -= edit.rows.n_bytes
            seen.append(edit.rows)
        if left < 0 or len(edits) - index > MOST_EDITS:
            return index + 1 if index + 1 < len(edits) else index
    return 0


def _evenly(items: Sequence[Any], most: int, places: Sequence[float] | np.ndarray) -> list[Any]:
    """Return at most so many items, the first and the last among them, evenly by their places."""
    if len(items) <= most:
        return list(items)
    if most < 2:
        return list(items[len(items) - most :])
    wanted = np.linspace(places[0], places[-1], most)
    chosen = np.unique(np.searchsorted(np.asarray(places), wanted).clip(0, len(items) - 1))
    return [items[int(index)] for index in chosen]
