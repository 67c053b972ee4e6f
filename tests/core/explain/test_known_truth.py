"""The known truth beside the boundary, against borders and errors worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from core.data.generators import GENERATORS, THICKNESS
from core.data.preparing import prepare
from core.experiment.experiment import Experiment
from core.experiment.view import View
from core.explain.known_truth import (
    MOST_ROWS,
    bayes_border,
    is_known,
    mean_error,
    total_variation,
    true_map,
    true_rows,
)
from core.explain.planes import plane_of
from core.functions.heads import class_logits
from core.run.run import start_run
from core.scenes.boundary_scene import boundary_scene, error_map
from tests.core.scene_cases import by_hand, raw_rows, recalibration_of, trained

VIEW = View()


def plane_over(dataset, view=VIEW):
    return plane_of(start_run(Experiment(), dataset), view)


def mapped(name, resolution=80, **choices):
    dataset = GENERATORS[name].make(**choices)
    return dataset, true_map(dataset, plane_over(dataset), resolution)


def places(truth):
    return truth.border[np.isfinite(truth.border).all(axis=1)]


def sigma(name, noise):
    return THICKNESS + (GENERATORS[name].spread[0] - THICKNESS) * noise


def test_a_true_map_is_the_truth_at_each_point_of_the_grid():
    dataset, truth = mapped("two_moons", 30, rows=200)
    for r, c in ((0, 0), (7, 22), (29, 29), (15, 3)):
        at = np.array([[truth.x[c], truth.y[r]]])
        np.testing.assert_array_equal(truth.probabilities[r, c], dataset.truth(at)[0])
    limits = plane_over(dataset).limits
    assert (truth.x[0], truth.x[-1], truth.y[0], truth.y[-1]) == limits


def test_exchanged_axes_exchange_the_map():
    dataset = GENERATORS["two_moons"].make(rows=100)
    plain, turned = (
        true_map(dataset, plane_over(dataset, view), 20)
        for view in (View(), View(x_axis=1, y_axis=0))
    )
    np.testing.assert_array_equal(turned.probabilities, plain.probabilities.transpose(1, 0, 2))


def test_the_bayes_boundary_of_equal_clouds_is_the_line_between_them():
    _, truth = mapped("two_gaussians", rows=300, noise=0.5)
    assert len(places(truth)) > 20
    np.testing.assert_allclose(places(truth)[:, 0], 0.0, atol=1e-3)


def test_unequal_shares_shift_the_bayes_boundary_towards_the_rarer_class():
    _, truth = mapped("imbalanced", rows=300, noise=0.5)
    shift = sigma("imbalanced", 0.5) ** 2 * np.log(9.0) / 1.2
    np.testing.assert_allclose(places(truth)[:, 0], shift, atol=0.01)


def test_the_bayes_boundary_of_unequal_spread_is_a_circle():
    _, truth = mapped("unequal_gaussians", 200, rows=400, noise=0.3)
    narrow, wide = (THICKNESS + (s - THICKNESS) * 0.3 for s in (0.6, 1.8))
    for x, y in places(truth):
        near = norm.logpdf(x, -0.5, narrow) + norm.logpdf(y, 0.0, narrow)
        far = norm.logpdf(x, 0.5, wide) + norm.logpdf(y, 0.0, wide)
        assert near == pytest.approx(far, abs=0.05)


@pytest.mark.parametrize(("name", "classes"), [("blobs", 3), ("six_blobs", 6)])
def test_of_more_classes_the_border_is_as_far_from_the_two_nearest_centres(name, classes):
    _, truth = mapped(name, 120, rows=300, noise=0.3)
    angles = np.pi / 2 + 2 * np.pi * np.arange(classes) / classes
    centres = np.column_stack([np.cos(angles), np.sin(angles)])
    cell = max(truth.x[1] - truth.x[0], truth.y[1] - truth.y[0])
    at = places(truth)
    away = np.sort(np.hypot(*(at[:, None] - centres).T), axis=0)
    np.testing.assert_allclose(away[0], away[1], atol=cell)
    assert len(at) > 100


def test_each_border_is_drawn_once():
    x = np.linspace(0.0, 1.0, 41)
    columns = np.minimum((x * 3).astype(int), 2)
    p = np.broadcast_to(np.eye(3)[columns] * 0.8 + 0.2 / 3, (41, 41, 3))
    border = bayes_border(x, x, p)
    lines = border[np.isfinite(border).all(axis=1)]
    assert len(np.unique(lines.round(9), axis=0)) == len(lines) == 2 * 41


def test_where_one_class_is_likeliest_everywhere_there_is_no_border():
    p = np.broadcast_to([0.7, 0.3], (5, 5, 2))
    assert bayes_border(np.arange(5.0), np.arange(5.0), p).shape == (0, 2)


@pytest.mark.parametrize("noise", [0.2, 0.6])
def test_the_best_accuracy_is_what_bayes_rule_reaches_on_new_rows(noise):
    dataset = GENERATORS["two_gaussians"].make(rows=20_000, noise=noise)
    best = true_rows(dataset, prepare(dataset)).bayes_accuracy
    assert best == pytest.approx(norm.cdf(0.6 / sigma("two_gaussians", noise)), abs=0.004)
    new = GENERATORS["two_gaussians"].make(rows=20_000, noise=noise, seed=9)
    right = (dataset.truth(new.X).argmax(axis=1) == new.y).mean()
    assert best == pytest.approx(right, abs=0.008)


def test_flipped_labels_lower_what_any_model_can_reach():
    clean, flipped = (
        GENERATORS["circles"].make(rows=500, noise=0.0, label_flips=share) for share in (0.0, 0.2)
    )
    assert true_rows(clean, prepare(clean)).bayes_accuracy == pytest.approx(1.0)
    assert true_rows(flipped, prepare(flipped)).bayes_accuracy == pytest.approx(0.8)


def test_true_rows_are_train_rows_and_not_too_many():
    dataset = GENERATORS["blobs"].make(rows=300)
    prepared = prepare(dataset)
    truth = true_rows(dataset, prepared)
    raw = dataset.X[prepared.rows[prepared.split == 0]]
    np.testing.assert_array_equal(truth.X, prepared.part(0)[0])
    np.testing.assert_array_equal(truth.probabilities, dataset.truth(raw))
    many = GENERATORS["blobs"].make(rows=40_000)
    assert MOST_ROWS / 2 < len(true_rows(many, prepare(many)).X) <= MOST_ROWS


@pytest.mark.parametrize("source", ["two_moons", "blobs"])
@pytest.mark.parametrize("resolution", [24, 40])
def test_the_error_map_is_half_the_sum_of_the_differences_at_each_point(source, resolution):
    run, state = trained(data={"source": source})
    scene = boundary_scene(run, state, View(), resolution=40)
    truth = true_map(run.dataset, scene.plane, resolution)
    found = error_map(run, state, scene, truth)
    grid = np.stack(np.meshgrid(truth.x, truth.y), axis=-1).reshape(-1, 2)
    expected = np.abs(by_hand(run, state, grid) - run.dataset.truth(grid)).sum(axis=1) / 2
    np.testing.assert_allclose(found.ravel(), expected, atol=1e-9)
    assert not found.flags.writeable


def test_of_two_classes_the_distance_is_that_of_the_second_class():
    rng = np.random.default_rng(0)
    p, q = (np.column_stack([1 - v, v]) for v in rng.random((2, 50)))
    np.testing.assert_allclose(total_variation(p, q), np.abs(p[:, 1] - q[:, 1]))
    three = total_variation(np.eye(3), np.roll(np.eye(3), 1, axis=1))
    np.testing.assert_array_equal(three, 1.0)


def test_the_mean_error_is_over_the_train_rows():
    run, state = trained()
    raw, _ = raw_rows(run, 0)
    expected = np.abs(by_hand(run, state, raw) - run.dataset.truth(raw))[:, 1].mean()
    assert mean_error(run, state, true_rows(run.dataset, run.prepared)) == pytest.approx(expected)


def test_the_error_of_calibrated_probabilities_is_theirs():
    run, state = trained(calibration={"method": "platt"})
    scene = boundary_scene(run, state, View(calibrated=True), resolution=20)
    truth = true_map(run.dataset, scene.plane, 30)
    found = error_map(run, state, scene, truth)
    fine = boundary_scene(run, state, View(calibrated=True), resolution=30)
    np.testing.assert_allclose(
        found, np.abs(fine.surface.probabilities - truth.probabilities)[:, :, 1], atol=1e-12
    )


def test_the_mean_error_of_calibrated_probabilities_is_theirs():
    run, state = trained(calibration={"method": "platt"})
    truth, mend = true_rows(run.dataset, run.prepared), recalibration_of(run, state)
    said = mend.probabilities(class_logits(run.logits(state, truth.X)))[:, 1]
    expected = np.abs(said - truth.probabilities[:, 1]).mean()
    assert mean_error(run, state, truth, mend) == pytest.approx(expected)
    assert mean_error(run, state, truth) != pytest.approx(expected)


def test_only_drawn_data_have_a_known_truth():
    dataset = GENERATORS["xor"].make(rows=50)
    assert is_known(dataset)
    assert not is_known(replace(dataset, truth=None))
