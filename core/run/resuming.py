"""A run that goes on from a saved session: its state checked, its engine and its past restored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from core.base.errors import UserError
from core.data.dataset import Dataset
from core.experiment.experiment import Experiment
from core.run.history import Edit, History, Metrics
from core.run.run import Run, build_problem, prepare_data, repeat
from core.run.saved_history import MOST_STEPS, SavedEdit, SavedHistory
from core.run.session_file import SavedSession
from core.training.numpy_engine import NumpyEngine, numpy_engine
from core.training.optimizers import OPTIMIZERS
from core.training.problem import ChooseEngine, Problem, TrainState

MOST_ROWS = 2**31


def resumed_run(
    experiment: Experiment,
    dataset: Dataset,
    state: TrainState,
    choose_engine: ChooseEngine = numpy_engine,
    past: SavedHistory | None = None,
) -> Run:
    """Return a run that goes on from a saved state.

    Parameters
    ----------
    experiment : Experiment
    dataset : Dataset
    state : TrainState
        What was looked at: the latest state, or an earlier one of the past.
    choose_engine : callable
        Returns the engine for a problem; only the one that has trained goes on to the same bits.
    past : SavedHistory, optional
        What led to the state, and perhaps beyond; without it the run's first step is the state's.

    Raises
    ------
    UserError
        Where a state does not fit the experiment's model and data, or cannot be.
    """
    prepared = prepare_data(dataset, experiment.data)
    problem = build_problem(experiment, prepared)
    engine = choose_engine(problem)
    fresh = engine.start(problem, experiment.model.initialisation, experiment.model.seed)
    check_states([state], problem, fresh)
    if past is None or not past.edits:
        history = History(engine, problem, _converted(state, fresh))
        return Run(experiment, dataset, prepared, history)
    check_states([*past.checkpoints, *_by_hand(past)], problem, fresh)
    edits = [_edit(each, problem, fresh) for each in past.edits]
    checkpoints = [_converted(each, fresh) for each in _with_state(past, state)]
    if edits[-1].problem.training != problem.training:  # edited just before it was saved
        edits.append(Edit(checkpoints[-1].step, problem))
    placed = {edit.step: edit.state for edit in edits if edit.state is not None}
    checkpoints = [placed.get(each.step, each) for each in checkpoints]
    metrics = Metrics.of_table(past.names, past.cells)
    if edits[0].step > checkpoints[0].step or edits[-1].step > checkpoints[-1].step:
        raise _refused("Its edits lie outside its steps.")
    history = History.of_checkpoints(engine, edits, checkpoints, metrics)
    return Run(experiment, dataset, prepared, history)


def keeps_engine(name: str, choose_engine: ChooseEngine) -> ChooseEngine:
    """Return what chooses the engine for a state that the engine of that name has trained.

    Only numpy's goes on to the same bits with what numpy's has trained.
    """
    numpy = NumpyEngine()
    return numpy_engine if name == numpy.name else choose_engine


def run_by_its_engine(run: Run, saved: SavedSession, choose_engine: ChooseEngine) -> Run | None:
    """Return a run that was opened before its engine was there, as that engine computes it.

    What has been trained since it was opened is repeated. None where that engine still serves not,
    or where parameters were set by hand since.

    Parameters
    ----------
    run : Run
        What `resumed_run` gave of the session, perhaps trained on.
    saved : SavedSession
    """
    then, engine = run.history, choose_engine(run.history.problem)
    if saved.state is None or engine.name != saved.engine or engine.name == then.engine.name:
        return None
    past, dataset = saved.history, run.dataset
    opened = resumed_run(saved.experiment, dataset, saved.state, choose_engine, past)
    since = then.edits[len(opened.history.edits) :]
    if any(edit.state is not None for edit in since):
        return None
    if not repeat(opened.history, since, then.latest.step):
        return None
    opened.history.metrics = then.metrics.until(then.latest.step)
    return replace(opened, experiment=run.experiment)


def check_states(states: Iterable[TrainState], problem: Problem, fresh: TrainState) -> None:
    """Raise a `UserError` where a state is none that training this problem can lead to.

    Parameters
    ----------
    fresh : TrainState
        The problem's state at step 0, whose shapes all states have.
    """
    squares = list(OPTIMIZERS[problem.training.optimizer].squares)
    variances = problem.architecture.variance_mask()
    for state in states:
        for name, mine, theirs in (
            ("parameters", state.parameters, fresh.parameters),
            ("slots", state.slots, fresh.slots),
            ("statistics", state.statistics, fresh.statistics),
        ):
            if mine.shape != theirs.shape:
                raise _refused(
                    f"Its {name} have shape {mine.shape}; this model and data need {theirs.shape}.",
                    "Check that the table is the one that was saved with.",
                )
            with np.errstate(over="ignore"):  # what is finite in float64 may not be in float32
                if not np.isfinite(mine.astype(theirs.dtype)).all():
                    raise _refused(f"Its {name} at step {state.step} are not all finite.")
        if (state.slots[squares] < 0.0).any():
            raise _refused(f"A mean of squares is negative at step {state.step}.")
        if (state.statistics[variances] < 0.0).any():
            raise _refused(f"A running variance is negative at step {state.step}.")
        if not 0 <= state.step <= MOST_STEPS:
            raise _refused(f"Step {state.step} cannot be reached.")
        if not 0 <= state.epoch <= state.step or not 0 <= state.position < MOST_ROWS:
            where = f"epoch {state.epoch} and row {state.position}"
            raise _refused(f"Step {state.step} cannot be in {where}.")


def _refused(why: str, mend: str = "Choose an undamaged copy.") -> UserError:
    return UserError("The saved parameters were not used.", why, mend)


def _by_hand(past: SavedHistory) -> list[TrainState]:
    return [edit.state for edit in past.edits if edit.state is not None]


def _with_state(past: SavedHistory, state: TrainState) -> list[TrainState]:
    """Return the checkpoints and the state looked at among them."""
    before = [each for each in past.checkpoints if each.step < state.step]
    after = [each for each in past.checkpoints if each.step > state.step]
    return [*before, state, *after]


def _edit(edit: SavedEdit, problem: Problem, fresh: TrainState) -> Edit:
    rows = edit.rows
    if rows is not None:
        width, n_classes = problem.architecture.n_inputs, problem.architecture.n_classes
        if rows.X.shape[1] != width or not ((rows.y >= 0) & (rows.y < n_classes)).all():
            raise _refused(f"The rows of its edit at step {edit.step} do not fit the model.")
        problem = replace(problem, X=rows.X, y=rows.y, weights=rows.weights)
    if edit.training.optimizer != problem.training.optimizer:
        raise _refused(f"The optimiser of its edit at step {edit.step} is another.")
    state = None if edit.state is None else _converted(edit.state, fresh)
    return Edit(edit.step, problem.with_training(edit.training), state)


def _converted(state: TrainState, fresh: TrainState) -> TrainState:
    """Return a state in the precision of the engine that goes on."""
    dtype = fresh.parameters.dtype
    arrays = (state.parameters, state.slots, state.statistics)
    counts = state.step, state.epoch, state.position
    return TrainState(*counts, *(array.astype(dtype) for array in arrays))
