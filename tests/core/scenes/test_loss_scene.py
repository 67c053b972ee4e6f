import math
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss, roc_auc_score

from core.base.arrays import SPLITS
from core.experiment.view import View
from core.explain.metric_lines import overconfidence_onset
from core.run.history import Metrics, with_parameters
from core.run.run import Run, edited_run, start_run
from core.scenes.loss_scene import loss_scene, what_differs
from core.training.recorded_metrics import DECOMPOSITION, drawn_metrics, measure, parts_of
from tests.core.scene_cases import by_hand, experiment, raw_rows, table, trained


def recorded(n=40, step_size=5, **sections) -> Run:
    """A run with n records whose figures are known."""
    run, _ = trained(steps=0, **sections)
    rng = np.random.default_rng(2)
    state = run.history.latest
    for k in range(n):
        values = {f"{split}.loss": 1.0 / (k + 1) + 0.1 * s for s, split in enumerate(SPLITS)}
        values |= {f"{split}.accuracy": 0.6 + 0.3 * rng.random() for split in SPLITS}
        values["validation.loss"] = abs(k - 25) / 25.0 + 0.05
        run.history.metrics.append(k * step_size, k * step_size / 9.0, values)
        run.history.record_state(state)
        state = run.history.engine.burst(run.history.problem, state, step_size).state
    return run


@pytest.fixture(scope="module")
def run():
    return recorded()


def scene_of(run, step=10**9, ghosts=(), **view):
    return loss_scene(run, ghosts, View(**view), min(step, run.history.latest.step))


def test_lines_hold_what_was_recorded(run):
    scene = scene_of(run)
    assert [line.split for line in scene.lines] == list(SPLITS)
    np.testing.assert_array_equal(scene.lines[0].x, np.arange(40) * 5 / 9.0)
    np.testing.assert_array_equal(scene.lines[0].y, 1.0 / np.arange(1, 41))
    assert scene.lines[2].last == pytest.approx(1.0 / 40 + 0.2)
    by_step = scene_of(run, by_epoch=False)
    np.testing.assert_array_equal(by_step.lines[0].x, np.arange(40) * 5)


def test_the_best_place_is_where_validation_loss_was_lowest(run):
    assert scene_of(run).best == pytest.approx(25 * 5 / 9.0)
    assert scene_of(run, by_epoch=False, metric="accuracy").best == 125.0


def test_the_scrub_position_is_marked_and_figures_are_those_of_that_step(run):
    assert math.isnan(scene_of(run).now)
    scene = scene_of(run, step=52, by_epoch=False)
    assert scene.now == 52.0
    assert scene.lines[0].last == pytest.approx(1.0 / 11)
    assert scene_of(run, step=52).now == pytest.approx(52 / 9.0)


def test_logarithmic_axes_leave_out_what_is_not_positive(run):
    scene = scene_of(run, log_steps=True, log_metric=True, by_epoch=False)
    assert all((line.x > 0).all() and (line.y > 0).all() for line in scene.lines)
    assert scene.lines[0].x[0] == 5.0
    assert scene.x_range == (5.0, 195.0)
    assert 0.0 < scene.y_range[0] <= 1.0 / 40
    assert scene.y_range[1] >= 1.0 / 2


def test_ranges_hold_every_line(run):
    for view in ({}, {"metric": "accuracy"}, {"log_metric": True}):
        scene = scene_of(run, **view)
        for line in scene.lines:
            assert scene.y_range[0] <= line.y.min() <= line.y.max() <= scene.y_range[1]
            assert scene.x_range[0] <= line.x[0] <= line.x[-1] <= scene.x_range[1]


@pytest.mark.parametrize("log_steps", [False, True])
def test_a_smoothed_line_is_the_mean_height_around_on_the_axis(run, log_steps):
    scene = scene_of(run, smoothed=True, log_steps=log_steps)
    x, y = scene.lines[0].x, scene.lines[0].y
    places = np.log10(x) if log_steps else x
    half = 0.025 * (places[-1] - places[0])
    for k, smoothed in enumerate(scene.smoothed[0].y[1:], start=1):
        reach = min(half, places[k] - places[0])
        low = min(places[k] - reach, places[k - 1])
        high = max(min(places[k] + reach, places[-1]), *places[k : k + 2])
        middles = low + (np.arange(20_000) + 0.5) * (high - low) / 20_000
        assert smoothed == pytest.approx(np.interp(middles, places, y).mean(), rel=1e-5)
    assert scene.smoothed[0].y[0] == y[0]
    assert scene_of(run).smoothed == ()


def test_a_record_without_the_figure_is_passed_over_smoothed_or_not():
    run = recorded(n=60)
    run.history.metrics.append(300, 300 / 9.0, {"train.accuracy": 0.5})
    run.history.metrics.append(305, 305 / 9.0, {"train.loss": 0.01})
    scene = scene_of(run, smoothed=True, by_epoch=False)
    for line in (scene.lines[0], scene.smoothed[0]):
        np.testing.assert_array_equal(line.x, [*range(0, 300, 5), 305])
        assert np.isfinite(line.y).all()


def test_a_live_edit_is_marked_with_what_was_turned(run):
    edited = edited_run(run, run.experiment.replacing("training.learning_rate", 0.05), 60)
    scene = loss_scene(edited, [run], View(by_epoch=False), 60)
    [mark] = scene.edits
    assert mark.place == 60.0
    assert mark.changes == (("learning rate", 0.2, 0.05),)
    [ghost] = scene.ghosts
    assert [line.split for line in ghost.lines] == list(SPLITS)
    np.testing.assert_array_equal(ghost.lines[0].x, np.arange(40) * 5)
    assert ghost.name == "learning rate 0.2"


def test_a_parameter_set_by_hand_is_marked_as_such(run):
    edited = edited_run(run, run.experiment.replacing("training.learning_rate", 0.05), 60)
    history = edited.history.branch(60)
    changed = with_parameters(history.latest, np.array([0]), np.array([9.0]))
    history.record_edit(60, history.problem, changed)
    [mark] = scene_of(replace(edited, history=history), by_epoch=False).edits
    assert mark.by_hand
    assert not any(mark.by_hand for mark in scene_of(edited).edits)


def test_a_data_edit_is_marked_without_a_turned_knob(run):
    edited = edited_run(run, run.experiment.replacing("data.noise", 0.4), 60)
    [mark] = scene_of(edited, by_epoch=False).edits
    assert mark.changes == ()


def test_a_figure_of_the_whole_run_has_one_line():
    run, _ = trained(steps=0)
    run.history.metrics.append(0, 0.0, {"gradient_norm": 2.0})
    scene = scene_of(run, metric="gradient_norm")
    assert [line.split for line in scene.lines] == [""]
    assert scene.lines[0].last == 2.0


def test_a_run_without_records_has_no_lines_and_a_range_all_the_same():
    run, _ = trained(steps=0)
    for is_log in (False, True):
        scene = scene_of(run, log_metric=is_log, log_steps=is_log)
        assert scene.lines == ()
        assert math.isnan(scene.best)
        assert scene.y_range[0] < scene.y_range[1]
        assert scene.x_range[0] < scene.x_range[1]


def test_figures_that_are_not_finite_are_left_out():
    run, _ = trained(steps=0)
    for k, value in enumerate((1.0, math.inf, math.nan, 2.0)):
        run.history.metrics.append(k, float(k), {"train.log_loss": value})
    [line] = scene_of(run, metric="log_loss").lines
    assert line.x.tolist() == [0.0, 3.0]
    assert math.isnan(scene_of(run, metric="log_loss").best)


@pytest.fixture(scope="module")
def moons():
    return trained(steps=60, data={"rows": 400, "noise": 0.6})


def test_the_parts_of_the_score_are_drawn_together(moons):
    run, _ = moons
    metrics = type(run.history.metrics)()
    for k in range(20):
        values = {
            "validation.log_loss": 0.4 + abs(k - 8) / 20,
            "validation.accuracy": 0.9,
            "validation.mcb": 0.01 * k,
            "validation.dsc": 0.2,
            "validation.unc": 0.25,
        }
        metrics.append(10 * k, float(k), values)
    run.history.metrics, before = metrics, run.history.metrics
    try:
        scene = loss_scene(run, [], View(metric=DECOMPOSITION.name), 190)
    finally:
        run.history.metrics = before
    assert [line.split for line in scene.lines] == ["log loss", "MCB", "DSC", "UNC"]
    np.testing.assert_allclose(scene.lines[1].y, 0.01 * np.arange(20))
    assert scene.lines[0].last == pytest.approx(0.4 + 11 / 20)
    assert scene.turn == 8.0
    assert "decomposition" in drawn_metrics()


@pytest.mark.parametrize(("epochs_a_record", "expected"), [(0.25, 2.0), (0.05, math.nan)])
def test_nothing_turns_before_each_row_has_been_seen(moons, epochs_a_record, expected):
    run, _ = moons
    history = run.history.branch(run.history.first_step)
    history.metrics = Metrics()
    for k in range(20):
        values = {"validation.log_loss": 0.4 + abs(k - 8) / 20, "validation.accuracy": 0.9}
        history.metrics.append(k, k * epochs_a_record, values)
    turn = loss_scene(replace(run, history=history), [], View(), 0).turn
    np.testing.assert_equal(turn, expected)


def test_what_training_records_is_what_scikit_learn_measures_at_those_steps():
    run, _ = trained(steps=0, data={"rows": 200, "noise": 0.5})
    history, parts = run.history, parts_of(run.prepared)
    for _ in range(4):
        history.record_state(history.engine.burst(history.problem, history.latest, 7).state)
        state = history.latest
        history.metrics.append(
            state.step, state.step / 15.0, measure(history.problem, parts, state)
        )
    figures = {
        "loss": log_loss,
        "log_loss": log_loss,
        "accuracy": lambda y, p: accuracy_score(y, p >= 0.5),
        "auc": roc_auc_score,
        "brier": brier_score_loss,
    }
    for name, figure in figures.items():
        scene = loss_scene(run, [], View(metric=name, by_epoch=False), 28)
        assert [line.split for line in scene.lines] == list(SPLITS)
        for code, line in enumerate(scene.lines):
            raw, y = raw_rows(run, code)
            assert line.x.tolist() == [7.0, 14.0, 21.0, 28.0]
            expected = [
                figure(y, by_hand(run, history.state_at(k), raw)[:, 1]) for k in (7, 14, 21)
            ]
            np.testing.assert_allclose(line.y[:3], expected, rtol=1e-9)
            assert line.last == line.y[3]
        back = loss_scene(run, [], View(metric=name, by_epoch=False), 20)
        assert [line.last for line in back.lines] == [line.y[1] for line in back.lines]
        assert back.now == 20.0


def test_a_figure_of_zero_has_no_place_on_a_logarithmic_axis():
    run, _ = trained(steps=0)
    for k, value in enumerate((0.0, 2.0, 0.0, 0.5)):
        run.history.metrics.append(k, float(k), {"train.log_loss": value})
    plain = scene_of(run, metric="log_loss", by_epoch=False)
    assert plain.lines[0].y.tolist() == [0.0, 2.0, 0.0, 0.5]
    scene = scene_of(run, metric="log_loss", by_epoch=False, log_metric=True)
    assert scene.lines[0].x.tolist() == [1.0, 3.0]
    assert scene.lines[0].y.tolist() == [2.0, 0.5]
    assert scene.y_range == (0.5, 2.0)


@pytest.mark.parametrize(
    ("accuracies", "expected"),
    [
        ((0.85, 0.99), (0.8, 1.0)),  # a tenth below the lowest, and a third of one for room
        ((0.82, 0.99), (0.7, 1.0)),
        ((0.3, 0.6), (0.0, 0.7)),
        ((0.3, 0.9), (0.0, 1.0)),
    ],
)
def test_of_shares_above_one_half_only_the_upper_part_is_drawn(accuracies, expected):
    run, _ = trained(steps=0)
    for k, value in enumerate(accuracies):
        run.history.metrics.append(k, float(k), {"train.accuracy": value})
    assert scene_of(run, metric="accuracy").y_range == pytest.approx(expected)


def run_with_losses(losses, data=None, **sections):
    """Return a run that recorded these losses, five steps apart."""
    run = start_run(experiment(**sections), data)
    state = run.history.latest
    for k, loss in enumerate(losses):
        values = {f"{split}.loss": loss for split in ("train", "validation", "test")}
        run.history.metrics.append(5 * k, 0.1 * k, values)
        run.history.record_state(state)
        state = run.history.engine.burst(run.history.problem, state, 5).state
    return run


def scene_with(run, *ghosts, **view):
    return loss_scene(run, ghosts, View(**view), run.history.latest.step)


LIVE = (0.7, 0.5, 0.4, 0.3)


@pytest.mark.parametrize("log_metric", [False, True])
@pytest.mark.parametrize("log_steps", [False, True])
def test_no_ghost_changes_the_axes(log_metric, log_steps):
    run = run_with_losses(LIVE)
    alone = scene_with(run, log_metric=log_metric, log_steps=log_steps)
    diverged = run_with_losses(
        (0.7, 40.0, 6e20, 6e41, 6e41, 6e41), training={"learning_rate": 90.0}
    )
    other = run_with_losses((9.0, 8.0), table())
    scene = scene_with(run, diverged, other, log_metric=log_metric, log_steps=log_steps)
    assert (scene.x_range, scene.y_range) == (alone.x_range, alone.y_range)
    assert [ghost.name for ghost in scene.ghosts] == ["learning rate 90"]
    assert scene.hidden_ghosts == 1


def test_before_the_run_has_gone_on_a_steady_ghost_gives_the_axes_and_a_diverged_one_does_not():
    run, steady = run_with_losses(LIVE[:1]), run_with_losses(LIVE)
    diverged = run_with_losses((0.7, 6e41))
    scene = scene_with(run, steady, diverged)
    assert scene.y_range == scene_with(steady).y_range
    assert scene.x_range == scene_with(steady).x_range


def test_a_run_that_blew_up_and_was_mended_can_still_be_read():
    scene = scene_with(run_with_losses((0.7, 6e41, 0.6, 0.5, 0.4)))
    assert scene.y_range == pytest.approx((0.0, 0.7))


def test_ghosts_can_be_hidden():
    scene = scene_with(run_with_losses(LIVE), run_with_losses(LIVE), ghosts=False)
    assert (scene.ghosts, scene.hidden_ghosts) == ((), 1)


def test_ghosts_are_named_by_what_differs():
    run = run_with_losses(LIVE)
    assert what_differs(run_with_losses(LIVE), run) == ""
    other = run_with_losses(LIVE, model={"hidden": []}, training={"optimizer": "adam"})
    assert what_differs(other, run) == "hidden layers none, optimiser Adam"
    many = run_with_losses(LIVE, model={"hidden": [9], "seed": 4}, training={"batch_size": 3})
    assert what_differs(many, run).endswith(", +1")
    plain = replace(run, experiment=run.experiment.replacing("calibration.bins", 7))
    assert what_differs(plain, run) == ""


def test_a_ghost_is_named_by_the_choices_it_was_trained_with():
    run = run_with_losses(LIVE, training={"learning_rate": 90.0})
    lowered = run.experiment.replacing("training.learning_rate", 0.1)
    ghost = replace(run, experiment=lowered)  # turned after the last step
    fresh = run_with_losses(LIVE, training={"learning_rate": 0.1})
    assert what_differs(ghost, fresh) == "learning rate 90"


def test_a_step_too_long_is_no_overconfidence():
    fall_and_rise = np.abs(np.arange(40) - 15.0) / 40.0 + 0.3
    right = np.full(40, 0.9)
    falling = np.linspace(0.6, 0.1, 40)
    assert overconfidence_onset(fall_and_rise, right, falling) == 15
    assert overconfidence_onset(fall_and_rise, right, fall_and_rise) == -1


def test_a_single_record_has_an_axis_of_round_numbers_and_no_best_place():
    scene = scene_with(run_with_losses(LIVE[:1]))
    assert scene.x_range == (0.0, 1.0)
    assert np.isnan(scene.best)
