"""Earlier runs beside the present one: named by what differs, and never fixing its axes."""

from dataclasses import replace

import numpy as np
import pytest

from core.experiment.view import View
from core.explain.metric_lines import overconfidence_onset
from core.run.run import start_run
from core.scenes.loss_scene import loss_scene, what_differs
from tests.core.scene_cases import experiment, table


def recorded(losses, data=None, **sections):
    """Return a run that recorded these losses, five steps apart."""
    run = start_run(experiment(**sections), data)
    state = run.history.latest
    for k, loss in enumerate(losses):
        values = {f"{split}.loss": loss for split in ("train", "validation", "test")}
        run.history.metrics.append(5 * k, 0.1 * k, values)
        run.history.record_state(state)
        state = run.history.engine.burst(run.history.problem, state, 5).state
    return run


def scene_of(run, *ghosts, **view):
    return loss_scene(run, ghosts, View(**view), run.history.latest.step)


LIVE = (0.7, 0.5, 0.4, 0.3)


@pytest.mark.parametrize("log_metric", [False, True])
@pytest.mark.parametrize("log_steps", [False, True])
def test_no_ghost_changes_the_axes(log_metric, log_steps):
    run = recorded(LIVE)
    alone = scene_of(run, log_metric=log_metric, log_steps=log_steps)
    diverged = recorded((0.7, 40.0, 6e20, 6e41, 6e41, 6e41), training={"learning_rate": 90.0})
    other = recorded((9.0, 8.0), table())
    scene = scene_of(run, diverged, other, log_metric=log_metric, log_steps=log_steps)
    assert (scene.x_range, scene.y_range) == (alone.x_range, alone.y_range)
    assert [ghost.name for ghost in scene.ghosts] == ["learning rate 90"]
    assert scene.hidden_ghosts == 1


def test_before_the_run_has_gone_on_a_steady_ghost_gives_the_axes_and_a_diverged_one_does_not():
    run, steady = recorded(LIVE[:1]), recorded(LIVE)
    diverged = recorded((0.7, 6e41))
    scene = scene_of(run, steady, diverged)
    assert scene.y_range == scene_of(steady).y_range
    assert scene.x_range == scene_of(steady).x_range


def test_a_run_that_blew_up_and_was_mended_can_still_be_read():
    scene = scene_of(recorded((0.7, 6e41, 0.6, 0.5, 0.4)))
    assert scene.y_range == pytest.approx((0.0, 0.7))


def test_ghosts_can_be_hidden():
    scene = scene_of(recorded(LIVE), recorded(LIVE), ghosts=False)
    assert (scene.ghosts, scene.hidden_ghosts) == ((), 1)


def test_ghosts_are_named_by_what_differs():
    run = recorded(LIVE)
    assert what_differs(recorded(LIVE), run) == ""
    other = recorded(LIVE, model={"hidden": []}, training={"optimizer": "adam"})
    assert what_differs(other, run) == "hidden layers none, optimiser Adam"
    many = recorded(LIVE, model={"hidden": [9], "seed": 4}, training={"batch_size": 3})
    assert what_differs(many, run).endswith(", +1")
    plain = replace(run, experiment=run.experiment.replacing("calibration.bins", 7))
    assert what_differs(plain, run) == ""


def test_a_ghost_is_named_by_the_choices_it_was_trained_with():
    run = recorded(LIVE, training={"learning_rate": 90.0})
    lowered = run.experiment.replacing("training.learning_rate", 0.1)
    ghost = replace(run, experiment=lowered)  # turned after the last step
    fresh = recorded(LIVE, training={"learning_rate": 0.1})
    assert what_differs(ghost, fresh) == "learning rate 90"


def test_a_step_too_long_is_no_overconfidence():
    fall_and_rise = np.abs(np.arange(40) - 15.0) / 40.0 + 0.3
    right = np.full(40, 0.9)
    falling = np.linspace(0.6, 0.1, 40)
    assert overconfidence_onset(fall_and_rise, right, falling) == 15
    assert overconfidence_onset(fall_and_rise, right, fall_and_rise) == -1


def test_a_single_record_has_an_axis_of_round_numbers_and_no_best_place():
    scene = scene_of(recorded(LIVE[:1]))
    assert scene.x_range == (0.0, 1.0)
    assert np.isnan(scene.best)
