import math

import numpy as np
import pytest

from core.experiment.experiment import experiment_from_mapping
from core.experiment.view import View
from core.explain.planes import plane_of
from core.explain.unit_maps import histograms, signed_shades, unit_of
from core.run.history import with_parameters
from core.run.run import start_run
from core.scenes.boundary_scene import boundary_scene
from core.scenes.network_scene import (
    MOST_LAYERS,
    MOST_UNITS,
    layers_shown,
    network_scene,
    places_of,
)
from core.training.numpy_engine import burst
from tests.core.scene_cases import way_by_hand


def run_of(hidden=(3, 2), activation="tanh", steps=7, **model):
    mapping = {
        "data": {"rows": 60},
        "model": {"hidden": list(hidden), "activation": activation, **model},
        "training": {"learning_rate": 0.2},
    }
    run = start_run(experiment_from_mapping(mapping))
    run.history.record_state(burst(run.history.problem, run.history.latest, steps).state)
    return run, run.history.latest


def iris(**model):
    mapping = {"data": {"source": "iris"}, "model": {"hidden": [4], **model}}
    run = start_run(experiment_from_mapping(mapping))
    return run, run.history.latest


def by_hand(run, state, x):
    """Return each layer's pre-activations of one row, one unit after the other."""
    values, layers = list(x), []
    for own, layer in zip(
        run.architecture.views(state.parameters), run.architecture.layers, strict=True
    ):
        z = [
            sum(values[i] * own.W[i, j] for i in range(layer.inputs)) + own.b[j]
            for j in range(layer.units)
        ]
        layers.append(z)
        values = [math.tanh(one) for one in z]
    return layers


def corners(run):
    """Return the model's inputs at the corners of the plane: lower left, upper right."""
    plane = plane_of(run, View())
    x_low, x_high, y_low, y_high = plane.limits
    return plane.inputs(np.array([[x_low, y_low], [x_high, y_high]]))


def test_maps_show_each_units_output_over_the_input_plane():
    run, state = run_of()
    scene = network_scene(run, state, View())
    assert scene.has_maps
    for x, place in zip(corners(run), ((0, 0), (-1, -1)), strict=True):
        for column, z in zip(scene.columns[1:3], by_hand(run, state, x), strict=False):
            for unit in column.units:
                largest = max(-column.low[unit], column.high[unit])
                expected = math.tanh(z[unit]) / largest
                assert column.pictures[unit][place] == pytest.approx(expected, abs=1e-12)


def test_the_outputs_map_is_the_probability_of_class_1():
    run, state = run_of()
    column = network_scene(run, state, View()).columns[-1]
    z = by_hand(run, state, corners(run)[1])[-1][0]
    assert column.pictures[0][-1, -1] == pytest.approx(2.0 / (1.0 + math.exp(-z)) - 1.0)
    assert column.low[0] >= 0.0
    assert column.high[0] <= 1.0


def test_every_number_in_the_scene_stands_where_it_says():
    for options in ({}, {"batch_norm": True}, {"activation": "adaptive_sigmoid"}):
        run, state = run_of(**options)
        scene = network_scene(run, state, View())
        seen = []
        for links in scene.links:
            np.testing.assert_array_equal(links.weights, state.parameters[links.indices])
            seen += links.indices.ravel().tolist()
        for column in scene.columns:
            for vector in column.vectors:
                np.testing.assert_array_equal(vector.values, state.parameters[vector.indices])
                seen += vector.indices.tolist()
        assert sorted(seen) == list(range(run.architecture.n_parameters))


@pytest.mark.parametrize("batch_norm", [False, True])
def test_the_places_of_all_units_are_all_parameters(batch_norm):
    run, _ = run_of(activation="adaptive_sigmoid", batch_norm=batch_norm)
    places = [
        place.index
        for layer, shape in enumerate(run.architecture.layers)
        for unit in range(shape.units)
        for place in places_of(run.architecture, layer, unit)
    ]
    assert sorted(places) == list(range(run.architecture.n_parameters))
    assert places_of(run.architecture, -1, 0) == ()


def test_raising_the_parameter_named_bias_raises_that_units_pre_activation_alone():
    run, state = run_of()
    bias = next(p for p in places_of(run.architecture, 1, 1) if p.name == "bias")
    after = with_parameters(state, np.array([bias.index]), state.parameters[[bias.index]] + 0.5)
    x = run.prepared.X[0]
    for layer, (old, new) in enumerate(
        zip(by_hand(run, state, x)[:2], by_hand(run, after, x)[:2], strict=True)
    ):
        change = np.array(new) - np.array(old)
        np.testing.assert_allclose(change, [0.0, 0.5] if layer == 1 else [0.0] * 3, atol=1e-12)


def test_the_weight_named_after_a_source_joins_it_to_the_unit():
    run, state = run_of()
    place = next(p for p in places_of(run.architecture, 0, 2) if p.source == 1)
    assert state.parameters[place.index] == run.architecture.views(state.parameters)[0].W[1, 2]


def test_more_than_two_features_are_shown_as_histograms_of_the_training_rows():
    run, state = iris()
    scene = network_scene(run, state, View())
    assert not scene.has_maps
    X, _, _ = run.prepared.part(0)
    for unit in range(X.shape[1]):
        low, high = X[:, unit].min(), X[:, unit].max()
        bins = [min(int((x - low) / (high - low) * 12), 11) for x in X[:, unit]]
        expected = [bins.count(k) for k in range(12)]
        np.testing.assert_allclose(scene.columns[0].pictures[unit] * len(X), expected)
        assert scene.columns[0].low[unit] == X[:, unit].min()
    assert scene.output_names == run.prepared.classes
    assert scene.columns[-1].total == 3


def test_histograms_agree_with_numpy_and_a_constant_has_one_bar():
    outputs = np.random.default_rng(0).normal(size=(200, 3))
    outputs[:, 2] = 4.0
    found = histograms(outputs)
    for unit in (0, 1):
        np.testing.assert_allclose(found[unit] * 200, np.histogram(outputs[:, unit], bins=12)[0])
    assert found[2].max() == 1.0


def test_shades_are_zero_where_the_output_is_and_never_leave_the_range():
    outputs = np.array([[0.0, np.nan, 0.0], [-2.0, np.nan, 0.0], [1.0, np.nan, 0.0]])
    np.testing.assert_array_equal(
        signed_shades(outputs, False), [[0.0, 0.0, 0.0], [-1.0, 0.0, 0.0], [0.5, 0.0, 0.0]]
    )


def test_a_large_network_is_summarised_and_says_how_much_is_left_out():
    run, state = run_of(hidden=(30, *[2] * 11), steps=0)
    scene = network_scene(run, state, View())
    assert [column.layer for column in scene.columns] == [-1, *range(MOST_LAYERS - 1), 11, 12]
    assert scene.left_out == 12 - MOST_LAYERS
    assert scene.columns[1].total == 30
    assert len(scene.columns[1].units) == MOST_UNITS
    assert {(links.source, links.target) for links in scene.links} == {
        (i, i + 1) for i in range(len(scene.columns) - 1) if i != MOST_LAYERS - 1
    }


def test_every_hidden_layer_is_shown_up_to_the_most():
    for n_hidden in range(MOST_LAYERS + 1):
        assert layers_shown(n_hidden) == tuple(range(-1, n_hidden + 1))


def test_the_boundary_shows_a_units_map_in_place_of_the_models():
    run, state = run_of()
    scene = boundary_scene(run, state, View(unit=(0, 2)), resolution=9)
    shares = scene.surface.probabilities
    assert shares.shape == (9, 9, 2)
    np.testing.assert_allclose(shares.sum(axis=2), 1.0)
    z = by_hand(run, state, corners(run)[0])[0][2]
    largest = max(-scene.unit.low, scene.unit.high)
    assert shares[0, 0, 1] == pytest.approx(0.5 + 0.5 * math.tanh(z) / largest)
    assert [contour.level for contour in scene.contours] == [0.5]


def test_the_output_units_map_is_the_boundary_itself():
    run, state = run_of()
    unit = boundary_scene(run, state, View(unit=(2, 0)), resolution=12)
    plain = boundary_scene(run, state, View(), resolution=12)
    np.testing.assert_allclose(unit.surface.probabilities, plain.surface.probabilities, atol=1e-12)
    assert plain.unit is None


@pytest.mark.parametrize("unit", [(), (0, 3), (3, 0), (-2, 0), (0, -1), (-1, 2), (1,)])
def test_a_unit_that_the_network_does_not_have_is_no_unit(unit):
    run, state = run_of()
    assert unit_of(run, unit) is None
    assert boundary_scene(run, state, View(unit=unit), resolution=5).unit is None


@pytest.mark.parametrize("section", ["slice", "average", "components"])
def test_a_unit_has_a_map_in_every_kind_of_section(section):
    run, state = iris()
    scene = boundary_scene(run, state, View(section=section, unit=(0, 1)), resolution=6)
    assert scene.surface.probabilities.shape == (6, 6, 2)
    assert np.isfinite(scene.surface.probabilities).all()
    if section == "average":
        plane = scene.plane
        corner = np.array([[plane.limits[0], plane.limits[2]]])
        W, b = run.architecture.views(state.parameters)[0].W, 0.0
        rows = [plane.inputs(corner, r)[0] @ W[:, 1] + b for r in range(20)]
        expected = np.tanh(rows).mean() / max(-scene.unit.low, scene.unit.high)
        assert scene.surface.probabilities[0, 0, 1] == pytest.approx(0.5 + 0.5 * expected)


@pytest.mark.parametrize("activation", ["relu", "adaptive_sigmoid", "gelu"])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_every_picture_weight_and_vector_is_that_of_the_network_in_loops(activation, batch_norm):
    run, state = run_of((3, 2), activation, batch_norm=batch_norm)
    scene = network_scene(run, state, View())
    x_low, x_high, y_low, y_high = plane_of(run, View()).limits
    x, y = np.meshgrid(np.linspace(x_low, x_high, 20), np.linspace(y_low, y_high, 20))
    raw = np.column_stack([x.ravel(), y.ravel()])
    way = way_by_hand(run, state, raw)
    assert [column.total for column in scene.columns] == [2, 3, 2, 1]
    for column, a in zip(scene.columns[1:3], way.a, strict=False):
        np.testing.assert_allclose(column.low, a.min(axis=0), rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(column.high, a.max(axis=0), rtol=1e-9, atol=1e-12)
        shades = a / np.where(np.abs(a).max(axis=0) > 0, np.abs(a).max(axis=0), 1.0)
        np.testing.assert_allclose(column.pictures, shades.T.reshape(-1, 20, 20), atol=1e-9)
    for links, place in zip(scene.links, way.places, strict=True):
        a, b = links.weights.shape
        expected = state.parameters[place["weight"] : place["bias"]].reshape(a, b)
        np.testing.assert_array_equal(links.weights, expected)
        vectors = {vector.name: vector for vector in scene.columns[links.target].vectors}
        assert set(vectors) == set(place) - {"weight"}
        for name, vector in vectors.items():
            assert vector.indices.tolist() == list(range(place[name], place[name] + b))
            np.testing.assert_array_equal(vector.values, state.parameters[vector.indices])


@pytest.mark.parametrize(("head", "expected"), [("sigmoid", (1,)), ("softmax", (0, 1))])
def test_outputs_are_named_after_the_classes_whose_logits_they_are(head, expected):
    run, state = run_of(head=head)
    scene = network_scene(run, state, View())
    assert scene.output_names == tuple(run.prepared.classes[k] for k in expected)
    assert scene.input_names == tuple(feature.name for feature in run.dataset.features)
