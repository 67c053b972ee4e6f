"""The session: training, scrubbing, edits, files and what goes wrong."""

import numpy as np
import pytest

from core.base.errors import UserError
from core.experiment.experiment import Experiment, experiment_from_mapping
from core.predictions import predictions_of
from core.training import engines
from core.training.engines import available_engine
from core.training.numpy_engine import burst, numpy_engine
from gui.session.session import Session
from tests.gui.panel_cases import START, train


@pytest.fixture
def session(qapp):
    made = Session(START)
    yield made
    made.close()


def test_training_records_states_and_figures_and_signals_frames(qtbot, session):
    with qtbot.waitSignal(session.state_changed):
        session.play()
    qtbot.waitUntil(lambda: session.run.history.latest.step > 20)
    session.pause()
    assert not session.is_playing
    qtbot.waitUntil(lambda: len(session.run.history.metrics) >= 2)
    assert np.isfinite(session.run.history.metrics.column("train.loss")).all()


def test_a_session_begins_measured_at_step_zero(qtbot, session):
    qtbot.waitUntil(lambda: len(session.run.history.metrics) == 1)
    assert session.run.history.metrics.column("step")[0] == 0.0


def test_texts_are_written_while_training_and_at_last_of_the_last_step(qtbot, session):
    written = []
    session.frame_clock.text_due.connect(lambda: written.append(session.state.step))
    session.play()
    qtbot.waitUntil(lambda: len(set(written)) > 3)
    session.pause()
    qtbot.waitUntil(lambda: session.run.history.metrics.column("step")[-1] == session.state.step)
    assert written[-1] == session.run.history.latest.step


def test_scrubbing_shows_the_state_that_was_live_and_the_latest_is_live_again(qtbot, session):
    train(qtbot, session, 50)
    start = session.run.history.state_at(0)
    session.scrub(17)
    assert not session.is_live
    expected = burst(session.run.history.problem, start, 17).state
    assert session.state.same_bits(expected)
    session.scrub(50)
    assert session.is_live
    assert session.state.step == 50


def test_playing_from_a_scrubbed_step_branches_and_leaves_a_ghost(qtbot, session):
    train(qtbot, session, 50)
    old = session.run
    session.scrub(20)
    train(qtbot, session, 5)
    assert [ghost.history for ghost in session.ghosts] == [old.history]
    assert session.run.history.latest.step == 25
    assert session.run.history.latest.same_bits(old.history.state_at(25))
    assert old.history.latest.step == 50


def test_a_live_edit_keeps_the_run_and_is_recorded(qtbot, session):
    train(qtbot, session, 10)
    history = session.run.history
    session.edit("training.learning_rate", 0.5)
    train(qtbot, session, 10)
    assert session.run.history is history
    assert [edit.step for edit in history.edits] == [0, 10]
    assert history.problem.training.learning_rate == 0.5
    live = history.latest
    history.state_at(0)  # from where replay goes on
    assert history.state_at(13).step == 13
    assert history.state_at(20).same_bits(live)


def test_a_live_edit_at_a_scrubbed_step_branches_there(qtbot, session):
    train(qtbot, session, 30)
    session.scrub(12)
    session.edit("training.learning_rate", 0.5)
    assert session.is_live
    assert session.run.history.latest.step == 12
    assert session.run.history.problem.training.learning_rate == 0.5
    assert session.ghosts[0].history.latest.step == 30


def test_a_data_edit_keeps_the_weights(qtbot, session):
    train(qtbot, session, 30)
    before = session.state
    session.edit("data.noise", 0.6)
    assert session.state.step == 30
    np.testing.assert_array_equal(session.state.parameters, before.parameters)
    assert session.run.history.problem.X is not session.run.history.edits[0].problem.X
    train(qtbot, session, 5)
    assert session.run.history.state_at(10).step == 10


def test_any_other_edit_starts_again_at_step_zero_from_the_same_seed(qtbot, session):
    train(qtbot, session, 30)
    session.edit("model.activation", "relu")
    assert session.state.step == 0
    session.edit("model.activation", "tanh")
    first = session.state
    session.restart()
    assert session.state.same_bits(first)


def test_a_new_seed_draws_other_weights(qtbot, session):
    first = session.state.parameters
    session.new_seed()
    assert not np.array_equal(session.state.parameters, first)


def test_a_calibration_edit_changes_no_training(qtbot, session):
    train(qtbot, session, 10)
    history = session.run.history
    session.edit("calibration.bins", 7)
    assert session.run.history is history
    assert session.experiment.calibration.bins == 7


def test_a_run_that_is_put_aside_lets_go_of_what_was_computed_of_it(qtbot, session):
    train(qtbot, session, 5)
    run = session.run
    assert predictions_of(run, session.state).probabilities.shape[1] == 2
    session.edit("calibration.bins", 9)
    assert session.run.memo is run.memo
    assert len(run.memo) > 0
    session.edit("model.hidden", (6, 2))
    assert len(run.memo) == 0
    assert session.run.memo is not run.memo


def test_a_refused_edit_leaves_everything_as_it_was(qtbot, session):
    run = session.run
    for path, value in (("training.learning_rate", -1.0), ("data.features", ("x9",))):
        with pytest.raises(UserError):
            session.edit(path, value)
    assert session.run is run
    assert session.undo_stack.count() == 0


def test_a_parameter_set_by_hand_is_there_at_once_and_undone_to_the_last_bit(qtbot, session):
    train(qtbot, session, 20)
    before = session.state
    with qtbot.waitSignal(session.state_changed):
        session.set_parameter(2, 1.5)
    assert session.state.step == 20
    assert session.state.parameters[2] == 1.5
    edited = session.state
    session.undo_stack.undo()
    assert session.state.same_bits(before)
    session.undo_stack.redo()
    assert session.state.same_bits(edited)


def test_training_goes_on_from_a_parameter_set_by_hand_and_is_replayed_exactly(qtbot, session):
    train(qtbot, session, 20)
    session.set_parameter(2, 1.5)
    edited = session.state
    train(qtbot, session, 10)
    expected = burst(session.run.history.problem, edited, 10).state
    assert session.state.same_bits(expected)
    session.scrub(0)
    session.scrub(20)
    assert session.state.same_bits(edited)
    session.scrub(30)
    qtbot.waitUntil(lambda: session.run.history.metrics.column("step")[-1] == 30.0)


def test_a_parameter_set_while_training_is_recorded_where_it_took_effect(qtbot, session):
    session.play()
    qtbot.waitUntil(lambda: session.run.history.latest.step > 20)
    session.set_parameter(0, 4.0)
    history = session.run.history
    qtbot.waitUntil(lambda: len(history.edits) == 2)
    edit = history.edits[1]
    assert edit.state.parameters[0] == 4.0
    qtbot.waitUntil(lambda: history.latest.step > edit.step + 20)
    session.pause()
    later = history.latest
    assert later.same_bits(burst(history.problem, edit.state, later.step - edit.step).state)
    session.undo_stack.undo()
    assert session.state.parameters[0] not in {4.0, later.parameters[0]}


def test_a_parameter_set_at_a_scrubbed_step_branches_there(qtbot, session):
    train(qtbot, session, 30)
    session.scrub(12)
    session.set_parameter(0, 2.0)
    assert session.is_live
    assert session.state.step == 12
    assert session.ghosts[0].history.latest.step == 30


def test_a_refused_parameter_leaves_everything_as_it_was(qtbot, session):
    state = session.state
    with pytest.raises(UserError):
        session.set_parameter(0, float("nan"))
    assert session.state is state
    assert session.undo_stack.count() == 0


def test_an_opened_table_becomes_the_data_in_one_undoable_edit(qtbot, session, tmp_path):
    table = tmp_path / "people.csv"
    generator = np.random.default_rng(0)
    rows = [
        f"{a:.2f},{b:.2f},{'yes' if a > b else 'no'}" for a, b in generator.normal(size=(40, 2))
    ]
    table.write_text("\n".join(["left,right,wins", *rows]), encoding="utf-8")
    session.open_table(str(table))
    qtbot.waitUntil(lambda: session.experiment.data.source == "file")
    assert session.run.dataset.target == session.experiment.data.target == "wins"
    assert session.run.dataset.classes == ("no", "yes")
    session.undo_stack.undo()
    assert session.experiment == START


def test_a_table_that_cannot_be_opened_is_told_and_changes_nothing(qtbot, session, tmp_path):
    run = session.run
    with qtbot.waitSignal(session.failed) as failed:
        session.open_table(str(tmp_path / "absent.csv"))
    assert isinstance(failed.args[0], UserError)
    assert "absent.csv" in str(failed.args[0])
    assert session.run is run


def test_divergence_pauses_keeps_the_last_finite_state_and_says_which_knob(qtbot, session):
    session.replace(
        experiment_from_mapping(
            {
                "data": {"rows": 60},
                "model": {"activation": "linear"},
                "training": {"learning_rate": 100.0, "penalty": "l2", "penalty_strength": 10.0},
            }
        )
    )
    with qtbot.waitSignal(session.message) as told:
        session.play()
    assert "penalty strength" in told.args[0]
    assert not session.is_playing
    assert session.player.divergence.knob == "training.penalty_strength"
    assert np.isfinite(session.state.parameters).all()


def test_early_stopping_shows_the_best_step(qtbot, session):
    session.replace(
        experiment_from_mapping(
            {
                "data": {"rows": 40, "noise": 0.7},
                "model": {"hidden": [20, 20]},
                "training": {
                    "optimizer": "adam",
                    "learning_rate": 0.05,
                    "early_stopping": True,
                    "patience": 4,
                },
            }
        )
    )
    session.play()
    qtbot.waitUntil(lambda: not session.is_playing and not session.is_live)
    per_epoch = session.run.history.problem.steps_per_epoch
    assert session.run.history.latest.epoch == session.state.step // per_epoch + 4


def test_a_view_change_is_told_and_changes_no_result(qtbot, session):
    run = session.run
    with qtbot.waitSignal(session.view_changed):
        session.set_view("threshold", 0.7)
    assert session.view.threshold == 0.7
    assert session.run is run
    with pytest.raises(UserError):
        session.set_view("threshold", 1.5)
    with pytest.raises(UserError):
        session.set_view("treshold", 0.5)


def test_a_default_experiment_is_two_moons(qapp):
    session = Session(Experiment())
    assert session.run.dataset.n_classes == 2
    session.close()


def test_a_faster_engine_takes_a_young_run_over_step_by_step(qtbot, qapp):
    pytest.importorskip("numba")
    chosen = [numpy_engine]
    start = START.replacing("training.precision", "float64")
    session = Session(start, choose_engine=lambda problem: chosen[0](problem))  # noqa: PLW0108
    try:
        train(qtbot, session, 20)
        session.edit("training.learning_rate", 0.5)
        session.edit("data.noise", 0.4)
        train(qtbot, session, 15)
        before, metrics = session.state, len(session.run.history.metrics)
        engines.make_ready("float64")
        chosen[0] = available_engine
        session.change_engine()
        assert session.run.history.engine.name == "compiled engine"
        assert (session.state.step, session.state.epoch) == (before.step, before.epoch)
        np.testing.assert_allclose(session.state.parameters, before.parameters, rtol=1e-9)
        assert len(session.run.history.metrics) == metrics
        assert session.ghosts == []
        train(qtbot, session, 5)
        assert session.run.history.state_at(33).step == 33
        run = session.run
        session.change_engine()
        assert session.run is run
    finally:
        session.close()


def test_nothing_is_done_in_the_background_of_a_closed_session(qapp):
    closed, ended = Session(START), []
    closed.close()
    closed.background.run("late", lambda: ended.append("work"), ended.append, ended.append)
    qapp.processEvents()
    assert ended == []
