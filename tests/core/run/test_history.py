from dataclasses import replace

import numpy as np
import pytest

from core.base.errors import UserError
from core.run.history import History, Metrics, with_parameters
from core.training.numpy_engine import NumpyEngine
from tests.core.problems import small_problem

ENGINE = NumpyEngine()


def recorded(bursts, most=None, **choices):
    """Return a history trained in these bursts, and every state by its step."""
    problem = small_problem(**choices)
    state = ENGINE.start(problem, "glorot", 0)
    history = History(ENGINE, problem, state, most)
    for steps in bursts:
        state = ENGINE.burst(problem, state, steps).state
        history.record_state(state)
    return history


def live_states(history, last):
    """Walk one step at a time, following the edits, and return the state at each step."""
    state = history.state_at(0)
    states = [state]
    while state.step < last:
        problem = [edit.problem for edit in history.edits if edit.step <= state.step][-1]
        state = ENGINE.burst(problem, state, 1).state
        states.append(state)
    return states


@pytest.mark.parametrize("optimizer", ["sgd", "nesterov", "adamw"])
def test_any_step_is_given_back_bit_for_bit(optimizer):
    history = recorded([10, 3, 17, 20], optimizer=optimizer, batch_norm=True)
    live = live_states(history, 50)
    for step in (49, 0, 31, 10, 11, 30, 50, 12):
        assert history.state_at(step).same_bits(live[step])


def test_live_edits_are_replayed_from_the_step_they_took_effect():
    history = recorded([10])
    state = history.latest
    changes = [
        {"learning_rate": 0.9},
        {"batch_size": 7},
        {"penalty": "l2", "penalty_strength": 0.2},
    ]
    problem = history.problem
    for change in changes:
        problem = problem.with_training(replace(problem.training, **change))
        history.record_edit(state.step, problem)
        state = ENGINE.burst(problem, state, 9).state
        history.record_state(state)
    live = live_states(history, 37)
    assert live[37].same_bits(state)
    for step in (37, 5, 10, 18, 19, 20, 27, 28, 29, 36):
        assert history.state_at(step).same_bits(live[step])
    assert history.problem_at(18).training.learning_rate == 0.9
    assert history.problem_at(9).training.learning_rate != 0.9


def test_an_edit_at_the_same_step_replaces_the_one_before():
    history = recorded([5])
    fast = history.problem.with_training(replace(history.problem.training, learning_rate=9.0))
    slow = history.problem.with_training(replace(history.problem.training, learning_rate=0.01))
    history.record_edit(5, fast)
    history.record_edit(5, slow)
    assert [edit.step for edit in history.edits] == [0, 5]
    assert history.problem.training.learning_rate == 0.01
    with pytest.raises(ValueError):
        history.record_edit(4, fast)


def by_hand(history, index, value):
    """Give one parameter another value at the latest step."""
    state = with_parameters(history.latest, np.array([index]), np.array([value]))
    history.record_edit(state.step, history.problem, state)
    return state


def go_on(history, steps):
    history.record_state(ENGINE.burst(history.problem, history.latest, steps).state)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_parameters_changed_by_hand_are_replayed_exactly(optimizer):
    history = recorded([10], most=4, optimizer=optimizer)
    before = [history.state_at(step) for step in range(10)]
    walked = []
    for index, value in ((0, 2.5), (7, -1.0)):
        state = by_hand(history, index, value)
        assert state.parameters[index] == value
        walked.append(state)
        for _ in range(9):
            state = ENGINE.burst(history.problem, state, 1).state
            walked.append(state)
            history.record_state(state)
        walked.pop()
    live = [*before, *walked, state]
    assert [state.step for state in live] == list(range(29))
    for step in (28, 0, 10, 9, 18, 19, 20, 11, 27, 28):
        assert history.state_at(step).same_bits(live[step])


def test_only_the_parameter_named_is_changed_and_its_place_is_kept_in_memory():
    history = recorded([10], optimizer="momentum")
    before = history.latest
    after = by_hand(history, 3, 0.25)
    assert history.latest is history.state_at(10) is after
    assert np.flatnonzero(after.parameters != before.parameters).tolist() == [3]
    np.testing.assert_array_equal(after.slots, before.slots)
    assert [(edit.step, edit.state is after) for edit in history.edits] == [(0, False), (10, True)]
    assert sum(kept.step == 10 for kept in history.checkpoints) == 1


def test_a_hand_edit_survives_a_live_edit_at_its_step_and_another_hand_edit_follows_it():
    history = recorded([10], most=1)  # so that all but the first and the latest are replayed
    first = by_hand(history, 3, 0.25)
    fast = history.problem.with_training(replace(history.problem.training, learning_rate=0.5))
    history.record_edit(10, fast)
    assert history.edits[-1].state is first
    second = by_hand(history, 4, 0.75)
    go_on(history, 5)
    assert history.state_at(0).step == 0  # from here on, what was replayed before is forgotten
    assert [state.step for state in history.checkpoints] == [0]
    assert history.state_at(10).same_bits(second)
    assert (second.parameters[3], second.parameters[4]) == (0.25, 0.75)
    assert history.state_at(15).same_bits(ENGINE.burst(fast, second, 5).state)


def test_a_hand_edit_at_the_first_step_replaces_the_beginning():
    history = recorded([])
    after = by_hand(history, 0, 3.0)
    go_on(history, 20)
    assert history.state_at(0).same_bits(after)
    assert history.branch(6).state_at(0).same_bits(after)
    assert history.state_at(13).same_bits(ENGINE.burst(history.problem, after, 13).state)


def test_a_branch_before_a_hand_edit_knows_nothing_of_it():
    history = recorded([10])
    by_hand(history, 0, 3.0)
    go_on(history, 5)
    branch, through = history.branch(8), history.branch(12)
    go_on(branch, 7)
    assert len(branch.edits) == 1
    assert not branch.latest.same_bits(history.latest)
    go_on(through, 3)
    assert through.latest.same_bits(history.latest)


def test_a_state_of_the_past_cannot_be_put_in_place():
    history = recorded([10, 10])
    with pytest.raises(ValueError):
        history.record_edit(10, history.problem, history.state_at(10))


@pytest.mark.parametrize("value", [np.nan, np.inf, -2e6])
def test_a_parameter_that_cannot_be_is_refused(value):
    state = recorded([2]).latest
    with pytest.raises(UserError, match="cannot"):
        with_parameters(state, np.array([0]), np.array([value]))


def test_a_patch_keeps_the_states_precision():
    state = recorded([2]).latest
    single = replace(state, parameters=state.parameters.astype(np.float32))
    after = with_parameters(single, np.array([1]), np.array([0.1]))
    assert after.parameters.dtype == np.float32
    assert after.parameters[1] == np.float32(0.1)


def test_checkpoints_stay_bounded_and_every_step_can_still_be_reached():
    history = recorded([3] * 400, most=20)
    assert len(history.checkpoints) <= 20
    assert history.latest.step == 1200
    live = live_states(history, 1200)
    for step in (0, 1, 599, 600, 1199, 1200):
        assert history.state_at(step).same_bits(live[step])


def test_checkpoints_of_ten_million_steps_stay_bounded_and_even():
    history = recorded([1], most=64)
    for step in range(2, 10_000_000, 997):
        history.record_state(replace(history.latest, step=step))
    assert len(history.checkpoints) <= 64
    gaps = np.diff([state.step for state in history.checkpoints])
    assert gaps.max() <= 4 * 10_000_000 / 64


def test_memory_bounds_the_number_of_checkpoints_by_the_states_size():
    problem = small_problem(n_inputs=300, hidden=(400, 400))
    state = ENGINE.start(problem, "glorot", 0)
    history = History(ENGINE, problem, state)
    for step in range(1, 200):
        history.record_state(replace(state, step=step))
        assert len(history.checkpoints) * state.n_bytes <= 64 * 2**20
    assert len(history.checkpoints) >= 8


def test_a_step_not_reached_is_refused_in_words():
    history = recorded([5])
    for step in (-1, 6):
        with pytest.raises(UserError, match="0 to 5"):
            history.state_at(step)


def test_a_branch_equals_the_original_while_nothing_is_changed():
    history = recorded([10, 10, 10])
    branch = history.branch(14)
    assert branch.latest.same_bits(history.state_at(14))
    going_on = ENGINE.burst(branch.problem, branch.latest, 16).state
    assert going_on.same_bits(history.latest)
    assert branch.state_at(3).same_bits(history.state_at(3))


def test_a_branch_leaves_the_original_as_it_was():
    history = recorded([10, 10])
    before = history.latest
    branch = history.branch(10)
    changed = branch.problem.with_training(replace(branch.problem.training, learning_rate=1.0))
    branch.record_edit(10, changed)
    branch.record_state(ENGINE.burst(changed, branch.latest, 10).state)
    assert history.latest is before
    assert len(history.edits) == 1
    assert not branch.latest.same_bits(before)


def test_a_branch_keeps_the_figures_up_to_its_step():
    history = recorded([10, 10])
    for step in (0, 10, 20):
        history.metrics.append(step, step / 5, {"train.loss": float(step)})
    branch = history.branch(10)
    np.testing.assert_array_equal(branch.metrics.column("step"), [0.0, 10.0])
    branch.metrics.append(11, 2.2, {"train.loss": 7.0})
    np.testing.assert_array_equal(history.metrics.column("train.loss"), [0.0, 10.0, 20.0])


def test_metrics_keep_every_row_and_fill_what_was_not_given():
    metrics = Metrics()
    for step in range(1000):
        values = {"train.loss": step / 2} | ({"test.auc": 0.5} if step % 2 else {})
        metrics.append(step, step / 10, values)
    assert len(metrics) == 1000
    np.testing.assert_array_equal(metrics.column("step"), np.arange(1000))
    np.testing.assert_array_equal(metrics.column("train.loss"), np.arange(1000) / 2)
    assert np.isnan(metrics.column("test.auc")[::2]).all()
    assert (metrics.column("test.auc")[1::2] == 0.5).all()
    assert np.isnan(metrics.column("never")).all()
    with pytest.raises(ValueError):
        metrics.column("step")[0] = 1.0
