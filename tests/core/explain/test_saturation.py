"""One threshold says when a unit is saturated, in every panel."""

import numpy as np
import pytest
from scipy.optimize import brentq

from core.experiment.view import View
from core.explain.saturation import SATURATED, is_saturated, steepest_slope
from core.explain.unit_maps import preactivation_histogram
from core.functions.activations import ACTIVATIONS
from core.scenes.gradients_scene import gradients_scene
from tests.core.scene_cases import trained


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_a_unit_saturates_where_the_slope_falls_below_the_share_of_the_steepest(activation):
    slope = ACTIVATIONS[activation].slope
    limit = SATURATED * steepest_slope(activation)
    edge = brentq(lambda z: float(slope(np.array([z]))[0]) - limit, 0.0, 20.0)
    found = is_saturated(
        activation, np.array([-edge - 1e-6, 1e-6 - edge, edge - 1e-6, edge + 1e-6])
    )
    assert found.tolist() == [True, False, False, True]


def test_gradients_and_functions_panels_count_alike():
    run, state = trained(400, model={"activation": "tanh", "hidden": [5, 4]})
    layers = gradients_scene(run, state, View()).layers
    for k in range(2):
        found = preactivation_histogram(run, state, k, 8.0)
        assert found.saturated == pytest.approx(layers[k].saturated)
