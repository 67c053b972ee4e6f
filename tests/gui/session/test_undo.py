"""Undo and redo: every change, a drag as one, and the runs that edits ended."""

import pytest

from core.run.earlier_runs import MOST_RUNS
from core.training.numpy_engine import burst
from gui.session.session import Session
from tests.gui.panel_cases import START, train


@pytest.fixture
def session(qapp):
    made = Session(START)
    yield made
    made.close()


def test_every_change_is_undone_and_redone(qtbot, session):
    session.edit("training.learning_rate", 0.5)
    session.edit("model.hidden", (4, 4))
    session.undo_stack.undo()
    assert session.experiment.model.hidden == (3,)
    session.undo_stack.undo()
    assert session.experiment == START
    session.undo_stack.redo()
    session.undo_stack.redo()
    assert session.experiment.model.hidden == (4, 4)
    assert session.run.architecture.layers[0].units == 4


def test_a_drag_is_one_undo_and_another_drag_another(qtbot, session):
    for drag in ("first", "second"):
        for rate in (0.2, 0.3, 0.4):
            session.edit("training.learning_rate", rate + (drag == "second"), drag=drag)
    assert session.undo_stack.count() == 2
    session.undo_stack.undo()
    assert session.experiment.training.learning_rate == 0.4
    session.undo_stack.undo()
    assert session.experiment == START


def test_a_drag_of_a_parameter_is_one_undo(qtbot, session):
    first = session.state
    for value in (0.1, 0.2, 0.3):
        session.set_parameter(1, value, drag="one")
    session.set_parameter(2, 0.4, drag="one")
    assert session.undo_stack.count() == 2
    session.undo_stack.undo()
    session.undo_stack.undo()
    assert session.state.same_bits(first)


@pytest.mark.parametrize(
    ("path", "value"), [("model.activation", "relu"), ("model.seed", 5), ("data.source", "circles")]
)
def test_undo_brings_back_the_run_that_an_edit_ended_and_redo_the_other(
    qtbot, session, path, value
):
    train(qtbot, session, 30)
    old = session.run
    session.edit(path, value)
    assert session.state.step == 0
    train(qtbot, session, 10)
    new = session.run
    session.undo_stack.undo()
    assert session.run is old
    assert session.state.step == 30
    assert old not in session.ghosts
    train(qtbot, session, 5)
    session.undo_stack.redo()
    assert session.run is new
    assert session.state.step == 10
    session.undo_stack.undo()
    assert session.state.step == 35
    assert session.state.same_bits(old.history.state_at(35))


def test_undoing_a_drag_brings_back_the_run_before_it(qtbot, session):
    train(qtbot, session, 30)
    old = session.run
    for step in range(1, 9):
        session.edit("model.seed", step, drag="one")
        train(qtbot, session, 1)
    session.undo_stack.undo()
    assert session.run is old
    assert session.state.step == 30


def test_undo_beyond_the_runs_remembered_begins_anew(qtbot, session):
    first = session.experiment
    for seed in range(1, MOST_RUNS + 3):
        train(qtbot, session, 2)
        session.edit("model.seed", seed)
    while session.undo_stack.canUndo():
        session.undo_stack.undo()
    assert session.experiment == first
    assert session.state.step == 0


def test_undoing_a_hand_edit_of_a_run_begun_anew_changes_nothing(qtbot, session):
    session.set_parameter(0, 2.0)
    session.restart()
    fresh = session.state
    session.undo_stack.undo()
    assert session.state is fresh


def test_a_live_edit_just_before_a_hand_edit_is_not_lost(qtbot, session):
    session.edit("training.learning_rate", 0.5)
    session.set_parameter(0, 2.0)
    edited = session.state
    train(qtbot, session, 7)
    assert session.run.history.problem.training.learning_rate == 0.5
    assert session.state.same_bits(burst(session.run.history.problem, edited, 7).state)
