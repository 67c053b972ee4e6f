import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from core.experiment.experiment import experiment_from_mapping
from core.experiment.view import View
from core.explain.curvature import LargestEigenvalue, Point, largest_eigenvalue
from core.explain.loss_surface import (
    PlaneChoice,
    chosen_plane,
    contours_of_losses,
    filter_normalised,
    loss_surface,
    pair_of,
    plane_through,
)
from core.model.gradient_check import finite_differences
from core.run.history import with_parameters
from core.run.run import start_run
from core.scenes.landscape_scene import ellipse_of, height_at, landscape_scene, path_of
from core.training.numpy_engine import burst, gradient_at
from tests.core.network_by_hand import pass_by_hand
from tests.core.scene_cases import inputs_by_hand, raw_rows

NO_PATH = np.empty((0, 2))


def run_of(hidden=(), steps=40, data=None, **training):
    mapping = {
        "data": {"rows": 80, **(data or {})},
        "model": {"hidden": list(hidden)},
        "training": {"learning_rate": 0.3, **training},
    }
    run = start_run(experiment_from_mapping(mapping))
    for _ in range(steps):
        run.history.record_state(burst(run.history.problem, run.history.latest, 1).state)
    return run, run.history.latest


def point_of(run, state):
    problem = run.history.problem
    return Point(problem, state.parameters, state.statistics, np.arange(problem.n_rows))


def surface_of(run, state, finest=9, **choice):
    return loss_surface(run, state, NO_PATH, PlaneChoice(**choice), finest)


def logistic_hessian(run, state):
    """Return the Hessian of logistic regression: the mean of p (1 - p) x x', x with a 1."""
    X, _, weights = run.prepared.part(0)
    X = np.column_stack([X, np.ones(len(X))])
    p = 1.0 / (1.0 + np.exp(-X @ state.parameters))
    return (X.T * (weights * p * (1.0 - p))) @ X / len(X)


def quadratic(hessian):
    return SimpleNamespace(parameters=np.zeros(len(hessian)), hessian_product=lambda v: hessian @ v)


@pytest.mark.parametrize("penalty", ["none", "l1", "l2"])
@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error"])
def test_the_loss_is_the_one_that_training_lowers(loss, penalty):
    run, state = run_of((3,), loss=loss, penalty=penalty, penalty_strength=0.05)
    point = point_of(run, state)
    expected = gradient_at(run.history.problem, state.parameters, state.statistics, point.rows)[0]
    assert point.loss(state.parameters) == pytest.approx(expected, rel=1e-12)


def test_a_hessian_product_is_that_of_logistic_regressions_own_formula():
    run, state = run_of()
    point, hessian = point_of(run, state), logistic_hessian(run, state)
    for v in (*np.eye(3), np.array([3.0, -200.0, 1.0])):
        np.testing.assert_allclose(point.hessian_product(v), hessian @ v, rtol=1e-6, atol=1e-9)
    assert not point.hessian_product(np.zeros(3)).any()


def test_a_networks_hessian_agrees_with_differences_of_the_loss_alone():
    run, state = run_of((2,))
    point = point_of(run, state)
    p = state.parameters.size
    products = np.array([point.hessian_product(e) for e in np.eye(p)])
    by_loss = np.array(
        [
            finite_differences(
                lambda q, i=i: finite_differences(
                    lambda t: point.loss(q + t[0] * np.eye(p)[i]), np.zeros(1), 1e-2
                )[0],
                state.parameters,
                1e-2,
            )
            for i in range(3)
        ]
    )
    np.testing.assert_allclose(products[:3], by_loss, atol=1e-6)
    found = largest_eigenvalue(point)
    assert found.converged
    assert found.value == pytest.approx(np.linalg.eigvalsh(products).max(), rel=0.01)


@pytest.mark.parametrize(
    "eigenvalues", [(4.0, 1.0, 0.5), (3.0, -7.0, 1.0), (-1.0, -5.0, -2.0), (0.0, 0.0, 0.0)]
)
def test_the_largest_eigenvalue_is_found_though_another_is_larger_in_size(eigenvalues):
    rotation = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    hessian = (rotation * eigenvalues) @ rotation.T
    found = largest_eigenvalue(quadratic(hessian))
    assert found.value == pytest.approx(max(eigenvalues), abs=0.01)


def test_gradient_descent_settles_just_below_the_stable_rate_and_overshoots_just_above():
    hessian = np.diag([4.0, 1.0])
    rate = largest_eigenvalue(quadratic(hessian)).stable_rate
    assert rate == pytest.approx(0.5, rel=1e-3)
    for factor, settles in ((0.98, True), (1.02, False)):
        theta = np.ones(2)
        for _ in range(500):
            theta = theta - factor * rate * hessian @ theta
        assert (np.abs(theta).max() < 1.0) == settles


def test_a_loss_that_never_curves_up_is_stable_at_any_rate_and_nan_stays_nan():
    assert LargestEigenvalue(-1.0, 1, True).stable_rate == math.inf
    assert LargestEigenvalue(0.0, 1, True).stable_rate == math.inf
    assert math.isnan(LargestEigenvalue(math.nan, 1, False).stable_rate)


def test_an_iteration_that_is_no_longer_wanted_ends():
    found = largest_eigenvalue(quadratic(np.eye(2)), lambda: False)
    assert not found.converged
    run, state = run_of()
    assert loss_surface(run, state, NO_PATH, PlaneChoice(), 9, lambda: False) is None


def test_every_point_of_the_surface_is_the_loss_with_those_two_weights():
    run, state = run_of()
    surface = surface_of(run, state, first=0, second=2)
    X, y, weights = run.prepared.part(0)
    for r, c in ((0, 0), (3, 7), (8, 2)):
        z = X @ [surface.x[c], state.parameters[1]] + surface.y[r]
        losses = np.log1p(np.exp(-np.where(y == 1, z, -z)))
        assert surface.values[r, c] == pytest.approx((weights * losses).mean(), rel=1e-9)
    assert (surface.rows, surface.total) == (len(y), len(y))


def test_the_planes_curvature_is_a_part_of_the_full_hessian():
    run, state = run_of()
    hessian = logistic_hessian(run, state)
    surface = surface_of(run, state, first=2, second=0)
    np.testing.assert_allclose(surface.hessian, hessian[np.ix_([2, 0], [2, 0])], rtol=1e-6)
    low, high = np.linalg.eigvalsh(surface.hessian)
    assert surface.eigenvalues == pytest.approx((low, high))
    assert surface.condition == pytest.approx(high / low)
    assert surface.largest.value == pytest.approx(np.linalg.eigvalsh(hessian).max(), rel=1e-3)


def test_standardising_the_data_rounds_the_bowl_and_allows_larger_steps():
    data = {"source": "iris", "features": ["sepal length (cm)", "sepal width (cm)"]}
    raw, standard = (
        surface_of(*run_of(data={**data, "scaling": scaling}, steps=0), first=0, second=3)
        for scaling in ("none", "standard")
    )
    assert raw.condition > 5.0 * standard.condition
    assert raw.largest.stable_rate < 0.2 * standard.largest.stable_rate


def test_the_ellipse_follows_a_line_of_equal_quadratic_form():
    run, state = run_of()
    surface = surface_of(run, state)
    around = ellipse_of(surface) - surface.plane.centre
    forms = np.einsum("ki,ij,kj->k", around, surface.hessian, around)
    np.testing.assert_allclose(forms, forms[0], rtol=1e-9)
    np.testing.assert_allclose(around[0], around[-1], atol=1e-12)
    assert np.abs(around).max() <= 0.5 * (surface.x[-1] - surface.x[0])


def test_a_plane_that_curves_downwards_has_no_ellipse_and_no_condition():
    hessian = np.diag([-1.0, 2.0])
    run, state = run_of()
    fields = surface_of(run, state)
    saddle = type(fields)(
        **{name: getattr(fields, name) for name in fields.__slots__} | {"hessian": hessian}
    )
    assert not len(ellipse_of(saddle))
    assert math.isnan(saddle.condition)


@pytest.mark.parametrize("kind", ["pair", "random"])
def test_a_planes_coordinates_and_parameters_are_inverse(kind):
    run, state = run_of((4, 3))
    plane = plane_through(run.architecture, state.parameters, PlaneChoice(kind, 5, 9))
    np.testing.assert_array_equal(plane.parameters(plane.centre), state.parameters)
    for at in ((0.3, -0.7), (2.0, 1.0)):
        back = plane.coordinates([plane.parameters(np.array(at))])[0]
        np.testing.assert_allclose(back, at, atol=1e-9)


def test_a_pairs_plane_moves_the_two_parameters_alone():
    run, state = run_of((4,))
    plane = plane_through(run.architecture, state.parameters, PlaneChoice("pair", 5, 9))
    moved = plane.parameters(np.array([0.25, -3.0]))
    assert (moved[5], moved[9]) == (0.25, -3.0)
    assert np.flatnonzero(moved != state.parameters).tolist() == plane.indices.tolist() == [5, 9]


def test_random_directions_are_as_long_as_each_units_own_weights():
    run, state = run_of((4, 3))
    directions = filter_normalised(run.architecture, state.parameters, 3)
    for direction in directions:
        pairs = zip(
            run.architecture.views(direction),
            run.architecture.views(state.parameters),
            strict=True,
        )
        for drawn, own in pairs:
            np.testing.assert_allclose(
                np.linalg.norm(drawn.W, axis=0), np.linalg.norm(own.W, axis=0)
            )
            assert not drawn.b.any()
    assert abs(np.corrcoef(directions)[0, 1]) < 0.9
    zero = filter_normalised(run.architecture, np.zeros_like(state.parameters), 3)
    assert np.isfinite(zero).all()
    assert zero.any()


@pytest.mark.parametrize(
    ("chosen", "found"), [((2, 7), (2, 7)), ((4, 4), (4, 5)), ((99, 3), (0, 3)), ((9, 99), (9, 1))]
)
def test_a_pair_is_always_two_parameters_that_exist(chosen, found):
    assert pair_of(PlaneChoice("pair", *chosen), 10) == found
    assert pair_of(PlaneChoice("pair", 1, 1), 2) == (1, 0)


def test_a_view_that_chooses_no_pair_has_the_first_unit_s_first_weights():
    for hidden, usual in (((), (0, 1)), ((4,), (0, 4))):  # W of two inputs is stored row by row
        run, _ = run_of(hidden, steps=0)
        W = run.architecture.views(np.arange(run.architecture.n_parameters))[0].W
        assert chosen_plane(View(), run.architecture) == PlaneChoice("pair", *W[:, 0])
        assert tuple(W[:, 0]) == usual
    chosen = View(landscape_plane="random", landscape_second=7, landscape_seed=3, landscape_zoom=2)
    assert chosen_plane(chosen, run.architecture) == PlaneChoice("random", 0, 7, 3, 2)
    both = View(landscape_first=5, landscape_second=2)
    assert chosen_plane(both, run.architecture) == PlaneChoice("pair", 5, 2)


def test_the_path_goes_through_the_states_up_to_the_step_looked_at():
    run, state = run_of(steps=30)
    plane = plane_through(run.architecture, state.parameters, PlaneChoice("pair", 1, 0))
    path = path_of(run.history, plane, 20)
    expected = [run.history.state_at(step).parameters[[1, 0]] for step in range(21)]
    np.testing.assert_allclose(path, expected, atol=1e-12)
    scene = landscape_scene(run, run.history.state_at(20), surface_of(run, state))
    np.testing.assert_allclose(scene.path[-1], scene.at)
    assert scene.step == 20


def test_a_long_path_is_thinned_and_keeps_its_ends():
    run, state = run_of(steps=900)
    plane = plane_through(run.architecture, state.parameters, PlaneChoice())
    path = path_of(run.history, plane, state.step)
    assert len(path) == 400
    np.testing.assert_allclose(path[0], run.history.state_at(0).parameters[:2])
    np.testing.assert_allclose(path[-1], state.parameters[:2])


def test_a_pairs_plane_covers_the_path_and_is_as_wide_as_it_is_high():
    run, state = run_of(steps=60)
    plane = plane_through(run.architecture, state.parameters, PlaneChoice())
    path = path_of(run.history, plane, state.step) * 10.0
    surface = loss_surface(run, state, path, PlaneChoice(), 9)
    for axis, places in ((surface.x, path[:, 0]), (surface.y, path[:, 1])):
        assert axis[0] <= places.min()
        assert places.max() <= axis[-1]
    assert np.ptp(surface.x) == pytest.approx(np.ptp(surface.y))
    wider = loss_surface(run, state, path, PlaneChoice(zoom=2.0), 9)
    assert np.ptp(wider.x) == pytest.approx(2.0 * np.ptp(surface.x))


def test_contours_lie_where_the_loss_is_their_level():
    x = y = np.linspace(-2.0, 2.0, 81)
    values = 0.5 + x[None] ** 2 + 4.0 * y[:, None] ** 2
    for contour in contours_of_losses(x, y, values):
        at = contour.lines[np.isfinite(contour.lines).all(axis=1)]
        found = 0.5 + at[:, 0] ** 2 + 4.0 * at[:, 1] ** 2
        np.testing.assert_allclose(found, contour.level, atol=0.02)


def test_a_flat_or_infinite_surface_has_no_contours():
    x = np.linspace(0.0, 1.0, 5)
    assert contours_of_losses(x, x, np.full((5, 5), 0.7)) == ()
    assert contours_of_losses(x, x, np.full((5, 5), np.inf)) == ()


def test_a_surface_of_another_network_is_not_drawn():
    run, state = run_of()
    other, _ = run_of()
    scene = landscape_scene(other, other.history.latest, surface_of(run, state))
    assert scene.surface is None
    assert math.isnan(scene.stable_rate)


def test_many_rows_are_thinned_evenly_and_told():
    run, state = run_of(steps=0, data={"rows": 6000})
    surface = surface_of(run, state, finest=3)
    assert surface.rows == 2000 < surface.total


def test_single_precision_is_differentiated_in_double():
    run, state = run_of()
    single = with_parameters(state, np.array([0]), np.array([0.5]))
    single = type(state)(
        **{name: getattr(single, name) for name in state.__slots__}
        | {"parameters": single.parameters.astype(np.float32)}
    )
    hessian = surface_of(run, single, first=0, second=1).hessian
    expected = logistic_hessian(run, single)[:2, :2]
    np.testing.assert_allclose(hessian, expected, rtol=1e-5)


def test_a_surface_of_an_earlier_step_says_so_and_what_is_over_it_is_of_this_one():
    run, state = run_of(steps=30)
    begun = run.history.state_at(5)
    surface = surface_of(run, begun)
    scene = landscape_scene(run, state, surface)
    assert (scene.step, scene.surface_of_step) == (30, 5)
    np.testing.assert_allclose(scene.at, state.parameters[[0, 1]])
    assert len(scene.path) == 31
    assert landscape_scene(run, state, None).surface_of_step == -1


def test_the_surface_of_a_network_is_its_loss_in_loops_along_the_two_weights_named():
    run, state = run_of((3,), steps=15)
    surface = surface_of(run, state, first=1, second=4)
    raw, y = raw_rows(run, 0)
    X, model = inputs_by_hand(run, raw), run.experiment.model
    for r, c in ((0, 0), (0, 8), (8, 0), (3, 6)):
        flat = np.array(state.parameters, float)
        flat[1], flat[4] = surface.x[c], surface.y[r]
        z = pass_by_hand(model, flat, X, 2).logits
        loss = np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y])
        assert surface.values[r, c] == pytest.approx(loss, rel=1e-9)
    scene = landscape_scene(run, run.history.state_at(9), surface)
    np.testing.assert_allclose(scene.at, run.history.state_at(9).parameters[[1, 4]])
    assert scene.rate == 0.3
    assert scene.stable_rate == pytest.approx(2.0 / surface.largest.value)
    assert len(scene.path) == 10


def test_an_ellipse_leans_as_the_hessian_does():
    run, state = run_of()
    surface = surface_of(run, state)
    for lean in (0.8, -0.8):
        hessian = np.array([[2.0, lean], [lean, 1.0]])
        around = ellipse_of(replace(surface, hessian=hessian)) - surface.plane.centre
        forms = np.einsum("ki,ij,kj->k", around, hessian, around)
        np.testing.assert_allclose(forms, forms[0], rtol=1e-9)
        farthest = around[np.hypot(*around.T).argmax()]
        assert np.sign(farthest[0] * farthest[1]) == -np.sign(lean)  # along where it curves least
        assert abs(farthest[1]) > abs(farthest[0])


def test_a_plane_is_read_exactly_and_nothing_outside():
    x, y = np.linspace(-1.0, 3.0, 9), np.linspace(2.0, 4.0, 5)
    values = 2.0 * x[None, :] - 3.0 * y[:, None] + 1.0
    surface = SimpleNamespace(x=x, y=y, values=values)
    for a, b in ((-1.0, 2.0), (3.0, 4.0), (0.123, 3.456), (1.0, 2.5)):
        assert height_at(surface, a, b) == pytest.approx(2.0 * a - 3.0 * b + 1.0)
    for a, b in ((-1.01, 3.0), (0.0, 4.01)):
        assert np.isnan(height_at(surface, a, b))
