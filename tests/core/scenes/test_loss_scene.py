import math
from dataclasses import replace

import numpy as np
import pytest

from core.base.arrays import SPLITS
from core.experiment.view import View
from core.explain.metric_lines import MOST_POINTS, mean_along, running_mean, thinned
from core.run.history import with_parameters
from core.run.run import Run, edited_run
from core.scenes.loss_scene import curves_scene
from tests.core.scene_cases import trained


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
    return curves_scene(run, ghosts, View(**view), min(step, run.history.latest.step))


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


def test_how_many_points_lie_in_a_stretch_does_not_pull_its_mean():
    def height(x):
        return np.interp(x, [0.0, 2.0, 3.0, 10.0], [9.0, 5.0, 5.0, 1.0])

    few = np.linspace(0.0, 10.0, 11)
    many = np.union1d(few, np.linspace(2.0, 3.0, 500))
    dense = mean_along(many, height(many), 4.0)[np.searchsorted(many, few)]
    np.testing.assert_allclose(dense, mean_along(few, height(few), 4.0), rtol=1e-12)


def test_a_line_of_one_point_or_of_one_place_is_its_own_mean():
    assert mean_along(np.array([3.0]), np.array([7.0]), 1.0).tolist() == [7.0]
    assert mean_along(np.zeros(3), np.array([1.0, 2.0, 3.0]), 0.0).tolist() == [1.0, 2.0, 3.0]


def test_a_running_mean_passes_over_what_is_not_finite():
    y = np.array([1.0, np.nan, 3.0, np.inf, 5.0])
    np.testing.assert_allclose(running_mean(y, 5), [2.0, np.nan, 3.0, np.nan, 4.0])


@pytest.mark.parametrize("growth", ["even", "doubling"])
def test_thinning_keeps_the_ends_and_every_stretchs_extremes(growth):
    rng = np.random.default_rng(0)
    y = rng.normal(size=100_003).round(1)
    places = np.arange(100_003.0) if growth == "even" else np.log10(1.0 + np.arange(100_003.0))
    kept = thinned(places, y)
    assert len(kept) <= MOST_POINTS + 4
    assert (np.diff(kept) > 0).all()
    assert (kept[0], kept[-1]) == (0, 100_002)
    assert y[kept].max() == y.max()
    assert y[kept].min() == y.min()
    stretch = np.floor((places - places[0]) / (places[-1] - places[0]) * (MOST_POINTS // 2))
    for number in range(0, MOST_POINTS // 2 + 1, 7):
        within = stretch == number
        if within.any():
            extremes = {y[within].min(), y[within].max()}
            assert {y[k] for k in kept if within[k]} >= extremes
    np.testing.assert_array_equal(thinned(places[:50], y[:50]), np.arange(50))


def test_a_flat_line_is_thinned_and_one_without_width_too():
    assert len(thinned(np.arange(5000.0), np.zeros(5000))) <= MOST_POINTS
    assert thinned(np.zeros(5000), np.zeros(5000)).tolist() == [0, 4999]


def test_a_live_edit_is_marked_with_what_was_turned(run):
    edited = edited_run(run, run.experiment.replacing("training.learning_rate", 0.05), 60)
    scene = curves_scene(edited, [run], View(by_epoch=False), 60)
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
